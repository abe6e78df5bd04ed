// SPDX-License-Identifier: MPL-2.0
//! Samples that are no number, or beyond full scale.
use crate::rig::{BLOCK, Rig, Sound, field, measure, music, values};
use gst::prelude::*;
use gstdrmeter::DrMeter;

#[test]
fn what_is_no_number_is_silence_and_one_warning() {
    // In the music, and in ends quiet enough to be trimmed.
    let mut odd = music(1, 2 * 9000);
    odd[..400].fill(0.0);
    odd[17_600..].fill(0.0);
    let mut zero = odd.clone();
    let bad = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
    for (i, at) in [2, 5001, 7002, 9005, 17_700, 17_801]
        .into_iter()
        .enumerate()
    {
        odd[at] = bad[i % 3];
        zero[at] = 0.0;
    }
    for trim in [false, true] {
        let set = |e: &DrMeter| e.set_property("edge-trim", trim);
        let sound = Sound::floats(2, &odd);
        let mut rig = Rig::with(set);
        rig.start(&sound.info);
        rig.play(&sound, 0, &[100]);
        rig.eos();
        let messages = rig.messages();
        let mut warnings = messages.iter().filter_map(|m| match m.view() {
            gst::MessageView::Warning(warning) => Some(warning.error().message().to_string()),
            _ => None,
        });
        assert!(warnings.next().is_some_and(|text| text.contains("NaN")));
        assert_eq!(warnings.next(), None);
        let result = messages.iter().find_map(crate::rig::result_of).unwrap();
        assert_eq!(field::<u64>(&result, "non-finite"), 6, "edge-trim={trim}");
        let others = |s: &gst::StructureRef| {
            let mut all = values(s);
            all.retain(|(name, _)| name != "non-finite");
            all
        };
        let expected = measure(&Sound::floats(2, &zero), set);
        assert_eq!(others(&result), others(&expected), "edge-trim={trim}");
    }
}

#[test]
fn samples_over_full_scale_are_counted_and_clipped_apart() {
    let mut samples = music(1, 10 * BLOCK);
    samples[5] = 1.5;
    samples[BLOCK + 7] = -2.0;
    samples[2 * BLOCK] = 1.0;
    let clipped: Vec<f64> = samples.iter().map(|x| x.clamp(-1.0, 1.0)).collect();
    let result = measure(&Sound::floats(1, &samples), |_| ());
    let limited = measure(&Sound::floats(1, &clipped), |_| ());
    assert_eq!(field::<u64>(&result, "over-full-scale"), 2);
    let expected: f64 = field(&limited, "precise");
    assert!((field::<f64>(&result, "clipped-precise") - expected).abs() < 1e-6);
    assert_eq!(
        field::<i32>(&result, "clipped-dr"),
        field::<i32>(&limited, "dr")
    );
    assert!(field::<f64>(&result, "precise") > expected + 1.0);
    assert!(!limited.has_field("clipped-dr") && !limited.has_field("clipped-precise"));
}
