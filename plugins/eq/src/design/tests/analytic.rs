// SPDX-License-Identifier: MPL-2.0
//! The bilinear designs against their analogue prototypes, written out here once more as transfer
//! functions of s, and against known values.
use super::*;
use rustfft::num_complex::Complex;

type C = Complex<f64>;

/// α of the Audio EQ Cookbook at the angle `w`.
fn alpha(width: Width, rate: f64, w: f64, a: f64) -> f64 {
    match width {
        Width::Q(q) => w.sin() / (2.0 * q),
        Width::Hz(hz) => (PI * hz / rate).tan(),
        // The most that the design takes; some octaves near half the rate come to more.
        Width::Octaves(n) => (w.sin() * (2f64.ln() / 2.0 * n * w / w.sin()).sinh()).min(1e6),
        Width::Slope(s) => w.sin() / 2.0 * ((a + 1.0 / a) * (1.0 / s - 1.0) + 2.0).sqrt(),
    }
}

/// The transfer function of a prototype at `s`, the frequency being 1.
fn prototype(band: &Band, q: f64, s: C) -> C {
    let a = 10f64.powf(band.gain / 40.0);
    let (one, half) = (C::from(1.0), a.sqrt() / q);
    let second = |q: f64| s * s + s / q + one;
    match band.kind {
        Kind::Peak => (s * s + s * (a / q) + one) / second(q * a),
        Kind::LowShelf => (s * s + s * half + a) / (s * s * a + s * half + one) * a,
        Kind::HighShelf => (s * s * a + s * half + one) / (s * s + s * half + a) * a,
        Kind::Tilt => (s * s * a + s * half + one) / (s * s + s * half + a),
        Kind::BandPass => s / q / second(q),
        Kind::Notch => (s * s + one) / second(q),
        Kind::AllPass => (s * s - s / q + one) / second(q),
        Kind::LowPass | Kind::HighPass => pass(band, q, s),
    }
}

/// A low or high pass, pole by pole.
fn pass(band: &Band, q: f64, s: C) -> C {
    let s = match band.kind {
        Kind::HighPass => s.inv(),
        _ => s,
    };
    let order = usize::from(band.order);
    let butterworth = |order: usize| -> C {
        (1..=order)
            .map(|k| {
                let angle = PI * (2 * k + order - 1) as f64 / (2 * order) as f64;
                (s - C::from_polar(1.0, angle)).inv()
            })
            .product()
    };
    match band.alignment {
        Alignment::Butterworth => butterworth(order),
        Alignment::LinkwitzRiley => butterworth(order.div_ceil(2)).powu(2),
        Alignment::Resonant if order == 1 => butterworth(1),
        Alignment::Resonant => {
            let own = 0.5 / (PI / (2.0 * order as f64)).sin();
            let pair = |q: f64| s * s + s / q + 1.0;
            butterworth(order) * pair(own) / pair(own * q * 2f64.sqrt())
        }
    }
}

fn width() -> impl Strategy<Value = Width> {
    prop_oneof![
        log(0.1, 100.0).prop_map(Width::Q),
        log(1.0, 20_000.0).prop_map(Width::Hz),
        log(0.05, 4.0).prop_map(Width::Octaves),
        (0.1..=1.0f64).prop_map(Width::Slope),
    ]
}

