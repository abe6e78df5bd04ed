// SPDX-License-Identifier: MPL-2.0
//! Flushes, seeks, gaps, jumps, changes of caps, waiting, and ends of all kinds.
use crate::rig::*;
use gst::prelude::*;
use std::time::{Duration, Instant};

const SECOND: gst::ClockTime = gst::ClockTime::SECOND;

fn times(results: &[gst::Structure]) -> Vec<(u64, u64)> {
    let of = |s: &gst::Structure, name| field::<gst::ClockTime>(s, name).nseconds() / 1_000_000;
    let windows = results.iter().filter(|s| text(s, "kind") == "window");
    windows
        .map(|s| (of(s, "stream-time"), of(s, "duration")))
        .collect()
}

#[test]
fn a_flush_forgets_everything() {
    let samples = music(1, 14 * RATE);
    let mut rig = Rig::new();
    rig.start(&mono());
    rig.play(&music(2, 17 * RATE), 0, &[RATE]);
    rig.send(gst::event::FlushStart::new());
    rig.send(gst::event::FlushStop::new(true));
    rig.results();
    let mut seek = segment();
    seek.set_start(20 * SECOND);
    seek.set_time(20 * SECOND);
    rig.send(gst::event::Segment::new(&seek));
    rig.play(&samples, 20 * RATE, &[RATE]);
    rig.eos();
    let results = rig.results();
    assert_eq!(windows(&results), embed(samples.chunks(WINDOW)));
    assert_eq!(times(&results), [(20_000, 10_000), (30_000, 4_000)]);
    assert_eq!(field::<u64>(summary(&results), "windows"), 2);
    let running: gst::ClockTime = field(&results[0], "running-time");
    assert_eq!(running, gst::ClockTime::ZERO);
}

#[test]
fn what_lies_outside_the_segment_is_not_heard() {
    let samples = music(3, 8 * RATE);
    let mut rig = Rig::new();
    rig.start(&mono());
    let mut part = segment();
    part.set_start(2 * SECOND);
    part.set_stop(5 * SECOND);
    part.set_time(2 * SECOND);
    rig.send(gst::event::Segment::new(&part));
    for (i, piece) in samples.chunks(70_000).enumerate() {
        rig.harness.push(buffer(piece, i * 70_000)).ok();
        while rig.harness.try_pull().is_some() {}
    }
    rig.eos();
    let results = rig.results();
    assert_eq!(windows(&results), embed([&samples[2 * RATE..5 * RATE]]));
    assert_eq!(times(&results), [(2_000, 3_000)]);
}

#[test]
fn a_jump_in_time_begins_a_window() {
    let samples = music(4, 16 * RATE);
    for (jump, marked) in [(7 * RATE, false), (7 * RATE, true)] {
        let mut rig = Rig::new();
        rig.start(&mono());
        rig.play(&samples[..4 * RATE], 0, &[1000]);
        let mut next = buffer(&samples[4 * RATE..5 * RATE], 4 * RATE + jump);
        if marked {
            next.make_mut().set_flags(gst::BufferFlags::DISCONT);
        }
        rig.push(next);
        rig.play(&samples[5 * RATE..], 5 * RATE + jump, &[1000]);
        rig.eos();
        let results = rig.results();
        let parts = [
            &samples[..4 * RATE],
            &samples[4 * RATE..14 * RATE],
            &samples[14 * RATE..],
        ];
        assert_eq!(windows(&results), embed(parts));
        assert_eq!(
            times(&results),
            [(0, 4_000), (11_000, 10_000), (21_000, 2_000)]
        );
        assert_eq!(field::<u64>(summary(&results), "windows"), 3);
    }
}

#[test]
fn a_hole_of_less_than_a_second_is_silence() {
    let samples = music(5, 6 * RATE);
    let mut rig = Rig::new();
    rig.start(&mono());
    rig.play(&samples[..2 * RATE], 0, &[1000]);
    rig.play(&samples[2 * RATE..], 2 * RATE + 24_000, &[1000]);
    rig.eos();
    let silence = vec![0.0; 24_000];
    let whole = [&samples[..2 * RATE], &silence, &samples[2 * RATE..]].concat();
    assert_eq!(windows(&rig.results()), embed([&whole[..]]));
}

#[test]
fn timestamps_that_drift_are_followed() {
    let samples = music(6, 31 * RATE);
    let mut rig = Rig::new();
    rig.start(&mono());
    // A clock that is a percent fast.
    for (i, part) in samples.chunks(480).enumerate() {
        let mut buffer = buffer(part, i * 480);
        let pts = gst::ClockTime::from_nseconds(i as u64 * 10_100_000);
        buffer.make_mut().set_pts(pts);
        rig.push(buffer);
    }
    rig.eos();
    let results = rig.results();
    assert_eq!(windows(&results), embed(samples.chunks(WINDOW)));
    for (index, (time, _)) in times(&results).into_iter().enumerate() {
        let expected = 10_100 * index as u64;
        assert!(
            time.abs_diff(expected) <= 20,
            "{time} instead of {expected}"
        );
    }
}

