// SPDX-License-Identifier: MPL-2.0
//! What the user can set at the element: one table of properties. [`super::band`] has those of bands.
use auris_eq::band;
use auris_eq::equaliser::{self, Phase as DspPhase};
use auris_eq::text::MAX_GAIN;
use gst::{glib, prelude::*};
use std::sync::LazyLock;

/// How digital filters follow their analogue prototypes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, glib::Enum)]
#[enum_type(name = "AurisParaEqDesign")]
#[repr(i32)]
pub enum Design {
    /// Bilinear transform.
    #[default]
    #[enum_value(
        name = "Bilinear, as the Audio EQ Cookbook, AutoEQ and Equalizer APO",
        nick = "rbj"
    )]
    Rbj = 0,
    /// Magnitude matched to the analogue prototype.
    #[enum_value(
        name = "Matched to the analogue prototype up to half the rate",
        nick = "matched"
    )]
    Matched = 1,
}

/// What the phase does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, glib::Enum)]
#[enum_type(name = "AurisParaEqPhase")]
#[repr(i32)]
pub enum Phase {
    /// No latency.
    #[default]
    #[enum_value(name = "Minimum phase, no latency", nick = "minimum")]
    Minimum = 0,
    /// Constant delay.
    #[enum_value(name = "Linear phase, latency of half of fir-length", nick = "linear")]
    Linear = 1,
}

/// What the user set at the element, bands left out. Cheap to copy.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// dB.
    pub preamp: f64,
    pub bypass: bool,
    pub design: Design,
    pub phase: Phase,
    /// Taps.
    pub fir_length: u32,
    /// ns.
    pub ramp_time: u64,
    pub auto_headroom: bool,
    pub n_threads: u32,
}

impl Default for Settings {
    fn default() -> Self {
        let dsp = equaliser::Settings::default();
        Settings {
            preamp: 0.0,
            bypass: false,
            design: Design::Rbj,
            phase: Phase::Minimum,
            fir_length: dsp.taps as u32,
            ramp_time: (dsp.ramp_time * 1e9).round() as u64,
            auto_headroom: false,
            n_threads: 1,
        }
    }
}

impl Settings {
    /// Writes them to where the kernel reads them.
    pub fn apply(&self, to: &mut equaliser::Settings) {
        to.curve.preamp = self.preamp;
        to.curve.auto_headroom = self.auto_headroom;
        to.curve.design = match self.design {
            Design::Rbj => band::Design::Rbj,
            Design::Matched => band::Design::Matched,
        };
        to.bypass = self.bypass;
        to.phase = match self.phase {
            Phase::Minimum => DspPhase::Minimum,
            Phase::Linear => DspPhase::Linear,
        };
        to.taps = (self.fir_length as usize).next_power_of_two();
        to.ramp_time = self.ramp_time as f64 * 1e-9;
        to.threads = self.n_threads as usize;
    }

    /// Sets the property `name`; whether it is among the settings. GObject has checked type and
    /// range.
    pub fn set(&mut self, name: &str, value: &glib::Value) -> bool {
        match name {
            "preamp" => read(value, &mut self.preamp),
            "bypass" => read(value, &mut self.bypass),
            "design" => read(value, &mut self.design),
            "phase" => read(value, &mut self.phase),
            "fir-length" => read(value, &mut self.fir_length),
            "ramp-time" => read(value, &mut self.ramp_time),
            "auto-headroom" => read(value, &mut self.auto_headroom),
            "n-threads" => read(value, &mut self.n_threads),
            _ => return false,
        }
        true
    }

    /// The property `name`; `None` if it is not among the settings.
    pub fn get(&self, name: &str) -> Option<glib::Value> {
        Some(match name {
            "preamp" => self.preamp.to_value(),
            "bypass" => self.bypass.to_value(),
            "design" => self.design.to_value(),
            "phase" => self.phase.to_value(),
            "fir-length" => self.fir_length.to_value(),
            "ramp-time" => self.ramp_time.to_value(),
            "auto-headroom" => self.auto_headroom.to_value(),
            "n-threads" => self.n_threads.to_value(),
            _ => return None,
        })
    }
}