prop_compose! {
    fn band()(
        kind in kind(),
        freq in log(10.0, 0.49 * 44_100.0),
        gain in -24.0..=24.0f64,
        width in width(),
        order in 1u8..=16,
        alignment in alignment(),
    ) -> Band {
        Band { kind, freq, gain, width, order, alignment, ..Band::default() }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn bilinear_designs_are_their_prototypes(
        band in band(),
        rate in prop::sample::select(&[44_100.0, 48_000.0, 96_000.0, 192_000.0, 384_000.0][..]),
        part in log(1e-4, 0.999),
    ) {
        let w = TAU * band.freq / rate;
        let shelf = matches!(band.kind, Kind::LowShelf | Kind::HighShelf | Kind::Tilt);
        let a = if shelf { 10f64.powf(band.gain / 40.0) } else { 1.0 };
        let q = w.sin() / (2.0 * alpha(band.width, rate, w, a));
        // A tone near the band, and one anywhere.
        for frequency in [part * rate / 2.0, band.freq * (1.0 + 0.3 * (part - 0.3))] {
            let v = TAU * frequency / rate;
            if v >= PI {
                continue;
            }
            let s = C::new(0.0, (v / 2.0).tan() / (w / 2.0).tan());
            let (re, im) = response(&band, rate, Design::Rbj, frequency);
            let (is, ought) = (C::new(re, im), prototype(&band, q, s));
            // 0.001 dB is 1.15e-4. Above −80 dB it is far less; towards a zero, no better than the
            // rounding of the coefficients allows.
            let off = (is - ought).norm();
            prop_assert!(off < 2e-5 * (ought.norm() + 1e-4), "{band:?} at {frequency}: {is} for {ought}");
            prop_assert!(off < 1.15e-4 * (ought.norm() + 1e-7), "{band:?} at {frequency}: {is} for {ought}");
        }
    }
}

#[test]
fn passes_have_their_corner_and_slope() {
    for kind in [Kind::LowPass, Kind::HighPass] {
        for order in 1..=16 {
            for (alignment, corner) in [
                (Alignment::Butterworth, -3.0103),
                (Alignment::LinkwitzRiley, -6.0206),
            ] {
                let band = Band {
                    kind,
                    order,
                    alignment,
                    freq: 1000.0,
                    ..Band::default()
                };
                let at = |f| decibels(&band, 3_072_000.0, Design::Rbj, f);
                assert!(
                    (at(1000.0) - corner).abs() < 1e-3,
                    "{band:?}: {}",
                    at(1000.0)
                );
                // An octave, four octaves away from the corner.
                let slope = match kind {
                    Kind::LowPass => at(32_000.0) - at(16_000.0),
                    _ => at(31.25) - at(62.5),
                };
                let counted = match alignment {
                    Alignment::LinkwitzRiley => order.next_multiple_of(2),
                    _ => order,
                };
                let ought = -6.02 * f64::from(counted);
                assert!(
                    (slope - ought).abs() < 0.01 * ought.abs(),
                    "{band:?}: {slope}"
                );
            }
        }
    }
}

#[test]
fn low_bands_are_exact_at_high_rates() {
    let band = Band {
        freq: 20.0,
        gain: 6.0,
        width: Width::Q(10.0),
        ..Band::default()
    };
    for frequency in [1.0, 15.0, 19.0, 19.9, 20.0, 20.1, 21.0, 30.0, 1000.0] {
        let a = 10f64.powf(band.gain / 40.0);
        let x = (PI * frequency / 192_000.0).tan() / (PI * 20.0 / 192_000.0f64).tan();
        let power = |k: f64| (1.0 - x * x).powi(2) + (x * k / 10.0).powi(2);
        let ought = 10.0 * (power(a) / power(1.0 / a)).log10();
        let is = decibels(&band, 192_000.0, Design::Rbj, frequency);
        assert!((is - ought).abs() < 1e-6, "{frequency}: {is} for {ought}");
    }
}

#[test]
fn a_tilt_turns_about_its_frequency() {
    for (width, gain) in [
        (Width::Slope(0.5), 6.0),
        (Width::Q(0.4), -8.0),
        (Width::Hz(900.0), 3.0),
    ] {
        for design in [Design::Rbj, Design::Matched] {
            let band = Band {
                kind: Kind::Tilt,
                gain,
                width,
                ..Band::default()
            };
            for (frequency, ought) in [(0.01, -gain / 2.0), (1000.0, 0.0)] {
                let is = decibels(&band, 192_000.0, design, frequency);
                assert!((is - ought).abs() < 1e-3, "{band:?} at {frequency}: {is}");
            }
            let high = decibels(&band, 192_000.0, design, 90_000.0);
            assert!((high - gain / 2.0).abs() < 0.03, "{band:?}: {high}");
        }
    }
}