#[test]
fn buffers_without_timestamps_are_embedded_all_the_same() {
    let samples = music(7, 12 * RATE);
    let mut rig = Rig::new();
    rig.start(&mono());
    for part in samples.chunks(4096) {
        let mut buffer = buffer(part, 0);
        buffer.make_mut().set_pts(None);
        rig.push(buffer);
    }
    rig.eos();
    let results = rig.results();
    assert_eq!(windows(&results), embed(samples.chunks(WINDOW)));
    let time = results[0].get::<Option<gst::ClockTime>>("stream-time");
    assert_eq!(time.unwrap(), None);
}

#[test]
fn gaps_count_as_silence() {
    let samples = music(8, 3 * RATE);
    let mut rig = Rig::new();
    rig.start(&mono());
    rig.play(&samples, 0, &[RATE]);
    rig.send(
        gst::event::Gap::builder(3 * SECOND)
            .duration(2 * SECOND)
            .build(),
    );
    let mut gap = buffer(&samples[..RATE], 5 * RATE);
    gap.make_mut().set_flags(gst::BufferFlags::GAP);
    rig.push(gap);
    rig.eos();
    let whole = [&samples[..], &vec![0.0; 3 * RATE]].concat();
    assert_eq!(windows(&rig.results()), embed([&whole[..]]));
}

#[test]
fn other_caps_begin_another_stream() {
    let samples = music(9, 3 * RATE);
    let mut rig = Rig::new();
    rig.start(&mono());
    rig.play(&samples, 0, &[RATE]);
    let stereo = gst_audio::AudioInfo::builder(gst_audio::AUDIO_FORMAT_F32, RATE as u32, 2);
    let caps = stereo.build().unwrap().to_caps().unwrap();
    rig.send(gst::event::Caps::new(&caps));
    let doubled: Vec<f32> = samples.iter().flat_map(|&x| [x, x]).collect();
    let mut next = buffer(&doubled, 0);
    next.make_mut().set_pts(3 * SECOND);
    rig.push(next);
    rig.eos();
    let results = rig.results();
    let reasons = results.iter().filter(|s| text(s, "kind") == "aggregate");
    let reasons: Vec<String> = reasons.map(|s| text(s, "reason")).collect();
    assert_eq!(reasons, ["caps", "eos"]);
    let [expected] = <[_; 1]>::try_from(embed([&samples[..]])).unwrap();
    assert_eq!(windows(&results), [expected.clone(), expected]);
}

#[test]
fn audio_that_runs_backwards_is_left_alone() {
    let mut rig = Rig::new();
    rig.start(&mono());
    let mut backwards = segment();
    backwards.set_rate(-1.0);
    backwards.set_stop(3 * SECOND);
    rig.send(gst::event::Segment::new(&backwards));
    for second in [2, 1, 0] {
        rig.push(buffer(&vec![0.1; RATE], second * RATE));
    }
    rig.eos();
    let messages = rig.messages();
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0].type_(), gst::MessageType::Warning);
}

/// An hour of silence as one gap: some 3600 windows a second apart, through a queue of one.
fn long_gap() -> gst::Event {
    gst::event::Gap::builder(gst::ClockTime::ZERO)
        .duration(3600 * SECOND)
        .build()
}

fn slow(element: &gstclapembed::ClapEmbed) {
    element.set_property("threads", 1_u32);
    element.set_property("queue-seconds", 1_u32);
    element.set_property("hop", 1_000_000_000_u64);
}

/// Windows that were computed when something interrupted the gap.
fn interrupted(interrupt: impl FnOnce(&gst::Pad, &gstclapembed::ClapEmbed)) -> usize {
    let (element, bus) = element(slow);
    let source = gst::Pad::builder(gst::PadDirection::Src)
        .name("source")
        .build();
    source.link(&element.static_pad("sink").unwrap()).unwrap();
    source.set_active(true).unwrap();
    element.set_state(gst::State::Playing).unwrap();
    source.push_event(gst::event::StreamStart::new("track"));
    source.push_event(gst::event::Caps::new(&mono().to_caps().unwrap()));
    source.push_event(gst::event::Segment::new(&segment()));
    let pushing = std::thread::spawn({
        let source = source.clone();
        move || source.push_event(long_gap())
    });
    // Under way for sure.
    let first = bus.timed_pop_filtered(20 * SECOND, &[gst::MessageType::Element]);
    assert!(first.is_some());
    interrupt(&source, &element);
    pushing.join().unwrap();
    let more = std::iter::from_fn(|| bus.pop_filtered(&[gst::MessageType::Element])).count();
    element.set_state(gst::State::Null).unwrap();
    1 + more
}

