// SPDX-License-Identifier: MPL-2.0
//! Models as ONNX files: the same as their safetensors files, or refused for what they are.
mod common;

use auris_clap::{Error, Level, Model, Precision};
use common::onnx::{self, Form, Message, PLAIN, as_half, end, file, node};
use common::{Config, TINY, TINY_FUSED, changed_model, log_mel, model};
use std::io::Cursor;

fn open(file: &[u8]) -> Result<Model, Error> {
    Model::read(Cursor::new(file), Precision::F32, Level::best())
}

fn embed(file: &[u8]) -> Vec<f32> {
    let model = open(file).expect("the file is a model");
    let mut workspace = model.workspace();
    let embedding = model.embed(&log_mel("input"), &mut workspace);
    embedding.expect("the model works").to_vec()
}

/// The error, which must be one line that tells something.
fn refusal(file: &[u8]) -> Error {
    let error = open(file).expect_err("the file is no model");
    let text = error.to_string();
    assert!(text.len() > 20 && !text.contains('\n'), "{text:?}");
    error
}

#[test]
fn an_export_gives_the_same_bits() {
    let forms = [
        PLAIN,
        Form {
            prefix: "model.m.",
            ..PLAIN
        },
        Form { old: true, ..PLAIN },
        Form {
            lists: true,
            ..PLAIN
        },
    ];
    for config in [&TINY, &TINY_FUSED] {
        let expected = embed(&model(config));
        for form in forms {
            assert_eq!(embed(&onnx::model(config, form)), expected);
        }
    }
}

#[test]
fn half_precision_is_read_as_it_is() {
    let rounded = |numbers: &mut Vec<f32>| numbers.iter_mut().for_each(|x| *x = as_half(*x));
    let expected = embed(&changed_model(&TINY, |_, _, numbers| rounded(numbers)));
    assert_ne!(expected, embed(&model(&TINY)));
    for lists in [false, true] {
        let form = Form {
            half: true,
            lists,
            ..PLAIN
        };
        let file = onnx::changed_model(&TINY, form, |_, _, numbers| rounded(numbers));
        assert_eq!(embed(&file), expected);
    }
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let file = onnx::model(&TINY, PLAIN);
    let cuts = (8..300).chain((300..file.len()).step_by(4999));
    for length in cuts.chain([file.len() - 1]) {
        let error = refusal(&file[..length]);
        assert!(
            matches!(error, Error::NotOnnx(_) | Error::Truncated { .. }),
            "{length}: {error}"
        );
    }
}

#[test]
fn any_byte_may_be_wrong() {
    // Not that each is noticed: weights may be anything. But none is the end of the process.
    let file = onnx::model(&TINY, PLAIN);
    for at in (0..file.len()).step_by(file.len() / 300) {
        for flip in [0x01, 0x80, 0xff] {
            let mut file = file.clone();
            file[at] ^= flip;
            if let Ok(model) = open(&file) {
                let mut workspace = model.workspace();
                let _ = model.embed(&log_mel("input"), &mut workspace);
            }
        }
    }
}

#[test]
fn shapes_and_numbers_are_checked_as_those_of_safetensors() {
    let projection = "audio_projection.linear2.bias";
    let dense = "audio_model.audio_encoder.layers.2.blocks.0.attention.output.dense.weight";
    let longer = onnx::changed_model(&TINY, PLAIN, |name, shape, numbers| {
        if name == projection {
            shape[0] += 1;
            numbers.push(0.0);
        }
    });
    match refusal(&longer) {
        Error::Shape { name, found, .. } => {
            assert_eq!((name.as_str(), found), (projection, vec![65]))
        }
        other => panic!("{other}"),
    }
    // What is told of a transposed weight is its own shape.
    let wider = onnx::changed_model(&TINY, PLAIN, |name, shape, numbers| {
        if name == dense {
            shape[0] += 8;
            numbers.extend_from_within(..8 * shape[1]);
        }
    });
    match refusal(&wider) {
        Error::Shape { found, .. } => assert_eq!(found, [40, 32]),
        other => panic!("{other}"),
    }
    let odd = onnx::changed_model(&TINY, PLAIN, |name, _, numbers| {
        if name == dense {
            numbers[3] = f32::NAN;
        }
    });
    match refusal(&odd) {
        Error::WeightNotFinite { name } => assert_eq!(name, dense),
        other => panic!("{other}"),
    }
}

