// SPDX-License-Identifier: MPL-2.0
//! The kernel: per channel the sum of squares and the largest magnitude of a run of samples.
//!
//! Samples fall into a fixed ring of slots by their place since the last reset: slot
//! `i mod (16·period)`, where the period is the number of 16-sample rows after which the channels
//! line up again. A slot is summed in the order of time, so the result depends neither on how the
//! stream was cut into buffers nor on the width of the vectors, to the last bit.
use super::rows::{LANES, LimitedRow, Row, accumulate, accumulate_limited, begin_limited};
use crate::pcm::{F32, F64, I16, I24, I24In32, I32, Sample, SampleFormat};
use crate::simd::Level;

/// Rows between two looks at whether something exceeded full scale: small enough that looking
/// twice at them costs little, large enough that the look is free.
const ROWS_PER_LOOK: usize = 256;

/// What a [`Kernel`] saw since it was made: counts over all channels.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Oddities {
    /// Samples over full scale.
    pub over_full_scale: u64,
    /// NaN and infinite samples.
    pub non_finite: u64,
}

impl std::ops::AddAssign for Oddities {
    fn add_assign(&mut self, other: Self) {
        self.over_full_scale += other.over_full_scale;
        self.non_finite += other.non_finite;
    }
}

/// Accumulates interleaved samples of one format. See the module.
pub trait Kernel: Send {
    /// Adds the samples in `bytes`, which must be whole frames.
    fn push(&mut self, bytes: &[u8]);
    /// As [`Kernel::push`] of that many samples of value 0.
    fn push_silence(&mut self, samples: u64);
    /// Per channel since the last reset, full scale being 1: the sum of squares, the largest
    /// magnitude, and the sum of squares had the samples been limited to full scale. Whether one
    /// exceeds it.
    fn read(&self, sums: &mut [f64], peaks: &mut [f64], limited: &mut [f64]) -> bool;
    /// Counts since the kernel was made.
    fn oddities(&self) -> Oddities;
    /// Begins a new run. Counts go on.
    fn reset(&mut self);
    /// Sets `loud[i]` for every frame i that has a sample of a magnitude above `threshold`.
    fn mark_loud(&self, bytes: &[u8], threshold: f64, loud: &mut [bool]);
    /// A copy, for results that must not disturb the stream.
    fn boxed_clone(&self) -> Box<dyn Kernel>;
    /// Takes up the run of `other`, which was cloned from this kernel, without allocating. Counts
    /// go on.
    fn restore(&mut self, other: &dyn Kernel);
    #[doc(hidden)]
    fn as_any(&self) -> &dyn std::any::Any;
}

/// A kernel for `channels` interleaved channels (1 for a plane).
pub fn kernel(format: SampleFormat, channels: usize, level: Level) -> Box<dyn Kernel> {
    match format {
        SampleFormat::S16 => Box::new(Accumulator::<I16>::new(channels, level)),
        SampleFormat::S24 => Box::new(Accumulator::<I24>::new(channels, level)),
        SampleFormat::S24In32 => Box::new(Accumulator::<I24In32>::new(channels, level)),
        SampleFormat::S32 => Box::new(Accumulator::<I32>::new(channels, level)),
        SampleFormat::F32 => Box::new(Accumulator::<F32>::new(channels, level)),
        SampleFormat::F64 => Box::new(Accumulator::<F64>::new(channels, level)),
    }
}

#[derive(Clone)]
struct Accumulator<S: Sample> {
    level: Level,
    channels: usize,
    rows: Vec<Row<S>>,
    /// The rows before the present look; only used for floats.
    before: Vec<Row<S>>,
    /// Slot of the next sample.
    slot: usize,
    /// Whether a sample since the last reset exceeds full scale.
    over: bool,
    /// If `over`, the sums as they would be, had the samples been limited to full scale; only used
    /// for floats. What is left of a huge sum after a subtraction would not do.
    limited: Vec<LimitedRow<S>>,
    oddities: Oddities,
}

impl<S: Sample> Accumulator<S> {
    fn new(channels: usize, level: Level) -> Self {
        let channels = channels.max(1);
        let period = channels / greatest_common_divisor(channels, LANES);
        let float_period = if S::FLOAT { period } else { 0 };
        Accumulator {
            level,
            channels,
            rows: vec![Row::default(); period],
            before: vec![Row::default(); float_period],
            slot: 0,
            over: false,
            limited: vec![LimitedRow::default(); float_period],
            oddities: Oddities::default(),
        }
    }

    fn slots(&self) -> usize {
        self.rows.len() * LANES
    }

