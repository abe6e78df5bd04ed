// SPDX-License-Identifier: MPL-2.0
//! Spectral flatness.
use super::descriptor_kernel::{LANES, PRODUCTS, logarithms, logarithms_scalar};
use crate::simd::Level;

/// The geometric mean of the powers over their arithmetic mean, each power being at least `floor`:
/// from 0 of a tone to 1 of a spectrum that is flat, or silent.
pub fn flatness(level: Level, power: &[f32], floor: f32) -> f64 {
    let floor = floor.max(f32::MIN_POSITIVE);
    let (rows, tail) = match level {
        Level::SCALAR => (&[][..], power),
        _ => power.as_chunks::<LANES>(),
    };
    let (mut logarithm, mut sum) = logarithms_scalar(tail, floor);
    for rows in rows.chunks(PRODUCTS) {
        let (l, s) = logarithms(level, rows, floor);
        logarithm += l;
        sum += s;
    }
    let bins = power.len().max(1) as f64;
    match sum {
        0.0 => 1.0,
        sum if sum.is_finite() => (logarithm / bins).exp() / (sum / bins),
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    proptest! {
        /// Against the definition, down to the floor and beyond, over a range of 300 dB.
        #[test]
        fn every_level_gives_what_the_definition_says(
            decibels in vec(-130f32..170.0, 1..3000),
        ) {
            let power: Vec<f32> = decibels.iter().map(|x| 10f32.powf(x / 10.0)).collect();
            let at_least = power.iter().map(|&p| f64::from(p).max(1e-10));
            let bins = power.len() as f64;
            let geometric = (at_least.clone().map(f64::ln).sum::<f64>() / bins).exp();
            let expected = geometric / (at_least.sum::<f64>() / bins);
            let mut bits = None;
            for level in Level::available() {
                let value = flatness(level, &power, 1e-10);
                prop_assert!((value - expected).abs() <= 5e-6 * expected, "{value} {expected}");
                if level != Level::SCALAR {
                    prop_assert_eq!(*bits.get_or_insert(value), value);
                }
            }
        }
    }

    #[test]
    fn extremes() {
        for level in Level::available() {
            for flat in [0.0, 1e-20, 1.0, 1e30, f32::NAN] {
                assert!((flatness(level, &[flat; 1025], 1e-10) - 1.0).abs() < 1e-6);
            }
            let mut tone = [0.0; 1025];
            tone[100] = 1e6;
            assert!(flatness(level, &tone, 1e-10) < 1e-9);
            assert_eq!(flatness(level, &[f32::INFINITY; 100], 1e-10), 0.0);
            assert_eq!(flatness(level, &[], 1e-10), 1.0);
        }
    }
}
