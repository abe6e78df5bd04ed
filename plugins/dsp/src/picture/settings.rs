// SPDX-License-Identifier: MPL-2.0
//! What a picture is to look like, and what follows from it.
use super::cells::Cells;
use super::columns::Gather;
use super::layout::{Layout, Orientation, Parts};
use super::palette::Palette;
use super::scale::{FrequencyAxis, FrequencyScale, nyquist};
use super::shade::Shade;
use crate::spectrum::Error;
use crate::spectrum::stft::{self, Padding, Precision, Prepare, Stft};
use crate::window::Window;

/// What becomes of several channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Channels {
    /// One spectrogram of the mean of their powers, in which nothing cancels out.
    #[default]
    Mixed,
    /// A spectrogram each.
    Stacked,
}

/// What the user chooses.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Colours.
    pub palette: Palette,
    /// How frequencies are spread.
    pub scale: FrequencyScale,
    /// Lowest frequency in Hz.
    pub min_frequency: f64,
    /// Highest frequency in Hz; 0 for half the sample rate.
    pub max_frequency: f64,
    /// dB from the darkest to the brightest colour.
    pub range: f64,
    /// dB by which all is brighter: the brightest colour stands for −`gain` dBFS.
    pub gain: f64,
    /// Length of the transform; 0 for one that suits scale and rate.
    pub fft_size: usize,
    /// How much of each transform's samples the next one has, too, 0 to 1.
    pub overlap: f64,
    /// What samples are multiplied by.
    pub window: Window,
    /// What columns show that several spectra fall into.
    pub gather: Gather,
    /// What becomes of several channels.
    pub channels: Channels,
    /// Which way time runs.
    pub orientation: Orientation,
    /// Whether there are axes.
    pub axes: bool,
    /// Whether there is a colour bar.
    pub colour_bar: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            palette: Palette::default(),
            scale: FrequencyScale::default(),
            min_frequency: 0.0,
            max_frequency: 0.0,
            range: 100.0,
            gain: 0.0,
            fft_size: 0,
            overlap: 0.5,
            window: Window::Hann,
            gather: Gather::default(),
            channels: Channels::default(),
            orientation: Orientation::default(),
            axes: true,
            colour_bar: true,
        }
    }
}

/// Longest transform.
pub const MAX_FFT_SIZE: usize = 1 << 18;
/// Shortest transform.
pub const MIN_FFT_SIZE: usize = 16;
/// Most pixels across or down.
pub const MAX_EXTENT: usize = 1 << 15;

/// The audio that is drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Samples per second.
    pub rate: u32,
    /// What each row of samples is called; there is at least one.
    pub names: Vec<String>,
}

/// What settings come to for a picture of a size.
pub(super) struct Plan {
    pub layout: Layout,
    pub cells: Cells,
    pub shade: Shade,
    pub size: usize,
    /// Samples from one transform to the next.
    pub hop: usize,
    pub window: Vec<f64>,
}

impl Settings {
    pub(super) fn plan(
        &self,
        source: &Source,
        (width, height): (usize, usize),
        title: &str,
    ) -> Result<Plan, Error> {
        if source.names.is_empty() || source.rate == 0 {
            return Err(Error::Setting("audio without channels or rate"));
        }
        if !(1..=MAX_EXTENT).contains(&width) || !(1..=MAX_EXTENT).contains(&height) {
            return Err(Error::Setting("a picture of 0 or more than 32768 pixels"));
        }
        let axis = FrequencyAxis::new(
            self.scale,
            self.min_frequency,
            self.max_frequency,
            source.rate,
        );
        let parts = Parts {
            width,
            height,
            orientation: self.orientation,
            plots: match self.channels {
                Channels::Mixed => 1,
                Channels::Stacked => source.names.len(),
            },
            axes: self.axes,
            bar: self.colour_bar,
            title: !title.is_empty(),
            levels: (-self.range - self.gain, -self.gain),
        };
        let layout = Layout::new(parts, axis);
        let size = self.size(source.rate);
        let window = self.window.periodic(size);
        let sum: f64 = window.iter().sum();
        let squares: f64 = window.iter().map(|w| w * w).sum();
        let bandwidth = size as f64 * squares / (sum * sum);
        // A sine of amplitude 1 has the power (sum / 2)² in its bin.
        let offset = -20.0 * (0.5 * sum).log10();
        let overlap = if self.overlap.is_finite() {
            self.overlap
        } else {
            0.5
        };
        let hop = ((1.0 - overlap) * size as f64).round() as usize;
        Ok(Plan {
            cells: Cells::new(&axis, source.rate, size, layout.rows(), bandwidth),
            shade: Shade::new(offset, self.gain, self.range),
            layout,
            size,
            hop: hop.clamp(1, size),
            window,
        })
    }

    /// What is wrong with the ends of the frequency axis at a sample rate: where the lower is no less than the
    /// upper, a picture begins with the lowest frequency instead.
    pub fn wrong_range(&self, rate: u32) -> Option<String> {
        let (low, high) = (self.min_frequency, self.max_frequency);
        let nyquist = nyquist(rate);
        let why = if high > 0.0 && low >= high {
            format!("is not below the maximum of {high} Hz")
        } else if low >= nyquist {
            format!("is not below {nyquist} Hz, half the sample rate")
        } else {
            return None;
        };
        Some(format!("the minimum frequency of {low} Hz {why}"))
    }

    /// The transform's length at a sample rate.
    pub fn size(&self, rate: u32) -> usize {
        if self.fft_size > 0 {
            return self.fft_size.clamp(MIN_FFT_SIZE, MAX_FFT_SIZE);
        }
        // Where low frequencies have much room, they are worth more than short times.
        let seconds = match self.scale {
            FrequencyScale::Linear => 2048.0 / 48_000.0,
            FrequencyScale::Logarithmic | FrequencyScale::Mel => 4096.0 / 48_000.0,
        };
        let exponent = (f64::from(rate.max(1)) * seconds).log2().round();
        1 << (exponent.clamp(6.0, 17.0) as u32)
    }
}

impl Plan {
    /// What transforms the audio.
    pub fn stft(&mut self, source: &Source) -> Result<Stft, Error> {
        Stft::new(stft::Config {
            rate: source.rate,
            rows: source.names.len(),
            size: self.size,
            frame: self.size,
            window: std::mem::take(&mut self.window),
            hop: self.hop,
            padding: Padding::Zero,
            prepare: Prepare::Nothing,
            whole_only: false,
            phase: false,
            precision: Precision::Single,
        })
    }
}
