// SPDX-License-Identifier: MPL-2.0
//! The same settings in `equalizer-nbands` and here give the same sound.
use crate::rig::{Audio, Rig, child, doubles, gain_at};
use gst::prelude::*;
use gstparaeq::ParaEq;

/// Both elements as one line of a launch makes them, with the factory's name changed alone.
fn both(properties: &str) -> [gst::Element; 2] {
    gst::init().unwrap();
    let register = gst::Element::register;
    register(
        None,
        "paraeq-drop-in",
        gst::Rank::NONE,
        ParaEq::static_type(),
    )
    .unwrap();
    ["equalizer-nbands", "paraeq-drop-in"].map(|factory| {
        let bin = gst::parse::launch(&format!("{factory} {properties}")).unwrap();
        // A line of one element is that element.
        bin
    })
}

const LINES: [&str; 7] = [
    "band5::gain=6",
    "num-bands=10 band0::gain=-24 band1::gain=12 band5::gain=6 band9::gain=-12",
    "num-bands=3 band0::gain=6 band1::gain=-6 band2::gain=12",
    "num-bands=1 band0::type=0 band0::freq=1000 band0::bandwidth=100 band0::gain=12",
    "num-bands=2 band0::type=peak band0::freq=60 band0::bandwidth=20 band0::gain=-24 \
     band1::type=high-shelf band1::freq=9000 band1::bandwidth=3000 band1::gain=-6",
    "num-bands=64 band7::gain=3 band20::gain=-8 band40::gain=5 band63::gain=-3",
    "num-bands=2 band0::bandwidth=0 band0::gain=12 band1::gain=3",
];

#[test]
fn responses_agree_within_a_thousandth_of_a_decibel() {
    for line in LINES {
        let audio = Audio::impulse(1, 48_000);
        let [theirs, ours] = both(line).map(|element| {
            let mut rig = Rig::around(element, |_| ());
            rig.start(&audio.info);
            doubles(&rig.play(&audio, &[1000]))
        });
        for step in 0..120 {
            let hz = 20.0 * 1000f64.powf(f64::from(step) / 120.0);
            let (theirs, ours) = (gain_at(&theirs, hz), gain_at(&ours, hz));
            let near = (theirs - ours).abs() < 0.001;
            assert!(near, "{line}: {ours} for {theirs} dB at {hz} Hz");
        }
    }
}

#[test]
fn it_is_found_as_the_same_kind_of_thing() {
    for line in LINES {
        let [theirs, ours] = both(line);
        let count = theirs.property::<u32>("num-bands");
        assert_eq!(count, ours.property::<u32>("num-bands"));
        for index in 0..count {
            let (theirs, ours) = (child(&theirs, index), child(&ours, index));
            for name in ["gain", "freq", "bandwidth"] {
                let (theirs, ours): (f64, f64) = (theirs.property(name), ours.property(name));
                assert!(
                    (theirs - ours).abs() < 1e-9 * theirs.abs().max(1.0),
                    "{line} {name}"
                );
            }
        }
    }
    let preset = gst::Preset::static_type();
    assert!(ParaEq::static_type().is_a(preset));
}
