// SPDX-License-Identifier: MPL-2.0
//! What the user can set: one table. How it becomes properties is in [`super::table`].
use super::kinds::{
    Averaging, DataForm, Downmix, Features, FrequencyScale, Preset, Scale, Weighting, Window,
};
use super::table::{CLASSIC, LIVE, settings};

/// More bands than this would take gigabytes, and minutes of audio for one result.
pub const MOST_BANDS: u32 = 1 << 22;

settings! {
    /// Values per result.
    bands: u32 = 128, "bands", "Bands", CLASSIC, (2, 1 << 30),
        "Number of frequency bands";
    /// In ns.
    interval: u64 = 100_000_000, "interval", "Interval", CLASSIC, (1, u64::MAX),
        "Audio time between results in ns";
    /// In dB.
    threshold: i32 = -60, "threshold", "Threshold", CLASSIC, (i32::MIN, 0),
        "Level in dB that lower values are raised to";
    post_messages: bool = true, "post-messages", "Post messages", CLASSIC, (),
        "Post results on the bus";
    message_magnitude: bool = true, "message-magnitude", "Magnitude", CLASSIC, (),
        "Have magnitudes in results";
    message_phase: bool = false, "message-phase", "Phase", CLASSIC, (),
        "Have phases in results";
    multi_channel: bool = false, "multi-channel", "Multi-channel", CLASSIC, (),
        "Analyse every channel by itself";
    window: Window = Window::Hamming, "window", "Window", LIVE, (),
        "What weights the samples of a transform";
    kaiser_beta: f64 = 8.6, "kaiser-beta", "Kaiser beta", LIVE, (0.0, 40.0),
        "Shape of the Kaiser window: more is wider and has lower side lobes";
    /// 0 for `2 * bands - 2`.
    fft_size: u32 = 0, "fft-size", "FFT size", LIVE, (0, 1 << 23),
        "Samples of a transform (0 = twice the bands less two, or 4096 where frequency-scale is not linear)";
    /// In frames; 0 for `overlap`.
    hop: u32 = 0, "hop", "Hop", LIVE, (0, 1 << 23),
        "Frames from one transform to the next, at most their size, so that every sample is seen (0 = by overlap)";
    /// Negative for automatic.
    overlap: f64 = -1.0, "overlap", "Overlap", LIVE, (-1.0, 0.99),
        "Part of a transform that the next one sees as well (-1 = one half; as in gst-plugins-good where nothing beyond it is asked for)";
    scale: Scale = Scale::Classic, "scale", "Scale", LIVE, (),
        "What magnitudes are; those in dB are limited by threshold";
    averaging: Averaging = Averaging::Decibels, "averaging", "Averaging", LIVE, (),
        "What becomes of the transforms of an interval";
    /// In ns.
    time_constant: u64 = 125_000_000, "time-constant", "Time constant", LIVE, (1_000, 3_600_000_000_000),
        "Of exponential averaging, in ns: 125 ms is what sound level meters call fast, 1 s slow";
    /// In dB per second.
    decay: f64 = 20.0, "decay", "Decay", LIVE, (0.0, 10_000.0),
        "How fast held peaks sink, in dB per second";
    frequency_scale: FrequencyScale = FrequencyScale::Linear, "frequency-scale", "Frequency scale", LIVE, (),
        "Where the bands lie; octaves and their parts set their own number";
    bands_per_octave: u32 = 3, "bands-per-octave", "Bands per octave", LIVE, (1, 96),
        "Parts of an octave, where frequency-scale is octave";
    weighting: Weighting = Weighting::None, "weighting", "Weighting", LIVE, (),
        "What is added to levels for the ear";
    downmix: Downmix = Downmix::Mean, "downmix", "Downmix", LIVE, (),
        "What becomes of several channels while multi-channel is off";
    features: Features = Features::empty(), "features", "Features", LIVE, (),
        "What is computed besides the spectrum";
    preset: Preset = Preset::None, "preset", "Preset", LIVE, (),
        "Parameters of a published front end, instead of window, fft-size, hop and overlap";
    whisper_chunks: bool = false, "whisper-chunks", "Whisper chunks", LIVE, (),
        "Have frames on features pads, with preset=whisper and features=mel, clamped as the model takes them: 30 s at a time, the last filled up with silence, and so up to 30 s late";
    summary: bool = false, "summary", "Summary", LIVE, (),
        "Post a result for the whole stream at its end";
    sync: bool = false, "sync", "Sync", LIVE, (),
        "Post results when the audio they describe is presented";
    message_data: DataForm = DataForm::List, "message-data", "Message data", LIVE, (),
        "How the numbers of a result are stored; bytes are what Python reads a thousand times faster";
}

impl Settings {
    /// Whether `other` analyses in the same way: if so it needs no other plan.
    pub fn same_plan(&self, other: &Settings, has_pads: bool) -> bool {
        let planned = |settings: &Settings| Settings {
            threshold: 0,
            post_messages: false,
            message_magnitude: false,
            // Phases beyond gst-plugins-good's need memory of their own.
            message_phase: settings.message_phase && (has_pads || !settings.is_classic()),
            summary: false,
            sync: false,
            message_data: DataForm::List,
            ..*settings
        };
        planned(self) == planned(other)
    }

    /// Whether `other` makes the same frames on pads, if the transforms are the same: what differs is of
    /// no interest but to results.
    pub fn same_frames(&self, other: &Settings) -> bool {
        let nothing = Settings::default();
        let framed = |settings: &Settings| {
            let mut framed = Settings {
                interval: nothing.interval,
                message_phase: nothing.message_phase,
                averaging: nothing.averaging,
                time_constant: nothing.time_constant,
                decay: nothing.decay,
                ..*settings
            };
            if !settings.features.is_empty() {
                framed.bands = nothing.bands;
                framed.scale = nothing.scale;
                framed.frequency_scale = nothing.frequency_scale;
                framed.bands_per_octave = nothing.bands_per_octave;
                framed.weighting = nothing.weighting;
            }
            framed
        };
        framed(self).same_plan(&framed(other), true)
    }

    /// Whether channels are transformed one by one.
    pub fn has_rows(&self) -> bool {
        self.multi_channel || self.downmix != Downmix::Mean
    }

    /// Whether everything is as in gst-plugins-good.
    pub fn is_classic(&self) -> bool {
        let classic = Settings::default();
        self.window == classic.window
            && self.fft_size == 0
            && self.hop == 0
            && self.overlap < 0.0
            && self.scale == classic.scale
            && self.averaging == classic.averaging
            && self.frequency_scale == classic.frequency_scale
            && self.weighting == classic.weighting
            && self.downmix == classic.downmix
            && self.features.is_empty()
            && self.preset == classic.preset
            && !self.whisper_chunks
    }
}
