// SPDX-License-Identifier: MPL-2.0
//! Spectra of a second of stereo, per size and instruction set: `cargo bench -p auris-dsp --bench
//! spectrum`.
use auris_dsp::pcm::SampleFormat;
use auris_dsp::simd::Level;
use auris_dsp::spectrum::intake::{Downmix, Intake};
use auris_dsp::spectrum::{classic, stft};
use auris_dsp::window::Window;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;

const SECOND: usize = 48_000;
/// Of a buffer.
const FRAMES: usize = 480;

fn noise() -> Vec<u8> {
    let mut seed = 1u32;
    let next = |_| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed as i32 as f32 / (1u32 << 31) as f32).to_ne_bytes()
    };
    (0..2 * SECOND).flat_map(next).collect()
}

fn intervals(c: &mut Criterion) {
    let audio = noise();
    for (bands, multi_channel) in [
        (128, false),
        (128, true),
        (1024, false),
        (8192, false),
        (8193, false),
    ] {
        for interval in [10, 100] {
            let rows = if multi_channel { "channels" } else { "mean" };
            let mut group = c.benchmark_group(format!("classic {bands} {interval} ms {rows}"));
            group.throughput(Throughput::Elements(SECOND as u64));
            for level in Level::available() {
                let config = classic::Config {
                    format: SampleFormat::F32,
                    rate: SECOND as u32,
                    channels: 2,
                    bands,
                    interval: interval * 1_000_000,
                    multi_channel,
                    threshold: -60,
                    magnitude: true,
                    phase: false,
                };
                let Ok(mut classic) = classic::Classic::with_level(level, config) else {
                    return;
                };
                group.bench_function(BenchmarkId::from_parameter(level.name()), |b| {
                    b.iter(|| {
                        for buffer in audio.chunks(FRAMES * 8) {
                            let mut rest = black_box(buffer);
                            while !rest.is_empty() {
                                rest = &rest[classic.push(rest).frames * 8..];
                            }
                        }
                        black_box(classic.magnitude(0));
                    });
                });
            }
            group.finish();
        }
    }
}

fn frames(c: &mut Criterion) {
    let audio = noise();
    for (size, hop, downmix) in [
        (2048, 512, Downmix::Channels),
        (512, 160, Downmix::Mean),
        (400, 160, Downmix::Mean),
    ] {
        let mut group = c.benchmark_group(format!("stft {size} {hop} {downmix:?}"));
        group.throughput(Throughput::Elements(SECOND as u64));
        for level in Level::available() {
            let window = Window::Hann.periodic(size);
            let config = stft::Config {
                rate: SECOND as u32,
                rows: downmix.rows(2),
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
            let intake = Intake::with_level(level, SampleFormat::F32, 2, downmix, FRAMES);
            let (Ok(mut intake), Ok(mut stft)) = (intake, stft::Stft::with_level(level, config))
            else {
                return;
            };
            group.bench_function(BenchmarkId::from_parameter(level.name()), |b| {
                b.iter(|| {
                    for buffer in audio.chunks(FRAMES * 8) {
                        let rows = intake.rows(black_box(buffer));
                        stft.push_rows(rows, &mut |frame| {
                            black_box(frame.power(0));
                        });
                    }
                });
            });
        }
        group.finish();
    }
}

criterion_group!(benches, intervals, frames);
criterion_main!(benches);
