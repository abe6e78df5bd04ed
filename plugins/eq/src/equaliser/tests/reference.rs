// SPDX-License-Identifier: MPL-2.0
//! Against the definition: one band after another, one sample after another.
use super::common::*;
use crate::band::{Alignment, Band, Design, Kind, Layout, StereoMode, Width};
use crate::design;
use crate::equaliser::{Audio, Equaliser, Settings};
use crate::section::Section;
use auris_dsp::pcm::SampleFormat;
use auris_dsp::simd::Level;
use proptest::prelude::*;

fn filter(x: &mut [f64], stride: usize, first: usize, q: &Section) {
    let (mut x1, mut x2, mut y1, mut y2) = (0.0, 0.0, 0.0, 0.0);
    for v in x.iter_mut().skip(first).step_by(stride) {
        let y = q.b0 * *v + q.b1 * x1 + q.b2 * x2 - q.a1 * y1 - q.a2 * y2;
        (x2, x1) = (x1, *v);
        (y2, y1) = (y1, y);
        *v = y;
    }
}

/// `settings` by the letter, for a layout of channels without positions.
fn naive(settings: &Settings, channels: usize, x: &mut [f64]) {
    let gain = 10f64.powf(settings.curve.preamp / 20.0);
    let bits = Layout::unpositioned(channels).bits;
    for (i, x) in x.iter_mut().enumerate() {
        let own = settings.curve.gains.iter();
        let own = own.filter(|(mask, _)| mask & bits[i % channels] != 0);
        *x *= gain * 10f64.powf(own.map(|(_, g)| g).sum::<f64>() / 20.0);
    }
    for band in settings.curve.bands.iter().filter(|b| b.enabled) {
        let sections = design::sections(band, f64::from(RATE), settings.curve.design);
        let on = |c: usize| band.channels & bits[c] != 0;
        let pair = channels >= 2 && on(0) && on(1);
        let only: Vec<usize> = match band.stereo_mode {
            StereoMode::Stereo => (0..channels).filter(|c| on(*c)).collect(),
            StereoMode::Left if channels >= 2 && on(0) => vec![0],
            StereoMode::Right if channels >= 2 && on(1) => vec![1],
            StereoMode::Mid if pair => vec![0],
            StereoMode::Side if pair => vec![1],
            _ => Vec::new(),
        };
        let turn = matches!(band.stereo_mode, StereoMode::Mid | StereoMode::Side) && pair;
        if turn {
            for frame in x.chunks_mut(channels) {
                (frame[0], frame[1]) = ((frame[0] + frame[1]) / 2.0, (frame[0] - frame[1]) / 2.0);
            }
        }
        for section in sections.as_slice() {
            for c in &only {
                filter(x, channels, *c, section);
            }
        }
        if turn {
            for frame in x.chunks_mut(channels) {
                (frame[0], frame[1]) = (frame[0] + frame[1], frame[0] - frame[1]);
            }
        }
    }
}

fn band() -> impl Strategy<Value = Band> {
    use Kind::*;
    use StereoMode::*;
    let kinds = prop::sample::select(vec![
        Peak, LowShelf, HighShelf, LowPass, HighPass, BandPass, Notch, AllPass, Tilt,
    ]);
    let modes = prop::sample::select(vec![Stereo, Stereo, Stereo, Left, Right, Mid, Side]);
    let masks = prop_oneof![3 => Just(u64::MAX), 1 => 0u64..8];
    let values = (30.0..18_000.0f64, -12.0..12.0f64, 0.4..4.0f64, 1u8..9);
    (kinds, modes, masks, values).prop_map(
        |(kind, stereo_mode, channels, (freq, gain, q, order))| Band {
            kind,
            freq,
            gain,
            width: Width::Q(q),
            order,
            alignment: Alignment::Butterworth,
            enabled: order != 8,
            channels,
            stereo_mode,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn any_curve_is_what_its_bands_are_one_by_one(
        bands in prop::collection::vec(band(), 0..9),
        preamp in -9.0..3.0f64,
        gains in prop::collection::vec((1u64..8, -6.0..6.0f64), 0..3),
        matched in prop::bool::ANY,
        channels in 1usize..6,
    ) {
        let mut settings = with(&bands);
        settings.curve.preamp = preamp;
        settings.curve.gains = gains;
        settings.curve.design = if matched { Design::Matched } else { Design::Rbj };
        let mut expected = noise(2000 * channels);
        let mut x = expected.clone();
        naive(&settings, channels, &mut expected);
        run(&mut equaliser(SampleFormat::F64, channels, &settings), &mut x);
        for (i, (x, e)) in x.iter().zip(&expected).enumerate() {
            prop_assert!((x - e).abs() < 1e-8 * (1.0 + e.abs()), "{} {} {}", i, x, e);
        }
    }
}

#[test]
fn mid_and_side_of_a_pair_anywhere() {
    let mid = Band {
        stereo_mode: StereoMode::Mid,
        ..peak(700.0, 9.0, 1.0)
    };
    let layout = Layout {
        bits: vec![0b100, 0b10, 0b1],
        pair: Some((2, 1)),
    };
    let audio = Audio {
        format: SampleFormat::F64,
        rate: RATE,
        layout,
    };
    let mut eq = Equaliser::new(Level::best(), audio, &with(&[mid]));
    // What is only side does not change, and neither does the channel beside the pair.
    let tone = noise(1000);
    let before: Vec<f64> = tone.iter().flat_map(|x| [x * 0.3, -x, *x]).collect();
    let mut x = before.clone();
    run(&mut eq, &mut x);
    assert!(x.iter().zip(&before).all(|(a, b)| (a - b).abs() < 1e-15));
    // What is only mid gets the whole band.
    let mut x: Vec<f64> = tone.iter().flat_map(|x| [x * 0.3, *x, *x]).collect();
    eq.reset();
    run(&mut eq, &mut x);
    let mut expected = tone;
    naive(&with(&[peak(700.0, 9.0, 1.0)]), 1, &mut expected);
    for (frame, e) in x.chunks(3).zip(&expected) {
        assert!((frame[1] - e).abs() < 1e-12 && (frame[2] - e).abs() < 1e-12);
    }
}
