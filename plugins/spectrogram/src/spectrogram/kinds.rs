// SPDX-License-Identifier: MPL-2.0
//! The words that properties take.
use auris_dsp::picture::columns::Gather;
use auris_dsp::picture::layout::Orientation as DspOrientation;
use auris_dsp::picture::palette::Palette as DspPalette;
use auris_dsp::picture::scale::FrequencyScale as DspScale;
use auris_dsp::picture::settings::Channels as DspChannels;
use auris_dsp::window::Window as DspWindow;
use gst::{glib, prelude::*};

/// What is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, glib::Enum)]
#[enum_type(name = "AurisSpectrogramMode")]
#[repr(i32)]
pub enum Mode {
    /// Video.
    #[default]
    #[enum_value(name = "Video that scrolls", nick = "live")]
    Live = 0,
    /// A picture.
    #[enum_value(name = "One picture of everything, at its end", nick = "whole")]
    Whole = 1,
}

/// A kind that the first of its variants stands for unless another is set.
macro_rules! kind {
    ($(#[$meta:meta])* $name:ident = $type:literal, $dsp:ty: $($variant:ident = $number:literal, $text:literal, $nick:literal => $value:expr;)*) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, glib::Enum)]
        #[enum_type(name = $type)]
        #[repr(i32)]
        pub enum $name {
            $(#[enum_value(name = $text, nick = $nick)] $variant = $number,)*
        }

        impl Default for $name {
            fn default() -> Self {
                [$($name::$variant),*][0]
            }
        }

        impl From<$name> for $dsp {
            fn from(kind: $name) -> Self {
                match kind {
                    $($name::$variant => $value,)*
                }
            }
        }
    };
}

kind! {
    /// Colours.
    Palette = "AurisSpectrogramPalette", DspPalette:
    Dusk = 0, "Night blue, purple, red, orange, pale yellow", "dusk" => DspPalette::Dusk;
    Grey = 1, "Black to white", "grey" => DspPalette::Grey;
    Heat = 2, "Black, red, orange, white", "heat" => DspPalette::Heat;
    Ocean = 3, "Night blue, blue, turquoise, white", "ocean" => DspPalette::Ocean;
    Safe = 4, "Blue to yellow, alike to colour-blind eyes", "safe" => DspPalette::Safe;
    Paper = 5, "White to black", "paper" => DspPalette::Paper;
}

kind! {
    /// How frequencies are spread along their axis.
    Scale = "AurisSpectrogramFrequencyScale", DspScale:
    Log = 0, "Logarithmic: octaves take equal room", "log" => DspScale::Logarithmic;
    Mel = 1, "Mel: differences that sound equal take equal room", "mel" => DspScale::Mel;
    Linear = 2, "Linear", "linear" => DspScale::Linear;
}

kind! {
    /// What samples are multiplied by.
    Window = "AurisSpectrogramWindow", DspWindow:
    Hann = 0, "Hann", "hann" => DspWindow::Hann;
    Hamming = 1, "Hamming", "hamming" => DspWindow::Hamming;
    BlackmanHarris = 2, "Blackman and Harris, four terms", "blackman-harris" => DspWindow::BlackmanHarris;
    FlatTop = 3, "Flat top", "flat-top" => DspWindow::FlatTop;
    Kaiser = 4, "Kaiser, beta 12", "kaiser" => DspWindow::Kaiser { beta: 12.0 };
    Rectangular = 5, "None", "rectangular" => DspWindow::Rectangular;
}

kind! {
    /// What becomes of several channels.
    Channels = "AurisSpectrogramChannels", DspChannels:
    Mixed = 0, "One spectrogram, of the mean of their powers", "mixed" => DspChannels::Mixed;
    Stacked = 1, "A spectrogram each", "stacked" => DspChannels::Stacked;
}

kind! {
    /// What a column shows of all spectra that fall into it.
    Pooling = "AurisSpectrogramPooling", Gather:
    Mean = 0, "The mean of their powers", "mean" => Gather::Mean;
    Peak = 1, "The highest power in each row", "peak" => Gather::Peak;
}

kind! {
    /// Which way time runs.
    Orientation = "AurisSpectrogramOrientation", DspOrientation:
    Horizontal = 0, "To the right, the newest at the right", "horizontal" => DspOrientation::Horizontal;
    Vertical = 1, "Downwards; while it scrolls, the newest on top", "vertical" => DspOrientation::Vertical;
}

/// Says that these are for applications, too.
pub fn mark_as_plugin_api() {
    for kind in [
        Mode::static_type(),
        Palette::static_type(),
        Scale::static_type(),
        Window::static_type(),
        Channels::static_type(),
        Pooling::static_type(),
        Orientation::static_type(),
    ] {
        kind.mark_as_plugin_api(gst::PluginAPIFlags::empty());
    }
}
