// SPDX-License-Identifier: MPL-2.0
//! However the stream is cut into buffers, it is the same stream.
use crate::rig::{Rig, Sound, field, fields, music};
use gst::prelude::*;
use gstdrmeter::Loudness;

fn everything(element: &gstdrmeter::DrMeter) {
    element.set_property("loudness", Loudness::all());
    element.set_property("checksum", true);
    element.set_property("edge-trim", true);
    element.set_property(
        "interval",
        700 * gst::ClockTime::MSECOND.nseconds() + 500_000,
    );
}

#[test]
fn any_partition_gives_the_same_results_to_the_last_bit() {
    for (format, channels) in [
        (gst_audio::AUDIO_FORMAT_S16, 2),
        (gst_audio::AUDIO_FORMAT_F32, 1),
        (gst_audio::AUDIO_FORMAT_F64, 5),
    ] {
        let rate = 4000;
        let mut samples = music(9, 40_000 * channels as usize);
        // Quiet ends of 0.4 s, and a sample over full scale where there can be one.
        let quiet = 1600 * channels as usize;
        let count = samples.len();
        samples[..quiet].fill(0.0);
        samples[count - quiet..].fill(0.0);
        if format != gst_audio::AUDIO_FORMAT_S16 {
            samples[count / 2] = 1.7;
        }
        let sound = Sound::new(format, rate, channels, &samples);
        let run = |cuts: &[usize]| {
            let mut rig = Rig::with(everything);
            rig.start(&sound.info);
            rig.play(&sound, 0, cuts);
            rig.eos();
            let results = rig.results();
            assert_eq!(results.len(), 40_000 / 2802 + 1);
            results.iter().map(|s| fields(s)).collect::<Vec<_>>()
        };
        let whole = run(&[40_000]);
        for cuts in [&[1][..], &[1024], &[1, 17, 1401, 2803, 5], &[0, 6007, 999]] {
            let cut = run(cuts);
            for (cut, whole) in cut.iter().zip(&whole) {
                assert_eq!(cut, whole, "{format} in {cuts:?}");
            }
        }
    }
}

#[test]
fn provisional_results_are_those_of_what_has_passed() {
    let sound = Sound::music(4, 20_000);
    let mut rig = Rig::with(|e| e.set_property("interval", gst::ClockTime::from_seconds(7)));
    rig.start(&sound.info);
    rig.play(&sound, 0, &[1024]);
    let results = rig.results();
    assert_eq!(results.len(), 2);
    for (i, result) in results.iter().enumerate() {
        let frames = 7000 * (i + 1);
        assert_eq!(field::<u64>(result, "frames"), frames as u64);
        assert!(!field::<bool>(result, "final"));
        assert_eq!(field::<String>(result, "reason"), "interval");
        let part = Sound {
            bytes: sound.bytes[..frames * 8].to_vec(),
            ..sound.clone()
        };
        let expected = crate::rig::measure(&part, |e| e.set_property("explain", false));
        assert_eq!(crate::rig::values(result), crate::rig::values(&expected));
    }
    assert_eq!(rig.last_result().as_deref(), Some(&*results[1]));
}

#[test]
fn a_longer_interval_begins_to_count_at_once() {
    let sound = Sound::music(4, 60_000);
    let mut rig = Rig::with(|e| e.set_property("interval", gst::ClockTime::SECOND));
    rig.start(&sound.info);
    rig.play(&sound, 0, &[500]);
    assert_eq!(rig.results().len(), 60);
    rig.element
        .set_property("interval", gst::ClockTime::from_seconds(9));
    rig.play(&sound, 60_000, &[500]);
    let frames: Vec<u64> = rig.results().iter().map(|r| field(r, "frames")).collect();
    assert_eq!(
        frames,
        [63_000, 72_000, 81_000, 90_000, 99_000, 108_000, 117_000]
    );
}

#[test]
fn an_interval_shorter_than_a_frame_gives_one_result_per_frame() {
    let sound = Sound::music(4, 10);
    let mut rig = Rig::with(|e| e.set_property("interval", gst::ClockTime::NSECOND));
    rig.start(&sound.info);
    rig.play(&sound, 0, &[3]);
    assert_eq!(rig.results().len(), 10);
}

#[test]
fn the_buffer_is_the_same_whether_others_hold_it_or_not() {
    let sound = Sound::music(4, 1000);
    let mut rig = Rig::new();
    rig.start(&sound.info);
    for shared in [false, true] {
        let buffer = sound.buffer(0..1000, 0);
        let held = shared.then(|| buffer.clone());
        let memory = buffer.peek_memory(0).as_ptr();
        rig.harness.push(buffer).unwrap();
        let out = rig.harness.pull().unwrap();
        assert_eq!(out.peek_memory(0).as_ptr(), memory);
        assert!(held.is_none_or(|held| held.as_ptr() == out.as_ptr()));
        assert_eq!(out.map_readable().unwrap().as_slice(), sound.bytes);
    }
}
