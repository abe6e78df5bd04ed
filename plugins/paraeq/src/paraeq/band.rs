// SPDX-License-Identifier: MPL-2.0
//! One band as a child object of the element.
use super::kinds::{Alignment, Kind, StereoMode};
use super::settings::read;
use auris_eq::band::{self, Width};
use auris_eq::text::MAX_GAIN;
use auris_support::result_sink::lock;
use gst::{glib, prelude::*, subclass::prelude::*};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, OnceLock};

/// Which property says how wide a band is: the one written last.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Written {
    Q,
    Bandwidth,
    /// No property but a configuration can say octaves.
    Octaves(f64),
    /// Nor a slope S where the property `slope` does not shape or does not reach.
    Slope(f64),
}

/// What the user set at a band.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct State {
    pub kind: Kind,
    /// Hz.
    pub freq: f64,
    /// Hz.
    pub bandwidth: f64,
    pub q: f64,
    /// dB.
    pub gain: f64,
    /// dB per octave.
    pub slope: f64,
    pub width: Written,
    /// `slope` was written after `width`: it shapes a shelf.
    pub slope_shapes: bool,
    pub alignment: Alignment,
    pub enabled: bool,
    pub channels: u64,
    pub stereo_mode: StereoMode,
}

impl Default for State {
    fn default() -> Self {
        State {
            kind: Kind::Peak,
            freq: 0.0,
            bandwidth: 1.0,
            q: std::f64::consts::FRAC_1_SQRT_2,
            gain: 0.0,
            slope: 12.0,
            width: Written::Bandwidth,
            slope_shapes: false,
            alignment: Alignment::Butterworth,
            enabled: true,
            channels: u64::MAX,
            stereo_mode: StereoMode::Stereo,
        }
    }
}

impl State {
    /// The band as the kernel knows it.
    pub fn band(&self) -> band::Band {
        band::Band {
            kind: self.kind.into(),
            freq: self.freq,
            gain: self.gain,
            width: match self.width {
                _ if self.kind.is_shelf() && self.slope_shapes => Width::Slope(self.slope / 12.0),
                Written::Q => Width::Q(self.q),
                Written::Bandwidth => Width::Hz(self.bandwidth),
                Written::Octaves(octaves) => Width::Octaves(octaves),
                Written::Slope(slope) => Width::Slope(slope),
            },
            order: (self.slope / 6.0).round().clamp(1.0, 16.0) as u8,
            alignment: self.alignment.into(),
            enabled: self.enabled,
            channels: self.channels,
            stereo_mode: self.stereo_mode.into(),
        }
    }

    /// The properties that make `band`. What is beyond the range of one is kept as it is: a
    /// configuration means what it says.
    pub fn of(band: &band::Band) -> Self {
        let mut state = State {
            kind: band.kind.into(),
            freq: band.freq,
            gain: band.gain,
            slope: 6.0 * f64::from(band.order),
            width: Written::Q,
            alignment: band.alignment.into(),
            enabled: band.enabled,
            channels: band.channels,
            stereo_mode: band.stereo_mode.into(),
            ..State::default()
        };
        match band.width {
            Width::Q(q) => state.q = q,
            Width::Hz(hz) => {
                state.bandwidth = hz;
                state.width = Written::Bandwidth;
            }
            Width::Octaves(octaves) => {
                // Of an analogue band, for those who read `q`; what is in force are the octaves.
                let q = 0.5 / (0.5 * std::f64::consts::LN_2 * octaves).sinh();
                state.q = q.clamp(MIN_Q, MAX_Q);
                state.width = Written::Octaves(octaves);
            }
            Width::Slope(slope) => {
                let property = 12.0 * slope;
                if state.kind.is_shelf() && (MIN_SLOPE..=MAX_SLOPE).contains(&property) {
                    state.slope = property;
                    state.slope_shapes = true;
                } else {
                    state.width = Written::Slope(slope);
                }
            }
        }
        state
    }

    /// Sets the property `name`. GObject has checked type and range.
    pub fn set(&mut self, name: &str, value: &glib::Value) {
        match name {
            "gain" => read(value, &mut self.gain),
            "freq" => read(value, &mut self.freq),
            "bandwidth" => {
                read(value, &mut self.bandwidth);
                (self.width, self.slope_shapes) = (Written::Bandwidth, false);
            }
            "q" => {
                read(value, &mut self.q);
                (self.width, self.slope_shapes) = (Written::Q, false);
            }
            "slope" => {
                read(value, &mut self.slope);
                self.slope_shapes = true;
            }
            "type" => read(value, &mut self.kind),
            "alignment" => read(value, &mut self.alignment),
            "enabled" => read(value, &mut self.enabled),
            "channels" => read(value, &mut self.channels),
            "stereo-mode" => read(value, &mut self.stereo_mode),
            _ => {}
        }
    }

