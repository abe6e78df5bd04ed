// SPDX-License-Identifier: MPL-2.0
//! A window of 10 s in each precision on each instruction set, with made-up weights of the size of
//! `clap-htsat-unfused`; and its spectrogram: `cargo bench -p auris-clap`.
#[path = "../tests/common/mod.rs"]
mod common;

use auris_clap::{Bank, FrontEnd, Level, LogMel, Model, Padding, Precision, WINDOW};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use std::io::Cursor;

fn embed(c: &mut Criterion) {
    let file = common::model(&common::UNFUSED);
    let log_mel = common::log_mel("input");
    let mut group = c.benchmark_group("embed");
    group.sample_size(10);
    for level in Level::available().filter(|&level| level != Level::SCALAR) {
        for precision in [Precision::F32, Precision::Bf16, Precision::Int8] {
            let model = Model::read(Cursor::new(&file), precision, level);
            let model = model.expect("the file is a model");
            let mut workspace = model.workspace();
            let id = BenchmarkId::new(precision.to_string(), model.instructions());
            group.bench_function(id, |b| {
                b.iter(|| model.embed(black_box(&log_mel), &mut workspace).is_ok());
            });
        }
    }
    group.finish();
}

fn spectrogram(c: &mut Criterion) {
    let samples: Vec<f32> = common::numbers(1).take(WINDOW).collect();
    let mut front_end = FrontEnd::new(Bank::Slaney);
    let mut log_mel = LogMel::new();
    c.bench_function("spectrogram", |b| {
        b.iter(|| {
            front_end
                .compute(black_box(&samples), Padding::Pad, &mut log_mel)
                .is_ok()
        });
    });
}

criterion_group!(benches, embed, spectrogram);
criterion_main!(benches);
