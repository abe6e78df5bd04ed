// SPDX-License-Identifier: MPL-2.0
//! Mono audio at the rates that are wanted.
use super::{Extracted, Mono, Timed};
use auris_clap::RATE;
use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler as _, WindowFunction};
use std::time::{Duration, Instant};

/// What resamples, as text: where it is the same, so are the samples.
pub const RESAMPLER: &str = "auris-clap and rubato 5.1, by transforms, 1";

/// Audio at one rate, and those who take it.
pub struct Branch {
    /// In Hz.
    pub rate: u32,
    resampler: Resampler,
    /// Those who take it.
    pub extractors: Vec<Timed<dyn Mono>>,
    /// Resampling so far.
    elapsed: Duration,
}

enum Resampler {
    /// Nothing to do.
    Same,
    /// To the rate of CLAP, as its engine does.
    Engine(Box<auris_clap::Resampler>),
    /// To any other.
    Other(Box<Blocks>),
}

impl Branch {
    /// From one rate to another.
    ///
    /// # Errors
    /// A sentence, if there is no way.
    pub fn new(from: u32, to: u32) -> Result<Self, String> {
        let resampler = if from == to {
            Resampler::Same
        } else if to == RATE as u32 {
            let resampler = auris_clap::Resampler::new(from).map_err(|error| error.to_string())?;
            Resampler::Engine(Box::new(resampler))
        } else {
            Resampler::Other(Box::new(Blocks::new(from, to)?))
        };
        Ok(Branch {
            rate: to,
            resampler,
            extractors: Vec::new(),
            elapsed: Duration::ZERO,
        })
    }

    /// Takes in samples.
    pub fn push(&mut self, samples: &[f32]) {
        self.timed(|resampler, each| match resampler {
            Resampler::Same => each(samples),
            Resampler::Engine(resampler) => resampler.push(samples, each),
            Resampler::Other(resampler) => resampler.push(samples, each),
        });
    }

    /// Ends it: how long resampling took.
    pub fn finish(mut self, extracted: &mut Extracted) -> Duration {
        self.timed(|resampler, each| match resampler {
            Resampler::Same => {}
            Resampler::Engine(resampler) => resampler.finish(each),
            Resampler::Other(resampler) => resampler.finish(each),
        });
        for extractor in self.extractors {
            extractor.finish(Mono::finish, extracted);
        }
        self.elapsed
    }

    /// Lets `act` resample, and everyone have what comes of that.
    fn timed(&mut self, act: impl FnOnce(&mut Resampler, &mut dyn FnMut(&[f32]))) {
        let begin = Instant::now();
        let mut inside = Duration::ZERO;
        let extractors = &mut self.extractors;
        act(&mut self.resampler, &mut |samples| {
            let begin = Instant::now();
            for extractor in extractors.iter_mut() {
                extractor.run(|extractor| extractor.push(samples));
            }
            inside += begin.elapsed();
        });
        self.elapsed += begin.elapsed().saturating_sub(inside);
    }
}

/// Samples of a block at the lower rate at least, and at either rate at most.
const LEAST: u32 = 1024;
const MOST: u32 = 1 << 20;
/// Louder samples are cut off, before what transforms make of them is infinite.
const LOUDEST: f32 = 1e20;

/// Resamples in blocks, without delay, so that what comes out does not depend on how audio is cut into calls.
struct Blocks {
    rates: [u32; 2],
    fft: Fft<f32>,
    /// A block, and as much of it as is there.
    input: Vec<f32>,
    filled: usize,
    output: Vec<f32>,
    /// Samples before the first that are still to come.
    early: usize,
    taken: u64,
    given: u64,
}

