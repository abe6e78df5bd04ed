// SPDX-License-Identifier: MPL-2.0
//! Audio of any length, cut into windows.
use super::{Bank, FRAMES, FrontEnd, HOP, LogMel, MELS, Padding, TRANSFORM, WINDOW, check_finite};
use crate::Error;
use std::collections::VecDeque;
use std::num::NonZeroUsize;

/// Frames at each end of a window that reach beyond it, and are not the same in its neighbours.
const EDGE: usize = (TRANSFORM / 2).div_ceil(HOP);

/// What becomes of the last samples of audio that is longer than a window, where they do not fill
/// another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Tail {
    /// They are a window of their own, padded as short audio is.
    #[default]
    Pad,
    /// The last window is moved back, so that it ends with the audio.
    Align,
}

/// How audio is cut into windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// Samples of a window, at most the model's [`WINDOW`]; shorter ones are padded.
    pub window: NonZeroUsize,
    /// Samples from one window to the next.
    pub hop: NonZeroUsize,
    /// What fills windows that are shorter than the model's.
    pub padding: Padding,
    /// What becomes of the end.
    pub tail: Tail,
}

/// A window of audio.
#[derive(Clone, Copy)]
pub struct Piece<'a> {
    /// Index of its first sample.
    pub begin: u64,
    /// Its samples, without what they are padded with.
    pub samples: &'a [f32],
    /// Its spectrogram.
    pub log_mel: &'a LogMel,
}

/// Cuts audio into windows, a hop apart, and computes their spectrograms as it comes.
///
/// The first window begins with the audio; audio that is shorter than a window makes one, padded.
/// What comes out does not depend on how the audio is cut into calls. Where the windows have the
/// model's length and the hop is a multiple of 10 ms, frames that neighbouring windows have in
/// common are computed once.
pub struct Windows {
    front_end: FrontEnd,
    /// Samples of a window.
    length: usize,
    hop: usize,
    padding: Padding,
    tail: Tail,
    /// The last samples, at least a window of them.
    samples: Vec<f32>,
    /// Samples so far.
    total: u64,
    /// Where the next window begins.
    next: u64,
    /// Frames on the grid of 10 ms that lie in the next window,
    frames: VecDeque<[f32; MELS]>,
    /// and the index of the first of them.
    first_frame: u64,
    log_mel: LogMel,
}

impl Windows {
    /// Windows for models with this filter bank.
    pub fn new(bank: Bank, cut: Cut) -> Windows {
        Windows {
            front_end: FrontEnd::new(bank),
            length: cut.window.get().min(WINDOW),
            hop: cut.hop.get(),
            padding: cut.padding,
            tail: cut.tail,
            samples: Vec::with_capacity(2 * WINDOW),
            total: 0,
            next: 0,
            frames: VecDeque::with_capacity(FRAMES),
            first_frame: EDGE as u64,
            log_mel: LogMel::new(),
        }
    }

    /// Takes in mono audio at 48 kHz. `each` gets each window that is complete with it.
    ///
    /// # Errors
    /// [`Error::SampleNotFinite`]; then nothing was taken in.
    pub fn push(&mut self, samples: &[f32], mut each: impl FnMut(Piece<'_>)) -> Result<(), Error> {
        check_finite(samples, self.total)?;
        let mut samples = samples;
        while !samples.is_empty() {
            // No further than the next window's end, and than there is room.
            let wanted = self.next + self.length as u64 - self.total;
            let room = (2 * WINDOW - self.samples.len()) as u64;
            let now = samples.len().min(wanted.min(room) as usize);
            let (taken, later) = samples.split_at(now);
            self.samples.extend_from_slice(taken);
            self.total += now as u64;
            samples = later;
            if self.shares() {
                self.compute_frames();
            }
            if self.total == self.next + self.length as u64 {
                self.complete();
                each(self.last(self.length));
                self.next += self.hop as u64;
                self.forget_frames();
            }
            if self.samples.len() == 2 * WINDOW {
                self.samples.drain(..WINDOW);
            }
        }
        Ok(())
    }

    /// Ends the audio: `each` gets what is left as a last window. The next audio begins anew.
    pub fn finish(&mut self, mut each: impl FnMut(Piece<'_>)) {
        // All before this was in a window.
        let seen = match self.next {
            0 => 0,
            next => next - self.hop as u64 + self.length as u64,
        };
        let left = match self.tail {
            Tail::Align if self.next > 0 => self.length as u64,
            // None if the hop leaves a gap in which the audio ends.
            _ => self.total.saturating_sub(self.next),
        };
        if self.total > seen && left > 0 {
            let left = left as usize;
            let samples = &self.samples[self.samples.len() - left..];
            // The samples were checked when they came.
            let done = self
                .front_end
                .compute(samples, self.padding, &mut self.log_mel);
            debug_assert!(done.is_ok());
            each(self.last(left));
        }
        self.reset();
    }

    /// The last samples, as the window whose spectrogram was computed last.
    fn last(&self, count: usize) -> Piece<'_> {
        Piece {
            begin: self.total - count as u64,
            samples: &self.samples[self.samples.len() - count..],
            log_mel: &self.log_mel,
        }
    }

    /// Forgets all audio.
    pub fn reset(&mut self) {
        self.samples.clear();
        self.frames.clear();
        self.first_frame = EDGE as u64;
        (self.total, self.next) = (0, 0);
    }

    /// Whether windows have frames in common.
    fn shares(&self) -> bool {
        self.length == WINDOW && self.hop.is_multiple_of(HOP)
    }

    /// Index of the sample that `samples` begins with.
    fn begin(&self) -> u64 {
        self.total - self.samples.len() as u64
    }

    /// Computes all frames of the next window that are complete and not among its edges.
    fn compute_frames(&mut self) {
        let last = self.next / HOP as u64 + (FRAMES - EDGE) as u64;
        loop {
            let index = self.first_frame + self.frames.len() as u64;
            let end = index * HOP as u64 + (TRANSFORM / 2) as u64;
            if end > self.total || index >= last {
                return;
            }
            let end = (end - self.begin()) as usize;
            let mut bands = [0.0; MELS];
            let samples = &self.samples[end - TRANSFORM..end];
            self.front_end.frame(samples, &mut bands);
            self.frames.push_back(bands);
        }
    }

    /// Drops the frames that lie before the next window, its edge included.
    fn forget_frames(&mut self) {
        if !self.shares() {
            return;
        }
        let first = self.next / HOP as u64 + EDGE as u64;
        let gone = (first - self.first_frame).min(self.frames.len() as u64);
        self.frames.drain(..gone as usize);
        self.first_frame = first;
    }

    /// The spectrogram of the window that ends here.
    fn complete(&mut self) {
        let samples = &self.samples[self.samples.len() - self.length..];
        if !self.shares() {
            // The samples were checked when they came.
            let done = self
                .front_end
                .compute(samples, self.padding, &mut self.log_mel);
            debug_assert!(done.is_ok());
            return;
        }
        let frames = self.log_mel.frames_mut();
        for (index, bands) in frames.iter_mut().enumerate() {
            let shared = index.checked_sub(EDGE).and_then(|i| self.frames.get(i));
            match shared {
                Some(shared) => *bands = *shared,
                None => self.front_end.edge(samples, index, bands),
            }
        }
    }
}
