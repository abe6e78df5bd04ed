// SPDX-License-Identifier: MPL-2.0
//! Linear phase, point-wise gains, and what comes late.
use super::common::*;
use crate::band::{Band, Graphic, Kind, Layout, StereoMode};
use crate::equaliser::{Pace, Phase, Settings};
use crate::response::Response;
use auris_dsp::pcm::SampleFormat;
use rustfft::num_complex::Complex;
use std::f64::consts::TAU;

fn linear(bands: &[Band], taps: usize) -> Settings {
    Settings {
        phase: Phase::Linear,
        taps,
        ..with(bands)
    }
}

/// What comes out of each of two channels when a unit impulse goes into one.
fn impulse(settings: &Settings, into: usize, frames: usize) -> [Vec<f64>; 2] {
    let mut x = vec![0.0; 2 * frames];
    x[into] = 1.0;
    run(&mut equaliser(SampleFormat::F64, 2, settings), &mut x);
    [0, 1].map(|c| x.iter().skip(c).step_by(2).copied().collect())
}

/// The response at `hertz` of what starts at frame `origin`.
fn transfer(h: &[f64], origin: usize, hertz: f64) -> Complex<f64> {
    let w = TAU * hertz / f64::from(RATE);
    let at = |n: usize| Complex::from_polar(1.0, -w * (n as f64 - origin as f64));
    h.iter().enumerate().map(|(n, h)| at(n) * *h).sum()
}

fn tones() -> impl Iterator<Item = f64> {
    (0..60).map(|i| 20.0 * 2f64.powf(f64::from(i) / 6.0))
}

#[test]
fn linear_phase_has_the_magnitude_and_no_phase() {
    let bands = [
        peak(1000.0, 9.0, 1.0),
        peak(300.0, -6.0, 1.4),
        Band {
            kind: Kind::HighShelf,
            gain: 6.0,
            ..peak(6000.0, 0.0, 0.7)
        },
    ];
    let mut settings = linear(&bands, 8192);
    settings.curve.preamp = -3.0;
    let response = Response::new(&settings.curve, &Layout::unpositioned(2), f64::from(RATE));
    let latency = equaliser(SampleFormat::F64, 2, &settings).latency();
    let [h, other] = impulse(&settings, 0, 16_384);
    assert!(other.iter().all(|x| *x == 0.0));
    for hertz in tones() {
        let got = transfer(&h, latency, hertz);
        let wanted = response.at(0, hertz).magnitude;
        assert!(
            (20.0 * (got.norm() / wanted).log10()).abs() < 0.01,
            "{hertz}"
        );
        assert!(got.arg().abs() < 1e-9, "{hertz}: {}", got.arg());
    }
}

#[test]
fn linear_phase_of_mid_and_side_is_a_matrix() {
    let mid = Band {
        stereo_mode: StereoMode::Mid,
        ..peak(1000.0, 9.0, 1.0)
    };
    let left = Band {
        stereo_mode: StereoMode::Left,
        ..peak(500.0, -9.0, 1.0)
    };
    let settings = linear(&[mid, left], 8192);
    let response = Response::new(&settings.curve, &Layout::unpositioned(2), f64::from(RATE));
    let latency = equaliser(SampleFormat::F64, 2, &settings).latency();
    for from in 0..2 {
        let h = impulse(&settings, from, 16_384);
        for hertz in tones() {
            let wanted = response.pair_magnitudes_at(hertz);
            for (to, h) in h.iter().enumerate() {
                let got = transfer(h, latency, hertz);
                assert!((got - wanted[to][from]).norm() < 2e-3, "{hertz}");
            }
        }
    }
}

#[test]
fn flat_or_bypassed_linear_phase_is_an_exact_delay() {
    let bypassed = Settings {
        bypass: true,
        ..linear(&[peak(1000.0, 9.0, 1.0)], 1024)
    };
    for settings in [linear(&[], 1024), bypassed] {
        for format in [SampleFormat::S16, SampleFormat::F32] {
            let mut eq = equaliser(format, 2, &settings);
            assert!(!eq.is_transparent());
            let delay = eq.latency() * 2 * format.bytes();
            let before = bytes(format, &noise(2 * 8192));
            let mut raw = before.clone();
            eq.process(&mut raw);
            assert!(raw[..delay].iter().all(|b| *b == 0));
            assert_eq!(raw[delay..], before[..before.len() - delay]);
        }
    }
}

#[test]
fn point_wise_gains_have_no_delay() {
    let mut settings = with(&[peak(1000.0, -3.0, 1.0)]);
    settings.curve.graphics.push(Graphic {
        points: vec![(100.0, 0.0), (1000.0, 6.0), (8000.0, -6.0)],
        channels: 0b01,
    });
    let response = Response::new(&settings.curve, &Layout::unpositioned(2), f64::from(RATE));
    let eq = equaliser(SampleFormat::F64, 2, &settings);
    assert_eq!(eq.latency(), 0);
    let h = impulse(&settings, 0, 16_384);
    for hertz in tones().filter(|f| (*f / 1000.0).log2().abs() > 0.2) {
        let got = transfer(&h[0], 0, hertz).norm();
        let wanted = response.at(0, hertz).magnitude;
        assert!((20.0 * (got / wanted).log10()).abs() < 0.1, "{hertz}");
    }
    let h = impulse(&settings, 1, 16_384);
    let got = transfer(&h[1], 0, 8000.0).norm();
    assert!((got / response.at(1, 8000.0).magnitude - 1.0).abs() < 1e-6);
}

