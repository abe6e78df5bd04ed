// SPDX-License-Identifier: MPL-2.0
//! Properties are set from many threads while audio runs.
use crate::rig::{Reading, Rig};
use crate::signals::{Audio, F32, Kind};
use gst::prelude::*;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether a result is of one piece: as many bands as belong to its interval.
fn check(reading: &Reading) {
    let rows = reading.magnitude.iter().chain(&reading.phase);
    let bands: Vec<usize> = rows.map(Vec::len).collect();
    assert!(bands.iter().all(|row| *row == bands[0]));
    let values = reading.magnitude.iter().flatten();
    assert!(values.into_iter().all(|x| (-90.0..=0.0).contains(x)));
}

#[test]
fn eight_threads_neither_wait_for_ever_nor_tear_a_result() {
    let audio = Audio::kind(Kind::Music, F32, 48_000, 2, 48_000);
    let mut rig = Rig::new("interval=10000000");
    rig.start(&audio);
    let stop = AtomicBool::new(false);
    let mut results = 0;
    std::thread::scope(|scope| {
        for thread in 0..8u32 {
            let (element, stop) = (rig.element.clone(), &stop);
            scope.spawn(move || {
                let mut round = thread;
                while !stop.load(Ordering::Relaxed) {
                    round = round.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    let pick = round >> 16;
                    match pick % 8 {
                        0 => element.set_property("bands", 2 + pick % 300),
                        1 => element.set_property("interval", 1_000_000 + u64::from(pick) * 100),
                        2 => element.set_property("threshold", -90 + (pick % 60) as i32),
                        3 => element.set_property("multi-channel", pick & 8 != 0),
                        4 => element.set_property("message-phase", pick & 8 != 0),
                        5 => element.set_property("message-magnitude", pick & 8 != 0),
                        6 => element.set_property_from_str(
                            "message-data",
                            ["list", "bytes", "both"][pick as usize % 3],
                        ),
                        _ => {
                            let last: Option<gst::Structure> = element.property("last-result");
                            if let Some(last) = last {
                                check(&Reading::new(&last));
                            }
                        }
                    }
                }
            });
        }
        for _ in 0..10 {
            rig.play(&audio, 480);
            for result in rig.results() {
                check(&result);
                results += 1;
            }
        }
        stop.store(true, Ordering::Relaxed);
    });
    // In the end, what was set last holds.
    rig.element.set_property("message-magnitude", true);
    rig.element.set_property_from_str("message-data", "list");
    rig.element.set_property("multi-channel", false);
    rig.element.set_property("interval", 10_000_000u64);
    rig.element.set_property("bands", 77u32);
    rig.play(&audio, 480);
    let last = rig.results();
    assert_eq!(last.len(), 100);
    assert!(last.iter().all(|result| result.magnitude[0].len() == 77));
    assert!(results > 100, "{results}");
}
