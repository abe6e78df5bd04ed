// SPDX-License-Identifier: MPL-2.0
//! What a curve does to a sine of any frequency.
use super::band::{Band, Curve, Graphic, Layout, StereoMode};
use super::design;
use super::section::Quadratic;
use rustfft::num_complex::Complex;
use search::Search;
use std::f64::consts::TAU;
use std::ops::Range;
use view::View;

pub(super) use search::Headroom;

mod search;
mod view;

/// The response of one channel to its own input, at one frequency.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Output over input.
    pub magnitude: f64,
    /// Radians, −π…π, of minimum-phase processing. Point-wise gains are left out of it.
    pub phase: f64,
}

/// What the outputs left and right (rows) get from the inputs left and right (columns).
pub type Matrix<T> = [[T; 2]; 2];

/// Bounds in dB of gains that are no filters, and of what headroom takes away.
const LIMIT: f64 = 400.0;

/// A curve at a rate, made ready to be looked at; up to 64 channels.
///
/// Frequencies are in Hz; one below 0 is taken for 0, one above half the rate for that. Everything
/// but [`Response::maximum`] has the preamp in it that is in force, see [`Response::preamp`].
#[derive(Debug, Clone, Default)]
pub struct Response {
    rate: f64,
    preamp: f64,
    /// Gain of each channel before anything else but the preamp.
    gains: Vec<f64>,
    factors: Vec<Factor>,
    steps: Vec<Step>,
    graphics: Vec<(Graphic, u64)>,
    pair: Option<(usize, usize)>,
    /// Whether something works on mid or side.
    coupled: bool,
}

/// One section.
#[derive(Debug, Clone)]
struct Factor {
    numerator: Quadratic,
    denominator: Quadratic,
}

/// One band.
#[derive(Debug, Clone)]
struct Step {
    factors: Range<usize>,
    reach: Reach,
}

/// What a band works on.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Reach {
    /// A bit for each channel.
    Channels(u64),
    Mid,
    Side,
}

/// A gain in dB as a factor; 1 if it is no number.
fn amplitude(decibels: f64) -> f64 {
    if decibels.is_nan() {
        return 1.0;
    }
    10f64.powf(decibels.clamp(-LIMIT, LIMIT) / 20.0)
}

/// The bit of a channel.
fn bit(channel: usize) -> u64 {
    1u64.checked_shl(channel as u32).unwrap_or(0)
}

/// Bits of the channels that `mask` means.
fn channels(mask: u64, layout: &Layout) -> u64 {
    let chosen = layout.bits.iter().enumerate();
    chosen
        .filter(|(_, bits)| *bits & mask != 0)
        .fold(0, |set, (channel, _)| set | bit(channel))
}

impl Reach {
    fn new(band: &Band, layout: &Layout) -> Self {
        let masked = channels(band.channels, layout);
        let (left, right) = layout.pair.map_or((0, 0), |(l, r)| (bit(l), bit(r)));
        let pair = left | right;
        match band.stereo_mode {
            StereoMode::Stereo => Reach::Channels(masked),
            StereoMode::Left => Reach::Channels(masked & left),
            StereoMode::Right => Reach::Channels(masked & right),
            StereoMode::Mid if pair != 0 && masked & pair == pair => Reach::Mid,
            StereoMode::Side if pair != 0 && masked & pair == pair => Reach::Side,
            StereoMode::Mid | StereoMode::Side => Reach::Channels(0),
        }
    }

    /// Whether it is `channel`, and that alone.
    fn includes(&self, channel: usize) -> bool {
        matches!(self, Reach::Channels(set) if set & bit(channel) != 0)
    }
}

impl Response {
    /// The response of `curve` to audio of `layout` at `rate` Hz.
    pub fn new(curve: &Curve, layout: &Layout, rate: f64) -> Self {
        let mut response = Response::default();
        response.assign(curve, layout, rate, &mut Search::default());
        response
    }

