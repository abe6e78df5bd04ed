// SPDX-License-Identifier: MPL-2.0
//! Linear phase: what comes late leaves with its own time, and all of it leaves.
use crate::rig::{Audio, Rig, bytes, doubles, gain_at, set};
use gst::prelude::*;
use gstparaeq::Phase;

fn linear(element: &gst::Element) {
    element.set_property("phase", Phase::Linear);
    element.set_property("fir-length", 4096u32);
    set(element, "band5::gain", "6");
}

fn latency(rig: &Rig) -> gst::ClockTime {
    let mut query = gst::query::Latency::new();
    let pad = rig.element.static_pad("src").unwrap();
    assert!(pad.query(&mut query));
    query.result().1
}

/// Times follow each other without a hole from `from` on, but for the nanosecond that rounding
/// takes; the samples.
fn joined(buffers: &[gst::Buffer], audio: &Audio, from: usize) -> Vec<f64> {
    let (mut at, mut all) = (from, Vec::new());
    for buffer in buffers {
        let frames = buffer.size() / audio.info.bpf() as usize;
        let near = |time: gst::ClockTime, frame: usize| {
            time.nseconds().abs_diff(audio.time(frame).nseconds()) <= 1
        };
        let pts = buffer.pts().unwrap();
        assert!(near(pts, at), "{pts} at frame {at}");
        assert!(near(pts + buffer.duration().unwrap(), at + frames));
        at += frames;
        all.extend(doubles(&bytes(buffer)));
    }
    all
}

#[test]
fn as_much_comes_out_as_went_in_at_the_same_times() {
    for cut in [64, 1000, 4096, 20_000] {
        for frames in [10, 1000, 2047, 2048, 30_000] {
            let mut rig = Rig::with(linear);
            let audio = Audio::noise(2, frames);
            rig.start(&audio.info);
            assert!(latency(&rig) > gst::ClockTime::ZERO);
            let out = rig.run(&audio, cut);
            assert_eq!(joined(&out, &audio, 0).len(), 2 * frames, "{cut} {frames}");
        }
    }
}

#[test]
fn the_response_is_that_of_minimum_phase_and_an_impulse_stays_in_its_place() {
    let mut samples = vec![0.0; 24_000];
    samples[12_000] = 1.0;
    let audio = Audio::new(gst_audio::AUDIO_FORMAT_F64, 48_000, 1, &samples);
    let run = |phase| {
        let mut rig = Rig::with(|e| {
            linear(e);
            e.set_property("phase", phase);
        });
        rig.start(&audio.info);
        joined(&rig.run(&audio, 1000), &audio, 0)
    };
    let (linear, minimum) = (run(Phase::Linear), run(Phase::Minimum));
    for hz in [200.0, 500.0, 947.0, 2000.0, 8000.0] {
        let (linear, minimum) = (gain_at(&linear, hz), gain_at(&minimum, hz));
        assert!(
            (linear - minimum).abs() < 0.01,
            "{linear} {minimum} at {hz} Hz"
        );
    }
    for n in 1..2000 {
        let (before, after) = (linear[12_000 - n], linear[12_000 + n]);
        assert!(
            (before - after).abs() < 1e-9,
            "{before} {after} {n} frames from the middle"
        );
    }
}