/// Names of the properties that `a` and `b` differ in.
pub fn differences(a: &Settings, b: &Settings) -> Vec<&'static str> {
    let value = |settings: &Settings, name| format!("{:?}", settings.get(name));
    let names = properties().iter().map(|spec| spec.name());
    names
        .filter(|name| value(a, name) != value(b, name))
        .collect()
}

/// Takes over the value of a property.
pub fn read<'a, T: glib::value::FromValue<'a>>(value: &'a glib::Value, setting: &mut T) {
    if let Ok(value) = value.get() {
        *setting = value;
    }
}

/// The table of properties.
pub fn properties() -> &'static [glib::ParamSpec] {
    static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> = LazyLock::new(|| {
        let d = Settings::default();
        vec![
            glib::ParamSpecUInt::builder("num-bands")
                .nick("num-bands")
                .blurb("Number of bands; setting another one lays out frequencies, bandwidths and types anew and keeps gains")
                .minimum(1)
                .maximum(band::MAX_BANDS as u32)
                .default_value(super::bands::DEFAULT_COUNT as u32)
                .mutable_playing()
                .build(),
            glib::ParamSpecDouble::builder("preamp")
                .nick("Preamp")
                .blurb("Gain in dB ahead of all bands")
                .minimum(-MAX_GAIN)
                .maximum(MAX_GAIN)
                .default_value(d.preamp)
                .mutable_playing()
                .controllable()
                .build(),
            glib::ParamSpecBoolean::builder("bypass")
                .nick("Bypass")
                .blurb("Let audio through as it is, without a click; in linear phase as late as without")
                .default_value(d.bypass)
                .mutable_playing()
                .controllable()
                .build(),
            glib::ParamSpecEnum::builder_with_default("design", d.design)
                .nick("Design")
                .blurb("How digital filters follow their analogue prototypes")
                .mutable_playing()
                .build(),
            glib::ParamSpecEnum::builder_with_default("phase", d.phase)
                .nick("Phase")
                .blurb("Minimum phase without latency, or linear phase")
                .mutable_playing()
                .build(),
            glib::ParamSpecUInt::builder("fir-length")
                .nick("FIR length")
                .blurb("Taps of the filter that makes linear phase and GraphicEQ, rounded up to a power of two")
                .minimum(64)
                .maximum(65_536)
                .default_value(d.fir_length)
                .mutable_playing()
                .build(),
            glib::ParamSpecUInt64::builder("ramp-time")
                .nick("Ramp time")
                .blurb("How long a change takes, in ns")
                .maximum(10_000_000_000)
                .default_value(d.ramp_time)
                .mutable_playing()
                .build(),
            glib::ParamSpecBoolean::builder("auto-headroom")
                .nick("Auto headroom")
                .blurb("Lower preamp by what the response exceeds 0 dB anywhere")
                .default_value(d.auto_headroom)
                .mutable_playing()
                .build(),
            glib::ParamSpecUInt::builder("n-threads")
                .nick("Threads")
                .blurb("Threads that share the work; worth it from about 64 channels on")
                .minimum(1)
                .maximum(64)
                .default_value(d.n_threads)
                .mutable_playing()
                .build(),
            glib::ParamSpecString::builder("config")
                .nick("Config")
                .blurb("The bands as Equalizer APO text (AutoEQ's, too); null while all is as it was made, and null makes it so")
                .mutable_playing()
                .build(),
            glib::ParamSpecString::builder("config-file")
                .nick("Config file")
                .blurb("File of Equalizer APO text; read again whenever it changes")
                .mutable_playing()
                .build(),
        ]
    });
    &PROPERTIES
}
