// SPDX-License-Identifier: MPL-2.0
//! From 64-bit floats to what an encoder takes: the one place where samples are rounded and limited.
use gst_audio::AudioFormat;

/// Samples of a channel after its last one between two steps that are dithered still.
const HOLD: u32 = 4096;
/// Where the noise begins in every file: the same input gives the same bytes.
const SEED: u64 = 0x9e37_79b9_7f4a_7c15;

/// How samples are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Store {
    Float,
    /// Bytes of a sample, and whether the highest comes first.
    Integer(usize, bool),
}

/// Rounds samples, and counts what that did to them.
#[derive(Debug)]
pub struct Quantiser {
    store: Store,
    bits: u32,
    dither: bool,
    random: u64,
    /// Per channel, how many samples are dithered yet.
    hold: Vec<u32>,
    /// Highest magnitude before rounding; full scale is 1.
    pub peak: f64,
    /// Samples beyond full scale that were limited.
    pub clipped: u64,
    /// Samples that were no finite number and became silence.
    pub non_finite: u64,
}

impl Quantiser {
    /// For samples of `format`, of which the upper `bits` count.
    ///
    /// Dither is triangular noise of ±1 step: with it the error of rounding has no relation to the
    /// signal (S. Lipshitz, R. Wannamaker, J. Vanderkooy, Quantization and Dither, JAES 1992). A
    /// channel that has been on the steps all along for a while stays as it is: silence stays
    /// silence, and what the equaliser leaves alone is left alone.
    pub fn new(format: AudioFormat, bits: u32, dither: bool, channels: usize) -> Self {
        let store = match format {
            AudioFormat::S16le => Store::Integer(2, false),
            AudioFormat::S24le => Store::Integer(3, false),
            AudioFormat::S32le => Store::Integer(4, false),
            AudioFormat::S16be => Store::Integer(2, true),
            AudioFormat::S24be => Store::Integer(3, true),
            AudioFormat::S32be => Store::Integer(4, true),
            _ => Store::Float,
        };
        Quantiser {
            store,
            bits,
            dither,
            random: SEED,
            hold: vec![0; channels],
            peak: 0.0,
            clipped: 0,
            non_finite: 0,
        }
    }

    /// Bytes that a sample takes afterwards.
    pub fn width(&self) -> usize {
        match self.store {
            Store::Float => 4,
            Store::Integer(bytes, _) => bytes,
        }
    }

    /// Turns whole frames of native-endian 64-bit floats into samples at the front of the same
    /// bytes; returns how many bytes these are.
    pub fn run(&mut self, bytes: &mut [u8]) -> usize {
        let channels = self.hold.len();
        let samples = bytes.len() / 8;
        for index in 0..samples {
            let mut raw = [0; 8];
            raw.copy_from_slice(&bytes[index * 8..][..8]);
            let sample = self.look_at(f64::from_ne_bytes(raw));
            match self.store {
                Store::Float => {
                    bytes[index * 4..][..4].copy_from_slice(&(sample as f32).to_le_bytes());
                }
                Store::Integer(width, big) => {
                    let value = self.round(sample, index % channels);
                    // At the upper end of what holds them.
                    let value = value << (width as u32 * 8 - self.bits);
                    let place = &mut bytes[index * width..][..width];
                    if big {
                        place.copy_from_slice(&value.to_be_bytes()[8 - width..]);
                    } else {
                        place.copy_from_slice(&value.to_le_bytes()[..width]);
                    }
                }
            }
        }
        samples * self.width()
    }

    fn look_at(&mut self, sample: f64) -> f64 {
        if !sample.is_finite() {
            self.non_finite += 1;
            return 0.0;
        }
        self.peak = self.peak.max(sample.abs());
        sample
    }

    fn round(&mut self, sample: f64, channel: usize) -> i64 {
        let full = (1_i64 << (self.bits - 1)) as f64;
        let exact = sample * full;
        self.clipped += u64::from(sample.abs() > 1.0);
        let hold = &mut self.hold[channel];
        *hold = if exact == exact.round_ties_even() {
            hold.saturating_sub(1)
        } else {
            HOLD
        };
        let noise = if self.dither && *hold > 0 {
            self.uniform() - self.uniform()
        } else {
            0.0
        };
        (exact + noise).round_ties_even().clamp(-full, full - 1.0) as i64
    }

