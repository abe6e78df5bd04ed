// SPDX-License-Identifier: MPL-2.0
//! Bands of a frequency scale, summed from the bins of a transform.
//!
//! Bands lie edge to edge. A bin's power is taken as spread evenly over its width, from half a bin
//! below to half a bin above, and each band gets the part that lies in it: bands add up to what the
//! bins between their ends hold. So bands narrower than a bin are defined too, as shares of it:
//! they show a staircase, and a line of which each has a part.
//!
//! Octave bands have the mid-band frequencies and edges of IEC 61260-1, but the slopes of the
//! transform's window, not of its filters: they are no class 1 filters, nor class 2, and should be
//! labelled "FFT-summed".
use super::filter_bank::FilterBank;
use crate::simd::Level;

/// What bands are equally wide on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum FrequencyScale {
    /// Hertz.
    #[default]
    Linear,
    /// The logarithm of frequency.
    Logarithmic,
    /// The mel scale of O'Shaughnessy: 2595·log10(1 + f/700).
    Mel,
    /// The Bark scale after Traunmüller (J. Acoust. Soc. Am. 88, 1990): 26.81·f/(1960 + f) − 0.53
    /// with his corrections at both ends.
    Bark,
    /// Fractions of an octave after IEC 61260-1, octaves being 10^(3/10).
    Octave {
        /// Bands per octave: 1, 3, 6, 12, 24…
        fraction: u32,
    },
}

/// A band, in Hz.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Band {
    /// Lower edge.
    pub low: f64,
    /// In the middle on its scale; exact mid-band frequency of an octave band.
    pub centre: f64,
    /// Upper edge.
    pub high: f64,
}

/// Most bands of a scale.
pub const MOST_BANDS: usize = 32_768;
/// Most bands per octave.
pub const MOST_PER_OCTAVE: u32 = 192;
/// The octave ratio of IEC 61260-1, and the reference frequency in Hz.
const OCTAVE: f64 = 1.995_262_314_968_879_6;
const REFERENCE: f64 = 1000.0;

impl FrequencyScale {
    /// Hertz to where it lies on the scale; octave bands lie at whole numbers.
    fn place(self, hertz: f64) -> f64 {
        match self {
            FrequencyScale::Linear => hertz,
            FrequencyScale::Logarithmic => hertz.ln(),
            FrequencyScale::Mel => 2595.0 * (1.0 + hertz / 700.0).log10(),
            FrequencyScale::Bark => match 26.81 * hertz / (1960.0 + hertz) - 0.53 {
                z if z < 2.0 => z + 0.15 * (2.0 - z),
                z if z > 20.1 => z + 0.22 * (z - 20.1),
                z => z,
            },
            FrequencyScale::Octave { fraction } => {
                let places = (hertz / REFERENCE).log(OCTAVE) * f64::from(fraction);
                places - even(fraction)
            }
        }
    }

    fn hertz(self, place: f64) -> f64 {
        match self {
            FrequencyScale::Linear => place,
            FrequencyScale::Logarithmic => place.exp(),
            FrequencyScale::Mel => 700.0 * (10f64.powf(place / 2595.0) - 1.0),
            FrequencyScale::Bark => {
                let z = match place {
                    z if z < 2.0 => (z - 0.3) / 0.85,
                    z if z > 20.1 => (z + 0.22 * 20.1) / 1.22,
                    z => z,
                };
                1960.0 * (z + 0.53) / (26.28 - z)
            }
            FrequencyScale::Octave { fraction } => {
                let octaves = (place + even(fraction)) / f64::from(fraction);
                REFERENCE * OCTAVE.powf(octaves)
            }
        }
    }

