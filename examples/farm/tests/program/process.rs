// SPDX-License-Identifier: MPL-2.0
//! `auris-farm process`: what becomes of the samples.
use super::farm::{Ended, Farm, folder, is_ok, measure, names};
use super::media::{self, Music, Sample};
use std::f64::consts::TAU;
use std::fs;
use std::path::{Path, PathBuf};

/// A peak, and what it does to a sine.
pub const EQ: &str = "Preamp: -7 dB\nFilter 1: ON PK Fc 1000 Hz Gain 6 dB Q 1.41\n";

/// Writes settings and gives the command line for them.
pub fn process(folder: &Path, eq: &str, out: &Path) -> Farm {
    let file = folder.join("eq.txt");
    fs::write(&file, eq).unwrap();
    Farm::new(&["process", "--report", "ndjson", "--quiet"])
        .arg("--eq")
        .arg(file)
        .arg("--out")
        .arg(out)
}

fn all_ok(ended: &Ended) {
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.records().iter().all(is_ok), "{ended:?}");
}

/// The samples of a WAV file of 32-bit floats.
fn samples(path: &Path) -> Vec<f64> {
    let bytes = fs::read(path).unwrap();
    let at = bytes.windows(4).position(|name| name == b"data").unwrap() + 8;
    let mut length = [0; 4];
    length.copy_from_slice(&bytes[at - 4..at]);
    let data = &bytes[at..at + u32::from_le_bytes(length) as usize];
    let samples = data.as_chunks().0.iter();
    samples
        .map(|raw| f64::from(f32::from_le_bytes(*raw)))
        .collect()
}

/// A mono WAV file of 32-bit floats.
fn write_floats(path: &Path, rate: u32, samples: impl Iterator<Item = f64>) {
    let data: Vec<u8> = samples.flat_map(|s| (s as f32).to_le_bytes()).collect();
    let mut file = media::wav_header(rate, 1, Sample::F32, data.len() as u32);
    file.extend(data);
    fs::write(path, file).unwrap();
}

/// The magnitude of one frequency in samples, of which the edges count little.
fn magnitude(samples: &[f64], frequency: f64, rate: f64) -> f64 {
    let n = samples.len() as f64;
    let (mut re, mut im) = (0.0, 0.0);
    for (i, sample) in samples.iter().enumerate() {
        let window = 0.5 - 0.5 * (TAU * i as f64 / n).cos();
        let (sin, cos) = (TAU * frequency / rate * i as f64).sin_cos();
        re += window * sample * cos;
        im += window * sample * sin;
    }
    re.hypot(im) / n
}

/// Gain in dB of the peak of [`EQ`] after the Audio EQ Cookbook.
fn cookbook(frequency: f64, rate: f64) -> f64 {
    let (w0, a) = (TAU * 1000.0 / rate, 10_f64.powf(6.0 / 40.0));
    let alpha = w0.sin() / (2.0 * 1.41);
    let w = TAU * frequency / rate;
    let power = |c: [f64; 3]| {
        let re = c[0] + c[1] * w.cos() + c[2] * (2.0 * w).cos();
        let im = c[1] * w.sin() + c[2] * (2.0 * w).sin();
        re * re + im * im
    };
    let middle = -2.0 * w0.cos();
    let above = power([1.0 + alpha * a, middle, 1.0 - alpha * a]);
    let below = power([1.0 + alpha / a, middle, 1.0 - alpha / a]);
    10.0 * (above / below).log10() - 7.0
}

#[test]
fn the_response_is_that_of_the_settings() {
    let folder = folder();
    let tones = [100.0, 500.0, 1000.0, 2000.0, 8000.0];
    let rate = 48_000.0;
    let input = folder.path().join("tones.wav");
    let time = (0..96_000).map(|n| f64::from(n) / rate);
    write_floats(
        &input,
        48_000,
        time.map(|t| tones.iter().map(|f| 0.1 * (TAU * f * t).sin()).sum()),
    );
    let before = samples(&input);
    for phase in ["minimum", "linear"] {
        let out = folder.path().join(phase);
        let ended = process(folder.path(), EQ, &out)
            .args(["--phase", phase])
            .arg(&input)
            .run();
        all_ok(&ended);
        let after = samples(&out.join("tones.wav"));
        assert_eq!(after.len(), before.len());
        for tone in tones {
            let gain = magnitude(&after, tone, rate) / magnitude(&before, tone, rate);
            let (found, wanted) = (20.0 * gain.log10(), cookbook(tone, rate));
            assert!(
                (found - wanted).abs() < 0.05,
                "{phase}, {tone} Hz: {found} dB instead of {wanted}"
            );
        }
    }
}

#[test]
fn linear_phase_stays_in_time() {
    let folder = folder();
    let input = folder.path().join("click.wav");
    write_floats(
        &input,
        44_100,
        (0..50_000).map(|n| if n == 20_000 { 0.5 } else { 0.0 }),
    );
    let out = folder.path().join("out");
    let ended = process(folder.path(), EQ, &out)
        .args(["--phase", "linear"])
        .arg(&input)
        .run();
    all_ok(&ended);
    let found = samples(&out.join("click.wav"));
    assert_eq!(found.len(), 50_000);
    // The peak rings on both sides.
    let ringing = found[19_900..20_000]
        .iter()
        .fold(0.0, |most: f64, s| most.max(s.abs()));
    assert!(ringing > 1e-3, "{ringing}");
    for distance in 1..2000 {
        let (before, after) = (found[20_000 - distance], found[20_000 + distance]);
        assert!(
            (before - after).abs() < 1e-6,
            "{distance}: {before} {after}"
        );
        assert!(before.abs() < found[20_000], "{distance}");
    }
}

