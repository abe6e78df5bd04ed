// SPDX-License-Identifier: MPL-2.0
//! The same audio through gst-plugins-good's element and through ours gives the same messages.
use crate::rig::{Reading, Rig, Segment, ours, theirs};
use crate::signals::{Audio, F32, FORMATS, KINDS, Kind, S24};

/// In dB.
const TOLERANCE: f32 = 1e-3;

/// One run of both.
struct Case<'a> {
    properties: &'a str,
    audio: &'a Audio,
    cuts: &'a [usize],
    segment: Segment,
}

impl<'a> Case<'a> {
    fn new(properties: &'a str, audio: &'a Audio) -> Self {
        Case {
            properties,
            audio,
            cuts: &[1024],
            segment: Segment::new(),
        }
    }

    /// What both tell, theirs first, of these buffers.
    fn run(&self, buffers: &[gst::Buffer]) -> Option<[Vec<Reading>; 2]> {
        let both = [theirs()?, ours()];
        Some(both.map(|element| {
            let mut rig = Rig::around(element, self.properties);
            rig.start_in(self.audio, &self.segment);
            for buffer in buffers {
                // Their base class cuts off what lies outside of the segment.
                rig.harness.push(buffer.copy()).unwrap();
                while rig.harness.try_pull().is_some() {}
            }
            rig.results()
        }))
    }

    /// Compares everything; the number of messages.
    fn compare(&self) -> usize {
        self.compare_buffers(&self.audio.cut(self.cuts))
    }

    fn compare_buffers(&self, buffers: &[gst::Buffer]) -> usize {
        let Some([theirs, ours]) = self.run(buffers) else {
            return usize::MAX;
        };
        let what = format!("{} {:?}", self.properties, self.audio.info);
        assert_eq!(ours.len(), theirs.len(), "messages of {what}");
        for (ours, theirs) in ours.iter().zip(&theirs) {
            assert_eq!(ours.times, theirs.times, "{what}");
            assert_eq!(ours.fields, theirs.fields, "{what}");
            let worst = worst(&ours.magnitude, &theirs.magnitude);
            assert!(worst <= TOLERANCE, "{worst} dB off in {what}");
        }
        theirs.len()
    }
}

/// The largest difference.
fn worst(ours: &[Vec<f32>], theirs: &[Vec<f32>]) -> f32 {
    let lengths = |rows: &[Vec<f32>]| rows.iter().map(Vec::len).collect::<Vec<_>>();
    assert_eq!(lengths(ours), lengths(theirs));
    let pairs = ours.iter().flatten().zip(theirs.iter().flatten());
    let off = pairs.map(|(a, b)| match (a - b).abs() {
        off if off.is_nan() => f32::INFINITY,
        off => off,
    });
    off.fold(0.0, f32::max)
}

#[test]
fn of_every_signal_format_and_number_of_channels() {
    for kind in KINDS {
        for format in FORMATS {
            for (channels, multi) in [
                (1, false),
                (1, true),
                (2, false),
                (2, true),
                (3, true),
                (6, false),
                (8, true),
            ] {
                // Theirs adds up 24-bit channels without end.
                if format == S24 && !multi {
                    continue;
                }
                let audio = Audio::kind(kind, format, 48_000, channels, 12_000);
                let properties = format!("multi-channel={multi} interval=50000000");
                assert!(Case::new(&properties, &audio).compare() >= 5);
            }
        }
    }
}

#[test]
fn of_every_number_of_bands() {
    for kind in [Kind::Music, Kind::Noise] {
        for bands in [2, 3, 5, 20, 128, 129, 1000, 1024, 8192, 8193, 32_768] {
            let audio = Audio::kind(kind, F32, 48_000, 2, 48_000);
            for interval in [10_000_000, 100_000_000, 333_333_333] {
                // Theirs takes a quarter of a second for each of these transforms.
                if bands == 8192 && interval < 100_000_000 {
                    continue;
                }
                let properties = format!("bands={bands} interval={interval}");
                assert!(Case::new(&properties, &audio).compare() >= 3);
            }
        }
    }
}

