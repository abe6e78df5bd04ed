// SPDX-License-Identifier: MPL-2.0
//! `mode=live`: frames at a constant rate.
use super::rig::{INDEXED, RATE, Rig, brightest, floats, info, share, sine, time};
use gst::prelude::*;

fn rig(more: &[(&str, &str)]) -> Rig {
    let mut properties = vec![
        ("axes", "false"),
        ("colour-bar", "false"),
        ("fft-size", "1024"),
    ];
    properties.extend(more);
    Rig::new(
        &properties,
        &format!("{INDEXED},width=100,height=80,framerate=25/1"),
    )
}

#[test]
fn frames_come_at_a_constant_rate_and_show_the_sine() {
    for scale in ["log", "mel", "linear"] {
        let mut rig = rig(&[("frequency-scale", scale)]);
        let frames = rig.run(&sine(4000.0, 0.5, 100_000), 1);
        // 2.083 s: frames 0 to 52 begin within.
        assert_eq!(frames.len(), 53);
        for (index, frame) in frames.iter().enumerate() {
            assert_eq!(
                frame.pts,
                Some(gst::ClockTime::from_mseconds(40 * index as u64))
            );
            assert_eq!(frame.duration, Some(gst::ClockTime::from_mseconds(40)));
        }
        let found = brightest(&frames[50].column(99));
        let wanted = 80.0 * (1.0 - share(scale, 4000.0));
        assert!(
            (found - wanted).abs() < 2.0,
            "{scale}: {found}, not {wanted}"
        );
        // It scrolls: 48000 / 512 columns in a second, one every 10.7 ms.
        let lit = |frame: usize| {
            let columns = (0..100).filter(|x| frames[frame].column(*x).iter().any(|p| *p > 150));
            columns.count()
        };
        assert_eq!(lit(50), 100);
        assert!((lit(12) as i64 - 45).abs() <= 2, "{}", lit(12));
    }
}

#[test]
fn rates_that_do_not_divide_keep_time() {
    let mut rig = Rig::new(
        &[("fft-size", "256")],
        &format!("{INDEXED},width=60,height=60,framerate=30000/1001"),
    );
    rig.start(&info(gst_audio::AUDIO_FORMAT_F32, 44_100, 2));
    // Without timestamps.
    for _ in 0..441 {
        let buffer = gst::Buffer::from_mut_slice(vec![0u8; 8 * 1000]);
        rig.harness.push(buffer).unwrap();
    }
    rig.send(gst::event::Eos::new());
    let frames = rig.frames();
    assert_eq!(frames.len(), 300);
    let last = frames[299].pts.unwrap().nseconds();
    assert_eq!(last, 299 * 1001 * 1_000_000_000 / 30_000);
    let ends = frames
        .iter()
        .map(|frame| frame.pts.unwrap() + frame.duration.unwrap());
    let begins = frames[1..].iter().map(|frame| frame.pts.unwrap());
    assert!(ends.zip(begins).all(|(end, begin)| end == begin));
}

#[test]
fn a_click_is_seen_when_it_is_heard() {
    let mut rig = rig(&[]);
    let mut samples = vec![0.0; 96_000];
    // On a column's middle, as loud there as can be.
    let at = 512 * 100;
    samples[at] = 1.0;
    let frames = rig.run(&samples, 1);
    // The frame whose time is the first after the click has it among its newest columns: of those,
    // one is made every 512 samples.
    let first = frames
        .iter()
        .find(|frame| frame.pts.unwrap() >= time(at as u64, RATE))
        .unwrap();
    let found = brightest(&first.bytes[20]);
    let columns = first.pts.unwrap().nseconds() as f64 * 1e-9 * f64::from(RATE) / 512.0 - 100.0;
    assert!(
        (100.0 - found - columns.floor()).abs() <= 1.0,
        "{found} {columns}"
    );
    // And no frame before has it, but for the window's half.
    let early = frames
        .iter()
        .filter(|frame| frame.pts.unwrap() < time(at as u64 - 512, RATE));
    assert!(
        early
            .into_iter()
            .all(|frame| frame.bytes[20].iter().all(|pixel| *pixel == 0))
    );
}

