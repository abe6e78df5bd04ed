// SPDX-License-Identifier: MPL-2.0
//! The sum of the powers of two channels, by one complex transform and without telling them apart.
//!
//! Of Z, the transform of left + i·right, |Z(k)|² + |Z(−k)|² is twice the sum of both powers at k. So
//! squares can be added up as they come, frame after frame, and be put in order once per column.
use crate::multiversion;
use crate::simd::Level;
use crate::spectrum::Error;
use crate::spectrum::intake::Rows;
use rustfft::Fft;
use rustfft::num_complex::Complex;
use std::sync::Arc;

/// Cuts two channels into overlapping frames, frame i centred on sample i·hop, and transforms them.
pub(super) struct Pair {
    fft: Arc<dyn Fft<f32>>,
    scratch: Vec<Complex<f32>>,
    level: Level,
    size: usize,
    hop: usize,
    window: Vec<f32>,
    /// Left and right in turn; before the first sample are zeros.
    history: Vec<[f32; 2]>,
    /// Where in it the next frame begins.
    start: usize,
    /// How much of it is filled.
    filled: usize,
    /// Frames whose samples are skipped before the next begins.
    skip: usize,
    frame: Vec<Complex<f32>>,
    /// Number of the next frame.
    index: u64,
    length: u64,
}

impl Pair {
    /// For a window, which is as long as the transform.
    ///
    /// # Errors
    /// There is no window.
    pub fn new(window: &[f32], hop: usize) -> Result<Self, Error> {
        let size = window.len();
        if size == 0 || hop == 0 {
            return Err(Error::Setting("no window or no hop"));
        }
        let fft = auris_fft::forward_f32(size, auris_fft::Instructions::Best);
        let zero = Complex::new(0.0, 0.0);
        Ok(Pair {
            scratch: vec![zero; fft.get_inplace_scratch_len()],
            fft,
            level: Level::best(),
            size,
            hop,
            window: window.to_vec(),
            // Several frames, so that what is left is seldom moved.
            history: vec![[0.0; 2]; 5 * size.max(4096)],
            start: 0,
            filled: size / 2,
            skip: 0,
            frame: vec![zero; size],
            index: 0,
            length: 0,
        })
    }

    /// Takes in samples. Calls `emit` with number and transform of each frame that is complete.
    pub fn push(&mut self, rows: Rows<'_>, emit: &mut dyn FnMut(u64, &[Complex<f32>])) {
        let (mut left, mut right) = (rows.row(0), rows.row(1));
        self.length += left.len() as u64;
        while !left.is_empty() {
            let to = self.room();
            let here = to.len().min(left.len());
            for ((pair, left), right) in to.iter_mut().zip(left).zip(right) {
                *pair = [*left, *right];
            }
            (left, right) = (&left[here..], &right[here..]);
            self.filled += here;
            self.drain(emit);
        }
    }

    /// Takes in silence.
    pub fn push_silence(&mut self, frames: u64, emit: &mut dyn FnMut(u64, &[Complex<f32>])) {
        self.length += frames;
        self.zeros(frames, emit);
    }

    /// The end: half a frame of zeros follows. Afterwards nothing must be pushed.
    pub fn finish(&mut self, emit: &mut dyn FnMut(u64, &[Complex<f32>])) {
        if self.length > 0 {
            self.zeros((self.size / 2) as u64, emit);
        }
    }

    fn zeros(&mut self, mut frames: u64, emit: &mut dyn FnMut(u64, &[Complex<f32>])) {
        while frames > 0 {
            let to = self.room();
            let here = usize::try_from(frames).map_or(to.len(), |frames| frames.min(to.len()));
            to[..here].fill([0.0; 2]);
            self.filled += here;
            frames -= here as u64;
            self.drain(emit);
        }
    }

    /// Where the next samples go: there is some room, as what is left is shorter than a frame.
    fn room(&mut self) -> &mut [[f32; 2]] {
        if self.filled == self.history.len() {
            self.history.copy_within(self.start..self.filled, 0);
            self.filled -= self.start;
            self.start = 0;
        }
        &mut self.history[self.filled..]
    }

    /// Transforms every frame that is there.
    fn drain(&mut self, emit: &mut dyn FnMut(u64, &[Complex<f32>])) {
        let skipped = self.skip.min(self.filled - self.start);
        self.start += skipped;
        self.skip -= skipped;
        while self.skip == 0 && self.start + self.size <= self.filled {
            let samples = &self.history[self.start..self.start + self.size];
            multiply::<()>(self.level, samples, &self.window, &mut self.frame);
            self.fft
                .process_with_scratch(&mut self.frame, &mut self.scratch);
            emit(self.index, &self.frame);
            self.index += 1;
            let next = self.start + self.hop;
            self.skip = next.saturating_sub(self.filled);
            self.start = next.min(self.filled);
        }
    }
}

