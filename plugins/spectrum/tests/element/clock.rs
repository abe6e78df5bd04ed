// SPDX-License-Identifier: MPL-2.0
//! Results in step with a clock.
use crate::rig::Rig;
use crate::signals::{Audio, F32, Kind};
use gst::prelude::*;

fn rig(properties: &str) -> Rig {
    let mut rig = Rig::new(&format!("sync=true {properties}"));
    rig.harness.use_testclock();
    rig.element.set_base_time(gst::ClockTime::ZERO);
    rig
}

/// Name and timestamp in ms of what is posted until the clock has reached a time.
fn reach(rig: &mut Rig, time: gst::ClockTime) -> Vec<(String, u64)> {
    let clock = rig.harness.testclock().unwrap();
    rig.harness.set_time(time).unwrap();
    while clock.process_next_clock_id().is_some() {}
    let messages = std::iter::from_fn(|| rig.bus.pop());
    let messages = messages.filter(|message| message.type_() == gst::MessageType::Element);
    messages
        .map(|message| {
            let structure = message.structure().unwrap();
            let time: u64 = structure.get("timestamp").unwrap();
            (structure.name().to_string(), time / 1_000_000)
        })
        .collect()
}

fn ms(time: u64) -> gst::ClockTime {
    gst::ClockTime::from_mseconds(time)
}

#[test]
fn where_too_many_wait_the_oldest_go_first() {
    let audio = Audio::kind(Kind::Music, F32, 48_000, 1, 48 * 1500);
    let mut rig = rig("interval=1000000 bands=3");
    rig.start(&audio);
    rig.play(&audio, 1000);
    let early = reach(&mut rig, ms(0));
    let times = |all: &[(String, u64)]| all.iter().map(|(_, time)| *time).collect::<Vec<_>>();
    let waiting = 1024;
    assert_eq!(times(&early), (0..1500 - waiting).collect::<Vec<_>>());
    // These wait for nothing anymore.
    let some = reach(&mut rig, ms(1000));
    assert_eq!(times(&some), (1500 - waiting..1000).collect::<Vec<_>>());
    let rest = reach(&mut rig, ms(2000));
    assert_eq!(times(&rest), (1000..1500).collect::<Vec<_>>());
}

#[test]
fn a_summary_comes_last_and_before_the_end() {
    let audio = Audio::kind(Kind::Music, F32, 48_000, 1, 48_000);
    for properties in ["summary=true", "summary=true overlap=0.5"] {
        let mut rig = rig(properties);
        rig.start(&audio);
        rig.play(&audio, 1000);
        rig.send(gst::event::Eos::new());
        assert!(reach(&mut rig, ms(50)).is_empty());
        assert_eq!(reach(&mut rig, ms(850)).len(), 8);
        // Sinks post EOS when the clock gets to the end.
        let last = reach(&mut rig, ms(995));
        let names: Vec<_> = last.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names.last(), Some(&"spectrum-summary"), "{properties}");
        assert_eq!(
            names.iter().filter(|name| **name == "spectrum").count(),
            names.len() - 1
        );
        assert!((2..=3).contains(&names.len()), "{names:?}");
        assert!(reach(&mut rig, ms(2000)).is_empty());
    }
}

#[test]
fn each_kind_of_audio_has_a_summary_of_its_own() {
    let audio = [48_000, 44_100, 44_100].map(|rate| Audio::kind(Kind::Music, F32, rate, 2, 24_000));
    for properties in ["sync=true", "sync=false"] {
        let mut rig = rig(&format!("summary=true {properties}"));
        rig.start(&audio[0]);
        for (i, audio) in audio.iter().enumerate() {
            rig.send(gst::event::Caps::new(&audio.info.to_caps().unwrap()));
            if i == 2 {
                // Other bands are another kind of result.
                rig.element.set_property("bands", 20u32);
            }
            for mut buffer in audio.cut(&[1000]) {
                let pts = buffer.pts().unwrap() + ms(600 * i as u64);
                buffer.make_mut().set_pts(pts);
                rig.push(buffer);
            }
        }
        rig.send(gst::event::Eos::new());
        let all = reach(&mut rig, ms(5000));
        let summaries: Vec<_> = (0..all.len())
            .filter(|i| all[*i].0 == "spectrum-summary")
            .map(|i| (all[i - 1].1, all[i].1))
            .collect();
        // Behind the last result of its part, and of the first.
        assert_eq!(
            summaries,
            [(400, 0), (1000, 600), (1600, 1200)],
            "{properties}"
        );
    }
}
