// SPDX-License-Identifier: MPL-2.0
//! What an [`Extractor`](super::Extractor) computes, and how.
use super::cepstrum::Lifter;
use super::feature::{Feature, FeatureSet};
use super::mel::Mel;

/// In which unit mel spectra are given. MFCC are of natural logarithms where mel spectra are, else
/// of decibels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MelUnit {
    /// Power.
    Power,
    /// 10·log10 of the power.
    Decibel,
    /// The natural logarithm of the power.
    Natural,
    /// (4 + log10 of the power) / 4, as Whisper takes it.
    Whisper,
}

impl MelUnit {
    /// What decibels are multiplied by, and what is added to them then.
    pub(super) fn per_decibel(self) -> (f32, f32) {
        match self {
            MelUnit::Power | MelUnit::Decibel => (1.0, 0.0),
            MelUnit::Natural => (std::f32::consts::LN_10 / 10.0, 0.0),
            MelUnit::Whisper => (1.0 / 40.0, 1.0),
        }
    }
}

/// What an extractor computes. [`Config::new`] gives librosa's defaults.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Rate in Hz.
    pub rate: f64,
    /// Length of the transform.
    pub size: usize,
    /// Channels, or what else goes through side by side.
    pub rows: usize,
    /// Nothing else is computed.
    pub features: FeatureSet,
    /// The mel filters of mel, MFCC and onset strength.
    pub mel: Mel,
    /// The unit of mel and MFCC.
    pub unit: MelUnit,
    /// The least power of a mel band: below, its logarithm is that of this.
    pub floor: f32,
    /// Cepstral coefficients, from 0 on; at most as many as mel bands.
    pub coefficients: usize,
    /// How they are weighted.
    pub lifter: Option<Lifter>,
    /// Whether coefficient 0 is the natural logarithm of the frame's energy instead.
    pub energy: bool,
    /// The share of the roll-off, above 0 and at most 1.
    pub rolloff: f64,
    /// The least power of a bin for the flatness.
    pub flatness_floor: f32,
    /// Frames by which onset strength comes late. librosa shifts it by half a window.
    pub onset_delay: usize,
    /// What a full-scale sine in the middle of a bin has as power: (Σ window / 2)². Flux alone
    /// depends on it.
    pub full_scale: f64,
}

impl Config {
    /// librosa's defaults for frames of `size` samples, `hop` apart, through its default window,
    /// Hann's: 128 mel bands on Slaney's scale in dB, 20 coefficients.
    pub fn new(rate: f64, size: usize, hop: usize, rows: usize, features: FeatureSet) -> Self {
        Config {
            rate,
            size,
            rows,
            features,
            mel: Mel::slaney(128),
            unit: MelUnit::Decibel,
            floor: 1e-10,
            coefficients: 20,
            lifter: None,
            energy: false,
            rolloff: 0.85,
            flatness_floor: 1e-10,
            onset_delay: size / (2 * hop.max(1)),
            full_scale: (size as f64 / 4.0).powi(2),
        }
    }

    /// The values of a feature.
    pub fn length(&self, feature: Feature) -> usize {
        match feature {
            Feature::Mel => self.mel.bands,
            Feature::Mfcc => self.coefficients,
            Feature::Chroma => super::chroma::CLASSES,
            _ => 1,
        }
    }

    /// A sentence if something cannot be.
    pub(super) fn check(&self) -> Result<(), String> {
        if !(self.rate.is_finite() && self.rate > 0.0) || self.size < 2 || self.rows == 0 {
            return Err(format!(
                "{} channels in frames of {} samples at {} Hz have no spectrum",
                self.rows, self.size, self.rate
            ));
        }
        if self.features.has(Feature::Mfcc) && !(1..=self.mel.bands).contains(&self.coefficients) {
            return Err(format!(
                "{} cepstral coefficients of {} mel bands: there are as many as bands, and one is the least",
                self.coefficients, self.mel.bands
            ));
        }
        if let Some(Lifter { length, .. }) = self.lifter
            && !(length.is_finite() && length > 0.0)
        {
            return Err(format!("a lifter of length {length}: it must be above 0"));
        }
        if !(self.rolloff > 0.0 && self.rolloff <= 1.0) {
            return Err(format!(
                "a roll-off at {}: it must lie above 0, at most at 1",
                self.rolloff
            ));
        }
        for (name, floor) in [("mel", self.floor), ("flatness", self.flatness_floor)] {
            if !(floor.is_finite() && floor >= f32::MIN_POSITIVE) {
                return Err(format!("a floor of {floor} for {name}: it must be above 0"));
            }
        }
        if !(self.full_scale.is_finite() && self.full_scale > 0.0) {
            return Err(format!(
                "full scale at a power of {}: it must be above 0",
                self.full_scale
            ));
        }
        Ok(())
    }
}
