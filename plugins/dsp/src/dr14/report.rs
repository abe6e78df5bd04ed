// SPDX-License-Identifier: MPL-2.0
//! What a measurement says, in the three dialects.
use super::accumulate::Oddities;
use super::blocks::{ChannelBlocks, Dialect, Outcome};
use super::measurement::Parts;

/// Fewer blocks than this and there is no fifth of them: the value means little.
const MIN_BLOCKS: usize = 5;

/// How to evaluate.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Options {
    /// What the headline follows.
    pub dialect: Dialect,
    /// Which channels are LFE; missing entries are not.
    pub lfe: Vec<bool>,
    /// Leave the LFE channels out of the headline.
    pub exclude_lfe: bool,
    /// Leave out blocks whose RMS (a full-scale sine having 1) is below this.
    pub silence_filter: Option<f64>,
    /// Fill [`ChannelReport::loud_blocks`].
    pub explain: bool,
}

/// A dynamic range.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Value {
    /// The whole number that is published; `None` without a channel that counts.
    pub official: Option<i64>,
    /// Before rounding, in dB.
    pub precise: Option<f64>,
}

/// One channel in the headline's dialect.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ChannelReport {
    /// Dynamic range in dB; `None` for a channel that does not count.
    pub dr: Option<f64>,
    /// The block peak that counts, full scale being 1.
    pub peak: f64,
    /// RMS of the loudest fifth of the blocks, a full-scale sine having 1.
    pub loud: f64,
    /// RMS of everything, a full-scale sine having 1.
    pub rms: f64,
    /// Highest magnitude of all samples, full scale being 1.
    pub sample_peak: f64,
    /// Index of the first frame of the block that has `peak`.
    pub peak_block: Option<u64>,
    /// Indices of the first frames of the blocks of the loudest fifth, in the order of time; empty
    /// unless asked for.
    pub loud_blocks: Vec<u64>,
}

/// What a measurement says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    /// Sample rate in Hz.
    pub rate: u32,
    /// Index of the first frame measured.
    pub first: u64,
    /// Frames measured.
    pub frames: u64,
    /// What `headline`, `channels` and all that explains them follow.
    pub dialect: Dialect,
    /// The value in [`Report::dialect`].
    pub headline: Value,
    /// All dialects, in the order of [`Dialect::ALL`].
    pub all: [Value; 3],
    /// Whether their official values differ.
    pub disagree: bool,
    /// `foobar`, had samples been limited to full scale; `None` where none exceeds it.
    pub clipped: Option<Value>,
    /// With and without the LFE channels, in the headline's dialect; `None` where there is none.
    pub lfe: Option<(Value, Value)>,
    /// Per channel.
    pub channels: Vec<ChannelReport>,
    /// Number of blocks, of the channel that has most.
    pub blocks: usize,
    /// Frames per block.
    pub block_frames: u64,
    /// Distance in dB to the nearest x.5, where the official value would change.
    pub boundary_distance: Option<f64>,
    /// Precise value, had the loud part one block less.
    pub one_block_less: Option<f64>,
    /// Precise value, had the loud part one block more.
    pub one_block_more: Option<f64>,
    /// Too few blocks for a fifth of them.
    pub short: bool,
    /// The headline is below 0: a lone loud block.
    pub negative: bool,
    /// Samples over full scale and samples that are no number.
    pub oddities: Oddities,
}

impl Report {
    /// The value in one dialect.
    pub fn value(&self, dialect: Dialect) -> Value {
        match dialect {
            Dialect::Foobar => self.all[0],
            Dialect::Tt => self.all[1],
            Dialect::Exact => self.all[2],
        }
    }

    /// Highest magnitude over all channels, full scale being 1.
    pub fn sample_peak(&self) -> f64 {
        let peaks = self.channels.iter().map(|c| c.sample_peak);
        peaks.fold(0.0, f64::max)
    }

    /// RMS over all channels, a full-scale sine having 1.
    pub fn rms(&self) -> f64 {
        let squares: f64 = self.channels.iter().map(|c| c.rms * c.rms).sum();
        (squares / self.channels.len().max(1) as f64).sqrt()
    }
}

/// One dialect over all channels.
struct Evaluation {
    dialect: Dialect,
    channels: Vec<ChannelBlocks>,
}

impl Evaluation {
    /// With `limit` as if samples had been limited to full scale.
    fn new(parts: &Parts<'_>, dialect: Dialect, limit: bool, options: &Options) -> Self {
        let channels = (0..parts.channels).map(|channel| {
            let mut blocks = ChannelBlocks::collect(parts, dialect, channel);
            if let Some(threshold) = options.silence_filter {
                blocks.filter_silence(threshold);
            }
            if limit {
                blocks.limit(parts, channel);
            }
            blocks
        });
        Evaluation {
            dialect,
            channels: channels.collect(),
        }
    }

