// SPDX-License-Identifier: MPL-2.0
//! One filter, as `Filter` lines and our own `Band` lines describe it.
use super::super::band::{Alignment, Band, Kind, Width};
use super::cursor::{Cursor, quoted};
use super::fields::{Fields, Syntax, is_shelf, lookup, positive};

/// What a type of `Filter` lines stands for.
struct Form {
    name: &'static str,
    kind: Kind,
    /// Shelves: where a slope or Q is given, `Fc` is not the middle of the slope but its far end.
    corner: bool,
}

const fn kind(name: &'static str, kind: Kind) -> Form {
    let corner = false;
    Form { name, kind, corner }
}

const fn cornered(name: &'static str, kind: Kind) -> Form {
    let corner = true;
    Form { name, kind, corner }
}

const TYPES: [Form; 14] = [
    kind("PK", Kind::Peak),
    kind("PEQ", Kind::Peak),
    kind("Modal", Kind::Peak),
    kind("LP", Kind::LowPass),
    kind("LPQ", Kind::LowPass),
    kind("HP", Kind::HighPass),
    kind("HPQ", Kind::HighPass),
    kind("BP", Kind::BandPass),
    cornered("LS", Kind::LowShelf),
    cornered("HS", Kind::HighShelf),
    kind("LSC", Kind::LowShelf),
    kind("HSC", Kind::HighShelf),
    kind("NO", Kind::Notch),
    kind("AP", Kind::AllPass),
];

/// Types of `Band` lines.
pub(super) const KINDS: [(&str, Kind); 9] = [
    ("Peak", Kind::Peak),
    ("LowShelf", Kind::LowShelf),
    ("HighShelf", Kind::HighShelf),
    ("LowPass", Kind::LowPass),
    ("HighPass", Kind::HighPass),
    ("BandPass", Kind::BandPass),
    ("Notch", Kind::Notch),
    ("AllPass", Kind::AllPass),
    ("Tilt", Kind::Tilt),
];

/// Slope S of a shelf that says nothing of its width, as Equalizer APO has it.
const DEFAULT_SLOPE: f64 = 0.9;
/// Q of a notch that says nothing of its width, as Equalizer APO has it.
const DEFAULT_NOTCH_Q: f64 = 30.0;
/// Slope in dB per octave of a shelf of slope S = 1.
pub(super) const STEEPEST: f64 = 12.0;

/// Reads what stands behind the colon; nothing where a filter does nothing at all.
pub(super) fn read(syntax: Syntax, text: &str, channels: u64) -> Result<Option<Band>, String> {
    let mut cursor = Cursor::new(text);
    let enabled = if cursor.keyword("ON") {
        true
    } else if cursor.keyword("OFF") {
        false
    } else {
        return Err(
            "a filter begins with ON or OFF, as in \"ON PK Fc 100 Hz Gain -3 dB Q 1\"".into(),
        );
    };
    let band = match syntax {
        Syntax::Filter => filter(&mut cursor),
        Syntax::Band => band(&mut cursor).map(Some),
    };
    match band {
        Ok(band) => Ok(band.map(|band| Band {
            enabled,
            channels,
            ..band
        })),
        // What is off may be anything.
        Err(_) if !enabled => Ok(None),
        Err(reason) => Err(reason),
    }
}

fn filter(cursor: &mut Cursor<'_>) -> Result<Option<Band>, String> {
    let mut name = cursor.letters().to_owned();
    if name.eq_ignore_ascii_case("None") {
        return Ok(None);
    }
    if name.eq_ignore_ascii_case("IIR") {
        return Err("filters given by coefficients are not supported; use a filter type".into());
    }
    let slope = if cursor.is_at_number() {
        let number = cursor.number()?;
        if !cursor.keyword("dB") {
            name = format!("{name}{number}");
        }
        Some(number)
    } else {
        None
    };
    let form = lookup(&name, TYPES.iter().map(|form| (form.name, form))).map_err(|known| {
        format!(
            "filter type {} is unknown; known are {known}",
            quoted(&name)
        )
    })?;
    let mut fields = Fields::default();
    if let Some(slope) = slope {
        if !is_shelf(form.kind) {
            return Err(format!(
                "{} has no slope; only LS, HS, LSC and HSC have",
                form.name
            ));
        }
        fields.width = Some(Width::Slope(positive(slope, "the slope")? / STEEPEST));
    }
    fields.read(cursor, Syntax::Filter)?;
    build(form, &fields).map(Some)
}

