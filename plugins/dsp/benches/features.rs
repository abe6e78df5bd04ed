// SPDX-License-Identifier: MPL-2.0
//! Features of a frame, per instruction set, and whole front ends, per sample: `cargo bench -p
//! auris-dsp --bench features`.
use auris_dsp::features::presets::{FrontEnd, Preset};
use auris_dsp::features::{Config, Extractor, Feature, FeatureSet};
use auris_dsp::simd::Level;
use auris_dsp::spectrum::bands::{self, FrequencyScale};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;

const RATE: u32 = 48_000;
const SIZE: usize = 2048;

fn noise(count: usize) -> Vec<f32> {
    let value = |i: u32| (i.wrapping_mul(2_654_435_761) as i32) as f32 / 2f32.powi(33);
    (0..count as u32).map(value).collect()
}

fn frame(c: &mut Criterion) {
    let power: Vec<f32> = noise(SIZE / 2 + 1).iter().map(|x| x * x).collect();
    let sets = Feature::ALL.map(|f| (f.name(), FeatureSet::NONE.with(f)));
    for (name, features) in sets.into_iter().chain([("all", FeatureSet::ALL)]) {
        let mut group = c.benchmark_group(format!("frame {name}"));
        for level in Level::available() {
            let config = Config::new(f64::from(RATE), SIZE, 512, 1, features);
            let Ok(mut extractor) = Extractor::with_level(level, config) else {
                continue;
            };
            let mut out = vec![0.0; extractor.length()];
            group.bench_function(BenchmarkId::from_parameter(level.name()), |b| {
                b.iter(|| extractor.extract(0, black_box(&power), 1.0, &mut out));
            });
        }
        group.finish();
    }
    let mut group = c.benchmark_group("frame thirds of octaves");
    for level in Level::available() {
        let scale = FrequencyScale::Octave { fraction: 3 };
        let rate = f64::from(RATE);
        let Ok(bands) = scale.bands(0, 20.0, 20_000.0, rate) else {
            continue;
        };
        let bank = bands::filter_bank(level, &bands, rate, SIZE, &[1.0; SIZE / 2 + 1]);
        let mut out = vec![0.0; bands.len()];
        group.bench_function(BenchmarkId::from_parameter(level.name()), |b| {
            b.iter(|| bank.apply(black_box(&power), &mut out));
        });
    }
    group.finish();
}

fn front_ends(c: &mut Criterion) {
    let x = noise(RATE as usize);
    for (preset, rate) in [
        (Preset::Librosa, RATE),
        (Preset::Whisper, 16_000),
        (Preset::Kaldi, 16_000),
    ] {
        let mut group = c.benchmark_group(format!("front end {}", preset.name()));
        group.throughput(Throughput::Elements(x.len() as u64));
        let features = [
            ("mel", FeatureSet::NONE.with(Feature::Mel)),
            ("all", FeatureSet::ALL),
        ];
        for (name, features) in features {
            let plan = preset.plan(rate, 1, features);
            let Ok(mut front_end) = plan.and_then(FrontEnd::new) else {
                continue;
            };
            group.bench_function(name, |b| {
                b.iter(|| {
                    for piece in x.chunks(4096) {
                        front_end.push(&[black_box(piece)], &mut |frame| {
                            black_box(frame.values(0));
                        });
                    }
                });
            });
        }
        group.finish();
    }
}

criterion_group!(benches, frame, front_ends);
criterion_main!(benches);
