// SPDX-License-Identifier: MPL-2.0
//! From cells to one channel's dynamic range, in each dialect.
use super::cells::{Cell, foobar_block, tt_block};
use super::measurement::Parts;

/// Which published tool a value follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Dialect {
    /// foobar2000 DR Meter 1.0.3, as MacinMeter describes it: block RMS floored to 1/10000.
    #[default]
    Foobar,
    /// dr14_t.meter 2.1.2: blocks of 3 s, the last sample left out, silent channels counted as 0.
    Tt,
    /// As `Foobar`, without the quantisation.
    Exact,
}

impl Dialect {
    /// All of them.
    pub const ALL: [Dialect; 3] = [Dialect::Foobar, Dialect::Tt, Dialect::Exact];

    /// The name by which users choose it.
    pub const fn name(self) -> &'static str {
        match self {
            Dialect::Foobar => "foobar",
            Dialect::Tt => "tt",
            Dialect::Exact => "exact",
        }
    }

    /// Frames per block at a sample rate in Hz.
    pub fn block_frames(self, rate: u32) -> u64 {
        match self {
            Dialect::Foobar | Dialect::Exact => foobar_block(rate),
            Dialect::Tt => tt_block(rate),
        }
    }

    /// To the whole number that is published.
    pub fn round(self, precise: f64) -> i64 {
        match self {
            Dialect::Foobar | Dialect::Exact => precise.round() as i64,
            Dialect::Tt => precise.round_ties_even() as i64,
        }
    }
}

/// Steps of `foobar`'s block RMS.
pub(super) const STEPS: f64 = 10_000.0;
/// Below this, `foobar` takes a channel for silent.
const SILENT: f64 = 1e-12;
/// dr14_t.meter divides 16-bit samples by 32769.
const TT_SCALE: f64 = 32_768.0 / 32_769.0;
/// Below this sum of mean squares, dr14_t.meter takes a channel for silent: 2^-24.
const TT_SILENT: f64 = 1.0 / 16_777_216.0;
/// Beyond this, dr14_t.meter takes a dynamic range for an error: 24 bits, in dB.
const TT_MAX: f64 = 144.494_397_914_158_85;

/// One block of one channel.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Block {
    /// Absolute index of its first frame.
    pub(super) start: u64,
    /// RMS times √2, so that a full-scale sine has 1.
    pub(super) rms: f64,
    pub(super) peak: f64,
}

/// The blocks of one channel, ready to be evaluated in one dialect.
#[derive(Debug, Clone)]
pub(super) struct ChannelBlocks {
    dialect: Dialect,
    pub(super) blocks: Vec<Block>,
}

/// What one channel comes to.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Outcome {
    /// Dynamic range in dB; `None` for a channel that does not count.
    pub(super) dr: Option<f64>,
    /// The block peak that counts.
    pub(super) peak: f64,
    /// RMS of the loud part.
    pub(super) loud: f64,
}

impl ChannelBlocks {
    /// Collects the blocks of `channel`.
    pub(super) fn collect(parts: &Parts<'_>, dialect: Dialect, channel: usize) -> Self {
        let length = dialect.block_frames(parts.rate);
        let mut fold = Fold {
            length,
            at: parts.first,
            open: Open::default(),
            // What a window cut in half is no block.
            skip: !parts.first.is_multiple_of(length),
            blocks: Vec::with_capacity((parts.frames / length) as usize + 2),
        };
        let ends_whole = (parts.first + parts.frames).is_multiple_of(length);
        let mut cells = parts
            .cells
            .iter()
            .chain(parts.last.map(|cell| cell.as_cell()))
            .peekable();
        while let Some(cell) = cells.next() {
            match parts.tail {
                Some(tail) if dialect == Dialect::Tt && cells.peek().is_none() && !ends_whole => {
                    fold.add(tail.as_cell(), channel);
                }
                _ => fold.add(cell, channel),
            }
        }
        if dialect == Dialect::Tt {
            if fold.open.frames > 0 {
                fold.close();
            } else if parts.frames > 0 {
                // An exact multiple leaves an empty last block, which counts.
                fold.blocks.push(Block {
                    start: fold.at,
                    ..Block::default()
                });
            }
            for block in &mut fold.blocks {
                block.rms *= TT_SCALE;
                block.peak *= TT_SCALE;
            }
        } else if fold.open.frames >= 2 {
            fold.close();
        }
        ChannelBlocks {
            dialect,
            blocks: fold.blocks,
        }
    }

    /// Leaves out blocks whose RMS is below `threshold`.
    pub(super) fn filter_silence(&mut self, threshold: f64) {
        self.blocks.retain(|block| block.rms >= threshold);
    }

    /// Makes `foobar` blocks what they would be, had samples been limited to full scale. The RMS
    /// is exact to its step only, which is all that the dialect looks at.
    pub(super) fn limit(&mut self, parts: &Parts<'_>, channel: usize) {
        for block in &mut self.blocks {
            let limited = parts.cells.limited_rms(block.start, channel, parts.last);
            block.rms = limited.unwrap_or(block.rms);
            block.peak = block.peak.min(1.0);
        }
    }

