// SPDX-License-Identifier: MPL-2.0
//! What becomes of the transform's frames: bands, averages and features, per frame and per interval.
use super::analysis::Event;
use super::clock::Clock;
use super::feature_pad::Layout;
use super::front::{Bank, Front};
use super::kinds::{Averaging, Downmix, Scale};
use super::message::{Shape, Values};
use super::settings::Settings;
use auris_dsp::features::{Extractor, Output};
use auris_dsp::simd::Level;
use auris_dsp::spectrum::averaging::{self, Averager};
use auris_dsp::spectrum::scale;
use auris_dsp::spectrum::stft::Frame;
use std::sync::Arc;

/// What becomes of the transform's frames.
pub struct Frames {
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
    /// Frames of audio before the first that the transform has.
    origin: u64,
}

impl Frames {
    /// # Errors
    /// A sentence, if there is nothing of the kind.
    pub fn new(front: &Front, settings: &Settings) -> Result<Self, String> {
        let adds_powers = settings.downmix == Downmix::PowerSum && !settings.multi_channel;
        let transformed = front.stft.rows;
        let rows = if adds_powers { 1 } else { transformed };
        let (size, hop) = (front.stft.size, front.stft.hop);
        let rate = front.stft.rate;
        let (bank, frequencies) = front.bank(settings)?;
        let bands = frequencies.len();
        let extractor = match &front.features {
            Some(config) => {
                let mut config = config.clone();
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
        Ok(Frames {
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
            origin: 0,
        })
    }

    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// What a frame by itself is.
    pub fn layout(&self) -> &Arc<Layout> {
        &self.layout
    }

    /// Takes over what needs no other plan. What was not told before begins a new interval.
    pub fn set_live(&mut self, settings: &Settings) {
        self.floor = settings.threshold as f32;
        self.averager.set_floor(self.floor);
        let magnitude = settings.post_messages && settings.message_magnitude;
        let tells = std::mem::replace(&mut self.tells, settings.post_messages);
        let had_magnitude = std::mem::replace(&mut self.magnitude, magnitude);
        if self.tells && !tells {
            self.begin_interval();
        } else if magnitude && !had_magnitude {
            self.averager.reset();
        }
    }

    /// Whether somebody wants frames by themselves.
    pub fn set_sends(&mut self, sends: bool) {
        self.sends = sends;
    }

    /// Begins with the transform, which begins after so many frames of audio.
    pub fn begin(&mut self, origin: u64) {
        self.origin = origin;
        if let Some(extractor) = &mut self.extractor {
            extractor.reset();
        }
        self.clock.begin(0);
        self.begin_interval();
    }

    /// Forgets what was added up for results; frames by themselves go on.
    fn begin_interval(&mut self) {
        self.averager.reset();
        self.sums.fill(0.0);
        self.clock.begin(self.clock.frames());
    }

    /// Whether frames by themselves are those of `before`.
    pub fn sends_what(&self, before: &Frames) -> bool {
        let ours = self.extractor.as_ref().map(Extractor::config);
        let theirs = before.extractor.as_ref().map(Extractor::config);
        self.layout == before.layout && ours == theirs
    }

    /// Goes on where `before` stands, whose frames by themselves are these; with a new interval.
    pub fn take_over(&mut self, before: &mut Frames) {
        self.origin = before.origin;
        self.sends = before.sends;
        std::mem::swap(&mut self.layout, &mut before.layout);
        std::mem::swap(&mut self.extractor, &mut before.extractor);
        self.clock.begin(before.clock.frames());
        self.begin_interval();
    }

    /// Frames of audio before the first that the transform has.
    pub fn origin(&self) -> u64 {
        self.origin
    }

    /// The audio has ended, after so many frames of it since the transform began, and the transform
    /// is about to end: how many of its frames count.
    pub fn most(&self, length: u64) -> u64 {
        match self.drops_last {
            true => length / self.clock.hop.max(1),
            false => u64::MAX,
        }
    }

    /// Tells what was not told yet, which lasts no longer than the audio.
    pub fn finish(&mut self, length: u64, tell: &mut dyn FnMut(Event<'_>)) {
        if self.clock.fresh > 0 {
            self.tell(length, tell);
        }
    }

    /// Whether anybody is told what comes of the transform.
    pub fn is_wanted(&self) -> bool {
        self.sends || self.tells
    }

    /// Takes a frame; what is told is of audio before `end`.
    pub fn take(&mut self, frame: &Frame<'_>, end: u64, tell: &mut dyn FnMut(Event<'_>)) {
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
            let start = self.origin + frame.index.saturating_mul(self.clock.hop);
            tell(Event::Frame(start, values));
        }
        if self.clock.tick() {
            self.tell(end, tell);
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

    /// Tells a result, of audio before `end`.
    fn tell(&mut self, end: u64, tell: &mut dyn FnMut(Event<'_>)) {
        let bands = self.shape.bands;
        for row in 0..self.shape.rows {
            let out = &mut self.magnitudes[row * bands..(row + 1) * bands];
            self.averager.read(row, self.scale, out);
            self.averager.next_interval(row);
        }
        let share = 1.0 / self.clock.fresh.max(1) as f32;
        self.sums.iter_mut().for_each(|sum| *sum *= share);
        let mut span = self.clock.span();
        span.frames = span.frames.min(end.saturating_sub(span.start));
        span.start += self.origin;
        tell(Event::Result(span, self));
        self.sums.fill(0.0);
        self.clock.next();
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
