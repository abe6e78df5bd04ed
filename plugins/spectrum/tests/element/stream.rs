// SPDX-License-Identifier: MPL-2.0
//! What can happen to a stream, and how results reach who wants them.
use crate::rig::{Reading, Rig};
use crate::signals::{Audio, F32, Kind};
use gst::prelude::*;

fn floats(bytes: &gst::glib::Bytes) -> Vec<f32> {
    let chunks = bytes.as_chunks::<4>().0.iter();
    chunks.map(|chunk| f32::from_le_bytes(*chunk)).collect()
}

#[test]
fn a_flush_leaves_nothing_behind() {
    let audio = Audio::kind(Kind::Noise, F32, 48_000, 2, 4000);
    let quiet = Audio::of(F32, 48_000, 2, 9600, |_, _| 0.0);
    // Frames that lie side by side, and frames that reach back.
    for properties in ["bands=20", "bands=8193 interval=50000000"] {
        let mut rig = Rig::new(properties);
        rig.start(&audio);
        rig.play(&audio, 1000);
        rig.send(gst::event::FlushStart::new());
        rig.send(gst::event::FlushStop::new(true));
        let segment = gst::FormattedSegment::<gst::ClockTime>::new();
        rig.send(gst::event::Segment::new(&segment));
        rig.results();
        rig.play(&quiet, 1000);
        let results = rig.results();
        assert!(!results.is_empty());
        assert_eq!(results[0].timestamp(), 0);
        for result in results {
            assert!(result.magnitude[0].iter().all(|x| *x == -60.0));
        }
    }
}

#[test]
fn a_gap_is_silence_as_long_as_it_says() {
    let audio = Audio::kind(Kind::Noise, F32, 48_000, 1, 9600);
    let mut rig = Rig::new("");
    rig.start(&audio);
    rig.play(&audio, 1000);
    let gap = gst::event::Gap::builder(gst::ClockTime::from_mseconds(200))
        .duration(gst::ClockTime::from_mseconds(350));
    rig.send(gap.build());
    let mut more = audio.buffer(0..9600);
    more.make_mut().set_pts(gst::ClockTime::from_mseconds(550));
    rig.push(more);
    let results = rig.results();
    let times: Vec<_> = results.iter().map(|r| r.timestamp() / 1_000_000).collect();
    assert_eq!(times, [0, 100, 200, 300, 400, 500, 600]);
    let is_quiet = |r: &Reading| r.magnitude[0].iter().all(|x| *x == -60.0);
    let quiet: Vec<bool> = results.iter().map(is_quiet).collect();
    assert_eq!(quiet, [false, false, true, true, true, false, false]);
}

#[test]
fn a_gap_without_end_ends() {
    let audio = Audio::kind(Kind::Noise, F32, 8000, 1, 800);
    let mut rig = Rig::new("interval=3600000000000 bands=3");
    rig.start(&audio);
    let gap = gst::event::Gap::builder(gst::ClockTime::ZERO).duration(gst::ClockTime::MAX);
    rig.send(gap.build());
    let messages: Vec<_> = std::iter::from_fn(|| rig.bus.pop()).collect();
    let of = |kind| messages.iter().filter(|m| m.type_() == kind).count();
    assert_eq!(of(gst::MessageType::Warning), 1);
    assert_eq!(of(gst::MessageType::Element), 24);
}

