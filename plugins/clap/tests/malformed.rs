// SPDX-License-Identifier: MPL-2.0
//! Files that are no model: each is an error that says what is wrong.
mod common;

use auris_clap::{Error, Level, Model, Precision};
use common::{TINY, changed_model, model, with_header};
use std::io::Cursor;

fn open(file: &[u8]) -> Result<Model, Error> {
    Model::read(Cursor::new(file), Precision::F32, Level::best())
}

/// The error, which must be one line that tells something.
fn refusal(file: &[u8]) -> Error {
    let error = open(file).expect_err("the file is no model");
    let text = error.to_string();
    assert!(text.len() > 20 && !text.contains('\n'), "{text:?}");
    error
}

/// The tiny model after a change to one of its tensors, which must be there.
fn with(name: &str, change: impl Fn(&mut String, &mut Vec<usize>, &mut Vec<f32>)) -> Vec<u8> {
    let mut found = false;
    let file = changed_model(&TINY, |n, s, w| {
        if n == name {
            found = true;
            change(n, s, w);
        }
    });
    assert!(found, "{name} is no tensor of the model");
    file
}

const PATCH: &str = "audio_model.audio_encoder.patch_embed.proj.weight";

#[test]
fn a_file_that_is_not_there_is_told_by_name() {
    let error = Model::open("no/such.safetensors", Precision::F32).expect_err("there is none");
    assert!(matches!(error, Error::Open { .. }));
    assert!(error.to_string().contains("no/such.safetensors"));
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let file = model(&TINY);
    assert!(open(&file).is_ok());
    let cuts = (0..200).chain((200..file.len()).step_by(997));
    for length in cuts.chain([file.len() - 1]) {
        let error = refusal(&file[..length]);
        match length {
            0..8 => assert!(
                matches!(error, Error::NotSafetensors(_)),
                "{length}: {error}"
            ),
            _ => assert!(
                matches!(error, Error::Truncated { .. }),
                "{length}: {error}"
            ),
        }
    }
}

#[test]
fn what_is_no_safetensors_file_is_told_so() {
    let text = b"<!DOCTYPE html><html><body>404</body></html>";
    assert!(matches!(refusal(text), Error::HeaderTooLong { .. }));
    let pickle = [&[4, 0, 0, 0, 0, 0, 0, 0][..], b"\x80\x02}q"].concat();
    assert!(matches!(refusal(&pickle), Error::NotSafetensors(_)));
    for header in [
        "",
        "{",
        "[]",
        "{\"a\":1}",
        "{\"a\":{\"dtype\":\"F32\"}}",
        "{}{}",
    ] {
        let error = refusal(&with_header(header, &[]));
        assert!(
            matches!(error, Error::NotSafetensors(_)),
            "{header}: {error}"
        );
    }
    let deep = format!("{{\"a\":{}", "[".repeat(100_000));
    assert!(matches!(
        refusal(&with_header(&deep, &[])),
        Error::NotSafetensors(_)
    ));
    let mut longer = model(&TINY);
    longer.push(0);
    assert!(matches!(refusal(&longer), Error::NotSafetensors(_)));
}

#[test]
fn a_huge_header_is_not_read() {
    for length in [16 * 1024 * 1024 + 1, u64::MAX / 2, u64::MAX] {
        let file = [&length.to_le_bytes()[..], &[b' '; 100]].concat();
        assert!(
            matches!(refusal(&file), Error::HeaderTooLong { .. }),
            "{length}"
        );
    }
}

#[test]
fn a_layout_that_cannot_be_is_told_by_tensor() {
    let tensor = |shape: &str, begin: u64, end: u64| {
        format!("{{\"dtype\":\"F32\",\"shape\":{shape},\"data_offsets\":[{begin},{end}]}}")
    };
    let wrong = [
        // The wrong size, also where the true one does not fit 64 bits.
        format!("{{\"a\":{}}}", tensor("[3]", 0, 8)),
        format!("{{\"a\":{}}}", tensor("[4294967296,4294967296,4]", 0, 8)),
        format!("{{\"a\":{}}}", tensor("[2]", 8, 0)),
        // Overlapping, a hole, the same name twice.
        format!(
            "{{\"a\":{},\"b\":{}}}",
            tensor("[2]", 0, 8),
            tensor("[1]", 4, 8)
        ),
        format!("{{\"b\":{}}}", tensor("[1]", 4, 8)),
        format!(
            "{{\"a\":{},\"a\":{}}}",
            tensor("[1]", 0, 4),
            tensor("[1]", 4, 8)
        ),
    ];
    for header in wrong {
        let error = refusal(&with_header(&header, &[0; 8]));
        assert!(matches!(error, Error::Header { .. }), "{header}: {error}");
    }
    let beyond = format!("{{\"a\":{}}}", tensor("[4]", 0, 16));
    let error = refusal(&with_header(&beyond, &[0; 8]));
    assert!(matches!(error, Error::Truncated { .. }), "{error}");
    for shape in ["[-1]", "[1.5]", "[99999999999999999999]"] {
        let header = format!("{{\"a\":{}}}", tensor(shape, 0, 8));
        let error = refusal(&with_header(&header, &[0; 8]));
        assert!(
            matches!(error, Error::NotSafetensors(_)),
            "{header}: {error}"
        );
    }
}

