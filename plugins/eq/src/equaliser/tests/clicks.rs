// SPDX-License-Identifier: MPL-2.0
//! No change is heard as a click or as zipper noise.
use super::common::*;
use crate::band::{Alignment, Band, Design, Kind, StereoMode, Width};
use crate::design;
use crate::equaliser::{GRID, Pace, Settings};
use auris_dsp::pcm::SampleFormat;
use std::f64::consts::TAU;

const FRAMES: usize = 1 << 17;

/// What a band does to `x` if it is designed anew for every sample.
fn redesigned(x: &mut [f64], band: impl Fn(f64) -> Band) {
    let (mut x1, mut x2, mut y1, mut y2) = (0.0, 0.0, 0.0, 0.0);
    for (n, v) in x.iter_mut().enumerate() {
        let band = band(n as f64 / f64::from(RATE));
        let sections = design::sections(&band, f64::from(RATE), Design::Rbj);
        let q = sections.as_slice()[0];
        let y = q.b0 * *v + q.b1 * x1 + q.b2 * x2 - q.a1 * y1 - q.a2 * y2;
        (x2, x1) = (x1, *v);
        (y2, y1) = (y1, y);
        *v = y;
    }
}

/// Energy above 5 kHz of a swept filter, and what it may be: that of one redesigned for every
/// sample, and −100 dB of the whole.
fn swept(band: impl Fn(f64) -> Band + Copy) -> (f64, f64) {
    let tone = sine(997.0, 0.5, FRAMES, 1);
    let mut reference = tone.clone();
    redesigned(&mut reference, band);
    let mut x = tone;
    let mut eq = equaliser(SampleFormat::F64, 1, &with(&[band(0.0)]));
    sweep(&mut eq, &mut x, 1, |i| {
        let t = (i * GRID) as f64 / f64::from(RATE);
        Some((with(&[band(t)]), Pace::Follow))
    });
    let inner = 8192..FRAMES;
    let bound = energy_above(&reference[inner.clone()], 5000.0)
        + 1e-10 * energy_above(&reference[inner.clone()], 0.0);
    (energy_above(&x[inner], 5000.0), bound)
}

#[test]
fn swept_gain_is_as_clean_as_a_design_per_sample() {
    let (energy, bound) = swept(|t| peak(1000.0, 12.0 * (TAU * 10.0 * t).sin(), 1.0));
    assert!(energy <= bound, "{} > {}", decibel(energy), decibel(bound));
}

#[test]
fn swept_frequency_is_as_clean_as_a_design_per_sample() {
    for gain in [12.0, -12.0] {
        let octave = 10f64.log2() / 2.0;
        let (energy, bound) = swept(|t| {
            let freq = 200.0 * 10f64.sqrt() * (octave * (TAU * 10.0 * t).sin()).exp2();
            peak(freq, gain, 1.0)
        });
        assert!(energy <= bound, "{} > {}", decibel(energy), decibel(bound));
    }
}

/// Energy above 5 kHz, relative to all, when `changes` are made a tenth of a second apart.
fn disturbance(channels: usize, changes: &[Settings]) -> f64 {
    let every = 75;
    let frames = (changes.len() + 1) * every * GRID;
    let mut x = sine(180.0, 0.5, frames, channels);
    let mut eq = equaliser(SampleFormat::F64, channels, &changes[0]);
    sweep(&mut eq, &mut x, channels, |i| {
        let change = changes.get(i / every)?;
        (i % every == 0).then(|| (change.clone(), Pace::Ramp))
    });
    assert!(x.iter().all(|x| x.abs() < 4.0));
    let first: Vec<f64> = x.into_iter().step_by(channels).skip(2048).collect();
    decibel(energy_above(&first, 5000.0) / energy_above(&first, 0.0))
}

