// SPDX-License-Identifier: MPL-2.0
//! The enumerations among a band's properties.
use auris_eq::band;
use gst::glib;

/// The shape of a band. The first three are those of `equalizer-nbands`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, glib::Enum)]
#[enum_type(name = "AurisParaEqBandType")]
#[repr(i32)]
pub enum Kind {
    #[default]
    #[enum_value(name = "Peak filter (default for inner bands)", nick = "peak")]
    Peak = 0,
    #[enum_value(name = "Low shelf filter (default for first band)", nick = "low-shelf")]
    LowShelf = 1,
    #[enum_value(
        name = "High shelf filter (default for last band)",
        nick = "high-shelf"
    )]
    HighShelf = 2,
    #[enum_value(name = "Low pass of slope and alignment", nick = "low-pass")]
    LowPass = 3,
    #[enum_value(name = "High pass of slope and alignment", nick = "high-pass")]
    HighPass = 4,
    #[enum_value(name = "Band pass, 0 dB at its centre", nick = "band-pass")]
    BandPass = 5,
    #[enum_value(name = "Notch", nick = "notch")]
    Notch = 6,
    #[enum_value(name = "All pass", nick = "all-pass")]
    AllPass = 7,
    #[enum_value(name = "Tilt: gain/2 less below, gain/2 more above", nick = "tilt")]
    Tilt = 8,
}

impl Kind {
    /// Whether `slope` may say how wide it is.
    pub(super) fn is_shelf(self) -> bool {
        matches!(self, Kind::LowShelf | Kind::HighShelf)
    }
}

/// How the sections of a low or high pass are placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, glib::Enum)]
#[enum_type(name = "AurisParaEqAlignment")]
#[repr(i32)]
pub enum Alignment {
    #[default]
    #[enum_value(name = "Butterworth, -3 dB at freq", nick = "butterworth")]
    Butterworth = 0,
    #[enum_value(name = "Linkwitz-Riley, -6 dB at freq", nick = "linkwitz-riley")]
    LinkwitzRiley = 1,
    #[enum_value(name = "Butterworth with the resonance of q", nick = "resonant")]
    Resonant = 2,
}

/// Which part of a stereo pair a band works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, glib::Enum)]
#[enum_type(name = "AurisParaEqStereoMode")]
#[repr(i32)]
pub enum StereoMode {
    #[default]
    #[enum_value(name = "Every channel alike", nick = "stereo")]
    Stereo = 0,
    #[enum_value(name = "Left channel", nick = "left")]
    Left = 1,
    #[enum_value(name = "Right channel", nick = "right")]
    Right = 2,
    #[enum_value(name = "Mid: what left and right have in common", nick = "mid")]
    Mid = 3,
    #[enum_value(name = "Side: in what left and right differ", nick = "side")]
    Side = 4,
}

/// Writes the conversions between a GObject enumeration and the kernel's of the same variants.
macro_rules! as_in_dsp {
    ($ours:ident { $($variant:ident),* }) => {
        impl From<$ours> for band::$ours {
            fn from(ours: $ours) -> Self {
                match ours { $($ours::$variant => band::$ours::$variant),* }
            }
        }
        impl From<band::$ours> for $ours {
            fn from(theirs: band::$ours) -> Self {
                match theirs { $(band::$ours::$variant => $ours::$variant),* }
            }
        }
    };
}
as_in_dsp!(Kind {
    Peak,
    LowShelf,
    HighShelf,
    LowPass,
    HighPass,
    BandPass,
    Notch,
    AllPass,
    Tilt
});
as_in_dsp!(Alignment {
    Butterworth,
    LinkwitzRiley,
    Resonant
});
as_in_dsp!(StereoMode {
    Stereo,
    Left,
    Right,
    Mid,
    Side
});
