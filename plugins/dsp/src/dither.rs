// SPDX-License-Identifier: MPL-2.0
//! Dither for the step down to integers.

/// Triangular noise of ±1 LSB for sample `index` (frame times channels plus channel) of a stream.
/// The same index gives the same noise, so that output does not depend on how audio is cut.
///
/// The difference of two independent uniform numbers, both from one output of SplitMix64 (Steele,
/// Lea & Flood, "Fast Splittable Pseudorandom Number Generators", 2014), which takes a counter as
/// well as a sequence.
#[inline(always)]
pub fn tpdf(index: u64) -> f64 {
    let mut z = index.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^= z >> 31;
    (f64::from((z >> 32) as u32) - f64::from(z as u32)) * (1.0 / 4_294_967_296.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const N: u64 = 1 << 18;

    #[test]
    fn triangular_between_minus_and_plus_one() {
        let mut histogram = [0u32; 8];
        let (mut sum, mut square) = (0.0, 0.0);
        for x in (0..N).map(tpdf) {
            assert!(x.abs() < 1.0);
            histogram[((x + 1.0) * 4.0) as usize] += 1;
            sum += x;
            square += x * x;
        }
        let n = N as f64;
        assert!((sum / n).abs() < 4.0 / n.sqrt(), "mean {}", sum / n);
        assert!(
            (square / n - 1.0 / 6.0).abs() < 2e-3,
            "variance {}",
            square / n
        );
        for (count, expected) in histogram.iter().zip([1, 3, 5, 7, 7, 5, 3, 1]) {
            let share = f64::from(*count) / n;
            assert!((share - f64::from(expected) / 32.0).abs() < 4e-3);
        }
    }

    #[test]
    fn white_within_and_across_channels() {
        for lag in [1, 2, 3, 8, 64, 48_000] {
            let r: f64 = (0..N).map(|i| tpdf(i) * tpdf(i + lag)).sum::<f64>() / N as f64;
            assert!(r.abs() < 1.5e-3, "correlation {r} at lag {lag}");
        }
    }
}
