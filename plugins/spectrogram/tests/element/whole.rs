// SPDX-License-Identifier: MPL-2.0
//! `mode=whole`: one frame at the end.
use super::rig::{Rig, brightest, floats, info, share, sine, time};
use gst::prelude::*;

#[test]
fn there_is_exactly_one_frame_and_it_shows_the_sine_in_its_row() {
    for scale in ["log", "mel", "linear"] {
        let mut rig = Rig::bare("whole", (160, 400), &[("frequency-scale", scale)]);
        let frames = rig.run(&sine(1000.0, 0.5, 96_000), 1);
        assert_eq!(frames.len(), 1);
        let frame = &frames[0];
        assert_eq!((frame.width, frame.height), (160, 400));
        assert_eq!(frame.pts, Some(gst::ClockTime::ZERO));
        assert_eq!(frame.duration, Some(gst::ClockTime::from_seconds(2)));
        let wanted = 400.0 * (1.0 - share(scale, 1000.0));
        for x in [3, 80, 156] {
            let found = brightest(&frame.column(x));
            assert!(
                (found - wanted).abs() < 2.5,
                "{scale} {x}: {found}, not {wanted}"
            );
        }
    }
}

#[test]
fn a_click_is_at_its_time() {
    let mut rig = Rig::bare("whole", (200, 50), &[]);
    let mut samples = vec![0.0; 200_000];
    samples[150_000] = 1.0;
    let frames = rig.run(&samples, 1);
    let found = brightest(&frames[0].bytes[5]);
    assert!((found - 150.0).abs() < 2.0, "{found}");
}

#[test]
fn what_is_missing_in_time_leaves_a_gap() {
    for by_event in [false, true] {
        let mut rig = Rig::bare("whole", (100, 50), &[]);
        rig.start(&floats(1));
        rig.push(&sine(3000.0, 0.5, 48_000), 1, 0);
        if by_event {
            let (start, length) = (
                gst::ClockTime::from_seconds(1),
                gst::ClockTime::from_seconds(2),
            );
            rig.send(gst::event::Gap::builder(start).duration(length).build());
        }
        rig.push(&sine(3000.0, 0.5, 48_000), 1, 3 * 48_000);
        rig.send(gst::event::Eos::new());
        let frames = rig.frames();
        assert_eq!(frames[0].duration, Some(gst::ClockTime::from_seconds(4)));
        let lit = |x: usize| frames[0].column(x).iter().any(|pixel| *pixel > 150);
        assert!(lit(10) && !lit(40) && !lit(60) && lit(90), "{by_event}");
    }
}

#[test]
fn only_what_lies_in_the_segment_is_drawn() {
    let mut rig = Rig::bare("whole", (100, 50), &[]);
    rig.send(gst::event::StreamStart::new("track"));
    rig.send(gst::event::Caps::new(&floats(1).to_caps().unwrap()));
    let mut segment = gst::FormattedSegment::<gst::ClockTime>::new();
    segment.set_start(gst::ClockTime::from_seconds(1));
    segment.set_stop(gst::ClockTime::from_seconds(2));
    rig.send(gst::event::Segment::new(&segment));
    rig.push(&sine(440.0, 0.5, 144_000), 1, 0);
    rig.send(gst::event::Eos::new());
    let frames = rig.frames();
    assert_eq!(frames[0].pts, Some(gst::ClockTime::from_seconds(1)));
    let duration = frames[0].duration.unwrap();
    assert!(
        duration.absdiff(gst::ClockTime::from_seconds(1)) < time(2, 48_000),
        "{duration}"
    );
}

#[test]
fn without_audio_there_is_an_error_and_no_frame() {
    for with_caps in [false, true] {
        let mut rig = Rig::bare("whole", (100, 50), &[]);
        if with_caps {
            rig.start(&floats(2));
        } else {
            rig.send(gst::event::StreamStart::new("track"));
        }
        rig.send(gst::event::Eos::new());
        assert!(rig.frames().is_empty());
        let errors = rig.messages(gst::MessageType::Error);
        assert_eq!(errors.len(), 1);
        let gst::MessageView::Error(error) = errors[0].view() else {
            unreachable!()
        };
        assert!(error.error().message().contains("no audio"), "{error:?}");
    }
}

