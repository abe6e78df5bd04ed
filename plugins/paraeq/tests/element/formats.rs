// SPDX-License-Identifier: MPL-2.0
//! Which audio is taken, and what is left alone.
use crate::rig::{Audio, FORMATS, Rig, bytes, noise, set};
use gst::prelude::*;

#[test]
fn a_flat_equaliser_passes_the_very_buffer() {
    for format in FORMATS {
        for (rate, channels) in [(1, 1), (8000, 2), (48_000, 6), (384_000, 64)] {
            let mut rig = Rig::with(|_| ());
            let audio = Audio::new(format, rate, channels, &noise(channels as usize * 100));
            let positions = gst_audio::AudioFlags::UNPOSITIONED;
            let info = gst_audio::AudioInfo::builder(format, rate, channels);
            let info = if channels > 8 {
                info.flags(positions)
            } else {
                info
            };
            rig.start(&info.build().unwrap());
            let buffer = audio.buffer(0..100);
            // Held here as well, it is not writable; it must not be copied for all that.
            let held = buffer.clone();
            let out = rig.push(buffer);
            assert_eq!(out.as_ptr(), held.as_ptr());
            assert_eq!(bytes(&out), audio.bytes);
        }
    }
}

#[test]
fn every_format_is_equalised() {
    for format in FORMATS {
        for channels in [1, 2, 3, 6] {
            let mut rig = Rig::with(|e| set(e, "band5::gain", "-20"));
            let audio = Audio::new(format, 48_000, channels, &noise(4800 * channels as usize));
            rig.start(&audio.info);
            let out = rig.play(&audio, &[480]);
            assert_eq!(out.len(), audio.bytes.len());
            assert_ne!(out, audio.bytes, "{format} {channels}");
        }
    }
}

#[test]
fn what_is_shared_is_copied_when_it_is_equalised() {
    let mut rig = Rig::with(|e| set(e, "band5::gain", "-20"));
    let audio = Audio::noise(2, 1000);
    rig.start(&audio.info);
    let buffer = audio.buffer(0..1000);
    let held = buffer.clone();
    let out = rig.push(buffer);
    assert_eq!(bytes(&held), audio.bytes);
    assert_ne!(bytes(&out), audio.bytes);
    // In place where it can be.
    let buffer = audio.buffer(0..1000);
    let pointer = buffer.as_ptr();
    assert_eq!(rig.push(buffer).as_ptr(), pointer);
}

#[test]
fn gain_comes_and_goes_without_a_trace() {
    let mut rig = Rig::with(|_| ());
    let audio = Audio::noise(2, 4800);
    rig.start(&audio.info);
    assert_eq!(rig.play(&audio, &[480]), audio.bytes);
    set(&rig.element, "band5::gain", "12");
    assert_ne!(rig.play(&audio, &[480]), audio.bytes);
    set(&rig.element, "band5::gain", "0");
    for _ in 0..20 {
        rig.play(&audio, &[480]);
    }
    assert_eq!(rig.play(&audio, &[480]), audio.bytes, "flat is exact again");
    let buffer = audio.buffer(0..480);
    let held = buffer.clone();
    assert_eq!(rig.push(buffer).as_ptr(), held.as_ptr());
}

#[test]
fn bypass_is_exact() {
    let mut rig = Rig::with(|e| {
        set(e, "band5::gain", "12");
        e.set_property("bypass", true);
    });
    let audio = Audio::noise(2, 4800);
    rig.start(&audio.info);
    assert_eq!(rig.play(&audio, &[480]), audio.bytes);
}

#[test]
fn channels_and_stereo_mode_choose() {
    let mut rig = Rig::with(|e| {
        set(e, "band5::gain", "12");
        set(e, "band5::channels", "2");
    });
    let audio = Audio::impulse(2, 100);
    rig.start(&audio.info);
    let out = rig.play(&audio, &[100]);
    let frames = |bytes: &[u8], channel: usize| {
        let samples = crate::rig::doubles(bytes);
        samples.chunks(2).map(|f| f[channel]).collect::<Vec<f64>>()
    };
    assert_eq!(frames(&out, 0), frames(&audio.bytes, 0));
    assert_ne!(frames(&out, 1), frames(&audio.bytes, 1));
}
