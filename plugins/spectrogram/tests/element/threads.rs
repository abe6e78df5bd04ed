// SPDX-License-Identifier: MPL-2.0
//! Settings that change while frames flow.
use super::rig::{INDEXED, Rig, floats, sine};
use gst::prelude::*;
use std::sync::atomic::{AtomicBool, Ordering};

/// A whole number of transforms of every size.
const FRAMES: usize = 51_200;

fn rig() -> Rig {
    Rig::bare(
        "live",
        (100, 80),
        &[("fft-size", "512"), ("channels", "stacked")],
    )
}

#[test]
fn eight_threads_neither_wait_for_ever_nor_lose_a_frame() {
    let mut rig = rig();
    rig.start(&floats(2));
    let samples = sine(3000.0, 0.5, 2 * FRAMES);
    let stop = AtomicBool::new(false);
    let mut pushes = 0;
    std::thread::scope(|scope| {
        for thread in 0..8u32 {
            let (element, stop) = (rig.element.clone(), &stop);
            scope.spawn(move || {
                let mut round = thread;
                while !stop.load(Ordering::Relaxed) {
                    round = round.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    let pick = round >> 16;
                    match pick % 6 {
                        0 => element.set_property("fft-size", 16 + pick % 1000),
                        1 => element.set_property("range", 10.0 + f64::from(pick % 100)),
                        2 => element.set_property("overlap", f64::from(pick % 90) / 100.0),
                        3 => element.set_property("axes", pick & 8 != 0),
                        4 => element.set_property("title", format!("title {pick}")),
                        _ => {
                            let scale = ["linear", "log", "mel"][pick as usize / 8 % 3];
                            element.set_property_from_str("frequency-scale", scale);
                        }
                    }
                }
            });
        }
        for _ in 0..10 {
            rig.push(&samples, 2, (pushes * FRAMES) as u64);
            pushes += 1;
        }
        stop.store(true, Ordering::Relaxed);
    });
    rig.send(gst::event::Eos::new());
    let frames = rig.frames();
    let period = frames[0].duration.unwrap();
    assert!(frames.len() > 200, "{}", frames.len());
    for pair in frames.windows(2) {
        let step = pair[1].pts.unwrap() - pair[0].pts.unwrap();
        assert!(step.absdiff(period) <= gst::ClockTime::NSECOND, "{step}");
    }
}

/// What was set last is what is drawn in the end, by whomever it was prepared.
#[test]
fn the_last_setting_holds() {
    let last = |rig: &mut Rig| {
        rig.push(&sine(3000.0, 0.5, 2 * FRAMES), 2, FRAMES as u64);
        rig.frames().pop().unwrap()
    };
    let mut plain = rig();
    plain.start(&floats(2));
    plain.push(&sine(3000.0, 0.5, 2 * FRAMES), 2, 0);
    let expected = last(&mut plain);
    let mut rig = rig();
    rig.start(&floats(2));
    rig.push(&sine(3000.0, 0.5, 2 * FRAMES), 2, 0);
    std::thread::scope(|scope| {
        for size in [64u32, 128, 256, 1024] {
            let element = &rig.element;
            scope.spawn(move || element.set_property("fft-size", size));
        }
    });
    rig.element.set_property("gain", 20.0f64);
    let found = last(&mut rig);
    assert_ne!(found, expected);
    rig.element.set_property("gain", 0.0f64);
    rig.element.set_property("fft-size", 512u32);
    let found = last(&mut rig);
    assert_eq!(found.bytes, expected.bytes);
}

/// A setting that is what it was begins no new picture.
#[test]
fn the_same_setting_again_changes_nothing() {
    let picture = |again: bool| {
        let mut rig = rig();
        rig.start(&floats(1));
        rig.push(&sine(3000.0, 0.5, FRAMES), 1, 0);
        if again {
            rig.element.set_property("fft-size", 512u32);
            rig.element.set_property_from_str("channels", "stacked");
        }
        rig.push(&sine(6000.0, 0.5, FRAMES / 10), 1, FRAMES as u64);
        rig.frames().pop().unwrap()
    };
    assert_eq!(picture(true), picture(false));
}

#[test]
fn a_sync_handler_may_set_a_property() {
    gst::init().unwrap();
    let mut rig = Rig::new(
        &[("axes", "false")],
        &format!("{INDEXED},width=64,height=64"),
    );
    let bus = gst::Bus::new();
    let element = rig.element.downgrade();
    bus.set_sync_handler(move |_, message| {
        if let (gst::MessageView::Latency(_), Some(element)) = (message.view(), element.upgrade()) {
            element.set_property("fft-size", 256u32);
            element.set_property("title", "from the handler");
        }
        gst::BusSyncReply::Drop
    });
    rig.element.set_bus(Some(&bus));
    rig.start(&floats(1));
    rig.push(&sine(3000.0, 0.5, FRAMES), 1, 0);
    assert_eq!(rig.element.property::<u32>("fft-size"), 256);
    assert!(rig.frames().len() > 20);
    bus.unset_sync_handler();
}
