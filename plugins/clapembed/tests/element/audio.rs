// SPDX-License-Identifier: MPL-2.0
//! Audio of any kind, in any buffers, alone and among others.
use crate::rig::*;
use auris_clap::{Padding, Precision};
use gst::prelude::*;
use gst_audio::{AudioFormat, AudioInfo};

#[test]
fn buffers_do_not_matter() {
    let samples = music(1, 23 * RATE + 17);
    let expected = embed(samples.chunks(WINDOW));
    for cuts in [&[480][..], &[RATE, 1, 77_777], &[samples.len()], &[0, 4096]] {
        let mut rig = Rig::new();
        rig.start(&mono());
        rig.play(&samples, 0, cuts);
        rig.eos();
        assert_eq!(windows(&rig.results()), expected, "{cuts:?}");
    }
}

#[test]
fn streams_side_by_side_get_what_they_get_alone() {
    let _model = keep_model();
    std::thread::scope(|scope| {
        for seed in 0..6 {
            scope.spawn(move || {
                let samples = music(seed, 31 * RATE);
                let results = measure(&samples, |e| e.set_property("hop", 5_000_000_000_u64));
                let parts = (0..6)
                    .map(|i| &samples[i * WINDOW / 2..][..WINDOW.min(31 * RATE - i * WINDOW / 2)]);
                assert_eq!(windows(&results), embed(parts), "stream {seed}");
            });
        }
    });
}

#[test]
fn two_hundred_short_clips() {
    let mut reference = Reference::new(&tiny(), Precision::F32);
    let mut rig = Rig::new();
    for clip in 0..200 {
        // 0.1 s to 9 s.
        let frames = 4_800 + clip * 2_147;
        let samples = music(clip as u64, frames);
        rig.start(&mono());
        rig.play(&samples, 0, &[10_000]);
        rig.send(gst::event::StreamStart::new("next"));
        let results = rig.results();
        assert_eq!(
            windows(&results),
            [reference.embed(&samples, Padding::RepeatPad)],
            "clip {clip}"
        );
        assert_eq!(text(summary(&results), "reason"), "stream-start");
        assert_eq!(field::<u64>(summary(&results), "windows"), 1);
    }
}

/// Interleaved samples in a format.
fn encode(format: AudioFormat, samples: &[f64]) -> Vec<u8> {
    let integer = |x: f64, bits: u32| (x * f64::from(1_u32 << (bits - 1))).round() as i32;
    let bytes = samples.iter().flat_map(|&x| match format {
        gst_audio::AUDIO_FORMAT_S16 => (integer(x, 16) as i16).to_ne_bytes().to_vec(),
        gst_audio::AUDIO_FORMAT_S24 if cfg!(target_endian = "little") => {
            integer(x, 24).to_ne_bytes()[..3].to_vec()
        }
        gst_audio::AUDIO_FORMAT_S24 => integer(x, 24).to_ne_bytes()[1..].to_vec(),
        gst_audio::AUDIO_FORMAT_S2432 => integer(x, 24).to_ne_bytes().to_vec(),
        gst_audio::AUDIO_FORMAT_S32 => integer(x, 32).to_ne_bytes().to_vec(),
        gst_audio::AUDIO_FORMAT_F32 => (x as f32).to_ne_bytes().to_vec(),
        gst_audio::AUDIO_FORMAT_F64 => x.to_ne_bytes().to_vec(),
        other => panic!("{other} is none of them"),
    });
    bytes.collect()
}

/// The windows of audio in any format, in buffers of 1000 frames.
fn windows_of(info: &AudioInfo, bytes: &[u8]) -> Vec<Vec<f32>> {
    let mut rig = Rig::new();
    rig.start(info);
    let (bpf, rate) = (info.bpf() as usize, info.rate() as usize);
    for (i, part) in bytes.chunks(1000 * bpf).enumerate() {
        let buffer = gst::Buffer::from_mut_slice(part.to_vec());
        rig.push(at(buffer, i * 1000, part.len() / bpf, rate));
    }
    rig.eos();
    windows(&rig.results())
}