    /// Becomes that response, in the memory that it and `search` have.
    fn assign(&mut self, curve: &Curve, layout: &Layout, rate: f64, search: &mut Search) {
        let gain = |bits: &u64| {
            let chosen = curve.gains.iter().filter(|(mask, _)| mask & bits != 0);
            amplitude(chosen.map(|(_, gain)| gain).sum())
        };
        self.rate = rate;
        self.preamp = if curve.preamp.is_nan() {
            0.0
        } else {
            curve.preamp
        };
        self.gains.clear();
        self.gains.extend(layout.bits.iter().map(gain));
        self.pair = layout.pair;
        self.coupled = false;
        self.factors.clear();
        self.steps.clear();
        for band in &curve.bands {
            let reach = Reach::new(band, layout);
            let first = self.factors.len();
            for section in design::sections(band, rate, curve.design).as_slice() {
                if !section.is_identity() {
                    let (numerator, denominator) = section.split();
                    self.factors.push(Factor {
                        numerator,
                        denominator,
                    });
                }
            }
            let factors = first..self.factors.len();
            self.coupled |= !factors.is_empty() && matches!(reach, Reach::Mid | Reach::Side);
            self.steps.push(Step { factors, reach });
        }
        self.graphics.truncate(curve.graphics.len());
        for (i, graphic) in curve.graphics.iter().enumerate() {
            let reach = channels(graphic.channels, layout);
            match self.graphics.get_mut(i) {
                Some(here) if here.0 == *graphic => here.1 = reach,
                Some(here) => *here = (graphic.clone(), reach),
                None => self.graphics.push((graphic.clone(), reach)),
            }
        }
        if curve.auto_headroom {
            let overshoot = self.overshoot(search);
            self.preamp = self.preamp.min(-overshoot).max(-LIMIT);
        }
    }

    /// The preamp in force, in dB: that of the curve or, with `auto_headroom`, as much less that
    /// no sine of at most full scale in each channel leaves any channel above full scale,
    /// whatever the phase is between channels, in minimum and in linear phase.
    pub fn preamp(&self) -> f64 {
        self.preamp
    }

    /// Whether a channel of the pair gets something from the other.
    pub fn is_coupled(&self) -> bool {
        self.coupled
    }

    /// The steady-state response of `channel` at `frequency`. Bands on mid or side count as they
    /// act on a signal that is in this channel alone.
    pub fn at(&self, channel: usize, frequency: f64) -> Point {
        let view = self.view(frequency);
        let transfer = match self.pair {
            Some((left, _)) if self.coupled && channel == left => view.pair()[0][0],
            Some((_, right)) if self.coupled && channel == right => view.pair()[1][1],
            _ => view.channel(channel),
        };
        Point {
            magnitude: transfer.norm() * amplitude(self.preamp),
            phase: transfer.arg(),
        }
    }

    /// What the left and right channel of the pair make of each other at `frequency`; the identity
    /// times the preamp if there is no pair.
    pub fn pair_at(&self, frequency: f64) -> Matrix<Complex<f64>> {
        let preamp = amplitude(self.preamp);
        self.view(frequency)
            .pair()
            .map(|row| row.map(|h| h * preamp))
    }

    /// The same, each band replaced by its magnitude: what linear phase makes of the pair.
    pub fn pair_magnitudes_at(&self, frequency: f64) -> Matrix<f64> {
        let preamp = amplitude(self.preamp);
        self.view(frequency)
            .pair_magnitudes()
            .map(|row| row.map(|h| h * preamp))
    }

    /// Steps and point-wise gains that `channel` takes part in.
    fn touched(&self, channel: usize) -> impl Iterator<Item = bool> + '_ {
        let steps = self.steps.iter();
        let steps = steps.map(move |step| step.reach.includes(channel));
        let graphics = self
            .graphics
            .iter()
            .map(move |(_, reach)| reach & bit(channel) != 0);
        steps.chain(graphics)
    }

    fn view(&self, frequency: f64) -> View<'_> {
        let part = frequency / self.rate;
        let part = if part > 0.0 { part.min(0.5) } else { 0.0 };
        View::new(self, TAU * part)
    }
}

#[cfg(test)]
mod tests;
