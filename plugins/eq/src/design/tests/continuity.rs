// SPDX-License-Identifier: MPL-2.0
//! Coefficients follow parameters without a jump: an equaliser ramps them.
use super::*;

/// Steps of a sweep.
const FINE: usize = 4000;

fn coefficients(band: &Band, design: Design) -> Vec<f64> {
    let sections = sections(band, 48_000.0, design);
    let all = sections.as_slice().iter();
    all.flat_map(|s| [s.b0, s.b1, s.b2, s.a1, s.a2]).collect()
}

/// The distances between the coefficients at `steps` + 1 places, `sweep` being the band at a place
/// from 0 to 1.
fn strides(
    sweep: &impl Fn(f64) -> Band,
    design: Design,
    from: f64,
    to: f64,
    steps: usize,
) -> Vec<f64> {
    let place = |i: usize| from + (to - from) * i as f64 / steps as f64;
    let at = |i| coefficients(&sweep(place(i)), design);
    let mut before = at(0);
    (1..=steps)
        .map(|i| {
            let after = at(i);
            let distances = before.iter().zip(&after).map(|(a, b)| (a - b).abs());
            let largest = distances.fold(0.0, f64::max);
            before = after;
            largest
        })
        .collect()
}

/// A jump does not shrink with the steps: where one is largest, or much larger than its
/// neighbours, a thousandth of it must.
fn is_continuous(sweep: impl Fn(f64) -> Band) -> Result<(), TestCaseError> {
    for design in [Design::Rbj, Design::Matched] {
        let strides = strides(&sweep, design, 0.0, 1.0, FINE);
        let excess = |i: &usize| strides[*i] / (strides[i - 1].max(strides[i + 1]) + 1e-9);
        let inner = 1..FINE - 1;
        let by = |key: &dyn Fn(&usize) -> f64| {
            inner
                .clone()
                .max_by(|a, b| key(a).total_cmp(&key(b)))
                .expect("a sweep has steps")
        };
        for i in [by(&|i| strides[*i]), by(&excess)] {
            let (from, to) = (i as f64 / FINE as f64, (i + 1) as f64 / FINE as f64);
            let within = self::strides(&sweep, design, from, to, 1000);
            let within = within.into_iter().fold(0.0, f64::max);
            prop_assert!(
                within < 0.05 * strides[i].max(1e-7),
                "{:?}, {:?}: {} in a step of {}",
                sweep(from),
                design,
                within,
                strides[i]
            );
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn in_frequency(
        kind in kind(), alignment in alignment(), order in 1u8..=16, gain in -24.0..24.0f64,
        q in log(0.1, 30.0),
    ) {
        is_continuous(|place| Band {
            kind, alignment, order, gain, width: Width::Q(q),
            freq: 10.0 * 4000f64.powf(place),
            ..Band::default()
        })?;
    }

    #[test]
    fn in_gain(kind in kind(), freq in log(10.0, 30_000.0), q in log(0.1, 30.0)) {
        is_continuous(|place| Band {
            kind, freq, width: Width::Q(q),
            gain: 48.0 * place - 24.0,
            ..Band::default()
        })?;
    }

    #[test]
    fn in_width(
        kind in kind(), alignment in alignment(), order in 1u8..=16, gain in -24.0..24.0f64,
        freq in log(10.0, 23_000.0),
        (unit, from, to) in prop::sample::select(&[
            (Width::Q as fn(f64) -> Width, 0.05, 100.0),
            // To half the rate, α goes to infinity.
            (Width::Hz, 1.0, 23_000.0),
            (Width::Octaves, 0.02, 8.0),
            (Width::Slope, 0.05, 8.0),
        ][..]),
    ) {
        is_continuous(|place| Band {
            kind, alignment, order, gain, freq,
            width: unit(from * f64::powf(to / from, place)),
            ..Band::default()
        })?;
    }
}