#[test]
fn jumps_of_any_parameter_are_smooth() {
    let a = peak(180.0, 12.0, 1.0);
    let mut half = with(&[a]);
    half.curve.preamp = -12.0;
    let changes = [
        with(&[a]),
        with(&[Band { gain: -12.0, ..a }]),
        with(&[Band { freq: 2000.0, ..a }]),
        with(&[Band { freq: 60.0, ..a }]),
        with(&[Band {
            width: Width::Q(8.0),
            ..a
        }]),
        with(&[Band {
            enabled: false,
            ..a
        }]),
        with(&[a]),
        half,
    ];
    let heard = disturbance(1, &changes);
    assert!(heard < -90.0, "{heard} dB");
}

#[test]
fn changes_of_structure_are_smooth() {
    let a = peak(180.0, 12.0, 1.0);
    let steep = Band {
        order: 8,
        alignment: Alignment::LinkwitzRiley,
        ..pass(Kind::HighPass, 100.0)
    };
    let mid = Band {
        stereo_mode: StereoMode::Mid,
        gain: 3.0,
        ..a
    };
    let mut matched = with(&[a, steep]);
    matched.curve.design = Design::Matched;
    let mut uneven = with(&[mid, a]);
    uneven.curve.gains.push((1, -6.0));
    let changes = [
        with(&[a]),
        with(&[Band {
            kind: Kind::LowShelf,
            ..a
        }]),
        with(&[a, steep]),
        with(&[
            Band {
                width: Width::Octaves(2.0),
                ..a
            },
            steep,
        ]),
        matched,
        with(&[a, Band { order: 2, ..steep }]),
        with(&[steep]),
        with(&[
            Band {
                stereo_mode: StereoMode::Mid,
                ..a
            },
            Band {
                channels: 1,
                gain: -6.0,
                ..a
            },
        ]),
        uneven,
        with(&[Band { gain: 0.5, ..a }; 20]),
        with(&[]),
        with(&[pass(Kind::Notch, 180.0)]),
        Settings {
            bypass: true,
            ..with(&[a])
        },
    ];
    // A notch lets a gated sine's beginning through, so only the fades themselves are heard.
    let heard = disturbance(2, &changes);
    assert!(heard < -90.0, "{heard} dB");
}

#[test]
fn the_measure_hears_a_click() {
    let mut x = sine(180.0, 0.5, 48_000, 1);
    x[24_067..].iter_mut().for_each(|x| *x *= 0.9);
    let heard = decibel(energy_above(&x, 5000.0) / energy_above(&x, 0.0));
    assert!(heard > -80.0, "{heard} dB");
}

#[test]
fn a_change_during_a_change_starts_from_where_it_is() {
    let to = |gain| with(&[peak(180.0, gain, 1.0)]);
    let mut x = sine(180.0, 0.25, 48_000, 1);
    let calm = steepest(&x, 1);
    let mut eq = equaliser(SampleFormat::F64, 1, &to(0.0));
    sweep(&mut eq, &mut x, 1, |i| {
        let gain = if i % 6 < 3 { 12.0 } else { -12.0 };
        (i % 3 == 0).then(|| (to(gain), Pace::Ramp))
    });
    assert!(steepest(&x, 1) < 4.5 * calm);
    let heard = decibel(energy_above(&x, 5000.0) / energy_above(&x, 0.0));
    assert!(heard < -90.0, "{heard} dB");
}

#[test]
fn changes_that_come_too_fast_end_in_the_last_one() {
    let kinds = [Kind::Peak, Kind::LowShelf, Kind::HighPass, Kind::Notch];
    let last = with(&[peak(500.0, 6.0, 1.0), pass(Kind::LowPass, 9000.0)]);
    let mut x = noise(65_536);
    let mut y = x.clone();
    let mut eq = equaliser(SampleFormat::F64, 1, &with(&[]));
    sweep(&mut eq, &mut x, 1, |i| match i {
        0..100 => {
            let band = Band {
                kind: kinds[i % 4],
                ..peak(500.0, 6.0, 1.0)
            };
            Some((with(&[band]), Pace::Follow))
        }
        100 => Some((last.clone(), Pace::Ramp)),
        _ => None,
    });
    run(&mut equaliser(SampleFormat::F64, 1, &last), &mut y);
    let late = 60_000..;
    assert!((x[late.clone()].iter().zip(&y[late])).all(|(x, y)| (x - y).abs() < 1e-9));
}
