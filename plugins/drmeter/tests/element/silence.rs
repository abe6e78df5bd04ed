// SPDX-License-Identifier: MPL-2.0
//! Gaps count as silence; holes between timestamps count as nothing.
use crate::rig::{
    BLOCK, RATE, Rig, Sound, doubles, field, fields, measure, time_of, times, values,
};
use gst::prelude::*;

fn everything(element: &gstdrmeter::DrMeter) {
    element.set_property("checksum", true);
}

fn with_a_hole() -> (Sound, Sound, Sound) {
    let (a, b) = (Sound::music(1, 8000), Sound::music(2, 8000));
    let filled = a.then(&a.silence(4444)).then(&b);
    (a, b, filled)
}

#[test]
fn a_gap_event_counts_as_silence() {
    let (a, b, filled) = with_a_hole();
    let expected = measure(&filled, everything);
    // In one piece, in pieces whose lengths are no whole number of frames, and of no length.
    for piece in [4444.0, 100.5, 0.3] {
        let mut rig = Rig::with(everything);
        rig.start(&a.info);
        rig.play(&a, 0, &[512]);
        let time = |frame: f64| gst::ClockTime::from_nseconds((frame * 1e6) as u64);
        let mut at = 0.0;
        while at < 4444.0 {
            let end = f64::min(at + piece, 4444.0);
            let start = time(8000.0 + at);
            rig.send(gst::event::Gap::new(start, time(8000.0 + end) - start));
            at = end;
        }
        rig.send(gst::event::Gap::new(time(12_444.0), None));
        rig.play(&b, 12_444, &[512]);
        rig.eos();
        assert_eq!(
            fields(&rig.result()),
            fields(&expected),
            "pieces of {piece}"
        );
    }
}

#[test]
fn a_gap_flag_counts_as_silence() {
    let (a, b, filled) = with_a_hole();
    let mut rig = Rig::with(everything);
    rig.start(&a.info);
    rig.play(&a, 0, &[512]);
    let mut gap = b.buffer(0..4444, 8000);
    gap.make_mut().set_flags(gst::BufferFlags::GAP);
    rig.push(gap);
    rig.play(&b, 12_444, &[512]);
    rig.eos();
    assert_eq!(fields(&rig.result()), fields(&measure(&filled, everything)));
}

#[test]
fn a_gap_counts_as_far_as_it_lies_in_the_segment() {
    let sound = Sound::music(1, 3000);
    let mut rig = Rig::new();
    rig.start(&sound.info);
    let mut segment = crate::rig::segment();
    segment.set_start(time_of(1000, RATE));
    segment.set_stop(time_of(6000, RATE));
    segment.set_time(time_of(1000, RATE));
    rig.send(gst::event::Segment::new(&segment));
    rig.send(gst::event::Gap::new(
        time_of(500, RATE),
        time_of(1500, RATE),
    ));
    rig.play(&sound, 2000, &[3000]);
    rig.send(gst::event::Gap::new(
        time_of(5000, RATE),
        time_of(99_000, RATE),
    ));
    rig.eos();
    let result = rig.result();
    assert_eq!(field::<u64>(&result, "frames"), 5000);
    assert_eq!(
        field::<gst::ClockTime>(&result, "stream-time"),
        time_of(1000, RATE)
    );
}

#[test]
fn a_long_gap_gives_its_provisional_results_one_by_one() {
    let sound = Sound::music(1, 10);
    let mut rig = Rig::with(|e| e.set_property("interval", gst::ClockTime::SECOND));
    rig.start(&sound.info);
    rig.send(gst::event::Gap::new(
        gst::ClockTime::ZERO,
        100 * gst::ClockTime::SECOND,
    ));
    let frames: Vec<u64> = rig.results().iter().map(|r| field(r, "frames")).collect();
    assert_eq!(frames, (1..=100).map(|s| s * 1000).collect::<Vec<_>>());
}

