// SPDX-License-Identifier: MPL-2.0
//! What goes through its pads comes out as it went in.
use crate::player::{player, record};
use gst::prelude::*;

#[test]
fn everything_comes_out_as_it_does_without_us() {
    let play = |through: bool| {
        let player = player("max-size-bytes=600000", through, false)?;
        let source = if through {
            &player.element
        } else {
            &player.demuxer
        };
        let recorded = record(source);
        player.play();
        player.wait(|message| message.type_() == gst::MessageType::Eos);
        let buffers = std::mem::take(&mut *recorded.lock().unwrap());
        Some(buffers)
    };
    let (Some(alone), Some(through)) = (play(false), play(true)) else {
        return;
    };
    assert!(alone.len() > 100, "{}", alone.len());
    assert!(alone == through);
}

#[test]
fn pads_come_in_pairs_and_go_in_pairs() {
    gst::init().unwrap();
    let element: gst::Element = gsthlsbufcap::HlsBufCap::new().upcast();
    let third = element.request_pad_simple("sink_3").unwrap();
    let first = element.request_pad_simple("sink_%u").unwrap();
    assert_eq!(
        (third.name(), first.name()),
        ("sink_3".into(), "sink_0".into())
    );
    assert!(element.static_pad("src_3").is_some() && element.static_pad("src_0").is_some());
    let links: Vec<gst::Pad> = third
        .iterate_internal_links()
        .into_iter()
        .flatten()
        .collect();
    assert_eq!(links, [element.static_pad("src_3").unwrap()]);
    element.release_request_pad(&third);
    assert!(element.static_pad("src_3").is_none());
    assert_eq!(element.pads().len(), 2);
}

#[test]
fn data_caps_events_and_queries_pass_without_a_copy() {
    gst::init().unwrap();
    let element: gst::Element = gsthlsbufcap::HlsBufCap::new().upcast();
    let mut harness = gst_check::Harness::with_element(&element, Some("sink_0"), Some("src_0"));
    harness.set_src_caps_str("application/x-anything,number=(int)3");
    let buffer = gst::Buffer::from_slice([1u8, 2, 3]);
    let address = buffer.as_ptr();
    harness.push(buffer).unwrap();
    assert_eq!(harness.pull().unwrap().as_ptr(), address);
    let caps = harness.sinkpad().unwrap().current_caps().unwrap();
    assert_eq!(caps.structure(0).unwrap().get::<i32>("number"), Ok(3));
    assert_eq!(harness.query_latency(), Some(gst::ClockTime::ZERO));
    harness.push_event(gst::event::Eos::new());
    assert_eq!(harness.events_received(), 4);
}
