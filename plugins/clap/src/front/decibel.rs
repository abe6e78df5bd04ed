// SPDX-License-Identifier: MPL-2.0
//! Powers to decibels, more exactly than `auris_dsp` has them.
use super::{FLOOR, MELS};

auris_dsp::multiversion! {
    /// 10·log10 of each power, as exact as an f32 can be but for a few billionths of a decibel.
    /// What is below the floor counts as that; what is beyond f32, or not a number because a filter
    /// was, as the largest f32.
    pub(super) fn decibels(power: &[f32; MELS], out: &mut [f32; MELS]) = body
}

/// With x = 2^e·m and √½ ≤ m < √2, ln m = 2·artanh s with s = (m − 1)/(m + 1), whose series in s is
/// cut off before 2·s^13/13 < 2e-11.
#[inline(always)]
fn body(power: &[f32; MELS], out: &mut [f32; MELS]) {
    const ROOT_HALF: u32 = 0x3f35_04f3;
    const PER_OCTAVE: f64 = 10.0 * std::f64::consts::LOG10_2;
    const PER_NEPER: f64 = 10.0 * std::f64::consts::LOG10_E;
    for (out, &power) in out.iter_mut().zip(power) {
        let power = if power < f32::MAX { power } else { f32::MAX };
        let power = if power > FLOOR { power } else { FLOOR };
        let bits = power.to_bits().wrapping_sub(ROOT_HALF);
        let e = f64::from(bits as i32 >> 23);
        let m = f64::from(f32::from_bits((bits & 0x007f_ffff) + ROOT_HALF));
        let s = (m - 1.0) / (m + 1.0);
        let q = s * s;
        let mut sum = 1.0 / 11.0;
        for odd in [9.0, 7.0, 5.0, 3.0, 1.0] {
            sum = sum * q + 1.0 / odd;
        }
        *out = (e * PER_OCTAVE + s * sum * (2.0 * PER_NEPER)) as f32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use auris_dsp::simd::Level;

    fn one(level: Level, power: f32) -> f32 {
        let mut out = [f32::NAN; MELS];
        decibels(level, &[power; MELS], &mut out);
        assert!(out.iter().all(|x| *x == out[0]), "{power}: {out:?}");
        out[0]
    }

    #[test]
    fn as_exact_as_an_f32_can_be() {
        for level in Level::available() {
            for bits in (FLOOR.to_bits()..f32::MAX.to_bits()).step_by(99_991) {
                let power = f32::from_bits(bits);
                let (found, exact) = (one(level, power), 10.0 * f64::from(power).log10());
                let off = (f64::from(found) - exact).abs();
                let limit = 6e-8 * exact.abs() + 2e-9;
                assert!(off <= limit, "{level:?} {power:e}: {found}, not {exact}");
            }
        }
    }

    #[test]
    fn what_has_no_decibels_is_defined() {
        for level in Level::available() {
            for power in [0.0, -1.0, f32::MIN_POSITIVE, f32::NEG_INFINITY] {
                assert_eq!(one(level, power), -100.0, "{level:?} {power}");
            }
            for power in [f32::MAX, f32::INFINITY, f32::NAN] {
                assert!((one(level, power) - 385.318).abs() < 1e-3, "{level:?}");
            }
            assert_eq!(one(level, 1.0), 0.0);
        }
    }
}
