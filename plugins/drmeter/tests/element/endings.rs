// SPDX-License-Identifier: MPL-2.0
//! What ends a measurement, and what becomes of it.
use crate::rig::{Rig, Sound, field, fields, measure, values};
use gst::prelude::*;
use gst_audio::AudioInfo;

fn reason(result: &gst::StructureRef) -> String {
    field(result, "reason")
}

#[test]
fn the_end_of_nothing_is_no_result() {
    let sound = Sound::music(1, 10);
    let mut rig = Rig::new();
    rig.start(&sound.info);
    rig.push(sound.buffer(0..0, 5000));
    rig.eos();
    assert!(rig.messages().is_empty() && rig.last_result().is_none());
}

#[test]
fn an_empty_buffer_changes_nothing() {
    let sound = Sound::music(1, 5000);
    let mut rig = Rig::new();
    rig.start(&sound.info);
    rig.push(sound.buffer(0..0, 77_000));
    rig.play(&sound, 0, &[0, 800]);
    rig.eos();
    assert_eq!(fields(&rig.result()), fields(&measure(&sound, |_| ())));
}

#[test]
fn a_stream_without_a_frame_that_counts_has_no_value() {
    let sound = Sound::music(1, 0).silence(5000);
    let result = measure(&sound, |_| ());
    assert!(!result.has_field("dr") && !result.has_field("precise"));
    assert!(
        crate::rig::doubles(&result, "channel-dr")
            .iter()
            .all(|dr| dr.is_nan())
    );
    assert_eq!(field::<f64>(&result, "peak"), f64::NEG_INFINITY);
    assert_eq!(field::<i32>(&result, "tt-dr"), 0);
}

#[test]
fn the_next_stream_begins_the_next_track() {
    let (a, b) = (Sound::music(1, 9000), Sound::music(2, 7000));
    let mut rig = Rig::new();
    rig.start(&a.info);
    rig.play(&a, 0, &[512]);
    // Gapless: no end of stream, running time goes on.
    rig.send(gst::event::StreamStart::new("next"));
    let mut segment = crate::rig::segment();
    segment.set_base(gst::ClockTime::from_seconds(9));
    rig.send(gst::event::Segment::new(&segment));
    rig.play(&b, 0, &[512]);
    rig.eos();
    let results = rig.results();
    assert_eq!(results.len(), 2);
    assert_eq!(reason(&results[0]), "stream-start");
    assert_eq!(values(&results[0]), values(&measure(&a, |_| ())));
    assert_eq!(values(&results[1]), values(&measure(&b, |_| ())));
    let began: gst::ClockTime = field(&results[1], "running-time");
    assert_eq!(began, gst::ClockTime::from_seconds(9));
    assert_ne!(values(&results[0]), values(&results[1]));
}

#[test]
fn a_flush_discards() {
    let (a, b) = (Sound::music(1, 9000), Sound::music(2, 7000));
    let mut rig = Rig::new();
    rig.start(&a.info);
    rig.play(&a, 0, &[512]);
    rig.send(gst::event::FlushStart::new());
    rig.send(gst::event::FlushStop::new(true));
    assert!(rig.messages().is_empty() && rig.last_result().is_none());
    rig.send(gst::event::Segment::new(&crate::rig::segment()));
    rig.play(&b, 0, &[512]);
    rig.eos();
    assert_eq!(fields(&rig.result()), fields(&measure(&b, |_| ())));
}

#[test]
fn other_caps_begin_another_measurement() {
    let a = Sound::music(1, 9000);
    let samples = crate::rig::music(2, 3 * 7000);
    let b = Sound::new(gst_audio::AUDIO_FORMAT_S16, 500, 3, &samples);
    let mut rig = Rig::new();
    rig.start(&a.info);
    rig.play(&a, 0, &[512]);
    // The same once more is no change.
    rig.send(gst::event::Caps::new(&a.info.to_caps().unwrap()));
    assert!(rig.results().is_empty());
    rig.send(gst::event::Caps::new(&b.info.to_caps().unwrap()));
    let first = rig.result();
    assert_eq!(reason(&first), "caps");
    assert_eq!(values(&first), values(&measure(&a, |_| ())));
    rig.play(&b, 0, &[512]);
    rig.eos();
    assert_eq!(fields(&rig.result()), fields(&measure(&b, |_| ())));
}

