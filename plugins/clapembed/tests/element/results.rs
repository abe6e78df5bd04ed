// SPDX-License-Identifier: MPL-2.0
//! What comes out: which windows, which numbers, in which form.
use crate::rig::*;
use auris_clap::{Aggregate, Aggregation, Padding, Precision};
use gst::prelude::*;
use gstclapembed::ClapEmbed;

#[test]
fn windows_are_what_the_engine_makes_of_them() {
    let samples = music(1, 25 * RATE);
    let results = measure(&samples, |_| ());
    let expected = embed(samples.chunks(WINDOW));
    assert_eq!(windows(&results), expected);
    assert_eq!(results.len(), 4);
    for (index, result) in results[..3].iter().enumerate() {
        let begin = gst::ClockTime::from_seconds(10 * index as u64);
        let seconds = [10, 10, 5][index];
        assert_eq!(field::<u64>(result, "index"), index as u64);
        assert_eq!(field::<gst::ClockTime>(result, "stream-time"), begin);
        assert_eq!(field::<gst::ClockTime>(result, "running-time"), begin);
        let duration = gst::ClockTime::from_seconds(seconds);
        assert_eq!(field::<gst::ClockTime>(result, "duration"), duration);
        assert!(field::<u64>(result, "inference-time") > 0);
        let names: Vec<_> = result
            .fields()
            .take(3)
            .map(|name| name.to_string())
            .collect();
        assert_eq!(names, ["stream-time", "running-time", "duration"]);
    }
    let summary = summary(&results);
    let mut mean = Aggregate::new(Aggregation::Mean, 64);
    expected
        .iter()
        .for_each(|embedding| mean.add(embedding, 0.0));
    assert_eq!(embedding(summary), mean.value().unwrap());
    assert_eq!(text(summary, "reason"), "eos");
    assert_eq!(field::<u64>(summary, "windows"), 3);
    assert_eq!(field::<u64>(summary, "dropped"), 0);
    let duration = gst::ClockTime::from_seconds(25);
    assert_eq!(field::<gst::ClockTime>(summary, "duration"), duration);
    for time in ["mel-time", "inference-time"] {
        assert!(field::<u64>(summary, time) > 0, "{time}");
    }
}

#[test]
fn settings_cut_and_pad_as_they_say() {
    let samples = music(2, 12 * RATE);
    let ns = |seconds: f64| (seconds * 1e9) as u64;
    let seconds = |from: f64, to: f64| &samples[(from * 48e3) as usize..(to * 48e3) as usize];
    for (window, hop, tail, pad, expected) in [
        (
            10.0,
            5.0,
            "align",
            "repeatpad",
            vec![(0.0, 10.0), (2.0, 12.0)],
        ),
        (10.0, 5.0, "pad", "repeat", vec![(0.0, 10.0), (5.0, 12.0)]),
        (
            5.0,
            0.0,
            "pad",
            "pad",
            vec![(0.0, 5.0), (5.0, 10.0), (10.0, 12.0)],
        ),
        (
            2.5,
            4.0,
            "align",
            "repeatpad",
            vec![(0.0, 2.5), (4.0, 6.5), (8.0, 10.5), (9.5, 12.0)],
        ),
    ] {
        let results = measure(&samples, |e| {
            e.set_property("window", ns(window));
            e.set_property("hop", ns(hop));
            e.set_property_from_str("tail", tail);
            e.set_property_from_str("pad-mode", pad);
        });
        let padding = match pad {
            "pad" => Padding::Pad,
            "repeat" => Padding::Repeat,
            _ => Padding::RepeatPad,
        };
        let parts = expected.iter().map(|&(from, to)| seconds(from, to));
        let expected_windows = embed_with(&tiny(), Precision::F32, padding, parts);
        assert_eq!(
            windows(&results),
            expected_windows,
            "{window} {hop} {tail} {pad}"
        );
        for (result, (from, to)) in results.iter().zip(expected) {
            assert_eq!(
                field::<gst::ClockTime>(result, "stream-time").nseconds(),
                ns(from)
            );
            assert_eq!(
                field::<gst::ClockTime>(result, "duration").nseconds(),
                ns(to - from)
            );
        }
    }
}

#[test]
fn every_precision_and_a_fused_model_are_the_engines() {
    let samples = music(3, 11 * RATE);
    for (nick, precision) in [("bf16", Precision::Bf16), ("int8", Precision::Int8)] {
        let results = measure(&samples, |e| e.set_property_from_str("precision", nick));
        let parts = samples.chunks(WINDOW);
        let expected = embed_with(&tiny(), precision, Padding::RepeatPad, parts);
        assert_eq!(windows(&results), expected, "{nick}");
        assert_eq!(text(summary(&results), "precision"), nick);
    }
    let model = tiny_fused();
    let results = measure(&samples, |e| {
        e.set_property("model", model.to_str().unwrap())
    });
    let parts = samples.chunks(WINDOW);
    let expected = embed_with(&model, Precision::F32, Padding::RepeatPad, parts);
    assert_eq!(windows(&results), expected);
}

