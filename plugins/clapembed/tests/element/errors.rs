// SPDX-License-Identifier: MPL-2.0
//! Models that cannot be used: each is an error of its own, before the first buffer.
use crate::model::onnx::{self, Message};
use crate::model::{TINY, changed_model, model};
use crate::rig::*;
use gst::glib;
use gst::prelude::*;
use gstclapembed::ClapEmbed;

/// The error that the element posts instead of going to PAUSED.
fn refusal(set: impl FnOnce(&ClapEmbed)) -> (glib::Error, String) {
    let (element, bus) = element(set);
    assert!(element.set_state(gst::State::Paused).is_err());
    let error = bus
        .pop_filtered(&[gst::MessageType::Error])
        .expect("an error is posted");
    let gst::MessageView::Error(error) = error.view() else {
        panic!("{error:?}");
    };
    element.set_state(gst::State::Null).unwrap();
    (error.error(), error.error().message().to_owned())
}

fn with_model(name: &str, bytes: &[u8]) -> (glib::Error, String) {
    let path = file(name, bytes);
    let refused = refusal(|e| e.set_property("model", path.to_str().unwrap()));
    assert!(refused.1.contains(path.to_str().unwrap()), "{}", refused.1);
    refused
}

/// The tiny model with one tensor changed.
fn changed(name: &str, change: impl Fn(&mut String, &mut Vec<usize>, &mut Vec<f32>)) -> Vec<u8> {
    changed_model(&TINY, |n, s, w| {
        if n == name {
            change(n, s, w);
        }
    })
}

/// An ONNX file that computes something else, with this operator.
fn text_tower(op: &str) -> Vec<u8> {
    let ids = onnx::end(Message::default(), 11, "input_ids", &[None, None]);
    let graph = onnx::end(ids, 12, "text_embeds", &[None, None]);
    let node = onnx::node(op, &["input_ids"], &["text_embeds"]);
    onnx::file(&graph.bytes(1, node.0))
}