/// Energy above 5 kHz, relative to all, of a low sine under `changes`, half a second apart.
fn disturbance(changes: &[Settings]) -> f64 {
    let every = 375;
    let mut x = sine(180.0, 0.5, (changes.len() + 1) * every * 64, 1);
    let mut eq = equaliser(SampleFormat::F64, 1, &changes[0]);
    sweep(&mut eq, &mut x, 1, |i| {
        let change = changes.get(i / every)?;
        (i % every == 0).then(|| (change.clone(), Pace::Ramp))
    });
    let x = &x[8192..];
    decibel(energy_above(x, 5000.0) / energy_above(x, 0.0))
}

#[test]
fn changes_of_phase_and_taps_are_smooth() {
    let bands = [peak(180.0, 6.0, 1.0)];
    let mut graphic = with(&bands);
    graphic.curve.graphics.push(Graphic {
        points: vec![(100.0, 6.0), (10_000.0, -6.0)],
        channels: u64::MAX,
    });
    let mut other = graphic.clone();
    other.curve.graphics[0].points[0].1 = -6.0;
    let changes = [
        linear(&bands, 4096),
        linear(&[peak(180.0, -6.0, 1.0)], 4096),
        with(&bands),
        linear(&bands, 1024),
        linear(&bands, 2048),
        graphic,
        other,
        with(&[]),
        linear(&[], 1024),
        Settings {
            bypass: true,
            ..linear(&bands, 1024)
        },
        linear(&bands, 1024),
    ];
    let heard = disturbance(&changes);
    assert!(heard < -90.0, "{heard} dB");
}

#[test]
fn latency_changes_once_in_silence() {
    let mut eq = equaliser(SampleFormat::F64, 1, &with(&[]));
    eq.update(&linear(&[], 1024), Pace::Ramp);
    let late = equaliser(SampleFormat::F64, 1, &linear(&[], 1024)).latency();
    let mut changed = Vec::new();
    let mut last = 0;
    for i in 0..200 {
        let mut x = vec![1.0; 64];
        run(&mut eq, &mut x);
        if eq.latency() != last {
            last = eq.latency();
            assert!(x[63].abs() < 1e-4);
            changed.push((i, last));
        }
    }
    assert_eq!(changed.len(), 1, "{changed:?}");
    assert_eq!(last, late);
}

#[test]
fn filters_designed_aside_arrive() {
    let settings = Settings {
        synchronous: false,
        ..linear(&[peak(1000.0, 9.0, 1.0)], 1024)
    };
    let mut eq = equaliser(SampleFormat::F64, 1, &with(&[]));
    eq.update(&settings, Pace::Ramp);
    for _ in 0..100_000 {
        run(&mut eq, &mut [0.0; 640]);
        if eq.latency() > 0 {
            break;
        }
        std::thread::yield_now();
    }
    assert!(eq.latency() > 0);
    eq.reset();
    let mut x = vec![0.0; 8192];
    x[0] = 1.0;
    run(&mut eq, &mut x);
    assert!((transfer(&x, 0, 1000.0).norm() - 10f64.powf(9.0 / 20.0)).abs() < 0.01);
}

#[test]
fn bad_samples_leave_no_trace_in_a_long_filter() {
    let mut eq = equaliser(
        SampleFormat::F32,
        1,
        &linear(&[peak(1000.0, 9.0, 1.0)], 4096),
    );
    let mut x = sine(1000.0, 0.1, 8192, 1);
    x[4000] = f64::NAN;
    let mut raw = bytes(SampleFormat::F32, &x);
    assert!(eq.process(&mut raw).non_finite);
    let mut raw = bytes(SampleFormat::F32, &sine(1000.0, 0.1, 16_384, 1));
    assert!(!eq.process(&mut raw).non_finite);
    assert!(
        samples(SampleFormat::F32, &raw)
            .iter()
            .all(|x| x.abs() < 0.5)
    );
}

#[test]
fn with_headroom_no_sine_clips() {
    let mut settings = with(&[peak(1000.0, 9.0, 1.0), peak(1500.0, 6.0, 2.0)]);
    settings.curve.auto_headroom = true;
    let mut eq = equaliser(SampleFormat::F64, 1, &settings);
    let mut loudest = 0.0f64;
    for hertz in tones().filter(|f| (500.0..3000.0).contains(f)) {
        let mut x = sine(hertz, 1.0, 48_000, 1);
        eq.reset();
        run(&mut eq, &mut x);
        loudest = x[24_000..].iter().fold(loudest, |m, x| m.max(x.abs()));
    }
    assert!(loudest <= 1.0 + 1e-9 && loudest > 0.95, "{loudest}");
}