#[test]
fn aggregates_are_the_engines() {
    // Loud, then quiet, then silent.
    let mut samples = music(4, 22 * RATE);
    samples[WINDOW..].iter_mut().for_each(|x| *x *= 0.1);
    samples[2 * WINDOW..].fill(0.0);
    let parts: Vec<&[f32]> = samples.chunks(WINDOW).collect();
    let embeddings = embed(parts.iter().copied());
    for (nick, kind) in [
        ("mean", Aggregation::Mean),
        ("weighted", Aggregation::Weighted),
        ("robust", Aggregation::Robust),
        ("median", Aggregation::Median),
    ] {
        let results = measure(&samples, |e| e.set_property_from_str("aggregate", nick));
        let mut aggregate = Aggregate::new(kind, 64);
        for (embedding, part) in embeddings.iter().zip(&parts) {
            let energy = part.iter().map(|&x| f64::from(x).powi(2)).sum();
            aggregate.add(embedding, energy);
        }
        let found = embedding(summary(&results));
        let off = 1.0 - cosine(&found, &aggregate.value().unwrap());
        assert!(off.abs() < 1e-7, "{nick}: {off:e}");
        assert_eq!(text(summary(&results), "aggregate"), nick);
    }
}

#[test]
fn what_is_emitted_is_what_was_asked_for() {
    let samples = music(5, 12 * RATE);
    let kinds = |set: &dyn Fn(&ClapEmbed)| {
        let results = measure(&samples, set);
        let kinds = results.iter().map(|s| text(s, "kind"));
        kinds.collect::<Vec<_>>().join(" ")
    };
    let emit = |nick: &'static str| move |e: &ClapEmbed| e.set_property_from_str("emit", nick);
    assert_eq!(kinds(&emit("both")), "window window aggregate");
    assert_eq!(kinds(&emit("windows")), "window window");
    assert_eq!(kinds(&emit("aggregate")), "aggregate");
    let none = |e: &ClapEmbed| e.set_property_from_str("aggregate", "none");
    assert_eq!(kinds(&none), "window window");
    assert_eq!(
        kinds(&|e: &ClapEmbed| e.set_property("post-messages", false)),
        ""
    );
}

#[test]
fn last_result_tells_of_the_stream_that_ended() {
    let samples = music(6, 12 * RATE);
    let mut rig = Rig::with(|e| {
        e.set_property("post-messages", false);
        e.set_property("send-events", false);
    });
    rig.start(&mono());
    rig.play(&samples, 0, &[RATE]);
    assert!(rig.last_result().is_none());
    rig.eos();
    let result = rig.last_result().unwrap();
    assert_eq!(field::<u64>(&result, "windows"), 2);
    assert_eq!(embedding(&result).len(), 64);
    let none = measure(&[], |_| ());
    assert!(none.is_empty(), "no audio, no result");
}

#[test]
fn events_and_metas_carry_the_same() {
    let samples = music(7, 22 * RATE);
    let mut rig = Rig::with(|e| {
        e.set_property("attach-meta", true);
        e.set_property("threads", 1_u32);
        // One window at a time: when the third comes, the first has gone.
        e.set_property("queue-seconds", 10_u32);
    });
    rig.start(&mono());
    let mut attached = Vec::new();
    for (i, part) in samples.chunks(RATE).enumerate() {
        let pushed = buffer(part, i * RATE);
        let kept = pushed.clone();
        rig.harness.push(pushed).unwrap();
        let pulled = rig.harness.pull().unwrap();
        assert_eq!(pulled.pts(), kept.pts());
        let same_memory = pulled.peek_memory(0).as_ptr() == kept.peek_memory(0).as_ptr();
        assert!(same_memory, "the copy is shallow");
        assert!(kept.iter_meta::<gst::Meta>().next().is_none());
        if let Ok(meta) = gst::meta::CustomMeta::from_buffer(&pulled, "AurisClapEmbedMeta") {
            attached.push(embedding(meta.structure()));
        }
    }
    rig.eos();
    let results = rig.results();
    let events = rig.events();
    let events = events.iter().filter_map(|event| match event.view() {
        gst::EventView::CustomDownstream(event) => event.structure().map(ToOwned::to_owned),
        _ => None,
    });
    let events: Vec<gst::Structure> = events.collect();
    assert_eq!(events.len(), 4);
    assert_eq!(windows(&events), windows(&results));
    assert_eq!(embedding(&events[3]), embedding(&results[3]));
    assert!(!attached.is_empty());
    assert_eq!(attached[..], windows(&results)[..attached.len()]);
}

#[test]
fn numbers_come_as_bytes_or_as_a_list() {
    let samples = music(8, 3 * RATE);
    let form = |nick: &str| {
        let mut results = measure(&samples, |e| e.set_property_from_str("message-data", nick));
        results.remove(0)
    };
    let (bytes, list, both) = (form("bytes"), form("list"), form("both"));
    assert!(!bytes.has_field("embedding-list") && !list.has_field("embedding"));
    let array: gst::Array = field(&list, "embedding-list");
    let numbers: Vec<f32> = array.iter().map(|x| x.get().unwrap()).collect();
    assert_eq!(numbers, embedding(&bytes));
    assert_eq!(embedding(&both), embedding(&bytes));
    assert!(both.has_field("embedding-list"));
}
