// SPDX-License-Identifier: MPL-2.0
//! Results that go downstream as tags.
use crate::rig::{Rig, Sound, field, music};
use gst::prelude::*;
use gst::tags::{Artist, ExtendedComment, ReferenceLevel, Title, TrackGain, TrackPeak};
use gstdrmeter::Loudness;

fn comments(list: &gst::TagList) -> Vec<String> {
    let all = list.iter_tag::<ExtendedComment>();
    all.map(|value| value.get().to_string()).collect()
}

fn upstream(comments: &[&str]) -> gst::Event {
    let mut list = gst::TagList::new();
    let writable = list.make_mut();
    writable.add::<Title>(&"Song", gst::TagMergeMode::Append);
    writable.add::<TrackGain>(&-99.0, gst::TagMergeMode::Append);
    for comment in comments {
        writable.add::<ExtendedComment>(comment, gst::TagMergeMode::Append);
    }
    gst::event::Tag::new(list)
}

#[test]
fn the_result_is_a_comment() {
    let sound = Sound::music(1, 20_000);
    let mut rig = Rig::new();
    rig.start(&sound.info);
    rig.play(&sound, 0, &[512]);
    rig.eos();
    let dr: i32 = field(&rig.result(), "dr");
    let [tags] = <[_; 1]>::try_from(rig.tags()).expect("one list");
    assert_eq!(comments(&tags), [format!("DYNAMIC RANGE={dr}")]);
    assert_eq!(tags.n_tags(), 1);
    assert_eq!(tags.scope(), gst::TagScope::Stream);
}

#[test]
fn tags_from_upstream_stay_and_an_old_value_goes() {
    let samples = music(1, 20_000);
    let sound = Sound::new(gst_audio::AUDIO_FORMAT_F32, 8000, 1, &samples);
    let mut rig = Rig::with(|e| e.set_property("loudness", Loudness::INTEGRATED));
    rig.start(&sound.info);
    rig.send(upstream(&[
        "MOOD=calm",
        "DYNAMIC RANGE=77",
        "dynamic range[en]=78",
        "DYNAMIC RANGE X=1",
    ]));
    let mut global = gst::TagList::new();
    global.make_mut().set_scope(gst::TagScope::Global);
    global
        .make_mut()
        .add::<Artist>(&"Somebody", gst::TagMergeMode::Append);
    rig.send(gst::event::Tag::new(global));
    rig.play(&sound, 0, &[512]);
    rig.eos();
    let result = rig.result();
    let tags = rig.tags().pop().unwrap();
    let ours = format!("DYNAMIC RANGE={}", field::<i32>(&result, "dr"));
    assert_eq!(comments(&tags), ["MOOD=calm", "DYNAMIC RANGE X=1", &ours]);
    assert_eq!(tags.get::<Title>().unwrap().get(), "Song");
    assert!(tags.get::<Artist>().is_none());
    let gain = -18.0 - field::<f64>(&result, "loudness-integrated");
    assert_eq!(tags.get::<TrackGain>().unwrap().get(), gain);
    assert_eq!(tags.size::<TrackGain>(), 1);
    assert_eq!(tags.get::<ReferenceLevel>().unwrap().get(), 89.0);
    let peak = 10f64.powf(field::<f64>(&result, "peak") / 20.0);
    assert!((tags.get::<TrackPeak>().unwrap().get() - peak).abs() < 1e-12);
}

#[test]
fn the_peak_is_the_true_one_where_it_is_measured() {
    let samples = music(1, 4 * 8000);
    let sound = Sound::new(gst_audio::AUDIO_FORMAT_F32, 8000, 1, &samples);
    let mut rig = Rig::with(|e| {
        e.set_property("loudness", Loudness::INTEGRATED | Loudness::TRUE_PEAK);
    });
    rig.start(&sound.info);
    rig.play(&sound, 0, &[512]);
    rig.eos();
    let peak = 10f64.powf(field::<f64>(&rig.result(), "true-peak") / 20.0);
    let tags = rig.tags().pop().unwrap();
    assert!((tags.get::<TrackPeak>().unwrap().get() - peak).abs() < 1e-12);
}

#[test]
fn tags_of_one_track_do_not_reach_the_next() {
    let sound = Sound::music(1, 9000);
    let mut rig = Rig::new();
    rig.start(&sound.info);
    rig.send(upstream(&["MOOD=calm"]));
    rig.play(&sound, 0, &[512]);
    rig.start(&sound.info);
    assert_eq!(comments(&rig.tags().pop().unwrap()).len(), 2);
    rig.play(&sound, 0, &[512]);
    rig.eos();
    assert_eq!(comments(&rig.tags().pop().unwrap()).len(), 1);
}

/// The action signal comes from any thread; its tags go out with the stream.
#[test]
fn tags_of_a_reset_go_with_what_comes_next() {
    let sound = Sound::music(1, 9000);
    let next: [fn(&mut Rig); 4] = [
        |rig| rig.push(Sound::music(2, 100).buffer(0..100, 9000)),
        |rig| rig.eos(),
        |rig| rig.send(gst::event::StreamStart::new("next")),
        |rig| rig.send(gst::event::Gap::new(gst::ClockTime::ZERO, None)),
    ];
    for (i, next) in next.into_iter().enumerate() {
        let mut rig = Rig::new();
        rig.start(&sound.info);
        rig.play(&sound, 0, &[512]);
        rig.element.emit_by_name::<()>("reset", &[]);
        assert!(rig.tags().is_empty());
        let dr: i32 = field(&rig.result(), "dr");
        next(&mut rig);
        let [tags] = <[_; 1]>::try_from(rig.tags()).unwrap_or_else(|t| panic!("{i}: {t:?}"));
        assert_eq!(comments(&tags), [format!("DYNAMIC RANGE={dr}")], "{i}");
    }
}

#[test]
fn no_tags_where_they_are_not_wanted_or_say_nothing() {
    let sound = Sound::music(1, 9000);
    for (sound, tags) in [(sound.clone(), false), (sound.silence(9000), true)] {
        let mut rig = Rig::with(|e| e.set_property("tags", tags));
        rig.start(&sound.info);
        rig.play(&sound, 0, &[512]);
        rig.eos();
        assert_eq!(rig.results().len(), 1);
        assert!(rig.tags().is_empty());
    }
}
