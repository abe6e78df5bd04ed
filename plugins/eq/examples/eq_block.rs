// SPDX-License-Identifier: MPL-2.0
//! Equalises blocks of 1024 stereo frames of F32 with 8 bands, for instruction counters: by the
//! whole equaliser or, for what that adds, by its kernel alone.
//!
//! usage: eq_block whole|kernel BLOCKS
use auris_dsp::pcm::SampleFormat;
use auris_dsp::simd::Level;
use auris_eq::band::{Band, Curve, Design, Layout};
use auris_eq::cascade::Cascade;
use auris_eq::design::sections;
use auris_eq::equaliser::{Audio, Equaliser, Settings};
use std::{env, hint::black_box, process::ExitCode};

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let [what, blocks] = &args[..] else {
        eprintln!("usage: eq_block whole|kernel BLOCKS");
        return ExitCode::from(2);
    };
    let blocks = blocks.parse().unwrap_or(1);
    let bands: Vec<Band> = (0..8)
        .map(|i| Band {
            freq: 60.0 * 1.9f64.powi(i),
            gain: 3.0,
            ..Band::default()
        })
        .collect();
    let mut cascade = Cascade::new(Level::best(), 2, bands.len());
    for (k, band) in bands.iter().enumerate() {
        for channel in 0..2 {
            cascade.set(
                channel,
                k,
                sections(band, 48_000.0, Design::Rbj).as_slice()[0],
            );
        }
    }
    let settings = Settings {
        curve: Curve {
            bands,
            ..Curve::default()
        },
        ..Settings::default()
    };
    let audio = Audio {
        format: SampleFormat::F32,
        rate: 48_000,
        layout: Layout::unpositioned(2),
    };
    let mut eq = Equaliser::new(Level::best(), audio, &settings);
    let noise: Vec<f32> = (0..2048u32)
        .map(|i| (i.wrapping_mul(2_654_435_761) as i32) as f32 / 2f32.powi(34))
        .collect();
    let raw: Vec<u8> = noise.iter().flat_map(|x| x.to_ne_bytes()).collect();
    let (mut io, mut bytes) = (noise.clone(), raw.clone());
    for _ in 0..blocks {
        if what == "whole" {
            bytes.copy_from_slice(&raw);
            black_box(eq.process(black_box(&mut bytes)));
        } else {
            io.copy_from_slice(&noise);
            cascade.process_f32(black_box(&mut io));
        }
    }
    ExitCode::SUCCESS
}
