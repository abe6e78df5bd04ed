// SPDX-License-Identifier: MPL-2.0
//! Flags of `picture`.
use super::RenderArgs;
use clap::error::ErrorKind;
use clap::{Args, ValueEnum};
use std::str::FromStr;

/// Flags of `picture`.
#[derive(Debug, Clone, Args)]
pub struct PictureArgs {
    /// Size of the pictures in pixels
    #[arg(
        long,
        value_name = "WIDTHxHEIGHT",
        default_value = "1280x720",
        help_heading = "Picture"
    )]
    pub size: Size,

    /// Colours
    #[arg(long, value_enum, value_name = "NAME", default_value_t = PaletteArg::Dusk, help_heading = "Picture")]
    pub palette: PaletteArg,

    /// How frequencies are spread along their axis
    #[arg(long, value_enum, value_name = "NAME", default_value_t = ScaleArg::Log, help_heading = "Picture")]
    pub scale: ScaleArg,

    /// Lower end of the frequency axis [default: 0, on a logarithmic axis 20]
    #[arg(long, value_name = "HZ", help_heading = "Picture")]
    pub min_frequency: Option<Frequency>,

    /// Upper end of the frequency axis [default: half the sample rate]
    #[arg(long, value_name = "HZ", help_heading = "Picture")]
    pub max_frequency: Option<Frequency>,

    /// From the darkest colour to the brightest in dB
    #[arg(long, value_name = "DB", default_value_t = 100, value_parser = clap::value_parser!(u32).range(10..=200), help_heading = "Picture")]
    pub range: u32,

    /// Brighten by so many dB: the brightest colour is then a sine of -DB dBFS
    #[arg(long, value_name = "DB", default_value_t = 0, value_parser = clap::value_parser!(i32).range(-100..=100), allow_negative_numbers = true, help_heading = "Picture")]
    pub gain: i32,

    /// Samples per transform [default: 43 ms on a linear axis, 85 ms on others, to the nearest power of two]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(16..=262_144), help_heading = "Picture")]
    pub fft_size: Option<u32>,

    /// What becomes of several channels: one spectrogram of the mean of their powers, or one each
    #[arg(long, value_enum, value_name = "NAME", default_value_t = ChannelsArg::Mixed, help_heading = "Picture")]
    pub channels: ChannelsArg,

    /// What a column shows of all transforms that fall into it: their mean, or the highest in each row
    #[arg(long, value_enum, value_name = "NAME", default_value_t = PoolingArg::Mean, help_heading = "Picture")]
    pub pooling: PoolingArg,

    /// No axes
    #[arg(long, help_heading = "Picture")]
    pub no_axes: bool,

    /// No colour bar
    #[arg(long, help_heading = "Picture")]
    pub no_colour_bar: bool,

    /// No title; otherwise it is artist and title as the tags have them, or the file's name
    #[arg(long, help_heading = "Picture")]
    pub no_title: bool,

    /// What is read, where results go, and how.
    #[command(flatten)]
    pub render: RenderArgs,
}

/// Pixels across and down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Across.
    pub width: u32,
    /// Down.
    pub height: u32,
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const MOST: u32 = auris_dsp::picture::settings::MAX_EXTENT as u32;
        let number = |text: &str| text.parse().ok().filter(|n| (1..=MOST).contains(n));
        let size = text.split_once('x').and_then(|(width, height)| {
            Some(Size {
                width: number(width)?,
                height: number(height)?,
            })
        });
        size.ok_or_else(|| format!("write WIDTHxHEIGHT, each from 1 to {MOST}, such as 1280x720"))
    }
}

/// A frequency in Hz.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Frequency(pub f64);

impl FromStr for Frequency {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let value = text.parse().ok().filter(|hz| (0.0..=1e9).contains(hz));
        value
            .map(Frequency)
            .ok_or_else(|| "write a frequency in Hz, such as 20000".to_owned())
    }
}

/// Colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PaletteArg {
    /// Night blue, purple, red, orange, pale yellow
    Dusk,
    /// Black to white
    Grey,
    /// Black, red, orange, white
    Heat,
    /// Night blue, blue, turquoise, white
    Ocean,
    /// Blue to yellow, alike to colour-blind eyes
    Safe,
    /// White to black
    Paper,
}

/// How frequencies are spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ScaleArg {
    /// Octaves take equal room
    Log,
    /// Differences that sound equal take equal room
    Mel,
    /// Equal differences take equal room
    Linear,
}

/// What becomes of several channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ChannelsArg {
    /// One spectrogram, of the mean of their powers
    Mixed,
    /// A spectrogram each
    Stacked,
}

/// What a column shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PoolingArg {
    /// The mean of their powers
    Mean,
    /// The highest power in each row
    Peak,
}

impl PictureArgs {
    /// Checks what clap's table cannot say.
    ///
    /// # Errors
    /// A frequency range without anything in it. Show it with [`clap::Error::exit`], which ends with code 2.
    pub fn check(&self) -> Result<(), clap::Error> {
        let low = self.min_frequency.map_or(0.0, |hz| hz.0);
        match self.max_frequency {
            Some(Frequency(high)) if high > 0.0 && low >= high => Err(clap::Error::raw(
                ErrorKind::ArgumentConflict,
                format!("--min-frequency {low} is not below --max-frequency {high}\n"),
            )),
            _ => Ok(()),
        }
    }

    /// The settings of this command line that change what becomes of an input, for
    /// [`State::open`](crate::state::State::open).
    pub fn fingerprint(&self) -> String {
        let hertz = |frequency: Option<Frequency>| frequency.map(|hz| hz.0);
        format!(
            "picture out={} size={}x{} palette={:?} scale={:?} from={:?} to={:?} range={} gain={} \
             fft={:?} channels={:?} pooling={:?} axes={} bar={} title={}",
            self.render.out.display(),
            self.size.width,
            self.size.height,
            self.palette,
            self.scale,
            hertz(self.min_frequency),
            hertz(self.max_frequency),
            self.range,
            self.gain,
            self.fft_size,
            self.channels,
            self.pooling,
            !self.no_axes,
            !self.no_colour_bar,
            !self.no_title,
        )
    }
}