    /// One sample at a time: the twin that the vector code is compared with, and what the ends of
    /// a run that do not fill a row go through.
    fn push_scalar(&mut self, samples: &[S::Raw]) {
        if S::FLOAT && self.count_oddities(samples) && !self.over {
            self.over = true;
            begin_limited(&mut self.limited, &self.rows);
        }
        for &raw in samples {
            let raw = S::clean(raw);
            let row = &mut self.rows[self.slot / LANES];
            let lane = self.slot % LANES;
            row.sum[lane] += S::square(raw);
            row.peak[lane] = S::larger(row.peak[lane], S::magnitude(raw));
            if self.over {
                self.limited[self.slot / LANES].add(lane, raw);
            }
            self.slot += 1;
            if self.slot == self.rows.len() * LANES {
                self.slot = 0;
            }
        }
    }

    fn push_rows(&mut self, rows: &[[S::Raw; LANES]]) {
        for look in rows.chunks(ROWS_PER_LOOK) {
            let first = self.slot / LANES;
            if S::FLOAT {
                self.before.copy_from_slice(&self.rows);
            }
            let loudest = accumulate(self.level, look, &mut self.rows, first);
            let finite = !S::FLOAT || self.rows.iter().all(Row::is_finite);
            if !finite {
                // Rare: take it back and do it again, slowly.
                self.rows.copy_from_slice(&self.before);
                self.push_scalar(look.as_flattened());
                continue;
            }
            if S::FLOAT && loudest > S::FULL_SCALE {
                self.count_oddities(look.as_flattened());
                if !self.over {
                    self.over = true;
                    begin_limited(&mut self.limited, &self.before);
                }
            }
            if self.over {
                accumulate_limited(self.level, look, &mut self.limited, first);
            }
            self.slot = (self.slot + look.len() * LANES) % self.slots();
        }
    }

    /// The slow second look at samples of which at least one may be out of the ordinary; whether
    /// one exceeds full scale.
    fn count_oddities(&mut self, samples: &[S::Raw]) -> bool {
        let before = self.oddities.over_full_scale;
        for &raw in samples {
            if S::is_odd(raw) {
                self.oddities.non_finite += 1;
            } else if S::magnitude(raw) > S::FULL_SCALE {
                self.oddities.over_full_scale += 1;
            }
        }
        self.oddities.over_full_scale > before
    }
}

impl<S: Sample> Kernel for Accumulator<S> {
    fn push(&mut self, bytes: &[u8]) {
        let samples = S::view(bytes);
        let head = if self.level == Level::SCALAR {
            samples.len()
        } else {
            (LANES - self.slot % LANES) % LANES
        };
        let (head, rest) = samples.split_at(head.min(samples.len()));
        let (rows, tail) = rest.as_chunks::<LANES>();
        for (part, rows) in [(head, rows), (tail, &[][..])] {
            self.push_scalar(part);
            self.push_rows(rows);
        }
    }

    fn push_silence(&mut self, samples: u64) {
        let slots = self.slots() as u64;
        self.slot = ((self.slot as u64 + samples % slots) % slots) as usize;
    }

    fn read(&self, sums: &mut [f64], peaks: &mut [f64], limited: &mut [f64]) -> bool {
        for channel in 0..self.channels {
            let mut sum = S::Sum::default();
            let mut peak = S::Magnitude::default();
            let mut limited_sum = 0.0;
            for slot in (channel..self.slots()).step_by(self.channels) {
                let row = &self.rows[slot / LANES];
                sum += row.sum[slot % LANES];
                peak = S::larger(peak, row.peak[slot % LANES]);
                if self.over {
                    limited_sum += self.limited[slot / LANES].sum[slot % LANES];
                }
            }
            sums[channel] = S::sum_to_f64(sum);
            peaks[channel] = S::magnitude_to_f64(peak);
            limited[channel] = if self.over {
                limited_sum
            } else {
                sums[channel]
            };
        }
        self.over
    }

    fn oddities(&self) -> Oddities {
        self.oddities
    }

    fn reset(&mut self) {
        self.rows.fill(Row::default());
        self.over = false;
        self.slot = 0;
    }

    fn mark_loud(&self, bytes: &[u8], threshold: f64, loud: &mut [bool]) {
        let frames = S::view(bytes).chunks_exact(self.channels);
        for (flag, frame) in loud.iter_mut().zip(frames) {
            *flag |= frame
                .iter()
                .any(|&raw| S::magnitude_to_f64(S::magnitude(S::clean(raw))) > threshold);
        }
    }

    fn boxed_clone(&self) -> Box<dyn Kernel> {
        Box::new(self.clone())
    }

    fn restore(&mut self, other: &dyn Kernel) {
        if let Some(other) = other.as_any().downcast_ref::<Self>() {
            self.rows.copy_from_slice(&other.rows);
            self.over = other.over;
            self.limited.copy_from_slice(&other.limited);
            self.slot = other.slot;
        }
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

fn greatest_common_divisor(a: usize, b: usize) -> usize {
    if b == 0 {
        a
    } else {
        greatest_common_divisor(b, a % b)
    }
}
