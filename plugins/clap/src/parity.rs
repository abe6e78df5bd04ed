// SPDX-License-Identifier: MPL-2.0
//! What other implementations do to audio before they look at it.

/// Sends samples through 16 bits as laion_clap does before its front end: limited to ±1, times 32767,
/// cut off (not rounded) to an integer, and divided by 32767 again. NaN becomes 0.
///
/// transformers does no such thing.
pub fn through_int16(samples: &mut [f32]) {
    for sample in samples {
        let integer = (sample.clamp(-1.0, 1.0) * 32767.0) as i16;
        *sample = f32::from(integer) / 32767.0;
    }
}

#[cfg(test)]
mod tests {
    use super::through_int16;
    use proptest::prelude::*;

    #[test]
    fn samples_become_what_numpy_makes_of_them() {
        // (np.clip(x, -1, 1) * 32767.).astype(np.int16), which cuts off towards zero.
        let known = [
            (0.0, 0),
            (0.5, 16_383),
            (-0.5, -16_383),
            (0.999_98, 32_766),
            (1.0, 32_767),
            (1.5, 32_767),
            (-7.0, -32_767),
            (3e-5, 0),
            (-3e-5, 0),
            (3.1e-5, 1),
            (-3.1e-5, -1),
            (f32::INFINITY, 32_767),
            (f32::NAN, 0),
        ];
        for (sample, integer) in known {
            let mut samples = [sample];
            through_int16(&mut samples);
            let expected = (f64::from(integer) / 32767.0) as f32;
            assert_eq!(samples[0].to_bits(), expected.to_bits(), "{sample}");
        }
    }

    proptest! {
        #[test]
        fn nothing_moves_by_more_than_a_step(sample in -1.0_f32..=1.0) {
            let mut samples = [sample];
            through_int16(&mut samples);
            prop_assert!((samples[0] - sample).abs() <= 1.0 / 32767.0);
            prop_assert!(samples[0].abs() <= sample.abs());
        }
    }
}