#[test]
fn a_change_of_layout_is_another_measurement() {
    let a = Sound::music(1, 100);
    let planar = AudioInfo::builder(a.info.format(), a.info.rate(), 2)
        .layout(gst_audio::AudioLayout::NonInterleaved)
        .build()
        .unwrap();
    let mut rig = Rig::new();
    rig.start(&a.info);
    rig.play(&a, 0, &[100]);
    rig.send(gst::event::Caps::new(&planar.to_caps().unwrap()));
    assert_eq!(reason(&rig.result()), "caps");
}

#[test]
fn reset_ends_one_and_begins_the_next() {
    let (a, b) = (Sound::music(1, 9000), Sound::music(2, 7000));
    let mut rig = Rig::new();
    rig.element.emit_by_name::<()>("reset", &[]);
    rig.start(&a.info);
    rig.element.emit_by_name::<()>("reset", &[]);
    assert!(rig.messages().is_empty());
    rig.play(&a, 0, &[512]);
    rig.element.emit_by_name::<()>("reset", &[]);
    let first = rig.result();
    assert_eq!(reason(&first), "reset");
    assert_eq!(values(&first), values(&measure(&a, |_| ())));
    rig.play(&b, 9000, &[512]);
    rig.eos();
    let second = rig.result();
    assert_eq!(values(&second), values(&measure(&b, |_| ())));
    let began: gst::ClockTime = field(&second, "stream-time");
    assert_eq!(began, gst::ClockTime::from_seconds(9));
}

/// No frame is lost or counted twice, however resets fall.
#[test]
fn reset_from_another_thread_loses_nothing() {
    const FRAMES: usize = 60_000;
    let sound = Sound::floats(1, &vec![0.25; FRAMES]);
    let mut rig = Rig::new();
    rig.start(&sound.info);
    let element = rig.element.clone();
    let running = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
    let other = {
        let running = running.clone();
        std::thread::spawn(move || {
            while running.load(std::sync::atomic::Ordering::Relaxed) {
                element.emit_by_name::<()>("reset", &[]);
            }
        })
    };
    rig.play(&sound, 0, &[1, 2]);
    running.store(false, std::sync::atomic::Ordering::Relaxed);
    other.join().unwrap();
    rig.eos();
    let results = rig.results();
    let frames: u64 = results.iter().map(|r| field::<u64>(r, "frames")).sum();
    assert_eq!(frames, FRAMES as u64);
    assert!(results.len() > 1);
}

#[test]
fn stopping_keeps_the_result_but_posts_nothing() {
    let sound = Sound::music(1, 9000);
    let mut rig = Rig::new();
    rig.start(&sound.info);
    rig.play(&sound, 0, &[512]);
    rig.element.set_state(gst::State::Null).unwrap();
    assert!(rig.messages().is_empty());
    let last = rig.last_result().unwrap();
    assert_eq!(reason(&last), "stop");
    assert_eq!(values(&last), values(&measure(&sound, |_| ())));
}

#[test]
fn the_last_result_survives_the_end_and_the_stop_but_not_the_next_start() {
    let sound = Sound::music(1, 9000);
    let mut rig = Rig::new();
    rig.start(&sound.info);
    rig.play(&sound, 0, &[512]);
    rig.eos();
    let result = fields(&rig.result());
    assert_eq!(fields(&rig.last_result().unwrap()), result);
    rig.element.set_state(gst::State::Null).unwrap();
    assert_eq!(fields(&rig.last_result().unwrap()), result);
    let measurement = rig.element.take_measurement().unwrap();
    assert_eq!(measurement.frames(), 9000);
    assert!(rig.element.take_measurement().is_none());
    rig.element.set_state(gst::State::Paused).unwrap();
    assert!(rig.last_result().is_none());
}

/// A reset that is still evaluating a long measurement must not overtake the end of the next.
#[test]
fn a_reset_beside_the_end_keeps_results_and_tags_in_order() {
    let sound = Sound::music(5, 9000);
    for _ in 0..8 {
        let mut rig = Rig::new();
        rig.start(&sound.info);
        rig.push(sound.buffer(0..9000, 0));
        rig.send(gst::event::Gap::new(
            gst::ClockTime::from_seconds(9),
            20 * 3600 * gst::ClockTime::SECOND,
        ));
        let element = rig.element.clone();
        let reset = std::thread::spawn(move || element.emit_by_name::<()>("reset", &[]));
        rig.push(sound.buffer(0..9000, 0));
        rig.eos();
        reset.join().unwrap();
        let results = rig.results();
        let last = rig.last_result().unwrap();
        if results.len() == 2 {
            assert_eq!(reason(&last), "eos", "the older result came last");
        }
        assert_eq!(rig.tags().len(), results.len(), "each result has its tags");
    }
}
