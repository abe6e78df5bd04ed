// SPDX-License-Identifier: MPL-2.0
//! What the user can set.
use super::kinds::{Channels, Mode, Orientation, Palette, Pooling, Scale, Window};
use auris_dsp::picture::settings as dsp;
use gst::{glib, prelude::*};
use std::sync::LazyLock;

/// What the user set.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    pub mode: Mode,
    pub palette: Palette,
    pub scale: Scale,
    pub min_frequency: f64,
    pub max_frequency: f64,
    pub range: f64,
    pub gain: f64,
    pub fft_size: u32,
    pub overlap: f64,
    pub window: Window,
    pub pooling: Pooling,
    pub channels: Channels,
    pub orientation: Orientation,
    pub axes: bool,
    pub colour_bar: bool,
    /// `None`: that of the tags.
    pub title: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        let d = dsp::Settings::default();
        Settings {
            mode: Mode::Live,
            palette: Palette::default(),
            scale: Scale::default(),
            min_frequency: d.min_frequency,
            max_frequency: d.max_frequency,
            range: d.range,
            gain: d.gain,
            fft_size: 0,
            overlap: d.overlap,
            window: Window::default(),
            pooling: Pooling::default(),
            channels: Channels::default(),
            orientation: Orientation::default(),
            axes: d.axes,
            colour_bar: d.colour_bar,
            title: None,
        }
    }
}

impl Settings {
    /// In the terms of the kernels.
    pub fn picture(&self) -> dsp::Settings {
        dsp::Settings {
            palette: self.palette.into(),
            scale: self.scale.into(),
            min_frequency: self.min_frequency,
            max_frequency: self.max_frequency,
            range: self.range,
            gain: self.gain,
            fft_size: self.fft_size as usize,
            overlap: self.overlap,
            window: self.window.into(),
            gather: self.pooling.into(),
            channels: self.channels.into(),
            orientation: self.orientation.into(),
            axes: self.axes,
            colour_bar: self.colour_bar,
        }
    }

    /// Sets the property `name`. GObject has checked type and range.
    pub fn set(&mut self, name: &str, value: &glib::Value) {
        match name {
            "mode" => read(value, &mut self.mode),
            "palette" => read(value, &mut self.palette),
            "frequency-scale" => read(value, &mut self.scale),
            "min-frequency" => read(value, &mut self.min_frequency),
            "max-frequency" => read(value, &mut self.max_frequency),
            "range" => read(value, &mut self.range),
            "gain" => read(value, &mut self.gain),
            "fft-size" => read(value, &mut self.fft_size),
            "overlap" => read(value, &mut self.overlap),
            "window" => read(value, &mut self.window),
            "pooling" => read(value, &mut self.pooling),
            "channels" => read(value, &mut self.channels),
            "orientation" => read(value, &mut self.orientation),
            "axes" => read(value, &mut self.axes),
            "colour-bar" => read(value, &mut self.colour_bar),
            "title" => read(value, &mut self.title),
            _ => {}
        }
    }

    /// The property `name`.
    pub fn get(&self, name: &str) -> glib::Value {
        match name {
            "mode" => self.mode.to_value(),
            "palette" => self.palette.to_value(),
            "frequency-scale" => self.scale.to_value(),
            "min-frequency" => self.min_frequency.to_value(),
            "max-frequency" => self.max_frequency.to_value(),
            "range" => self.range.to_value(),
            "gain" => self.gain.to_value(),
            "fft-size" => self.fft_size.to_value(),
            "overlap" => self.overlap.to_value(),
            "window" => self.window.to_value(),
            "pooling" => self.pooling.to_value(),
            "channels" => self.channels.to_value(),
            "orientation" => self.orientation.to_value(),
            "axes" => self.axes.to_value(),
            "colour-bar" => self.colour_bar.to_value(),
            _ => self.title.to_value(),
        }
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
        let highest = f64::from(i32::MAX / 2);
        vec![
            glib::ParamSpecEnum::builder_with_default("mode", d.mode)
                .nick("Mode")
                .blurb("Video that scrolls, or exactly one frame at the end of the stream")
                .mutable_ready()
                .build(),
            glib::ParamSpecEnum::builder_with_default("palette", d.palette)
                .nick("Palette")
                .blurb("Colours; lightness rises evenly from the quietest to the loudest in each")
                .mutable_playing()
                .build(),
            glib::ParamSpecEnum::builder_with_default("frequency-scale", d.scale)
                .nick("Frequency scale")
                .blurb("How frequencies are spread along their axis")
                .mutable_playing()
                .build(),
            number("min-frequency", "Minimum frequency", 0.0, highest, d.min_frequency)
                .blurb("Lower end of the frequency axis in Hz (0 = 0 Hz, on a logarithmic axis 20 Hz)")
                .build(),
            number("max-frequency", "Maximum frequency", 0.0, highest, d.max_frequency)
                .blurb("Upper end of the frequency axis in Hz (0 = half the sample rate)")
                .build(),
            number("range", "Range", 10.0, 200.0, d.range)
                .blurb("From the darkest colour to the brightest in dB")
                .build(),
            number("gain", "Gain", -100.0, 100.0, d.gain)
                .blurb("Brightens by so many dB: the brightest colour is a sine of -gain dB of full scale")
                .build(),
            glib::ParamSpecUInt::builder("fft-size")
                .nick("FFT size")
                .blurb("Samples per transform (0 = 43 ms on a linear axis, 85 ms on others, to the nearest power of two)")
                .maximum(dsp::MAX_FFT_SIZE as u32)
                .default_value(d.fft_size)
                .mutable_playing()
                .build(),
            number("overlap", "Overlap", 0.0, 0.99, d.overlap)
                .blurb("Share of a transform's samples that the next one has, too; live, a transform is a column; whole, more is taken of what is shorter than the picture is wide")
                .build(),
            glib::ParamSpecEnum::builder_with_default("window", d.window)
                .nick("Window")
                .blurb("What samples are multiplied by before a transform")
                .mutable_playing()
                .build(),
            glib::ParamSpecEnum::builder_with_default("pooling", d.pooling)
                .nick("Pooling")
                .blurb("What a column of a whole picture shows of all transforms that fall into it")
                .mutable_ready()
                .build(),
            glib::ParamSpecEnum::builder_with_default("channels", d.channels)
                .nick("Channels")
                .blurb("What becomes of several channels")
                .mutable_playing()
                .build(),
            glib::ParamSpecEnum::builder_with_default("orientation", d.orientation)
                .nick("Orientation")
                .blurb("Which way time runs")
                .mutable_playing()
                .build(),
            glib::ParamSpecBoolean::builder("axes")
                .nick("Axes")
                .blurb("Draw axes of frequency and time, where the picture is large enough")
                .default_value(d.axes)
                .mutable_playing()
                .build(),
            glib::ParamSpecBoolean::builder("colour-bar")
                .nick("Colour bar")
                .blurb("Draw a bar that tells levels by their colours")
                .default_value(d.colour_bar)
                .mutable_playing()
                .build(),
            glib::ParamSpecString::builder("title")
                .nick("Title")
                .blurb("Text above the picture (null = artist and title as the tags before the first samples name them; empty = none)")
                .mutable_playing()
                .build(),
        ]
    });
    &PROPERTIES
}

fn number<'a>(
    name: &'a str,
    nick: &'a str,
    least: f64,
    most: f64,
    default: f64,
) -> glib::ParamSpecDoubleBuilder<'a> {
    glib::ParamSpecDouble::builder(name)
        .nick(nick)
        .minimum(least)
        .maximum(most)
        .default_value(default)
        .mutable_playing()
}
