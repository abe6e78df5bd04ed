// SPDX-License-Identifier: MPL-2.0
//! Stereo through long filters, per length and instruction set: `cargo bench -p auris-dsp --bench
//! fir`.
use auris_dsp::simd::Level;
use auris_eq::fir::convolver::{Convolver, Filter, Path};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use std::sync::Arc;

const CHANNELS: usize = 2;
/// A multiple of every partition, so that each run does the same work.
const FRAMES: usize = 8192;

fn convolve(c: &mut Criterion) {
    type New = fn(usize, usize, &[Path]) -> Filter;
    let ways: [(&str, New); 2] = [("blockwise", Filter::blockwise), ("immediate", Filter::new)];
    for (name, new) in ways {
        for taps in [256, 1024, 4096, 8192, 16_384, 32_768, 65_536] {
            let mut group = c.benchmark_group(format!("{name} {taps}"));
            group.throughput(Throughput::Elements(FRAMES as u64));
            let response: Vec<f64> = (0..taps).map(|n| (n as f64 * 0.3).sin() / 1e4).collect();
            let path = |channel| Path {
                from: channel,
                to: channel,
                taps: response.clone(),
            };
            let paths: Vec<_> = (0..CHANNELS).map(path).collect();
            let filter = Arc::new(new(CHANNELS, taps, &paths));
            let audio: Vec<_> = (0..FRAMES * CHANNELS).map(|n| (n as f64).sin()).collect();
            let mut io = audio.clone();
            for level in Level::available() {
                let mut convolver = Convolver::with_level(level, filter.clone());
                let id = BenchmarkId::from_parameter(level.name());
                group.bench_function(id, |b| {
                    b.iter(|| {
                        io.copy_from_slice(&audio);
                        for block in io.chunks_mut(1024 * CHANNELS) {
                            convolver.process(black_box(block));
                        }
                    });
                });
            }
            group.finish();
        }
    }
}

criterion_group!(benches, convolve);
criterion_main!(benches);
