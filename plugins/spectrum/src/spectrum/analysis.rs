// SPDX-License-Identifier: MPL-2.0
//! Every sample analysed: overlapping frames, bands, averages and features.
use super::chunks::Chunks;
use super::feature_pad::Layout;
use super::frames::Frames;
use super::front::Front;
use super::kinds::{Downmix, Features, Preset};
use super::message::{Shape, Values};
use super::settings::Settings;
use super::stream::Span;
use auris_dsp::pcm::SampleFormat;
use auris_dsp::spectrum::intake::Intake;
use auris_dsp::spectrum::stft::Stft;
use gst_audio::AudioInfo;
use std::sync::Arc;

/// Frames of audio that are converted at a time.
const PIECE: usize = 2048;

/// What an analysis tells.
pub enum Event<'a> {
    /// A result.
    Result(Span, &'a dyn Values),
    /// A frame by itself, row after row, as [`Layout`] says, and the frame of audio that it begins with;
    /// or, where transforms are padded, that it is centred on.
    Frame(u64, &'a [f32]),
}

pub struct Analysis {
    intake: Intake,
    stft: Stft,
    frames: Frames,
    /// Where frames by themselves come from, if not from the transform.
    chunks: Option<Chunks>,
    /// Frames of audio so far.
    heard: u64,
    /// Whether the transform has had all of them since it began.
    is_awake: bool,
}

impl Analysis {
    /// # Errors
    /// A sentence, if there is no such analysis.
    pub fn new(
        format: SampleFormat,
        info: &AudioInfo,
        settings: &Settings,
    ) -> Result<Self, String> {
        let channels = info.channels() as usize;
        let front = Front::new(info, settings)?;
        let intake = Intake::new(format, channels, front.intake, PIECE);
        let intake = intake.map_err(|error| error.to_string())?;
        let frames = Frames::new(&front, settings)?;
        let chunks = match settings.whisper_chunks {
            true => Some(chunks(settings, front.stft.rows)?),
            false => None,
        };
        let stft = Stft::new(front.stft).map_err(|error| error.to_string())?;
        Ok(Analysis {
            intake,
            stft,
            frames,
            chunks,
            heard: 0,
            is_awake: false,
        })
    }

    pub fn shape(&self) -> &Shape {
        self.frames.shape()
    }

    /// Takes over what needs no other plan.
    pub fn set_live(&mut self, settings: &Settings) {
        self.frames.set_live(settings);
    }

    /// What a frame by itself is.
    pub fn layout(&self) -> &Arc<Layout> {
        self.frames.layout()
    }

    /// Whether somebody wants frames by themselves.
    pub fn set_sends(&mut self, sends: bool) {
        match &mut self.chunks {
            Some(chunks) => chunks.set_wanted(sends, self.heard),
            None => self.frames.set_sends(sends),
        }
    }

    /// Goes on where `before` stands, if of the same audio both make the same frames by themselves.
    /// Whether it does; if not, neither has changed.
    pub fn take_over(&mut self, before: &mut Analysis) -> bool {
        let alike = self.frames.sends_what(&before.frames)
            && self.chunks.is_some() == before.chunks.is_some();
        if !alike || !self.stft.take_over(&mut before.stft) {
            return false;
        }
        self.frames.take_over(&mut before.frames);
        std::mem::swap(&mut self.chunks, &mut before.chunks);
        (self.heard, self.is_awake) = (before.heard, before.is_awake);
        true
    }

    pub fn reset(&mut self) {
        if let Some(chunks) = &mut self.chunks {
            chunks.reset();
        }
        // The transform begins when it is wanted.
        (self.heard, self.is_awake) = (0, false);
    }

    /// Analyses interleaved samples. What nobody is told is not looked at.
    pub fn push(&mut self, mut bytes: &[u8], frame: usize, tell: &mut dyn FnMut(Event<'_>)) {
        self.wake();
        let count = bytes.len() / frame;
        let chunks_wanted = self.chunks.as_ref().is_some_and(Chunks::is_wanted);
        while bytes.len() >= frame && (self.is_awake || chunks_wanted) {
            let rows = self.intake.rows(bytes);
            bytes = &bytes[rows.frames() * frame..];
            if let Some(chunks) = &mut self.chunks {
                chunks.push(rows, tell);
            }
            let frames = &mut self.frames;
            if self.is_awake {
                self.stft
                    .push_rows(rows, &mut |frame| frames.take(frame, u64::MAX, tell));
            }
        }
        self.heard += count as u64;
    }

    pub fn push_silence(&mut self, count: u64, tell: &mut dyn FnMut(Event<'_>)) {
        self.wake();
        if let Some(chunks) = &mut self.chunks {
            chunks.push_silence(count, tell);
        }
        let frames = &mut self.frames;
        if self.is_awake {
            self.stft
                .push_silence(count, &mut |frame| frames.take(frame, u64::MAX, tell));
        }
        self.heard += count;
    }

    /// Begins with the transform where somebody wants it who did not before: it has not had what came
    /// meanwhile.
    fn wake(&mut self) {
        let was_awake = std::mem::replace(&mut self.is_awake, self.frames.is_wanted());
        if self.is_awake && !was_awake {
            self.stft.reset();
            self.frames.begin(self.heard);
        }
    }

    /// Another analysis follows, to which no frame of this one matters: those that wait for a chunk
    /// to be complete are told.
    pub fn interrupt(&mut self, tell: &mut dyn FnMut(Event<'_>)) {
        if let Some(chunks) = &mut self.chunks {
            chunks.interrupt(tell);
        }
    }

    /// The stream has ended: what is left is told.
    pub fn finish(&mut self, tell: &mut dyn FnMut(Event<'_>)) {
        if let Some(chunks) = &mut self.chunks {
            chunks.finish(tell);
        }
        if self.is_awake {
            let frames = &mut self.frames;
            let length = self.heard - frames.origin();
            let most = frames.most(length);
            self.stft.finish(&mut |frame| {
                if frame.index < most {
                    frames.take(frame, length, tell);
                }
            });
            frames.finish(length, tell);
        }
        self.reset();
    }

    pub fn non_finite(&self) -> u64 {
        self.intake.non_finite()
    }
}

/// Whisper's chunks for so many rows.
fn chunks(settings: &Settings, rows: usize) -> Result<Chunks, String> {
    if settings.preset != Preset::Whisper || settings.features != Features::MEL {
        return Err(String::from(
            "'whisper-chunks' are of preset=whisper and features=mel; set both, and no other feature",
        ));
    }
    if settings.downmix == Downmix::PowerSum && !settings.multi_channel {
        return Err(String::from(
            "'whisper-chunks' of a sum of powers are not to be had; choose another 'downmix'",
        ));
    }
    Chunks::new(rows)
}
