// SPDX-License-Identifier: MPL-2.0
use super::{MAX_SECTIONS, count, sections};
use crate::band::{Alignment, Band, Design, Kind, Width};
use crate::section::Section;
use proptest::prelude::*;
use std::f64::consts::{PI, TAU};

mod analytic;
mod continuity;
mod matched;
mod robust;

const KINDS: [Kind; 9] = [
    Kind::Peak,
    Kind::LowShelf,
    Kind::HighShelf,
    Kind::LowPass,
    Kind::HighPass,
    Kind::BandPass,
    Kind::Notch,
    Kind::AllPass,
    Kind::Tilt,
];
const ALIGNMENTS: [Alignment; 3] = [
    Alignment::Butterworth,
    Alignment::LinkwitzRiley,
    Alignment::Resonant,
];

/// The response (re, im) of all sections of `band`.
fn response(band: &Band, rate: f64, design: Design, frequency: f64) -> (f64, f64) {
    let sections = sections(band, rate, design);
    let product = |(re, im): (f64, f64), s: &Section| {
        let (r, i) = s.response(TAU * frequency / rate);
        (re * r - im * i, re * i + im * r)
    };
    sections.as_slice().iter().fold((1.0, 0.0), product)
}

/// Its magnitude in dB.
fn decibels(band: &Band, rate: f64, design: Design, frequency: f64) -> f64 {
    let (re, im) = response(band, rate, design, frequency);
    20.0 * re.hypot(im).log10()
}

/// `value` from 0…1 to a logarithmic scale.
fn log(from: f64, to: f64) -> impl Strategy<Value = f64> {
    (0.0..=1.0f64).prop_map(move |part| from * (to / from).powf(part))
}

fn kind() -> impl Strategy<Value = Kind> {
    prop::sample::select(&KINDS)
}

fn alignment() -> impl Strategy<Value = Alignment> {
    prop::sample::select(&ALIGNMENTS)
}