#[test]
fn every_tensor_is_needed() {
    let metadata = "{\"__metadata__\":{\"format\":\"pt\"}}";
    assert!(matches!(
        refusal(&with_header(metadata, &[])),
        Error::Missing { .. }
    ));
    for (name, _) in common::tensors(&TINY) {
        let file = with(&name, |name, _, _| *name = "other".to_owned());
        match refusal(&file) {
            Error::Missing { name: told } => assert_eq!(told, name),
            other => panic!("{name}: {other}"),
        }
    }
    let fifth = with("audio_projection.linear2.bias", |name, _, _| {
        *name = "audio_model.audio_encoder.layers.4.blocks.0.x".to_owned();
    });
    assert!(matches!(refusal(&fifth), Error::Unsupported(_)));
}

#[test]
fn every_shape_must_fit() {
    for (name, shape) in common::tensors(&TINY) {
        let file = with(&name, |_, shape, numbers| {
            numbers.extend_from_within(..numbers.len() / shape[0]);
            shape[0] += 1;
        });
        let error = refusal(&file);
        assert!(
            matches!(error, Error::Shape { .. }),
            "{name} {shape:?}: {error}"
        );
    }
    let none = with(PATCH, |_, shape, numbers| {
        *shape = vec![0, 1, 4, 4];
        numbers.clear();
    });
    assert!(matches!(refusal(&none), Error::Shape { .. }));
    let scalar = with(PATCH, |_, shape, numbers| {
        shape.clear();
        numbers.truncate(1);
    });
    assert!(matches!(refusal(&scalar), Error::Shape { .. }));
}

#[test]
fn weights_must_be_finite() {
    for (name, _) in common::tensors(&TINY) {
        for bad in [f32::NAN, f32::INFINITY] {
            let file = with(&name, |_, _, numbers| {
                *numbers.last_mut().expect("not empty") = bad
            });
            match refusal(&file) {
                Error::WeightNotFinite { name: told } => assert_eq!(told, name),
                other => panic!("{name}: {other}"),
            }
        }
    }
}

#[test]
fn types_other_than_floats_are_refused() {
    let file = model(&TINY);
    let length = u64::from_le_bytes(file[..8].try_into().expect("8 bytes")) as usize;
    let header = std::str::from_utf8(&file[8..8 + length]).expect("the header is text");
    let integers = header.replacen("F32", "I32", 1);
    let error = refusal(&with_header(&integers, &file[8 + length..]));
    assert!(matches!(error, Error::Type { .. }), "{error}");
    let unknown = header.replacen("F32", "F4_E2", 1);
    let error = refusal(&with_header(unknown.trim_end(), &file[8 + length..]));
    assert!(matches!(error, Error::Type { .. }), "{error}");
}

#[test]
fn weights_that_overflow_are_an_error_and_no_panic() {
    for precision in [Precision::F32, Precision::Bf16, Precision::Int8] {
        let file = changed_model(&TINY, |_, _, numbers| {
            numbers.iter_mut().for_each(|w| *w = w.signum() * f32::MAX);
        });
        let opened = Model::read(Cursor::new(file), precision, Level::best());
        let error = match opened {
            Ok(model) => {
                let mut workspace = model.workspace();
                let found = model.embed(&common::log_mel("input"), &mut workspace);
                found.map(|_| ()).expect_err("the weights overflow")
            }
            Err(error) => error,
        };
        assert!(matches!(error, Error::NoDirection), "{precision}: {error}");
    }
}

#[test]
fn a_text_tower_is_not_looked_at() {
    let file = changed_model(&TINY, |_, _, _| {});
    let tensors = common::tensors(&TINY);
    let mut parts: Vec<_> = tensors
        .iter()
        .map(|(name, shape)| (name.as_str(), &shape[..], common::weights(name, shape)))
        .collect();
    parts.push(("text_model.embeddings.weight", &[2, 2], vec![f32::NAN; 4]));
    let with_text = common::file(parts.iter().map(|(n, s, w)| (*n, *s, &w[..])));
    let [plain, with_text] = [file, with_text].map(|file| {
        let model = open(&file).expect("the file is a model");
        let mut workspace = model.workspace();
        let found = model.embed(&common::log_mel("input"), &mut workspace);
        found.expect("the model works").to_vec()
    });
    assert_eq!(plain, with_text);
}
