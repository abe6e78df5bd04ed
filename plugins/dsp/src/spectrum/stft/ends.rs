// SPDX-License-Identifier: MPL-2.0
//! The beginning and the end of a stream.
use super::{Frame, Padding, Stft};

impl Stft {
    pub(super) fn reflect_beginning(&mut self) {
        let available = self.filled - self.pad;
        for history in &mut self.history {
            let (padding, samples) = history.split_at_mut(self.pad);
            for (distance, x) in padding.iter_mut().rev().enumerate() {
                *x = reflected(&samples[..available], distance + 1);
            }
        }
        self.begun = true;
    }

    /// Ends the stream: what padding adds, or a last partial frame. Without samples, there are no
    /// frames. Afterwards, all is forgotten.
    pub fn finish(&mut self, emit: &mut dyn FnMut(&Frame<'_>)) {
        if self.length > 0 {
            if self.config.padding == Padding::None {
                self.finish_bare(emit);
            } else {
                self.finish_padded(emit);
            }
        }
        self.reset();
    }

    pub(super) fn finish_bare(&mut self, emit: &mut dyn FnMut(&Frame<'_>)) {
        let end = self.base + self.filled as u64;
        let next = self.position(self.index);
        // The end of the last frame: what lies behind it has not been seen.
        let seen = match self.index {
            0 => 0,
            n => self.position(n - 1) + self.config.frame as u64,
        };
        if self.config.whole_only || end <= seen.max(next) {
            return;
        }
        let missing = (next + self.config.frame as u64 - end) as usize;
        self.append(missing, |_, _| 0.0);
        self.emit(true, emit);
    }

    pub(super) fn finish_padded(&mut self, emit: &mut dyn FnMut(&Frame<'_>)) {
        if !self.begun {
            self.reflect_beginning();
        }
        let end = self.base + self.filled as u64 + self.pad as u64;
        let length = self.length.min(self.filled as u64) as usize;
        match self.config.padding {
            Padding::Reflect => self.append(self.pad, |samples, distance| {
                let tail = &samples[samples.len() - length..];
                reflected_back(tail, distance)
            }),
            _ => self.append(self.pad, |_, _| 0.0),
        }
        self.emit_until(end, emit);
    }

    /// Puts `count` samples, made from those that are there, behind them.
    pub(super) fn append(&mut self, count: usize, make: impl Fn(&[f32], usize) -> f32) {
        for history in &mut self.history {
            let (samples, rest) = history.split_at_mut(self.filled);
            for (distance, x) in rest[..count].iter_mut().enumerate() {
                *x = make(samples, distance + 1);
            }
        }
        self.filled += count;
    }
}

/// The sample `distance` before the first, if there is a mirror at the first and one at the last.
fn reflected(samples: &[f32], distance: usize) -> f32 {
    let last = samples.len() - 1;
    if last == 0 {
        return samples[0];
    }
    let turn = distance % (2 * last);
    samples[turn.min(2 * last - turn)]
}

/// The sample `distance` behind the last.
fn reflected_back(samples: &[f32], distance: usize) -> f32 {
    let last = samples.len() - 1;
    if last == 0 {
        return samples[0];
    }
    let turn = distance % (2 * last);
    samples[last - turn.min(2 * last - turn)]
}
