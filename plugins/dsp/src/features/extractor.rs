// SPDX-License-Identifier: MPL-2.0
//! From a power spectrum to the features that were asked for.
use super::cepstrum::Cepstrum;
use super::chroma::Chroma;
use super::config::{Config, MelUnit};
use super::feature::Feature;
use super::flatness::flatness;
use super::magnitudes::{Kept, Magnitudes};
use super::onset::Onset;
use crate::simd::Level;
use crate::spectrum::decibel_kernel::power_to_decibel;
use crate::spectrum::filter_bank::FilterBank;

/// Where a feature lies among the values of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Output {
    /// The feature.
    pub feature: Feature,
    /// Its first value.
    pub offset: usize,
    /// Its values.
    pub length: usize,
}

/// What needs mel bands.
const OF_MEL: [Feature; 3] = [Feature::Mel, Feature::Mfcc, Feature::Onset];
/// What needs magnitudes.
const OF_MAGNITUDES: [Feature; 4] = [
    Feature::Centroid,
    Feature::Bandwidth,
    Feature::Rolloff,
    Feature::Flux,
];

/// What needs their sums as well.
const OF_SUMS: [Feature; 3] = [Feature::Centroid, Feature::Bandwidth, Feature::Rolloff];

/// Computes features frame by frame. All memory is allocated when it is made; what several
/// features need is computed once, and nothing that none of them needs.
#[derive(Debug, Clone)]
pub struct Extractor {
    level: Level,
    config: Config,
    outputs: Vec<Output>,
    mel: Option<MelPart>,
    magnitudes: Option<Magnitudes>,
    chroma: Option<Chroma>,
    flux: Option<Flux>,
}

#[derive(Debug, Clone)]
struct MelPart {
    bank: FilterBank,
    power: Vec<f32>,
    /// In the unit of the cepstrum.
    logarithms: Vec<f32>,
    cepstrum: Option<Cepstrum>,
    onset: Option<Onset>,
}

#[derive(Debug, Clone)]
struct Flux {
    /// A root of the power to an amplitude, a full-scale sine's being 1.
    scale: f64,
    /// Per row, with whether there was a frame.
    before: Vec<(bool, Kept)>,
}

impl Extractor {
    /// An extractor.
    ///
    /// # Errors
    /// A sentence that says what of `config` cannot be.
    pub fn new(config: Config) -> Result<Self, String> {
        Self::with_level(Level::best(), config)
    }

    /// As [`Extractor::new`], on one instruction set.
    ///
    /// # Errors
    /// As there.
    pub fn with_level(level: Level, config: Config) -> Result<Self, String> {
        config.check()?;
        let wants = |feature| config.features.has(feature);
        let bins = config.size / 2 + 1;
        let mel = match config.features.has_any(&OF_MEL) {
            true => Some(MelPart::new(level, &config)?),
            false => None,
        };
        let magnitudes = config
            .features
            .has_any(&OF_MAGNITUDES)
            .then(|| Magnitudes::with_level(level, bins));
        let flux = magnitudes
            .as_ref()
            .filter(|_| wants(Feature::Flux))
            .map(|m| Flux {
                scale: config.full_scale.sqrt().recip(),
                before: vec![(false, m.room()); config.rows],
            });
        let chroma = || Chroma::with_level(level, config.rate, config.size);
        Ok(Extractor {
            level,
            outputs: outputs(&config),
            mel,
            magnitudes,
            chroma: wants(Feature::Chroma).then(chroma),
            flux,
            config,
        })
    }

    /// What it was made of.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The features in order; each begins where the one before ends.
    pub fn outputs(&self) -> &[Output] {
        &self.outputs
    }

    /// Values of a frame.
    pub fn length(&self) -> usize {
        self.outputs
            .last()
            .map_or(0, |last| last.offset + last.length)
    }

    /// Mel filters that weigh no bin, and so are always silent: too many bands for the size.
    pub fn empty_bands(&self) -> usize {
        self.mel.as_ref().map_or(0, |mel| mel.bank.empty())
    }

    /// The next frame has none before it.
    pub fn reset(&mut self) {
        if let Some(onset) = self.mel.as_mut().and_then(|mel| mel.onset.as_mut()) {
            onset.reset();
        }
        if let Some(flux) = &mut self.flux {
            flux.before.iter_mut().for_each(|(begun, _)| *begun = false);
        }
    }

