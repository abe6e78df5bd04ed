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
    /// Frames of audio before what the chunks began with.
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
                begun: 0,
                values: Vec::with_capacity(rows * BANDS),
            },
        })
    }

    /// Whether somebody wants frames.
    pub fn is_wanted(&self) -> bool {
        self.is_wanted
    }

    /// Whether somebody wants frames, after so many frames of audio; what is heard while nobody does
    /// is in none.
    pub fn set_wanted(&mut self, is_wanted: bool, heard: u64) {
        if is_wanted && !self.is_wanted {
            self.place.begun = heard;
        } else if !is_wanted && self.is_wanted {
            self.whisper.reset();
        }
        self.is_wanted = is_wanted;
    }

    pub fn push(&mut self, rows: Rows<'_>, tell: &mut dyn FnMut(Event<'_>)) {
        self.work(|whisper, place| {
            whisper.push_rows(rows, &mut |chunk| place.tell(chunk, false, tell));
        });
    }

    pub fn push_silence(&mut self, frames: u64, tell: &mut dyn FnMut(Event<'_>)) {
        self.work(|whisper, place| {
            whisper.push_silence(frames, &mut |chunk| place.tell(chunk, false, tell));
        });
    }

    /// The stream has ended: its last chunk is filled up with silence.
    pub fn finish(&mut self, tell: &mut dyn FnMut(Event<'_>)) {
        self.work(|whisper, place| {
            whisper.finish(&mut |chunk| place.tell(chunk, false, tell));
        });
        self.reset();
    }

    /// Something else follows: of the last chunk, what audio there is.
    pub fn interrupt(&mut self, tell: &mut dyn FnMut(Event<'_>)) {
        self.work(|whisper, place| {
            whisper.finish(&mut |chunk| place.tell(chunk, true, tell));
        });
        self.reset();
    }

    pub fn reset(&mut self) {
        self.whisper.reset();
        self.place.begun = 0;
    }

    fn work(&mut self, work: impl FnOnce(&mut WhisperChunks, &mut Place)) {
        if self.is_wanted {
            work(&mut self.whisper, &mut self.place);
        }
    }
}

impl Place {
    /// Tells the frames of a chunk; all of them, or only those of audio.
    fn tell(&mut self, chunk: &Chunk<'_>, only_audio: bool, tell: &mut dyn FnMut(Event<'_>)) {
        let most = match only_audio {
            true => chunk.audio_frames(),
            false => usize::MAX,
        };
        for (start, rows) in chunk.frames().take(most) {
            self.values.clear();
            rows.for_each(|row| self.values.extend_from_slice(row));
            tell(Event::Frame(self.begun + start, &self.values));
        }
    }
}
