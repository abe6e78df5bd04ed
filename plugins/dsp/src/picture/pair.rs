// SPDX-License-Identifier: MPL-2.0
//! The sum of the powers of two channels, by one complex transform and without telling them apart.
//!
//! Of Z, the transform of left + i·right, |Z(k)|² + |Z(−k)|² is twice the sum of both powers at k. So
//! squares can be added up as they come, frame after frame, and be put in order once per column.
use crate::multiversion;
use crate::simd::Level;
use crate::spectrum::Error;
use crate::spectrum::intake::Rows;
use crate::spectrum::radix::{Input, Radix};
use rustfft::Fft;
use rustfft::num_complex::Complex;
use std::sync::Arc;

/// Cuts two channels into overlapping frames, frame i centred on sample i·hop, and transforms them.
pub(super) struct Pair {
    way: Way,
    level: Level,
    size: usize,
    hop: usize,
    /// Left and right; before the first sample are zeros.
    history: [Vec<f32>; 2],
    /// Where in them the next frame begins.
    start: usize,
    /// How much of them is filled.
    filled: usize,
    /// Frames whose samples are skipped before the next begins.
    skip: usize,
    /// Number of the next frame.
    index: u64,
    length: u64,
}

enum Way {
    /// A power of two, where that is quicker.
    Radix(Box<Radix<f32>>),
    Any {
        fft: Arc<dyn Fft<f32>>,
        scratch: Vec<Complex<f32>>,
        window: Vec<f32>,
        frame: Vec<Complex<f32>>,
    },
}

/// The transform of a frame.
#[derive(Clone, Copy)]
pub(super) enum Bins<'a> {
    /// Real parts, and imaginary ones.
    Parts(&'a [f32], &'a [f32]),
    /// Both in turn.
    Complex(&'a [Complex<f32>]),
}

impl Pair {
    /// For a window, which is as long as the transform.
    ///
    /// # Errors
    /// There is no window.
    pub fn new(window: &[f64], hop: usize) -> Result<Self, Error> {
        let size = window.len();
        if size == 0 || hop == 0 {
            return Err(Error::Setting("no window or no hop"));
        }
        let level = Level::best();
        Ok(Pair {
            way: Way::new(level, window)?,
            level,
            size,
            hop,
            // Several frames, so that what is left is seldom moved.
            history: [(); 2].map(|()| vec![0.0; 5 * size.max(4096)]),
            start: 0,
            filled: size / 2,
            skip: 0,
            index: 0,
            length: 0,
        })
    }

