// SPDX-License-Identifier: MPL-2.0
//! Everything from everywhere at once.
use crate::rig::{Audio, Rig, bytes, doubles};
use gst::{glib, prelude::*};
use gstparaeq::{Kind, Phase};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// Numbers that look random, the same every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(99);
        (self.0 >> 33) % limit
    }
}

fn hammer(element: &gst::Element, seed: u64, stop: &AtomicBool) {
    let mut dice = Dice(seed);
    let proxy = element.dynamic_cast_ref::<gst::ChildProxy>().unwrap();
    let hz = glib::Bytes::from_owned(1000f64.to_ne_bytes().to_vec());
    let kinds = [
        Kind::Peak,
        Kind::LowShelf,
        Kind::HighPass,
        Kind::Notch,
        Kind::Tilt,
    ];
    while !stop.load(Ordering::Relaxed) {
        match dice.below(10) {
            0 => element.set_property("num-bands", 1 + dice.below(64) as u32),
            1 => element.set_property("config", "Filter 1: ON PK Fc 100 Hz Gain 3 dB Q 1\n"),
            2 => drop(element.emit_by_name::<gst::Structure>("get-response", &[&hz])),
            3 => element.set_property("bypass", dice.below(2) == 0),
            4 => element.set_property("preamp", -(dice.below(20) as f64)),
            5 => drop(element.property::<Option<String>>("config")),
            6 => element.set_property(
                "phase",
                [Phase::Minimum, Phase::Linear][dice.below(2) as usize],
            ),
            7 => element.set_property("fir-length", 64u32 << dice.below(6)),
            _ => {
                let index = dice.below(64) as u32;
                if let Some(band) = proxy.child_by_index(index) {
                    band.set_property("gain", dice.below(24) as f64 - 12.0);
                    band.set_property("freq", dice.below(30_000) as f64);
                    band.set_property("q", 0.1 + dice.below(100) as f64 / 10.0);
                    band.set_property("type", kinds[dice.below(5) as usize]);
                }
            }
        }
    }
}

#[test]
fn eight_threads_may_change_everything_while_audio_runs() {
    for phase in [Phase::Minimum, Phase::Linear] {
        let mut rig = Rig::with(|e| {
            e.set_property("phase", phase);
            e.set_property("fir-length", 256u32);
        });
        let audio = Audio::noise(2, 480);
        rig.start(&audio.info);
        let (element, stop) = (rig.element.clone(), AtomicBool::new(false));
        thread::scope(|scope| {
            for seed in 0..8 {
                let (element, stop) = (&element, &stop);
                scope.spawn(move || hammer(element, seed, stop));
            }
            let mut pushed = audio.buffer(0..480);
            for i in 0..400 {
                pushed
                    .make_mut()
                    .set_pts(gst::ClockTime::from_mseconds(10 * i));
                rig.harness.push(pushed.copy()).unwrap();
                while let Some(out) = rig.harness.try_pull() {
                    let finite = doubles(&bytes(&out)).iter().all(|x| x.is_finite());
                    assert!(finite, "buffer {i}");
                }
            }
            stop.store(true, Ordering::Relaxed);
        });
        assert!(rig.warnings().is_empty());
    }
}