    fn outcomes(&self) -> Vec<Outcome> {
        self.channels.iter().map(ChannelBlocks::outcome).collect()
    }

    /// The mean over the channels that count and that `keep` keeps.
    fn value(&self, outcomes: &[Outcome], keep: impl Fn(usize) -> bool) -> Value {
        let kept = outcomes.iter().enumerate().filter(|(i, _)| keep(*i));
        let ranges: Vec<f64> = kept.filter_map(|(_, o)| o.dr).collect();
        if ranges.is_empty() {
            return Value::default();
        }
        let mean = ranges.iter().sum::<f64>() / ranges.len() as f64;
        Value {
            official: Some(self.dialect.round(mean)),
            // A negative zero is an oddity of the arithmetic, not a value.
            precise: Some(mean + 0.0),
        }
    }
}

impl Parts<'_> {
    pub(super) fn report(&self, options: &Options) -> Report {
        let is_lfe = |i: usize| options.lfe.get(i).copied().unwrap_or(false);
        let keep = |i: usize| !(options.exclude_lfe && is_lfe(i));
        let mut report = Report {
            rate: self.rate,
            first: self.first,
            frames: self.frames,
            dialect: options.dialect,
            block_frames: options.dialect.block_frames(self.rate),
            oddities: self.oddities,
            ..Report::default()
        };
        for (slot, dialect) in report.all.iter_mut().zip(Dialect::ALL) {
            let evaluation = Evaluation::new(self, dialect, false, options);
            let outcomes = evaluation.outcomes();
            *slot = evaluation.value(&outcomes, keep);
            if dialect != options.dialect {
                continue;
            }
            report.headline = *slot;
            if (0..self.channels).any(is_lfe) {
                report.lfe = Some((
                    evaluation.value(&outcomes, |_| true),
                    evaluation.value(&outcomes, |i| !is_lfe(i)),
                ));
            }
            report.blocks = evaluation
                .channels
                .iter()
                .map(|c| c.blocks.len())
                .max()
                .unwrap_or(0);
            [report.one_block_less, report.one_block_more] = [-1, 1].map(|step| {
                let other = evaluation.channels.iter().map(|channel| {
                    channel.outcome_of(channel.loud_count().saturating_add_signed(step))
                });
                let others: Vec<_> = other.collect();
                let complete = others
                    .iter()
                    .zip(&outcomes)
                    .all(|(a, b)| a.dr.is_some() == b.dr.is_some());
                complete
                    .then(|| evaluation.value(&others, keep).precise)
                    .flatten()
            });
            report.channels = self.channel_reports(&evaluation, &outcomes, options.explain);
        }
        report.disagree = report
            .all
            .iter()
            .any(|v| v.official != report.all[0].official);
        if self.oddities.over_full_scale > 0 {
            let evaluation = Evaluation::new(self, Dialect::Foobar, true, options);
            report.clipped = Some(evaluation.value(&evaluation.outcomes(), keep));
        }
        report.short = report.blocks < MIN_BLOCKS;
        if let Some(precise) = report.headline.precise {
            report.negative = precise < 0.0;
            report.boundary_distance = Some(((precise - 0.5) - (precise - 0.5).round()).abs());
        }
        report
    }

    fn channel_reports(
        &self,
        evaluation: &Evaluation,
        outcomes: &[Outcome],
        explain: bool,
    ) -> Vec<ChannelReport> {
        let (mut sums, mut peaks) = (vec![0.0; self.channels], vec![0.0; self.channels]);
        let cells = self
            .cells
            .iter()
            .chain(self.last.map(|cell| cell.as_cell()));
        for cell in cells {
            for channel in 0..self.channels {
                sums[channel] += cell.sums[channel];
                peaks[channel] = f64::max(peaks[channel], cell.peaks[channel]);
            }
        }
        let channels = evaluation.channels.iter().zip(outcomes);
        let reports = channels
            .enumerate()
            .map(|(i, (blocks, outcome))| ChannelReport {
                dr: outcome.dr,
                peak: outcome.peak,
                loud: outcome.loud,
                rms: (2.0 * sums[i] / self.frames.max(1) as f64).sqrt(),
                sample_peak: peaks[i],
                peak_block: blocks.peak_block(outcome.peak),
                loud_blocks: if explain {
                    blocks.loud_blocks()
                } else {
                    Vec::new()
                },
            });
        reports.collect()
    }
}