/// A graph of an audio tower's ends, and whatever else.
fn graph(change: impl FnOnce(Message) -> Message) -> Vec<u8> {
    let features = [None, None, Some(1001), Some(64)];
    let graph = end(Message::default(), 11, "input_features", &features);
    file(&end(change(graph), 12, "audio_embeds", &[None, None]))
}

#[test]
fn another_graph_is_an_error_of_its_own() {
    let text = |inputs: &[&str], output: &str| {
        let inputs = inputs.iter();
        let graph = inputs.fold(Message::default(), |g, name| {
            end(g, 11, name, &[None, None])
        });
        file(&end(graph, 12, output, &[None, None]))
    };
    let ends = [
        text(&["input_ids", "attention_mask"], "text_embeds"),
        text(&["input_ids", "input_features"], "audio_embeds"),
        text(&["input_features"], "last_hidden_state"),
        text(&["input_features"], "audio_embeds"),
        text(&[], "audio_embeds"),
        graph(|g| g),
        file(&end(
            end(
                Message::default(),
                11,
                "input_features",
                &[None, None, Some(998), Some(64)],
            ),
            12,
            "audio_embeds",
            &[None],
        )),
    ];
    for (i, file) in ends.iter().enumerate() {
        let error = refusal(file);
        assert!(matches!(error, Error::Graph(_)), "{i}: {error}");
        assert!(error.to_string().contains("audio_model.onnx"), "{error}");
    }
    let told = refusal(&ends[0]).to_string();
    assert!(
        told.contains("text_embeds from input_ids, attention_mask"),
        "{told}"
    );
}

#[test]
fn a_layer_that_no_node_leads_to_is_told() {
    // Renaming an operator keeps the file's size, and hides what it leads to.
    let whole = onnx::model(&TINY, PLAIN);
    for (op, weight) in [
        ("MatMul", "position_bias_table"),
        ("LayerNormalization", "reduction.weight"),
    ] {
        let mut file = whole.clone();
        let field = [&[0x22, op.len() as u8][..], op.as_bytes()].concat();
        let places: Vec<usize> = (0..file.len() - field.len())
            .filter(|&at| file[at..].starts_with(&field))
            .collect();
        assert!(!places.is_empty());
        for at in places {
            file[at + 2] = b'x';
        }
        let error = refusal(&file);
        assert!(matches!(error, Error::Graph(_)), "{error}");
        assert!(error.to_string().contains(weight), "{error}");
    }
}

#[test]
fn a_table_that_is_none_is_told() {
    let name =
        "audio_model.audio_encoder.layers.0.blocks.0.attention.self.relative_position_bias_table";
    let mut file = onnx::changed_model(&TINY, PLAIN, |n, _, numbers| {
        if n == name {
            numbers.fill(0.640_625);
        }
    });
    let number = 0.640_625_f32.to_le_bytes();
    let at = file
        .windows(4)
        .position(|bytes| bytes == number)
        .expect("it is there");
    file[at] ^= 1;
    let error = refusal(&file);
    assert!(error.to_string().contains("relative positions"), "{error}");
}

#[test]
fn quantized_weights_are_refused_with_the_file_to_take() {
    for op in [
        "DequantizeLinear",
        "MatMulInteger",
        "DynamicQuantizeLinear",
        "MatMulNBits",
    ] {
        let error = refusal(&graph(|g| g.bytes(1, node(op, &["x"], &["y"]).0)));
        assert!(
            matches!(&error, Error::Quantized { operator } if operator == op),
            "{op}: {error}"
        );
        assert!(
            error.to_string().contains("audio_model_fp16.onnx"),
            "{error}"
        );
    }
}

