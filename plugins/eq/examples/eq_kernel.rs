// SPDX-License-Identifier: MPL-2.0
//! Equalises noise in blocks of 1024 frames, for instruction counters: see
//! `tests/bench/callgrind.sh`. Prints level and frames.
//!
//! usage: eq_kernel f32|f64|ramp CHANNELS SECTIONS BLOCKS
use auris_dsp::simd::Level;
use auris_eq::cascade::Cascade;
use auris_eq::section::Section;
use std::{env, hint::black_box, process::ExitCode};

const FRAMES: usize = 1024;

fn main() -> ExitCode {
    let mut args = env::args().skip(1);
    let what = args.next().unwrap_or_default();
    let numbers: Vec<usize> = args.map_while(|n| n.parse().ok()).collect();
    let (true, &[channels, sections, blocks]) =
        (["f32", "f64", "ramp"].contains(&&*what), &numbers[..])
    else {
        eprintln!("usage: eq_kernel f32|f64|ramp CHANNELS SECTIONS BLOCKS");
        return ExitCode::from(2);
    };
    let mut cascade = Cascade::new(Level::best(), channels, sections);
    let section = |k: usize, gain: f64| peak(60.0 * 1.7f64.powi(k as i32 % 12), 2.0, gain);
    for channel in 0..channels {
        for k in 0..sections {
            cascade.set(channel, k, section(k, 3.0));
        }
    }
    let noise: Vec<f64> = (0..FRAMES * channels)
        .scan(1u32, |seed, _| {
            *seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            Some(f64::from(*seed as i32) / f64::from(1u32 << 31) / 8.0)
        })
        .collect();
    let narrow: Vec<f32> = noise.iter().map(|x| *x as f32).collect();
    let (mut io, mut narrow_io) = (noise.clone(), narrow.clone());
    let gains = [3.0, -3.0];
    for block in 0..blocks {
        match &*what {
            "f32" => narrow_io.copy_from_slice(&narrow),
            _ => io.copy_from_slice(&noise),
        }
        if what == "ramp" {
            for channel in 0..channels {
                for k in 0..sections {
                    cascade.aim(channel, k, section(k, gains[block % 2]));
                }
            }
            cascade.begin_ramp(FRAMES);
        }
        match &*what {
            "f32" => cascade.process_f32(black_box(&mut narrow_io)),
            _ => cascade.process(black_box(&mut io)),
        }
    }
    black_box((&io, &narrow_io));
    println!("{} {}", Level::best().name(), blocks * FRAMES);
    ExitCode::SUCCESS
}

fn peak(freq: f64, q: f64, gain: f64) -> Section {
    let w = std::f64::consts::TAU * freq / 48_000.0;
    let (alpha, a) = (w.sin() / (2.0 * q), 10f64.powf(gain / 40.0));
    let a0 = 1.0 + alpha / a;
    Section {
        b0: (1.0 + alpha * a) / a0,
        b1: -2.0 * w.cos() / a0,
        b2: (1.0 - alpha * a) / a0,
        a1: -2.0 * w.cos() / a0,
        a2: (1.0 - alpha / a) / a0,
    }
}
