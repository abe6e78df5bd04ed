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
        let (numerator, denominator) = stable(numerator, denominator);
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

/// Keeps poles so far inside the unit circle that rounding the coefficients leaves them there. What
/// that changes in the width, it changes in zeros as in poles.
fn stable(mut numerator: Quadratic, mut denominator: Quadratic) -> (Quadratic, Quadratic) {
    // One rounding of a coefficient moves what makes it stable by no more than 2.2e-16.
    const LEAST: f64 = 3e-16;
    let most = denominator.dc.min(denominator.nyquist) / LEAST;
    let bounded = denominator
        .skew
        .max(2.0 * LEAST * denominator.outer())
        .min(most);
    if bounded < denominator.skew {
        numerator.skew *= bounded / denominator.skew;
    }
    denominator.skew = bounded;
    (numerator, denominator)
}

#[cfg(test)]
mod tests;
