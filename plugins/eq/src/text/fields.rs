// SPDX-License-Identifier: MPL-2.0
//! What follows the type of a filter: names and numbers in any order.
use super::super::band::{Alignment, Band, Kind, StereoMode, Width};
use super::MAX_GAIN;
use super::cursor::{Cursor, quoted};

pub(super) const ALIGNMENTS: [(&str, Alignment); 3] = [
    ("Butterworth", Alignment::Butterworth),
    ("LinkwitzRiley", Alignment::LinkwitzRiley),
    ("Resonant", Alignment::Resonant),
];

pub(super) const STEREO_MODES: [(&str, StereoMode); 5] = [
    ("Both", StereoMode::Stereo),
    ("Left", StereoMode::Left),
    ("Right", StereoMode::Right),
    ("Mid", StereoMode::Mid),
    ("Side", StereoMode::Side),
];

/// Which lines a filter stands in.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Syntax {
    /// `Filter`, as in Equalizer APO.
    Filter,
    /// `Band`, which has all that [`Band`] has.
    Band,
}

/// What follows the type.
#[derive(Default)]
pub(super) struct Fields {
    pub(super) freq: Option<f64>,
    pub(super) gain: Option<f64>,
    pub(super) width: Option<Width>,
    pub(super) order: Option<u8>,
    pub(super) alignment: Option<Alignment>,
    pub(super) stereo_mode: Option<StereoMode>,
}

pub(super) fn is_shelf(kind: Kind) -> bool {
    matches!(kind, Kind::LowShelf | Kind::HighShelf)
}

pub(super) fn has_gain(kind: Kind) -> bool {
    matches!(kind, Kind::Peak | Kind::Tilt) || is_shelf(kind)
}

impl Fields {
    /// All that is left of a line, in any order.
    pub(super) fn read(&mut self, cursor: &mut Cursor<'_>, syntax: Syntax) -> Result<(), String> {
        let own = syntax == Syntax::Band;
        let check = |number, name| {
            if own {
                Ok(number)
            } else {
                positive(number, name)
            }
        };
        while !cursor.is_at_end() {
            if cursor.keyword("Fc") {
                once(&mut self.freq, cursor.frequency()?, "Fc")?;
                let split = |cursor: &mut Cursor<'_>| cursor.keyword("H") && cursor.keyword("z");
                if !cursor.keyword("Hz") && !split(cursor) {
                    return Err(
                        "Hz is missing behind Fc and its number, as in \"Fc 100 Hz\"".into(),
                    );
                }
            } else if cursor.keyword("Gain") {
                once(&mut self.gain, gain(cursor.number()?)?, "Gain")?;
                if !cursor.keyword("dB") {
                    return Err(
                        "dB is missing behind Gain and its number, as in \"Gain -3 dB\"".into(),
                    );
                }
            } else if cursor.keyword("Q") {
                let q = check(cursor.number()?, "Q")?;
                once(&mut self.width, Width::Q(q), "the width")?;
            } else if cursor.keyword("BW") {
                let width = if cursor.keyword("Oct") {
                    Width::Octaves(check(cursor.number()?, "BW Oct")?)
                } else if own && cursor.keyword("Hz") {
                    Width::Hz(cursor.number()?)
                } else {
                    return Err("BW is followed by its unit, as in \"BW Oct 0.5\"".into());
                };
                once(&mut self.width, width, "the width")?;
            } else if own && cursor.keyword("Slope") {
                once(&mut self.width, Width::Slope(cursor.number()?), "the width")?;
            } else if own && cursor.keyword("Order") {
                once(&mut self.order, order(cursor.number()?)?, "Order")?;
            } else if own && cursor.keyword("Alignment") {
                once(
                    &mut self.alignment,
                    choice(cursor, &ALIGNMENTS)?,
                    "Alignment",
                )?;
            } else if own && cursor.keyword("Stereo") {
                once(
                    &mut self.stereo_mode,
                    choice(cursor, &STEREO_MODES)?,
                    "Stereo",
                )?;
            } else if cursor.keyword("T60") {
                // Room EQ Wizard notes what a modal filter is for.
                cursor.keyword("target");
                cursor.number()?;
                cursor.keyword("ms");
            } else {
                return Err(format!(
                    "{} is not understood; a filter has Fc, Gain, Q or BW Oct, as in \
                     \"ON PK Fc 100 Hz Gain -3 dB Q 1\"",
                    quoted(cursor.word())
                ));
            }
        }
        Ok(())
    }

    /// Frequency and gain, which both kinds of line need.
    pub(super) fn common(&self, name: &str, kind: Kind) -> Result<Band, String> {
        let freq = self
            .freq
            .ok_or_else(|| format!("{name} needs a frequency, as in \"Fc 100 Hz\""))?;
        let gain = match self.gain {
            Some(gain) if has_gain(kind) => gain,
            None if has_gain(kind) => {
                return Err(format!("{name} needs a gain, as in \"Gain -3 dB\""));
            }
            _ => 0.0,
        };
        Ok(Band {
            kind,
            freq,
            gain,
            ..Band::default()
        })
    }
}

fn once<T>(field: &mut Option<T>, value: T, name: &str) -> Result<(), String> {
    match field.replace(value) {
        None => Ok(()),
        Some(_) => Err(format!("{name} is given twice; once is right")),
    }
}

pub(super) fn positive(number: f64, name: &str) -> Result<f64, String> {
    match number > 0.0 {
        true => Ok(number),
        false => Err(format!("{name} is {number}, but must be more than 0")),
    }
}

/// A gain within limits.
pub(super) fn gain(number: f64) -> Result<f64, String> {
    match number.abs() <= MAX_GAIN {
        true => Ok(number),
        false => Err(format!("a gain of {number} dB is beyond ±{MAX_GAIN} dB")),
    }
}

fn order(number: f64) -> Result<u8, String> {
    (1..=16)
        .find(|order: &u8| f64::from(*order) == number)
        .ok_or_else(|| format!("Order is {number}, but must be a whole number from 1 to 16"))
}

fn choice<T: Copy>(cursor: &mut Cursor<'_>, table: &[(&'static str, T)]) -> Result<T, String> {
    let name = cursor.word();
    lookup(name, table.iter().copied())
        .map_err(|known| format!("{} is unknown here; known are {known}", quoted(name)))
}

/// What `name` stands for, or all that is known.
pub(super) fn lookup<T>(
    name: &str,
    table: impl Iterator<Item = (&'static str, T)> + Clone,
) -> Result<T, String> {
    let mut all = table.clone();
    all.find(|(known, _)| known.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
        .ok_or_else(|| table.map(|(known, _)| known).collect::<Vec<_>>().join(", "))
}
