// SPDX-License-Identifier: MPL-2.0
//! EBU R128 values are those of the `ebur128` crate.
use crate::rig::{Rig, Sound, field, fields, measure, music};
use ebur128::{Channel, EbuR128, Mode};
use gst::prelude::*;
use gst_audio::AudioChannelPosition as Position;
use gstdrmeter::Loudness;

const RATE: u32 = 8000;
const FIELDS: [&str; 5] = [
    "loudness-integrated",
    "loudness-range",
    "loudness-max-momentary",
    "loudness-max-short-term",
    "true-peak",
];

#[test]
fn all_values_are_those_of_the_crate() {
    let positions = [
        Position::FrontLeft,
        Position::FrontRight,
        Position::FrontCenter,
        Position::Lfe1,
        Position::RearLeft,
        Position::RearRight,
    ];
    let samples = music(1, 6 * 20 * RATE as usize);
    let mut sound = Sound::new(gst_audio::AUDIO_FORMAT_F64, RATE, 6, &samples);
    sound.info = gst_audio::AudioInfo::builder(sound.info.format(), RATE, 6)
        .positions(&positions)
        .build()
        .unwrap();
    let result = measure(&sound, |e| e.set_property("loudness", Loudness::all()));

    let mode = Mode::I | Mode::LRA | Mode::TRUE_PEAK | Mode::M | Mode::S | Mode::HISTOGRAM;
    let mut ebu = EbuR128::new(6, RATE, mode).unwrap();
    let (left, right, surround) = (Channel::Left, Channel::Right, Channel::LeftSurround);
    let map = [
        left,
        right,
        Channel::Center,
        Channel::Unused,
        surround,
        surround,
    ];
    ebu.set_channel_map(&map).unwrap();
    let (mut momentary, mut short_term) = (f64::MIN, f64::MIN);
    for (i, part) in samples.chunks(6 * RATE as usize / 10).enumerate() {
        ebu.add_frames_f64(part).unwrap();
        if i >= 3 {
            momentary = momentary.max(ebu.loudness_momentary().unwrap());
        }
        if i >= 29 {
            short_term = short_term.max(ebu.loudness_shortterm().unwrap());
        }
    }
    let peak = (0..6)
        .map(|c| ebu.true_peak(c).unwrap())
        .fold(0.0, f64::max);
    let expected = [
        ebu.loudness_global().unwrap(),
        ebu.loudness_range().unwrap(),
        momentary,
        short_term,
        20.0 * peak.log10(),
    ];
    for (name, expected) in FIELDS.into_iter().zip(expected) {
        let value: f64 = field(&result, name);
        assert!(
            (value - expected).abs() < 1e-9,
            "{name}: {value}, not {expected}"
        );
    }
}

#[test]
fn only_what_is_asked_for_is_there() {
    let sound = Sound::new(
        gst_audio::AUDIO_FORMAT_S16,
        RATE,
        1,
        &music(1, 5 * RATE as usize),
    );
    let flags = [
        Loudness::INTEGRATED,
        Loudness::RANGE,
        Loudness::MOMENTARY,
        Loudness::SHORT_TERM,
        Loudness::TRUE_PEAK,
    ];
    for asked in [
        Loudness::empty(),
        flags[0],
        flags[1],
        flags[2],
        flags[3],
        flags[4],
    ] {
        let result = measure(&sound, |e| e.set_property("loudness", asked));
        for (flag, name) in flags.into_iter().zip(FIELDS) {
            assert_eq!(
                result.has_field(name),
                flag == asked,
                "{name} with {asked:?}"
            );
        }
    }
}

#[test]
fn silence_has_no_loudness() {
    let silence = Sound::new(gst_audio::AUDIO_FORMAT_F32, RATE, 2, &[]).silence(5000);
    let result = measure(&silence, |e| {
        e.set_property("loudness", Loudness::INTEGRATED)
    });
    assert!(!result.has_field("loudness-integrated"));
}

#[test]
fn gaps_are_silence() {
    let rate = RATE as usize;
    let music = Sound::new(gst_audio::AUDIO_FORMAT_S16, RATE, 1, &music(1, 4 * rate));
    let filled = music.then(&music.silence(rate)).then(&music);
    let set = |e: &gstdrmeter::DrMeter| e.set_property("loudness", Loudness::all());
    let mut rig = Rig::with(set);
    rig.start(&music.info);
    rig.play(&music, 0, &[512]);
    rig.send(gst::event::Gap::new(
        4 * gst::ClockTime::SECOND,
        gst::ClockTime::SECOND,
    ));
    rig.play(&music, 5 * rate, &[512]);
    rig.eos();
    assert_eq!(fields(&rig.result()), fields(&measure(&filled, set)));
}

#[test]
fn a_rate_without_loudness_is_a_clear_error() {
    // The crate itself refuses the first, panics at the second, and filters with a filter that is
    // not stable at the third: its knee lies above half of the rate.
    for rate in [2, 16, 3363, 2_822_401] {
        refused(rate);
    }
}

fn refused(rate: u32) {
    let sound = Sound::new(gst_audio::AUDIO_FORMAT_F32, rate, 2, &music(1, 200));
    let mut rig = Rig::with(|e| e.set_property("loudness", Loudness::all()));
    rig.start(&sound.info);
    assert_eq!(
        rig.harness.push(sound.buffer(0..100, 0)),
        Err(gst::FlowError::Error)
    );
    let messages = rig.messages();
    let [gst::MessageView::Error(error)] =
        messages.iter().map(|m| m.view()).collect::<Vec<_>>()[..]
    else {
        panic!("one error: {messages:?}");
    };
    let text = error.error().message().to_string();
    assert!(
        text.contains(&format!("{rate} Hz")) && text.contains("'loudness'"),
        "{text}"
    );
    rig.send(gst::event::Gap::new(
        gst::ClockTime::ZERO,
        gst::ClockTime::SECOND,
    ));
    assert_eq!(rig.messages().len(), 1);
    // Without loudness it is measured.
    assert_eq!(field::<u64>(&measure(&sound, |_| ()), "frames"), 100);
}

#[test]
fn unusual_rates_and_channels() {
    for (rate, channels) in [(3364, 64), (3999, 5), (11_025, 3), (2_822_400, 1)] {
        let samples = music(1, channels as usize * 3000);
        let sound = Sound::new(gst_audio::AUDIO_FORMAT_F32, rate, channels, &samples);
        let result = measure(&sound, |e| e.set_property("loudness", Loudness::all()));
        assert_eq!(
            field::<u64>(&result, "frames"),
            3000,
            "{channels} at {rate} Hz"
        );
    }
}
