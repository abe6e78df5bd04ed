// SPDX-License-Identifier: MPL-2.0
//! Every sample analysed: overlapping frames, bands, averages and features.
use super::front::{Bank, Front};
use super::kinds::{Averaging, Downmix, Scale};
use super::message::{Shape, Values};
use super::settings::Settings;
use super::stream::Span;
use auris_dsp::features::{Extractor, Output};
use auris_dsp::pcm::SampleFormat;
use auris_dsp::spectrum::averaging::{self, Averager};
use auris_dsp::spectrum::intake::Intake;
use auris_dsp::spectrum::scale;
use auris_dsp::spectrum::stft::{Frame, Stft};
use gst_audio::AudioInfo;
use std::sync::Arc;

/// Frames of audio that are converted at a time.
const PIECE: usize = 2048;

pub struct Analysis {
    intake: Intake,
    stft: Stft,
    frames: Frames,
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
    /// Frames of audio whose middle is less than a hop from the end make none.
    drops_last: bool,
}

/// When results are due.
struct Clock {
    rate: u64,
    hop: u64,
    /// In ns.
    interval: u64,
    /// Intervals that are over.
    over: u64,
    /// Frames that were told.
    told: u64,
    /// Frames since.
    fresh: u64,
}

impl Clock {
    /// Takes note of a frame; whether an interval ends with its hop.
    fn tick(&mut self) -> bool {
        self.fresh += 1;
        let frames = u128::from(self.told + self.fresh) * u128::from(self.hop);
        let now = frames * 1_000_000_000 / u128::from(self.rate.max(1));
        let over = (now / u128::from(self.interval.max(1))) as u64;
        std::mem::replace(&mut self.over, over) < over
    }

    /// What the frames since the last result cover.
    fn span(&self) -> Span {
        Span {
            start: self.told.saturating_mul(self.hop),
            frames: self.fresh.saturating_mul(self.hop),
        }
    }

    fn next(&mut self) {
        self.told += self.fresh;
        self.fresh = 0;
    }

    fn reset(&mut self) {
        (self.over, self.told, self.fresh) = (0, 0, 0);
    }
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
            magnitude: settings.message_magnitude,
            clock: Clock {
                rate: rate.into(),
                hop: hop as u64,
                interval: settings.interval,
                over: 0,
                told: 0,
                fresh: 0,
            },
            drops_last: front.drops_last,
        };
        let stft = Stft::new(front.stft).map_err(|error| error.to_string())?;
        Ok(Analysis {
            intake,
            stft,
            frames,
        })
    }

    pub fn shape(&self) -> &Shape {
        &self.frames.shape
    }

    /// Takes over what needs no other plan.
    pub fn set_live(&mut self, settings: &Settings) {
        self.frames.averager.set_floor(settings.threshold as f32);
        self.frames.magnitude = settings.message_magnitude;
    }

    pub fn reset(&mut self) {
        self.stft.reset();
        self.frames.reset();
    }

    /// Analyses interleaved samples.
    pub fn push(
        &mut self,
        mut bytes: &[u8],
        frame: usize,
        tell: &mut dyn FnMut(Span, &dyn Values),
    ) {
        while bytes.len() >= frame {
            let rows = self.intake.rows(bytes);
            bytes = &bytes[rows.frames() * frame..];
            let frames = &mut self.frames;
            self.stft
                .push_rows(rows, &mut |frame| frames.take(frame, tell));
        }
    }

    pub fn push_silence(&mut self, frames: u64, tell: &mut dyn FnMut(Span, &dyn Values)) {
        let rest = &mut self.frames;
        self.stft
            .push_silence(frames, &mut |frame| rest.take(frame, tell));
    }

    /// The stream has ended, after so many frames of audio: what is left is told.
    pub fn finish(&mut self, length: u64, tell: &mut dyn FnMut(Span, &dyn Values)) {
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

impl Frames {
    fn take(&mut self, frame: &Frame<'_>, tell: &mut dyn FnMut(Span, &dyn Values)) {
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
        if self.magnitude {
            match &self.bank {
                Bank::Bins(factors) => {
                    for ((out, power), factor) in self.banded.iter_mut().zip(power).zip(factors) {
                        *out = power * factor;
                    }
                }
                Bank::Filters(filters) => filters.apply(power, &mut self.banded),
            }
            self.averager.push(row, &self.banded);
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

    fn tell(&mut self, tell: &mut dyn FnMut(Span, &dyn Values)) {
        let bands = self.shape.bands;
        for row in 0..self.shape.rows {
            let out = &mut self.magnitudes[row * bands..(row + 1) * bands];
            self.averager.read(row, self.scale, out);
            self.averager.next_interval(row);
        }
        let share = 1.0 / self.clock.fresh.max(1) as f32;
        self.sums.iter_mut().for_each(|sum| *sum *= share);
        tell(self.clock.span(), self);
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
