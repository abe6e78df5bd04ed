// SPDX-License-Identifier: MPL-2.0
//! Whisper's input, half a minute at a time.
use super::{FeatureFrame, FrontEnd, Preset, WHISPER_RATE};
use crate::features::feature::{Feature, FeatureSet};
use crate::features::range::limit_range;
use crate::spectrum::intake::Rows;
use std::ops::Range;

/// Samples of a chunk: 30 s.
const SAMPLES: usize = 30 * WHISPER_RATE as usize;
/// Samples from one frame to the next.
const HOP: usize = 160;
/// Frames of a chunk.
const FRAMES: usize = SAMPLES / HOP;
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
    bands: usize,
}

impl Chunk<'_> {
    /// The 3000 frames of a row one after the other; the model wants them transposed.
    pub fn values(&self, row: usize) -> &[f32] {
        self.rows.get(row).map_or(&[], |row| &row.values)
    }

    /// How many of its frames are about samples that are no filling.
    pub fn audio_frames(&self) -> usize {
        self.samples.div_ceil(HOP)
    }

    /// Its frames one by one: the sample of the stream that each is about, counted from the first, and for each
    /// row the frame's values.
    pub fn frames(&self) -> impl Iterator<Item = (u64, impl Iterator<Item = &[f32]>)> {
        let begin = self.index * SAMPLES as u64;
        (0..FRAMES).map(move |frame| {
            let (first, last) = (frame * self.bands, (frame + 1) * self.bands);
            let rows = self.rows.iter();
            let rows = rows.map(move |row| row.values.get(first..last).unwrap_or_default());
            (begin + (frame * HOP) as u64, rows)
        })
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
        let samples = |row: usize, range| rows.get(row).and_then(|row| row.get(range));
        self.put(
            length,
            &|row, range| samples(row, range).unwrap_or_default(),
            emit,
        );
    }

    /// The same from an [`Intake`](crate::spectrum::intake::Intake).
    pub fn push_rows(&mut self, rows: Rows<'_>, emit: &mut dyn FnMut(&Chunk<'_>)) {
        let samples = |row, range| rows.row(row).get(range).unwrap_or_default();
        self.put(rows.frames(), &samples, emit);
    }

    /// The same as pushing zeros.
    pub fn push_silence(&mut self, mut frames: u64, emit: &mut dyn FnMut(&Chunk<'_>)) {
        while frames > 0 {
            let now = frames.min(ZEROS.len() as u64);
            self.put(now as usize, &|_, range| &ZEROS[range], emit);
            frames -= now;
        }
    }

    fn put<'r>(
        &mut self,
        length: usize,
        samples: &dyn Fn(usize, Range<usize>) -> &'r [f32],
        emit: &mut dyn FnMut(&Chunk<'_>),
    ) {
        let mut done = 0;
        while done < length {
            let now = (length - done).min(SAMPLES - self.filled);
            self.take(now, |row| samples(row, done..done + now));
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
            bands: self.bands,
        });
        self.rows.iter_mut().for_each(|row| row.values.clear());
        (self.filled, self.index) = (0, self.index + 1);
    }
}