#[test]
fn silence_and_gaps_go_on_scrolling() {
    let mut rig = rig(&[]);
    rig.start(&floats(1));
    rig.push(&sine(1000.0, 0.5, 24_000), 1, 0);
    let gap =
        gst::event::Gap::builder(time(24_000, RATE)).duration(gst::ClockTime::from_seconds(3));
    rig.send(gap.build());
    let frames = rig.frames();
    assert!((86..=88).contains(&frames.len()), "{}", frames.len());
    assert!(
        frames[86 - 1]
            .bytes
            .iter()
            .flatten()
            .all(|pixel| *pixel == 0)
    );
    let mut buffer = gst::Buffer::from_mut_slice(vec![0xffu8; 4 * 48_000]);
    let described = buffer.get_mut().unwrap();
    described.set_flags(gst::BufferFlags::GAP);
    described.set_pts(time(4 * 48_000 - 24_000, RATE));
    rig.harness.push(buffer).unwrap();
    let frames = rig.frames();
    assert!((24..=26).contains(&frames.len()), "{}", frames.len());
}

#[test]
fn a_seek_clears_the_picture_and_keeps_to_the_new_times() {
    let mut rig = rig(&[]);
    rig.start(&floats(1));
    rig.push(&sine(1000.0, 0.5, 48_000), 1, 0);
    rig.frames();
    rig.send(gst::event::FlushStart::new());
    rig.send(gst::event::FlushStop::new(true));
    let mut segment = gst::FormattedSegment::<gst::ClockTime>::new();
    segment.set_start(gst::ClockTime::from_seconds(10));
    rig.send(gst::event::Segment::new(&segment));
    rig.push(&vec![0.0; 48_000], 1, 480_000);
    let frames = rig.frames();
    assert_eq!(frames[0].pts, Some(gst::ClockTime::from_seconds(10)));
    assert!(
        frames
            .iter()
            .all(|frame| frame.bytes.iter().flatten().all(|pixel| *pixel == 0))
    );
}

#[test]
fn a_jump_in_time_is_followed_without_a_flush() {
    let mut rig = rig(&[]);
    rig.start(&floats(1));
    rig.push(&sine(1000.0, 0.5, 24_000), 1, 0);
    rig.push(&sine(1000.0, 0.5, 24_000), 1, 480_000);
    rig.send(gst::event::Eos::new());
    let frames = rig.frames();
    let times: Vec<u64> = frames
        .iter()
        .map(|frame| frame.pts.unwrap().mseconds())
        .collect();
    assert!(times.contains(&10_000) && times.is_sorted());
    // What was drawn stays.
    assert!(frames.last().unwrap().column(0).len() == 80);
}

#[test]
fn settings_may_change_while_it_runs() {
    let mut rig = rig(&[]);
    rig.start(&floats(1));
    rig.push(&sine(1000.0, 0.5, 48_000), 1, 0);
    let before = rig.frames();
    rig.element.set_property_from_str("palette", "grey");
    rig.element
        .set_property_from_str("frequency-scale", "linear");
    rig.element.set_property("fft-size", 2048u32);
    rig.push(&sine(1000.0, 0.5, 48_000), 1, 48_000);
    let after = rig.frames();
    assert_ne!(before[10].palette, after[10].palette);
    let found = brightest(&after[20].column(99));
    assert!(
        (found - 80.0 * (1.0 - share("linear", 1000.0))).abs() < 2.0,
        "{found}"
    );
    // Times go on.
    let gap = after[0].pts.unwrap() - before.last().unwrap().pts.unwrap();
    assert!(gap <= gst::ClockTime::from_mseconds(120), "{gap}");
    let steps = after
        .windows(2)
        .map(|pair| pair[1].pts.unwrap() - pair[0].pts.unwrap());
    assert!(
        steps
            .into_iter()
            .all(|step| step == gst::ClockTime::from_mseconds(40))
    );
}

#[test]
fn channels_can_change_and_be_stacked() {
    let mut rig = rig(&[("channels", "stacked")]);
    rig.start(&floats(2));
    let left: Vec<f32> = sine(2000.0, 0.5, 24_000)
        .into_iter()
        .flat_map(|x| [x, 0.0])
        .collect();
    rig.push(&left, 2, 0);
    let frames = rig.frames();
    let column = frames.last().unwrap().column(99);
    assert!(column[..40].iter().any(|p| *p > 150) && column[41..78].iter().all(|p| *p == 0));
    rig.send(gst::event::Caps::new(&floats(1).to_caps().unwrap()));
    rig.push(&sine(2000.0, 0.5, 24_000), 1, 24_000);
    let found = brightest(&rig.frames().last().unwrap().column(99));
    assert!(
        (found - 80.0 * (1.0 - share("log", 2000.0))).abs() < 2.0,
        "{found}"
    );
}