    /// Takes in samples. Calls `emit` with number and transform of each frame that is complete.
    pub fn push(&mut self, rows: Rows<'_>, emit: &mut dyn FnMut(u64, Bins<'_>)) {
        let (mut left, mut right) = (rows.row(0), rows.row(1));
        self.length += left.len() as u64;
        while !left.is_empty() {
            let here = self.room().min(left.len());
            let to = self.filled..self.filled + here;
            self.history[0][to.clone()].copy_from_slice(&left[..here]);
            self.history[1][to].copy_from_slice(&right[..here]);
            (left, right) = (&left[here..], &right[here..]);
            self.filled += here;
            self.drain(emit);
        }
    }

    /// Takes in silence.
    pub fn push_silence(&mut self, frames: u64, emit: &mut dyn FnMut(u64, Bins<'_>)) {
        self.length += frames;
        self.zeros(frames, emit);
    }

    /// The end: half a frame of zeros follows. Afterwards nothing must be pushed.
    pub fn finish(&mut self, emit: &mut dyn FnMut(u64, Bins<'_>)) {
        if self.length > 0 {
            self.zeros((self.size / 2) as u64, emit);
        }
    }

    fn zeros(&mut self, mut frames: u64, emit: &mut dyn FnMut(u64, Bins<'_>)) {
        while frames > 0 {
            let room = self.room();
            let here = usize::try_from(frames).map_or(room, |frames| frames.min(room));
            for history in &mut self.history {
                history[self.filled..self.filled + here].fill(0.0);
            }
            self.filled += here;
            frames -= here as u64;
            self.drain(emit);
        }
    }

    /// How many samples can come next: some, as what is left is shorter than a frame.
    fn room(&mut self) -> usize {
        if self.filled == self.history[0].len() {
            for history in &mut self.history {
                history.copy_within(self.start..self.filled, 0);
            }
            self.filled -= self.start;
            self.start = 0;
        }
        self.history[0].len() - self.filled
    }

    /// Transforms every frame that is there.
    fn drain(&mut self, emit: &mut dyn FnMut(u64, Bins<'_>)) {
        let skipped = self.skip.min(self.filled - self.start);
        self.start += skipped;
        self.skip -= skipped;
        while self.skip == 0 && self.start + self.size <= self.filled {
            let here = self.start..self.start + self.size;
            let [left, right] = self.history.each_ref().map(|row| &row[here.clone()]);
            emit(self.index, self.way.run(self.level, left, right));
            self.index += 1;
            let next = self.start + self.hop;
            self.skip = next.saturating_sub(self.filled);
            self.start = next.min(self.filled);
        }
    }
}

impl Way {
    fn new(level: Level, window: &[f64]) -> Result<Self, Error> {
        if level.is_avx512()
            && let Some(radix) = Radix::new(level, window.len(), window)?
        {
            return Ok(Way::Radix(radix));
        }
        let fft = auris_fft::forward_f32(window.len(), auris_fft::Instructions::Best);
        let zero = Complex::new(0.0, 0.0);
        Ok(Way::Any {
            scratch: vec![zero; fft.get_inplace_scratch_len()],
            fft,
            window: window.iter().map(|&w| w as f32).collect(),
            frame: vec![zero; window.len()],
        })
    }

    fn run(&mut self, level: Level, left: &[f32], right: &[f32]) -> Bins<'_> {
        match self {
            Way::Radix(radix) => {
                let [re, im] = radix.run(Input::Parts(left, right));
                Bins::Parts(re, im)
            }
            Way::Any {
                fft,
                scratch,
                window,
                frame,
            } => {
                multiply(level, left, right, window, frame);
                fft.process_with_scratch(frame, scratch);
                Bins::Complex(frame)
            }
        }
    }
}

multiversion! {
    fn multiply(left: &[f32], right: &[f32], weights: &[f32], out: &mut [Complex<f32>]) = multiply_body
}

#[inline(always)]
fn multiply_body(left: &[f32], right: &[f32], weights: &[f32], out: &mut [Complex<f32>]) {
    for (((out, left), right), weight) in out.iter_mut().zip(left).zip(right).zip(weights) {
        out.re = left * weight;
        out.im = right * weight;
    }
}

/// Adds the squared magnitudes of a transform to `sums`, of its length.
pub(super) fn add_squares(level: Level, sums: &mut [f32], bins: Bins<'_>) {
    match bins {
        Bins::Parts(re, im) => squares_of_parts(level, sums, re, im),
        Bins::Complex(bins) => squares(level, sums, bins),
    }
}

multiversion! {
    fn squares(sums: &mut [f32], bins: &[Complex<f32>]) = squares_body
}

#[inline(always)]
fn squares_body(sums: &mut [f32], bins: &[Complex<f32>]) {
    for (sum, bin) in sums.iter_mut().zip(bins) {
        *sum += bin.re * bin.re + bin.im * bin.im;
    }
}

multiversion! {
    fn squares_of_parts(sums: &mut [f32], re: &[f32], im: &[f32]) = squares_of_parts_body
}

#[inline(always)]
fn squares_of_parts_body(sums: &mut [f32], re: &[f32], im: &[f32]) {
    for ((sum, re), im) in sums.iter_mut().zip(re).zip(im) {
        *sum += re * re + im * im;
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
    use crate::spectrum::stft::{Config, Padding, Precision, Prepare, Stft};
    use crate::window::Window;

    /// Powers of both channels of every frame, by the transforms of each.
    fn reference(bytes: &[u8], window: &[f64], hop: usize, silence: u64) -> Vec<Vec<f32>> {
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
            precision: Precision::Single,
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
            let window = Window::Hann.periodic(size);
            let wanted = reference(&bytes, &window, hop, 5000);
            let mut pair = Pair::new(&window, hop).unwrap();
            let mut found: Vec<Vec<f32>> = Vec::new();
            let mut keep = |index: u64, bins: Bins<'_>| {
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
