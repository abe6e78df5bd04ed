// SPDX-License-Identifier: MPL-2.0
//! Matched designs against the analogue prototypes.
use super::*;

/// Power of the analogue prototype at `x` times the band's frequency.
fn prototype(kind: Kind, q: f64, gain: f64, x: f64) -> f64 {
    let a = 10f64.powf(gain / 40.0);
    let power = |n0: f64, n1: f64, n2: f64| (n0 - n2 * x * x).powi(2) + (n1 * x / q).powi(2);
    let r = a.sqrt();
    match kind {
        Kind::Peak => power(1.0, a, 1.0) / power(1.0, 1.0 / a, 1.0),
        Kind::LowShelf => a * a * power(a, r, 1.0) / power(1.0, r, a),
        Kind::HighShelf => a * a * power(1.0, r, a) / power(a, r, 1.0),
        Kind::Tilt => power(1.0, r, a) / power(a, r, 1.0),
        Kind::LowPass => 1.0 / power(1.0, 1.0, 1.0),
        Kind::HighPass => x.powi(4) / power(1.0, 1.0, 1.0),
        Kind::BandPass => (x / q).powi(2) / power(1.0, 1.0, 1.0),
        Kind::Notch => (1.0 - x * x).powi(2) / power(1.0, 1.0, 1.0),
        Kind::AllPass => 1.0,
    }
}

/// The largest error in dB up to 20 kHz at 48 kHz where the prototype is above `floor` dB.
fn error(band: &Band, q: f64, floor: f64) -> f64 {
    let grid = (0..240).map(|i| 20.0 * 1000f64.powf(f64::from(i) / 239.0));
    let near = (-10..=10).map(|i| band.freq * (1.0 + f64::from(i) / 20.0 / q));
    let mut worst: f64 = 0.0;
    for frequency in grid.chain(near).filter(|f| (20.0..=20_000.0).contains(f)) {
        let ought = 10.0 * prototype(band.kind, q, band.gain, frequency / band.freq).log10();
        if ought > floor {
            let is = decibels(band, 48_000.0, Design::Matched, frequency);
            worst = worst.max((is - ought).abs());
        }
    }
    worst
}

fn band(kind: Kind, freq: f64, gain: f64, q: f64) -> Band {
    Band {
        kind,
        freq,
        gain,
        width: Width::Q(q),
        alignment: Alignment::Resonant,
        ..Band::default()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn peaks(freq in log(20.0, 20_000.0), gain in -6.0..=6.0f64, q in log(0.3, 10.0)) {
        let error = error(&band(Kind::Peak, freq, gain, q), q, -100.0);
        prop_assert!(error < 0.2, "{error} dB");
    }

    #[test]
    fn shelves(
        kind in prop::sample::select(&[Kind::LowShelf, Kind::HighShelf, Kind::Tilt][..]),
        freq in log(20.0, 20_000.0), gain in -6.0..=6.0f64, q in log(0.4, 1.2),
    ) {
        let error = error(&band(kind, freq, gain, q), q, -100.0);
        prop_assert!(error < 0.15, "{error} dB");
    }

    #[test]
    fn sloped_shelves(
        kind in prop::sample::select(&[Kind::LowShelf, Kind::HighShelf, Kind::Tilt][..]),
        freq in log(20.0, 20_000.0), gain in -6.0..=6.0f64, slope in 0.4..=1.0f64,
    ) {
        let a = 10f64.powf(gain / 40.0);
        let q = ((a + 1.0 / a) * (1.0 / slope - 1.0) + 2.0).sqrt().recip();
        let band = Band { width: Width::Slope(slope), ..band(kind, freq, gain, q) };
        let error = error(&band, q, -100.0);
        prop_assert!(error < 0.15, "{error} dB");
    }
}

#[test]
fn cuts_undo_boosts() {
    for kind in [Kind::Peak, Kind::LowShelf, Kind::HighShelf, Kind::Tilt] {
        for (freq, q) in [(50.0, 5.0), (3000.0, 1.0), (18_000.0, 0.7)] {
            for frequency in [10.0, 60.0, 2000.0, 15_000.0, 23_000.0] {
                let at = |gain| {
                    decibels(
                        &band(kind, freq, gain, q),
                        48_000.0,
                        Design::Matched,
                        frequency,
                    )
                };
                assert!(
                    (at(9.0) + at(-9.0)).abs() < 1e-6,
                    "{kind:?} {freq} at {frequency}"
                );
            }
        }
    }
}

#[test]
fn other_kinds_follow_the_prototype() {
    // Largest errors where the prototype is above −40 dB, corner up to 10 kHz. A high pass keeps both
    // its zeros at 0 Hz, for its slope, and has but one number left to match.
    for (kind, allowed) in [
        (Kind::LowPass, 0.2),
        (Kind::HighPass, 0.6),
        (Kind::BandPass, 0.5),
        (Kind::Notch, 0.3),
    ] {
        for i in 0..60 {
            let freq = 20.0 * 500f64.powf(f64::from(i) / 59.0);
            for q in [0.5, 0.7, 1.0, 2.0, 8.0] {
                let error = error(&band(kind, freq, 0.0, q), q, -40.0);
                assert!(error < allowed, "{kind:?} {freq} Hz, Q {q}: {error} dB");
            }
        }
    }
}
