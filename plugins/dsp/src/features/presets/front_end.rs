// SPDX-License-Identifier: MPL-2.0
//! From samples to features.
use super::Plan;
use crate::features::extractor::{Extractor, Output};
use crate::spectrum::stft::{Frame, Stft};

/// Takes rows of samples and gives features, frame by frame. Nothing is allocated after
/// [`FrontEnd::new`].
pub struct FrontEnd {
    stft: Stft,
    rest: Rest,
}

/// All but the transform, which lends its frames.
struct Rest {
    extractor: Extractor,
    rows: usize,
    /// Of all rows.
    values: Vec<f32>,
    /// Samples pushed.
    samples: u64,
    hop: u64,
    drops_last: bool,
}

/// The features of a frame.
pub struct FeatureFrame<'a> {
    /// Its number, from 0.
    pub index: u64,
    /// The sample it begins with; negative in the padding.
    pub start: i64,
    /// Whether the stream ended within it and nothing but zeros followed.
    pub partial: bool,
    values: &'a [f32],
    length: usize,
}

impl FeatureFrame<'_> {
    /// The values of a row; [`FrontEnd::outputs`] says where which feature is.
    pub fn values(&self, row: usize) -> &[f32] {
        let begin = row.saturating_mul(self.length);
        let end = begin.saturating_add(self.length);
        self.values.get(begin..end).unwrap_or_default()
    }
}

impl FrontEnd {
    /// A front end.
    ///
    /// # Errors
    /// A sentence that says what of `plan` cannot be.
    pub fn new(plan: Plan) -> Result<Self, String> {
        let (rows, hop) = (plan.stft.rows, plan.stft.hop as u64);
        if (plan.features.rows, plan.features.size) != (rows, plan.stft.size) {
            return Err(String::from(
                "spectra and features of different sizes, or numbers of rows",
            ));
        }
        // First what says so where there is not enough memory.
        let stft = Stft::new(plan.stft).map_err(|error| error.to_string())?;
        let extractor = Extractor::new(plan.features)?;
        Ok(FrontEnd {
            stft,
            rest: Rest {
                values: vec![0.0; rows * extractor.length()],
                extractor,
                rows,
                samples: 0,
                hop,
                drops_last: plan.drops_last,
            },
        })
    }

    /// The features in the order of a frame's values.
    pub fn outputs(&self) -> &[Output] {
        self.rest.extractor.outputs()
    }

    /// Values of a frame per row.
    pub fn length(&self) -> usize {
        self.rest.extractor.length()
    }

    /// The extractor in it.
    pub fn extractor(&self) -> &Extractor {
        &self.rest.extractor
    }

    /// Samples in a row so far.
    pub fn samples(&self) -> u64 {
        self.rest.samples
    }

    /// Takes in rows of samples, equally long, and calls `emit` for each frame that is complete.
    pub fn push(&mut self, rows: &[&[f32]], emit: &mut dyn FnMut(&FeatureFrame<'_>)) {
        let rest = &mut self.rest;
        rest.samples += rows.iter().map(|row| row.len()).min().unwrap_or(0) as u64;
        self.stft.push(rows, &mut |frame| rest.give(frame, emit));
    }

    /// Ends the stream; what comes next begins another.
    pub fn finish(&mut self, emit: &mut dyn FnMut(&FeatureFrame<'_>)) {
        let rest = &mut self.rest;
        let frames = match rest.drops_last {
            true => rest.samples / rest.hop,
            false => u64::MAX,
        };
        self.stft.finish(&mut |frame| {
            if frame.index < frames {
                rest.give(frame, emit);
            }
        });
        self.reset();
    }

    /// Forgets everything.
    pub fn reset(&mut self) {
        self.stft.reset();
        self.rest.extractor.reset();
        self.rest.samples = 0;
    }
}

impl Rest {
    fn give(&mut self, frame: &Frame<'_>, emit: &mut dyn FnMut(&FeatureFrame<'_>)) {
        let length = self.extractor.length();
        for row in 0..self.rows {
            let energy = match self.extractor.config().energy {
                true => frame.energy(row),
                false => 0.0,
            };
            let values = &mut self.values[row * length..(row + 1) * length];
            self.extractor
                .extract(row, frame.power(row), energy, values);
        }
        emit(&FeatureFrame {
            index: frame.index,
            start: frame.start,
            partial: frame.partial,
            values: &self.values,
            length,
        });
    }
}
