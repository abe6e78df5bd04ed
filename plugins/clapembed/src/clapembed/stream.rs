// SPDX-License-Identifier: MPL-2.0
//! One stream: from samples to windows.
use super::load::Loaded;
use super::message::{Reason, Timings};
use super::output::{Final, Halt, Output, Sink};
use super::settings::Settings;
use super::times::{Follows, Run, Segment};
use auris_clap::{Cut, Mixer, RATE, Resampler, WINDOW, Windows, through_int16};
use auris_support::clip::{duration_of, frame_at};
use auris_support::layout;
use auris_support::planes::Planes;
use gst_audio::{AudioInfo, AudioLayout};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Frames that are worked on at once, and for no longer than a quarter of a second: a flush need not
/// wait for a long buffer.
const BLOCK: u64 = 16_384;

/// Windows are at least that far apart: 10 ms.
const LEAST_HOP: NonZeroUsize = match NonZeroUsize::new(auris_clap::HOP) {
    Some(hop) => hop,
    None => NonZeroUsize::MIN,
};

/// What is embedded.
pub enum Audio<'a> {
    Samples(&'a Planes<'a>),
    /// That many frames of value 0.
    Silence(u64),
}

impl Audio<'_> {
    pub fn frames(&self) -> u64 {
        match self {
            Audio::Samples(planes) => planes.frames(),
            Audio::Silence(frames) => *frames,
        }
    }
}

/// A stream that is under way.
pub struct Analysis {
    rate: u32,
    mixer: Mixer,
    /// A block, mixed down.
    mono: Vec<f32>,
    resampler: Resampler,
    cutter: Cutter,
    output: Output,
    run: Option<Run>,
    /// Frames so far.
    frames: u64,
    resample: Duration,
    warned: bool,
}

/// Audio at the model's rate, on its way to windows.
struct Cutter {
    windows: Windows,
    /// What goes through 16 bits, if anything does.
    quantized: Option<Vec<f32>>,
    mel: Duration,
}

impl Analysis {
    /// Embeddings of audio as `info` describes it.
    pub fn new(
        info: &AudioInfo,
        loaded: &Arc<Loaded>,
        settings: Settings,
    ) -> Result<Self, gst::ErrorMessage> {
        let format = layout::sample_format(info.format()).ok_or_else(|| {
            gst::error_msg!(
                gst::StreamError::Format,
                (
                    "Sample format {} cannot be embedded: convert the audio first",
                    info.format()
                )
            )
        })?;
        let resampler = Resampler::new(info.rate())
            .map_err(|error| gst::error_msg!(gst::StreamError::Format, ("{error}")))?;
        let planar = info.layout() == AudioLayout::NonInterleaved;
        let samples = |ns: u64| {
            let samples = frame_at(gst::ClockTime::from_nseconds(ns), RATE as u32);
            let samples = usize::try_from(samples).unwrap_or(usize::MAX);
            NonZeroUsize::new(samples).unwrap_or(NonZeroUsize::MIN)
        };
        let window = samples(settings.window);
        let cut = Cut {
            window: window.min(NonZeroUsize::new(WINDOW).unwrap_or(window)),
            hop: match settings.hop {
                0 => window,
                hop => samples(hop).max(LEAST_HOP),
            },
            padding: settings.pad_mode.into(),
            tail: settings.tail.into(),
        };
        Ok(Analysis {
            rate: info.rate(),
            mixer: Mixer::new(format, info.channels() as usize, planar),
            mono: Vec::with_capacity(BLOCK as usize),
            resampler,
            cutter: Cutter {
                windows: Windows::new(loaded.engine.bank(), cut),
                quantized: settings.quantize_input.then(Vec::new),
                mel: Duration::ZERO,
            },
            output: Output::new(loaded.clone(), settings),
            run: None,
            frames: 0,
            resample: Duration::ZERO,
            warned: false,
        })
    }

    /// Takes over what may be changed while a stream is under way.
    pub fn update(&mut self, settings: &Settings) {
        let now = &mut self.output.settings;
        *now = Settings {
            window: now.window,
            hop: now.hop,
            pad_mode: now.pad_mode,
            tail: now.tail,
            quantize_input: now.quantize_input,
            aggregate: now.aggregate,
            precision: now.precision,
            ..*settings
        };
    }

    /// Takes in the frames `from..to` of `audio`, the first of which is at `pts`.
    pub fn push(
        &mut self,
        audio: &Audio<'_>,
        (from, to): (u64, u64),
        pts: Option<gst::ClockTime>,
        segment: Option<&Segment>,
        sink: &mut dyn Sink,
    ) -> Result<(), Halt> {
        self.output.ready(sink)?;
        let follows = self.run.as_ref().map(|run| run.follows(pts, segment));
        match follows {
            Some(Follows::At) => {}
            Some(Follows::After(hole)) => {
                let frames = frame_at(hole, self.rate);
                self.blocks(&Audio::Silence(frames), 0, frames, sink)?;
            }
            Some(Follows::Not) | None => {
                self.end_run(sink)?;
                self.run = Some(Run::new(segment.cloned(), self.rate));
            }
        }
        if let Some(run) = &mut self.run {
            // Before its windows come: they may begin with it.
            run.note(pts);
        }
        self.blocks(audio, from, to, sink)
    }

