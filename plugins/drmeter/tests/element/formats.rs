// SPDX-License-Identifier: MPL-2.0
//! Every sample format, layout and number of channels, against a plain transcription in `f64`.
use crate::rig::{Rig, Sound, at, doubles, field, measure, music};
use gst_audio::{AudioFormat, AudioInfo, AudioLayout};

const FORMATS: [(AudioFormat, f64); 6] = [
    (gst_audio::AUDIO_FORMAT_S16, 1.0 / 32_768.0),
    (gst_audio::AUDIO_FORMAT_S24, 1.0 / 8_388_608.0),
    (gst_audio::AUDIO_FORMAT_S2432, 1.0 / 8_388_608.0),
    (gst_audio::AUDIO_FORMAT_S32, 1e-9),
    (gst_audio::AUDIO_FORMAT_F32, 1e-7),
    (gst_audio::AUDIO_FORMAT_F64, 1e-15),
];
const CHANNELS: [u32; 5] = [1, 2, 3, 6, 64];

/// What the meter should say of one channel: (dynamic range after `exact`, sample peak, RMS).
fn expected(samples: &[f64], rate: u32) -> (f64, f64, f64) {
    let power = |block: &[f64]| 2.0 * block.iter().map(|x| x * x).sum::<f64>() / block.len() as f64;
    let peak = |block: &[f64]| block.iter().fold(0.0, |p, x| f64::max(p, x.abs()));
    let length = (f64::from(rate) * 3.004_081_632_653_061_3).floor() as usize;
    let blocks: Vec<&[f64]> = samples.chunks(length).filter(|b| b.len() > 1).collect();
    let mut powers: Vec<f64> = blocks.iter().map(|b| power(b)).collect();
    let mut peaks: Vec<f64> = blocks.iter().map(|b| peak(b)).collect();
    powers.sort_by(|a, b| b.total_cmp(a));
    peaks.sort_by(|a, b| b.total_cmp(a));
    let loud = &powers[..(powers.len() / 5).max(1)];
    let loud = (loud.iter().sum::<f64>() / loud.len() as f64).sqrt();
    let dr = 20.0 * (peaks[1] / loud).log10();
    (dr, peak(samples), power(samples).sqrt())
}

fn check(result: &gst::StructureRef, samples: &[f64], channels: usize, step: f64, what: &str) {
    let rate = field::<i32>(result, "rate") as u32;
    assert_eq!(
        field::<u64>(result, "frames") as usize,
        samples.len() / channels
    );
    let mut sum = 0.0;
    for channel in 0..channels {
        let own: Vec<f64> = samples
            .iter()
            .copied()
            .skip(channel)
            .step_by(channels)
            .collect();
        let (dr, peak, rms) = expected(&own, rate);
        // What a step of the format is, seen from a level of a tenth of full scale; `f32` sums.
        let tolerance = 20.0 * (1.0 + 10.0 * step).log10() + 1e-9;
        let near = |name, wanted: f64| {
            let value = doubles(result, name)[channel];
            assert!(
                (value - wanted).abs() <= tolerance,
                "{what}, channel {channel}: {name} is {value}, not {wanted}"
            );
        };
        near("channel-sample-peak", 20.0 * peak.log10());
        near("channel-rms", 20.0 * rms.log10());
        near("channel-dr", dr);
        sum += doubles(result, "channel-dr")[channel];
    }
    let precise: f64 = field(result, "precise");
    assert!((precise - sum / channels as f64).abs() < 1e-9);
    assert_eq!(field::<i32>(result, "dr"), precise.round() as i32);
    assert_eq!(field::<f64>(result, "exact-precise"), precise);
}

#[test]
fn interleaved() {
    for (format, step) in FORMATS {
        for channels in CHANNELS {
            for rate in [400, 1013] {
                let frames = 7 * 3 * rate as usize + 77;
                let samples = music(u64::from(channels), frames * channels as usize);
                let sound = Sound::new(format, rate, channels, &samples);
                let result = measure(&sound, set_exact);
                let what = format!("{format} × {channels} at {rate} Hz");
                check(&result, &samples, channels as usize, step, &what);
            }
        }
    }
}

fn set_exact(element: &gstdrmeter::DrMeter) {
    gst::prelude::ObjectExt::set_property(element, "dialect", gstdrmeter::Dialect::Exact);
}

