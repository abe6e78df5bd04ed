// SPDX-License-Identifier: MPL-2.0
//! Parameters that a control source moves.
use crate::rig::{Audio, RATE, Rig, child, doubles, set};
use gst::prelude::*;
use gst_controller::prelude::*;
use gst_controller::{DirectControlBinding, InterpolationControlSource, InterpolationMode};

/// Has `property` of `object` go through points of (seconds, value).
fn control(
    object: &impl IsA<gst::Object>,
    property: &str,
    mode: InterpolationMode,
    points: &[(f64, f64)],
) {
    let source = InterpolationControlSource::new();
    source.set_mode(mode);
    for (seconds, value) in points {
        let time = gst::ClockTime::from_nseconds((seconds * 1e9).round() as u64);
        assert!(source.set(time, *value));
    }
    let binding = DirectControlBinding::new_absolute(object, property, &source);
    object.add_control_binding(&binding).unwrap();
}

fn sweep(element: &gst::Element) {
    let band = |index| child(element, index).downcast::<gst::Object>().unwrap();
    let linear = InterpolationMode::Linear;
    control(
        &band(5),
        "gain",
        linear,
        &[(0.0, 0.0), (0.1, 12.0), (0.2, -12.0)],
    );
    control(&band(5), "freq", linear, &[(0.0, 200.0), (0.2, 2000.0)]);
    control(&band(2), "q", linear, &[(0.0, 0.5), (0.2, 5.0)]);
    set(element, "band2::gain", "6");
    control(element, "preamp", linear, &[(0.0, 0.0), (0.2, -6.0)]);
}

#[test]
fn a_movement_does_not_depend_on_how_audio_is_cut() {
    // 44.1 kHz, where no time of a frame is a whole number of nanoseconds.
    let mut audio = Audio::noise(2, 10_000);
    audio.info = gst_audio::AudioInfo::builder(gst_audio::AUDIO_FORMAT_F64, 44_100, 2)
        .build()
        .unwrap();
    let play = |cuts: &[usize]| {
        let mut rig = Rig::with(sweep);
        rig.start(&audio.info);
        rig.play(&audio, cuts)
    };
    let whole = play(&[10_000]);
    let mut still = Rig::with(|e| set(e, "band2::gain", "6"));
    still.start(&audio.info);
    assert_ne!(still.play(&audio, &[10_000]), whole, "nothing moves");
    for cuts in [&[1][..], &[63, 64, 65], &[1024], &[7, 4000, 1]] {
        assert!(play(cuts) == whole, "{cuts:?}");
    }
}

#[test]
fn a_step_takes_effect_within_64_frames() {
    let frames = 4800;
    let audio = Audio::new(gst_audio::AUDIO_FORMAT_F64, RATE, 1, &vec![0.5; frames]);
    for at in [1000usize, 1023, 1024, 1025, 2000] {
        let seconds = at as f64 / f64::from(RATE);
        let mut rig = Rig::with(|e| {
            e.set_property("ramp-time", 0u64);
            control(
                e,
                "preamp",
                InterpolationMode::None,
                &[(0.0, 0.0), (seconds, -20.0)],
            );
        });
        rig.start(&audio.info);
        let out = doubles(&rig.play(&audio, &[frames]));
        let moved = out.iter().position(|x| (x - 0.5).abs() > 1e-9);
        let moved = moved.expect("the step is heard");
        assert!((at..=at + 64).contains(&moved), "{moved} for {at}");
    }
}

#[test]
fn a_binding_at_rest_or_off_changes_nothing() {
    let audio = Audio::noise(2, 4800);
    let mut rig = Rig::with(|e| {
        control(e, "preamp", InterpolationMode::None, &[(0.0, -20.0)]);
        e.set_control_binding_disabled("preamp", true);
    });
    rig.start(&audio.info);
    assert_eq!(rig.play(&audio, &[480]), audio.bytes);
}
