// SPDX-License-Identifier: MPL-2.0
//! What four jobs take: as many of them decode at once as there are cores.
use super::farm::{folder, installed, is_ok, measure};
use super::media::{self, Music, Sample};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Most that four jobs may take without libav.
const MOST: u64 = 20_000_000;
/// What unoptimised code, which is three times as long, may take on top, that of the dependencies included.
const UNOPTIMISED: u64 = 6_000_000;
/// What each decoder beyond two may take on top: nothing can share Vorbis' tables, and in an unoptimised
/// build four MP3 decoders come close to the limit.
const BEYOND_TWO: [(&str, u64); 2] = [("ogg", 2_000_000), ("mp3", 500_000)];

/// Says that there are four cores.
const FOUR_CORES: &str = "
#define _GNU_SOURCE
#include <sched.h>
#include <string.h>
int sched_getaffinity(pid_t pid, size_t size, cpu_set_t *set)
{
    memset(set, 0, size);
    for (int i = 0; i < 4; i++)
        CPU_SET_S(i, size, set);
    return 0;
}
";

/// A library for `LD_PRELOAD`; `None` where nothing compiles it.
fn four_cores(folder: &Path) -> Option<PathBuf> {
    let (source, library) = (folder.join("cores.c"), folder.join("cores.so"));
    fs::write(&source, FOUR_CORES).unwrap();
    let compiled = Command::new("cc")
        .args(["-shared", "-fPIC", "-o"])
        .args([&library, &source])
        .status();
    let made = compiled.is_ok_and(|status| status.success());
    if !made {
        eprintln!("NOT TESTED with four decoders at once: there is no C compiler");
    }
    made.then_some(library)
}

#[test]
fn four_jobs_stay_below_twenty_megabytes() {
    let folder = folder();
    let cores = four_cores(folder.path());
    let wav = folder.path().join("music.wav");
    // Long enough for all to be at work together.
    Music::new(44_100, 2, 44_100 * 60, 21).write_wav(&wav, Sample::S16);
    let files = [
        Some(wav.clone()),
        Some(media::encode(&wav, "flac", "flacenc")),
        Some(media::encode(
            &wav,
            "ogg",
            "audioconvert ! vorbisenc quality=0.7 ! oggmux",
        )),
        media::can_make("lamemp3enc ! xingmux")
            .then(|| media::encode(&wav, "mp3", "lamemp3enc ! xingmux")),
    ];
    let here = std::thread::available_parallelism().map_or(1, usize::from);
    for file in files.into_iter().flatten() {
        let extension = file.extension().unwrap();
        let library = folder.path().join(extension.to_str().unwrap());
        fs::create_dir(&library).unwrap();
        for number in 0..8 {
            symlink(
                &file,
                library.join(number.to_string()).with_extension(extension),
            )
            .unwrap();
        }
        let peak = |cores: usize, preload: Option<&PathBuf>| {
            let mut run = measure().args(["--jobs", "4"]).arg(&library);
            if let Some(preload) = preload {
                run = run.env("LD_PRELOAD", preload);
            }
            let ended = run.run();
            let records = ended.records();
            assert!(records.len() == 8 && records.iter().all(is_ok), "{ended:?}");
            let each = BEYOND_TWO.iter().find(|(name, _)| extension == *name);
            let decoders = cores.clamp(2, 4) as u64;
            let code = if installed().is_some() {
                0
            } else {
                UNOPTIMISED
            };
            let most = MOST + code + each.map_or(0, |(_, bytes)| (decoders - 2) * bytes);
            assert!(
                ended.peak <= most,
                "{extension:?}, {cores} cores: {} of {most}",
                ended.peak
            );
        };
        peak(here, None);
        if let Some(cores) = &cores {
            peak(4, Some(cores));
        }
    }
}
