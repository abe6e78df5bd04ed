// SPDX-License-Identifier: MPL-2.0
//! The enumerations among the properties.
use gst::glib;

/// What weights the samples of one transform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, glib::Enum)]
#[enum_type(name = "AurisSpectrumWindow")]
#[repr(i32)]
pub enum Window {
    #[default]
    #[enum_value(name = "Hamming, as in gst-plugins-good", nick = "hamming")]
    Hamming = 0,
    #[enum_value(name = "Hann", nick = "hann")]
    Hann = 1,
    #[enum_value(
        name = "Blackman-Harris: side lobes below -92 dB",
        nick = "blackman-harris"
    )]
    BlackmanHarris = 2,
    #[enum_value(
        name = "Flat top: levels of tones between bins within 0.01 dB",
        nick = "flat-top"
    )]
    FlatTop = 3,
    #[enum_value(name = "Kaiser, of kaiser-beta", nick = "kaiser")]
    Kaiser = 4,
    #[enum_value(name = "Rectangular: none", nick = "rectangular")]
    Rectangular = 5,
}

/// What the values of a spectrum are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, glib::Enum)]
#[enum_type(name = "AurisSpectrumScale")]
#[repr(i32)]
pub enum Scale {
    #[default]
    #[enum_value(
        name = "dB, as in gst-plugins-good: a full-scale sine reads -11.4 with its window",
        nick = "classic"
    )]
    Classic = 0,
    #[enum_value(name = "dB: a full-scale sine reads 0", nick = "dbfs")]
    Dbfs = 1,
    #[enum_value(name = "Power: a full-scale sine reads 1", nick = "power")]
    Power = 2,
    #[enum_value(name = "Amplitude: a full-scale sine reads 1", nick = "amplitude")]
    Amplitude = 3,
}

/// What becomes of the transforms of one interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, glib::Enum)]
#[enum_type(name = "AurisSpectrumAveraging")]
#[repr(i32)]
pub enum Averaging {
    #[default]
    #[enum_value(
        name = "Mean of the decibels, as in gst-plugins-good",
        nick = "decibels"
    )]
    Decibels = 0,
    #[enum_value(name = "Mean of the powers (Welch)", nick = "power")]
    Power = 1,
    #[enum_value(
        name = "Exponential mean of the powers, of time-constant",
        nick = "exponential"
    )]
    Exponential = 2,
    #[enum_value(name = "Highest power, which sinks by decay", nick = "peak-hold")]
    PeakHold = 3,
}

/// Where the bands lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, glib::Enum)]
#[enum_type(name = "AurisSpectrumFrequencyScale")]
#[repr(i32)]
pub enum FrequencyScale {
    #[default]
    #[enum_value(name = "Linear: the bins of the transform", nick = "linear")]
    Linear = 0,
    #[enum_value(name = "Logarithmic, from 20 Hz", nick = "log")]
    Log = 1,
    #[enum_value(name = "Mel", nick = "mel")]
    Mel = 2,
    #[enum_value(name = "Bark", nick = "bark")]
    Bark = 3,
    #[enum_value(name = "Third octaves of IEC 61260", nick = "third-octave")]
    ThirdOctave = 4,
    #[enum_value(
        name = "Octaves of IEC 61260 in bands-per-octave parts",
        nick = "octave"
    )]
    Octave = 5,
}

/// What is added to levels for the ear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, glib::Enum)]
#[enum_type(name = "AurisSpectrumWeighting")]
#[repr(i32)]
pub enum Weighting {
    #[default]
    #[enum_value(name = "None", nick = "none")]
    None = 0,
    #[enum_value(name = "A, of IEC 61672", nick = "a")]
    A = 1,
    #[enum_value(name = "C, of IEC 61672", nick = "c")]
    C = 2,
}

/// What becomes of several channels where `multi-channel` is off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, glib::Enum)]
#[enum_type(name = "AurisSpectrumDownmix")]
#[repr(i32)]
pub enum Downmix {
    #[default]
    #[enum_value(
        name = "The mean of their samples, in which opposite phases cancel out",
        nick = "mean"
    )]
    Mean = 0,
    #[enum_value(
        name = "Two results, of the mean and of half the difference of a stereo pair",
        nick = "mid-side"
    )]
    MidSide = 1,
    #[enum_value(
        name = "The mean of their powers, in which nothing cancels out",
        nick = "power-sum"
    )]
    PowerSum = 2,
}

/// How the numbers of a message are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, glib::Enum)]
#[enum_type(name = "AurisSpectrumDataForm")]
#[repr(i32)]
pub enum DataForm {
    #[default]
    #[enum_value(
        name = "Lists magnitude and phase, as in gst-plugins-good",
        nick = "list"
    )]
    List = 0,
    #[enum_value(
        name = "GBytes of 32-bit floats, magnitude-data and phase-data",
        nick = "bytes"
    )]
    Bytes = 1,
    #[enum_value(name = "Both", nick = "both")]
    Both = 2,
}

/// Parameters of a published front end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, glib::Enum)]
#[enum_type(name = "AurisSpectrumPreset")]
#[repr(i32)]
pub enum Preset {
    #[default]
    #[enum_value(name = "None: as the other properties say", nick = "none")]
    None = 0,
    #[enum_value(
        name = "librosa: log-mel and MFCC of 2048 samples, 512 apart",
        nick = "librosa"
    )]
    Librosa = 1,
    #[enum_value(
        name = "Whisper: log-mel of 400 samples, 160 apart, at 16 kHz",
        nick = "whisper"
    )]
    Whisper = 2,
    #[enum_value(
        name = "Kaldi: filter bank and MFCC of 25 ms, 10 ms apart",
        nick = "kaldi"
    )]
    Kaldi = 3,
}

/// What is computed besides the spectrum.
#[glib::flags(name = "AurisSpectrumFeatures")]
pub enum Features {
    #[flags_value(name = "Log-mel bands", nick = "mel")]
    MEL = 1 << 0,
    #[flags_value(name = "Mel-frequency cepstral coefficients", nick = "mfcc")]
    MFCC = 1 << 1,
    #[flags_value(name = "Energy per pitch class", nick = "chroma")]
    CHROMA = 1 << 2,
    #[flags_value(name = "Spectral centroid in Hz", nick = "centroid")]
    CENTROID = 1 << 3,
    #[flags_value(name = "Spectral bandwidth in Hz", nick = "bandwidth")]
    BANDWIDTH = 1 << 4,
    #[flags_value(
        name = "Frequency in Hz below which 85 % of the magnitude lie",
        nick = "rolloff"
    )]
    ROLLOFF = 1 << 5,
    #[flags_value(
        name = "Spectral flatness: 0 for a tone, 1 for white noise",
        nick = "flatness"
    )]
    FLATNESS = 1 << 6,
    #[flags_value(name = "Spectral flux", nick = "flux")]
    FLUX = 1 << 7,
    #[flags_value(name = "Onset strength", nick = "onset")]
    ONSET = 1 << 8,
}