    /// `count` bands from `low` to `high` Hz, the latter at most half of `rate`. Octave bands are
    /// as many as it takes from the one that has `low` in it to the one that has `high`, whatever
    /// `count` says; those in the middle of which there is nothing for lack of rate are left out.
    ///
    /// # Errors
    /// A sentence, if there are none or too many, or the ends make no sense.
    pub fn bands(self, count: usize, low: f64, high: f64, rate: f64) -> Result<Vec<Band>, String> {
        let nyquist = rate / 2.0;
        let high = high.min(nyquist);
        let from_zero = matches!(self, Self::Linear | Self::Mel | Self::Bark);
        let begins = low > 0.0 || from_zero && low == 0.0;
        if !(begins && low < high && high.is_finite()) {
            return Err(format!(
                "bands from {low} to {high} Hz: the lower end must {} and below the upper",
                if from_zero {
                    "be 0 Hz or above"
                } else {
                    "be above 0 Hz"
                }
            ));
        }
        let (start, step, count) = match self {
            FrequencyScale::Octave { fraction } => {
                if !(1..=MOST_PER_OCTAVE).contains(&fraction) {
                    return Err(format!(
                        "{fraction} bands per octave: between 1 and {MOST_PER_OCTAVE} are possible"
                    ));
                }
                let (first, last) = (self.place(low).round(), self.place(high).round());
                let last = match self.hertz(last) < nyquist {
                    true => last,
                    false => last - 1.0,
                };
                (first - 0.5, 1.0, (last - first + 1.0).max(0.0) as usize)
            }
            _ => {
                let (start, end) = (self.place(low), self.place(high));
                (start, (end - start) / count as f64, count)
            }
        };
        if !(1..=MOST_BANDS).contains(&count) {
            return Err(format!(
                "{count} bands: between 1 and {MOST_BANDS} are possible"
            ));
        }
        let at = |steps: f64| self.hertz(start + step * steps);
        let edge = |i: usize| match (self, i) {
            // Exactly, not there and back.
            (FrequencyScale::Octave { .. }, i) => at(i as f64),
            (_, 0) => low,
            (_, i) if i == count => high,
            (_, i) => at(i as f64),
        };
        let band = |i: usize| Band {
            low: edge(i),
            centre: at(i as f64 + 0.5),
            high: edge(i + 1),
        };
        Ok((0..count).map(band).collect())
    }
}

/// With an even number per octave, the reference frequency is an edge.
fn even(fraction: u32) -> f64 {
    if fraction.is_multiple_of(2) { 0.5 } else { 0.0 }
}

/// The filters that take a spectrum of a transform of `size` at `rate` Hz to `bands`. Each bin is
/// multiplied by its factor first: calibration ([`super::scale::Calibration::of_sums`]) times
/// weighting ([`super::weighting::Weighting::factors`]). Bins without one count as 0.
pub fn filter_bank(
    level: Level,
    bands: &[Band],
    rate: f64,
    size: usize,
    factors: &[f64],
) -> FilterBank {
    let spacing = rate / size as f64;
    let last = size / 2;
    let bins = last + 1;
    // From 0 Hz to half the rate, where the first and, at even sizes, the last bin are cut in half.
    let extent = |bin: usize| {
        let (low, high) = (bin as f64 - 0.5, bin as f64 + 0.5);
        (low.max(0.0), high.min(size as f64 / 2.0))
    };
    let filter = |band: &Band| {
        let (low, high) = (band.low / spacing, band.high / spacing);
        let begin = ((low + 0.5).floor().max(0.0) as usize).min(bins);
        let end = ((high + 0.5).ceil().max(0.0) as usize).min(bins);
        let weight = |bin: usize| {
            let (from, to) = extent(bin);
            let share = (to.min(high) - from.max(low)).max(0.0) / (to - from);
            share * factors.get(bin).copied().unwrap_or(0.0)
        };
        (begin, (begin..end).map(weight).collect())
    };
    FilterBank::with_level(level, bins, bands.iter().map(filter))
}

/// The nominal mid-band frequency in Hz by which a band of `fraction` per octave is known; that of
/// octaves and their thirds after IEC 61260-1, annex E: 31.5 for 31.623, 1250 for 1258.9.
pub fn nominal(centre: f64, fraction: u32) -> f64 {
    /// Of thirds, per decade.
    const THIRDS: [f64; 10] = [1.0, 1.25, 1.6, 2.0, 2.5, 3.15, 4.0, 5.0, 6.3, 8.0];
    if !(centre > 0.0 && centre.is_finite()) {
        return centre;
    }
    if fraction == 1 || fraction == 3 {
        let tenths = (10.0 * centre.log10()).round() as i32;
        return THIRDS[tenths.rem_euclid(10) as usize] * 10f64.powi(tenths.div_euclid(10));
    }
    // Three digits where the first is below 5, else two.
    let decade = 10f64.powi(centre.log10().floor() as i32);
    let digits = if centre / decade < 5.0 { 100.0 } else { 10.0 };
    (centre / decade * digits).round() / digits * decade
}

#[cfg(test)]
mod tests;
