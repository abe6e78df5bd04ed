// SPDX-License-Identifier: MPL-2.0
//! The stereo bus that notes are put on, and the room around it.
use crate::synth::RATE;

/// A piece of stereo sound; full scale is ±1.
#[derive(Debug, Clone)]
pub struct Stereo {
    pub left: Vec<f32>,
    pub right: Vec<f32>,
}

impl Stereo {
    pub fn silence(frames: usize) -> Self {
        Self {
            left: vec![0.0; frames],
            right: vec![0.0; frames],
        }
    }

    pub fn frames(&self) -> usize {
        self.left.len()
    }

    /// Adds a mono note from second `start`, `pan` from −1 (left) to 1, at constant power. What
    /// reaches past the end is cut.
    pub fn add(&mut self, note: &[f32], start: f32, pan: f32, gain: f32) {
        let at = ((start * RATE) as usize).min(self.frames());
        let (sin, cos) = ((pan + 1.0) * std::f32::consts::FRAC_PI_4).sin_cos();
        for (side, gain) in [(&mut self.left, cos * gain), (&mut self.right, sin * gain)] {
            side[at..]
                .iter_mut()
                .zip(note)
                .for_each(|(s, n)| *s += n * gain);
        }
    }

    pub fn add_bus(&mut self, bus: &Self, gain: f32) {
        let sides = [(&mut self.left, &bus.left), (&mut self.right, &bus.right)];
        for (mine, other) in sides {
            mine.iter_mut().zip(other).for_each(|(m, o)| *m += o * gain);
        }
    }

    /// Multiplies frame `i` by `gain(i)`.
    pub fn shape(&mut self, gain: impl Fn(usize) -> f32) {
        for (i, (l, r)) in self.left.iter_mut().zip(&mut self.right).enumerate() {
            let g = gain(i);
            *l *= g;
            *r *= g;
        }
    }
}

/// A delay line that feeds back into itself, darkened a little at each turn.
fn comb(input: &[f32], delay: usize, feedback: f32, out: &mut [f32]) {
    let (mut line, mut dark) = (vec![0.0; delay], 0.0);
    for (i, (x, o)) in input.iter().zip(out).enumerate() {
        let slot = &mut line[i % delay];
        let y: f32 = *slot;
        dark += 0.6 * (y - dark);
        *slot = x + feedback * dark;
        *o += y;
    }
}

/// Smears `sound` in time without colouring its spectrum.
fn allpass(sound: &mut [f32], delay: usize) {
    let mut line = vec![0.0; delay];
    for (i, s) in sound.iter_mut().enumerate() {
        let slot = &mut line[i % delay];
        let delayed: f32 = *slot;
        let fed = *s + 0.5 * delayed;
        *s = delayed - 0.5 * fed;
        *slot = fed;
    }
}

/// A room after Schroeder: four combs in parallel, two all-passes in a row. Each side has delays
/// of its own, which makes it wide.
pub fn reverb(send: &Stereo) -> Stereo {
    let side = |input: &[f32], spread: usize| {
        let mut out = vec![0.0; input.len()];
        for delay in [1557, 1617, 1491, 1422] {
            comb(input, delay + spread, 0.84, &mut out);
        }
        for delay in [556, 225] {
            allpass(&mut out, delay + spread);
        }
        out.iter_mut().for_each(|s| *s *= 0.25);
        out
    };
    Stereo {
        left: side(&send.left, 0),
        right: side(&send.right, 23),
    }
}

/// Echoes every `seconds` that change sides.
pub fn echo(send: &Stereo, seconds: f32) -> Stereo {
    let delay = (seconds * RATE) as usize;
    let mut out = Stereo::silence(send.frames());
    for i in delay..send.frames() {
        let before = i - delay;
        out.left[i] = 0.5 * (send.left[before] + send.right[before]) + 0.4 * out.right[before];
        out.right[i] = 0.4 * out.left[before];
    }
    out
}
