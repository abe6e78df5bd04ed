// SPDX-License-Identifier: MPL-2.0
//! The DR14 kernel per format, layout and instruction set: `cargo bench -p auris-dsp`.
use auris_dsp::dr14::{Config, Meter};
use auris_dsp::pcm::SampleFormat;
use auris_dsp::simd::Level;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;

const FRAMES: usize = 65_536;

fn push(c: &mut Criterion) {
    let formats = [
        ("S16", SampleFormat::S16),
        ("S24", SampleFormat::S24),
        ("S32", SampleFormat::S32),
        ("F32", SampleFormat::F32),
        ("F64", SampleFormat::F64),
    ];
    for (name, format) in formats {
        for channels in [1, 2, 6] {
            let mut group = c.benchmark_group(format!("{name} x {channels}"));
            // 0x3d3d3d3d is an ordinary number in every format.
            let bytes = vec![0x3d; FRAMES * channels * format.bytes()];
            group.throughput(Throughput::Elements((FRAMES * channels) as u64));
            for level in Level::available() {
                let config = Config::new(format, 48_000, channels);
                let mut meter = Meter::with_level(config, level);
                let id = BenchmarkId::from_parameter(level.name());
                group.bench_function(id, |b| b.iter(|| meter.push(&[black_box(&bytes)])));
            }
            group.finish();
        }
    }
}

criterion_group!(benches, push);
criterion_main!(benches);