    /// Number of blocks in the loudest fifth.
    pub(super) fn loud_count(&self) -> usize {
        (self.blocks.len() / 5).max(1)
    }

    /// Evaluates with the loudest fifth.
    pub(super) fn outcome(&self) -> Outcome {
        self.outcome_of(self.loud_count())
    }

    /// Evaluates with the `count` loudest blocks.
    pub(super) fn outcome_of(&self, count: usize) -> Outcome {
        if self.blocks.is_empty() || count == 0 || count > self.blocks.len() {
            return Outcome::default();
        }
        match self.dialect {
            Dialect::Foobar => self.foobar(count, foobar_power),
            Dialect::Exact => self.foobar(count, exact_power),
            Dialect::Tt => self.tt(count),
        }
    }

    fn foobar(&self, count: usize, power: fn(f64) -> f64) -> Outcome {
        let loud = (self.sum_of_loudest(count, power) / count as f64).sqrt();
        let (first, second) = self.two_highest_peaks();
        let peak = if second > 0.0 { second } else { first };
        let dr = 20.0 * (peak / loud).log10();
        Outcome {
            dr: (peak > SILENT && loud > SILENT && dr.is_finite()).then_some(dr),
            peak,
            loud,
        }
    }

    fn tt(&self, count: usize) -> Outcome {
        let sum = self.sum_of_loudest(count, exact_power);
        let loud = (sum / count as f64).sqrt();
        let (first, second) = self.two_highest_peaks();
        let peak = if self.blocks.len() > 1 { second } else { first };
        let dr = 20.0 * (peak / loud).log10();
        let silent = sum < TT_SILENT || dr.is_nan() || dr.abs() > TT_MAX;
        Outcome {
            dr: Some(if silent { 0.0 } else { dr }),
            peak,
            loud,
        }
    }

    fn sum_of_loudest(&self, count: usize, power: fn(f64) -> f64) -> f64 {
        let mut powers: Vec<f64> = self.blocks.iter().map(|b| power(b.rms)).collect();
        let at = powers.len() - count;
        powers.select_nth_unstable_by(at, f64::total_cmp);
        powers[at..].sort_unstable_by(f64::total_cmp);
        powers[at..].iter().sum()
    }

    fn two_highest_peaks(&self) -> (f64, f64) {
        self.blocks.iter().fold((0.0, 0.0), |(first, second), b| {
            if b.peak > first {
                (b.peak, first)
            } else {
                (first, f64::max(second, b.peak))
            }
        })
    }

    /// First frames of the blocks of the loudest fifth in the order of time; of equals, the
    /// earliest.
    pub(super) fn loud_blocks(&self) -> Vec<u64> {
        let mut order: Vec<&Block> = self.blocks.iter().collect();
        order.sort_by(|a, b| b.rms.total_cmp(&a.rms));
        order.truncate(self.loud_count());
        let mut starts: Vec<u64> = order.into_iter().map(|block| block.start).collect();
        starts.sort_unstable();
        starts
    }

    /// First frame of the first block that has the peak that counts.
    pub(super) fn peak_block(&self, peak: f64) -> Option<u64> {
        let mut blocks = self.blocks.iter();
        let found = blocks.find(|block| block.peak == peak && peak > 0.0);
        found.map(|block| block.start)
    }
}

fn foobar_power(rms: f64) -> f64 {
    let step = quantise(rms) / STEPS;
    step * step
}

fn exact_power(rms: f64) -> f64 {
    rms * rms
}

/// RMS times √2 of `frames` samples with this sum of squares.
pub(super) fn block_rms(sum: f64, frames: u64) -> f64 {
    (2.0 * sum / frames as f64).sqrt()
}

/// A block RMS in whole steps of 1/10000, at most 10000.
pub(super) fn quantise(rms: f64) -> f64 {
    (rms * STEPS).floor().min(STEPS)
}

#[derive(Default)]
struct Open {
    start: u64,
    frames: u64,
    sum: f64,
    peak: f64,
}

/// Joins cells into blocks.
struct Fold {
    length: u64,
    at: u64,
    open: Open,
    skip: bool,
    blocks: Vec<Block>,
}

impl Fold {
    fn add(&mut self, cell: Cell<'_>, channel: usize) {
        if self.open.frames == 0 {
            self.open.start = self.at;
        }
        self.open.frames += cell.frames;
        self.open.sum += cell.sums[channel];
        self.open.peak = self.open.peak.max(cell.peaks[channel]);
        self.at += cell.frames;
        if self.at.is_multiple_of(self.length) && cell.frames > 0 {
            self.close();
        }
    }

    fn close(&mut self) {
        let open = std::mem::take(&mut self.open);
        if !std::mem::take(&mut self.skip) {
            self.blocks.push(Block {
                start: open.start,
                rms: block_rms(open.sum, open.frames),
                peak: open.peak,
            });
        }
    }
}
