// SPDX-License-Identifier: MPL-2.0
//! A rolling measurement: the latest part of an endless stream.
use crate::rig::{BLOCK, RATE, Rig, Sound, field, measure, music, time_of, times, values};
use gst::prelude::*;
use gstdrmeter::{Dialect, DrMeter};

fn window(blocks: usize) -> impl Fn(&DrMeter) {
    move |e| e.set_property("window", time_of(blocks * BLOCK, RATE))
}

#[test]
fn a_window_shows_the_latest_blocks_where_they_are() {
    let sound = Sound::music(1, 40 * BLOCK + 500);
    let result = measure(&sound, window(10));
    let kept = 10 * BLOCK + 500;
    let first = sound.frames() - kept;
    let latest = Sound {
        bytes: sound.bytes[first * 8..].to_vec(),
        ..sound.clone()
    };
    let mut rig = Rig::new();
    rig.start(&latest.info);
    rig.play(&latest, first, &[512]);
    rig.eos();
    let expected = rig.result();
    for name in ["stream-time", "running-time", "duration", "frames"] {
        assert_eq!(
            field::<u64>(&result, name),
            field::<u64>(&expected, name),
            "{name}"
        );
    }
    assert_eq!(
        field::<f64>(&result, "precise"),
        field::<f64>(&expected, "precise")
    );
    let peaks = times(&expected, "channel-peak-time");
    assert_eq!(times(&result, "channel-peak-time"), peaks);
}

#[test]
fn blocks_of_tt_in_a_window_are_where_they_are() {
    // One block that is louder than all others, which begins a block of both grids: frame 0 of
    // every 751st block of `foobar` is too far away, so seek it by `tt`'s own length.
    let mut samples: Vec<f64> = music(1, 30 * 3000).iter().map(|x| 0.1 * x).collect();
    for x in &mut samples[24 * 3000..25 * 3000] {
        *x *= 10.0;
    }
    let sound = Sound::floats(1, &samples);
    let result = measure(&sound, |e| {
        window(8)(e);
        e.set_property("dialect", Dialect::Tt);
    });
    let lists: gst::Array = field(&result, "channel-loud-times");
    let first: gst::Array = lists[0].get().unwrap();
    let loud: Vec<u64> = first.iter().map(|v| v.get().unwrap()).collect();
    assert_eq!(loud, [time_of(24 * 3000, RATE).nseconds()]);
}

#[test]
fn a_window_keeps_its_size_for_ever() {
    let sound = Sound::music(1, BLOCK);
    let mut rig = Rig::with(window(4));
    rig.start(&sound.info);
    for i in 0..50 {
        rig.play(&sound, i * BLOCK, &[1000]);
    }
    let day = gst::ClockTime::from_seconds(24 * 3600);
    rig.send(gst::event::Gap::new(time_of(50 * BLOCK, RATE), day));
    let gap = rig.element.clone();
    gap.emit_by_name::<()>("reset", &[]);
    let result = rig.result();
    let frames: u64 = field(&result, "frames");
    assert!(
        (4 * BLOCK..6 * BLOCK).contains(&(frames as usize)),
        "{frames}"
    );
    let measurement = rig.element.take_measurement().unwrap();
    assert_eq!(measurement.frames(), frames);
}

/// What a quiet end may give back must not be more than the window still has.
#[test]
fn a_quiet_end_longer_than_the_window() {
    let loud = Sound::music(1, 5 * BLOCK);
    for quiet in [2 * BLOCK, 4 * BLOCK, 30 * BLOCK] {
        let sound = loud.then(&loud.silence(quiet));
        let result = measure(&sound, |e| {
            window(3)(e);
            e.set_property("edge-trim", true);
        });
        let frames: u64 = field(&result, "frames");
        assert!(frames as usize <= 5 * BLOCK, "{quiet}: {frames}");
        // Music where the window still holds some, else nothing.
        assert_eq!(
            result.has_field("dr"),
            quiet == 2 * BLOCK,
            "{quiet}: {result}"
        );
    }
    let all = measure(&loud, window(1000));
    assert_eq!(values(&all), values(&measure(&loud, |_| ())));
}
