// SPDX-License-Identifier: MPL-2.0
//! Frames that are clamped as Whisper's are, which takes the loudest of 30 s: they come late.
use super::analysis::Event;
use auris_dsp::features::presets::{Chunk, WhisperChunks};
use auris_dsp::spectrum::intake::Rows;

/// Mel bands of a frame.
const BANDS: usize = 80;

/// What is on its way to become a chunk.
pub struct Chunks {
    whisper: WhisperChunks,
    /// Whether somebody wants frames.
    is_wanted: bool,
    place: Place,
}

struct Place {
    /// Frames of audio so far.
    heard: u64,
    /// How many of them lie before what the chunks began with.
    begun: u64,
    /// A frame's values, row after row.
    values: Vec<f32>,
}

impl Chunks {
    /// # Errors
    /// A sentence, if there is not enough memory.
    pub fn new(rows: usize) -> Result<Self, String> {
        Ok(Chunks {
            whisper: WhisperChunks::new(rows, BANDS)?,
            is_wanted: false,
            place: Place {
                heard: 0,
                begun: 0,
                values: Vec::with_capacity(rows * BANDS),
            },
        })
    }

    /// Whether somebody wants frames; what is heard while nobody does is in none.
    pub fn set_wanted(&mut self, is_wanted: bool) {
        if is_wanted && !self.is_wanted {
            self.place.begun = self.place.heard;
        } else if !is_wanted && self.is_wanted {
            self.whisper.reset();
        }
        self.is_wanted = is_wanted;
    }

    pub fn push(&mut self, rows: Rows<'_>, tell: &mut dyn FnMut(Event<'_>)) {
        self.hear(rows.frames() as u64, tell, |whisper, emit| {
            whisper.push_rows(rows, emit)
        });
    }

    pub fn push_silence(&mut self, frames: u64, tell: &mut dyn FnMut(Event<'_>)) {
        self.hear(frames, tell, |whisper, emit| {
            whisper.push_silence(frames, emit)
        });
    }

    /// The stream has ended: its last chunk is filled up with silence.
    pub fn finish(&mut self, tell: &mut dyn FnMut(Event<'_>)) {
        self.hear(0, tell, WhisperChunks::finish);
        self.reset();
    }

    pub fn reset(&mut self) {
        self.whisper.reset();
        (self.place.heard, self.place.begun) = (0, 0);
    }

    fn hear(
        &mut self,
        frames: u64,
        tell: &mut dyn FnMut(Event<'_>),
        work: impl FnOnce(&mut WhisperChunks, &mut dyn FnMut(&Chunk<'_>)),
    ) {
        let place = &mut self.place;
        if self.is_wanted {
            work(&mut self.whisper, &mut |chunk| place.tell(chunk, tell));
        }
        place.heard += frames;
    }
}

impl Place {
    fn tell(&mut self, chunk: &Chunk<'_>, tell: &mut dyn FnMut(Event<'_>)) {
        for (start, rows) in chunk.frames() {
            self.values.clear();
            rows.for_each(|row| self.values.extend_from_slice(row));
            tell(Event::Frame((self.begun + start) as i64, &self.values));
        }
    }
}
