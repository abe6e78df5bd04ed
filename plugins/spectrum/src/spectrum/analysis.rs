// SPDX-License-Identifier: MPL-2.0
//! Every sample analysed: overlapping frames, bands, averages and features.
use super::chunks::Chunks;
use super::clock::Clock;
use super::feature_pad::Layout;
use super::front::{Bank, Front};
use super::kinds::{Averaging, Downmix, Features, Preset, Scale};
use super::message::{Shape, Values};
use super::settings::Settings;
use super::stream::Span;
use auris_dsp::features::{Extractor, Output};
use auris_dsp::pcm::SampleFormat;
use auris_dsp::simd::Level;
use auris_dsp::spectrum::averaging::{self, Averager};
use auris_dsp::spectrum::intake::Intake;
use auris_dsp::spectrum::scale;
use auris_dsp::spectrum::stft::{Frame, Stft};
use gst_audio::AudioInfo;
use std::sync::Arc;

/// Frames of audio that are converted at a time.
const PIECE: usize = 2048;

/// What an analysis tells.
pub enum Event<'a> {
    /// A result.
    Result(Span, &'a dyn Values),
    /// A frame by itself, which begins with this sample: row after row, as [`Layout`] says.
    Frame(i64, &'a [f32]),
}

pub struct Analysis {
    intake: Intake,
    stft: Stft,
    frames: Frames,
    /// Where frames by themselves come from, if not from the transform.
    chunks: Option<Chunks>,
}

/// What becomes of the transform's frames.
struct Frames {
    shape: Shape,
    frequencies: Vec<f32>,
    /// Rows of the transform.
    rows: usize,
    /// They are added up to one.
    adds_powers: bool,
    added: Vec<f32>,
    bank: Bank,
    banded: Vec<f32>,
    averager: Averager,
    scale: scale::Scale,
    extractor: Option<Extractor>,
    features: Vec<f32>,
    /// Features of the interval, added up, then their means.
    sums: Vec<f32>,
    magnitudes: Vec<f32>,
    phases: Vec<f32>,
    /// Whether magnitudes are told.
    magnitude: bool,
    clock: Clock,
    /// What a frame by itself is.
    layout: Arc<Layout>,
    /// Whether somebody wants them,
    sends: bool,
    /// or results.
    tells: bool,
    /// Magnitudes of a frame, if these are what it is.
    sent: Vec<f32>,
    floor: f32,
    /// Frames of audio whose middle is less than a hop from the end make none.
    drops_last: bool,
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
        let adds_powers = settings.downmix == Downmix::PowerSum && !settings.multi_channel;
        let transformed = front.stft.rows;
        let rows = if adds_powers { 1 } else { transformed };
        let (size, hop) = (front.stft.size, front.stft.hop);
        let rate = info.rate();
        let (bank, frequencies) = front.bank(settings)?;
        let bands = frequencies.len();
        let extractor = match front.features {
            Some(mut config) => {
                config.rows = rows;
                Some(Extractor::new(config)?)
            }
            None => None,
        };
        let outputs: Arc<[Output]> = extractor.as_ref().map_or(&[][..], |e| e.outputs()).into();
        let length = extractor.as_ref().map_or(0, Extractor::length);
        let seconds = hop as f64 / f64::from(rate);
        let averaging = match settings.averaging {
            Averaging::Decibels => averaging::Averaging::Decibel,
            Averaging::Power => averaging::Averaging::Power,
            Averaging::Exponential => averaging::Averaging::Exponential {
                time_constant: settings.time_constant as f64 * 1e-9,
            },
            Averaging::PeakHold => averaging::Averaging::PeakHold {
                decay: settings.decay,
            },
        };
        let floor = settings.threshold as f32;
        let names: Vec<&str> = outputs.iter().map(|output| output.feature.name()).collect();
        let (kind, values) = match length {
            0 => (String::from("magnitude"), bands),
            _ => (names.join("+"), length),
        };
        let layout = Arc::new(Layout {
            kind,
            rate,
            hop,
            bands: values,
            channels: rows,
        });
        let frames = Frames {
            shape: Shape {
                multi_channel: settings.multi_channel || rows > 1,
                has_phase: front.stft.phase,
                outputs,
                ..Shape::new(rows, bands, rate)
            },
            frequencies,
            rows: transformed,
            adds_powers,
            added: vec![0.0; if adds_powers { size / 2 + 1 } else { 0 }],
            bank,
            banded: vec![0.0; bands],
            averager: Averager::new(averaging, rows, bands, seconds, floor),
            scale: match settings.scale {
                Scale::Classic | Scale::Dbfs => scale::Scale::Decibel,
                Scale::Power => scale::Scale::Power,
                Scale::Amplitude => scale::Scale::Amplitude,
            },
            features: vec![0.0; rows * length],
            sums: vec![0.0; rows * length],
            extractor,
            magnitudes: vec![0.0; rows * bands],
            phases: vec![0.0; if front.stft.phase { rows * bands } else { 0 }],
            magnitude: settings.post_messages && settings.message_magnitude,
            clock: Clock::new(rate, hop, settings.interval),
            layout,
            sends: false,
            tells: settings.post_messages,
            sent: vec![0.0; if length == 0 { rows * bands } else { 0 }],
            floor,
            drops_last: front.drops_last,
        };
        let chunks = match settings.whisper_chunks {
            true => Some(chunks(settings, transformed)?),
            false => None,
        };
        let stft = Stft::new(front.stft).map_err(|error| error.to_string())?;
        Ok(Analysis {
            intake,
            stft,
            frames,
            chunks,
        })
    }

    pub fn shape(&self) -> &Shape {
        &self.frames.shape
    }

    /// Takes over what needs no other plan.
    pub fn set_live(&mut self, settings: &Settings) {
        self.frames.floor = settings.threshold as f32;
        self.frames.averager.set_floor(self.frames.floor);
        self.frames.tells = settings.post_messages;
        self.frames.magnitude = settings.post_messages && settings.message_magnitude;
    }

    /// What a frame by itself is.
    pub fn layout(&self) -> &Arc<Layout> {
        &self.frames.layout
    }

    /// Whether somebody wants frames by themselves.
    pub fn set_sends(&mut self, sends: bool) {
        match &mut self.chunks {
            Some(chunks) => chunks.set_wanted(sends),
            None => self.frames.sends = sends,
        }
    }

    pub fn reset(&mut self) {
        self.stft.reset();
        self.frames.reset();
        if let Some(chunks) = &mut self.chunks {
            chunks.reset();
        }
    }

    /// Analyses interleaved samples.
    pub fn push(&mut self, mut bytes: &[u8], frame: usize, tell: &mut dyn FnMut(Event<'_>)) {
        while bytes.len() >= frame {
            let rows = self.intake.rows(bytes);
            bytes = &bytes[rows.frames() * frame..];
            if let Some(chunks) = &mut self.chunks {
                chunks.push(rows, tell);
            }
            let frames = &mut self.frames;
            if frames.is_wanted() {
                self.stft
                    .push_rows(rows, &mut |frame| frames.take(frame, tell));
            }
        }
    }

    pub fn push_silence(&mut self, frames: u64, tell: &mut dyn FnMut(Event<'_>)) {
        if let Some(chunks) = &mut self.chunks {
            chunks.push_silence(frames, tell);
        }
        let rest = &mut self.frames;
        if rest.is_wanted() {
            self.stft
                .push_silence(frames, &mut |frame| rest.take(frame, tell));
        }
    }

    /// The stream has ended, after so many frames of audio: what is left is told.
    pub fn finish(&mut self, length: u64, tell: &mut dyn FnMut(Event<'_>)) {
        if let Some(chunks) = &mut self.chunks {
            chunks.finish(tell);
        }
        let frames = &mut self.frames;
        let most = match frames.drops_last {
            true => length / frames.clock.hop.max(1),
            false => u64::MAX,
        };
        self.stft.finish(&mut |frame| {
            if frame.index < most {
                frames.take(frame, tell);
            }
        });
        if frames.clock.fresh > 0 {
            frames.tell(tell);
        }
        frames.reset();
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

impl Frames {
    /// Whether anybody is told what comes of the transform.
    fn is_wanted(&self) -> bool {
        self.sends || self.tells
    }

    fn take(&mut self, frame: &Frame<'_>, tell: &mut dyn FnMut(Event<'_>)) {
        if self.adds_powers {
            self.add_powers(frame);
            let added = std::mem::take(&mut self.added);
            self.analyse(0, &added, 0.0);
            self.added = added;
        } else {
            let asked = self.extractor.as_ref().is_some_and(|e| e.config().energy);
            for row in 0..self.shape.rows {
                let energy = if asked { frame.energy(row) } else { 0.0 };
                self.analyse(row, frame.power(row), energy);
            }
        }
        for row in 0..self.phases.len() / self.shape.bands.max(1) {
            let bands = row * self.shape.bands..(row + 1) * self.shape.bands;
            let phase = frame.phase(row);
            if phase.len() == self.shape.bands {
                self.phases[bands].copy_from_slice(phase);
            }
        }
        if self.sends {
            let values = match self.sent.is_empty() {
                true => &self.features,
                false => &self.sent,
            };
            tell(Event::Frame(frame.start, values));
        }
        if self.clock.tick() {
            self.tell(tell);
        }
    }

    /// The mean of the powers of all channels, in which nothing cancels out.
    fn add_powers(&mut self, frame: &Frame<'_>) {
        let share = 1.0 / self.rows.max(1) as f32;
        self.added.fill(0.0);
        for row in 0..self.rows {
            for (sum, power) in self.added.iter_mut().zip(frame.power(row)) {
                *sum += power * share;
            }
        }
    }

    fn analyse(&mut self, row: usize, power: &[f32], energy: f32) {
        let sends = self.sends && !self.sent.is_empty();
        if self.magnitude || sends {
            match &self.bank {
                Bank::Bins(factors) => {
                    for ((out, power), factor) in self.banded.iter_mut().zip(power).zip(factors) {
                        *out = power * factor;
                    }
                }
                Bank::Filters(filters) => filters.apply(power, &mut self.banded),
            }
        }
        if self.magnitude {
            self.averager.push(row, &self.banded);
        }
        if sends {
            let bands = row * self.shape.bands..(row + 1) * self.shape.bands;
            let out = &mut self.sent[bands];
            self.scale
                .convert(Level::best(), &self.banded, self.floor, out);
        }
        if let Some(extractor) = &mut self.extractor {
            let length = extractor.length();
            let values = row * length..(row + 1) * length;
            let features = &mut self.features[values.clone()];
            extractor.extract(row, power, energy, features);
            for (sum, value) in self.sums[values].iter_mut().zip(features) {
                *sum += *value;
            }
        }
    }

    fn tell(&mut self, tell: &mut dyn FnMut(Event<'_>)) {
        let bands = self.shape.bands;
        for row in 0..self.shape.rows {
            let out = &mut self.magnitudes[row * bands..(row + 1) * bands];
            self.averager.read(row, self.scale, out);
            self.averager.next_interval(row);
        }
        let share = 1.0 / self.clock.fresh.max(1) as f32;
        self.sums.iter_mut().for_each(|sum| *sum *= share);
        tell(Event::Result(self.clock.span(), self));
        self.sums.fill(0.0);
        self.clock.next();
    }

    fn reset(&mut self) {
        self.averager.reset();
        if let Some(extractor) = &mut self.extractor {
            extractor.reset();
        }
        self.sums.fill(0.0);
        self.clock.reset();
    }
}

impl Values for Frames {
    fn magnitude(&self, row: usize) -> &[f32] {
        let bands = row * self.shape.bands..(row + 1) * self.shape.bands;
        self.magnitudes.get(bands).unwrap_or_default()
    }

    fn phase(&self, row: usize) -> &[f32] {
        let bands = row * self.shape.bands..(row + 1) * self.shape.bands;
        self.phases.get(bands).unwrap_or_default()
    }

    fn frequencies(&self) -> Vec<f32> {
        self.frequencies.clone()
    }

    fn features(&self, row: usize) -> &[f32] {
        let length = self.sums.len() / self.shape.rows.max(1);
        let values = row * length..(row + 1) * length;
        self.sums.get(values).unwrap_or_default()
    }
}
