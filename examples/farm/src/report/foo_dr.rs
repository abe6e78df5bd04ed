// SPDX-License-Identifier: MPL-2.0
//! The log of foobar2000's DR Meter, for the tools that read `foo_dr.txt`.
//!
//! A block per album. The columns end where that log's columns end: DR from 0, peak at 18, RMS at
//! 30, duration at 40, then the name.
use super::{Layout, text};
use crate::record::{Album, Format, Status, Track};
use std::collections::{BTreeSet, HashMap};
use std::io::{self, Write};

pub(super) const THIN: &str =
    "--------------------------------------------------------------------------------";
pub(super) const THICK: &str =
    "================================================================================";

/// Name of each coded audio type; what is not listed is shown by its media type.
const CODECS: &[(&str, &str)] = &[
    ("audio/x-flac", "FLAC"),
    ("audio/x-vorbis", "Vorbis"),
    ("audio/x-opus", "Opus"),
    ("audio/x-wavpack", "WavPack"),
    ("audio/x-alac", "ALAC"),
    ("audio/x-ape", "Monkey's Audio"),
    ("audio/x-ffmpeg-parsed-ape", "Monkey's Audio"),
    ("audio/x-musepack", "Musepack"),
    ("audio/x-wma", "WMA"),
    ("audio/x-raw", "PCM"),
];

/// The layout: tracks wait here until their album is known.
#[derive(Default)]
pub(super) struct FooDr {
    blocks: HashMap<Option<String>, Block>,
    started: usize,
}

/// An album so far.
#[derive(Default)]
struct Block {
    /// Place among the blocks.
    order: usize,
    rows: Vec<String>,
    failed: usize,
    rates: BTreeSet<u32>,
    channels: BTreeSet<u32>,
    bits: BTreeSet<u32>,
    codecs: BTreeSet<String>,
    bytes: u64,
    seconds: f64,
}

impl Block {
    fn add(&mut self, track: &Track) {
        let level = |db: Option<f64>| {
            text::finite(db).map_or_else(|| "-inf".to_owned(), |db| format!("{db:.2}"))
        };
        let name = text::title(track, "-");
        if track.status == Status::Error {
            self.failed += 1;
            let reason = text::reason(track.error.as_deref());
            self.rows.push(format!("{:<40} {name} ({reason})", "ERROR"));
            return;
        }
        self.rows.push(format!(
            "{:<7}{:>8} dB{:>9} dB{:>10} {name}",
            text::track_dr(track.dr.as_ref()),
            level(track.peak_db),
            level(track.rms_db),
            text::duration(track.duration_s),
        ));
        self.rates.extend(track.rate);
        self.channels.extend(track.channels);
        if let Some(format) = &track.format {
            self.bits.extend(format.bits);
            self.codecs.extend(codec(format));
        }
        if let (Some(bytes), Some(seconds)) = (track.bytes, text::finite(track.duration_s)) {
            self.bytes += bytes;
            self.seconds += seconds;
        }
    }

    fn write(&self, out: &mut dyn Write, analyzed: &str, official: Option<&str>) -> io::Result<()> {
        writeln!(out, "{THIN}\nAnalyzed: {analyzed}\n{THIN}\n")?;
        writeln!(
            out,
            "DR         Peak         RMS     Duration Track\n{THIN}"
        )?;
        for row in &self.rows {
            writeln!(out, "{row}")?;
        }
        writeln!(out, "{THIN}\n")?;
        footer(out, "Number of tracks:", &self.rows.len().to_string())?;
        if self.failed > 0 {
            footer(out, "Failed tracks:", &self.failed.to_string())?;
        }
        footer(out, "Official DR value:", official.unwrap_or_default())?;
        writeln!(out)?;
        footer(out, "Samplerate:", &list(&self.rates, " Hz"))?;
        footer(out, "Channels:", &list(&self.channels, ""))?;
        footer(out, "Bits per sample:", &list(&self.bits, ""))?;
        footer(out, "Bitrate:", &self.bitrate())?;
        footer(out, "Codec:", &list(&self.codecs, ""))?;
        writeln!(out, "{THICK}\n")
    }

    /// Mean over the files, container and tags included.
    fn bitrate(&self) -> String {
        if self.seconds <= 0.0 {
            return String::new();
        }
        let bits = self.bytes as f64 * 8.0;
        format!("{:.0} kbps", bits / self.seconds / 1000.0)
    }
}

impl FooDr {
    fn write_remaining(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let mut rest: Vec<_> = self.blocks.drain().collect();
        rest.sort_by_key(|(_, block)| block.order);
        for (key, block) in rest {
            let analyzed = key.map_or("single tracks".to_owned(), |key| unnamed(&key));
            block.write(out, &analyzed, None)?;
        }
        Ok(())
    }
}

impl Layout for FooDr {
    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let version = env!("CARGO_PKG_VERSION");
        writeln!(
            out,
            "auris-farm {version} / Dynamic Range Meter\nlog date: {}\n",
            log_date()
        )
    }

    fn track(
        &mut self,
        _out: &mut dyn Write,
        track: &Track,
        album: Option<&str>,
    ) -> io::Result<()> {
        let started = &mut self.started;
        let block = self
            .blocks
            .entry(album.map(str::to_owned))
            .or_insert_with(|| {
                *started += 1;
                Block {
                    order: *started,
                    ..Block::default()
                }
            });
        block.add(track);
        Ok(())
    }

    fn album(&mut self, out: &mut dyn Write, album: &Album) -> io::Result<()> {
        let Some(block) = self.blocks.remove(&Some(album.path.clone())) else {
            return Ok(());
        };
        let analyzed = match (&album.artist, &album.title) {
            (None, None) => unnamed(&album.path),
            (artist, title) => {
                let name =
                    |text: &Option<String>| text.as_deref().map_or("?".to_owned(), text::printable);
                format!("{} / {}", name(artist), name(title))
            }
        };
        block.write(
            out,
            &analyzed,
            Some(&text::dr(album.dr.and_then(|dr| dr.official))),
        )
    }

    /// Tracks without an album, and albums that an interruption left without their value.
    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        self.write_remaining(out)
    }
}

/// The log's form for an album without tags.
fn unnamed(path: &str) -> String {
    format!("? / {}", text::file_name(path))
}

/// One fact about the album; nothing where it is not known.
fn footer(out: &mut dyn Write, label: &str, value: &str) -> io::Result<()> {
    if value.is_empty() {
        return Ok(());
    }
    writeln!(out, "{label:<18} {value}")
}

fn list<T: ToString>(values: &BTreeSet<T>, unit: &str) -> String {
    let values = values
        .iter()
        .map(|value| format!("{}{unit}", value.to_string()));
    values.collect::<Vec<_>>().join(" / ")
}

fn codec(format: &Format) -> Option<String> {
    let media_type = format.codec.as_deref()?;
    if media_type == "audio/mpeg" {
        // One media type for all of MPEG: the decoder tells AAC from MP3.
        let decoder = format.decoder.as_deref().unwrap_or_default();
        let aac = ["aac", "faad"].iter().any(|name| decoder.contains(name));
        return Some(if aac { "AAC" } else { "MP3" }.to_owned());
    }
    let known = CODECS.iter().find(|(known, _)| *known == media_type);
    Some(known.map_or(media_type, |(_, name)| name).to_owned())
}

/// Local time as the log writes it.
fn log_date() -> String {
    let now = gst::glib::DateTime::now_local().and_then(|now| now.format("%Y-%m-%d %H:%M:%S"));
    now.map(String::from).unwrap_or_default()
}
