// SPDX-License-Identifier: MPL-2.0
//! The element among others.
use crate::rig::{field, result_of};
use gst::prelude::*;
use gstdrmeter::DrMeter;

const PATIENCE: gst::ClockTime = gst::ClockTime::from_seconds(60);

/// `source ! drmeter ! fakesink`.
fn pipeline(source: &str, sink: &str) -> (gst::Pipeline, DrMeter) {
    gst::init().unwrap();
    let pipeline = gst::Pipeline::new();
    let source = gst::parse::bin_from_description(source, true).unwrap();
    let sink = gst::parse::bin_from_description(sink, true).unwrap();
    let meter = DrMeter::new();
    let elements = [
        source.upcast_ref::<gst::Element>(),
        meter.upcast_ref(),
        sink.upcast_ref(),
    ];
    pipeline.add_many(elements).unwrap();
    gst::Element::link_many(elements).unwrap();
    (pipeline, meter)
}

/// Runs until a message of one of these types and returns the results seen.
fn wait_for(pipeline: &gst::Pipeline, types: &[gst::MessageType]) -> Vec<gst::Structure> {
    let bus = pipeline.bus().unwrap();
    let mut results = Vec::new();
    loop {
        let message = bus.timed_pop(PATIENCE).expect("the pipeline hangs");
        if let gst::MessageView::Error(error) = message.view() {
            panic!("{error:?}");
        }
        results.extend(result_of(&message));
        if types.contains(&message.type_()) {
            return results;
        }
    }
}

fn set_state(pipeline: &gst::Pipeline, state: gst::State) {
    pipeline.set_state(state).unwrap();
    let (change, _, _) = pipeline.state(PATIENCE);
    change.unwrap();
}

const SAW: &str = "audiotestsrc wave=saw samplesperbuffer=441 num-buffers=1000 ! \
                     audio/x-raw,rate=44100,channels=2,format=S16LE ! identity";

#[test]
fn a_flushing_seek_measures_from_there() {
    let (pipeline, _) = pipeline(SAW, "fakesink");
    set_state(&pipeline, gst::State::Paused);
    let flags = gst::SeekFlags::FLUSH | gst::SeekFlags::ACCURATE;
    pipeline
        .seek_simple(flags, 4 * gst::ClockTime::SECOND)
        .unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let results = wait_for(&pipeline, &[gst::MessageType::Eos]);
    set_state(&pipeline, gst::State::Null);
    let [result] = &results[..] else {
        panic!("one result: {results:?}")
    };
    assert_eq!(
        field::<gst::ClockTime>(result, "stream-time"),
        4 * gst::ClockTime::SECOND
    );
    assert_eq!(
        field::<gst::ClockTime>(result, "running-time"),
        gst::ClockTime::ZERO
    );
}

#[test]
fn reset_while_paused() {
    let (pipeline, meter) = pipeline(SAW, "fakesink");
    set_state(&pipeline, gst::State::Paused);
    meter.emit_by_name::<()>("reset", &[]);
    pipeline.set_state(gst::State::Playing).unwrap();
    let results = wait_for(&pipeline, &[gst::MessageType::Eos]);
    set_state(&pipeline, gst::State::Null);
    let reasons: Vec<String> = results.iter().map(|r| field(r, "reason")).collect();
    assert_eq!(reasons, ["reset", "eos"]);
    let frames: u64 = results.iter().map(|r| field::<u64>(r, "frames")).sum();
    assert_eq!(frames, 441_000);
}

#[test]
fn a_hundred_lives() {
    let source = "audiotestsrc samplesperbuffer=100 ! audio/x-raw,rate=8000,channels=1 ! identity";
    let (pipeline, meter) = pipeline(source, "fakesink");
    for life in 0..100 {
        pipeline.set_state(gst::State::Playing).unwrap();
        if life % 3 == 0 {
            pipeline.state(PATIENCE).0.unwrap();
            let result: Option<gst::Structure> = meter.property("last-result");
            assert!(result.is_none());
        }
        set_state(&pipeline, gst::State::Null);
        if life % 3 == 0 {
            let result: Option<gst::Structure> = meter.property("last-result");
            assert_eq!(field::<String>(&result.unwrap(), "reason"), "stop");
        }
    }
}

#[test]
fn gapless_files_are_measured_one_by_one() {
    let part = |wave: &str, buffers: u32| {
        format!(
            "audiotestsrc wave={wave} samplesperbuffer=1000 num-buffers={buffers} ! \
             audio/x-raw,rate=8000,channels=1,format=S16LE ! c. "
        )
    };
    let source = format!(
        "concat name=c ! identity {} {}",
        part("square", 40),
        part("sine", 24)
    );
    let (pipeline, _) = pipeline(&source, "fakesink");
    pipeline.set_state(gst::State::Playing).unwrap();
    let results = wait_for(&pipeline, &[gst::MessageType::Eos]);
    set_state(&pipeline, gst::State::Null);
    // What concat sends between its inputs is its affair: STREAM_START it may keep to itself.
    let frames: u64 = results.iter().map(|r| field::<u64>(r, "frames")).sum();
    assert_eq!(frames, 64_000);
}

#[test]
fn planes_of_a_real_element() {
    let converted = |layout: &str| {
        let source =
            format!("{SAW} ! audioconvert ! audio/x-raw,format=F32LE,layout={layout} ! identity");
        let (pipeline, _) = pipeline(&source, "fakesink");
        pipeline.set_state(gst::State::Playing).unwrap();
        let mut results = wait_for(&pipeline, &[gst::MessageType::Eos]);
        set_state(&pipeline, gst::State::Null);
        results.pop().unwrap()
    };
    let (planes, interleaved) = (converted("non-interleaved"), converted("interleaved"));
    let precise = |s: &gst::StructureRef| field::<f64>(s, "precise");
    assert!((precise(&planes) - precise(&interleaved)).abs() < 1e-9);
}
