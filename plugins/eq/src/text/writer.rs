// SPDX-License-Identifier: MPL-2.0
//! From a curve to lines.
use super::super::band::{Alignment, Band, Curve, Kind, StereoMode, Width};
use super::channel;
use super::cursor::write_frequency;
use super::fields::{ALIGNMENTS, STEREO_MODES, has_gain, is_shelf};
use super::filter::{KINDS, STEEPEST, is_slope_possible};
use std::fmt::Write;

/// Text, and the channels that the next line would work on.
struct Writer {
    text: String,
    channels: u64,
}

pub(super) fn write(curve: &Curve) -> String {
    let mut writer = Writer {
        text: String::new(),
        channels: channel::ALL,
    };
    if curve.preamp != 0.0 {
        writer.line(channel::ALL, format_args!("Preamp: {} dB", curve.preamp));
    }
    for (channels, gain) in &curve.gains {
        writer.line(*channels, format_args!("Preamp: {gain} dB"));
    }
    for (number, band) in (1..).zip(&curve.bands) {
        let (command, what) = match apo(band) {
            Some(what) => ("Filter", what),
            None => ("Band", own(band)),
        };
        let state = if band.enabled { "ON" } else { "OFF" };
        writer.line(
            band.channels,
            format_args!("{command} {number}: {state} {what}"),
        );
    }
    for graphic in &curve.graphics {
        let points: Vec<String> = graphic
            .points
            .iter()
            .map(|(frequency, gain)| format!("{frequency} {gain}"))
            .collect();
        writer.line(
            graphic.channels,
            format_args!("GraphicEQ: {}", points.join("; ")),
        );
    }
    writer.text
}

impl Writer {
    fn line(&mut self, channels: u64, line: std::fmt::Arguments<'_>) {
        if self.channels != channels {
            self.channels = channels;
            let list = channel::list(channels);
            writeln!(self.text, "Channel: {list}").expect("a String takes all");
        }
        writeln!(self.text, "{line}").expect("a String takes all");
    }
}

/// The band as Equalizer APO has it, if it has.
fn apo(band: &Band) -> Option<String> {
    if band.stereo_mode != StereoMode::Stereo || band.freq <= 0.0 {
        return None;
    }
    let (gain, freq) = (band.gain, write_frequency(band.freq));
    let width = match band.width {
        Width::Q(q) if q > 0.0 => format!("Q {q}"),
        Width::Octaves(octaves) if octaves > 0.0 => format!("BW Oct {octaves}"),
        Width::Slope(_) if is_shelf(band.kind) => String::new(),
        _ if is_plain_pass(band) => String::new(),
        _ => return None,
    };
    Some(match band.kind {
        Kind::Peak => format!("PK Fc {freq} Hz Gain {gain} dB {width}"),
        Kind::LowShelf => shelf("LSC", band, &freq, &width)?,
        Kind::HighShelf => shelf("HSC", band, &freq, &width)?,
        Kind::LowPass => pass("LP", band, &freq, &width)?,
        Kind::HighPass => pass("HP", band, &freq, &width)?,
        Kind::BandPass => format!("BP Fc {freq} Hz {width}"),
        Kind::Notch => format!("NO Fc {freq} Hz {width}"),
        Kind::AllPass => format!("AP Fc {freq} Hz {width}"),
        Kind::Tilt => return None,
    })
}

fn is_plain_pass(band: &Band) -> bool {
    matches!(band.kind, Kind::LowPass | Kind::HighPass)
        && band.order == 2
        && band.alignment == Alignment::Butterworth
}

fn pass(name: &str, band: &Band, freq: &str, width: &str) -> Option<String> {
    if is_plain_pass(band) {
        return Some(format!("{name} Fc {freq} Hz"));
    }
    let same = band.order == 2 && band.alignment == Alignment::Resonant;
    same.then(|| format!("{name}Q Fc {freq} Hz {width}"))
}

/// With the frequency of the slope's middle, as the band has it: the forms that end in C.
fn shelf(name: &str, band: &Band, freq: &str, width: &str) -> Option<String> {
    let gain = band.gain;
    match band.width {
        Width::Q(_) => Some(format!("{name} Fc {freq} Hz Gain {gain} dB {width}")),
        // Only what does not change on its way to dB per octave and back.
        Width::Slope(slope)
            if slope > 0.0
                && slope * STEEPEST / STEEPEST == slope
                && is_slope_possible(slope, gain) =>
        {
            let steep = slope * STEEPEST;
            Some(format!("{name} {steep} dB Fc {freq} Hz Gain {gain} dB"))
        }
        _ => None,
    }
}

/// The band with all it has.
fn own(band: &Band) -> String {
    let freq = write_frequency(band.freq);
    let mut text = format!("{} Fc {freq} Hz", name(&KINDS, band.kind));
    if has_gain(band.kind) {
        text += &format!(" Gain {} dB", band.gain);
    }
    text += &match band.width {
        Width::Q(q) => format!(" Q {q}"),
        Width::Hz(hz) => format!(" BW Hz {hz}"),
        Width::Octaves(octaves) => format!(" BW Oct {octaves}"),
        Width::Slope(slope) => format!(" Slope {slope}"),
    };
    if matches!(band.kind, Kind::LowPass | Kind::HighPass) {
        let alignment = name(&ALIGNMENTS, band.alignment);
        let order = band.order.clamp(1, 16);
        text += &format!(" Order {order} Alignment {alignment}");
    }
    if band.stereo_mode != StereoMode::Stereo {
        text += &format!(" Stereo {}", name(&STEREO_MODES, band.stereo_mode));
    }
    text
}

fn name<T: PartialEq>(table: &[(&'static str, T)], value: T) -> &'static str {
    table
        .iter()
        .find(|(_, known)| *known == value)
        .map_or("", |(name, _)| name)
}
