// SPDX-License-Identifier: MPL-2.0
//! The cascade of the equaliser per shape, length of blocks and instruction set:
//! `cargo bench -p auris-eq --bench eq`.
use auris_dsp::simd::Level;
use auris_eq::cascade::Cascade;
use auris_eq::section::Section;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;

/// Bells from about 60 Hz to 15 kHz of 48 kHz, as of the Audio EQ Cookbook, none of which makes
/// anything louder, so that a block can be filtered over and over.
fn cut(k: usize) -> Section {
    let w = 0.008 * 1.6f64.powi(k as i32 % 12);
    let (alpha, a) = (w.sin() / 4.0, 0.9);
    let a0 = 1.0 + alpha / a;
    Section {
        b0: (1.0 + alpha * a) / a0,
        b1: -2.0 * w.cos() / a0,
        b2: (1.0 - alpha * a) / a0,
        a1: -2.0 * w.cos() / a0,
        a2: (1.0 - alpha / a) / a0,
    }
}

fn cascade(level: Level, channels: usize, sections: usize) -> Cascade {
    let mut cascade = Cascade::new(level, channels, sections);
    for channel in 0..channels {
        (0..sections).for_each(|k| cascade.set(channel, k, cut(k)));
    }
    cascade
}

fn process(c: &mut Criterion) {
    for (channels, sections, frames) in [(2, 8, 1024), (2, 8, 64), (2, 10, 1024), (16, 10, 1024)] {
        let mut group = c.benchmark_group(format!("{channels} x {sections}, {frames} frames"));
        group.throughput(Throughput::Elements(frames as u64));
        let block: Vec<f64> = (0..frames * channels).map(|i| (i as f64).sin()).collect();
        for level in Level::available() {
            let id = |what: &str| BenchmarkId::new(what, level.name());
            let mut wide = block.clone();
            let mut narrow: Vec<f32> = block.iter().map(|x| *x as f32).collect();
            let mut still = cascade(level, channels, sections);
            group.bench_function(id("f32"), |b| {
                b.iter(|| {
                    still.settle();
                    still.process_f32(black_box(&mut narrow));
                });
            });
            group.bench_function(id("f64"), |b| {
                b.iter(|| {
                    still.settle();
                    still.process(black_box(&mut wide));
                });
            });
            let mut moving = cascade(level, channels, sections);
            let mut to = [cut(3), cut(0)].into_iter().cycle();
            group.bench_function(id("ramp"), |b| {
                b.iter(|| {
                    let to = to.next().unwrap_or(Section::IDENTITY);
                    (0..channels).for_each(|channel| moving.aim(channel, 0, to));
                    moving.begin_ramp(frames);
                    moving.settle();
                    moving.process(black_box(&mut wide));
                });
            });
        }
        group.finish();
    }
}

criterion_group!(benches, process);
criterion_main!(benches);
