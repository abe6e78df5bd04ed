// SPDX-License-Identifier: MPL-2.0
//! What has nothing to do does not touch a bit, and what has done its work comes back to that.
use super::common::*;
use crate::band::{Band, Kind, StereoMode, Width};
use crate::equaliser::{Pace, Settings};
use auris_dsp::pcm::SampleFormat;

const FORMATS: [SampleFormat; 4] = [
    SampleFormat::S16,
    SampleFormat::S32,
    SampleFormat::F32,
    SampleFormat::F64,
];

#[test]
fn flat_settings_let_every_bit_through() {
    let flat = [
        peak(1000.0, 0.0, 1.0),
        Band {
            enabled: false,
            ..pass(Kind::LowPass, 100.0)
        },
        Band {
            width: Width::Hz(0.0),
            gain: 6.0,
            ..Band::default()
        },
        Band {
            channels: 0,
            ..pass(Kind::Notch, 100.0)
        },
    ];
    let bypassed = Settings {
        bypass: true,
        ..with(&[pass(Kind::HighPass, 3000.0)])
    };
    for settings in [with(&flat), bypassed] {
        for format in FORMATS {
            let mut eq = equaliser(format, 2, &settings);
            assert!(eq.is_transparent());
            let mut raw: Vec<u8> = (0..8192u32).map(|i| ((i * 193) >> 3) as u8).collect();
            let before = raw.clone();
            assert!(!eq.process(&mut raw).non_finite);
            assert_eq!(raw, before);
        }
    }
}

#[test]
fn back_at_zero_it_is_transparent_again() {
    let up = with(&[peak(60.0, 9.0, 3.0), peak(3000.0, -4.0, 1.0)]);
    let mut tilted = with(&[Band {
        kind: Kind::Tilt,
        gain: 3.0,
        stereo_mode: StereoMode::Mid,
        ..Band::default()
    }]);
    tilted.curve.preamp = -3.0;
    for settings in [up, tilted] {
        let mut flat = settings.clone();
        flat.curve.preamp = 0.0;
        flat.curve.bands.iter_mut().for_each(|b| b.enabled = false);
        let mut eq = equaliser(SampleFormat::F64, 2, &settings);
        let mut x = noise(2 * 65_536);
        run(&mut eq, &mut x);
        assert!(!eq.is_transparent());
        eq.update(&flat, Pace::Ramp);
        let before = noise(2 * 4 * 65_536);
        let mut x = before.clone();
        run(&mut eq, &mut x);
        assert!(eq.is_transparent());
        assert_eq!(x[x.len() - 4096..], before[x.len() - 4096..]);
    }
}

#[test]
fn all_that_was_on_and_goes_off_ends_in_transparency() {
    let low = pass(Kind::HighPass, 200.0);
    let mut eq = equaliser(SampleFormat::F32, 2, &with(&[low]));
    let x = noise(2 * 8192);
    let mut raw = bytes(SampleFormat::F32, &x);
    eq.process(&mut raw);
    eq.update(&with(&[]), Pace::Ramp);
    eq.process(&mut raw);
    assert!(eq.is_transparent());
}

#[test]
fn bypass_is_a_fade_in_both_directions() {
    let on = with(&[peak(500.0, 12.0, 2.0), pass(Kind::LowPass, 4000.0)]);
    let off = Settings {
        bypass: true,
        ..on.clone()
    };
    let dry = sine(500.0, 0.25, 48_000, 1);
    let mut x = dry.clone();
    let mut eq = equaliser(SampleFormat::F64, 1, &on);
    sweep(&mut eq, &mut x, 1, |i| match i {
        250 => Some((off.clone(), Pace::Ramp)),
        500 => Some((on.clone(), Pace::Ramp)),
        _ => None,
    });
    let fade = 960;
    assert_eq!(x[16_000 + fade..32_000], dry[16_000 + fade..32_000]);
    let peak = |x: &[f64]| x.iter().fold(0.0f64, |m, x| m.max(x.abs()));
    let (first, last) = (peak(&x[8000..16_000]), peak(&x[40_000..]));
    assert!((first / 0.25 - 3.98).abs() < 0.05, "{first}");
    assert!((first - last).abs() < 1e-3);
    assert!(steepest(&x, 1) < 1.05 * steepest(&x[8000..16_000], 1));
}

#[test]
fn only_channels_of_the_mask_change() {
    let mut right = peak(1000.0, 6.0, 1.0);
    right.channels = 0b10;
    let before = noise(3 * 4096);
    let mut x = before.clone();
    run(
        &mut equaliser(SampleFormat::F64, 3, &with(&[right])),
        &mut x,
    );
    for (i, (x, before)) in x.iter().zip(&before).enumerate().skip(3) {
        assert_eq!(x == before, i % 3 != 1, "{i}");
    }
}
