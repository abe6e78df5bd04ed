// SPDX-License-Identifier: MPL-2.0
//! From any sample rate to the model's, or another.
use super::RATE;
use crate::Error;
use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler as _};

/// Samples that a block has at least, at the lower of the two rates: the filter's transition takes
/// the uppermost tenth of the band or less.
const BLOCK: usize = 1024;
/// Louder samples are cut off, before what transforms make of them is infinite.
const LOUDEST: f32 = 1e20;
/// Samples of a block at most: rates that would take more have no common measure.
const LONGEST: usize = 1 << 20;

/// Resamples mono audio, block by block, so that what comes out does not depend on how the audio is cut into calls;
/// audio that has the rate already is passed on as it is.
///
/// Its delay is taken out, and of `n` samples `n · to / from` are made, rounded to the nearest.
/// Samples that are no finite number count as 0.
pub struct Resampler {
    /// From and to, in Hz.
    rates: [u32; 2],
    /// `None` where there is nothing to do.
    fft: Option<Fft<f32>>,
    /// A block,
    input: Vec<f32>,
    /// and as much of it as is there,
    filled: usize,
    output: Vec<f32>,
    /// Samples that come before the first.
    delay: usize,
    /// Those of them that are still to come.
    early: usize,
    /// Samples taken in, and given out.
    taken: u64,
    given: u64,
}

impl Resampler {
    /// One from `rate` Hz to the model's 48 kHz.
    ///
    /// # Errors
    /// [`Error::Rate`] for rates that have so small a common measure with 48 kHz that it would take
    /// too much memory.
    pub fn new(rate: u32) -> Result<Resampler, Error> {
        Resampler::between(rate, RATE as u32).ok_or(Error::Rate { rate })
    }

    /// One from one rate in Hz to another; `None` for rates that have so small a common measure that it would take
    /// too much memory.
    pub fn between(from: u32, to: u32) -> Option<Resampler> {
        let mut resampler = Resampler {
            rates: [from, to],
            fft: None,
            input: Vec::new(),
            filled: 0,
            output: Vec::new(),
            delay: 0,
            early: 0,
            taken: 0,
            given: 0,
        };
        if from == 0 || to == 0 {
            return None;
        }
        if from == to {
            return Some(resampler);
        }
        let rates = [usize::try_from(from).ok()?, usize::try_from(to).ok()?];
        let measure = greatest_common_divisor(rates[0], rates[1]);
        let steps = rates.map(|rate| rate / measure);
        let wanted = BLOCK.div_ceil(steps[0].min(steps[1])).next_power_of_two();
        let blocks = wanted.min(LONGEST / steps[0].max(steps[1]));
        if blocks == 0 {
            return None;
        }
        let fft = Fft::new_custom(
            rates[0],
            rates[1],
            steps[0] * blocks,
            1,
            1,
            rubato::WindowFunction::BlackmanHarris2,
            FixedSync::Both,
        )
        .ok()?;
        resampler.input = vec![0.0; fft.input_frames_next()];
        resampler.output = vec![0.0; fft.output_frames_next()];
        resampler.delay = fft.output_delay();
        resampler.early = resampler.delay;
        resampler.fft = Some(fft);
        Some(resampler)
    }

    /// Takes in audio; `each` gets what is complete with it.
    pub fn push(&mut self, samples: &[f32], mut each: impl FnMut(&[f32])) {
        if self.fft.is_none() {
            each(samples);
            return;
        }
        self.taken += samples.len() as u64;
        let mut samples = samples;
        while !samples.is_empty() {
            let room = &mut self.input[self.filled..];
            let (now, later) = samples.split_at(samples.len().min(room.len()));
            for (to, &sample) in room.iter_mut().zip(now) {
                let is_number = sample.is_finite();
                *to = if is_number {
                    sample.clamp(-LOUDEST, LOUDEST)
                } else {
                    0.0
                };
            }
            self.filled += now.len();
            samples = later;
            if self.filled == self.input.len() {
                self.block(u64::MAX, &mut each);
            }
        }
    }

    /// Ends the audio: `each` gets the rest. The next audio begins anew.
    pub fn finish(&mut self, mut each: impl FnMut(&[f32])) {
        if self.fft.is_some() {
            let [from, to] = self.rates.map(u128::from);
            let all = (u128::from(self.taken) * to + from / 2) / from;
            let all = u64::try_from(all).unwrap_or(u64::MAX);
            while self.given < all {
                self.input[self.filled..].fill(0.0);
                self.block(all, &mut each);
            }
        }
        self.reset();
    }

    /// Forgets all audio.
    pub fn reset(&mut self) {
        if let Some(fft) = &mut self.fft {
            fft.reset();
        }
        (self.filled, self.taken, self.given) = (0, 0, 0);
        self.early = self.delay;
    }

    /// Resamples a block, and gives out no more than `all` samples in sum.
    fn block(&mut self, all: u64, each: &mut impl FnMut(&[f32])) {
        self.filled = 0;
        let frames = [self.input.len(), self.output.len()];
        let input = InterleavedSlice::new(&self.input, 1, frames[0]);
        let output = InterleavedSlice::new_mut(&mut self.output, 1, frames[1]);
        // It fails for wrong sizes only, and these are its own.
        if let (Some(fft), Ok(input), Ok(mut output)) = (&mut self.fft, input, output) {
            let done = fft.process_into_buffer(&input, &mut output, None);
            debug_assert!(done.is_ok());
        }
        let early = self.early.min(frames[1]);
        self.early -= early;
        let left = usize::try_from(all - self.given).unwrap_or(usize::MAX);
        let count = left.min(frames[1] - early);
        self.given += count as u64;
        if count > 0 {
            each(&self.output[early..early + count]);
        }
    }
}