    fn blocks(
        &mut self,
        audio: &Audio<'_>,
        from: u64,
        to: u64,
        sink: &mut dyn Sink,
    ) -> Result<(), Halt> {
        let block = BLOCK.min(u64::from(self.rate / 4).max(1));
        let mut at = from;
        while at < to {
            let end = to.min(at + block);
            self.block(audio, at, end, sink)?;
            at = end;
        }
        Ok(())
    }

    fn block(
        &mut self,
        audio: &Audio<'_>,
        from: u64,
        to: u64,
        sink: &mut dyn Sink,
    ) -> Result<(), Halt> {
        let begin = Instant::now();
        self.mono.clear();
        match audio {
            Audio::Samples(planes) => {
                let part = planes.range(from, to);
                self.mixer.mix(part.as_slices(), &mut self.mono);
            }
            Audio::Silence(_) => self.mono.resize((to - from) as usize, 0.0),
        }
        self.frames += to - from;
        let Some(run) = &mut self.run else {
            return Ok(());
        };
        run.extend(to - from);
        let (cutter, output) = (&mut self.cutter, &mut self.output);
        let (mut halt, mut inside) = (Ok(()), Duration::ZERO);
        self.resampler.push(&self.mono, |samples| {
            let began = Instant::now();
            if halt.is_ok() {
                halt = cutter.push(samples, output, run, sink);
            }
            inside += began.elapsed();
        });
        self.resample += begin.elapsed().saturating_sub(inside);
        halt
    }

    /// Ends the present run: what is left of it is a window.
    fn end_run(&mut self, sink: &mut dyn Sink) -> Result<(), Halt> {
        let Some(mut run) = self.run.take() else {
            return Ok(());
        };
        let (cutter, output) = (&mut self.cutter, &mut self.output);
        let mut halt = Ok(());
        self.resampler.finish(|samples| {
            if halt.is_ok() {
                halt = cutter.push(samples, output, &mut run, sink);
            }
        });
        halt?;
        self.cutter.finish(&mut self.output, &mut run, sink)
    }

    /// True once, when a sample that is no number was seen.
    pub fn must_warn(&mut self) -> bool {
        let odd = !self.warned && self.non_finite() > 0;
        self.warned |= odd;
        odd
    }

    fn non_finite(&self) -> u64 {
        self.mixer.non_finite()
    }

    /// Waits for all windows, the last one included.
    pub fn drain(&mut self, sink: &mut dyn Sink) -> Result<(), Halt> {
        self.end_run(sink)?;
        self.output.drain(sink)
    }

    /// The result of all that has come back.
    pub fn finish(self, reason: Reason, upstream: Option<&gst::TagList>) -> Final {
        let timings = Timings {
            resample: self.resample,
            mel: self.cutter.mel,
            inference: Duration::ZERO,
        };
        let non_finite = self.non_finite();
        let duration = duration_of(self.frames, self.rate);
        self.output
            .finish(reason, duration, non_finite, timings, upstream)
    }
}

impl Cutter {
    fn push(
        &mut self,
        samples: &[f32],
        output: &mut Output,
        run: &mut Run,
        sink: &mut dyn Sink,
    ) -> Result<(), Halt> {
        let begin = Instant::now();
        let (mut halt, mut inside) = (Ok(()), Duration::ZERO);
        let samples = match &mut self.quantized {
            None => samples,
            Some(quantized) => {
                quantized.clear();
                quantized.extend_from_slice(samples);
                through_int16(quantized);
                &quantized[..]
            }
        };
        let done = self.windows.push(samples, |piece| {
            let began = Instant::now();
            if halt.is_ok() {
                halt = output.window(&piece, run, sink);
            }
            inside += began.elapsed();
        });
        // What is not finite was taken out before.
        debug_assert!(done.is_ok());
        self.mel += begin.elapsed().saturating_sub(inside);
        halt
    }

    fn finish(
        &mut self,
        output: &mut Output,
        run: &mut Run,
        sink: &mut dyn Sink,
    ) -> Result<(), Halt> {
        let begin = Instant::now();
        let (mut halt, mut inside) = (Ok(()), Duration::ZERO);
        self.windows.finish(|piece| {
            let began = Instant::now();
            halt = output.window(&piece, run, sink);
            inside += began.elapsed();
        });
        self.mel += begin.elapsed().saturating_sub(inside);
        halt
    }
}