#[test]
fn of_every_interval_and_rate() {
    for rate in [8_000, 11_025, 44_100, 48_000, 96_000] {
        for interval in [
            1_000_000,
            1_234_567,
            10_000_000,
            33_333_333,
            100_000_000,
            1_000_000_000,
        ] {
            let audio = Audio::kind(Kind::Music, F32, rate, 2, rate as usize * 21 / 10);
            let properties = format!("interval={interval} bands=20");
            let messages = Case::new(&properties, &audio).compare();
            assert!(messages as u64 >= 2_000_000_000 / interval);
        }
    }
    let long = Audio::kind(Kind::Music, F32, 8_000, 1, 8_000 * 21);
    assert!(Case::new("interval=10000000000", &long).compare() >= 2);
}

#[test]
fn however_the_stream_is_cut_and_placed() {
    let audio = Audio::kind(Kind::Music, F32, 44_100, 2, 44_100);
    let mut offset = Segment::new();
    offset.set_start(gst::ClockTime::from_mseconds(250));
    offset.set_time(gst::ClockTime::from_seconds(1000));
    offset.set_base(gst::ClockTime::from_seconds(3));
    let mut fast = Segment::new();
    fast.set_rate(2.0);
    let mut slow = Segment::new();
    slow.set_rate(0.5);
    slow.set_applied_rate(2.0);
    let mut short = Segment::new();
    short.set_start(gst::ClockTime::from_mseconds(333));
    short.set_stop(gst::ClockTime::from_mseconds(777));
    let mut backwards = Segment::new();
    backwards.set_rate(-1.0);
    backwards.set_start(gst::ClockTime::ZERO);
    backwards.set_stop(gst::ClockTime::from_seconds(1));
    for segment in [Segment::new(), offset, fast, slow, short, backwards] {
        for cuts in [&[1][..], &[1024], &[17, 4096, 1], &[44_100]] {
            for properties in ["interval=20000000", "bands=1024 interval=7000000"] {
                let case = Case {
                    properties,
                    audio: &audio,
                    cuts,
                    segment: segment.clone(),
                };
                assert!(case.compare() >= 20);
            }
        }
    }
}

#[test]
fn with_missing_and_jumping_timestamps() {
    let audio = Audio::kind(Kind::Music, F32, 48_000, 2, 48_000);
    let case = Case::new("interval=30000000 bands=20", &audio);
    let mut nameless = audio.cut(&[1000]);
    for buffer in &mut nameless {
        buffer.make_mut().set_pts(None);
    }
    assert!(case.compare_buffers(&nameless) >= 30);
    nameless[20]
        .make_mut()
        .set_pts(gst::ClockTime::from_seconds(7));
    assert!(case.compare_buffers(&nameless) >= 30);
    let mut jumping = audio.cut(&[1000]);
    for (i, buffer) in jumping.iter_mut().enumerate() {
        let pts = buffer.pts().unwrap() + gst::ClockTime::from_seconds(i as u64 / 7);
        buffer.make_mut().set_pts(pts);
    }
    assert!(case.compare_buffers(&jumping) >= 30);
    // A discontinuity begins an interval anew; these are whole intervals apart from one another, so
    // that nothing is left over from before, which theirs does not forget.
    let mut broken = audio.cut(&[1440]);
    for buffer in broken.iter_mut().step_by(3) {
        buffer.make_mut().set_flags(gst::BufferFlags::DISCONT);
    }
    assert!(case.compare_buffers(&broken) >= 30);
    // In the midst of intervals, times and counts alone.
    let mut broken = audio.cut(&[1000]);
    for buffer in broken.iter_mut().step_by(3) {
        buffer.make_mut().set_flags(gst::BufferFlags::DISCONT);
    }
    for properties in ["interval=30000000 bands=20", "interval=33333333 bands=1024"] {
        let Some([theirs, ours]) = Case::new(properties, &audio).run(&broken) else {
            return;
        };
        assert!(theirs.len() >= 15);
        let times = |all: &[Reading]| all.iter().map(|r| r.times.clone()).collect::<Vec<_>>();
        assert_eq!(times(&ours), times(&theirs));
    }
}