fn greatest_common_divisor(a: usize, b: usize) -> usize {
    if b == 0 {
        a
    } else {
        greatest_common_divisor(b, a % b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    fn resample(rate: u32, samples: &[f32], piece: usize) -> Vec<f32> {
        let mut resampler = Resampler::new(rate).expect("the rate is usual");
        let mut all = Vec::new();
        // The second time says whether the first leaves anything behind.
        for _ in 0..2 {
            all.clear();
            for piece in samples.chunks(piece) {
                resampler.push(piece, |out| all.extend_from_slice(out));
            }
            resampler.finish(|out| all.extend_from_slice(out));
        }
        all
    }

    fn sine(rate: u32, frequency: f64, count: usize) -> Vec<f32> {
        let turn = TAU * frequency / f64::from(rate);
        (0..count).map(|i| (turn * i as f64).sin() as f32).collect()
    }

    /// Level of what differs, in dB below a full-scale sine, away from the ends.
    fn difference(a: &[f32], b: &[f32]) -> f64 {
        assert_eq!(a.len(), b.len());
        let inner = 4000..a.len() - 4000;
        let square = |i: usize| (f64::from(a[i]) - f64::from(b[i])).powi(2);
        let mean = inner.clone().map(square).sum::<f64>() / inner.len() as f64;
        10.0 * (2.0 * mean).log10()
    }

    #[test]
    fn sines_stay_what_they_are() {
        for rate in [
            8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 88_200, 96_000, 192_000,
        ] {
            for frequency in [100.0, 1_000.0, 3_500.0, 14_000.0] {
                if frequency * 2.2 > f64::from(rate) {
                    continue;
                }
                let found = resample(rate, &sine(rate, frequency, rate as usize), 4096);
                let off = difference(&found, &sine(48_000, frequency, RATE));
                assert!(off < -100.0, "{rate} Hz, sine of {frequency} Hz: {off} dB");
            }
        }
    }

    #[test]
    fn sines_stay_what_they_are_at_other_rates() {
        for (from, to) in [
            (44_100, 22_050),
            (48_000, 22_050),
            (48_000, 16_000),
            (8_000, 44_100),
            (96_000, 32_000),
        ] {
            let mut resampler = Resampler::between(from, to).expect("the rates are usual");
            let mut found = Vec::new();
            for piece in sine(from, 997.0, 2 * from as usize).chunks(1000) {
                resampler.push(piece, |out| found.extend_from_slice(out));
            }
            resampler.finish(|out| found.extend_from_slice(out));
            let off = difference(&found, &sine(to, 997.0, 2 * to as usize));
            assert!(off < -100.0, "{from} to {to} Hz: {off} dB");
        }
        assert!(Resampler::between(767_999, 767_989).is_some());
        assert!(Resampler::between(2_097_151, 1_048_577).is_none());
    }

    #[test]
    fn what_does_not_fit_is_gone() {
        for (rate, frequency) in [(96_000, 30_000.0), (192_000, 26_000.0), (192_000, 80_000.0)] {
            let found = resample(rate, &sine(rate, frequency, rate as usize), 4096);
            let off = difference(&found, &vec![0.0; RATE]);
            assert!(off < -100.0, "{rate} Hz, sine of {frequency} Hz: {off} dB");
        }
    }

    #[test]
    fn pieces_do_not_matter_and_lengths_are_right() {
        for rate in [1, 7_999, 8_000, 44_100, 47_999, 96_000, 192_000, 384_000] {
            for count in [0, 1, 2, 999, 30_011] {
                let samples: Vec<f32> = (0..count)
                    .map(|i| ((i * 7919) % 101) as f32 / 50.0 - 1.0)
                    .collect();
                if rate == 1 && count > 2 {
                    continue;
                }
                let whole = resample(rate, &samples, count.max(1));
                let expected = (count as f64 * 48_000.0 / f64::from(rate)).round();
                assert_eq!(whole.len(), expected as usize, "{count} at {rate} Hz");
                for piece in [1, 480, 1023] {
                    assert!(
                        resample(rate, &samples, piece) == whole,
                        "{count} at {rate} Hz"
                    );
                }
            }
        }
    }

    #[test]
    fn audio_at_48_khz_is_passed_on_to_the_bit() {
        let samples = sine(48_000, 997.0, 12_345);
        assert!(resample(48_000, &samples, 1000) == samples);
    }

    #[test]
    fn rates_that_would_take_too_much_are_refused() {
        for rate in [0, 1_000_000_007, u32::MAX] {
            assert!(
                matches!(Resampler::new(rate), Err(Error::Rate { .. })),
                "{rate}"
            );
        }
    }

    #[test]
    fn the_loudest_samples_leave_finite_ones() {
        let mut resampler = Resampler::new(44_100).expect("the rate is usual");
        let odd = [
            f32::MAX,
            f32::MIN,
            f32::NAN,
            f32::INFINITY,
            f32::NEG_INFINITY,
        ];
        let mut all = Vec::new();
        for sample in odd {
            resampler.push(&[sample; 9001], |out| all.extend_from_slice(out));
        }
        resampler.finish(|out| all.extend_from_slice(out));
        assert!(all.iter().all(|x| x.is_finite()));
        assert!(all.iter().any(|x| *x > 1e19));
    }
}
