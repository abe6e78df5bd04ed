// SPDX-License-Identifier: MPL-2.0
//! What the user can set.
use auris_dsp::decibel;
use auris_dsp::dr14::{self, Options};
use auris_dsp::loudness::Wanted;
use gst::{glib, prelude::*};
use std::sync::LazyLock;

/// Which published tool the headline value follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, glib::Enum)]
#[enum_type(name = "AurisDrMeterDialect")]
#[repr(i32)]
pub enum Dialect {
    /// foobar2000 DR Meter 1.0.3.
    #[default]
    #[enum_value(name = "foobar2000 DR Meter 1.0.3", nick = "foobar")]
    Foobar = 0,
    /// dr14_t.meter 2.1.2.
    #[enum_value(name = "dr14_t.meter 2.1.2", nick = "tt")]
    Tt = 1,
    /// As foobar, without its quantisation.
    #[enum_value(name = "As foobar, block RMS not quantised", nick = "exact")]
    Exact = 2,
}

impl From<Dialect> for dr14::Dialect {
    fn from(dialect: Dialect) -> Self {
        match dialect {
            Dialect::Foobar => dr14::Dialect::Foobar,
            Dialect::Tt => dr14::Dialect::Tt,
            Dialect::Exact => dr14::Dialect::Exact,
        }
    }
}

/// Which EBU R128 values are measured as well.
#[glib::flags(name = "AurisDrMeterLoudness")]
pub enum Loudness {
    /// Integrated loudness.
    #[flags_value(name = "Integrated loudness", nick = "integrated")]
    INTEGRATED = 1 << 0,
    /// Loudness range.
    #[flags_value(name = "Loudness range", nick = "range")]
    RANGE = 1 << 1,
    /// Highest momentary loudness.
    #[flags_value(name = "Highest momentary loudness (400 ms)", nick = "momentary")]
    MOMENTARY = 1 << 2,
    /// Highest short-term loudness.
    #[flags_value(name = "Highest short-term loudness (3 s)", nick = "short-term")]
    SHORT_TERM = 1 << 3,
    /// True peak.
    #[flags_value(name = "True peak", nick = "true-peak")]
    TRUE_PEAK = 1 << 4,
}

impl From<Loudness> for Wanted {
    fn from(flags: Loudness) -> Self {
        Wanted {
            integrated: flags.contains(Loudness::INTEGRATED),
            range: flags.contains(Loudness::RANGE),
            momentary: flags.contains(Loudness::MOMENTARY),
            short_term: flags.contains(Loudness::SHORT_TERM),
            true_peak: flags.contains(Loudness::TRUE_PEAK),
        }
    }
}

/// What the user set. Cheap to copy; locked only for the length of a copy.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    pub dialect: Dialect,
    pub exclude_lfe: bool,
    pub explain: bool,
    pub silence_filter: bool,
    pub silence_threshold: f64,
    pub edge_trim: bool,
    pub edge_threshold: f64,
    pub loudness: Loudness,
    pub checksum: bool,
    /// In ns; 0 for never.
    pub interval: u64,
    /// In ns; 0 for everything.
    pub window: u64,
    pub first_frame: u64,
    pub post_messages: bool,
    pub sync: bool,
    pub tags: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            dialect: Dialect::Foobar,
            exclude_lfe: false,
            explain: true,
            silence_filter: false,
            silence_threshold: -70.0,
            edge_trim: false,
            edge_threshold: -60.0,
            loudness: Loudness::empty(),
            checksum: false,
            interval: 0,
            window: 0,
            first_frame: 0,
            post_messages: true,
            sync: false,
            tags: true,
        }
    }
}

impl Settings {
    /// How a result that is due now is evaluated.
    pub fn options(&self, lfe: &[bool], explain: bool) -> Options {
        Options {
            dialect: self.dialect.into(),
            lfe: lfe.to_vec(),
            exclude_lfe: self.exclude_lfe,
            silence_filter: self
                .silence_filter
                .then(|| decibel::to_amplitude(self.silence_threshold)),
            explain: explain && self.explain,
        }
    }

    /// Sets the property `name`. GObject has checked type and range.
    pub fn set(&mut self, name: &str, value: &glib::Value) {
        match name {
            "dialect" => read(value, &mut self.dialect),
            "exclude-lfe" => read(value, &mut self.exclude_lfe),
            "explain" => read(value, &mut self.explain),
            "silence-filter" => read(value, &mut self.silence_filter),
            "silence-threshold" => read(value, &mut self.silence_threshold),
            "edge-trim" => read(value, &mut self.edge_trim),
            "edge-threshold" => read(value, &mut self.edge_threshold),
            "loudness" => read(value, &mut self.loudness),
            "checksum" => read(value, &mut self.checksum),
            "interval" => read(value, &mut self.interval),
            "window" => read(value, &mut self.window),
            "first-frame" => read(value, &mut self.first_frame),
            "post-messages" => read(value, &mut self.post_messages),
            "sync" => read(value, &mut self.sync),
            "tags" => read(value, &mut self.tags),
            _ => {}
        }
    }

