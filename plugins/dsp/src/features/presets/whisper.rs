// SPDX-License-Identifier: MPL-2.0
//! Whisper's input, half a minute at a time.
use super::{FeatureFrame, FrontEnd, Preset, WHISPER_RATE};
use crate::features::feature::{Feature, FeatureSet};
use crate::features::range::limit_range;

/// Samples of a chunk: 30 s.
const SAMPLES: usize = 30 * WHISPER_RATE as usize;
/// Frames of a chunk.
const FRAMES: usize = SAMPLES / 160;
/// How far below the largest value of a chunk the least is: 8 before the division by 4.
const RANGE: f32 = 2.0;
/// Zeros that fill up the last chunk, so many at a time.
static ZEROS: [f32; 4096] = [0.0; 4096];

/// Cuts rows of samples at 16 kHz into chunks of 30 s, the last filled up with zeros, and gives of
/// each what `WhisperFeatureExtractor` gives for it: a chunk knows nothing of its neighbours, and its
/// values are at least its maximum less 2.
pub struct WhisperChunks {
    rows: Vec<Row>,
    bands: usize,
    /// Samples of the present chunk.
    filled: usize,
    index: u64,
}

struct Row {
    front_end: FrontEnd,
    /// The frames so far, one after the other.
    values: Vec<f32>,
}

/// 30 s of log-mel spectra.
pub struct Chunk<'a> {
    /// Its number, from 0.
    pub index: u64,
    /// Its samples that are no filling.
    pub samples: usize,
    rows: &'a [Row],
}

impl Chunk<'_> {
    /// The 3000 frames of a row one after the other; the model wants them transposed.
    pub fn values(&self, row: usize) -> &[f32] {
        self.rows.get(row).map_or(&[], |row| &row.values)
    }
}

impl WhisperChunks {
    /// For `rows` channels in `bands` mel bands: 80, or 128 for large-v3.
    ///
    /// # Errors
    /// A sentence, if so many bands cannot be.
    pub fn new(rows: usize, bands: usize) -> Result<Self, String> {
        let features = FeatureSet::NONE.with(Feature::Mel);
        let row = || {
            let mut plan = Preset::Whisper.plan(WHISPER_RATE, 1, features)?;
            plan.features.mel.bands = bands;
            Ok(Row {
                front_end: FrontEnd::new(plan)?,
                values: Vec::with_capacity(FRAMES * bands),
            })
        };
        Ok(WhisperChunks {
            rows: (0..rows).map(|_| row()).collect::<Result<_, String>>()?,
            bands,
            filled: 0,
            index: 0,
        })
    }

    /// Takes in rows of samples, equally long, and calls `emit` for each chunk that is complete.
    pub fn push(&mut self, rows: &[&[f32]], emit: &mut dyn FnMut(&Chunk<'_>)) {
        let length = rows.iter().map(|row| row.len()).min().unwrap_or(0);
        let mut done = 0;
        while done < length {
            let now = (length - done).min(SAMPLES - self.filled);
            self.take(now, |row| {
                let samples = rows.get(row).and_then(|row| row.get(done..done + now));
                samples.unwrap_or_default()
            });
            done += now;
            if self.filled == SAMPLES {
                self.give(SAMPLES, emit);
            }
        }
    }

    /// Ends the stream: the last chunk, if there are samples that no chunk had. What comes next
    /// begins another.
    pub fn finish(&mut self, emit: &mut dyn FnMut(&Chunk<'_>)) {
        let samples = self.filled;
        if samples > 0 {
            while self.filled < SAMPLES {
                let now = ZEROS.len().min(SAMPLES - self.filled);
                self.take(now, |_| &ZEROS[..now]);
            }
            self.give(samples, emit);
        }
        self.reset();
    }

    /// Forgets everything.
    pub fn reset(&mut self) {
        for row in &mut self.rows {
            row.front_end.reset();
            row.values.clear();
        }
        (self.filled, self.index) = (0, 0);
    }

    fn take<'r>(&mut self, count: usize, samples: impl Fn(usize) -> &'r [f32]) {
        for (index, Row { front_end, values }) in self.rows.iter_mut().enumerate() {
            let mut keep = |frame: &FeatureFrame<'_>| values.extend_from_slice(frame.values(0));
            front_end.push(&[samples(index)], &mut keep);
        }
        self.filled += count;
    }

    /// Ends the chunk, which is full.
    fn give(&mut self, samples: usize, emit: &mut dyn FnMut(&Chunk<'_>)) {
        for Row { front_end, values } in &mut self.rows {
            front_end.finish(&mut |frame| values.extend_from_slice(frame.values(0)));
            limit_range(values, self.bands, 0..self.bands, RANGE);
        }
        emit(&Chunk {
            index: self.index,
            samples,
            rows: &self.rows,
        });
        self.rows.iter_mut().for_each(|row| row.values.clear());
        (self.filled, self.index) = (0, self.index + 1);
    }
}
