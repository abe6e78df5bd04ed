// SPDX-License-Identifier: MPL-2.0
//! Chroma: how the power is spread over the twelve pitch classes.
//!
//! The filters are those of Ellis's chroma analysis as librosa's `filters.chroma` has them by
//! default: a bin at p semitones weighs pitch class c by exp(−½·(2d/w)²), d being the distance from
//! p to c around the circle and w the distance to the next bin in semitones, but at least 1; the
//! weights of a bin are brought to a sum of squares of 1 and multiplied by a bell over octaves, two
//! wide, around the fifth octave above 27.5 Hz. A is tuned to 440 Hz.
use crate::multiversion;
use crate::simd::Level;

/// Pitch classes, from C to B.
pub const CLASSES: usize = 12;

/// Bins that are summed side by side: so few that a sum per class stays in registers.
const LANES: usize = 8;
type Lanes = [f32; LANES];

/// Centre and width of the bell, in octaves.
const CENTRE: f64 = 5.0;
const WIDTH: f64 = 2.0;
/// Octave 0 begins here, at an A.
const LOWEST_A: f64 = 27.5;
/// From A up to C, where the classes begin.
const A_TO_C: f64 = 3.0;

/// The filters for one rate and size. Every bin weighs nearly every class, so nothing is sparse
/// here.
#[derive(Debug, Clone)]
pub struct Chroma {
    level: Level,
    /// For each run of `LANES` bins the weights of all classes.
    weights: Vec<[Lanes; CLASSES]>,
}

impl Chroma {
    /// For spectra of transforms of `size` at `rate` Hz.
    pub fn new(rate: f64, size: usize) -> Self {
        Self::with_level(Level::best(), rate, size)
    }

    /// As [`Chroma::new`], on one instruction set.
    pub fn with_level(level: Level, rate: f64, size: usize) -> Self {
        let classes = CLASSES as f64;
        let bins = size / 2 + 1;
        // Bin 0 has no pitch; librosa puts it an octave and a half below bin 1.
        let pitch = |bin: usize| match bin {
            0 => classes * ((rate / size as f64 / LOWEST_A).log2() - 1.5),
            bin => classes * (bin as f64 * rate / size as f64 / LOWEST_A).log2(),
        };
        let mut weights = vec![[[0.0; LANES]; CLASSES]; bins.div_ceil(LANES)];
        for bin in 0..bins {
            let here = pitch(bin);
            let width = (pitch(bin + 1) - here).max(1.0);
            let bells: [f64; CLASSES] = std::array::from_fn(|class| {
                let away = here - A_TO_C - class as f64;
                let around = (away + classes / 2.0).rem_euclid(classes) - classes / 2.0;
                (-0.5 * (2.0 * around / width).powi(2)).exp()
            });
            let norm = bells.iter().map(|x| x * x).sum::<f64>().sqrt();
            let octave = (-0.5 * ((here / classes - CENTRE) / WIDTH).powi(2)).exp();
            for (class, bell) in bells.into_iter().enumerate() {
                weights[bin / LANES][class][bin % LANES] = (bell / norm * octave) as f32;
            }
        }
        Chroma { level, weights }
    }

    /// Writes the pitch classes of a spectrum, the strongest being 1; all 0 in silence.
    pub fn apply(&self, power: &[f32], out: &mut [f32; CLASSES]) {
        if self.level == Level::SCALAR {
            apply_scalar(power, &self.weights, out);
        } else {
            apply(self.level, power, &self.weights, out);
        }
        let most = out.iter().fold(0.0, |most: f32, &x| most.max(x));
        let scale = match most >= f32::MIN_POSITIVE && most.is_finite() {
            true => 1.0 / f64::from(most),
            false => 0.0,
        };
        for x in out {
            *x = match scale > 0.0 {
                true => (f64::from(*x) * scale) as f32,
                false => 0.0,
            };
        }
    }
}

