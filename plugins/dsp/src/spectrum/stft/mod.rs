// SPDX-License-Identifier: MPL-2.0
//! Every frame of a short-time Fourier transform.
mod ends;
mod engine;
mod frame;
mod handover;

pub use frame::Frame;

use super::Error;
use super::intake::Rows;
use super::memory::{probe_all, room};
use crate::simd::Level;
use engine::{Engine, Samples};
use frame::prepare;

/// What stands before the first sample and behind the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Padding {
    /// Nothing: frame i begins with sample i·hop.
    None,
    /// size / 2 zeros: frame i is centred on sample i·hop.
    Zero,
    /// As `Zero`, with the samples next to the ends in reverse, the last itself not repeated. What has
    /// fewer than size / 2 + 1 samples is reflected as often as it takes.
    Reflect,
}

/// What is done to a frame before it is multiplied by the window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Prepare {
    /// Nothing.
    Nothing,
    /// What Kaldi's `compute-fbank-feats` does, in this order.
    Kaldi {
        /// Factor of all samples: 32768 makes full scale what Kaldi takes for it.
        scale: f64,
        /// Whether the mean is subtracted.
        remove_dc: bool,
        /// How much of each sample is subtracted from the next; from the first, this much of
        /// itself.
        preemphasis: f64,
    },
}

/// In what numbers frames are transformed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Precision {
    /// f32: beside a line of 0 dB, noise of −140 dB.
    #[default]
    Single,
    /// f64: what is far below the loudest is as true as that. Phases are in f32 all the same.
    Double,
}

/// What is to be analysed.
#[derive(Debug, Clone)]
pub struct Config {
    /// Samples per second; for the user's information only.
    pub rate: u32,
    /// Rows of samples, at least 1.
    pub rows: usize,
    /// Length of the transform, at least 1.
    pub size: usize,
    /// Length of a frame, at most `size`: zeros follow up to there. With padding, frames are
    /// centred all the same.
    pub frame: usize,
    /// What frames are multiplied by: `frame` numbers.
    pub window: Vec<f64>,
    /// Samples from one frame's beginning to the next one's, at least 1.
    pub hop: usize,
    /// What stands before the first sample and behind the last.
    pub padding: Padding,
    /// What is done to frames first.
    pub prepare: Prepare,
    /// With padding [`Padding::None`], whether only frames all of whose samples there are count;
    /// if not, what is left at the end makes one more, filled up with zeros.
    pub whole_only: bool,
    /// Whether phases are wanted.
    pub phase: bool,
    /// Of the transforms.
    pub precision: Precision,
}

/// Cuts rows into overlapping frames and transforms them.
///
/// Nothing is allocated after [`Stft::new`], and frames do not depend on how the input is cut
/// into pushes, not by one bit.
pub struct Stft {
    config: Config,
    engine: Engine,
    bins: usize,
    /// Samples padded at each end.
    pad: usize,
    /// Zeros in front of a frame within the transform's length.
    lead: usize,
    /// Per row, samples of the padded stream from `base` on.
    history: Vec<Vec<f32>>,
    /// Where in the padded stream the histories begin.
    base: u64,
    /// Samples in each history.
    filled: usize,
    /// Samples pushed.
    length: u64,
    /// Whether what is in front of the first sample has been made.
    begun: bool,
    /// Frames emitted.
    index: u64,
    /// A frame before the window, if anything is done to it.
    prepared: Vec<f64>,
    power: Vec<f32>,
    phase: Vec<f32>,
    energy: Vec<f32>,
}

impl Stft {
    /// Plans transforms and allocates what they need.
    ///
    /// # Errors
    /// A setting is out of range, or there is not enough memory.
    pub fn new(config: Config) -> Result<Self, Error> {
        Stft::with_level(Level::best(), config)
    }

    /// The same on a given instruction set.
    pub fn with_level(level: Level, config: Config) -> Result<Self, Error> {
        if config.rows == 0 || config.hop == 0 || config.frame == 0 || config.frame > config.size {
            return Err(Error::Setting("no rows, no hop, or no frame of the size"));
        }
        if config.window.len() != config.frame {
            return Err(Error::Setting("the window is not as long as the frame"));
        }
        let engine = Engine::new(level, &config)?;
        let padded = config.padding != Padding::None;
        let pad = if padded { config.size / 2 } else { 0 };
        let lead = if padded {
            (config.size - config.frame) / 2
        } else {
            0
        };
        // Room for a frame, what is reflected, and three times as much to put in before that is moved.
        let keep = config.size.checked_add(2 * pad + 1);
        let room_for = keep.and_then(|keep| keep.checked_add(keep.checked_mul(3)?.max(1024)));
        let capacity = room_for.ok_or(Error::Memory)?;
        let bins = config.size / 2 + 1;
        probe_all(&[config.rows, capacity, 8])?;
        let per_row = |n: usize| n.checked_mul(config.rows).ok_or(Error::Memory);
        let mut history = Vec::new();
        let rows = config.rows;
        history.try_reserve_exact(rows).map_err(|_| Error::Memory)?;
        for _ in 0..rows {
            history.push(room(capacity)?);
        }
        let mut stft = Stft {
            engine,
            bins,
            pad,
            lead,
            history,
            base: 0,
            filled: 0,
            length: 0,
            begun: false,
            index: 0,
            prepared: room(config.frame)?,
            power: room(per_row(bins)?)?,
            phase: room(if config.phase { per_row(bins)? } else { 0 })?,
            energy: room(rows)?,
            config,
        };
        stft.reset();
        Ok(stft)
    }

