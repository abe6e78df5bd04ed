// SPDX-License-Identifier: MPL-2.0
//! What an application pushes samples into.
use super::core::{Core, Saved};
use super::measurement::{Measurement, Parts};
use super::report::{Options, Report};
use crate::pcm::SampleFormat;
use crate::simd::Level;

/// What a [`Meter`] is told once.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Sample format of what will be pushed.
    pub format: SampleFormat,
    /// True when every channel comes in a slice of its own.
    pub planar: bool,
    /// Sample rate in Hz; 0 counts as 1.
    pub rate: u32,
    /// Number of channels; 0 counts as 1.
    pub channels: usize,
    /// Index of the first frame in the whole, when a file is measured in parts.
    pub origin: u64,
    /// Keep only about this many of the latest frames (whole blocks); 0 keeps all.
    pub window: u64,
    /// Leave out leading and trailing runs of at least [`MIN_QUIET_SECONDS`] in which every sample
    /// stays at or below this magnitude.
    pub edge_trim: Option<f64>,
}

/// Shortest run that edge trimming takes for silence, in seconds. The figure is MacinMeter's.
pub const MIN_QUIET_SECONDS: f64 = 0.060;

/// Frames looked at together when edges are trimmed.
const LOOK: usize = 1024;

impl Config {
    /// Interleaved, from frame 0, everything kept.
    pub fn new(format: SampleFormat, rate: u32, channels: usize) -> Self {
        Config {
            format,
            planar: false,
            rate,
            channels,
            origin: 0,
            window: 0,
            edge_trim: None,
        }
    }
}

/// Measures one stream. Memory grows by 16 bytes per channel and cell (one or two per 3 s), by 2 per
/// channel and block where samples exceed full scale, and by nothing else; with [`Config::window`]
/// it does not grow.
pub struct Meter {
    pub(super) core: Core,
    trim: Option<Trim>,
}

/// Where the stream is with regard to its quiet edges.
struct Trim {
    threshold: f64,
    min_frames: u64,
    /// Length of the quiet run that the stream is in.
    quiet: u64,
    heard: bool,
    /// Frames left out at the beginning.
    skipped: u64,
    /// The state before the quiet run.
    saved: Option<Saved>,
    loud: Vec<bool>,
}

impl Meter {
    /// A meter that runs on the fastest instruction set of the processor.
    pub fn new(config: Config) -> Self {
        Self::with_level(config, Level::best())
    }

    /// A meter that runs on the given instruction set.
    pub fn with_level(mut config: Config, level: Level) -> Self {
        config.channels = config.channels.max(1);
        config.rate = config.rate.max(1);
        let trim = config.edge_trim.map(|threshold| Trim {
            threshold,
            min_frames: (f64::from(config.rate) * MIN_QUIET_SECONDS).ceil() as u64,
            quiet: 0,
            heard: false,
            skipped: 0,
            saved: None,
            loud: vec![false; LOOK],
        });
        Meter {
            core: Core::new(config, level),
            trim,
        }
    }

    /// What it was told.
    pub fn config(&self) -> &Config {
        &self.core.config
    }

    /// Frames pushed so far, less a trimmed beginning.
    pub fn frames(&self) -> u64 {
        self.core.frames()
    }

    /// Frames left out at the beginning so far.
    pub fn skipped(&self) -> u64 {
        self.trim.as_ref().map_or(0, |trim| trim.skipped)
    }

    /// Whether a sample was no number.
    pub fn has_non_finite(&self) -> bool {
        let kernels = self.core.kernels();
        kernels.iter().any(|k| k.oddities().non_finite > 0)
    }

    /// Adds samples: one slice of whole frames, or when planar one slice per channel, all of one
    /// length. Bytes that make no whole frame are left out. Returns the number of frames added.
    pub fn push(&mut self, planes: &[&[u8]]) -> usize {
        let stride = self.core.stride();
        if planes.len() != self.core.kernels().len() {
            return 0;
        }
        let frames = planes.iter().map(|p| p.len() / stride).min().unwrap_or(0);
        match &mut self.trim {
            None => self.core.push(planes, 0, frames),
            Some(trim) => trim.push(&mut self.core, planes, frames),
        }
        frames
    }

    /// Adds frames of value 0.
    pub fn push_silence(&mut self, frames: u64) {
        if let Some(trim) = &mut self.trim
            && frames > 0
        {
            trim.enter_quiet(&self.core, frames);
        }
        self.core.push_silence(frames);
    }

    /// The result so far; the stream goes on undisturbed. A quiet end is part of it.
    pub fn report(&self, options: &Options) -> Report {
        let view = self.core.view();
        let (first, frames) = self.core.range();
        Parts {
            rate: self.core.config.rate,
            channels: self.core.config.channels,
            first,
            frames,
            cells: view.cells,
            last: view.last.as_ref(),
            tail: view.tail.as_ref(),
            oddities: view.oddities,
        }
        .report(options)
    }

    /// What was measured.
    pub fn finish(mut self) -> Measurement {
        if let Some(trim) = self.trim.take()
            && trim.quiet >= trim.min_frames
        {
            match (&trim.saved, trim.heard) {
                (Some(saved), true) => self.core.restore(saved),
                _ => self.core.restart(),
            }
        }
        self.core.finish()
    }
}

impl Trim {
    fn enter_quiet(&mut self, core: &Core, frames: u64) {
        if self.quiet == 0 {
            core.save(&mut self.saved);
        }
        self.quiet += frames;
    }

    fn leave_quiet(&mut self, core: &mut Core) {
        if !self.heard && self.quiet >= self.min_frames {
            self.skipped = core.frames();
            core.restart();
        }
        self.heard = true;
        self.quiet = 0;
    }

    fn push(&mut self, core: &mut Core, planes: &[&[u8]], frames: usize) {
        let stride = core.stride();
        for start in (0..frames).step_by(LOOK) {
            let len = LOOK.min(frames - start);
            let mut loud = std::mem::take(&mut self.loud);
            loud[..len].fill(false);
            for (kernel, plane) in core.kernels().iter().zip(planes) {
                let bytes = &plane[start * stride..(start + len) * stride];
                kernel.mark_loud(bytes, self.threshold, &mut loud[..len]);
            }
            let mut at = start;
            for run in loud[..len].chunk_by(|a, b| a == b) {
                if run[0] {
                    self.leave_quiet(core);
                } else {
                    self.enter_quiet(core, run.len() as u64);
                }
                core.push(planes, at, at + run.len());
                at += run.len();
            }
            self.loud = loud;
        }
    }
}