    /// The property `name`; `None` if it is not among the settings.
    pub fn get(&self, name: &str) -> Option<glib::Value> {
        Some(match name {
            "dialect" => self.dialect.to_value(),
            "exclude-lfe" => self.exclude_lfe.to_value(),
            "explain" => self.explain.to_value(),
            "silence-filter" => self.silence_filter.to_value(),
            "silence-threshold" => self.silence_threshold.to_value(),
            "edge-trim" => self.edge_trim.to_value(),
            "edge-threshold" => self.edge_threshold.to_value(),
            "loudness" => self.loudness.to_value(),
            "checksum" => self.checksum.to_value(),
            "interval" => self.interval.to_value(),
            "window" => self.window.to_value(),
            "first-frame" => self.first_frame.to_value(),
            "post-messages" => self.post_messages.to_value(),
            "sync" => self.sync.to_value(),
            "tags" => self.tags.to_value(),
            _ => return None,
        })
    }
}

fn read<'a, T: glib::value::FromValue<'a>>(value: &'a glib::Value, setting: &mut T) {
    if let Ok(value) = value.get() {
        *setting = value;
    }
}

/// The table of properties.
pub fn properties() -> &'static [glib::ParamSpec] {
    static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> = LazyLock::new(|| {
        let d = Settings::default();
        vec![
            glib::ParamSpecEnum::builder_with_default("dialect", d.dialect)
                .nick("Dialect")
                .blurb("Which published tool the headline value follows; every result carries all")
                .mutable_playing()
                .build(),
            flag(
                "exclude-lfe",
                "Exclude LFE",
                "Leave low-frequency-effects channels out of the headline value",
                d.exclude_lfe,
            )
            .mutable_playing()
            .build(),
            flag(
                "explain",
                "Explain",
                "List in final results the blocks that make the loud part of each channel",
                d.explain,
            )
            .mutable_playing()
            .build(),
            flag(
                "silence-filter",
                "Silence filter",
                "Leave out blocks that are quieter than silence-threshold",
                d.silence_filter,
            )
            .mutable_playing()
            .build(),
            decibels(
                "silence-threshold",
                "Silence threshold",
                "RMS in dB (a full-scale sine has 0) below which silence-filter leaves a block out",
                d.silence_threshold,
            )
            .mutable_playing()
            .build(),
            flag(
                "edge-trim",
                "Edge trim",
                "Leave out leading and trailing silence of at least 60 ms; takes effect with the next measurement",
                d.edge_trim,
            )
            .build(),
            decibels(
                "edge-threshold",
                "Edge threshold",
                "Sample magnitude in dB of full scale up to which edge-trim takes samples for silence",
                d.edge_threshold,
            )
            .build(),
            glib::ParamSpecFlags::builder::<Loudness>("loudness")
                .nick("Loudness")
                .blurb("EBU R128 values to measure as well; takes effect with the next measurement")
                .build(),
            flag(
                "checksum",
                "Checksum",
                "Compute the MD5 of the PCM, which for lossless sources of 16, 24 or 32 bits equals that in a FLAC file's STREAMINFO; takes effect with the next measurement",
                d.checksum,
            )
            .build(),
            nanoseconds(
                "interval",
                "Interval",
                "Audio time between provisional results in ns (0 = none)",
                d.interval,
            )
            .mutable_playing()
            .build(),
            nanoseconds(
                "window",
                "Window",
                "Measure the latest part only, this long in ns and rounded up to whole blocks, so that memory is bounded for ever (0 = everything); takes effect with the next measurement",
                d.window,
            )
            .build(),
            glib::ParamSpecUInt64::builder("first-frame")
                .nick("First frame")
                .blurb("Index in the whole of the first frame measured, when an input is measured in parts that are joined; aligns the blocks; takes effect with the next measurement")
                .maximum(i64::MAX as u64)
                .default_value(d.first_frame)
                .build(),
            flag(
                "post-messages",
                "Post messages",
                "Post results on the bus",
                d.post_messages,
            )
            .mutable_playing()
            .build(),
            flag(
                "sync",
                "Sync",
                "Post provisional results when the audio they describe is presented",
                d.sync,
            )
            .mutable_playing()
            .build(),
            flag(
                "tags",
                "Tags",
                "Send final results downstream as tags",
                d.tags,
            )
            .mutable_playing()
            .build(),
            glib::ParamSpecBoxed::builder::<gst::Structure>("last-result")
                .nick("Last result")
                .blurb("The latest result, provisional or final, as posted on the bus")
                .read_only()
                .build(),
        ]
    });
    &PROPERTIES
}

fn flag<'a>(
    name: &'a str,
    nick: &'a str,
    blurb: &'a str,
    default: bool,
) -> glib::ParamSpecBooleanBuilder<'a> {
    glib::ParamSpecBoolean::builder(name)
        .nick(nick)
        .blurb(blurb)
        .default_value(default)
}

fn decibels<'a>(
    name: &'a str,
    nick: &'a str,
    blurb: &'a str,
    default: f64,
) -> glib::ParamSpecDoubleBuilder<'a> {
    glib::ParamSpecDouble::builder(name)
        .nick(nick)
        .blurb(blurb)
        .minimum(-200.0)
        .maximum(0.0)
        .default_value(default)
}

fn nanoseconds<'a>(
    name: &'a str,
    nick: &'a str,
    blurb: &'a str,
    default: u64,
) -> glib::ParamSpecUInt64Builder<'a> {
    glib::ParamSpecUInt64::builder(name)
        .nick(nick)
        .blurb(blurb)
        .maximum(i64::MAX as u64)
        .default_value(default)
}
