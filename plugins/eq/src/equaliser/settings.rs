// SPDX-License-Identifier: MPL-2.0
//! What an equaliser is told, and what it tells.
use crate::band::{Curve, Layout};
use auris_dsp::pcm::SampleFormat;
use auris_dsp::simd::Level;

/// Frames from one moment at which changes take effect to the next, counted from the first frame.
pub const GRID: usize = 64;

/// What the phase does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Phase {
    /// As the filters are: no latency.
    #[default]
    Minimum,
    /// None at all but a delay: [`Equaliser::latency`](super::Equaliser::latency).
    Linear,
}

/// All that can change while audio runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The response.
    pub curve: Curve,
    /// Lets audio through as it is (delayed as in linear phase, if that is set).
    pub bypass: bool,
    /// Phase.
    pub phase: Phase,
    /// Length in taps of the filter that makes linear phase and point-wise gains: a power of two,
    /// 64–65536; others are taken for the next that is one.
    pub taps: usize,
    /// Seconds that a change of a parameter takes, up to 60; at least [`GRID`] frames, for a
    /// frequency as many for each third of an octave.
    pub ramp_time: f64,
    /// Threads for very many channels; 1 for none but the caller's.
    pub threads: usize,
    /// Design long filters (linear phase, point-wise gains) where the change is made, however long
    /// that takes, instead of beside the audio: for work that is not in real time, and has to give
    /// the same result each time.
    pub synchronous: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            curve: Curve::default(),
            bypass: false,
            phase: Phase::Minimum,
            taps: 8192,
            ramp_time: 0.02,
            threads: 1,
            synchronous: false,
        }
    }
}

impl Settings {
    /// Becomes equal to `other`, in the memory that it has.
    pub(super) fn assign(&mut self, other: &Settings) {
        assign(&mut self.curve, &other.curve);
        self.bypass = other.bypass;
        self.phase = other.phase;
        self.taps = other.taps;
        self.ramp_time = other.ramp_time;
        self.threads = other.threads;
        self.synchronous = other.synchronous;
    }
}

/// Makes `to` equal to `from`, in the memory that it has.
pub(super) fn assign(to: &mut Curve, from: &Curve) {
    let Curve {
        bands,
        graphics,
        preamp,
        gains,
        design,
        auto_headroom,
    } = from;
    to.bands.clone_from(bands);
    if to.graphics != *graphics {
        to.graphics.clone_from(graphics);
    }
    to.preamp = *preamp;
    to.gains.clone_from(gains);
    to.design = *design;
    to.auto_headroom = *auto_headroom;
}

/// How a change is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// Over `ramp_time`.
    Ramp,
    /// As the next point of a movement that comes in small steps, one per grid point: within
    /// [`GRID`] frames, if the step is small (1.5 dB, a third of an octave, a fifth of the width),
    /// otherwise over `ramp_time`.
    Follow,
}

/// What a block was like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Outcome {
    /// It held samples that are no finite number, or drove the filter to such; the output has zeros
    /// there, and the filter begins anew.
    pub non_finite: bool,
}

/// What audio is like, as long as a stream lasts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audio {
    /// S16, S32, F32 or F64.
    pub format: SampleFormat,
    /// Frames per second.
    pub rate: u32,
    /// Channels.
    pub layout: Layout,
}

/// What does not change.
#[derive(Clone)]
pub(super) struct Context {
    pub(super) level: Level,
    pub(super) rate: f64,
    pub(super) layout: Layout,
}

impl Context {
    /// How many segments of the grid `seconds` take, begun ones counted.
    pub(super) fn segments(&self, seconds: f64) -> u32 {
        // NaN becomes 0 in the end.
        let frames = (seconds.clamp(0.0, 60.0) * self.rate).ceil();
        (frames as u32).div_ceil(GRID as u32).max(1)
    }
}