/// The band of a `Filter` line, with Equalizer APO's defaults.
fn build(form: &Form, fields: &Fields) -> Result<Band, String> {
    let (name, kind) = (form.name, form.kind);
    let mut band = fields.common(name, kind)?;
    positive(band.freq, "Fc")?;
    match fields.width {
        None if matches!(kind, Kind::Peak | Kind::AllPass) => {
            return Err(format!(
                "{name} needs its width: Q, as in \"Q 1.41\", or \"BW Oct 1\""
            ));
        }
        None if is_shelf(kind) => band.width = Width::Slope(DEFAULT_SLOPE),
        None if kind == Kind::Notch => band.width = Width::Q(DEFAULT_NOTCH_Q),
        None => {}
        Some(Width::Octaves(_)) if is_shelf(kind) => {
            return Err(format!(
                "{name} takes no bandwidth, but Q, as in \"Q 0.7\", or a slope, as in \"{name} 6 dB\""
            ));
        }
        Some(width) => {
            band.width = width;
            if matches!(kind, Kind::LowPass | Kind::HighPass) {
                band.alignment = Alignment::Resonant;
            }
        }
    }
    if is_shelf(kind) {
        if let Width::Slope(slope) = band.width
            && !is_slope_possible(slope, band.gain)
        {
            return Err(format!(
                "no shelf of {} dB climbs {} dB per octave; up to {STEEPEST} dB is always possible",
                band.gain,
                slope * STEEPEST
            ));
        }
        if form.corner && fields.width.is_some() {
            band.freq = centre(&band);
            if !band.freq.is_finite() || band.freq <= 0.0 {
                return Err(
                    "so flat a slope puts the middle of the shelf beyond all frequencies".into(),
                );
            }
        }
    }
    Ok(band)
}

/// Sum of A and 1/A of the Audio EQ Cookbook.
fn spread(gain: f64) -> f64 {
    let a = 10f64.powf(gain / 40.0);
    a + 1.0 / a
}

/// Whether the Audio EQ Cookbook's α is real.
pub(super) fn is_slope_possible(slope: f64, gain: f64) -> bool {
    spread(gain) * (1.0 / slope - 1.0) + 2.0 > 0.0
}

/// From the corner of a shelf to the middle of its slope, which is what the Audio EQ Cookbook
/// counts from. A shelf of slope S climbs 40·S dB per decade, and half its gain lies between the
/// two: |gain| / (80·S) decades. That is Equalizer APO's convention for LS and HS, made to match
/// the shelves of a Behringer DCX2496. Q goes to S by the Cookbook's
/// 1/Q² = (A + 1/A)·(1/S − 1) + 2.
fn centre(band: &Band) -> f64 {
    let inverse = match band.width {
        Width::Slope(slope) => 1.0 / slope,
        Width::Q(q) => (1.0 / (q * q) - 2.0) / spread(band.gain) + 1.0,
        _ => 0.0,
    };
    let factor = 10f64.powf(band.gain.abs() / 80.0 * inverse);
    match band.kind {
        Kind::LowShelf => band.freq * factor,
        _ => band.freq / factor,
    }
}

/// A `Band` line: no defaults but those of [`Band`], and any finite number.
fn band(cursor: &mut Cursor<'_>) -> Result<Band, String> {
    let name = cursor.letters();
    let kind = lookup(name, KINDS.iter().copied())
        .map_err(|known| format!("band type {} is unknown; known are {known}", quoted(name)))?;
    let mut fields = Fields::default();
    fields.read(cursor, Syntax::Band)?;
    let band = fields.common(name, kind)?;
    Ok(Band {
        width: fields.width.unwrap_or(band.width),
        order: fields.order.unwrap_or(band.order),
        alignment: fields.alignment.unwrap_or(band.alignment),
        stereo_mode: fields.stereo_mode.unwrap_or(band.stereo_mode),
        ..band
    })
}

/// Whether `name` is a type of `Filter` lines.
pub(super) fn is_type(name: &str) -> bool {
    TYPES
        .iter()
        .any(|known| known.name.eq_ignore_ascii_case(name))
}
