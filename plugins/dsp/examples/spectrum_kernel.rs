// SPDX-License-Identifier: MPL-2.0
//! Spectra of stereo that means nothing, 480 frames at a time, for instruction counters: see
//! `tests/bench/callgrind.sh`. Prints level and frames.
//!
//! usage: spectrum_kernel classic BANDS MILLISECONDS BUFFERS
//!        spectrum_kernel stft SIZE HOP BUFFERS
use auris_dsp::pcm::SampleFormat;
use auris_dsp::simd::Level;
use auris_dsp::spectrum::intake::{Downmix, Intake};
use auris_dsp::spectrum::{classic, stft};
use auris_dsp::window::Window;
use std::{env, hint::black_box, process::ExitCode};

const FRAMES: usize = 480;
const USAGE: &str = "usage: spectrum_kernel classic BANDS MILLISECONDS BUFFERS
       spectrum_kernel stft SIZE HOP BUFFERS";

fn main() -> ExitCode {
    let mut args = env::args().skip(1);
    let what = args.next().unwrap_or_default();
    let numbers: Vec<usize> = args.map_while(|n| n.parse().ok()).collect();
    let noise: Vec<u8> = (0..FRAMES * 2)
        .scan(1u32, |seed, _| {
            *seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            Some(f64::from(*seed as i32) / f64::from(1u32 << 31))
        })
        .flat_map(|x| (x as f32).to_ne_bytes())
        .collect();
    let done = match (&*what, &numbers[..]) {
        ("classic", &[bands, interval, buffers]) => run_classic(bands, interval, buffers, &noise),
        ("stft", &[size, hop, buffers]) => run_stft(size, hop, buffers, &noise),
        _ => None,
    };
    let Some(frames) = done else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    println!("{} {frames}", Level::best().name());
    ExitCode::SUCCESS
}

fn run_classic(bands: usize, interval: usize, buffers: usize, noise: &[u8]) -> Option<usize> {
    let config = classic::Config {
        format: SampleFormat::F32,
        rate: 48_000,
        channels: 2,
        bands,
        interval: interval as u64 * 1_000_000,
        multi_channel: false,
        threshold: -60,
        magnitude: true,
        phase: false,
    };
    let mut classic = classic::Classic::new(config).ok()?;
    for _ in 0..buffers {
        let mut rest = black_box(noise);
        while !rest.is_empty() {
            rest = &rest[classic.push(rest).frames * 8..];
        }
    }
    black_box(classic.magnitude(0));
    Some(buffers * FRAMES)
}

fn run_stft(size: usize, hop: usize, buffers: usize, noise: &[u8]) -> Option<usize> {
    let mut intake = Intake::new(SampleFormat::F32, 2, Downmix::Channels, FRAMES).ok()?;
    let window = Window::Hann.periodic(size);
    let config = stft::Config {
        rate: 48_000,
        rows: 2,
        size,
        frame: size,
        window,
        hop,
        padding: stft::Padding::None,
        prepare: stft::Prepare::Nothing,
        whole_only: true,
        phase: false,
        precision: stft::Precision::Single,
    };
    let mut stft = stft::Stft::new(config).ok()?;
    for _ in 0..buffers {
        stft.push_rows(intake.rows(black_box(noise)), &mut |frame| {
            black_box(frame.power(0));
        });
    }
    Some(buffers * FRAMES)
}