    /// What it was made for.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Bins of each spectrum.
    pub fn bins(&self) -> usize {
        self.bins
    }

    /// Forgets everything.
    pub fn reset(&mut self) {
        (self.base, self.length, self.index) = (0, 0, 0);
        self.filled = self.pad;
        for history in &mut self.history {
            history[..self.pad].fill(0.0);
        }
        // Zeros are there; a reflection waits for its samples.
        self.begun = self.config.padding != Padding::Reflect;
    }

    /// Takes in equally long rows; of rows that are not, as much as the shortest has. Rows that are
    /// missing are silent. Calls `emit` for each frame that is complete.
    pub fn push(&mut self, rows: &[&[f32]], emit: &mut dyn FnMut(&Frame<'_>)) {
        let rows = &rows[..rows.len().min(self.config.rows)];
        let frames = rows.iter().map(|row| row.len()).min().unwrap_or(0);
        self.take(frames, &|row| rows.get(row).copied(), emit);
    }

    /// The same from an [`Intake`](super::intake::Intake).
    pub fn push_rows(&mut self, rows: Rows<'_>, emit: &mut dyn FnMut(&Frame<'_>)) {
        self.take(rows.frames(), &|row| Some(rows.row(row)), emit);
    }

    /// The same as pushing zeros.
    pub fn push_silence(&mut self, mut frames: u64, emit: &mut dyn FnMut(&Frame<'_>)) {
        while frames > 0 {
            let now = frames.min(1 << 20);
            self.take(now as usize, &|_| None, emit);
            frames -= now;
        }
    }

    fn take<'r>(
        &mut self,
        frames: usize,
        rows: &dyn Fn(usize) -> Option<&'r [f32]>,
        emit: &mut dyn FnMut(&Frame<'_>),
    ) {
        let mut done = 0;
        while done < frames {
            let now = self.free().min(frames - done);
            let here = self.filled..self.filled + now;
            for (index, history) in self.history.iter_mut().enumerate() {
                let to = &mut history[here.clone()];
                match rows(index).and_then(|row| row.get(done..done + now)) {
                    Some(samples) => to.copy_from_slice(samples),
                    None => to.fill(0.0),
                }
            }
            self.filled += now;
            self.length += now as u64;
            done += now;
            if !self.begun && self.length > self.pad as u64 {
                self.reflect_beginning();
            }
            if self.begun {
                let end = self.base + self.filled as u64;
                self.emit_until(end, emit);
                self.make_room();
            }
        }
    }

    fn free(&self) -> usize {
        self.history[0].len() - self.filled
    }

    /// Position in the padded stream of what frame `index` occupies with the transform's length.
    fn position(&self, index: u64) -> u64 {
        index.saturating_mul(self.config.hop as u64)
    }

    /// How far the samples reach that frame `index` needs.
    fn extent(&self) -> u64 {
        match self.config.padding {
            Padding::None => self.config.frame as u64,
            _ => self.config.size as u64,
        }
    }

    fn frame_in_history(&self, index: u64) -> std::ops::Range<usize> {
        let begin = (self.position(index) - self.base) as usize + self.lead;
        begin..begin + self.config.frame
    }

    /// Emits frames that end at `end` or before.
    fn emit_until(&mut self, end: u64, emit: &mut dyn FnMut(&Frame<'_>)) {
        while self.position(self.index).saturating_add(self.extent()) <= end {
            self.emit(false, emit);
        }
    }

    fn emit(&mut self, partial: bool, emit: &mut dyn FnMut(&Frame<'_>)) {
        let bins = self.bins;
        let here = self.frame_in_history(self.index);
        for row in 0..self.config.rows {
            let samples = &self.history[row][here.clone()];
            let samples = match self.config.prepare {
                Prepare::Nothing => Samples::Plain(samples),
                kaldi => {
                    self.energy[row] = prepare(kaldi, samples, &mut self.prepared) as f32;
                    Samples::Prepared(&self.prepared)
                }
            };
            let out = row * bins..(row + 1) * bins;
            let power = &mut self.power[out.clone()];
            let phase = self.phase.get_mut(out).unwrap_or_default();
            self.engine.run(samples, power, phase);
        }
        let start = self.position(self.index) as i64 + self.lead as i64 - self.pad as i64;
        let index = self.index;
        emit(&Frame {
            index,
            start,
            partial,
            stft: self,
        });
        self.index += 1;
    }

    /// Drops what neither a frame nor a reflection will need.
    fn make_room(&mut self) {
        let end = self.base + self.filled as u64;
        let next = self.position(self.index);
        let reflected = end.saturating_sub(self.pad as u64 + 1);
        let keep_from = next.min(reflected).max(self.base);
        // Seldom: once only a quarter of the history is free.
        let drop = (keep_from - self.base) as usize;
        if drop > 0 && self.free() < self.history[0].len() / 4 {
            for history in &mut self.history {
                history.copy_within(drop..self.filled, 0);
            }
            self.base = keep_from;
            self.filled -= drop;
        }
    }
}