#[test]
fn what_is_no_number_counts_as_silence_and_is_warned_of_once() {
    let mut samples = sine(1000.0, 0.5, 48_000);
    let mut rig = Rig::bare("whole", (50, 50), &[]);
    for at in [100, 20_000, 40_000] {
        samples[at] = 0.0;
    }
    let clean = rig.run(&samples, 1);
    for (at, odd) in [
        (100, f32::NAN),
        (20_000, f32::INFINITY),
        (40_000, f32::NEG_INFINITY),
    ] {
        samples[at] = odd;
    }
    let mut rig = Rig::bare("whole", (50, 50), &[]);
    assert_eq!(rig.run(&samples, 1), clean);
    assert_eq!(rig.messages(gst::MessageType::Warning).len(), 1);
}

#[test]
fn a_frequency_range_without_anything_in_it_is_warned_of_once() {
    for (mode, low, high, wanted) in [
        ("whole", "5000", "100", 1),
        ("live", "5000", "100", 1),
        ("whole", "30000", "0", 1),
        ("whole", "100", "5000", 0),
        ("live", "0", "96000", 0),
    ] {
        let range = [("min-frequency", low), ("max-frequency", high)];
        let mut rig = Rig::bare(mode, (50, 50), &range);
        assert!(!rig.run(&sine(8000.0, 0.5, 48_000), 1).is_empty());
        let warnings = rig.messages(gst::MessageType::Warning).len();
        assert_eq!(warnings, wanted, "{mode} {low} {high}");
    }
}

#[test]
fn a_flush_begins_anew() {
    let mut rig = Rig::bare("whole", (50, 50), &[]);
    rig.start(&floats(1));
    rig.push(&sine(8000.0, 0.5, 48_000), 1, 0);
    rig.send(gst::event::FlushStart::new());
    rig.send(gst::event::FlushStop::new(true));
    rig.send(gst::event::Segment::new(&gst::FormattedSegment::<
        gst::ClockTime,
    >::new()));
    rig.push(&sine(300.0, 0.5, 24_000), 1, 0);
    rig.send(gst::event::Eos::new());
    let frames = rig.frames();
    assert_eq!(frames.len(), 1);
    let mut other = Rig::bare("whole", (50, 50), &[]);
    assert_eq!(
        other.run(&sine(300.0, 0.5, 24_000), 1)[0].bytes,
        frames[0].bytes
    );
}

#[test]
fn a_change_of_the_rate_in_the_middle_is_an_error_one_of_the_format_is_none() {
    let mut rig = Rig::bare("whole", (50, 50), &[]);
    rig.start(&floats(1));
    rig.push(&sine(300.0, 0.5, 24_000), 1, 0);
    let narrow = info(gst_audio::AUDIO_FORMAT_S16, 48_000, 1);
    rig.send(gst::event::Caps::new(&narrow.to_caps().unwrap()));
    let other = info(gst_audio::AUDIO_FORMAT_F32, 44_100, 1);
    // What is refused stays with the pad: the answer says nothing.
    rig.harness
        .push_event(gst::event::Caps::new(&other.to_caps().unwrap()));
    let errors = rig.messages(gst::MessageType::Error);
    assert_eq!(errors.len(), 1);
}

#[test]
fn a_title_comes_from_the_tags_unless_it_is_set() {
    let draw = |title: Option<&str>, tagged: bool| {
        let mut rig = Rig::new(
            &[("mode", "whole")],
            "video/x-raw,format=GRAY8,width=600,height=400",
        );
        rig.element.set_property("title", title);
        rig.start(&floats(1));
        if tagged {
            let mut tags = gst::TagList::new();
            let list = tags.make_mut();
            list.add::<gst::tags::Artist>(&"Ärzte", gst::TagMergeMode::Append);
            list.add::<gst::tags::Title>(&"Song", gst::TagMergeMode::Append);
            rig.send(gst::event::Tag::new(tags));
        }
        rig.push(&sine(300.0, 0.5, 24_000), 1, 0);
        rig.send(gst::event::Eos::new());
        rig.frames().remove(0).bytes
    };
    let tagged = draw(None, true);
    assert_eq!(tagged, draw(Some("Ärzte – Song"), false));
    assert_eq!(draw(Some(""), true), draw(None, false));
    assert_ne!(tagged, draw(None, false));
}
