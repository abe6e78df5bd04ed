// SPDX-License-Identifier: MPL-2.0
//! Integers and their dither, and numbers that are none.
use super::common::*;
use crate::band::{Band, Kind, StereoMode};
use crate::equaliser::Pace;
use auris_dsp::pcm::SampleFormat;

/// What the step down to integers adds, in LSB, to a sine through a peak.
fn errors(format: SampleFormat, full: f64) -> Vec<f64> {
    let settings = with(&[peak(1000.0, 3.0, 1.0)]);
    let mut raw = bytes(format, &sine(997.0, 0.25, 65_536, 2));
    let mut exact = samples(format, &raw);
    run(&mut equaliser(SampleFormat::F64, 2, &settings), &mut exact);
    equaliser(format, 2, &settings).process(&mut raw);
    let output = samples(format, &raw);
    let pairs = output.iter().zip(&exact).skip(2);
    pairs.map(|(x, exact)| (x - exact) * full).collect()
}

#[test]
fn integers_are_dithered_by_one_lsb() {
    for (format, full) in [
        (SampleFormat::S16, 32_768.0),
        (SampleFormat::S32, 2_147_483_648.0),
    ] {
        let errors = errors(format, full);
        let n = errors.len() as f64;
        let mean = errors.iter().sum::<f64>() / n;
        // 1/6 of the noise, 1/12 of rounding: a quarter, whatever the signal is.
        let power = errors.iter().map(|e| e * e).sum::<f64>() / n;
        assert!(mean.abs() < 0.01, "{format:?}: mean {mean}");
        assert!((power - 0.25).abs() < 0.005, "{format:?}: power {power}");
        assert!(errors.iter().all(|e| e.abs() <= 1.5));
    }
}

#[test]
fn silence_and_untouched_channels_get_no_dither() {
    let mut band = peak(1000.0, 3.0, 1.0);
    band.channels = 0b01;
    let mut x = noise(2 * 4096);
    x.iter_mut().step_by(2).for_each(|x| *x = 0.0);
    let mut raw = bytes(SampleFormat::S16, &x);
    let before = raw.clone();
    equaliser(SampleFormat::S16, 2, &with(&[band])).process(&mut raw);
    assert_eq!(raw, before);
}

#[test]
fn integers_saturate() {
    let settings = with(&[peak(1000.0, 24.0, 0.3)]);
    for format in [SampleFormat::S16, SampleFormat::S32] {
        let mut raw = bytes(format, &sine(1000.0, 1.0, 4800, 1));
        equaliser(format, 1, &settings).process(&mut raw);
        let output = samples(format, &raw);
        assert!(output.contains(&-1.0) && output.iter().any(|x| *x > 0.999_9));
        // Wrapped around it would jump by nearly 2.
        let rails = output.windows(2).filter(|w| (w[1] - w[0]).abs() > 1.99);
        assert_eq!(rails.count(), 0);
    }
}

#[test]
fn what_is_no_number_lasts_one_block() {
    let mid = Band {
        stereo_mode: StereoMode::Mid,
        ..peak(100.0, 6.0, 1.0)
    };
    for bands in [
        vec![peak(100.0, 6.0, 1.0)],
        vec![mid],
        vec![pass(Kind::HighPass, 50.0), mid],
    ] {
        for format in [SampleFormat::F32, SampleFormat::F64] {
            for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
                let mut eq = equaliser(format, 2, &with(&bands));
                let mut x = noise(2 * 512);
                x[301] = bad;
                let mut raw = bytes(format, &x);
                assert!(eq.process(&mut raw).non_finite);
                assert!(samples(format, &raw).iter().all(|x| x.is_finite()));
                let mut raw = bytes(format, &noise(2 * 512));
                assert!(!eq.process(&mut raw).non_finite);
                let output = samples(format, &raw);
                assert!(output.iter().all(|x| x.abs() < 8.0));
                assert!(output.iter().any(|x| x.abs() > 0.1));
            }
        }
    }
}

#[test]
fn what_grows_too_large_counts_as_no_number() {
    let mut eq = equaliser(SampleFormat::F32, 1, &with(&[peak(100.0, 20.0, 1.0)]));
    let mut raw = bytes(SampleFormat::F32, &sine(100.0, 3e38, 4096, 1));
    assert!(eq.process(&mut raw).non_finite);
    let mut raw = bytes(SampleFormat::F32, &sine(100.0, 0.1, 4096, 1));
    assert!(!eq.process(&mut raw).non_finite);
}

#[test]
fn absurd_settings_do_no_harm() {
    let values = [
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        1e300,
        -1e300,
        0.0,
        -0.0,
    ];
    let mut eq = equaliser(SampleFormat::F32, 2, &with(&[peak(100.0, 6.0, 1.0)]));
    for (i, v) in values.iter().enumerate() {
        for w in values {
            let mut settings = with(&[peak(*v, w, w), peak(100.0, *v, *v)]);
            settings.curve.preamp = w;
            settings.ramp_time = *v / 1e9;
            settings.taps = i * 1_000_000_007;
            let pace = if i % 2 == 0 { Pace::Ramp } else { Pace::Follow };
            eq.update(&settings, pace);
            let mut raw = bytes(SampleFormat::F32, &noise(2 * 640));
            eq.process(&mut raw);
            assert!(
                samples(SampleFormat::F32, &raw)
                    .iter()
                    .all(|x| x.is_finite())
            );
        }
    }
    let mut sane = with(&[peak(100.0, 6.0, 1.0)]);
    sane.ramp_time = 0.0;
    eq.update(&sane, Pace::Ramp);
    let mut raw = bytes(SampleFormat::F32, &noise(2 * 640));
    eq.process(&mut raw);
    let mut raw = bytes(SampleFormat::F32, &noise(2 * 640));
    assert!(!eq.process(&mut raw).non_finite);
}
