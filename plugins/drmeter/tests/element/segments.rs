// SPDX-License-Identifier: MPL-2.0
//! What lies outside of the segment is not heard and not measured; times are the segment's.
use crate::rig::{BLOCK, RATE, Rig, Sound, field, measure, segment, time_of, times, values};
use gst::ClockTime;
use gst::prelude::*;

fn part(sound: &Sound, frames: std::ops::Range<usize>) -> Sound {
    Sound {
        bytes: sound.bytes[frames.start * 8..frames.end * 8].to_vec(),
        ..sound.clone()
    }
}

#[test]
fn a_segment_cuts_within_buffers() {
    let sound = Sound::music(1, 12_000);
    // Times rounded up and down, as demuxers do.
    for (start, stop) in [(1499, 10_501), (0, 777), (1000, 1001), (2, 11_999)] {
        for shift in [0, 1, 333_333] {
            let mut rig = Rig::new();
            rig.start(&sound.info);
            let mut segment = segment();
            segment.set_start(time_of(start, RATE) + ClockTime::from_nseconds(shift));
            segment.set_stop(time_of(stop, RATE) + ClockTime::from_nseconds(shift));
            segment.set_time(ClockTime::from_seconds(100));
            rig.send(gst::event::Segment::new(&segment));
            for at in (0..12_000).step_by(1000) {
                rig.offer(sound.buffer(at..at + 1000, at));
            }
            rig.eos();
            let result = rig.result();
            let expected = measure(&part(&sound, start..stop), |_| ());
            assert_eq!(values(&result), values(&expected), "{start}..{stop}");
            let begin: ClockTime = field(&result, "stream-time");
            let difference = begin.absdiff(ClockTime::from_seconds(100));
            assert!(difference < ClockTime::MSECOND, "{begin}");
            let running: ClockTime = field(&result, "running-time");
            assert!(running < ClockTime::MSECOND, "{running}");
        }
    }
}

/// The first frame after the start of a segment may have a timestamp that, added up from the
/// buffer's and a rounded duration, lies a nanosecond before it.
#[test]
fn a_rounding_error_at_the_start_costs_no_times() {
    let rate = 48_000;
    let sound = Sound::new(
        gst_audio::AUDIO_FORMAT_S16,
        rate,
        1,
        &crate::rig::music(1, 4096),
    );
    let mut rig = Rig::new();
    rig.start(&sound.info);
    let mut segment = segment();
    segment.set_start(ClockTime::from_nseconds(6_666_667));
    rig.send(gst::event::Segment::new(&segment));
    let gap = gst::event::Gap::new(ClockTime::ZERO, time_of(1024, rate));
    for first in [Some(gap), None] {
        match first {
            Some(gap) => rig.send(gap),
            None => rig.offer(sound.buffer(0..1024, 0)),
        }
        rig.offer(sound.buffer(1024..4096, 1024));
        rig.element.emit_by_name::<()>("reset", &[]);
        let result = rig.result();
        assert_eq!(field::<u64>(&result, "frames"), 4096 - 320);
        assert_eq!(field::<ClockTime>(&result, "running-time"), ClockTime::ZERO);
    }
}

#[test]
fn nothing_in_the_segment_is_nothing_measured() {
    let sound = Sound::music(1, 2000);
    let mut rig = Rig::new();
    rig.start(&sound.info);
    let mut segment = segment();
    segment.set_start(ClockTime::from_seconds(10));
    rig.send(gst::event::Segment::new(&segment));
    rig.offer(sound.buffer(0..2000, 0));
    rig.send(gst::event::Gap::new(
        time_of(2000, RATE),
        time_of(8000, RATE),
    ));
    rig.eos();
    assert!(rig.results().is_empty() && rig.last_result().is_none());
}

#[test]
fn rates_and_offsets_are_those_of_the_segment() {
    let sound = Sound::music(1, 10 * BLOCK);
    let expected = measure(&sound, |_| ());
    let mut rig = Rig::new();
    rig.start(&sound.info);
    let mut segment = segment();
    // Stream time runs twice as fast as timestamps, running time half as fast.
    segment.set_applied_rate(2.0);
    segment.set_rate(2.0);
    segment.set_start(ClockTime::from_seconds(10));
    segment.set_time(ClockTime::from_seconds(60));
    segment.set_base(ClockTime::from_seconds(7));
    rig.send(gst::event::Segment::new(&segment));
    rig.play(&sound, 20_000, &[100]);
    rig.eos();
    let result = rig.result();
    assert_eq!(values(&result), values(&expected));
    assert_eq!(
        field::<ClockTime>(&result, "stream-time"),
        ClockTime::from_seconds(80)
    );
    assert_eq!(
        field::<ClockTime>(&result, "running-time"),
        ClockTime::from_seconds(12)
    );
    let peaks = times(&expected, "channel-peak-time").into_iter();
    let there: Vec<u64> = peaks.map(|t| 80_000_000_000 + 2 * t).collect();
    assert_eq!(times(&result, "channel-peak-time"), there);
}

#[test]
fn a_new_segment_goes_on_with_the_same_measurement() {
    let sound = Sound::music(1, 8000);
    let mut rig = Rig::new();
    rig.start(&sound.info);
    rig.play(&part(&sound, 0..5000), 0, &[512]);
    let mut second = segment();
    second.set_base(ClockTime::from_seconds(5));
    rig.send(gst::event::Segment::new(&second));
    rig.play(&part(&sound, 5000..8000), 0, &[512]);
    rig.eos();
    assert_eq!(values(&rig.result()), values(&measure(&sound, |_| ())));
}

#[test]
fn a_segment_in_bytes_leaves_times_unknown() {
    let sound = Sound::music(1, 4000);
    let mut rig = Rig::new();
    rig.start(&sound.info);
    rig.send(gst::event::Segment::new(&gst::FormattedSegment::<
        gst::format::Bytes,
    >::new()));
    rig.play(&sound, 0, &[512]);
    rig.eos();
    let result = rig.result();
    assert_eq!(values(&result), values(&measure(&sound, |_| ())));
    assert_eq!(field::<u64>(&result, "stream-time"), u64::MAX);
    assert_eq!(times(&result, "channel-peak-time"), [u64::MAX; 2]);
}