#[test]
fn data_in_another_file_are_refused() {
    let entry = Message::default()
        .bytes(1, "location")
        .bytes(2, "../../etc/passwd");
    let told_by_entry = Message::default()
        .number(1, 4)
        .number(2, 1)
        .bytes(8, "weight");
    let told_by_place = told_by_entry.clone().number(14, 1);
    for tensor in [told_by_entry.bytes(13, entry.0), told_by_place] {
        let error = refusal(&graph(|g| g.bytes(5, tensor.0)));
        assert!(
            matches!(&error, Error::ExternalData { name } if name == "weight"),
            "{error}"
        );
    }
}

#[test]
fn what_cannot_be_an_onnx_file_is_told() {
    let begin = || Message::default().number(1, 8).bytes(2, "pytorch");
    let tensor = |shape: &[u64], bytes: usize| {
        let tensor = shape
            .iter()
            .fold(Message::default(), |t, &n| t.number(1, n));
        let tensor = tensor.number(2, 1).bytes(8, "w").bytes(9, vec![0; bytes]);
        graph(|g| g.bytes(5, tensor.0))
    };
    let twice = Message::default()
        .number(1, 1)
        .number(2, 1)
        .bytes(8, "w")
        .bytes(9, [0; 4]);
    let cases = [
        (begin().0, "no graph"),
        (begin().bytes(7, "").0, "which operators"),
        (begin().bytes(7, "").bytes(7, "").0, "two graphs"),
        ([begin().0, vec![0x3b]].concat(), "kind 3"),
        ([begin().0, vec![0x02, 0x00]].concat(), "without number"),
        ([begin().0, vec![0xff; 11]].concat(), "without end"),
        (tensor(&[2], 4), "do not fill 4 bytes"),
        (tensor(&[1 << 40, 1 << 40], 4), "do not fill"),
        (tensor(&[u64::MAX], 4), "shape"),
        (tensor(&[1; 9], 4), "shape"),
        (graph(|g| g.bytes(5, &twice.0).bytes(5, &twice.0)), "twice"),
        (graph(|g| g.number(5, 1)), "number"),
        (graph(|g| g.bytes(5, [0x0a])), "do not fit"),
        (
            graph(|g| g.bytes(1, Message::default().bytes(4, [0xff, 0xfe]).0)),
            "UTF-8",
        ),
    ];
    for (file, problem) in &cases {
        let error = refusal(file);
        assert!(matches!(error, Error::NotOnnx(_)), "{problem}: {error}");
        assert!(error.to_string().contains(problem), "{problem}: {error}");
    }
    let beyond = [begin().0, vec![0x3a, 0xff, 0xff, 0xff, 0xff, 0x7f]].concat();
    assert!(matches!(refusal(&beyond), Error::Truncated { .. }));
}

#[test]
fn a_graph_without_end_is_not_hoarded() {
    // A node of two bytes each: a hundred times as many as memory should be spent on.
    let nodes = [0x0a, 0x00].repeat(1 << 20);
    let error = refusal(&graph(|mut g| {
        g.0.extend(nodes);
        g
    }));
    assert!(error.to_string().contains("more nodes"), "{error}");
}

#[test]
fn integers_in_a_weights_place_are_refused() {
    let mut file = onnx::model(&TINY, PLAIN);
    let name = b"audio_projection.linear1.bias";
    let at = file.windows(name.len()).position(|bytes| bytes == name);
    // Before the name of a tensor stand its type, and the name's own key and length.
    let kind = at.expect("it is there") - 3;
    assert_eq!(file[kind - 1..=kind], [0x10, 1]);
    file[kind] = 6;
    match refusal(&file) {
        Error::Type { found, .. } => assert_eq!(found, "INT32"),
        other => panic!("{other}"),
    }
}

/// Configurations are told apart, whichever file they come from.
#[test]
fn both_files_are_the_same_kind_of_model() {
    let bank = |config: &Config| {
        open(&onnx::model(config, PLAIN))
            .expect("it is a model")
            .bank()
    };
    assert_ne!(bank(&TINY), bank(&TINY_FUSED));
    assert_eq!(
        bank(&TINY),
        open(&model(&TINY)).expect("it is a model").bank()
    );
}