#[test]
fn bytes_say_what_lists_say() {
    for (properties, rows) in [("", 1), ("multi-channel=true", 2)] {
        let audio = Audio::kind(Kind::Music, F32, 48_000, 2, 48_000);
        let mut rig = Rig::new(properties);
        rig.element.set_property("message-phase", true);
        rig.element.set_property_from_str("message-data", "both");
        rig.start(&audio);
        rig.play(&audio, 1000);
        let messages: Vec<_> = std::iter::from_fn(|| rig.bus.pop()).collect();
        let messages = messages
            .iter()
            .filter(|m| m.type_() == gst::MessageType::Element);
        let mut results = 0;
        for message in messages {
            let structure = message.structure().unwrap();
            let reading = Reading::new(structure);
            let bytes = |name| floats(&structure.get::<gst::glib::Bytes>(name).unwrap());
            assert_eq!(bytes("magnitude-data"), reading.magnitude.concat());
            assert_eq!(bytes("phase-data"), reading.phase.concat());
            assert_eq!(structure.get("rows"), Ok(rows as u32));
            assert_eq!(structure.get("bands"), Ok(128u32));
            assert_eq!(structure.get("rate"), Ok(48_000));
            // Once.
            assert_eq!(structure.has_field("frequencies"), results == 0);
            if results == 0 {
                let frequencies = bytes("frequencies");
                assert_eq!((frequencies[0], frequencies[127]), (0.0, 24_000.0));
            }
            results += 1;
        }
        assert_eq!(results, 10);
        // After a change of bands, once more.
        rig.element.set_property("bands", 20u32);
        rig.element.set_property_from_str("message-data", "bytes");
        rig.play(&audio, 1000);
        let first = rig.bus.pop().unwrap();
        let structure = first.structure().unwrap();
        assert!(structure.has_field("frequencies") && !structure.has_field("magnitude"));
        let bytes = structure.get::<gst::glib::Bytes>("magnitude-data");
        assert_eq!(bytes.unwrap().len(), 20 * rows * 4);
    }
}

#[test]
fn the_last_result_is_kept() {
    let audio = Audio::kind(Kind::Music, F32, 48_000, 1, 20_000);
    let mut rig = Rig::new("message-data=both");
    let last = |rig: &Rig| {
        rig.element
            .property::<Option<gst::Structure>>("last-result")
    };
    assert!(last(&rig).is_none());
    rig.start(&audio);
    rig.play(&audio, 1000);
    let results = rig.results();
    let kept = last(&rig).unwrap();
    let reading = Reading::new(&kept);
    assert_eq!(reading.times, results[3].times);
    assert_eq!(reading.magnitude, results[3].magnitude);
    assert!(kept.has_field("frequencies"));
    // Beyond the end of the stream and of the element's life on it.
    rig.send(gst::event::Eos::new());
    rig.element.set_state(gst::State::Null).unwrap();
    assert_eq!(last(&rig), Some(kept));
    rig.element.set_state(gst::State::Paused).unwrap();
    assert!(last(&rig).is_none());
}

#[test]
fn whoever_keeps_messages_keeps_their_values() {
    let audio = Audio::kind(Kind::Music, F32, 48_000, 1, 48_000);
    let mut rig = Rig::new("interval=10000000 bands=64");
    rig.start(&audio);
    let mut kept = Vec::new();
    let mut then = Vec::new();
    for buffer in audio.cut(&[1000]) {
        rig.push(buffer);
        for message in std::iter::from_fn(|| rig.bus.pop()) {
            if message.type_() == gst::MessageType::Element {
                then.push(Reading::new(message.structure().unwrap()));
                kept.push(message);
            }
        }
    }
    assert_eq!(kept.len(), 100);
    let now: Vec<_> = kept
        .iter()
        .map(|message| Reading::new(message.structure().unwrap()))
        .collect();
    assert_eq!(now, then);
}

#[test]
fn messages_are_used_again() {
    let audio = Audio::kind(Kind::Music, F32, 48_000, 2, 48_000);
    for properties in [
        "",
        "multi-channel=true message-phase=true message-data=both",
    ] {
        let mut rig = Rig::new(properties);
        rig.start(&audio);
        let mut seen = std::collections::HashSet::new();
        for buffer in audio.cut(&[4800]) {
            rig.push(buffer);
            for message in std::iter::from_fn(|| rig.bus.pop()) {
                if message.type_() == gst::MessageType::Element {
                    seen.insert(message.as_ptr() as usize);
                }
            }
        }
        // One that brings the frequencies may be beside it.
        assert!((1..=2).contains(&seen.len()), "{}", seen.len());
    }
}

