// SPDX-License-Identifier: MPL-2.0
//! Audio of any length, cut into windows.
use super::{Bank, FRAMES, FrontEnd, HOP, LogMel, MELS, Padding, TRANSFORM, WINDOW, check_finite};
use crate::Error;
use std::collections::VecDeque;
use std::num::NonZeroUsize;

/// Frames at each end of a window that reach beyond it, and are not the same in its neighbours.
const EDGE: usize = (TRANSFORM / 2).div_ceil(HOP);

/// Cuts audio into windows of 10 s, a hop apart, and computes their spectrograms as it comes.
///
/// The first window begins with the audio, the last ends with it; between them they lie on a grid.
/// Audio that is shorter than a window makes one, padded. What comes out does not depend on how the
/// audio is cut into calls. Where the hop is a multiple of 10 ms, frames that neighbouring windows
/// have in common are computed once.
pub struct Windows {
    front_end: FrontEnd,
    hop: usize,
    padding: Padding,
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
    /// Windows for models with this filter bank, `hop` samples apart.
    pub fn new(bank: Bank, hop: NonZeroUsize, padding: Padding) -> Windows {
        Windows {
            front_end: FrontEnd::new(bank),
            hop: hop.get(),
            padding,
            samples: Vec::with_capacity(2 * WINDOW),
            total: 0,
            next: 0,
            frames: VecDeque::with_capacity(FRAMES),
            first_frame: EDGE as u64,
            log_mel: LogMel::new(),
        }
    }

    /// Takes in mono audio at 48 kHz. `each` gets each window that is complete with it, and the
    /// index of the window's first sample.
    ///
    /// # Errors
    /// [`Error::SampleNotFinite`]; then nothing was taken in.
    pub fn push(
        &mut self,
        samples: &[f32],
        mut each: impl FnMut(u64, &LogMel),
    ) -> Result<(), Error> {
        check_finite(samples, self.total)?;
        let mut samples = samples;
        while !samples.is_empty() {
            // No further than the next window's end, and than there is room.
            let wanted = self.next + WINDOW as u64 - self.total;
            let room = (2 * WINDOW - self.samples.len()) as u64;
            let now = samples.len().min(wanted.min(room) as usize);
            let (taken, later) = samples.split_at(now);
            self.samples.extend_from_slice(taken);
            self.total += now as u64;
            samples = later;
            if self.shares() {
                self.compute_frames();
            }
            if self.total == self.next + WINDOW as u64 {
                self.complete();
                each(self.next, &self.log_mel);
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
    pub fn finish(&mut self, mut each: impl FnMut(u64, &LogMel)) {
        let window = WINDOW as u64;
        if self.total > 0 && self.total < window {
            // The samples were checked when they came.
            let (padding, log_mel) = (self.padding, &mut self.log_mel);
            let done = self.front_end.compute(&self.samples, padding, log_mel);
            debug_assert!(done.is_ok());
            each(0, &self.log_mel);
        } else if self.total > window && self.total - window + self.hop as u64 != self.next {
            let last = &self.samples[self.samples.len() - WINDOW..];
            self.front_end.whole(last, &mut self.log_mel);
            each(self.total - window, &self.log_mel);
        }
        self.reset();
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
        self.hop.is_multiple_of(HOP)
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
        let first = self.next / HOP as u64 + EDGE as u64;
        let gone = (first - self.first_frame).min(self.frames.len() as u64);
        self.frames.drain(..gone as usize);
        self.first_frame = first;
    }

    /// The spectrogram of the window that ends here.
    fn complete(&mut self) {
        let samples = &self.samples[self.samples.len() - WINDOW..];
        if !self.shares() {
            self.front_end.whole(samples, &mut self.log_mel);
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
