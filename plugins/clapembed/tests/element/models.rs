// SPDX-License-Identifier: MPL-2.0
//! Models of other files, and audio as others prepare it.
use crate::model::onnx::{self, PLAIN};
use crate::model::{TINY, TINY_FUSED};
use crate::rig::*;
use gst::prelude::*;

#[test]
fn an_exported_model_is_the_same_model() {
    let samples = music(3, 12 * RATE);
    for (config, safetensors) in [(&TINY, tiny()), (&TINY_FUSED, tiny_fused())] {
        let exported = onnx::model(config, PLAIN);
        let exported = file(&format!("{}.onnx", exported.len()), &exported);
        let [expected, found] = [safetensors, exported].map(|path| {
            let results = measure(&samples, |e| {
                e.set_property("model", path.to_str().unwrap())
            });
            windows(&results)
        });
        assert_eq!(expected.len(), 2);
        assert_eq!(found, expected);
    }
}

#[test]
fn audio_goes_through_16_bits_where_it_is_asked_to() {
    let samples = music(4, 12 * RATE);
    let mut quantized = samples.clone();
    auris_clap::through_int16(&mut quantized);
    let found = windows(&measure(&samples, |e| {
        e.set_property("quantize-input", true)
    }));
    assert_eq!(found, embed(quantized.chunks(WINDOW)));
    assert_ne!(found, embed(samples.chunks(WINDOW)));
}