#[test]
fn every_format_and_layout_says_the_same() {
    gst::init().unwrap();
    // Numbers that all formats have.
    let samples: Vec<f32> = music(3, 2 * 3 * RATE);
    let steps: Vec<f64> = samples
        .iter()
        .map(|x| f64::from((x * 32768.0).round() / 32768.0))
        .collect();
    let mixed: Vec<f32> = steps
        .as_chunks::<2>()
        .0
        .iter()
        .map(|[l, r]| ((l + r) / 2.0) as f32)
        .collect();
    let expected = embed([&mixed[..]]);
    for format in auris_support::layout::FORMATS {
        let info = AudioInfo::builder(format, RATE as u32, 2).build().unwrap();
        assert_eq!(
            windows_of(&info, &encode(format, &steps)),
            expected,
            "{format}"
        );
    }
    let planar = AudioInfo::builder(gst_audio::AUDIO_FORMAT_F32, RATE as u32, 2);
    let planar = planar
        .layout(gst_audio::AudioLayout::NonInterleaved)
        .build()
        .unwrap();
    let mut bytes = Vec::new();
    for frames in steps.chunks(2000) {
        for channel in 0..2 {
            let channel: Vec<f64> = frames.iter().skip(channel).step_by(2).copied().collect();
            bytes.extend(encode(gst_audio::AUDIO_FORMAT_F32, &channel));
        }
    }
    let mut rig = Rig::new();
    rig.start(&planar);
    for (i, part) in bytes.chunks(8000).enumerate() {
        let mut buffer = gst::Buffer::from_mut_slice(part.to_vec());
        gst_audio::AudioMeta::add(buffer.make_mut(), &planar, part.len() / 8, &[]).unwrap();
        rig.push(at(buffer, i * 1000, part.len() / 8, RATE));
    }
    rig.eos();
    assert_eq!(windows(&rig.results()), expected);
}

/// A chord below 3 kHz, at any rate, on every channel.
fn chord(rate: usize, channels: usize, seconds: usize) -> Vec<f64> {
    let tone =
        |frame: usize, hz: f64| (std::f64::consts::TAU * hz * frame as f64 / rate as f64).sin();
    let frames = (0..seconds * rate)
        .map(|i| 0.2 * (tone(i, 220.0) + tone(i, 1000.0) + 0.3 * tone(i, 2750.0)));
    frames.flat_map(|x| vec![x; channels]).collect()
}

#[test]
fn other_rates_and_channels_come_close() {
    gst::init().unwrap();
    let wanted: Vec<f32> = chord(RATE, 1, 4).iter().map(|&x| x as f32).collect();
    let expected = embed([&wanted[..]]);
    for (rate, channels) in [
        (8_000, 1),
        (44_100, 2),
        (192_000, 6),
        (96_000, 8),
        (47_999, 1),
    ] {
        let info = AudioInfo::builder(gst_audio::AUDIO_FORMAT_F32, rate as u32, channels);
        let bytes = encode(
            gst_audio::AUDIO_FORMAT_F32,
            &chord(rate, channels as usize, 4),
        );
        let found = windows_of(&info.build().unwrap(), &bytes);
        assert_eq!(found.len(), 1, "{rate} Hz");
        let off = 1.0 - cosine(&found[0], &expected[0]);
        assert!(off < 2e-3, "{rate} Hz, {channels} channels: {off:e}");
    }
}

#[test]
fn silence_has_an_embedding_like_any_other() {
    let silence = vec![0.0; 12 * RATE];
    let results = measure(&silence, |e| {
        e.set_property_from_str("aggregate", "weighted")
    });
    let expected = embed(silence.chunks(WINDOW));
    assert_eq!(windows(&results), expected);
    let found = embedding(summary(&results));
    assert!(1.0 - cosine(&found, &expected[0]) < 1e-4);
}

#[test]
fn what_is_no_number_is_silence_and_one_warning() {
    let mut odd = music(4, 12 * RATE);
    let mut zero = odd.clone();
    for (i, at) in [0, 77, WINDOW - 1, WINDOW, 12 * RATE - 1]
        .into_iter()
        .enumerate()
    {
        odd[at] = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY][i % 3];
        zero[at] = 0.0;
    }
    let mut rig = Rig::new();
    rig.start(&mono());
    rig.play(&odd, 0, &[1000]);
    rig.eos();
    let messages = rig.messages();
    let of_type = |kind| messages.iter().filter(move |m| m.type_() == kind);
    assert_eq!(of_type(gst::MessageType::Warning).count(), 1);
    let results = of_type(gst::MessageType::Element);
    let results: Vec<_> = results.map(|m| m.structure().unwrap().to_owned()).collect();
    assert_eq!(windows(&results), embed(zero.chunks(WINDOW)));
    assert_eq!(field::<u64>(summary(&results), "non-finite"), 5);
}

#[test]
fn the_loudest_samples_have_an_embedding() {
    gst::init().unwrap();
    for rate in [48_000, 44_100] {
        let info = AudioInfo::builder(gst_audio::AUDIO_FORMAT_F64, rate, 2)
            .build()
            .unwrap();
        let samples = [1e300, -1e300, f64::MAX, f64::from(f32::MAX)].repeat(rate as usize);
        let mut rig = Rig::new();
        rig.start(&info);
        let buffer = gst::Buffer::from_mut_slice(encode(gst_audio::AUDIO_FORMAT_F64, &samples));
        rig.push(at(buffer, 0, 2 * rate as usize, rate as usize));
        rig.eos();
        let messages = rig.messages();
        assert!(
            messages
                .iter()
                .all(|m| m.type_() != gst::MessageType::Error)
        );
        assert!(
            messages
                .iter()
                .any(|m| m.type_() == gst::MessageType::Element)
        );
    }
}
