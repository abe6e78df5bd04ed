// SPDX-License-Identifier: MPL-2.0
//! Latency, and what is too late.
use super::rig::{INDEXED, Rig, floats, sine, time};

#[test]
fn half_a_transform_is_added_to_the_latency() {
    for (mode, size, wanted) in [
        ("live", "4800", 50),
        ("live", "480", 5),
        ("whole", "4800", 0),
    ] {
        let caps = format!("{INDEXED},width=60,height=60");
        let mut rig = Rig::new(&[("mode", mode), ("fft-size", size)], &caps);
        rig.harness
            .set_upstream_latency(gst::ClockTime::from_mseconds(20));
        rig.start(&floats(1));
        rig.push(&sine(1000.0, 0.5, 4800), 1, 0);
        let found = rig.harness.query_latency();
        assert_eq!(found, Some(gst::ClockTime::from_mseconds(20 + wanted)));
        let told = rig.messages(gst::MessageType::Latency).len();
        assert_eq!(told, usize::from(mode == "live"));
    }
}

#[test]
fn a_frame_leaves_as_soon_as_its_latency_is_over() {
    let caps = format!("{INDEXED},width=60,height=60,framerate=25/1");
    let mut rig = Rig::new(&[("fft-size", "4800")], &caps);
    rig.start(&floats(1));
    // Frame 1 is heard at sample 1920, and needs 2400 more.
    rig.push(&vec![0.0; 1920 + 2399], 1, 0);
    assert_eq!(rig.frames().len(), 1);
    rig.push(&[0.0, 0.0], 1, 1920 + 2399);
    assert_eq!(rig.frames().len(), 1);
}

#[test]
fn what_comes_too_late_is_not_drawn() {
    let caps = format!("{INDEXED},width=60,height=60,framerate=25/1");
    let mut rig = Rig::new(&[("fft-size", "256")], &caps);
    rig.start(&floats(1));
    rig.push(&sine(1000.0, 0.5, 48_000), 1, 0);
    let before = rig.frames().len();
    assert!((24..=25).contains(&before));
    // Downstream is half a second behind at 1 s: to catch up, nothing before 2 s is worth drawing.
    let late = gst::event::Qos::builder(gst::QOSType::Underflow, 2.0, 500_000_000)
        .timestamp(gst::ClockTime::SECOND)
        .build();
    assert!(rig.harness.push_upstream_event(late));
    rig.push(&sine(1000.0, 0.5, 96_000), 1, 48_000);
    let frames = rig.frames();
    assert!(
        frames[0].pts.unwrap() >= gst::ClockTime::from_mseconds(1960),
        "{:?}",
        frames[0].pts
    );
    // It has scrolled on all the same.
    assert!(frames[0].pts.unwrap() < gst::ClockTime::from_mseconds(2040));
    let messages = rig.messages(gst::MessageType::Qos);
    assert!((24..=26).contains(&messages.len()), "{}", messages.len());
    let gst::MessageView::Qos(message) = messages[0].view() else {
        unreachable!()
    };
    assert!(
        message
            .get()
            .3
            .is_some_and(|timestamp| timestamp >= time(47_000, 48_000))
    );
}
