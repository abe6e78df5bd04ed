// SPDX-License-Identifier: MPL-2.0
//! Mono audio at the rates that are wanted.
use super::{Extracted, Mono, Timed};
use auris_clap::Resampler;
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

impl Branch {
    /// From one rate to another.
    ///
    /// # Errors
    /// A sentence, if there is no way.
    pub fn new(from: u32, to: u32) -> Result<Self, String> {
        let resampler = Resampler::between(from, to)
            .ok_or_else(|| format!("audio at {from} Hz cannot be resampled to {to} Hz"))?;
        Ok(Branch {
            rate: to,
            resampler,
            extractors: Vec::new(),
            elapsed: Duration::ZERO,
        })
    }

    /// Takes in samples.
    pub fn push(&mut self, samples: &[f32]) {
        self.timed(|resampler, each| resampler.push(samples, each));
    }

    /// Ends it: how long resampling took.
    pub fn finish(mut self, extracted: &mut Extracted) -> Duration {
        self.timed(|resampler, each| resampler.finish(each));
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
