// SPDX-License-Identifier: MPL-2.0
//! From settings to what the kernels are told.
use super::kinds::{Downmix, Features, FrequencyScale, Preset, Scale, Weighting, Window};
use super::settings::Settings;
use auris_dsp::features::{self, Feature, FeatureSet, presets};
use auris_dsp::simd::Level;
use auris_dsp::spectrum::bands;
use auris_dsp::spectrum::filter_bank::FilterBank;
use auris_dsp::spectrum::intake;
use auris_dsp::spectrum::scale::Calibration;
use auris_dsp::spectrum::stft::{self, Padding, Precision, Prepare};
use auris_dsp::spectrum::weighting;
use auris_dsp::window;
use gst_audio::AudioInfo;

/// Samples of a transform whose bins are summed to bands, where nobody says how many.
const BAND_SIZE: usize = 4096;
/// Where scales begin that cannot begin at 0, in Hz.
const LOWEST: f64 = 20.0;
/// The part of a frame that the next one sees as well, where nobody says which.
const OVERLAP: f64 = 0.5;

/// How bins become bands.
pub enum Bank {
    /// Each is one, times its factor.
    Bins(Vec<f32>),
    Filters(FilterBank),
}

pub struct Front {
    pub intake: intake::Downmix,
    pub stft: stft::Config,
    pub features: Option<features::Config>,
    /// Frames whose middle is less than a hop from the end are dropped.
    pub drops_last: bool,
}

impl Front {
    /// # Errors
    /// A sentence, if there is no such analysis.
    pub fn new(info: &AudioInfo, settings: &Settings) -> Result<Self, String> {
        let (rate, channels) = (info.rate(), info.channels() as usize);
        let intake = match settings.downmix {
            _ if settings.multi_channel => intake::Downmix::Channels,
            Downmix::Mean => intake::Downmix::Mean,
            Downmix::MidSide => intake::Downmix::MidSide,
            Downmix::PowerSum => intake::Downmix::Channels,
        };
        let rows = intake.rows(channels);
        let wanted = feature_set(settings.features);
        let preset = match settings.preset {
            Preset::None => None,
            Preset::Librosa => Some(presets::Preset::Librosa),
            Preset::Whisper => Some(presets::Preset::Whisper),
            Preset::Kaldi => Some(presets::Preset::Kaldi),
        };
        let mut front = match preset {
            Some(preset) => {
                let plan = preset.plan(rate, rows, wanted)?;
                Front {
                    intake,
                    stft: plan.stft,
                    features: Some(plan.features),
                    drops_last: plan.drops_last,
                }
            }
            None => Self::custom(rate, rows, intake, wanted, settings),
        };
        if wanted.is_empty() {
            front.features = None;
        }
        front.stft.phase = settings.message_phase && front.tells_bins(settings);
        Ok(front)
    }

    fn custom(
        rate: u32,
        rows: usize,
        intake: intake::Downmix,
        wanted: FeatureSet,
        settings: &Settings,
    ) -> Self {
        let size = match settings.fft_size as usize {
            0 if settings.frequency_scale == FrequencyScale::Linear => {
                2 * settings.bands as usize - 2
            }
            0 => BAND_SIZE,
            size => size.max(2),
        };
        let overlap = match settings.overlap {
            overlap if overlap < 0.0 => OVERLAP,
            overlap => overlap,
        };
        let hop = match settings.hop as usize {
            0 => (size as f64 * (1.0 - overlap)).round() as usize,
            hop => hop,
        };
        let hop = hop.clamp(1, size);
        let kind = match settings.window {
            Window::Hamming => window::Window::Hamming,
            Window::Hann => window::Window::Hann,
            Window::BlackmanHarris => window::Window::BlackmanHarris,
            Window::FlatTop => window::Window::FlatTop,
            Window::Kaiser => window::Window::Kaiser {
                beta: settings.kaiser_beta,
            },
            Window::Rectangular => window::Window::Rectangular,
        };
        let window = kind.periodic(size);
        let mut config = features::Config::new(f64::from(rate), size, hop, rows, wanted);
        config.full_scale = Calibration::new(&window, size).full_scale();
        config.onset_delay = 0;
        Front {
            intake,
            features: Some(config),
            stft: stft::Config {
                rate,
                rows,
                size,
                frame: size,
                window,
                hop,
                padding: Padding::None,
                prepare: Prepare::Nothing,
                whole_only: false,
                phase: false,
                // What no package is to be met with: presets are in double precision.
                precision: Precision::Single,
            },
            drops_last: false,
        }
    }