trait Anything {}
impl Anything for () {}

multiversion! {
    fn multiply<T: Anything>(samples: &[[f32; 2]], weights: &[f32], out: &mut [Complex<f32>]) = multiply_body
}

#[inline(always)]
fn multiply_body(samples: &[[f32; 2]], weights: &[f32], out: &mut [Complex<f32>]) {
    for ((out, sample), weight) in out.iter_mut().zip(samples).zip(weights) {
        out.re = sample[0] * weight;
        out.im = sample[1] * weight;
    }
}

/// Adds the squared magnitudes of a transform to `sums`, of its length.
pub(super) fn add_squares(level: Level, sums: &mut [f32], bins: &[Complex<f32>]) {
    squares::<()>(level, sums, bins);
}

multiversion! {
    fn squares<T: Anything>(sums: &mut [f32], bins: &[Complex<f32>]) = squares_body
}

#[inline(always)]
fn squares_body(sums: &mut [f32], bins: &[Complex<f32>]) {
    for (sum, bin) in sums.iter_mut().zip(bins) {
        *sum += bin.re * bin.re + bin.im * bin.im;
    }
}

/// The powers of both channels together, of bins 0 to half the length, from sums of squares.
pub(super) fn powers(sums: &[f32], power: &mut [f32]) {
    for (k, power) in power.iter_mut().enumerate() {
        let mirrored = (sums.len() - k) % sums.len();
        *power = 0.5 * (sums[k] + sums[mirrored]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pcm::SampleFormat;
    use crate::spectrum::intake::{Downmix, Intake};
    use crate::spectrum::stft::{Config, Padding, Prepare, Stft};
    use crate::window::Window;

    /// Powers of both channels of every frame, by the transforms of each.
    fn reference(bytes: &[u8], window: &[f32], hop: usize, silence: u64) -> Vec<Vec<f32>> {
        let mut stft = Stft::new(Config {
            rate: 48_000,
            rows: 2,
            size: window.len(),
            frame: window.len(),
            window: window.to_vec(),
            hop,
            padding: Padding::Zero,
            prepare: Prepare::Nothing,
            whole_only: false,
            phase: false,
        })
        .unwrap();
        let mut frames = Vec::new();
        let mut keep = |frame: &crate::spectrum::stft::Frame<'_>| {
            let both = frame.power(0).iter().zip(frame.power(1));
            frames.push(both.map(|(left, right)| left + right).collect());
        };
        let mut intake = Intake::new(SampleFormat::F32, 2, Downmix::Channels, 1 << 20).unwrap();
        stft.push_rows(intake.rows(bytes), &mut keep);
        stft.push_silence(silence, &mut keep);
        stft.finish(&mut keep);
        frames
    }

    #[test]
    fn the_sum_is_that_of_both_channels_however_it_is_cut() {
        let samples: Vec<f32> = (0..30_000)
            .map(|n| (n as f32 * 0.137).sin() * 0.4 + (n as f32 * 1.9).cos() * 0.1)
            .collect();
        let bytes: Vec<u8> = samples.iter().flat_map(|x| x.to_ne_bytes()).collect();
        for (size, hop, step) in [
            (512, 256, 999),
            (512, 100, 4096),
            (100, 37, 1),
            (64, 64, 7),
            (15, 40, 64),
        ] {
            let window: Vec<f32> = Window::Hann
                .periodic(size)
                .iter()
                .map(|w| *w as f32)
                .collect();
            let wanted = reference(&bytes, &window, hop, 5000);
            let mut pair = Pair::new(&window, hop).unwrap();
            let mut found: Vec<Vec<f32>> = Vec::new();
            let mut keep = |index: u64, bins: &[Complex<f32>]| {
                assert_eq!(index as usize, found.len());
                let mut sums = vec![0.0; size];
                add_squares(Level::best(), &mut sums, bins);
                let mut power = vec![0.0; size / 2 + 1];
                powers(&sums, &mut power);
                found.push(power);
            };
            let mut intake = Intake::new(SampleFormat::F32, 2, Downmix::Channels, step).unwrap();
            for part in bytes.chunks(8 * step) {
                pair.push(intake.rows(part), &mut keep);
            }
            pair.push_silence(5000, &mut keep);
            pair.finish(&mut keep);
            assert_eq!(found.len(), wanted.len(), "{size} {hop}");
            for (index, (found, wanted)) in found.iter().zip(&wanted).enumerate() {
                let most = wanted.iter().copied().fold(1e-9, f32::max);
                for (a, b) in found.iter().zip(wanted) {
                    assert!((a - b).abs() < 2e-5 * most, "{size} {hop} {index}: {a} {b}");
                }
            }
        }
    }
}