    fn get(&self, name: &str) -> Option<glib::Value> {
        Some(match name {
            "gain" => self.gain.to_value(),
            "freq" => self.freq.to_value(),
            "bandwidth" => self.bandwidth.to_value(),
            "q" => self.q.to_value(),
            "slope" => self.slope.to_value(),
            "type" => self.kind.to_value(),
            "alignment" => self.alignment.to_value(),
            "enabled" => self.enabled.to_value(),
            "channels" => self.channels.to_value(),
            "stereo-mode" => self.stereo_mode.to_value(),
            _ => return None,
        })
    }
}

const MAX_HZ: f64 = 100_000.0;
const MIN_Q: f64 = 0.01;
const MAX_Q: f64 = 1000.0;
const MIN_SLOPE: f64 = 1.0;
const MAX_SLOPE: f64 = 96.0;

/// The table of a band's properties. `slope` comes before what overrides it.
pub fn properties() -> &'static [glib::ParamSpec] {
    static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> = LazyLock::new(|| {
        let d = State::default();
        let number = |name, blurb, (minimum, maximum), default| {
            glib::ParamSpecDouble::builder(name)
                .nick(name)
                .blurb(blurb)
                .minimum(minimum)
                .maximum(maximum)
                .default_value(default)
                .mutable_playing()
                .controllable()
                .build()
        };
        vec![
            number("gain", "Gain in dB; of no effect where the type has none", (-MAX_GAIN, MAX_GAIN), d.gain),
            number("freq", "Centre, corner or mid-slope frequency in Hz", (0.0, MAX_HZ), d.freq),
            number(
                "slope",
                "dB per octave: of a low or high pass, in steps of 6; of a shelf 12 times the slope S of the Audio EQ Cookbook, where the last one written of q, bandwidth and slope holds",
                (MIN_SLOPE, MAX_SLOPE),
                d.slope,
            ),
            number(
                "bandwidth",
                "Difference between the band's edges in Hz, as equalizer-nbands has it; 0 makes the band inert; q, bandwidth or slope: the last one written holds",
                (0.0, MAX_HZ),
                d.bandwidth,
            ),
            number(
                "q",
                "Quality factor of the analogue prototype; q, bandwidth or slope: the last one written holds",
                (MIN_Q, MAX_Q),
                d.q,
            ),
            glib::ParamSpecEnum::builder_with_default("type", d.kind)
                .nick("Type")
                .blurb("Filter type")
                .mutable_playing()
                .controllable()
                .build(),
            glib::ParamSpecEnum::builder_with_default("alignment", d.alignment)
                .nick("Alignment")
                .blurb("How the sections of a low or high pass are placed")
                .mutable_playing()
                .controllable()
                .build(),
            glib::ParamSpecBoolean::builder("enabled")
                .nick("Enabled")
                .blurb("Whether the band does anything")
                .default_value(d.enabled)
                .mutable_playing()
                .controllable()
                .build(),
            glib::ParamSpecUInt64::builder("channels")
                .nick("Channels")
                .blurb("Mask of the channels it works on: bits of the stream's channel mask, numbers of channels where it has none")
                .default_value(d.channels)
                .mutable_playing()
                .controllable()
                .build(),
            glib::ParamSpecEnum::builder_with_default("stereo-mode", d.stereo_mode)
                .nick("Stereo mode")
                .blurb("Part of the stereo pair it works on")
                .mutable_playing()
                .controllable()
                .build(),
        ]
    });
    &PROPERTIES
}

mod object {
    use super::*;

    #[derive(Default)]
    pub struct Band {
        pub state: Mutex<State>,
        pub generation: OnceLock<Arc<AtomicU64>>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for Band {
        const NAME: &'static str = "AurisParaEqBand";
        type Type = super::Band;
        type ParentType = gst::Object;
    }

    impl ObjectImpl for Band {
        fn properties() -> &'static [glib::ParamSpec] {
            super::properties()
        }

        fn set_property(&self, _id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
            let mut state = lock(&self.state);
            let before = *state;
            state.set(pspec.name(), value);
            if *state != before
                && let Some(generation) = self.generation.get()
            {
                generation.fetch_add(1, Ordering::Release);
            }
        }

        fn property(&self, _id: usize, pspec: &glib::ParamSpec) -> glib::Value {
            let value = lock(&self.state).get(pspec.name());
            value.unwrap_or_else(|| pspec.default_value().clone())
        }
    }

    impl GstObjectImpl for Band {}
}

glib::wrapper! {
    /// One band: a child of [`ParaEq`](super::ParaEq) with properties of its own.
    pub struct Band(ObjectSubclass<object::Band>) @extends gst::Object;
}

impl Band {
    /// Band number `index`, which counts `generation` up whenever it changes.
    pub fn new(index: usize, state: State, generation: &Arc<AtomicU64>) -> Self {
        let band: Band = glib::Object::builder()
            .property("name", format!("band{index}"))
            .build();
        *lock(&band.imp().state) = state;
        // A new object has none yet.
        let _ = band.imp().generation.set(generation.clone());
        band
    }

    pub fn state(&self) -> State {
        *lock(&self.imp().state)
    }

    /// Takes over `state` without counting or notifying; whether it is another one.
    pub fn replace(&self, state: State) -> bool {
        std::mem::replace(&mut *lock(&self.imp().state), state) != state
    }
}