    /// Whether bands are the bins of the transform.
    fn tells_bins(&self, settings: &Settings) -> bool {
        settings.frequency_scale == FrequencyScale::Linear
            && settings.bands as usize == self.stft.size / 2 + 1
    }

    /// How bins become bands, and the centre of each band in Hz.
    ///
    /// # Errors
    /// A sentence, if there are no such bands.
    pub fn bank(&self, settings: &Settings) -> Result<(Bank, Vec<f32>), String> {
        let (rate, size) = (f64::from(self.stft.rate), self.stft.size);
        let calibration = Calibration::new(&self.stft.window, size);
        let bins = self.tells_bins(settings);
        let mut factors = match (settings.scale, bins) {
            (Scale::Classic, _) => vec![(size as f64).powi(-2); size / 2 + 1],
            (_, true) => calibration.of_bins(),
            (_, false) => calibration.of_sums(),
        };
        if let Prepare::Kaldi { scale, .. } = self.stft.prepare {
            let square = scale.powi(2);
            factors.iter_mut().for_each(|factor| *factor /= square);
        }
        let weighting = match settings.weighting {
            Weighting::None => weighting::Weighting::None,
            Weighting::A => weighting::Weighting::A,
            Weighting::C => weighting::Weighting::C,
        };
        let weights = weighting.factors(rate, size);
        let pairs = factors.iter_mut().zip(&weights);
        pairs.for_each(|(factor, weight)| *factor *= weight);
        if bins {
            let centres = (0..=size / 2).map(|bin| (bin as f64 * rate / size as f64) as f32);
            return Ok((Bank::Bins(floats(&factors)), centres.collect()));
        }
        let (scale, low) = match settings.frequency_scale {
            FrequencyScale::Linear => (bands::FrequencyScale::Linear, 0.0),
            FrequencyScale::Log => (bands::FrequencyScale::Logarithmic, LOWEST),
            FrequencyScale::Mel => (bands::FrequencyScale::Mel, 0.0),
            FrequencyScale::Bark => (bands::FrequencyScale::Bark, 0.0),
            FrequencyScale::ThirdOctave => (bands::FrequencyScale::Octave { fraction: 3 }, LOWEST),
            FrequencyScale::Octave => {
                let fraction = settings.bands_per_octave;
                (bands::FrequencyScale::Octave { fraction }, LOWEST)
            }
        };
        let list = scale.bands(settings.bands as usize, low, rate / 2.0, rate)?;
        let filters = bands::filter_bank(Level::best(), &list, rate, size, &factors);
        let centres = list.iter().map(|band| band.centre as f32).collect();
        Ok((Bank::Filters(filters), centres))
    }
}

fn feature_set(features: Features) -> FeatureSet {
    let pairs = [
        (Features::MEL, Feature::Mel),
        (Features::MFCC, Feature::Mfcc),
        (Features::CHROMA, Feature::Chroma),
        (Features::CENTROID, Feature::Centroid),
        (Features::BANDWIDTH, Feature::Bandwidth),
        (Features::ROLLOFF, Feature::Rolloff),
        (Features::FLATNESS, Feature::Flatness),
        (Features::FLUX, Feature::Flux),
        (Features::ONSET, Feature::Onset),
    ];
    let wanted = pairs.iter().filter(|(flag, _)| features.contains(*flag));
    wanted.map(|(_, feature)| *feature).collect()
}

fn floats(values: &[f64]) -> Vec<f32> {
    values.iter().map(|value| *value as f32).collect()
}
