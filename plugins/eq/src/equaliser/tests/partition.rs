// SPDX-License-Identifier: MPL-2.0
//! The output does not depend on how audio is cut into blocks.
use super::common::*;
use crate::band::{Band, Design, Graphic, Kind, StereoMode, Width};
use crate::equaliser::{Audio, Equaliser, Pace, Phase, Settings};
use auris_dsp::pcm::SampleFormat;
use auris_dsp::simd::Level;
use proptest::prelude::*;

const FRAMES: usize = 9000;

fn band() -> impl Strategy<Value = Band> {
    let kinds = prop::sample::select(vec![
        Kind::Peak,
        Kind::LowShelf,
        Kind::HighShelf,
        Kind::LowPass,
        Kind::Notch,
        Kind::Tilt,
    ]);
    let modes = prop::sample::select(vec![
        StereoMode::Stereo,
        StereoMode::Stereo,
        StereoMode::Left,
        StereoMode::Mid,
        StereoMode::Side,
    ]);
    let gains = prop_oneof![Just(0.0), -12.0..12.0f64];
    (kinds, modes, gains, 30.0..16_000.0f64, 0.4..5.0f64, 0u64..4).prop_map(
        |(kind, stereo_mode, gain, freq, q, mask)| Band {
            kind,
            stereo_mode,
            gain,
            freq,
            width: Width::Q(q),
            channels: if mask == 0 { u64::MAX } else { mask },
            ..Band::default()
        },
    )
}

fn settings() -> impl Strategy<Value = Settings> {
    let bands = prop::collection::vec(band(), 0..5);
    let other = (
        (-6.0..6.0f64, 0u64..4),
        prop::bool::ANY,
        prop::bool::ANY,
        prop::bool::ANY,
    );
    // Linear phase and point-wise gains, of few taps so that fades begin within a test.
    let long = (0u8..5, 0u8..5, 1u64..4);
    (bands, other, 0.0..0.03f64, long).prop_map(
        |(bands, ((preamp, gained), some, matched, off), ramp_time, (linear, graphic, mask))| {
            let mut settings = with(&bands);
            settings.curve.preamp = if some { preamp } else { 0.0 };
            settings.curve.gains = vec![(gained, -preamp)];
            settings.curve.design = if matched {
                Design::Matched
            } else {
                Design::Rbj
            };
            settings.bypass = off && some;
            settings.ramp_time = ramp_time;
            settings.taps = 512;
            if linear == 0 {
                settings.phase = Phase::Linear;
            }
            if graphic == 0 {
                settings.curve.graphics.push(Graphic {
                    points: vec![(100.0, preamp), (5000.0, -preamp)],
                    channels: mask,
                });
            }
            settings
        },
    )
}

/// Changes at frames, in blocks that end where `cuts` say and at the changes.
fn output(
    level: Level,
    audio: &Audio,
    changes: &[(usize, Settings, Pace)],
    cuts: &[usize],
) -> Vec<u8> {
    let channels = audio.layout.channels();
    let frame = channels * audio.format.bytes();
    let mut raw = bytes(audio.format, &noise(FRAMES * channels));
    let mut eq = Equaliser::new(level, audio.clone(), &changes[0].1);
    let mut ends: Vec<usize> = cuts.to_vec();
    ends.extend(changes.iter().map(|c| c.0));
    ends.push(FRAMES);
    ends.sort();
    let mut at = 0;
    for end in ends {
        eq.process(&mut raw[at * frame..end * frame]);
        at = end;
        for (_, settings, pace) in changes[1..].iter().filter(|c| c.0 == at) {
            eq.update(settings, *pace);
        }
    }
    raw
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn cuts_leave_no_trace(
        curves in prop::collection::vec((settings(), prop::bool::ANY), 1..5),
        every in 100usize..3000,
        cuts in prop::collection::vec(1..FRAMES, 0..30),
        format in prop::sample::select(vec![
            SampleFormat::S16, SampleFormat::S32, SampleFormat::F32, SampleFormat::F64,
        ]),
        channels in 1usize..5,
    ) {
        let changes: Vec<_> = curves
            .into_iter()
            .enumerate()
            .map(|(i, (settings, follow))| {
                let pace = if follow { Pace::Follow } else { Pace::Ramp };
                ((i * every).min(FRAMES), settings, pace)
            })
            .collect();
        let audio = audio(format, channels);
        for level in Level::available() {
            let whole = output(level, &audio, &changes, &[]);
            let cut = output(level, &audio, &changes, &cuts);
            let first = whole.iter().zip(&cut).position(|(a, b)| a != b);
            prop_assert_eq!(first, None, "level {}", level.name());
        }
    }
}

#[test]
fn bytes_of_any_alignment_give_the_same() {
    let settings = with(&[peak(300.0, 6.0, 1.0)]);
    let mut raw = bytes(SampleFormat::F32, &noise(2 * 1000));
    let mut shifted = vec![0u8; raw.len() + 5];
    let outputs: Vec<Vec<u8>> = (1..5)
        .map(|shift| {
            let part = &mut shifted[shift..][..raw.len()];
            part.copy_from_slice(&raw);
            equaliser(SampleFormat::F32, 2, &settings).process(part);
            part.to_vec()
        })
        .collect();
    equaliser(SampleFormat::F32, 2, &settings).process(&mut raw);
    assert!(outputs.iter().all(|o| *o == raw));
}