/// The reference: one bin at a time, in double precision.
fn apply_scalar(power: &[f32], weights: &[[Lanes; CLASSES]], out: &mut [f32; CLASSES]) {
    for (class, out) in out.iter_mut().enumerate() {
        let bins = power.iter().enumerate();
        let products = bins.map(|(bin, &p)| {
            let weights = weights
                .get(bin / LANES)
                .map_or(0.0, |w| w[class][bin % LANES]);
            f64::from(p) * f64::from(weights)
        });
        *out = products.sum::<f64>() as f32;
    }
}

multiversion! {
    fn apply(power: &[f32], weights: &[[Lanes; CLASSES]], out: &mut [f32; CLASSES]) = apply_body
}

#[inline(always)]
fn apply_body(power: &[f32], weights: &[[Lanes; CLASSES]], out: &mut [f32; CLASSES]) {
    let (bins, tail) = power.as_chunks::<LANES>();
    let mut sums = [[0.0; LANES]; CLASSES];
    for (bins, weights) in bins.iter().zip(weights) {
        for (sums, weights) in sums.iter_mut().zip(weights) {
            for i in 0..LANES {
                sums[i] += bins[i] * weights[i];
            }
        }
    }
    if let Some(weights) = weights.get(bins.len()) {
        for (sums, weights) in sums.iter_mut().zip(weights) {
            for (i, &bin) in tail.iter().enumerate() {
                sums[i] += bin * weights[i];
            }
        }
    }
    // Hidden, or the compiler would lay out the loop above for the sums below.
    for (out, sums) in out.iter_mut().zip(std::hint::black_box(sums)) {
        let four: [f32; 4] = std::array::from_fn(|i| sums[i] + sums[i + 4]);
        *out = (four[0] + four[2]) + (four[1] + four[3]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    /// The class of a sine of `hertz`: a spectrum with power in the nearest bin alone.
    fn class_of(hertz: f64) -> usize {
        let (rate, size) = (44_100.0, 16_384);
        let mut power = vec![0.0; size / 2 + 1];
        power[(hertz * size as f64 / rate).round() as usize] = 1.0;
        let mut out = [f32::NAN; CLASSES];
        Chroma::new(rate, size).apply(&power, &mut out);
        out.iter().position(|&x| x == 1.0).expect("one class leads")
    }

    #[test]
    fn notes_have_their_class() {
        // C4, E4, A4, B4, C6 and A2 of the equally tempered scale.
        for (hertz, class) in [
            (261.63, 0),
            (329.63, 4),
            (440.0, 9),
            (493.88, 11),
            (1046.5, 0),
            (110.0, 9),
        ] {
            assert_eq!(class_of(hertz), class, "{hertz} Hz");
        }
    }

    #[test]
    fn silence_has_none_and_what_is_no_number_does_no_harm() {
        let chroma = Chroma::new(48_000.0, 2048);
        let mut out = [f32::NAN; CLASSES];
        for power in [0.0, f32::NAN, f32::INFINITY] {
            chroma.apply(&[power; 1025], &mut out);
            assert_eq!(out, [0.0; CLASSES]);
        }
    }

    proptest! {
        #[test]
        fn levels_agree(power in vec(0f32..1e6, 1..300), rate in 8000f64..192_000.0) {
            let size = 2 * (power.len() - 1).max(1);
            let mut bits = None;
            let mut expected = [0.0; CLASSES];
            Chroma::with_level(Level::SCALAR, rate, size).apply(&power, &mut expected);
            for level in Level::available().filter(|&level| level != Level::SCALAR) {
                let mut out = [f32::NAN; CLASSES];
                Chroma::with_level(level, rate, size).apply(&power, &mut out);
                for (a, b) in out.iter().zip(expected) {
                    prop_assert!((a - b).abs() <= 3e-6);
                }
                prop_assert_eq!(*bits.get_or_insert(out), out);
            }
        }
    }
}