#[test]
fn too_many_bands_are_refused_in_words() {
    let audio = Audio::kind(Kind::Music, F32, 48_000, 2, 4800);
    let mut rig = Rig::new("");
    rig.start(&audio);
    rig.element.set_property("bands", 1u32 << 30);
    rig.play(&audio, 1000);
    let messages: Vec<_> = std::iter::from_fn(|| rig.bus.pop()).collect();
    let of = |kind| messages.iter().filter(|m| m.type_() == kind).count();
    assert_eq!(of(gst::MessageType::Warning), 1);
    assert_eq!(of(gst::MessageType::Element), 1, "as before");
}

#[test]
fn results_wait_for_their_time_where_asked() {
    gst::init().unwrap();
    let pipeline = gst::parse::launch(
        "audiotestsrc num-buffers=40 samplesperbuffer=1024 ! audio/x-raw,format=F32LE,rate=48000 \
         ! identity name=in ! fakesink sync=true",
    );
    let pipeline = pipeline.unwrap().downcast::<gst::Pipeline>().unwrap();
    let element = crate::rig::ours();
    element.set_property("sync", true);
    element.set_property("interval", 200_000_000u64);
    let identity = pipeline.by_name("in").unwrap();
    let sink = pipeline.iterate_sinks().next().unwrap().unwrap();
    gst::Element::unlink(&identity, &sink);
    pipeline.add(&element).unwrap();
    gst::Element::link_many([&identity, &element, &sink]).unwrap();
    // All of it is through before the clock starts: 850 ms ahead of a sink that waits.
    sink.set_property("sync", false);
    pipeline.set_state(gst::State::Playing).unwrap();
    let bus = pipeline.bus().unwrap();
    let patience = gst::ClockTime::from_seconds(20);
    let mut seen = 0;
    while seen < 4 {
        let wanted = [gst::MessageType::Element, gst::MessageType::Error];
        let message = bus.timed_pop_filtered(patience, &wanted).expect("a result");
        let reading = Reading::new(message.structure().unwrap());
        let now = pipeline.current_running_time().unwrap();
        let end = gst::ClockTime::from_nseconds(reading.times[3] + reading.times[4]);
        assert!(now >= end, "the result of {end} came at {now}");
        seen += 1;
    }
    pipeline.set_state(gst::State::Null).unwrap();
}

/// Upstream would only say that something was not negotiated.
#[test]
fn audio_that_cannot_be_analysed_is_an_error_that_says_why() {
    let audio = Audio::kind(Kind::Music, F32, 44_100, 1, 1000);
    let mut rig = Rig::new("preset=whisper features=mel");
    assert!(
        rig.harness
            .push_event(gst::event::StreamStart::new("track"))
    );
    let caps = audio.info.to_caps().unwrap();
    rig.harness.push_event(gst::event::Caps::new(&caps));
    let message = rig.bus.pop_filtered(&[gst::MessageType::Error]).unwrap();
    let gst::MessageView::Error(error) = message.view() else {
        panic!("{message:?}")
    };
    let said = error.error().to_string();
    assert!(
        said.contains("whisper") && said.contains("16000 Hz"),
        "{said}"
    );
}

#[test]
fn what_is_refused_is_an_error_once() {
    let mut rig = Rig::new("preset=kaldi features=mfcc");
    rig.harness
        .push_event(gst::event::StreamStart::new("track"));
    let offer = |rig: &mut Rig, rate: u32| {
        let caps = Audio::kind(Kind::Music, F32, rate, 1, 10).info.to_caps();
        rig.harness
            .push_event(gst::event::Caps::new(&caps.unwrap()));
    };
    let errors = |rig: &Rig| {
        let messages = std::iter::from_fn(|| rig.bus.pop());
        messages
            .filter(|m| m.type_() == gst::MessageType::Error)
            .count()
    };
    (0..4).for_each(|_| offer(&mut rig, 1));
    assert_eq!(errors(&rig), 1);
    offer(&mut rig, 16_000);
    assert_eq!(errors(&rig), 0);
    offer(&mut rig, 1);
    assert_eq!(errors(&rig), 1);
}
