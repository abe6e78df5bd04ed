// SPDX-License-Identifier: MPL-2.0
//! Front ends that give what well-known packages give.
//!
//! A preset does at a rate what its package does there: librosa's frames are counted in samples,
//! Kaldi's in milliseconds, and Whisper, whose model knows one rate, refuses any other.
//!
//! Transforms are in double precision: quiet bands beside loud ones are as true as these, to 1e-4 dB of what
//! librosa gives in double precision. Kaldi itself prepares frames in single precision.
mod front_end;
#[cfg(test)]
mod tests;
mod whisper;

pub use front_end::{FeatureFrame, FrontEnd};
pub use whisper::{Chunk, WhisperChunks};

use super::cepstrum::Lifter;
use super::config::{Config, MelUnit};
use super::feature::FeatureSet;
use super::mel::{Mel, MelScale, Sides};
use crate::spectrum::scale::Calibration;
use crate::spectrum::stft::{self, Padding, Precision, Prepare};
use crate::window::Window;

/// A package whose features are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// `librosa.feature` by default: frames of 2048 samples, 512 apart, through Hann's window
    /// (periodic), centred, with zeros in front and behind; 128 mel bands from 0 Hz to half the rate
    /// on Slaney's scale with equal areas, as 10·log10(max(1e-10, power)) without `top_db`, which
    /// is relative to the maximum of the whole file ([`super::range::limit_range`] does it
    /// then); 20 cepstral coefficients of them; chroma tuned to 440 Hz; roll-off 0.85; onset
    /// strength shifted by half a window.
    Librosa,
    /// What OpenAI's Whisper takes, as `WhisperFeatureExtractor` of Hugging Face computes it: at
    /// 16 kHz frames of 400 samples, 160 apart, through Hann's window (periodic), centred, the ends
    /// reflected, the last frame dropped; 80 mel bands from 0 to 8 kHz on Slaney's scale with equal
    /// areas (128 for large-v3), as (4 + log10(max(1e-10, power))) / 4. That values are at least the
    /// maximum of 30 s less 2 (8 before the division) cannot be known while they come:
    /// [`WhisperChunks`] does it.
    Whisper,
    /// `compute-fbank-feats` and `compute-mfcc-feats` of Kaldi without dither, and with 80 mel
    /// bands where Kaldi itself has 23 and everyone sets 80: full scale is 32768; frames of 25 ms,
    /// 10 ms apart, only whole ones (`snip-edges`); mean subtracted, pre-emphasis 0.97, Povey's
    /// window, transform of the next power of two; bands from 20 Hz to half the rate, straight over
    /// 1127·ln(1 + f/700); natural logarithm of at least the smallest step from 1, 1.19e-7; 13
    /// cepstral coefficients through a lifter of 22, the first being the logarithm of the frame's
    /// energy before pre-emphasis and window.
    Kaldi,
}

/// What a front end is made of; what a preset gives may be changed before.
#[derive(Debug, Clone)]
pub struct Plan {
    /// From samples to spectra.
    pub stft: stft::Config,
    /// From spectra to features.
    pub features: Config,
    /// Whether frames whose middle is less than a hop from the end are dropped, as Whisper does.
    pub drops_last: bool,
}

/// The one rate at which Whisper works.
pub const WHISPER_RATE: u32 = 16_000;

impl Preset {
    /// All of them.
    pub const ALL: [Preset; 3] = [Preset::Librosa, Preset::Whisper, Preset::Kaldi];

    /// The name in lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Preset::Librosa => "librosa",
            Preset::Whisper => "whisper",
            Preset::Kaldi => "kaldi",
        }
    }

    /// The preset of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| preset.name() == name)
    }

    /// What it stands for, at `rate` Hz, for `rows` channels.
    ///
    /// # Errors
    /// A sentence, if the package does not work at that rate.
    pub fn plan(self, rate: u32, rows: usize, features: FeatureSet) -> Result<Plan, String> {
        match self {
            Preset::Librosa => Ok(centred(rate, rows, 2048, 512, Padding::Zero, features)),
            Preset::Whisper if rate != WHISPER_RATE => Err(format!(
                "preset whisper at {rate} Hz: the model takes {WHISPER_RATE} Hz, resample to that before"
            )),
            Preset::Whisper => {
                let mut plan = centred(rate, rows, 400, 160, Padding::Reflect, features);
                plan.features.mel = Mel::slaney(80);
                plan.features.unit = MelUnit::Whisper;
                plan.drops_last = true;
                Ok(plan)
            }
            Preset::Kaldi => kaldi(rate, rows, features),
        }
    }
}

/// Frames through Hann's window, centred on multiples of `hop`.
fn centred(
    rate: u32,
    rows: usize,
    size: usize,
    hop: usize,
    padding: Padding,
    features: FeatureSet,
) -> Plan {
    let window = Window::Hann.periodic(size);
    let mut config = Config::new(f64::from(rate), size, hop, rows, features);
    config.full_scale = Calibration::new(&window, size).full_scale();
    Plan {
        stft: stft::Config {
            rate,
            rows,
            size,
            frame: size,
            window,
            hop,
            padding,
            prepare: Prepare::Nothing,
            whole_only: false,
            phase: false,
            precision: Precision::Double,
        },
        features: config,
        drops_last: false,
    }
}

/// Full scale of 16-bit samples, which is what Kaldi reads.
const KALDI_SCALE: f64 = 32_768.0;
/// Of a frame: far beyond any rate that is in use.
const MOST_SAMPLES: usize = 1 << 16;

fn kaldi(rate: u32, rows: usize, features: FeatureSet) -> Result<Plan, String> {
    // Kaldi rounds down.
    let [frame, hop] = [25, 10].map(|ms| (u64::from(rate) * ms / 1000) as usize);
    if hop == 0 || !(2..=MOST_SAMPLES).contains(&frame) {
        return Err(format!(
            "preset kaldi at {rate} Hz: 10 ms have no sample, or 25 ms more than {MOST_SAMPLES}"
        ));
    }
    let size = frame.next_power_of_two();
    let hann = Window::Hann.symmetric(frame).into_iter();
    let window: Vec<f64> = hann.map(|w| w.powf(0.85)).collect();
    let scale = KALDI_SCALE.powi(2);
    let mut config = Config::new(f64::from(rate), size, hop, rows, features);
    config.mel = Mel {
        bands: 80,
        low: 20.0,
        high: 0.0,
        scale: MelScale::Kaldi,
        sides: Sides::Mel,
        equal_area: false,
    };
    config.unit = MelUnit::Natural;
    config.floor = f32::EPSILON;
    config.coefficients = 13;
    config.lifter = Some(Lifter {
        length: 22.0,
        shift: 0,
    });
    config.energy = true;
    config.onset_delay = 0;
    config.full_scale = Calibration::new(&window, size).full_scale() * scale;
    Ok(Plan {
        stft: stft::Config {
            rate,
            rows,
            size,
            frame,
            window,
            hop,
            padding: Padding::None,
            prepare: Prepare::Kaldi {
                scale: KALDI_SCALE,
                remove_dc: true,
                preemphasis: 0.97,
            },
            whole_only: true,
            phase: false,
            precision: Precision::Double,
        },
        features: config,
        drops_last: false,
    })
}
