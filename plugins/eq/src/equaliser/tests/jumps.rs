// SPDX-License-Identifier: MPL-2.0
//! No change, however large, makes the output larger than what it was and what it comes to.
use super::common::*;
use crate::band::{Band, Kind, StereoMode, Width};
use crate::equaliser::{GRID, Pace, Settings};
use auris_dsp::pcm::SampleFormat;

/// The largest output for sines of full scale of some frequencies while `from` becomes `to`.
fn largest(from: &Settings, to: &Settings) -> f64 {
    let mut largest: f64 = 0.0;
    for freq in [20.0, 1000.0, 15_000.0] {
        let mut x = sine(freq, 1.0, 200 * GRID, 1);
        let mut eq = equaliser(SampleFormat::F64, 1, from);
        sweep(&mut eq, &mut x, 1, |i| {
            (i == 100).then(|| (to.clone(), Pace::Ramp))
        });
        largest = x.iter().fold(largest, |most, x| most.max(x.abs()));
    }
    largest
}

const WAYS: [(f64, f64); 4] = [
    (20_000.0, 20.0),
    (1000.0, 20.0),
    (20.0, 20_000.0),
    (100.0, 100.0),
];

#[test]
fn of_frequency_swing_no_higher() {
    for ramp_time in [0.0, 0.02] {
        for (from, to) in WAYS {
            for q in [0.3, 1.0, 3.0, 10.0, 30.0] {
                let [from, to] = [from, to].map(|freq| Settings {
                    ramp_time,
                    ..with(&[peak(freq, 12.0, q)])
                });
                let largest = largest(&from, &to);
                assert!(largest < 1.12 * 4.0, "{from:?} to {to:?}: {largest}");
            }
        }
    }
}

/// What is left 1 s after a band of so many Hz has moved from one frequency to the next, in silence since then.
fn left(kind: Kind, hertz: f64, frequencies: &[f64]) -> f64 {
    let at = |freq| {
        with(&[Band {
            kind,
            width: Width::Hz(hertz),
            ..peak(freq, 12.0, 1.0)
        }])
    };
    let mut eq = equaliser(SampleFormat::F64, 1, &at(frequencies[0]));
    let mut x = sine(997.0, 0.5, 100 * frequencies.len() * GRID, 1);
    sweep(&mut eq, &mut x, 1, |i| {
        let moved = i % 100 == 50 && i / 100 + 1 < frequencies.len();
        moved.then(|| (at(frequencies[i / 100 + 1]), Pace::Ramp))
    });
    let mut silence = vec![0.0; RATE as usize];
    sweep(&mut eq, &mut silence, 1, |_| None);
    let end = silence.len() - 4800;
    silence[end..].iter().fold(0.0, |most, x| most.max(x.abs()))
}

/// A wide band has a pole as good as on the unit circle where it ends at 0 or half the rate: what one has collected on its
/// way there would stay for ever.
#[test]
fn to_the_ends_of_the_spectrum_leave_nothing_behind() {
    let kinds = [
        Kind::Peak,
        Kind::LowShelf,
        Kind::HighShelf,
        Kind::Tilt,
        Kind::BandPass,
        Kind::Notch,
        Kind::AllPass,
    ];
    for kind in kinds {
        for hertz in [10.0, 100.0] {
            for way in [
                &[1000.0, 100_000.0, 0.0][..],
                &[1000.0, 0.0, 100_000.0],
                &[20.0, 24_000.0],
            ] {
                let left = left(kind, hertz, way);
                assert!(left < 1e-3, "{kind:?}, {hertz} Hz, {way:?}: {left}");
            }
        }
    }
}

#[test]
fn of_kind_and_frequency_swing_no_higher() {
    use Kind::*;
    for (old, new) in [
        (LowPass, Peak),
        (HighShelf, LowShelf),
        (Notch, LowPass),
        (Peak, HighPass),
        (Peak, Notch),
    ] {
        for (from, to) in WAYS {
            let [from, to] = [(old, from), (new, to)].map(|(kind, freq)| {
                with(&[Band {
                    kind,
                    ..peak(freq, 12.0, 0.7)
                }])
            });
            let largest = largest(&from, &to);
            assert!(largest < 1.1 * 4.0, "{from:?} to {to:?}: {largest}");
        }
    }
}

#[test]
fn that_follow_another_before_it_ends_are_smooth() {
    for every in [7, 14, 15, 16] {
        let to = |preamp| {
            let mut settings = with(&[]);
            settings.curve.preamp = preamp;
            settings
        };
        let mut x = sine(180.0, 0.25, 48_000, 1);
        let mut eq = equaliser(SampleFormat::F64, 1, &to(12.0));
        sweep(&mut eq, &mut x, 1, |i| {
            let gain = if i / every % 2 == 0 { 12.0 } else { -12.0 };
            Some((to(gain), Pace::Follow))
        });
        let heard = decibel(energy_above(&x, 5000.0) / energy_above(&x, 0.0));
        assert!(heard < -72.0, "every {every}: {heard} dB");
    }
}

#[test]
fn from_uneven_gains_to_even_ones_with_mid_are_smooth() {
    let mut uneven = with(&[]);
    uneven.curve.gains = vec![(2, -20.0)];
    let even = with(&[Band {
        stereo_mode: StereoMode::Mid,
        ..peak(1000.0, 6.0, 1.0)
    }]);
    let mut x = sine(190.0, 0.25, 200 * GRID, 2);
    let mut eq = equaliser(SampleFormat::F64, 2, &uneven);
    sweep(&mut eq, &mut x, 2, |i| {
        (i == 100).then(|| (even.clone(), Pace::Ramp))
    });
    assert!(steepest(&x, 2) < 0.02, "{}", steepest(&x, 2));
}

#[test]
fn reach_the_last_of_as_many_stages_as_there_can_be() {
    // Uneven gains take a stage before that of each band.
    let to = |gain| {
        let bands: Vec<_> = (0..64)
            .map(|i| Band {
                stereo_mode: [StereoMode::Mid, StereoMode::Left][i % 2],
                ..peak(1000.0, if i == 63 { gain } else { 0.01 }, 1.0)
            })
            .collect();
        let mut settings = with(&bands);
        settings.curve.gains = vec![(2, -6.0)];
        settings
    };
    let mut x = sine(1000.0, 0.25, 300 * GRID, 2);
    let mut expected = x.clone();
    let mut eq = equaliser(SampleFormat::F64, 2, &to(1.0));
    sweep(&mut eq, &mut x, 2, |i| {
        (i == 10).then(|| (to(12.0), Pace::Ramp))
    });
    run(
        &mut equaliser(SampleFormat::F64, 2, &to(12.0)),
        &mut expected,
    );
    let late = 2 * 250 * GRID..;
    assert!((x[late.clone()].iter().zip(&expected[late])).all(|(a, b)| (a - b).abs() < 1e-9));
}
