// SPDX-License-Identifier: MPL-2.0
//! The pipelines of one input: a single one, or several that share a long file.
use super::job::Context;
use super::pipeline::{self, Asked, Job, Outcome};
use crate::engine::memory::Need;
use crate::engine::pipeline::{Decode, Limits, deadline};
use crate::engine::{Failure, Kind, Plan, watchdog};
use crate::inputs::Source;
use crate::integrity::{Container, Facts, Length};
use auris_dsp::dr14::Measurement;
use std::ops::Range;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

/// A part of a shared input is at least this many seconds long: seeking has its price.
const LEAST_PART: u64 = 120;

/// What is needed to run the pipelines of one input.
#[derive(Clone)]
pub struct Work {
    /// Settings, budget and workers.
    pub context: Arc<Context>,
    /// What to read.
    pub source: Source,
    /// How to decode it.
    pub plan: Plan,
    /// What to measure.
    pub asked: Asked,
    /// What one pipeline takes.
    pub need: Need,
    /// Whether its inspection has read all of it: decoding is then a matter of computing.
    pub cached: bool,
    /// When to give up: fixed once the first pipeline has its memory, since waiting for that is no
    /// fault of the input.
    pub deadline: Arc<OnceLock<Option<Instant>>>,
}

impl Work {
    fn run(&self, part: Option<(Range<u64>, u32)>) -> Result<Outcome, Failure> {
        let _turn = self.cached.then(|| self.context.turns.take());
        let _reserved = self.context.memory.reserve(self.need)?;
        let timeout = self.context.settings.timeout;
        let deadline = *self.deadline.get_or_init(|| self::deadline(timeout));
        pipeline::run(&Job {
            decode: Decode {
                source: &self.source,
                plan: &self.plan,
                stall: watchdog::limit(&self.source),
                limits: Limits {
                    deadline,
                    cancelled: &self.context.cancelled,
                },
                libav: self.context.memory.libav,
            },
            asked: self.asked,
            part,
        })
    }

    /// In one pass, or in parts if others have nothing to do.
    ///
    /// # Errors
    /// Why there is no measurement.
    pub fn run_shared(&self, facts: Option<&Facts>) -> Result<(Outcome, Measurement), Failure> {
        if let Some((parts, rate)) = self.parts(facts)
            && let Some(joined) = self.run_parts(parts, rate)?
        {
            return Ok(joined);
        }
        let outcome = self.run(None)?;
        let measurement = outcome.measurement.clone();
        Ok((outcome, measurement))
    }

    /// Parts that begin and end on block boundaries; `None` where one pass is better.
    fn parts(&self, facts: Option<&Facts>) -> Option<(Vec<Range<u64>>, u32)> {
        let facts = facts.filter(|_| self.context.settings.split)?;
        let seekable = matches!(facts.container, Container::Wav | Container::Flac);
        let whole = self.asked.loudness || self.asked.checksum || self.asked.edge_trim.is_some();
        let (Length::Exact(frames), Some(rate)) = (facts.length, facts.rate) else {
            return None;
        };
        if !seekable || whole || rate == 0 {
            return None;
        }
        let most = frames / (LEAST_PART * u64::from(rate));
        let count = (self.context.pool.idle() as u64 + 1).min(most);
        (count > 1).then(|| (split(frames, rate, count), rate))
    }

    /// The joined measurement; `None` if the parts do not fit together and one pass must do.
    fn run_parts(
        &self,
        parts: Vec<Range<u64>>,
        rate: u32,
    ) -> Result<Option<(Outcome, Measurement)>, Failure> {
        let lengths: Vec<u64> = parts.iter().map(|part| part.end - part.start).collect();
        let count = parts.len();
        let tasks = parts
            .into_iter()
            .map(|part| -> Box<dyn FnOnce() -> _ + Send> {
                let work = self.clone();
                Box::new(move || work.run(Some((part, rate))))
            });
        let outcomes = self.context.pool.share(tasks.collect());
        let mut joined: Option<(Outcome, Measurement)> = None;
        for (outcome, length) in outcomes.into_iter().zip(lengths) {
            let outcome = match outcome {
                Some(Ok(outcome)) if outcome.measurement.frames() == length => outcome,
                Some(Err(failure)) if failure.kind == Kind::Cancelled => return Err(failure),
                // One pass will say what is wrong, if anything is.
                _ => return Ok(None),
            };
            match &mut joined {
                Some((_, measurement)) => {
                    if measurement.append(&outcome.measurement).is_err() {
                        return Ok(None);
                    }
                }
                None => {
                    let measurement = outcome.measurement.clone();
                    joined = Some((outcome, measurement));
                }
            }
        }
        if self.context.settings.verbose {
            let path = self.source.display();
            eprintln!("auris-farm: {path}: measured in {count} parts");
        }
        Ok(joined)
    }
}

/// `count` parts of about the same length that end on block boundaries.
fn split(frames: u64, rate: u32, count: u64) -> Vec<Range<u64>> {
    let block = auris_dsp::dr14::cells::foobar_block(rate);
    let blocks = frames.div_ceil(block);
    let edge = |i: u64| (blocks * i / count * block).min(frames);
    (0..count).map(|i| edge(i)..edge(i + 1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::memory::Memory;
    use crate::engine::pool::Pool;
    use clap::Parser;

    #[test]
    fn the_time_limit_begins_once_there_is_memory() {
        gst::init().unwrap();
        let words = ["auris-farm", "measure", "--timeout", "100", "x"];
        let crate::cli::Command::Measure(args) = crate::cli::Cli::parse_from(words).command else {
            panic!("another command");
        };
        let context = Context {
            settings: super::super::job::settings(&args),
            memory: Memory::new(Some(30), &[], false).unwrap(),
            pool: Pool::new(1, 1),
            turns: crate::engine::turns::Turns::new(),
            cancelled: std::sync::atomic::AtomicBool::new(false),
        };
        let mut work = Work {
            context: Arc::new(context),
            source: Source::File("/nonexistent".into()),
            plan: Plan::Chain(crate::engine::chain::Chain::default()),
            asked: Asked::default(),
            need: Need::of_chain(false, u64::MAX),
            cached: false,
            deadline: Arc::default(),
        };
        assert_eq!(work.run(None).err().unwrap().kind, Kind::Budget);
        assert_eq!(work.deadline.get(), None);
        work.need = Need::of_chain(false, 0);
        assert_eq!(work.run(None).err().unwrap().kind, Kind::Missing);
        assert!(work.deadline.get().is_some_and(Option::is_some));
    }

    #[test]
    fn parts_cover_the_whole_and_end_on_block_boundaries() {
        for (frames, rate) in [
            (10_000_000, 44_100),
            (99_999_999, 48_000),
            (132_480 * 8, 44_100),
        ] {
            for count in 1..8 {
                let parts = split(frames, rate, count);
                assert_eq!(parts.len() as u64, count);
                assert_eq!((parts[0].start, parts[parts.len() - 1].end), (0, frames));
                let block = auris_dsp::dr14::cells::foobar_block(rate);
                for pair in parts.windows(2) {
                    assert_eq!(pair[0].end, pair[1].start);
                    assert!(pair[0].end.is_multiple_of(block) && !pair[0].is_empty());
                }
            }
        }
    }
}
