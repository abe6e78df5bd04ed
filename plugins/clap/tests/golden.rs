// SPDX-License-Identifier: MPL-2.0
//! Small models against what transformers computed from the same weights.
mod common;

use auris_clap::{Error, Level, Model, Precision};
use common::{Config, TINY, TINY_FUSED, log_mel, model};
use std::io::Cursor;

/// Rows: model, input, and the embedding, normalised. Written by
/// tests/differential/clap_reference.py.
const GOLDEN: &str = include_str!("data/golden.csv");

fn golden() -> impl Iterator<Item = (&'static str, &'static str, Vec<f32>)> {
    GOLDEN.lines().map(|line| {
        let mut fields = line.split(',');
        let mut text = || fields.next().expect("a row has a name and an input");
        let (name, input) = (text(), text());
        let number = |field: &str| field.parse().expect("embeddings are numbers");
        (name, input, fields.map(number).collect())
    })
}

fn config(name: &str) -> &'static Config {
    match name {
        "tiny" => &TINY,
        "tiny-fused" => &TINY_FUSED,
        other => panic!("{other} is no model of these tests"),
    }
}

fn open(file: &[u8], precision: Precision, level: Level) -> Result<Model, Error> {
    Model::read(Cursor::new(file), precision, level)
}

fn embed(model: &Model, input: &str) -> Vec<f32> {
    let mut workspace = model.workspace();
    let embedding = model.embed(&log_mel(input), &mut workspace);
    embedding.expect("the model works").to_vec()
}

fn distance(a: &[f32], b: &[f32]) -> f64 {
    assert_eq!(a.len(), b.len());
    let dot = |a: &[f32], b: &[f32]| -> f64 {
        let terms = a.iter().zip(b);
        terms.map(|(x, y)| f64::from(*x) * f64::from(*y)).sum()
    };
    1.0 - dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

#[test]
fn every_level_gives_what_transformers_gives() {
    let mut rows = 0;
    for (name, input, expected) in golden() {
        let file = model(config(name));
        for level in Level::available() {
            let model = open(&file, Precision::F32, level).expect("the file is a model");
            let found = embed(&model, input);
            let pairs = found.iter().zip(&expected);
            let off = pairs.fold(0.0_f32, |off, (a, b)| off.max((a - b).abs()));
            let distance = distance(&found, &expected);
            println!("{name} {input} {}: {off:.1e} {distance:.1e}", level.name());
            assert!(
                off < 3e-6,
                "{name} {input} {}: off by {off:e}",
                level.name()
            );
            assert!(
                distance < 1e-10,
                "{name} {input} {}: {distance:e}",
                level.name()
            );
        }
        rows += 1;
    }
    assert_eq!(rows, 6);
}

#[test]
fn lower_precisions_come_close() {
    for (name, input, expected) in golden() {
        let file = model(config(name));
        for level in Level::available() {
            for (precision, limit) in [(Precision::Bf16, 3e-5), (Precision::Int8, 5e-4)] {
                let model = open(&file, precision, level).expect("the file is a model");
                let distance = distance(&embed(&model, input), &expected);
                println!(
                    "{name} {input} {precision} {}: {distance:.1e}",
                    level.name()
                );
                assert!(distance < limit, "{name} {input} {precision}: {distance:e}");
                assert!(distance > 1e-12, "{name} {input} {precision}: this is f32");
            }
        }
    }
}

#[test]
fn the_same_input_gives_the_same_bits() {
    for config in [&TINY, &TINY_FUSED] {
        let file = model(config);
        for precision in [Precision::F32, Precision::Bf16, Precision::Int8] {
            let model = open(&file, precision, Level::best()).expect("the file is a model");
            let mut workspace = model.workspace();
            let mut run = |input| {
                let embedding = model.embed(&log_mel(input), &mut workspace);
                embedding.expect("the model works").to_vec()
            };
            let first = run("input");
            let between = run("other");
            assert_eq!(run("input"), first);
            assert_ne!(between, first);
            assert_eq!(embed(&model, "input"), first);
        }
    }
}

#[test]
fn a_workspace_of_another_model_does_as_well() {
    let models = [&TINY, &TINY_FUSED].map(|config| {
        let file = model(config);
        open(&file, Precision::F32, Level::best()).expect("the file is a model")
    });
    let mut workspace = models[0].workspace();
    for model in [&models[1], &models[0]] {
        let found = model.embed(&log_mel("input"), &mut workspace);
        assert_eq!(found.expect("the model works"), embed(model, "input"));
    }
}

#[test]
fn a_workspace_of_other_instructions_does_as_well() {
    let file = model(&TINY);
    for precision in [Precision::F32, Precision::Bf16, Precision::Int8] {
        let models: Vec<_> = Level::available()
            .map(|level| open(&file, precision, level).expect("the file is a model"))
            .collect();
        let mut workspace = models[0].workspace();
        for model in models.iter().chain(models.iter().rev()) {
            let found = model.embed(&log_mel("input"), &mut workspace);
            assert_eq!(
                found.expect("the model works"),
                embed(model, "input"),
                "{precision} {}",
                model.instructions()
            );
        }
    }
}

#[test]
fn embeddings_have_length_one() {
    let file = model(&TINY);
    let model = open(&file, Precision::F32, Level::best()).expect("the file is a model");
    assert_eq!(model.dimensions(), 64);
    let length: f64 = embed(&model, "input")
        .iter()
        .map(|&x| f64::from(x).powi(2))
        .sum();
    assert!((length - 1.0).abs() < 1e-6);
}

#[test]
fn input_that_is_not_finite_is_an_error() {
    let file = model(&TINY);
    for precision in [Precision::F32, Precision::Bf16, Precision::Int8] {
        let model = open(&file, precision, Level::best()).expect("the file is a model");
        let mut input = log_mel("input");
        input.frames_mut()[500][30] = f32::INFINITY;
        let mut workspace = model.workspace();
        let found = model.embed(&input, &mut workspace);
        assert!(
            matches!(found, Err(Error::SpectrogramNotFinite)),
            "{precision}"
        );
        let after = model.embed(&log_mel("input"), &mut workspace);
        assert_eq!(after.expect("the model works"), embed(&model, "input"));
    }
}