    /// Writes the values of the next frame of a row. `power` is |X|², unscaled, from 0 Hz to half
    /// the rate; `energy` the sum of the frame's squared samples, of interest only for
    /// [`Config::energy`]; `out` has [`Extractor::length`] values. Does nothing if there is no such
    /// row or one of the slices has another length.
    pub fn extract(&mut self, row: usize, power: &[f32], energy: f32, out: &mut [f32]) {
        let fits = power.len() == self.config.size / 2 + 1 && out.len() == self.length();
        if !fits || row >= self.config.rows {
            return;
        }
        if let Some(mel) = &mut self.mel {
            mel.compute(power, self.level, &self.config);
        }
        if let Some(magnitudes) = &mut self.magnitudes {
            magnitudes.set(power);
            if self.config.features.has_any(&OF_SUMS) {
                magnitudes.sum_up();
            }
        }
        let mut rest = out;
        for i in 0..self.outputs.len() {
            let Output {
                feature, length, ..
            } = self.outputs[i];
            let (mine, others) = rest.split_at_mut(length);
            rest = others;
            match feature {
                Feature::Mel | Feature::Mfcc | Feature::Onset => {
                    if let Some(mel) = &mut self.mel {
                        mel.write(feature, row, energy, mine, &self.config);
                    }
                }
                Feature::Chroma => {
                    if let (Some(chroma), Ok(mine)) = (&self.chroma, mine.try_into()) {
                        chroma.apply(power, mine);
                    }
                }
                Feature::Flatness => {
                    mine[0] = flatness(self.level, power, self.config.flatness_floor) as f32;
                }
                _ => mine[0] = self.of_magnitudes(feature, row) as f32,
            }
        }
    }

    fn of_magnitudes(&mut self, feature: Feature, row: usize) -> f64 {
        let Some(magnitudes) = &self.magnitudes else {
            return 0.0;
        };
        let spacing = self.config.rate / self.config.size as f64;
        match (feature, &mut self.flux) {
            (Feature::Centroid, _) => magnitudes.centroid() * spacing,
            (Feature::Bandwidth, _) => magnitudes.bandwidth(magnitudes.centroid()) * spacing,
            (Feature::Rolloff, _) => magnitudes.rolloff(self.config.rolloff) as f64 * spacing,
            (Feature::Flux, Some(flux)) => {
                let (begun, before) = &mut flux.before[row];
                if std::mem::replace(begun, true) {
                    return magnitudes.distance(before) * flux.scale;
                }
                magnitudes.keep(before);
                0.0
            }
            _ => 0.0,
        }
    }
}

impl MelPart {
    fn new(level: Level, config: &Config) -> Result<Self, String> {
        let wants = |feature| config.features.has(feature);
        let bands = config.mel.bands;
        let cepstrum = || Cepstrum::with_level(level, bands, config.coefficients, config.lifter);
        let onset = || Onset::new(config.rows, bands, config.onset_delay);
        Ok(MelPart {
            bank: config
                .mel
                .filter_bank_with_level(level, config.rate, config.size)?,
            power: vec![0.0; bands],
            logarithms: vec![0.0; bands],
            cepstrum: wants(Feature::Mfcc).then(cepstrum),
            onset: wants(Feature::Onset).then(onset),
        })
    }

    fn compute(&mut self, power: &[f32], level: Level, config: &Config) {
        self.bank.apply(power, &mut self.power);
        let only_power = self.cepstrum.is_none() && self.onset.is_none();
        if config.unit != MelUnit::Power || !only_power {
            let floor = 10.0 * config.floor.log10();
            power_to_decibel(level, &self.power, 0.0, floor, &mut self.logarithms);
        }
    }

    fn write(
        &mut self,
        feature: Feature,
        row: usize,
        energy: f32,
        out: &mut [f32],
        config: &Config,
    ) {
        let (scale, offset) = config.unit.per_decibel();
        match (feature, &self.cepstrum, &mut self.onset) {
            (Feature::Mel, ..) if config.unit == MelUnit::Power => out.copy_from_slice(&self.power),
            (Feature::Mel, ..) => {
                for (out, decibel) in out.iter_mut().zip(&self.logarithms) {
                    *out = decibel * scale + offset;
                }
            }
            (Feature::Mfcc, Some(cepstrum), _) => {
                cepstrum.apply(&self.logarithms, out);
                if config.unit == MelUnit::Natural {
                    out.iter_mut().for_each(|c| *c *= scale);
                }
                if config.energy {
                    out[0] = energy.max(config.floor).ln();
                }
            }
            (Feature::Onset, _, Some(onset)) => out[0] = onset.step(row, &self.logarithms),
            _ => {}
        }
    }
}

fn outputs(config: &Config) -> Vec<Output> {
    let place = |offset: &mut usize, feature| {
        let length = config.length(feature);
        let output = Output {
            feature,
            offset: *offset,
            length,
        };
        *offset += length;
        Some(output)
    };
    config.features.iter().scan(0, place).collect()
}
