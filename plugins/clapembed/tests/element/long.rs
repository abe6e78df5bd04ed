// SPDX-License-Identifier: MPL-2.0
//! Two hours of audio take no more memory than twenty minutes.
use crate::rig::*;
use gst::prelude::*;

const SECONDS: i32 = 2 * 3600;

/// The most memory that this process has had, in kB.
#[cfg(target_os = "linux")]
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.and_then(|number| number.parse().ok()).unwrap()
}

#[test]
#[cfg(target_os = "linux")]
fn two_hours_take_the_memory_of_twenty_minutes() {
    let (element, _) = element(|e| {
        e.set_property("hop", 10_000_000_000_u64);
        e.set_property_from_str("aggregate", "median");
    });
    let pipeline = gst::Pipeline::new();
    let make = |name: &str| gst::ElementFactory::make(name).build().unwrap();
    let (source, filter, sink) = (make("audiotestsrc"), make("capsfilter"), make("fakesink"));
    source.set_property("num-buffers", SECONDS);
    source.set_property("samplesperbuffer", RATE as i32);
    source.set_property_from_str("wave", "ticks");
    filter.set_property("caps", mono().to_caps().unwrap());
    let elements = [&source, &filter, element.upcast_ref(), &sink];
    pipeline.add_many(elements).unwrap();
    gst::Element::link_many(elements).unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let (mut early, mut windows) = (0, 0);
    loop {
        let patience = gst::ClockTime::from_seconds(60);
        let message = pipeline
            .bus()
            .unwrap()
            .timed_pop(patience)
            .expect("it goes on");
        match message.view() {
            gst::MessageView::Element(result) => {
                let result = result.structure().unwrap();
                if text(result, "kind") == "aggregate" {
                    assert_eq!(field::<u64>(result, "windows"), SECONDS as u64 / 10);
                    continue;
                }
                windows += 1;
                if windows == 120 {
                    early = peak();
                }
            }
            gst::MessageView::Eos(_) => break,
            gst::MessageView::Error(error) => panic!("{error:?}"),
            _ => {}
        }
    }
    let late = peak();
    pipeline.set_state(gst::State::Null).unwrap();
    assert_eq!(windows, SECONDS / 10);
    // What the median keeps is 256 bytes per window.
    assert!(late < early + 4096, "{early} kB, then {late} kB");
}
