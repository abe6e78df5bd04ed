// SPDX-License-Identifier: MPL-2.0
//! Provisional results at presentation time.
use crate::rig::{RATE, Rig, Sound, field, time_of};
use gst::ClockTime;
use gst::prelude::*;

fn rig() -> (Rig, Sound) {
    let mut rig = Rig::with(|e| {
        e.set_property("interval", ClockTime::SECOND);
        e.set_property("sync", true);
    });
    rig.harness.use_testclock();
    rig.element.set_base_time(ClockTime::ZERO);
    let sound = Sound::music(1, 4000);
    rig.start(&sound.info);
    (rig, sound)
}

/// Lets the clock reach a time, and what waits for it happen.
fn reach(rig: &mut Rig, time: ClockTime) -> Vec<u64> {
    let clock = rig.harness.testclock().unwrap();
    rig.harness.set_time(time).unwrap();
    while clock.process_next_clock_id().is_some() {}
    rig.results().iter().map(|r| field(r, "frames")).collect()
}

#[test]
fn results_wait_for_the_clock() {
    let (mut rig, sound) = rig();
    rig.play(&sound, 0, &[512]);
    // Polling does not wait.
    assert_eq!(field::<u64>(&rig.last_result().unwrap(), "frames"), 4000);
    assert!(rig.results().is_empty());
    assert!(reach(&mut rig, ClockTime::from_nseconds(999_999_999)).is_empty());
    assert_eq!(reach(&mut rig, ClockTime::SECOND), [1000]);
    assert_eq!(reach(&mut rig, ClockTime::from_seconds(3)), [2000, 3000]);
    // A final result does not wait either.
    rig.eos();
    assert!(field::<bool>(&rig.result(), "final"));
}

#[test]
fn latency_and_jumps_in_time_are_waited_for() {
    let (mut rig, sound) = rig();
    let latency = ClockTime::from_mseconds(500);
    assert!(
        rig.harness
            .push_upstream_event(gst::event::Latency::new(latency))
    );
    // The second second is heard ten seconds later.
    rig.push(sound.buffer(0..1000, 0));
    rig.push(sound.buffer(1000..2000, 11_000));
    assert!(reach(&mut rig, time_of(1499, RATE)).is_empty());
    assert_eq!(reach(&mut rig, time_of(1500, RATE)), [1000]);
    assert!(reach(&mut rig, time_of(12_499, RATE)).is_empty());
    assert_eq!(reach(&mut rig, time_of(12_500, RATE)), [2000]);
}

#[test]
fn a_flush_and_a_stop_drop_what_waits() {
    for stop in [false, true] {
        let (mut rig, sound) = rig();
        rig.play(&sound, 0, &[512]);
        if stop {
            rig.element.set_state(gst::State::Null).unwrap();
        } else {
            rig.send(gst::event::FlushStart::new());
            rig.send(gst::event::FlushStop::new(true));
        }
        assert!(reach(&mut rig, ClockTime::from_seconds(100)).is_empty());
    }
}

#[test]
fn more_than_can_wait_does_not_fill_the_memory() {
    let (mut rig, sound) = rig();
    rig.element.set_property("interval", ClockTime::MSECOND);
    rig.play(&sound, 0, &[512]);
    let posted = rig.results().len();
    assert!(posted > 0 && posted < 4000, "{posted}");
    let waited = reach(&mut rig, ClockTime::from_seconds(4)).len();
    assert_eq!(posted + waited, 4000);
}

#[test]
fn results_wait_again_once_those_that_could_not_are_through() {
    let (mut rig, sound) = rig();
    rig.element.set_property("interval", ClockTime::MSECOND);
    rig.play(&sound, 0, &[512]);
    rig.results();
    reach(&mut rig, ClockTime::from_seconds(4));
    rig.element.set_property("interval", ClockTime::SECOND);
    rig.push(sound.buffer(0..1000, 4000));
    assert!(rig.results().is_empty(), "posted before its time");
    assert_eq!(reach(&mut rig, ClockTime::from_seconds(5)), [5000]);
}

#[test]
fn nothing_is_posted_while_paused_and_all_of_it_after() {
    let (mut rig, sound) = rig();
    rig.play(&sound, 0, &[512]);
    assert_eq!(reach(&mut rig, ClockTime::SECOND), [1000]);
    rig.element.set_state(gst::State::Paused).unwrap();
    assert!(reach(&mut rig, ClockTime::from_seconds(10)).is_empty());
    // As a pipeline does it: what was to be heard at 2 s is heard one second from now.
    rig.element.set_base_time(ClockTime::from_seconds(9));
    rig.element.set_state(gst::State::Playing).unwrap();
    assert!(reach(&mut rig, ClockTime::from_mseconds(10_999)).is_empty());
    assert_eq!(reach(&mut rig, ClockTime::from_seconds(12)), [2000, 3000]);
}