/// Lets what is made beside the audio get ready, without a frame going by.
fn rest(rig: &mut Rig, audio: &Audio, at: usize) {
    for _ in 0..40 {
        rig.harness.push(audio.buffer(at..at)).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
}

#[test]
fn a_change_of_latency_is_told_and_loses_nothing() {
    let mut rig = Rig::with(|e| {
        linear(e);
        e.set_property("phase", Phase::Minimum);
    });
    let audio = Audio::noise(2, 2_000_000);
    rig.start(&audio.info);
    assert_eq!(latency(&rig), gst::ClockTime::ZERO);
    assert!(rig.messages(gst::MessageType::Latency).is_empty());
    let changes = [
        ("phase", "linear"),
        ("fir-length", "1024"),
        ("phase", "minimum"),
    ];
    let (mut at, mut told) = (0, 0);
    for (name, value) in changes {
        rig.element.set_property_from_str(name, value);
        let before = latency(&rig);
        while latency(&rig) == before {
            assert!(at < 1_990_000, "{name}={value} never comes");
            rig.harness.push(audio.buffer(at..at + 1000)).unwrap();
            std::thread::sleep(std::time::Duration::from_millis(1));
            at += 1000;
        }
        rig.harness.push(audio.buffer(at..at + 1000)).unwrap();
        at += 1000;
        told += rig.messages(gst::MessageType::Latency).len();
    }
    rig.send(gst::event::Eos::new());
    let out: Vec<_> = std::iter::from_fn(|| rig.harness.try_pull()).collect();
    assert_eq!(joined(&out, &audio, 0).len(), 2 * at);
    assert_eq!(told, 3);
    assert_eq!(latency(&rig), gst::ClockTime::ZERO);
}

#[test]
fn audio_goes_on_while_a_long_filter_is_made() {
    let mut rig = Rig::with(|e| {
        e.set_property("fir-length", 65_536u32);
        for i in 0..10 {
            set(e, &format!("band{i}::gain"), "6");
        }
    });
    let audio = Audio::noise(2, 400_000);
    rig.start(&audio.info);
    rig.harness.push(audio.buffer(0..1000)).unwrap();
    rig.element.set_property("phase", Phase::Linear);
    rig.harness.push(audio.buffer(1000..1064)).unwrap();
    // This buffer has not waited for what it asked for.
    assert_eq!(latency(&rig), gst::ClockTime::ZERO);
    // What changes meanwhile is heard in what comes.
    set(&rig.element, "band5::gain", "-6");
    let mut at = 1064;
    while latency(&rig) == gst::ClockTime::ZERO {
        rig.harness.push(audio.buffer(at..at)).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    while at + 1000 < 400_000 {
        rig.harness.push(audio.buffer(at..at + 1000)).unwrap();
        at += 1000;
    }
    rig.send(gst::event::Eos::new());
    let out: Vec<_> = std::iter::from_fn(|| rig.harness.try_pull()).collect();
    let out = joined(&out, &audio, 0);
    let mut still = Rig::with(|e| {
        e.set_property("fir-length", 65_536u32);
        e.set_property("phase", Phase::Linear);
        for i in 0..10 {
            set(
                e,
                &format!("band{i}::gain"),
                if i == 5 { "-6" } else { "6" },
            );
        }
    });
    still.start(&audio.info);
    let expected = joined(&still.run(&audio, 10_000), &audio, 0);
    for i in 2 * 300_000..2 * 360_000 {
        let (is, should) = (out[i], expected[i]);
        assert!((is - should).abs() < 1e-9, "{is} {should} at {i}");
    }
}

#[test]
fn other_caps_and_segments_wait_for_the_tail_and_a_flush_drops_it() {
    let mut rig = Rig::with(linear);
    let audio = Audio::noise(2, 10_000);
    rig.start(&audio.info);
    rig.harness.push(audio.buffer(0..10_000)).unwrap();
    let other = Audio::new(
        gst_audio::AUDIO_FORMAT_F32,
        44_100,
        1,
        &crate::rig::noise(10_000),
    );
    rig.send(gst::event::Caps::new(&other.info.to_caps().unwrap()));
    let first: Vec<_> = std::iter::from_fn(|| rig.harness.try_pull()).collect();
    assert_eq!(joined(&first, &audio, 0).len(), 20_000);
    rig.harness.push(other.buffer(0..10_000)).unwrap();
    rig.send(gst::event::FlushStart::new());
    rig.send(gst::event::FlushStop::new(true));
    let segment = gst::FormattedSegment::<gst::ClockTime>::new();
    rig.send(gst::event::Segment::new(&segment));
    while rig.harness.try_pull().is_some() {}
    let out = rig.run(&other, 1000);
    assert_eq!(out[0].pts(), Some(gst::ClockTime::ZERO));
    let size: usize = out.iter().map(|b| b.size()).sum();
    assert_eq!(size, other.bytes.len());
}

#[test]
fn a_segment_in_which_times_stay_what_they_are_cuts_nothing() {
    let audio = Audio::noise(2, 30_000);
    let play = |event: Option<gst::Event>| {
        let mut rig = Rig::with(linear);
        rig.start(&audio.info);
        rig.harness.push(audio.buffer(0..15_000)).unwrap();
        if let Some(event) = event {
            rig.send(event);
        }
        rig.harness.push(audio.buffer(15_000..30_000)).unwrap();
        rig.send(gst::event::Eos::new());
        let out: Vec<_> = std::iter::from_fn(|| rig.harness.try_pull()).collect();
        joined(&out, &audio, 0)
    };
    let whole = play(None);
    let segment = gst::FormattedSegment::<gst::ClockTime>::new();
    let mut longer = segment.clone();
    longer.set_stop(gst::ClockTime::from_seconds(10));
    for event in [
        gst::event::Segment::new(&segment),
        gst::event::Segment::new(&longer),
        gst::event::Gap::builder(audio.time(15_000))
            .duration(gst::ClockTime::ZERO)
            .build(),
    ] {
        assert!(play(Some(event.clone())) == whole, "{event:?}");
    }
    let mut later = segment.clone();
    later.set_base(gst::ClockTime::SECOND);
    assert!(play(Some(gst::event::Segment::new(&later))) != whole);
}

#[test]
fn a_jump_in_time_lets_the_tail_out_first() {
    let mut rig = Rig::with(linear);
    let audio = Audio::noise(2, 200_000);
    rig.start(&audio.info);
    rig.harness.push(audio.buffer(0..10_000)).unwrap();
    rig.harness.push(audio.buffer(150_000..160_000)).unwrap();
    rig.send(gst::event::Eos::new());
    let out: Vec<_> = std::iter::from_fn(|| rig.harness.try_pull()).collect();
    let second = out
        .iter()
        .position(|b| b.pts() >= Some(audio.time(150_000)))
        .unwrap();
    assert_eq!(joined(&out[..second], &audio, 0).len(), 20_000);
    assert_eq!(joined(&out[second..], &audio, 150_000).len(), 20_000);
}

#[test]
fn the_end_of_a_segment_waits_for_the_tail() {
    let mut rig = Rig::with(linear);
    let audio = Audio::noise(2, 10_000);
    rig.start(&audio.info);
    rig.harness.push(audio.buffer(0..10_000)).unwrap();
    rig.send(gst::event::SegmentDone::new(audio.time(10_000)));
    let out: Vec<_> = std::iter::from_fn(|| rig.harness.try_pull()).collect();
    assert_eq!(joined(&out, &audio, 0).len(), 20_000);
}

#[test]
fn a_change_of_latency_does_not_click() {
    let w = std::f64::consts::TAU * 100.0 / 48_000.0;
    let sine: Vec<f64> = (0..60_000)
        .map(|n| 0.2 * (w * f64::from(n)).sin())
        .collect();
    let audio = Audio::new(gst_audio::AUDIO_FORMAT_F64, 48_000, 1, &sine);
    let run = |changes: &[(usize, &str, &str)]| {
        let mut rig = Rig::with(|e| {
            set(e, "band2::freq", "100");
            set(e, "band2::q", "3");
            set(e, "band2::gain", "12");
            e.set_property("fir-length", 2048u32);
        });
        rig.start(&audio.info);
        for at in (0..60_000).step_by(500) {
            for (_, name, value) in changes.iter().filter(|change| change.0 == at) {
                rig.element.set_property_from_str(name, value);
                rest(&mut rig, &audio, at);
            }
            rig.harness.push(audio.buffer(at..at + 500)).unwrap();
        }
        rig.send(gst::event::Eos::new());
        let out: Vec<_> = std::iter::from_fn(|| rig.harness.try_pull()).collect();
        let out = joined(&out, &audio, 0);
        assert_eq!(out.len(), 60_000);
        // What bends in the middle of the audio: a sine hardly, a step does.
        let bends = out[8000..52_000].windows(5);
        bends.fold(0.0, |most: f64, x| {
            most.max((x[0] - 4.0 * x[1] + 6.0 * x[2] - 4.0 * x[3] + x[4]).abs())
        })
    };
    let changing = run(&[
        (10_000, "phase", "linear"),
        (20_000, "fir-length", "4096"),
        (30_000, "fir-length", "1024"),
        (40_000, "phase", "minimum"),
    ]);
    assert!(changing < 1e-4, "{changing}");
    // One that ends before the change is over, and one that changes its mind.
    run(&[(59_000, "phase", "linear")]);
    let undecided = [(10_000, "phase", "linear"), (10_500, "phase", "minimum")];
    assert!(run(&undecided) < 1e-4);
}

#[test]
fn a_change_of_latency_ends_with_a_jump_or_a_flush() {
    let audio = Audio::noise(2, 100_000);
    let mut rig = Rig::with(|e| {
        linear(e);
        e.set_property("phase", Phase::Minimum);
    });
    rig.start(&audio.info);
    rig.harness.push(audio.buffer(0..1000)).unwrap();
    rig.element.set_property("phase", Phase::Linear);
    rest(&mut rig, &audio, 1000);
    rig.harness.push(audio.buffer(1000..8000)).unwrap();
    rig.harness.push(audio.buffer(50_000..51_000)).unwrap();
    rig.element.set_property("phase", Phase::Minimum);
    rig.harness.push(audio.buffer(51_000..60_000)).unwrap();
    // Of the second change the buffer that comes after a jump is the first.
    rig.element.set_property("phase", Phase::Linear);
    rig.harness.push(audio.buffer(90_000..91_000)).unwrap();
    rig.send(gst::event::Eos::new());
    let out: Vec<_> = std::iter::from_fn(|| rig.harness.try_pull()).collect();
    let at = |frame| {
        let after = |b: &gst::Buffer| {
            b.pts().unwrap() + gst::ClockTime::from_useconds(1) >= audio.time(frame)
        };
        out.iter().position(after).unwrap()
    };
    let (second, third) = (at(50_000), at(90_000));
    assert_eq!(joined(&out[..second], &audio, 0).len(), 2 * 8000);
    assert_eq!(
        joined(&out[second..third], &audio, 50_000).len(),
        2 * 10_000
    );
    assert_eq!(joined(&out[third..], &audio, 90_000).len(), 2 * 1000);

    let mut rig = Rig::with(linear);
    rig.start(&audio.info);
    rig.harness.push(audio.buffer(0..20_000)).unwrap();
    rig.element.set_property("phase", Phase::Minimum);
    rig.harness.push(audio.buffer(20_000..21_000)).unwrap();
    rig.send(gst::event::FlushStart::new());
    rig.send(gst::event::FlushStop::new(true));
    assert_eq!(latency(&rig), gst::ClockTime::ZERO);
    let segment = gst::FormattedSegment::<gst::ClockTime>::new();
    rig.send(gst::event::Segment::new(&segment));
    while rig.harness.try_pull().is_some() {}
    rig.play(&audio, &[1000]);
}