/// Centuries of silence are a broken timestamp, not a recording.
#[test]
fn an_absurd_gap_is_counted_as_a_day_with_a_warning() {
    let sound = Sound::music(1, 10);
    let mut rig = Rig::new();
    rig.start(&sound.info);
    rig.send(gst::event::Gap::new(
        gst::ClockTime::ZERO,
        gst::ClockTime::from_nseconds(u64::MAX - 2),
    ));
    rig.eos();
    let messages = rig.messages();
    let warned = |m: &&gst::Message| m.type_() == gst::MessageType::Warning;
    assert_eq!(messages.iter().filter(warned).count(), 1);
    let result = messages.iter().find_map(crate::rig::result_of).unwrap();
    assert_eq!(
        field::<u64>(&result, "frames"),
        24 * 3600 * u64::from(crate::rig::RATE)
    );
}

#[test]
fn holes_and_discontinuities_are_not_filled_and_times_stay_right() {
    let sound = Sound::music(3, 10 * BLOCK);
    let expected = measure(&sound, |_| ());
    let mut rig = Rig::new();
    rig.start(&sound.info);
    // Blocks 0 to 3 in place, the rest a minute later, the last two back at the beginning.
    let place = |frame: usize| match frame / BLOCK {
        0..4 => frame,
        4..8 => frame + 60_000,
        _ => frame - 8 * BLOCK,
    };
    for start in (0..sound.frames()).step_by(BLOCK / 2) {
        let mut buffer = sound.buffer(start..start + BLOCK / 2, place(start));
        if [4 * BLOCK, 8 * BLOCK].contains(&start) {
            buffer.make_mut().set_flags(gst::BufferFlags::DISCONT);
        }
        rig.push(buffer);
    }
    rig.eos();
    let result = rig.result();
    assert_eq!(values(&result), values(&expected));
    for name in ["channel-peak-time", "channel-loud-times"] {
        let flat = |s: &gst::StructureRef| -> Vec<u64> {
            if name == "channel-peak-time" {
                return times(s, name);
            }
            let lists: gst::Array = field(s, name);
            let lists = lists.iter().map(|v| v.get::<gst::Array>().unwrap());
            lists
                .flat_map(|l| l.iter().map(|v| v.get().unwrap()).collect::<Vec<u64>>())
                .collect()
        };
        let there = flat(&expected).into_iter();
        let there = there.map(|t| time_of(place((t / 1_000_000) as usize), RATE).nseconds());
        assert_eq!(flat(&result), there.collect::<Vec<_>>(), "{name}");
        assert!(flat(&result).iter().any(|t| *t >= 60_000_000_000), "{name}");
    }
}

#[test]
fn absurd_timestamps_do_no_harm() {
    let sound = Sound::music(3, 4000);
    let mut rig = Rig::with(|e| {
        e.set_property("interval", gst::ClockTime::SECOND);
        e.set_property("sync", true);
    });
    rig.harness.use_testclock();
    rig.start(&sound.info);
    for (i, pts) in [u64::MAX - 1, 0, u64::MAX - 10_000_000, u64::MAX / 2]
        .into_iter()
        .enumerate()
    {
        let mut buffer = sound.buffer(i * 1000..(i + 1) * 1000, 0);
        buffer
            .make_mut()
            .set_pts(gst::ClockTime::from_nseconds(pts));
        rig.push(buffer);
    }
    rig.eos();
    let results = rig.results();
    let last = results.last().unwrap();
    assert_eq!(values(last), values(&measure(&sound, |_| ())));
    assert_eq!(doubles(last, "channel-dr").len(), 2);
}

#[test]
fn a_buffer_without_a_timestamp_goes_on() {
    let sound = Sound::music(3, 4 * BLOCK);
    let mut rig = Rig::new();
    rig.start(&sound.info);
    for start in (0..sound.frames()).step_by(1000) {
        let mut buffer = sound.buffer(start..(start + 1000).min(sound.frames()), 5000 + start);
        if start > 0 {
            buffer.make_mut().set_pts(None);
        }
        rig.push(buffer);
    }
    rig.eos();
    let result = rig.result();
    assert_eq!(values(&result), values(&measure(&sound, |_| ())));
    assert_eq!(field::<u64>(&result, "stream-time"), 5_000_000_000);
    assert!(times(&result, "channel-peak-time")[0] >= 5_000_000_000);
}
