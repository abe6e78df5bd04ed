// SPDX-License-Identifier: MPL-2.0
//! What a GUI draws, and when it is told to.
use crate::rig::{Audio, Rig, doubles, gain_at, set};
use gst::{glib, prelude::*};

fn response(element: &gst::Element, hz: &[f64]) -> gst::Structure {
    let bytes: Vec<u8> = hz.iter().flat_map(|hz| hz.to_ne_bytes()).collect();
    element.emit_by_name("get-response", &[&glib::Bytes::from_owned(bytes)])
}

fn field(structure: &gst::Structure, name: &str) -> Vec<f64> {
    doubles(&structure.get::<glib::Bytes>(name).unwrap())
}

#[test]
fn it_is_that_of_the_audio() {
    let mut rig = Rig::with(|e| {
        set(e, "band3::gain", "9");
        set(e, "band9::gain", "-12");
        e.set_property("preamp", -3.0);
    });
    let audio = Audio::impulse(2, 48_000);
    rig.start(&audio.info);
    let out = doubles(&rig.play(&audio, &[1000]));
    let left: Vec<f64> = out.chunks(2).map(|frame| frame[0]).collect();
    let hz = [30.0, 100.0, 238.0, 1000.0, 10_000.0, 20_000.0];
    let response = response(&rig.element, &hz);
    assert_eq!(response.get("channels"), Ok(2));
    assert_eq!(response.get("rate"), Ok(48_000));
    let magnitudes = field(&response, "magnitudes");
    assert_eq!(magnitudes.len(), 12);
    assert_eq!(field(&response, "phases").len(), 12);
    for (hz, magnitude) in hz.iter().zip(magnitudes) {
        let expected = gain_at(&left, *hz);
        assert!(
            (magnitude - expected).abs() < 0.001,
            "{magnitude} for {expected}"
        );
    }
}

#[test]
fn it_can_be_asked_for_at_any_time_and_anything() {
    gst::init().unwrap();
    let element: gst::Element = gstparaeq::ParaEq::new().upcast();
    let some = response(&element, &[0.0, -1.0, f64::NAN, f64::INFINITY, 1e300]);
    assert_eq!(field(&some, "magnitudes").len(), 10);
    assert!(field(&response(&element, &[]), "phases").is_empty());
    let odd = glib::Bytes::from_static(&[0; 13]);
    let some: gst::Structure = element.emit_by_name("get-response", &[&odd]);
    assert_eq!(field(&some, "magnitudes").len(), 2);
    let none: Option<gst::Structure> =
        element.emit_by_name("get-response", &[&None::<glib::Bytes>]);
    assert!(none.is_none());
}

#[test]
fn a_message_says_when_it_changed_but_not_too_often() {
    let mut rig = Rig::with(|e| set(e, "band3::gain", "9"));
    let audio = Audio::noise(2, 48_000);
    rig.start(&audio.info);
    let told = |rig: &Rig| rig.messages(gst::MessageType::Element).len();
    rig.play(&audio, &[480]);
    assert_eq!(told(&rig), 0, "nothing changed");
    set(&rig.element, "band3::gain", "9");
    rig.play(&audio, &[480]);
    assert_eq!(told(&rig), 0, "still nothing changed");
    set(&rig.element, "band3::gain", "8");
    rig.play(&audio, &[480]);
    assert_eq!(told(&rig), 1);
    for i in 0..100 {
        set(
            &rig.element,
            "band3::gain",
            &format!("{}", f64::from(i) / 10.0),
        );
        rig.push(audio.buffer(480 * i as usize..480 * (i as usize + 1)));
    }
    let often = told(&rig);
    assert!((9..=11).contains(&often), "{often} messages in a second");
    rig.play(&audio, &[480]);
    assert!(told(&rig) <= 1, "the last change, if it was not told yet");
}

#[test]
fn other_audio_changes_it_and_another_format_does_not() {
    let told = |rig: &Rig| rig.messages(gst::MessageType::Element).len();
    let mut rig = Rig::with(|e| set(e, "band3::gain", "9"));
    let mut play = |format, rate| {
        let samples = crate::rig::noise(2 * 4800);
        let audio = Audio::new(format, rate, 2, &samples);
        rig.start(&audio.info);
        rig.play(&audio, &[480]);
        told(&rig)
    };
    // Whoever asked before there were caps was answered for 48 kHz.
    assert_eq!(play(gst_audio::AUDIO_FORMAT_F64, 44_100), 1);
    assert_eq!(play(gst_audio::AUDIO_FORMAT_S16, 44_100), 0);
    assert_eq!(play(gst_audio::AUDIO_FORMAT_S16, 96_000), 1);
}