/// A buffer with a plane per channel, all at odd places with rubbish between.
fn planar(sound: &Sound, info: &AudioInfo, frames: std::ops::Range<usize>) -> gst::Buffer {
    let channels = info.channels() as usize;
    let sample = (info.bpf() / info.channels()) as usize;
    let length = frames.len() * sample;
    let offsets: Vec<usize> = (0..channels).rev().map(|c| 1 + c * (length + 3)).collect();
    let mut bytes = vec![0x77; channels * (length + 3) + 1];
    for (i, frame) in frames.clone().enumerate() {
        for (c, offset) in offsets.iter().enumerate() {
            let from = (frame * channels + c) * sample;
            bytes[offset + i * sample..][..sample]
                .copy_from_slice(&sound.bytes[from..from + sample]);
        }
    }
    let mut buffer = gst::Buffer::from_mut_slice(bytes);
    let count = frames.len();
    gst_audio::AudioMeta::add(buffer.get_mut().unwrap(), info, count, &offsets).unwrap();
    at(buffer, frames.start, count, info.rate())
}

fn in_planes(sound: &Sound) -> AudioInfo {
    let info = &sound.info;
    AudioInfo::builder(info.format(), info.rate(), info.channels())
        .layout(AudioLayout::NonInterleaved)
        .build()
        .unwrap()
}

#[test]
fn planes_at_odd_offsets() {
    for (format, step) in FORMATS {
        for channels in CHANNELS {
            let frames = 7 * 1203;
            let samples = music(7, frames * channels as usize);
            let sound = Sound::new(format, 401, channels, &samples);
            let info = in_planes(&sound);
            let mut rig = Rig::with(set_exact);
            rig.start(&info);
            for start in (0..frames).step_by(1009) {
                rig.push(planar(&sound, &info, start..(start + 1009).min(frames)));
            }
            rig.eos();
            let what = format!("{format} × {channels} in planes");
            check(&rig.result(), &samples, channels as usize, step, &what);
        }
    }
}

#[test]
fn planes_without_meta_follow_each_other() {
    let samples = music(3, 2 * 9000);
    let sound = Sound::floats(2, &samples);
    let plane = |c: usize| sound.bytes.chunks_exact(4).skip(c).step_by(2).flatten();
    let bytes: Vec<u8> = plane(0).chain(plane(1)).copied().collect();
    let mut rig = Rig::with(set_exact);
    rig.start(&in_planes(&sound));
    rig.push(at(gst::Buffer::from_mut_slice(bytes), 0, 9000, 1000));
    rig.eos();
    check(&rig.result(), &samples, 2, 1e-7, "planes without meta");
}

#[test]
fn planes_outside_of_the_buffer_are_an_error() {
    let sound = Sound::music(1, 100);
    let info = in_planes(&sound);
    let mut rig = Rig::new();
    rig.start(&info);
    let mut buffer = planar(&sound, &info, 0..100);
    let size = buffer.size();
    buffer.make_mut().set_size(size - 7);
    assert_eq!(rig.harness.push(buffer), Err(gst::FlowError::Error));
    let messages = rig.messages();
    let [gst::MessageView::Error(error)] =
        messages.iter().map(|m| m.view()).collect::<Vec<_>>()[..]
    else {
        panic!("one error: {messages:?}");
    };
    assert!(error.error().matches(gst::StreamError::Format));
    assert!(error.error().message().contains("audio meta"));
}

#[test]
fn bytes_that_make_no_whole_frame_are_left_out() {
    let sound = Sound::music(1, 5000);
    let mut rig = Rig::new();
    rig.start(&sound.info);
    rig.push(sound.buffer(0..3000, 0));
    let mut broken = sound.buffer(3000..4001, 3000);
    let size = broken.size();
    broken.make_mut().set_size(size - 3);
    rig.push(broken);
    rig.eos();
    let whole = Sound {
        bytes: sound.bytes[..4000 * 8].to_vec(),
        ..sound
    };
    let expected = measure(&whole, |_| ());
    assert_eq!(
        crate::rig::fields(&rig.result()),
        crate::rig::fields(&expected)
    );
}

#[test]
fn a_day_at_the_highest_rates_does_not_overflow() {
    let samples = music(5, 5000);
    let sound = Sound::new(gst_audio::AUDIO_FORMAT_S16, i32::MAX as u32, 1, &samples);
    let mut rig = Rig::with(|e| {
        gst::prelude::ObjectExt::set_property(e, "window", i64::MAX as u64);
        gst::prelude::ObjectExt::set_property(e, "first-frame", i64::MAX as u64);
    });
    rig.start(&sound.info);
    rig.play(&sound, 0, &[999]);
    let day = gst::ClockTime::from_seconds(24 * 3600);
    rig.send(gst::event::Gap::new(gst::ClockTime::from_seconds(1), day));
    rig.eos();
    let frames = 24 * 3600 * i32::MAX as u64 + 5000;
    assert_eq!(field::<u64>(&rig.result(), "frames"), frames);
}
