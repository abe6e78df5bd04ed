// SPDX-License-Identifier: MPL-2.0
//! `auris-farm doctor`: what this machine's GStreamer can do for us, and what is in the way.
use crate::cli::Target;
use crate::process::factories;
use gst::prelude::*;
use std::collections::HashSet;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// What decodes a format: elements in the order of preference, all of which must exist in one
/// alternative, and the Debian package of the first.
struct Format {
    name: &'static str,
    alternatives: &'static [&'static [&'static str]],
    package: &'static str,
}

/// Their decoders are no elements of the registry.
const VORBIS: &str = "Ogg Vorbis";
const FLAC: &str = "FLAC";
const GOOD: &str = "gstreamer1.0-plugins-good";
const BASE: &str = "gstreamer1.0-plugins-base";
const BAD: &str = "gstreamer1.0-plugins-bad";
const LIBAV: &str = "gstreamer1.0-libav";

const FORMATS: &[Format] = &[
    format("WAV", &[&["wavparse"]], GOOD),
    format("AIFF", &[&["aiffparse"]], BAD),
    format(FLAC, &[&["flacparse"]], GOOD),
    format("FLAC, unusual", &[&["flacparse", "flacdec"]], GOOD),
    format(
        "MP3",
        &[
            &["mpegaudioparse", "mpg123audiodec"],
            &["mpegaudioparse", "avdec_mp3float"],
        ],
        GOOD,
    ),
    format(
        "AAC in M4A",
        &[&["qtdemux", "avdec_aac"], &["qtdemux", "faad"]],
        LIBAV,
    ),
    format("AAC, less memory", &[&["qtdemux", "faad"]], BAD),
    format("Apple Lossless", &[&["qtdemux", "avdec_alac"]], LIBAV),
    format(VORBIS, &[&["oggdemux"]], BASE),
    format(
        "Opus",
        &[&["oggdemux", "avdec_opus"], &["oggdemux", "opusdec"]],
        LIBAV,
    ),
    format("WavPack", &[&["wavpackparse", "wavpackdec"]], GOOD),
    format("anything else", &[&["uridecodebin", "audioconvert"]], BASE),
];

/// Elements of ours, and the plugin each is in.
const OURS: &[(&str, &str)] = &[("drmeter", "drmeter"), ("paraeq", "paraeq")];

/// An element of ours that takes the place of one in gst-plugins-good, by file, plugin and factory.
const SPECTRUM: &str = "spectrum";
/// The name of its package, which the registry keeps for every plugin.
const SPECTRUM_PACKAGE: &str = "gst-plugin-spectrum";

/// What `process` writes, and the Debian package that its encoder comes from.
const TARGETS: &[(&str, Target, &str)] = &[
    ("WAV", Target::Wav, GOOD),
    ("AIFF", Target::Aiff, BAD),
    (FLAC, Target::Flac, GOOD),
    ("WavPack", Target::Wavpack, GOOD),
    ("Apple Lossless", Target::Alac, LIBAV),
    ("MP3", Target::Mp3, GOOD),
    (VORBIS, Target::Ogg, BASE),
    ("Opus", Target::Opus, BASE),
    ("AAC in M4A", Target::M4a, LIBAV),
];

const fn format(
    name: &'static str,
    alternatives: &'static [&'static [&'static str]],
    package: &'static str,
) -> Format {
    Format {
        name,
        alternatives,
        package,
    }
}

/// Writes the findings; success if every format can be decoded and encoded.
///
/// # Errors
/// The output cannot be written.
pub fn run(out: &mut dyn Write) -> io::Result<ExitCode> {
    writeln!(out, "{}", gst::version_string())?;
    writeln!(out, "auris-farm {}", env!("CARGO_PKG_VERSION"))?;
    let registry = gst::Registry::get();
    writeln!(out, "\nElements for applications and gst-launch-1.0")?;
    for (element, plugin) in OURS {
        writeln!(out, "  {element:<18} {}", installed(&registry, plugin))?;
    }
    writeln!(out, "  {:<18} {}", SPECTRUM, which_spectrum(&registry))?;
    let all = decoders(out)? & encoders(out)?;
    blacklisted(out, &registry)?;
    shadowed(out)?;
    Ok(if all {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// What an application that asks the registry gets. This program brings its own copy.
fn installed(registry: &gst::Registry, plugin: &str) -> String {
    match registry.find_plugin(plugin) {
        Some(found) => match found.filename() {
            Some(path) => format!("version {} in {}", found.version(), path.display()),
            None => format!("version {} inside this program", found.version()),
        },
        None => "not installed; `meson install -C build` or tools/setup.sh installs it".to_owned(),
    }
}

/// Whose `spectrum` an application gets, and why.
fn which_spectrum(registry: &gst::Registry) -> String {
    let plugin = gst::ElementFactory::find(SPECTRUM).and_then(|factory| factory.plugin());
    let Some(plugin) = plugin else {
        return format!("none; tools/setup.sh installs ours, {GOOD} has GStreamer's");
    };
    let path = plugin.filename().unwrap_or_default();
    let (version, path) = (plugin.version(), path.display());
    if plugin.source() == SPECTRUM_PACKAGE {
        return format!(
            "ours, version {version} in {path}: of all folders with a libgstspectrum.so, this is searched first"
        );
    }
    let ours = registry
        .plugins()
        .iter()
        .any(|p| p.source() == SPECTRUM_PACKAGE);
    let why = match ours {
        true => "a plugin that was found after ours has it as well",
        false => {
            "ours is in no folder that is searched before; put its folder on GST_PLUGIN_PATH, or run tools/setup.sh"
        }
    };
    format!("GStreamer's, version {version} in {path}: {why}")
}

fn decoders(out: &mut dyn Write) -> io::Result<bool> {
    writeln!(out, "\nDecoding")?;
    let exists = |name: &&str| gst::ElementFactory::find(name).is_some();
    let mut all = true;
    for format in FORMATS {
        let found = format
            .alternatives
            .iter()
            .find(|chain| chain.iter().all(exists));
        let first = Some(&format.alternatives[0]) == found;
        let text = match found {
            Some(chain) if first && [VORBIS, FLAC].contains(&format.name) => {
                format!("{} ! a decoder inside this program", chain.join(" ! "))
            }
            Some(chain) if first => chain.join(" ! "),
            Some(chain) => format!("{} (better with {})", chain.join(" ! "), format.package),
            None => {
                all = false;
                format!("none; install {}", format.package)
            }
        };
        writeln!(out, "  {:<18} {text}", format.name)?;
    }
    Ok(all)
}

fn encoders(out: &mut dyn Write) -> io::Result<bool> {
    writeln!(out, "\nEncoding")?;
    let mut all = true;
    for (name, target, package) in TARGETS {
        let chain = factories(*target);
        let exists = |name: &&str| gst::ElementFactory::find(name).is_some();
        let text = if chain.iter().all(exists) {
            chain.join(" ! ")
        } else {
            all = false;
            format!("none; install {package}")
        };
        writeln!(out, "  {name:<18} {text}")?;
    }
    Ok(all)
}

fn blacklisted(out: &mut dyn Write, registry: &gst::Registry) -> io::Result<()> {
    let plugins = registry.plugins();
    let bad: Vec<_> = plugins
        .iter()
        .filter(|p| p.plugin_flags().contains(gst::PluginFlags::BLACKLISTED))
        .collect();
    if bad.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nBlacklisted: these could not be loaded")?;
    for plugin in bad {
        let path = plugin.filename().unwrap_or_default();
        writeln!(out, "  {}: {}", path.display(), why_not(&path))?;
    }
    Ok(())
}

/// The loader's own words, from a child process: loading a broken plugin into this one could end it.
fn why_not(path: &std::path::Path) -> String {
    let ldd = std::process::Command::new("ldd")
        .arg("-r")
        .arg(path)
        .output();
    let text = ldd
        .map(|o| [o.stdout, o.stderr].concat())
        .unwrap_or_default();
    let text = String::from_utf8_lossy(&text).into_owned();
    let line = text
        .lines()
        .find(|line| line.contains("undefined symbol") || line.contains("not found"));
    match line {
        Some(line) => line.trim().to_owned(),
        None => "it crashed or is no plugin; delete the registry cache to try it again".to_owned(),
    }
}

/// Each folder once, in the order of the first mention, whatever it is called.
fn distinct(folders: Vec<PathBuf>) -> Vec<PathBuf> {
    let mut seen = HashSet::new();
    let mut folders = folders;
    folders.retain(|folder| {
        let real = folder.canonicalize();
        seen.insert(real.unwrap_or_else(|_| folder.clone()))
    });
    folders
}

/// Plugin files of one name in several folders: the first wins, which may not be the newest.
fn shadowed(out: &mut dyn Write) -> io::Result<()> {
    let home = std::env::var_os("XDG_DATA_HOME")
        .map(PathBuf::from)
        .or_else(|| {
            std::env::var_os("HOME").map(|h| std::path::Path::new(&h).join(".local/share"))
        });
    let mut folders: Vec<PathBuf> = Vec::new();
    for variable in ["GST_PLUGIN_PATH_1_0", "GST_PLUGIN_PATH"] {
        folders.extend(
            std::env::var_os(variable)
                .iter()
                .flat_map(std::env::split_paths),
        );
    }
    folders.extend(home.map(|h| h.join("gstreamer-1.0/plugins")));
    let system = gst::Registry::get().find_plugin("coreelements");
    folders.extend(system.and_then(|p| p.filename()?.parent().map(Into::into)));
    let folders = distinct(folders);
    let mut lines = Vec::new();
    let plugins = OURS.iter().map(|(_, plugin)| *plugin);
    for plugin in plugins.chain([SPECTRUM]) {
        let file = format!("libgst{plugin}.so");
        let mut found = folders.iter().map(|f| f.join(&file)).filter(|p| p.exists());
        if let Some(first) = found.next() {
            lines.extend(
                found.map(|other| {
                    format!("  {} is shadowed by {}", other.display(), first.display())
                }),
            );
        }
    }
    if !lines.is_empty() {
        writeln!(out, "\nShadowed\n{}", lines.join("\n"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_two_names_is_one() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real"), folder.path().join("link"));
        std::fs::create_dir(&real).unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        let other = folder.path().to_owned();
        let found = distinct(vec![real.clone(), other.clone(), link, real.clone()]);
        assert_eq!(found, [real, other]);
    }

    #[test]
    fn the_decoder_of_vorbis_is_named() {
        gst::init().unwrap();
        let mut text = Vec::new();
        decoders(&mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert!(text.contains("oggdemux ! a decoder inside"), "{text}");
    }
}
