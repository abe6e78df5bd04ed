// SPDX-License-Identifier: MPL-2.0
//! Ratios and their logarithms.

/// Amplitude ratio to decibel: 20·log10(x). 0 gives −∞.
#[inline]
pub fn from_amplitude(ratio: f64) -> f64 {
    20.0 * ratio.log10()
}

/// Decibel to amplitude ratio: 10^(dB / 20).
#[inline]
pub fn to_amplitude(decibel: f64) -> f64 {
    10f64.powf(decibel / 20.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_ratios() {
        assert_eq!(from_amplitude(1.0), 0.0);
        assert_eq!(from_amplitude(10.0), 20.0);
        assert_eq!(from_amplitude(0.0), f64::NEG_INFINITY);
        assert!((to_amplitude(-6.020_599_913_279_624) - 0.5).abs() < 1e-15);
    }
}
