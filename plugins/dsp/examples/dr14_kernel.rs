// SPDX-License-Identifier: MPL-2.0
//! Measures stereo that means nothing, for instruction counters: see `tests/bench/callgrind.sh`.
//!
//! usage: dr14_kernel s16|s24|s24in32|s32|f32|f64 BUFFERS
use auris_dsp::dr14::{Config, Meter, Options};
use auris_dsp::pcm::SampleFormat;
use auris_dsp::simd::Level;
use std::{env, hint::black_box, process::ExitCode};

const CHANNELS: usize = 2;
const RATE: u32 = 48_000;
/// Frames per buffer, of which 100 make a second.
const FRAMES: usize = 480;

fn main() -> ExitCode {
    let mut args = env::args().skip(1);
    let format = args.next().and_then(|name| by_name(&name));
    let buffers = args.next().and_then(|count| count.parse::<usize>().ok());
    let (Some(format), Some(buffers)) = (format, buffers) else {
        eprintln!("usage: dr14_kernel s16|s24|s24in32|s32|f32|f64 BUFFERS");
        return ExitCode::from(2);
    };
    // The byte 0x3d makes ordinary numbers in every format.
    let bytes = vec![0x3d; FRAMES * CHANNELS * format.bytes()];
    let mut meter = Meter::new(Config::new(format, RATE, CHANNELS));
    for _ in 0..buffers {
        meter.push(&[black_box(&bytes)]);
    }
    black_box(meter.finish().report(&Options::default()));
    println!("{} {}", Level::best().name(), buffers * FRAMES * CHANNELS);
    ExitCode::SUCCESS
}

fn by_name(name: &str) -> Option<SampleFormat> {
    Some(match name {
        "s16" => SampleFormat::S16,
        "s24" => SampleFormat::S24,
        "s24in32" => SampleFormat::S24In32,
        "s32" => SampleFormat::S32,
        "f32" => SampleFormat::F32,
        "f64" => SampleFormat::F64,
        _ => return None,
    })
}