impl Blocks {
    fn new(from: u32, to: u32) -> Result<Self, String> {
        let refuse = || format!("audio at {from} Hz cannot be resampled to {to} Hz");
        let measure = greatest_common_divisor(from, to).max(1);
        let steps = [from / measure, to / measure];
        let [low, high] = [steps[0].min(steps[1]), steps[0].max(steps[1])];
        if low == 0 || high > MOST {
            return Err(refuse());
        }
        let blocks = LEAST.div_ceil(low).next_power_of_two().min(MOST / high);
        let block = (steps[0] * blocks) as usize;
        let fft = Fft::new_custom(
            from as usize,
            to as usize,
            block,
            1,
            1,
            WindowFunction::BlackmanHarris2,
            FixedSync::Both,
        )
        .map_err(|_| refuse())?;
        Ok(Blocks {
            rates: [from, to],
            input: vec![0.0; fft.input_frames_next()],
            filled: 0,
            output: vec![0.0; fft.output_frames_next()],
            early: fft.output_delay(),
            fft,
            taken: 0,
            given: 0,
        })
    }

    fn push(&mut self, mut samples: &[f32], mut each: impl FnMut(&[f32])) {
        self.taken += samples.len() as u64;
        while !samples.is_empty() {
            let room = self.input.len() - self.filled;
            let (now, later) = samples.split_at(samples.len().min(room));
            let to = &mut self.input[self.filled..];
            for (to, &sample) in to.iter_mut().zip(now) {
                *to = sample.clamp(-LOUDEST, LOUDEST);
            }
            self.filled += now.len();
            samples = later;
            if self.filled == self.input.len() {
                self.block(u64::MAX, &mut each);
            }
        }
    }

    /// Gives the rest: of `n` samples come `n · to / from`, rounded to the nearest.
    fn finish(&mut self, mut each: impl FnMut(&[f32])) {
        let [from, to] = self.rates.map(u128::from);
        let all = (u128::from(self.taken) * to + from / 2) / from;
        let all = u64::try_from(all).unwrap_or(u64::MAX);
        while self.given < all {
            self.input[self.filled..].fill(0.0);
            self.block(all, &mut each);
        }
    }

    fn block(&mut self, all: u64, each: &mut impl FnMut(&[f32])) {
        self.filled = 0;
        let frames = [self.input.len(), self.output.len()];
        let input = InterleavedSlice::new(&self.input, 1, frames[0]);
        let output = InterleavedSlice::new_mut(&mut self.output, 1, frames[1]);
        // It fails for wrong sizes only, and these are its own.
        if let (Ok(input), Ok(mut output)) = (input, output) {
            let done = self.fft.process_into_buffer(&input, &mut output, None);
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

fn greatest_common_divisor(a: u32, b: u32) -> u32 {
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

    fn sine(rate: u32, seconds: u32) -> Vec<f32> {
        let turn = TAU * 997.0 / f64::from(rate);
        let samples = (0..rate * seconds).map(|i| (turn * f64::from(i)).sin() as f32);
        samples.collect()
    }

    fn resampled(from: u32, to: u32, piece: usize) -> Vec<f32> {
        let mut blocks = Blocks::new(from, to).unwrap();
        let mut all = Vec::new();
        for piece in sine(from, 2).chunks(piece) {
            blocks.push(piece, |out| all.extend_from_slice(out));
        }
        blocks.finish(|out| all.extend_from_slice(out));
        all
    }

    #[test]
    fn a_sine_stays_one_at_every_rate() {
        for (from, to) in [
            (44_100, 22_050),
            (48_000, 22_050),
            (48_000, 16_000),
            (8_000, 44_100),
            (96_000, 32_000),
        ] {
            let (found, wanted) = (resampled(from, to, 1000), sine(to, 2));
            assert_eq!(found.len(), wanted.len(), "{from} to {to}");
            let inner = 4000..wanted.len() - 4000;
            let square = |i: usize| f64::from(found[i] - wanted[i]).powi(2);
            let mean = inner.clone().map(square).sum::<f64>() / inner.len() as f64;
            let off = 10.0 * (2.0 * mean).log10();
            assert!(off < -100.0, "{from} to {to}: {off} dB");
            assert_eq!(found, resampled(from, to, 77), "{from} to {to}");
        }
    }

    #[test]
    fn what_has_no_way_is_refused() {
        assert!(Blocks::new(0, 44_100).is_err());
        assert!(Blocks::new(767_999, 767_989).is_ok());
        assert!(Blocks::new(2_097_151, 1_048_577).is_err());
    }
}