#[test]
fn a_flush_or_a_stop_interrupts_who_waits() {
    let flushed = interrupted(|source, _| {
        source.push_event(gst::event::FlushStart::new());
    });
    let stopped = interrupted(|_, element| {
        element.set_state(gst::State::Ready).unwrap();
    });
    // All would be 3591.
    assert!(flushed < 3000 && stopped < 3000, "{flushed} {stopped}");
}

#[test]
fn a_live_stream_drops_windows_rather_than_wait() {
    let mut rig = Rig::with(|e| {
        slow(e);
        // A window takes many times longer than the one frame from the last to it.
        e.set_property("hop", 10_000_000_u64);
        e.set_property("live-drop", true);
    });
    rig.start(&mono());
    let gap = gst::event::Gap::builder(gst::ClockTime::ZERO);
    rig.send(gap.duration(60 * SECOND).build());
    rig.eos();
    let results = rig.results();
    let summary = summary(&results);
    let (done, dropped) = (
        field::<u64>(summary, "windows"),
        field::<u64>(summary, "dropped"),
    );
    assert_eq!(done + dropped, 5001);
    assert!(done > 0 && dropped > 0, "{done} {dropped}");
    let indices = results.iter().filter(|s| s.has_field("index"));
    let indices: Vec<u64> = indices.map(|s| field(s, "index")).collect();
    assert_eq!(indices.len() as u64, done);
    assert!(indices.is_sorted() && *indices.last().unwrap() < 5001);
}

#[test]
fn a_stop_leaves_what_is_known() {
    let samples = music(10, 22 * RATE);
    let mut rig = Rig::with(|e| e.set_property("queue-seconds", 10_u32));
    rig.start(&mono());
    rig.play(&samples, 0, &[RATE]);
    // One window fits the queue, so that the first is done when the second is handed in.
    rig.element.set_state(gst::State::Null).unwrap();
    let result = rig.last_result().unwrap();
    assert_eq!(text(&result, "reason"), "stop");
    assert!(field::<u64>(&result, "windows") >= 1);
}

#[test]
fn it_adds_no_latency_and_starts_again() {
    let samples = music(11, 2 * RATE);
    let mut rig = Rig::new();
    for _ in 0..3 {
        rig.start(&mono());
        let mut query = gst::query::Latency::new();
        rig.harness
            .set_upstream_latency(gst::ClockTime::from_mseconds(7));
        assert!(rig.element.static_pad("src").unwrap().query(&mut query));
        assert_eq!(query.result().1, gst::ClockTime::from_mseconds(7));
        rig.play(&samples, 0, &[RATE]);
        rig.eos();
        assert_eq!(windows(&rig.results()), embed([&samples[..]]));
        rig.element.set_state(gst::State::Null).unwrap();
        rig.element.set_state(gst::State::Playing).unwrap();
    }
}

#[test]
fn messages_in_step_with_the_clock_wait_for_it() {
    let (element, _) = element(|e| {
        e.set_property("window", 1_000_000_000_u64);
        e.set_property("sync", true);
        e.set_property_from_str("emit", "windows");
    });
    let pipeline = gst::Pipeline::new();
    let make = |name: &str| gst::ElementFactory::make(name).build().unwrap();
    let (source, filter, sink) = (make("audiotestsrc"), make("capsfilter"), make("fakesink"));
    source.set_property("num-buffers", 30);
    source.set_property("samplesperbuffer", 4800);
    filter.set_property("caps", mono().to_caps().unwrap());
    sink.set_property("sync", true);
    let elements = [&source, &filter, element.upcast_ref(), &sink];
    pipeline.add_many(elements).unwrap();
    gst::Element::link_many(elements).unwrap();
    let bus = pipeline.bus().unwrap();
    let begin = Instant::now();
    pipeline.set_state(gst::State::Playing).unwrap();
    let mut posted = Vec::new();
    loop {
        let message = bus.timed_pop(20 * SECOND).expect("the pipeline goes on");
        match message.view() {
            gst::MessageView::Element(_) => posted.push(begin.elapsed()),
            gst::MessageView::Eos(_) => break,
            gst::MessageView::Error(error) => panic!("{error:?}"),
            _ => {}
        }
    }
    pipeline.set_state(gst::State::Null).unwrap();
    // Not before the audio that they describe has been presented.
    assert!(posted.len() >= 2, "{posted:?}");
    assert!(posted[0] >= Duration::from_millis(990), "{posted:?}");
    assert!(posted[1] >= Duration::from_millis(1990), "{posted:?}");
}