#[test]
fn each_kind_of_bad_model_has_a_code_and_a_fix_of_its_own() {
    let whole = model(&TINY);
    let projection = "audio_projection.linear2.bias";
    let cases = [
        (
            refusal(|e| e.set_property("model", "no/such.safetensors")),
            glib::Error::new(gst::ResourceError::NotFound, ""),
            "no/such.safetensors",
        ),
        (
            with_model("truncated", &whole[..whole.len() - 1]),
            glib::Error::new(gst::ResourceError::Read, ""),
            "download it again",
        ),
        (
            with_model(
                "shape",
                &changed(projection, |_, shape, numbers| {
                    shape[0] += 1;
                    numbers.push(0.0);
                }),
            ),
            glib::Error::new(gst::StreamError::Format, ""),
            "instead of [64]",
        ),
        (
            with_model(
                "other",
                &changed(projection, |name, _, _| *name = "other".to_owned()),
            ),
            glib::Error::new(gst::StreamError::WrongType, ""),
            "saved by transformers",
        ),
        (
            refusal(|e| e.set_property("model-sha256", "00".repeat(32))),
            glib::Error::new(gst::ResourceError::Settings, ""),
            "SHA-256",
        ),
        (
            with_model("text", b"<!DOCTYPE html><html>404</html>"),
            glib::Error::new(gst::StreamError::TypeNotFound, ""),
            "safetensors",
        ),
        (
            with_model(
                "nan",
                &changed(projection, |_, _, numbers| numbers[3] = f32::NAN),
            ),
            glib::Error::new(gst::StreamError::Decode, ""),
            "damaged",
        ),
        (
            with_model("text-tower", &text_tower("Gather")),
            glib::Error::new(gst::StreamError::CodecNotFound, ""),
            "name the audio_model.onnx",
        ),
        (
            with_model("quantized", &text_tower("MatMulInteger")),
            glib::Error::new(gst::StreamError::NotImplemented, ""),
            "audio_model_fp16.onnx",
        ),
        (
            with_model("damaged", &onnx::file(&Message(vec![0xff; 11]))),
            glib::Error::new(gst::StreamError::Demux, ""),
            "download it again",
        ),
        (
            refusal(|e| e.set_property("model", None::<&str>)),
            glib::Error::new(gst::LibraryError::Settings, ""),
            "No model is set",
        ),
    ];
    let mut seen = std::collections::HashSet::new();
    for ((error, text), expected, part) in &cases {
        assert!(text.contains(part), "{text}");
        assert_eq!(error.domain(), expected.domain(), "{text}");
        assert_eq!(code(error), code(expected), "{text}");
        assert!(seen.insert(code(error)), "{text}");
    }
    type Set = fn(&ClapEmbed);
    let settings: [(&str, Set); 3] = [
        ("'cuda:0'", |e| e.set_property("device", "cuda:0")),
        ("gpu is neither", |e| e.set_property("device", "gpu")),
        ("'precision' at f32", |e| {
            e.set_property_from_str("backend", "onnxruntime");
            e.set_property_from_str("precision", "int8");
        }),
    ];
    for (part, set) in settings {
        let (error, text) = refusal(set);
        assert!(error.matches(gst::LibraryError::Settings), "{text}");
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn without_onnxruntime_it_is_told_what_to_install() {
    // What a variable says is the whole process's: this is done in one of its own.
    if std::env::var_os("AURIS_TEST_CHILD").is_none() {
        let child = std::process::Command::new(std::env::current_exe().unwrap())
            .args([
                "errors::without_onnxruntime_it_is_told_what_to_install",
                "--exact",
            ])
            .env("AURIS_TEST_CHILD", "1")
            .env("ORT_DYLIB_PATH", "/no/such/libonnxruntime.so")
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&child.stdout).into_owned();
        assert!(
            child.status.success() && told.contains("1 passed"),
            "{told}"
        );
        return;
    }
    let (error, text) = refusal(|e| e.set_property_from_str("backend", "onnxruntime"));
    assert!(error.matches(gst::LibraryError::Init), "{text}");
    for part in ["pip install onnxruntime", "ORT_DYLIB_PATH", "/no/such"] {
        assert!(text.contains(part), "{text}");
    }
}

/// The code of an error of any of GStreamer's domains.
fn code(error: &glib::Error) -> String {
    let kinds = (
        error.kind::<gst::ResourceError>(),
        error.kind::<gst::StreamError>(),
        error.kind::<gst::LibraryError>(),
        error.kind::<gst::CoreError>(),
    );
    format!("{kinds:?}")
}

#[test]
fn weights_that_overflow_are_told_before_the_first_buffer() {
    let loud = changed_model(&TINY, |_, _, numbers| {
        numbers.iter_mut().for_each(|w| *w = w.signum() * f32::MAX);
    });
    let (error, text) = with_model("overflow", &loud);
    assert!(
        error.matches(gst::StreamError::Decode) && text.contains("damaged"),
        "{text}"
    );
}

#[test]
fn the_right_hash_is_accepted_in_any_case() {
    // Of tests/differential/clap_reference.py, which makes the same file.
    let sha = "51EB3764446CFF0F08FDBC8FE6B7AB0C1311477A7353AD9230FE6231725E5C22";
    for digits in [sha.to_owned(), sha.to_lowercase()] {
        let (element, _bus) = element(|e| e.set_property("model-sha256", &digits));
        element.set_state(gst::State::Paused).unwrap();
        element.set_state(gst::State::Null).unwrap();
    }
}

#[test]
fn a_model_that_is_truncated_later_hurts_nobody() {
    let path = file("shrinks.safetensors", &model(&TINY));
    let mut rig = Rig::with(|e| e.set_property("model", path.to_str().unwrap()));
    std::fs::write(&path, b"").unwrap();
    let samples = music(1, RATE);
    rig.start(&mono());
    rig.play(&samples, 0, &[RATE]);
    rig.eos();
    assert_eq!(windows(&rig.results()), embed([&samples[..]]));
}

#[test]
fn an_element_that_was_refused_can_be_mended() {
    let (element, bus) = element(|e| e.set_property("model", "no/such"));
    assert!(element.set_state(gst::State::Paused).is_err());
    element.set_state(gst::State::Null).unwrap();
    element.set_property("model", tiny().to_str().unwrap());
    bus.set_flushing(true);
    element.set_state(gst::State::Paused).unwrap();
    element.set_state(gst::State::Null).unwrap();
}

#[test]
fn a_rate_that_cannot_be_resampled_is_told() {
    let mut rig = Rig::new();
    let info = gst_audio::AudioInfo::builder(gst_audio::AUDIO_FORMAT_F32, 1_000_000_007, 1);
    rig.start(&info.build().unwrap());
    let pushed = rig
        .harness
        .push(gst::Buffer::from_mut_slice(vec![0_u8; 400]));
    assert_eq!(pushed, Err(gst::FlowError::Error));
    let messages = rig.messages();
    let gst::MessageView::Error(error) = messages[0].view() else {
        panic!("{messages:?}");
    };
    assert!(error.error().message().contains("48000 Hz"));
}
