// SPDX-License-Identifier: MPL-2.0
//! Long lossless files in parts: the same to the last byte.
use super::farm::{Ended, folder, measure};
use super::media::{self, Music, Sample};
use std::path::Path;

const MINUTES: u64 = 9;

fn run(path: &Path, split: &str) -> Ended {
    measure()
        .args(["-v", "--jobs", "4", "--split", split])
        .arg(path)
        .run()
}

/// Measures a file both ways; `rate` is low to be fast, the length long enough for four parts.
fn same_in_parts(path: &Path) {
    let (whole, parts) = (run(path, "never"), run(path, "auto"));
    assert!(
        parts.stderr.contains("measured in 4 parts"),
        "{}",
        parts.stderr
    );
    assert!(!whole.stderr.contains("parts"), "{}", whole.stderr);
    assert_eq!(parts.code, Some(0), "{parts:?}");
    assert_eq!(parts.stdout, whole.stdout);
}

fn check(rate: u32, channels: u32, sample: Sample, encoder: &str) {
    let folder = folder();
    // Not a whole number of blocks, nor of FLAC frames.
    let frames = u64::from(rate) * 60 * MINUTES + 777;
    let wav = folder.path().join("long.wav");
    Music::new(rate, channels, frames, 5).write_wav(&wav, sample);
    same_in_parts(&wav);
    if media::can_make(encoder) {
        same_in_parts(&media::encode(&wav, "flac", encoder));
    }
}

#[test]
fn mono_at_8_khz() {
    check(8000, 1, Sample::S16, "flacenc");
}

#[test]
fn stereo_at_11_khz_in_24_bits() {
    let encoder = "audioconvert ! audio/x-raw,format=S24_32LE ! flacenc";
    check(11_025, 2, Sample::S24, encoder);
}
