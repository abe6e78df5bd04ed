// SPDX-License-Identifier: MPL-2.0
//! Sample formats, rates and numbers of channels.
use super::rig::{Rig, brightest, info};
use gst_audio::AudioFormat;
use std::f64::consts::TAU;

fn encode(format: AudioFormat, x: f64) -> Vec<u8> {
    let scaled = |bits: u32| (x * f64::from((1u32 << (bits - 1)) - 1)).round() as i32;
    match format {
        gst_audio::AUDIO_FORMAT_S16 => (scaled(16) as i16).to_ne_bytes().to_vec(),
        gst_audio::AUDIO_FORMAT_S24 if cfg!(target_endian = "little") => {
            scaled(24).to_le_bytes()[..3].to_vec()
        }
        gst_audio::AUDIO_FORMAT_S24 => scaled(24).to_be_bytes()[1..].to_vec(),
        gst_audio::AUDIO_FORMAT_S2432 => scaled(24).to_ne_bytes().to_vec(),
        gst_audio::AUDIO_FORMAT_S32 => scaled(32).to_ne_bytes().to_vec(),
        gst_audio::AUDIO_FORMAT_F64 => x.to_ne_bytes().to_vec(),
        _ => (x as f32).to_ne_bytes().to_vec(),
    }
}

fn draw(format: AudioFormat, rate: u32, channels: u32, mode: &str) -> Vec<super::rig::Frame> {
    let more = [("frequency-scale", "linear"), ("channels", "stacked")];
    let mut rig = Rig::bare(mode, (40, 256), &more);
    rig.start(&info(format, rate, channels));
    // A quarter of the rate: the middle of the axis.
    let mut bytes = Vec::new();
    for n in 0..rate {
        let x = 0.5 * (TAU * 0.25 * f64::from(n) + 0.5).sin();
        (0..channels).for_each(|_| bytes.extend(encode(format, x)));
    }
    let frame = bytes.len() / rate as usize;
    for part in bytes.chunks(777 * frame) {
        rig.harness
            .push(gst::Buffer::from_mut_slice(part.to_vec()))
            .unwrap();
    }
    rig.send(gst::event::Eos::new());
    rig.frames()
}

#[test]
fn every_format_gives_the_same_picture() {
    for mode in ["live", "whole"] {
        let wanted = draw(gst_audio::AUDIO_FORMAT_F32, 48_000, 2, mode);
        for format in [
            gst_audio::AUDIO_FORMAT_S16,
            gst_audio::AUDIO_FORMAT_S24,
            gst_audio::AUDIO_FORMAT_S2432,
            gst_audio::AUDIO_FORMAT_S32,
            gst_audio::AUDIO_FORMAT_F64,
        ] {
            let found = draw(format, 48_000, 2, mode);
            assert_eq!(found.len(), wanted.len());
            let column = |frames: &[super::rig::Frame]| frames.last().unwrap().column(20);
            let pairs = column(&found).into_iter().zip(column(&wanted));
            // The noise of 16 bits is seen, at the dark end.
            let apart = pairs
                .filter(|(a, b)| a.max(b) > &60)
                .map(|(a, b)| a.abs_diff(b))
                .max();
            assert!(apart.unwrap() <= 1, "{mode} {format}: {apart:?}");
        }
    }
}

#[test]
fn odd_rates_and_up_to_64_channels() {
    for mode in ["live", "whole"] {
        for (rate, channels) in [
            (1000, 1),
            (11_025, 3),
            (12_345, 2),
            (44_100, 6),
            (48_000, 8),
            (192_000, 1),
            (8000, 64),
        ] {
            let frames = draw(gst_audio::AUDIO_FORMAT_F32, rate, channels, mode);
            let column = frames.last().unwrap().column(20);
            // One pixel lies between two; where some are left over, two do.
            let each = (column.len() + 1) / channels as usize - 1;
            let most = (channels as usize - 1).max(1);
            for plot in 0..channels as usize {
                let first = plot * (column.len() - each) / most;
                let part = &column[first..first + each];
                assert!(
                    *part.iter().max().unwrap() > 150,
                    "{mode} {rate} {channels} {plot}"
                );
                let found = brightest(part) / part.len() as f64;
                assert!(
                    (found - 0.5).abs() <= 1.0 / part.len() as f64 + 0.01,
                    "{rate} {channels}: {found}"
                );
            }
        }
    }
}