#[test]
fn of_intervals_that_are_shorter_than_a_frame() {
    for rate in [7, 500, 999, 1000] {
        let audio = Audio::kind(Kind::Music, F32, rate, 1, 100);
        for bands in [2, 9] {
            let properties = format!("interval=1000000 bands={bands}");
            let case = Case {
                cuts: &[3, 10],
                ..Case::new(&properties, &audio)
            };
            assert!(case.compare() >= 30);
        }
    }
}

#[test]
fn after_a_seek_and_other_caps() {
    let first = Audio::kind(Kind::Music, F32, 48_000, 2, 20_000);
    let second = Audio::kind(Kind::Tones, F32, 44_100, 1, 20_000);
    let Some(elements) = theirs().map(|theirs| [theirs, ours()]) else {
        return;
    };
    let results = elements.map(|element| {
        let mut rig = Rig::around(element, "interval=33000000 bands=30");
        rig.start(&first);
        rig.play(&first, 777);
        rig.send(gst::event::FlushStart::new());
        rig.send(gst::event::FlushStop::new(true));
        let mut segment = Segment::new();
        segment.set_start(gst::ClockTime::from_mseconds(100));
        segment.set_time(gst::ClockTime::from_mseconds(100));
        rig.send(gst::event::Segment::new(&segment));
        let mut after = first.cut(&[1000]).split_off(5);
        after[0].make_mut().set_flags(gst::BufferFlags::DISCONT);
        after.into_iter().for_each(|buffer| rig.push(buffer));
        rig.send(gst::event::Caps::new(&second.info.to_caps().unwrap()));
        let mut after = second.cut(&[1000]).split_off(5);
        after[0].make_mut().set_flags(gst::BufferFlags::DISCONT);
        after.into_iter().for_each(|buffer| rig.push(buffer));
        rig.results()
    });
    let [theirs, ours] = results;
    let times = |all: &[Reading]| all.iter().map(|r| r.times.clone()).collect::<Vec<_>>();
    assert!(theirs.len() > 30);
    assert_eq!(times(&ours), times(&theirs));
    // Theirs adds what was heard before the seek to the first result after it.
    let differ = ours.iter().zip(&theirs);
    let differ = differ.filter(|(a, b)| worst(&a.magnitude, &b.magnitude) > TOLERANCE);
    assert!(differ.count() <= 1);
}

#[test]
fn phases_too() {
    for (properties, channels) in [
        ("bands=500 interval=20812500", 1),
        ("bands=1024 interval=10000000", 2),
        ("bands=128 interval=5291666 multi-channel=true", 2),
    ] {
        let properties = format!("{properties} message-phase=true threshold=-300");
        let audio = Audio::kind(Kind::Music, F32, 48_000, channels, 24_000);
        let case = Case::new(&properties, &audio);
        let Some([theirs, ours]) = case.run(&audio.cut(&[1024])) else {
            return;
        };
        assert!(theirs.len() > 20);
        let mut compared = 0;
        for (ours, theirs) in ours.iter().zip(&theirs) {
            let rows = ours.phase.iter().zip(&theirs.phase).zip(&theirs.magnitude);
            for ((ours, theirs), magnitude) in rows {
                let peak = magnitude.iter().fold(f32::MIN, |a, b| a.max(*b));
                for i in 0..ours.len() {
                    // Below, rounding of the transforms decides.
                    if magnitude[i] > peak - 60.0 {
                        let turn = std::f32::consts::TAU;
                        let off = (ours[i] - theirs[i]).abs();
                        assert!(off.min(turn - off) < 1e-3, "{} for {}", ours[i], theirs[i]);
                        compared += 1;
                    }
                }
            }
        }
        assert!(compared > 1000);
    }
}

#[test]
fn whatever_is_left_out() {
    let audio = Audio::kind(Kind::Music, F32, 48_000, 2, 24_000);
    for properties in [
        "message-magnitude=false",
        "message-magnitude=false message-phase=true",
        "message-phase=true multi-channel=true",
        "post-messages=false",
        "threshold=0",
        "threshold=-20",
    ] {
        let messages = Case::new(properties, &audio).compare();
        assert_eq!(messages > 4, properties != "post-messages=false");
    }
}
