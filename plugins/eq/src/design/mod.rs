// SPDX-License-Identifier: MPL-2.0
//! From a band to the sections that make it.
//!
//! Numbers are taken to the nearest that makes sense: frequencies to 5·10⁻⁷…0.499995 times the
//! rate, gains to ±120 dB, Q to 0.001–10 000, orders to 1–16. A band of which a number that counts
//! is none is off.
use super::band::{Alignment, Band, Design, Kind, Width};
use super::section::{Quadratic, Section};
use pass::Stage;
use std::f64::consts::PI;
use width::Damping;

mod bilinear;
mod matched;
mod pass;
mod width;

/// Sections that one band takes at most: a low or high pass of 96 dB per octave.
pub const MAX_SECTIONS: usize = 8;

/// The sections of one band: as many as its kind, order and alignment take, whatever freq, gain
/// and width are, so that these can change without a change of structure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sections {
    sections: [Section; MAX_SECTIONS],
    len: usize,
}

impl Sections {
    /// The sections, in the order in which they are applied.
    pub fn as_slice(&self) -> &[Section] {
        &self.sections[..self.len]
    }
}

/// How many sections `band` takes: one per two orders of a low or high pass, begun ones counted;
/// one for any other kind.
pub fn count(band: &Band) -> usize {
    match band.kind {
        Kind::LowPass | Kind::HighPass => pass::count(band),
        _ => 1,
    }
}

/// Designs `band` for a rate of `rate` Hz. Every section is stable, whatever the numbers are, and
/// its coefficients follow freq, gain and width without a jump. A band that is off, or has a gain
/// of 0 dB, gives identities; they keep the poles that it would have, so that coefficients that go
/// in straight lines from one to the other fade from one to the other.
pub fn sections(band: &Band, rate: f64, design: Design) -> Sections {
    let mut sections = Sections {
        sections: [Section::IDENTITY; MAX_SECTIONS],
        len: count(band),
    };
    if let Some(tuned) = Tuned::new(band, rate, design) {
        for (i, section) in sections.sections[..sections.len].iter_mut().enumerate() {
            *section = tuned.section(i);
        }
    }
    sections
}

/// A band at a rate.
struct Tuned<'a> {
    band: &'a Band,
    design: Design,
    /// Frequency in radians per sample.
    w: f64,
    /// Fourth root of the gain in power: the Cookbook's A.
    a: f64,
    damping: Damping,
    flat: bool,
}

impl<'a> Tuned<'a> {
    fn new(band: &'a Band, rate: f64, design: Design) -> Option<Self> {
        let shelf = matches!(band.kind, Kind::LowShelf | Kind::HighShelf | Kind::Tilt);
        let has_gain = shelf || band.kind == Kind::Peak;
        let pass = matches!(band.kind, Kind::LowPass | Kind::HighPass);
        let (gain, width) = (
            if has_gain { band.gain } else { 0.0 },
            if pass && band.alignment != Alignment::Resonant {
                Width::Q(1.0)
            } else {
                band.width
            },
        );
        if gain.is_nan() || band.freq.is_nan() || !(rate.is_finite() && rate > 0.0) {
            return None;
        }
        let w = 2.0 * PI * (band.freq / rate).clamp(5e-7, 0.499_995);
        let a = 10f64.powf(gain.clamp(-120.0, 120.0) / 40.0);
        Some(Tuned {
            band,
            design,
            w,
            a,
            damping: Damping::new(width, rate, w, if shelf { a } else { 1.0 })?,
            flat: !band.enabled || has_gain && gain == 0.0,
        })
    }

    fn section(&self, i: usize) -> Section {
        let stage = match self.band.kind {
            Kind::LowPass | Kind::HighPass => pass::stage(self.band, i),
            _ => Stage::Given(1.0),
        };
        let (numerator, denominator) = match stage {
            Stage::First => self.first(),
            Stage::Second(q) => self.second(Damping::from_q(q, self.w)),
            Stage::Given(by) => self.second(self.damping.sharpened(by)),
        };
        let near = f64::max(ENDS.0 / self.w, ENDS.1 / (PI - self.w)) * 2.0 * PI;
        let slowest = SLOWEST * near.powi(2).min(1.0);
        let (numerator, denominator) = stable(numerator, denominator, slowest);
        let numerator = if self.flat { denominator } else { numerator };
        Section::new(numerator, denominator)
    }

    fn first(&self) -> (Quadratic, Quadratic) {
        let high = self.band.kind == Kind::HighPass;
        match self.design {
            Design::Rbj => bilinear::first(high, self.w),
            Design::Matched => matched::first(high, self.w),
        }
    }

    fn second(&self, Damping { q, alpha }: Damping) -> (Quadratic, Quadratic) {
        let bilinear = || bilinear::second(self.band.kind, self.w, alpha, self.a);
        match self.design {
            Design::Rbj => bilinear(),
            Design::Matched => {
                matched::second(self.band.kind, self.w, q, self.a).unwrap_or_else(bilinear)
            }
        }
    }
}

/// What a pole near z = 1 or z = −1 keeps its distance by, where a band lies at either end of the spectrum: what is left
/// there decays by 60 dB in 3.5 million samples.
const SLOWEST: f64 = 2e-6;
/// How far from 0 and from half the rate that is so, in parts of the rate; further off it falls with the square of the
/// distance.
const ENDS: (f64, f64) = (2e-6, 1e-5);
/// How far a zero may lie from the unit circle, against the pole beside it, for the two to be moved together.
const PAIR: f64 = 100.0;

/// Keeps poles so far inside the unit circle that rounding the coefficients leaves them there, and that what is left in
/// them when a band moves to either end of the spectrum does not stay: a wide band there has one that is as good as
/// on the circle. Where there is a zero beside it they move together, by hundredths of a Hz; else the band becomes
/// narrower, in zeros as in poles.
fn stable(
    mut numerator: Quadratic,
    mut denominator: Quadratic,
    slowest: f64,
) -> (Quadratic, Quadratic) {
    // One rounding of a coefficient moves what makes it stable by no more than 2.2e-16.
    const LEAST: f64 = 3e-16;
    let skews = (numerator.skew, denominator.skew);
    let ends = [
        (&mut numerator.dc, &mut denominator.dc),
        (&mut numerator.nyquist, &mut denominator.nyquist),
    ];
    for (zeros, poles) in ends {
        move_pair(zeros, poles, skews, slowest);
    }
    let most = denominator.dc.min(denominator.nyquist) / slowest.max(LEAST);
    let bounded = denominator
        .skew
        .min(most)
        .max(2.0 * LEAST * denominator.outer());
    if bounded < denominator.skew {
        numerator.skew *= bounded / denominator.skew;
    }
    denominator.skew = bounded;
    (numerator, denominator)
}

/// `zeros` and `poles` are the values of numerator and denominator at one end of the spectrum: over the skew, that is how
/// far the zero and the pole there lie from the unit circle.
fn move_pair(zeros: &mut f64, poles: &mut f64, skews: (f64, f64), slowest: f64) {
    let least = slowest * skews.1;
    let is_pair = skews.0 > 0.0 && *zeros * skews.1 <= PAIR * *poles * skews.0;
    if *poles < least && is_pair {
        *zeros *= least / *poles;
        *poles = least;
    }
}

#[cfg(test)]
mod tests;
