// SPDX-License-Identifier: MPL-2.0
//! Buffers of every kind, and what happens between them.
use crate::rig::{Audio, FORMATS, Rig, bytes, doubles, noise, set};

fn loud(element: &gst::Element) {
    set(element, "band0::gain", "12");
    set(element, "band3::gain", "-9");
    set(element, "band9::gain", "6");
}

#[test]
fn the_result_does_not_depend_on_how_audio_is_cut() {
    for format in FORMATS {
        let audio = Audio::new(format, 48_000, 2, &noise(2 * 10_000));
        let play = |cuts: &[usize]| {
            let mut rig = Rig::with(loud);
            rig.start(&audio.info);
            rig.play(&audio, cuts)
        };
        let whole = play(&[10_000]);
        for cuts in [&[1][..], &[63, 64, 65], &[1024], &[7, 4000, 1]] {
            assert!(play(cuts) == whole, "{format} in {cuts:?}");
        }
    }
}

#[test]
fn an_empty_buffer_stays_empty() {
    for set in [loud, |_: &gst::Element| ()] {
        let mut rig = Rig::with(set);
        let audio = Audio::noise(2, 10);
        rig.start(&audio.info);
        assert_eq!(rig.push(audio.buffer(0..0)).size(), 0);
        rig.push(audio.buffer(0..10));
    }
}

#[test]
fn part_of_a_frame_does_no_harm() {
    let mut rig = Rig::with(loud);
    let audio = Audio::noise(2, 10);
    rig.start(&audio.info);
    let odd = gst::Buffer::from_mut_slice(vec![0u8; 16 * 3 + 5]);
    assert_eq!(rig.push(odd).size(), 53);
}

#[test]
fn what_is_no_number_is_gone_with_the_next_buffer() {
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, 1e300] {
        let mut samples = noise(2 * 4800);
        samples[101] = bad;
        let audio = Audio::new(gst_audio::AUDIO_FORMAT_F64, 48_000, 2, &samples);
        let mut rig = Rig::with(loud);
        rig.start(&audio.info);
        rig.play(&audio, &[480]);
        let clean = Audio::noise(2, 480_000);
        let out = doubles(&rig.play(&clean, &[480]));
        assert!(out.iter().all(|x| x.is_finite()), "{bad}");
        assert!(rig.warnings().len() <= 1, "{bad}: one warning per stream");
    }
    let audio = Audio::new(gst_audio::AUDIO_FORMAT_F64, 48_000, 1, &[f64::NAN; 1000]);
    let mut rig = Rig::with(loud);
    rig.start(&audio.info);
    rig.play(&audio, &[100]);
    assert_eq!(rig.warnings().len(), 1);
    rig.send(gst::event::StreamStart::new("next"));
    rig.play(&audio, &[100]);
    assert_eq!(rig.warnings().len(), 1, "the next stream is another");
}

#[test]
fn a_gap_rings_on_and_is_none_while_it_does() {
    let gap = |audio: &Audio| {
        let mut buffer = audio.buffer(0..audio.frames());
        buffer.make_mut().set_flags(gst::BufferFlags::GAP);
        buffer
    };
    let audio = Audio::noise(2, 480);
    let silence = Audio::new(gst_audio::AUDIO_FORMAT_F64, 48_000, 2, &[0.0; 960]);
    let mut rig = Rig::with(loud);
    rig.start(&audio.info);
    let out = rig.push(gap(&silence));
    assert!(out.flags().contains(gst::BufferFlags::GAP));
    rig.push(audio.buffer(0..480));
    let out = rig.push(gap(&silence));
    assert!(!out.flags().contains(gst::BufferFlags::GAP));
    assert!(
        doubles(&bytes(&out)).iter().any(|x| x.abs() > 1e-3),
        "it rings on"
    );
    // As it does on silence that is not called a gap.
    let mut other = Rig::with(loud);
    other.start(&audio.info);
    other.push(silence.buffer(0..480));
    other.push(audio.buffer(0..480));
    assert_eq!(bytes(&other.push(silence.buffer(0..480))), bytes(&out));
    // A flat one has no use for it.
    let mut rig = Rig::with(|_| ());
    rig.start(&audio.info);
    assert!(
        rig.push(gap(&audio))
            .flags()
            .contains(gst::BufferFlags::GAP)
    );
}

#[test]
fn a_flush_forgets_and_a_discontinuity_does_not() {
    let audio = Audio::noise(2, 4800);
    let mut rig = Rig::with(loud);
    rig.start(&audio.info);
    let first = rig.play(&audio, &[1024]);
    let second = rig.play(&audio, &[1024]);
    assert_ne!(first, second);
    rig.send(gst::event::FlushStart::new());
    rig.send(gst::event::FlushStop::new(true));
    let segment = gst::FormattedSegment::<gst::ClockTime>::new();
    rig.send(gst::event::Segment::new(&segment));
    assert_eq!(rig.play(&audio, &[1000]), first);
    let mut buffer = audio.buffer(0..4800);
    buffer.make_mut().set_flags(gst::BufferFlags::DISCONT);
    assert_eq!(bytes(&rig.push(buffer)), second);
}

#[test]
fn rate_and_channels_can_change() {
    let mut rig = Rig::with(loud);
    for (rate, channels) in [
        (48_000, 2),
        (44_100, 2),
        (44_100, 1),
        (8000, 6),
        (48_000, 2),
    ] {
        let samples = noise(channels as usize * 1000);
        let audio = Audio::new(gst_audio::AUDIO_FORMAT_F64, rate, channels, &samples);
        rig.start(&audio.info);
        let out = rig.play(&audio, &[256]);
        let mut fresh = Rig::with(loud);
        fresh.start(&audio.info);
        assert!(out == fresh.play(&audio, &[256]), "{rate} {channels}");
    }
}

#[test]
fn the_same_caps_again_change_nothing() {
    let audio = Audio::noise(2, 2000);
    let mut rig = Rig::with(loud);
    rig.start(&audio.info);
    let mut out = rig.play(&audio, &[1000]);
    rig.send(gst::event::Caps::new(&audio.info.to_caps().unwrap()));
    out.extend(rig.play(&audio, &[1000]));
    let mut other = Rig::with(loud);
    other.start(&audio.info);
    let mut expected = other.play(&audio, &[1000]);
    expected.extend(other.play(&audio, &[1000]));
    assert!(out == expected);
}
