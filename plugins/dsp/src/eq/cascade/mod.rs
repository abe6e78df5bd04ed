// SPDX-License-Identifier: MPL-2.0
//! Many biquads in a row, for many channels: the kernel of the equaliser.
use super::section::Section;
use crate::simd::Level;

#[derive(Debug, Clone, Copy, Default)]
struct State {
    x1: f64,
    x2: f64,
    y1: f64,
    y2: f64,
}

/// A row of sections for each channel of interleaved audio, and a gain at its end.
///
/// Arithmetic is f64 throughout. The result does not depend on how the input is cut into calls,
/// not by one bit; levels may differ by rounding.
pub struct Cascade {
    channels: usize,
    sections: usize,
    coefficients: Vec<Section>,
    targets: Vec<Section>,
    gains: Vec<f64>,
    gain_targets: Vec<f64>,
    states: Vec<State>,
    ramp_left: usize,
}

impl Cascade {
    /// `channels` × `sections` identities at gain 1.
    pub fn new(_level: Level, channels: usize, sections: usize) -> Self {
        Cascade {
            channels,
            sections,
            coefficients: vec![Section::IDENTITY; channels * sections],
            targets: vec![Section::IDENTITY; channels * sections],
            gains: vec![1.0; channels],
            gain_targets: vec![1.0; channels],
            states: vec![State::default(); channels * sections],
            ramp_left: 0,
        }
    }

    /// How many threads may share the work; 1 for the caller's alone.
    pub fn set_threads(&mut self, _threads: usize) {}

    /// Channels of a frame.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Sections of a channel.
    pub fn sections(&self) -> usize {
        self.sections
    }

    /// Sets one section, at once. Not while a ramp is under way.
    pub fn set(&mut self, channel: usize, section: usize, to: Section) {
        self.coefficients[section * self.channels + channel] = to;
        self.targets[section * self.channels + channel] = to;
    }

    /// Sets the gain of one channel, at once. Not while a ramp is under way.
    pub fn set_gain(&mut self, channel: usize, to: f64) {
        self.gains[channel] = to;
        self.gain_targets[channel] = to;
    }

    /// What one section has to come to with the next ramp; one that is not aimed stays.
    pub fn aim(&mut self, channel: usize, section: usize, to: Section) {
        self.targets[section * self.channels + channel] = to;
    }

    /// What the gain of one channel has to come to with the next ramp.
    pub fn aim_gain(&mut self, channel: usize, to: f64) {
        self.gain_targets[channel] = to;
    }

    /// From the next frame on, over `frames` frames, coefficients and gains go in straight lines
    /// to what was aimed at, and are exactly that afterwards. The last ramp must have ended.
    pub fn begin_ramp(&mut self, frames: usize) {
        self.ramp_left = frames;
    }

    /// Frames until the ramp ends; 0 if none is under way.
    pub fn ramp_left(&self) -> usize {
        self.ramp_left
    }

    /// Filters whole frames in place.
    pub fn process(&mut self, io: &mut [f64]) {
        for frame in io.chunks_exact_mut(self.channels) {
            self.step_ramp();
            for (c, sample) in frame.iter_mut().enumerate() {
                for k in 0..self.sections {
                    let i = k * self.channels + c;
                    let (q, s) = (&self.coefficients[i], &mut self.states[i]);
                    let x = *sample;
                    let y = q.b0 * x + q.b1 * s.x1 + q.b2 * s.x2 - q.a2 * s.y2 - q.a1 * s.y1;
                    *s = State {
                        x1: x,
                        x2: s.x1,
                        y1: y,
                        y2: s.y1,
                    };
                    *sample = y;
                }
                *sample *= self.gains[c];
            }
        }
    }

    /// Filters whole frames in place, f64 inside.
    pub fn process_f32(&mut self, io: &mut [f32]) {
        let mut wide: Vec<f64> = io.iter().map(|x| f64::from(*x)).collect();
        self.process(&mut wide);
        for (narrow, wide) in io.iter_mut().zip(wide) {
            *narrow = wide as f32;
        }
    }

    fn step_ramp(&mut self) {
        if self.ramp_left == 0 {
            return;
        }
        let f = 1.0 / self.ramp_left as f64;
        self.ramp_left -= 1;
        let go = |from: &mut f64, to: f64| *from += (to - *from) * f;
        for (q, to) in self.coefficients.iter_mut().zip(&self.targets) {
            go(&mut q.b0, to.b0);
            go(&mut q.b1, to.b1);
            go(&mut q.b2, to.b2);
            go(&mut q.a1, to.a1);
            go(&mut q.a2, to.a2);
        }
        for (gain, to) in self.gains.iter_mut().zip(&self.gain_targets) {
            go(gain, *to);
        }
        if self.ramp_left == 0 {
            self.coefficients.copy_from_slice(&self.targets);
            self.gains.copy_from_slice(&self.gain_targets);
        }
    }

    /// Takes over what sections of another cascade of as many channels remember: for each (here,
    /// there, lanes), section `there` of `other` goes on as section `here`, on the channels whose
    /// bit is set in `lanes`.
    pub fn adopt(&mut self, other: &Cascade, sections: &[(usize, usize, u64)]) {
        for &(here, there, lanes) in sections {
            for c in (0..self.channels.min(64)).filter(|c| lanes >> c & 1 != 0) {
                self.states[here * self.channels + c] = other.states[there * self.channels + c];
            }
        }
    }

    /// How far the output of a section may still differ, at most, from what an identity would give:
    /// the largest difference between what it remembers of input and of output, over the channels
    /// whose bit is set in `lanes`. Only of use where the coefficients are an identity.
    pub fn residue(&self, section: usize, lanes: u64) -> f64 {
        self.states[section * self.channels..][..self.channels]
            .iter()
            .enumerate()
            .filter(|(c, _)| lanes >> c & 1 != 0)
            .map(|(_, s)| (s.x1 - s.y1).abs().max((s.x2 - s.y2).abs()))
            .fold(0.0, f64::max)
    }

    /// To be called now and then: makes what is so small that it costs time without being heard
    /// zero, and, if something is no finite number, forgets everything and returns false.
    pub fn settle(&mut self) -> bool {
        let finite = self
            .states
            .iter()
            .all(|s| (s.x1 + s.x2 + s.y1 + s.y2).is_finite());
        if !finite {
            self.reset();
        }
        finite
    }

    /// Forgets all past input.
    pub fn reset(&mut self) {
        self.states.fill(State::default());
    }
}