#[test]
fn every_format_has_the_frames_that_it_should() {
    let folder = folder();
    let wav = folder.path().join("music.wav");
    Music::new(44_100, 2, 44_100 * 3 + 17, 3).write_wav(&wav, Sample::S16);
    let frames = 44_100 * 3 + 17;
    for (format, name, exact) in [
        ("flac", "music.flac", true),
        ("wav", "music.wav", true),
        ("aiff", "music.aiff", true),
        ("wavpack", "music.wv", true),
        ("alac", "music.m4a", true),
        ("ogg", "music.ogg", true),
        ("mp3", "music.mp3", false),
        ("m4a", "music.m4a", false),
    ] {
        let out = folder.path().join(format);
        let ended = process(folder.path(), EQ, &out)
            .args(["--format", format])
            .arg(&wav)
            .run();
        all_ok(&ended);
        assert_eq!(ended.only()["frames"], frames, "{format}");
        assert_eq!(names(&out), [name], "{format}");
        let read = measure().arg(out.join(name)).run().only();
        assert!(is_ok(&read), "{format}: {read}");
        let decoded = read["frames"].as_u64().unwrap();
        if exact {
            assert_eq!(decoded, frames, "{format}");
        } else {
            // Their coders' delay and padding.
            assert!(
                (frames..frames + 4 * 1152).contains(&decoded),
                "{format}: {decoded}"
            );
        }
    }
    let out = folder.path().join("opus");
    let ended = process(folder.path(), EQ, &out)
        .args(["-f", "opus"])
        .arg(&wav)
        .run();
    all_ok(&ended);
    let resampled = (frames as f64 * 48_000.0 / 44_100.0) as u64;
    let found = ended.only()["frames"].as_u64().unwrap();
    assert!(found.abs_diff(resampled) < 2, "{found} {resampled}");
}

#[test]
fn flat_settings_leave_lossless_samples_as_they_are() {
    let folder = folder();
    let music = folder.path().join("music");
    fs::create_dir(&music).unwrap();
    for (name, sample) in [("a", Sample::S16), ("b", Sample::S24), ("c", Sample::F32)] {
        let wav = music.join(format!("{name}.wav"));
        Music::new(48_000, 2, 30_000, 8).write_wav(&wav, sample);
    }
    let out = folder.path().join("out");
    all_ok(
        &process(folder.path(), "Preamp: 0 dB\n", &out)
            .arg(&music)
            .run(),
    );
    let sums = |folder: &Path| -> Vec<_> {
        let ended = measure()
            .args(["--checksum", "--album=none"])
            .arg(folder)
            .run();
        let records = ended.records();
        records.iter().map(|record| record["md5"].clone()).collect()
    };
    assert_eq!(sums(&out), sums(&music));
}

#[test]
fn the_same_bytes_for_any_number_of_jobs() {
    let folder = folder();
    let music = folder.path().join("music");
    fs::create_dir(&music).unwrap();
    for seed in 0..6 {
        let wav = music.join(format!("{seed}.wav"));
        Music::new(44_100, 2, 50_000 + seed * 777, seed).write_wav(&wav, Sample::S16);
    }
    for format in ["wav", "flac"] {
        let run = |jobs: &str| -> Vec<(PathBuf, Vec<u8>)> {
            let out = folder.path().join(format!("{format}-{jobs}"));
            let ended = process(folder.path(), EQ, &out)
                .args(["--format", format, "--jobs", jobs])
                .arg(&music)
                .run();
            all_ok(&ended);
            let files = names(&out).into_iter();
            files
                .map(|name| (PathBuf::from(&name), fs::read(out.join(name)).unwrap()))
                .collect()
        };
        let (one, four) = (run("1"), run("4"));
        assert_eq!(one.len(), 6);
        assert!(one == four, "{format}");
    }
}

#[test]
fn clipping_is_counted_and_headroom_avoids_it() {
    let folder = folder();
    let wav = folder.path().join("loud.wav");
    write_floats(
        &wav,
        48_000,
        (0..48_000).map(|n| 0.9 * (TAU * f64::from(n) / 48.0).sin()),
    );
    let loud = "Filter: ON PK Fc 1000 Hz Gain 6 dB Q 1\n";
    let run = |name: &str, flags: &[&str]| {
        let out = folder.path().join(name);
        let ended = process(folder.path(), loud, &out)
            .args(["--format", "flac"])
            .args(flags)
            .arg(&wav)
            .run();
        all_ok(&ended);
        ended.only()
    };
    let clipped = run("a", &[]);
    assert!(
        clipped["result"]["clipped"].as_u64().unwrap() > 10_000,
        "{clipped}"
    );
    assert!(
        clipped["warnings"].to_string().contains("--auto-headroom"),
        "{clipped}"
    );
    let peak = clipped["result"]["peak_db"].as_f64().unwrap();
    assert!((peak - 5.085).abs() < 0.05, "{peak}");
    for flags in [&["--auto-headroom"][..], &["--preamp", "-6.5"]] {
        let clean = run(flags[0], flags);
        assert_eq!(clean["result"]["clipped"], 0, "{clean}");
    }
}