    /// From 0 to 1 (xorshift64*).
    fn uniform(&mut self) -> f64 {
        self.random ^= self.random >> 12;
        self.random ^= self.random << 25;
        self.random ^= self.random >> 27;
        let bits = self.random.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11;
        bits as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bytes(samples: &[f64]) -> Vec<u8> {
        samples.iter().flat_map(|s| s.to_ne_bytes()).collect()
    }

    fn run(quantiser: &mut Quantiser, samples: &[f64]) -> Vec<u8> {
        let mut bytes = bytes(samples);
        let length = quantiser.run(&mut bytes);
        bytes.truncate(length);
        bytes
    }

    fn s16(bytes: &[u8]) -> Vec<f64> {
        let samples = bytes.as_chunks().0.iter();
        samples
            .map(|raw| f64::from(i16::from_le_bytes(*raw)))
            .collect()
    }

    #[test]
    fn samples_are_stored_as_the_format_has_them() {
        let samples = [-1.0, 0.5, 1.0 / 32768.0];
        for (format, bits, wanted) in [
            (AudioFormat::S16le, 16, vec![0, 0x80, 0, 0x40, 1, 0]),
            (AudioFormat::S16be, 16, vec![0x80, 0, 0x40, 0, 0, 1]),
            (
                AudioFormat::S24le,
                24,
                vec![0, 0, 0x80, 0, 0, 0x40, 0, 1, 0],
            ),
            (
                AudioFormat::S24be,
                24,
                vec![0x80, 0, 0, 0x40, 0, 0, 0, 1, 0],
            ),
            (
                AudioFormat::S32le,
                16,
                vec![0, 0, 0, 0x80, 0, 0, 0, 0x40, 0, 0, 1, 0],
            ),
            (
                AudioFormat::S32be,
                32,
                vec![0x80, 0, 0, 0, 0x40, 0, 0, 0, 0, 1, 0, 0],
            ),
        ] {
            let mut quantiser = Quantiser::new(format, bits, true, 1);
            assert_eq!(run(&mut quantiser, &samples), wanted, "{format:?}");
            assert_eq!((quantiser.peak, quantiser.clipped), (1.0, 0));
        }
    }

    #[test]
    fn what_is_too_loud_or_no_number_is_counted() {
        let mut quantiser = Quantiser::new(AudioFormat::S16le, 16, false, 1);
        let samples = [1.5, -2.0, f64::NAN, f64::INFINITY, 1.0];
        let found = s16(&run(&mut quantiser, &samples));
        assert_eq!(found, [32767.0, -32768.0, 0.0, 0.0, 32767.0]);
        let counted = (quantiser.clipped, quantiser.non_finite, quantiser.peak);
        assert_eq!(counted, (2, 2, 2.0));
        let mut float = Quantiser::new(AudioFormat::F32le, 32, true, 1);
        assert_eq!(run(&mut float, &[1.5]), 1.5_f32.to_le_bytes());
        assert_eq!(float.clipped, 0);
    }

    #[test]
    fn dither_makes_the_error_noise_of_a_quarter_step() {
        let count = 200_000;
        // Far below a step: rounded alone it would be lost.
        let signal: Vec<f64> = (0..count)
            .map(|n| 0.4 / 32768.0 * (f64::from(n) * 0.1).sin())
            .collect();
        let mut quantiser = Quantiser::new(AudioFormat::S16le, 16, true, 1);
        let found = s16(&run(&mut quantiser, &signal));
        let errors: Vec<f64> = found
            .iter()
            .zip(&signal)
            .map(|(f, s)| f - s * 32768.0)
            .collect();
        let n = f64::from(count);
        let mean = errors.iter().sum::<f64>() / n;
        let power = errors.iter().map(|e| e * e).sum::<f64>() / n;
        assert!(mean.abs() < 0.005, "{mean}");
        assert!((power - 0.25).abs() < 0.005, "{power}");
        let gain = found
            .iter()
            .zip(&signal)
            .map(|(f, s)| f * s * 32768.0)
            .sum::<f64>()
            / signal.iter().map(|s| (s * 32768.0).powi(2)).sum::<f64>();
        assert!((gain - 1.0).abs() < 0.02, "{gain}");
    }

    proptest! {
        #[test]
        fn what_lies_on_the_steps_stays(values in prop::collection::vec(any::<i16>(), 1..500)) {
            let samples: Vec<f64> = values.iter().map(|v| f64::from(*v) / 32768.0).collect();
            let mut quantiser = Quantiser::new(AudioFormat::S16le, 16, true, 1);
            let found = s16(&run(&mut quantiser, &samples));
            prop_assert_eq!(found, values.iter().map(|v| f64::from(*v)).collect::<Vec<_>>());
        }

        #[test]
        fn blocks_do_not_matter(
            values in prop::collection::vec(-1.2..1.2_f64, 2..600),
            cut in 0.0..1.0_f64,
        ) {
            let frames = values.len() / 2;
            let (values, cut) = (&values[..frames * 2], (frames as f64 * cut) as usize * 2);
            let make = || Quantiser::new(AudioFormat::S24le, 24, true, 2);
            let whole = run(&mut make(), values);
            let mut parts = make();
            let mut joined = run(&mut parts, &values[..cut]);
            joined.extend(run(&mut parts, &values[cut..]));
            prop_assert_eq!(whole, joined);
        }
    }
}
