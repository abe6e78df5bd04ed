// SPDX-License-Identifier: MPL-2.0
//! From a log-mel spectrogram to the patches of the image that the model looks at.
//!
//! Time is stretched from 1001 frames to 1024 and cut into four parts, which lie below each other in
//! the image: a row of it is a mel band of a part, a column a moment.
use super::shape::{GRID, PATCH};
use crate::front::{FRAMES, LogMel, MELS};

/// Frames after stretching.
const STRETCHED: usize = 1024;
/// Columns of the image.
const COLUMNS: usize = GRID * PATCH;

/// Four neighbouring frames and their weights.
struct Tap {
    frames: [usize; 4],
    weights: [f32; 4],
}

pub(super) struct Image {
    gain: [f32; MELS],
    offset: [f32; MELS],
    taps: Vec<Tap>,
}

impl Image {
    /// `gain` and `offset` of each band come first.
    pub fn new(gain: &[f32], offset: &[f32]) -> Image {
        let mut image = Image {
            gain: [1.0; MELS],
            offset: [0.0; MELS],
            taps: (0..STRETCHED).map(tap).collect(),
        };
        let bands = image.gain.iter_mut().zip(&mut image.offset);
        for ((to_gain, to_offset), (gain, offset)) in bands.zip(gain.iter().zip(offset)) {
            (*to_gain, *to_offset) = (*gain, *offset);
        }
        image
    }

    /// Writes patches of 4 × `wide` pixels, row by row, one behind the other; those that do not fit
    /// the image at its right end are left out. Patches have `4 · wide` numbers.
    pub fn patches(&self, log_mel: &LogMel, wide: usize, patches: &mut [f32]) {
        let frames = log_mel.frames();
        let across = COLUMNS / wide;
        for (moment, tap) in self.taps.iter().enumerate() {
            let (part, column) = (moment / COLUMNS, moment % COLUMNS);
            if column >= across * wide {
                continue;
            }
            let bands = self.stretch(frames, tap);
            for (group, bands) in bands.as_chunks::<PATCH>().0.iter().enumerate() {
                let patch = (part * MELS / PATCH + group) * across + column / wide;
                let patch = &mut patches[patch * PATCH * wide..][..PATCH * wide];
                for (down, band) in bands.iter().enumerate() {
                    patch[down * wide + column % wide] = *band;
                }
            }
        }
    }

    fn stretch(&self, frames: &[[f32; MELS]; FRAMES], tap: &Tap) -> [f32; MELS] {
        let mut bands = [0.0; MELS];
        for (frame, weight) in tap.frames.iter().zip(tap.weights) {
            let frame = &frames[*frame];
            for (i, band) in bands.iter_mut().enumerate() {
                *band += weight * (frame[i] * self.gain[i] + self.offset[i]);
            }
        }
        bands
    }
}

/// Cubic convolution with a = −0.75, the first and the last frame staying where they are.
///
/// R. Keys, Cubic Convolution Interpolation for Digital Image Processing, 1981, equation 4. In f32,
/// for so does torch, whose embeddings are to be met.
fn tap(moment: usize) -> Tap {
    const A: f32 = -0.75;
    let place = (FRAMES - 1) as f32 / (STRETCHED - 1) as f32 * moment as f32;
    let frame = place.floor();
    let t = place - frame;
    let near = |x: f32| ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0;
    let far = |x: f32| ((A * x - 5.0 * A) * x + 8.0 * A) * x - 4.0 * A;
    let last = FRAMES - 1;
    Tap {
        frames: std::array::from_fn(|i| (frame as usize + i).saturating_sub(1).min(last)),
        weights: [far(t + 1.0), near(t), near(1.0 - t), far(2.0 - t)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretching_keeps_constants_lines_and_ends() {
        for moment in 0..STRETCHED {
            let tap = tap(moment);
            let sum: f32 = tap.weights.iter().sum();
            assert!((sum - 1.0).abs() < 1e-6, "{moment}");
            let place = moment as f64 * 1000.0 / 1023.0;
            if (1.0..999.0).contains(&place) {
                // A line is met to within what a = −0.75 makes of it.
                let terms = tap.frames.iter().zip(tap.weights);
                let met: f64 = terms.map(|(&f, w)| f as f64 * f64::from(w)).sum();
                assert!((met - place).abs() < 0.06, "{moment}: {met} for {place}");
            }
        }
        assert_eq!(tap(0).weights[1], 1.0);
        let end = tap(STRETCHED - 1);
        let terms = end.frames.iter().zip(end.weights);
        let met: f32 = terms.map(|(&f, w)| f as f32 * w).sum();
        assert!((met - 1000.0).abs() < 1e-3);
    }

    #[test]
    fn patches_hold_the_pixels_that_they_should() {
        let mut log_mel = LogMel::new();
        for (frame, bands) in log_mel.frames_mut().iter_mut().enumerate() {
            for (band, to) in bands.iter_mut().enumerate() {
                *to = (frame * 3 + band * 7919 % 101) as f32;
            }
        }
        let image = Image::new(&[0.5; MELS], &[-3.0; MELS]);
        for wide in [PATCH, 3 * PATCH] {
            let across = COLUMNS / wide;
            let mut patches = vec![f32::NAN; GRID * across * PATCH * wide];
            image.patches(&log_mel, wide, &mut patches);
            for (y, x) in (0..256).flat_map(|y| (0..across * wide).map(move |x| (y, x))) {
                let (part, band) = (y / MELS, y % MELS);
                let tap = tap(part * 256 + x);
                let terms = tap.frames.iter().zip(tap.weights);
                let pixel: f32 = terms
                    .map(|(&f, w)| w * (log_mel.frames()[f][band] * 0.5 - 3.0))
                    .sum();
                let patch = (y / PATCH) * across + x / wide;
                let found = patches[patch * PATCH * wide + y % PATCH * wide + x % wide];
                assert!((found - pixel).abs() < 1e-3, "{y} {x}: {found} {pixel}");
            }
        }
    }
}
