// SPDX-License-Identifier: MPL-2.0
//! What is negotiated with downstream.
use super::rig::{INDEXED, Rig, floats, sine};
use gst::prelude::*;

const MODES: [&str; 2] = ["live", "whole"];

fn draw(mode: &str, caps: &str) -> (Rig, Vec<super::rig::Frame>) {
    let mut rig = Rig::new(&[("mode", mode), ("fft-size", "512")], caps);
    let frames = rig.run(&sine(1000.0, 0.5, 20_000), 1);
    (rig, frames)
}

#[test]
fn every_format_shows_the_same_colours() {
    for mode in MODES {
        let size = "width=301,height=203";
        let (_, indexed) = draw(mode, &format!("{INDEXED},{size}"));
        let indexed = indexed.last().unwrap();
        let (colours, _) = indexed.palette.as_chunks::<4>();
        for (format, order) in [
            ("BGRx", "bgr-"),
            ("RGBx", "rgb-"),
            ("xRGB", "-rgb"),
            ("xBGR", "-bgr"),
            ("BGRA", "bgra"),
            ("RGBA", "rgba"),
            ("ARGB", "argb"),
            ("ABGR", "abgr"),
            ("RGB", "rgb"),
            ("BGR", "bgr"),
        ] {
            let (_, frames) = draw(mode, &format!("video/x-raw,format={format},{size}"));
            let frame = frames.last().unwrap();
            for (row, indices) in frame.bytes.iter().zip(&indexed.bytes) {
                for (pixel, index) in row.chunks(order.len()).zip(indices) {
                    let [a, r, g, b] =
                        u32::from_ne_bytes(colours[usize::from(*index)]).to_be_bytes();
                    for (byte, part) in pixel.iter().zip(order.bytes()) {
                        let wanted = match part {
                            b'r' => r,
                            b'g' => g,
                            b'b' => b,
                            _ => a,
                        };
                        assert!(part == b'-' || *byte == wanted, "{format}");
                    }
                }
            }
        }
        // Of grey, the luma.
        let (_, frames) = draw(mode, &format!("video/x-raw,format=GRAY8,{size}"));
        let grey = &frames.last().unwrap().bytes;
        let word = u32::from_ne_bytes(colours[usize::from(indexed.bytes[0][0])]);
        let [_, r, g, b] = word.to_be_bytes().map(f64::from);
        let luma = 0.2126 * r + 0.7152 * g + 0.0722 * b;
        assert!((f64::from(grey[0][0]) - luma).abs() <= 0.51);
        let (_, frames) = draw(mode, &format!("video/x-raw,format=GRAY16_BE,{size}"));
        assert_eq!(frames.last().unwrap().bytes[0][..2], [grey[0][0]; 2]);
    }
}

#[test]
fn any_size_will_do() {
    for mode in MODES {
        for (width, height) in [
            (1, 1),
            (2, 500),
            (640, 1),
            (32_768, 8),
            (8, 32_768),
            (333, 77),
        ] {
            let (_, frames) = draw(
                mode,
                &format!("video/x-raw,format=BGRx,width={width},height={height}"),
            );
            let frame = frames.last().unwrap();
            assert_eq!((frame.width, frame.height), (width, height));
        }
    }
}

#[test]
fn what_downstream_leaves_open_is_chosen() {
    for (mode, width, height, rate) in [
        ("live", 640, 360, gst::Fraction::new(30, 1)),
        ("whole", 1280, 720, gst::Fraction::new(0, 1)),
    ] {
        let (rig, frames) = draw(mode, "video/x-raw");
        assert!(!frames.is_empty());
        let caps = rig
            .element
            .static_pad("src")
            .unwrap()
            .current_caps()
            .unwrap();
        let structure = caps.structure(0).unwrap();
        assert_eq!(structure.get::<i32>("width"), Ok(width));
        assert_eq!(structure.get::<i32>("height"), Ok(height));
        assert_eq!(structure.get::<gst::Fraction>("framerate"), Ok(rate));
        assert_eq!(structure.get::<&str>("format"), Ok("BGRx"));
    }
    let (rig, _) = draw("live", "video/x-raw,width=[100,200],framerate=[1/1,10/1]");
    let caps = rig
        .element
        .static_pad("src")
        .unwrap()
        .current_caps()
        .unwrap();
    let structure = caps.structure(0).unwrap();
    assert_eq!(structure.get::<i32>("width"), Ok(200));
    assert_eq!(
        structure.get::<gst::Fraction>("framerate"),
        Ok(gst::Fraction::new(10, 1))
    );
}

#[test]
fn what_downstream_does_not_take_is_an_error() {
    for mode in MODES {
        let mut rig = Rig::new(
            &[("mode", mode)],
            "video/x-raw,format=I420,width=100,height=100",
        );
        rig.start(&floats(1));
        let buffer = gst::Buffer::from_mut_slice(vec![0u8; 4096]);
        assert_eq!(rig.harness.push(buffer), Err(gst::FlowError::NotNegotiated));
        assert_eq!(rig.messages(gst::MessageType::Error).len(), 1);
    }
}

#[test]
fn downstream_may_change_its_mind_while_it_scrolls() {
    let mut rig = Rig::new(&[], &format!("{INDEXED},width=100,height=80"));
    rig.start(&floats(1));
    rig.push(&sine(1000.0, 0.5, 24_000), 1, 0);
    assert!(rig.frames().iter().all(|frame| frame.width == 100));
    rig.harness
        .set_sink_caps_str(&format!("{INDEXED},width=200,height=90"));
    rig.harness
        .push_upstream_event(gst::event::Reconfigure::new());
    rig.push(&sine(1000.0, 0.5, 24_000), 1, 24_000);
    let frames = rig.frames();
    assert!(!frames.is_empty() && frames.iter().all(|frame| frame.width == 200));
}

#[test]
fn events_come_in_order() {
    let mut rig = Rig::new(
        &[("mode", "whole")],
        &format!("{INDEXED},width=100,height=80"),
    );
    rig.run(&sine(1000.0, 0.5, 24_000), 1);
    let events = std::iter::from_fn(|| rig.harness.try_pull_event());
    let kinds: Vec<_> = events.map(|event| event.type_()).collect();
    let wanted = [
        gst::EventType::StreamStart,
        gst::EventType::Caps,
        gst::EventType::Segment,
        gst::EventType::Eos,
    ];
    assert_eq!(kinds, wanted);
}

#[test]
fn buffers_come_from_a_pool_and_go_back() {
    let mut rig = Rig::new(
        &[],
        "video/x-raw,format=BGRx,width=64,height=64,framerate=50/1",
    );
    rig.start(&floats(1));
    let mut addresses = std::collections::HashSet::new();
    for part in 0..100u64 {
        rig.push(&vec![0.0; 1024], 1, 1024 * part);
        while let Some(buffer) = rig.harness.try_pull() {
            addresses.insert(buffer.map_readable().unwrap().as_ptr() as usize);
        }
    }
    assert!(addresses.len() <= 3, "{}", addresses.len());
}
