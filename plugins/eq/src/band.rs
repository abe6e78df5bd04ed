// SPDX-License-Identifier: MPL-2.0
//! What a user sets: bands, and the curve that they make together.

/// Bands of one curve at most.
pub const MAX_BANDS: usize = 64;

/// The shape of one band.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// A bell around `freq`.
    #[default]
    Peak,
    /// Gain below `freq`.
    LowShelf,
    /// Gain above `freq`.
    HighShelf,
    /// Passes below `freq`; gain unused.
    LowPass,
    /// Passes above `freq`; gain unused.
    HighPass,
    /// Passes around `freq`, 0 dB there; gain unused.
    BandPass,
    /// Takes `freq` out; gain unused.
    Notch,
    /// Turns the phase around `freq`; gain unused.
    AllPass,
    /// −gain/2 far below `freq`, +gain/2 far above it, 0 dB at it: a high shelf of the same width
    /// less half its gain. A slope of 0.5 makes it the tilt of first order.
    Tilt,
}

/// How wide a band is. The last one written wins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Width {
    /// Quality factor of the analogue prototype, as in the Audio EQ Cookbook (R. Bristow-Johnson).
    Q(f64),
    /// Bandwidth in Hz, with the meaning it has in GStreamer's `equalizer-nbands`; 0 makes the band
    /// inert, as there.
    Hz(f64),
    /// Bandwidth in octaves, as in the Audio EQ Cookbook.
    Octaves(f64),
    /// Shelves: slope S of the Audio EQ Cookbook; 1 is the steepest without overshoot.
    Slope(f64),
}

/// How the sections of a low or high pass are placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Alignment {
    /// Maximally flat; −3 dB at `freq`. Orders 1–16.
    #[default]
    Butterworth,
    /// Two equal Butterworth filters in a row; −6 dB at `freq`. Orders 2, 4, … 16; an odd order is
    /// taken for the next even one.
    LinkwitzRiley,
    /// Butterworth, but that the sharpest section has the Q of the band's width (order 2: exactly
    /// this Q; higher: its own times Q·√2). Order 1 has no Q.
    Resonant,
}

/// Which part of a stereo pair a band works on. Channels outside the pair are left alone by all
/// but `Stereo`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StereoMode {
    /// Every channel alike.
    #[default]
    Stereo,
    /// The left channel.
    Left,
    /// The right channel.
    Right,
    /// (L + R) / 2.
    Mid,
    /// (L − R) / 2.
    Side,
}

/// One band.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Band {
    /// Shape.
    pub kind: Kind,
    /// Centre, corner or mid-slope frequency in Hz. Any finite number; at or above half the rate a
    /// band does what its design comes to there, without ever being unstable.
    pub freq: f64,
    /// Gain in dB.
    pub gain: f64,
    /// Width.
    pub width: Width,
    /// Low and high pass: order, 1–16, of 6 dB per octave each.
    pub order: u8,
    /// Low and high pass: alignment.
    pub alignment: Alignment,
    /// A band that is off does nothing.
    pub enabled: bool,
    /// Mask of the channels it works on, see [`Layout::bits`].
    pub channels: u64,
    /// Part of the stereo pair it works on.
    pub stereo_mode: StereoMode,
}

impl Default for Band {
    fn default() -> Self {
        Band {
            kind: Kind::Peak,
            freq: 1000.0,
            gain: 0.0,
            width: Width::Q(std::f64::consts::FRAC_1_SQRT_2),
            order: 2,
            alignment: Alignment::Butterworth,
            enabled: true,
            channels: u64::MAX,
            stereo_mode: StereoMode::Stereo,
        }
    }
}

/// How a digital filter follows its analogue prototype.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Design {
    /// Bilinear transform, after the Audio EQ Cookbook: what AutoEQ and Equalizer APO assume.
    #[default]
    Rbj,
    /// Magnitude matched to the analogue prototype up to half the rate: no cramping.
    Matched,
}

/// A gain that is given point by point, straight lines in dB over log frequency between them,
/// constant beyond the ends: Equalizer APO's `GraphicEQ`.
#[derive(Debug, Clone, PartialEq)]
pub struct Graphic {
    /// (Hz, dB), ascending in Hz; not empty.
    pub points: Vec<(f64, f64)>,
    /// Mask of the channels it works on, see [`Layout::bits`].
    pub channels: u64,
}

impl Graphic {
    /// The gain in dB at `frequency` Hz; 0 if there is no point.
    pub fn gain(&self, frequency: f64) -> f64 {
        let after = self.points.partition_point(|(f, _)| *f <= frequency);
        let (Some(&(f0, g0)), Some(&(f1, g1))) = (
            self.points.get(after.saturating_sub(1)),
            self.points.get(after).or(self.points.last()),
        ) else {
            return 0.0;
        };
        let part = (frequency / f0).ln() / (f1 / f0).ln();
        // No finite part: at or beyond an end, or points that are not in order.
        if part.is_finite() && after > 0 {
            g0 + (g1 - g0) * part.clamp(0.0, 1.0)
        } else {
            g0
        }
    }
}

/// All that makes up the response.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Curve {
    /// Bands, applied in this order; at most [`MAX_BANDS`].
    pub bands: Vec<Band>,
    /// Point-wise gains, applied after the bands.
    pub graphics: Vec<Graphic>,
    /// Gain in dB before everything else.
    pub preamp: f64,
    /// Gains in dB of some channels only, beside `preamp`: mask as in [`Band::channels`], dB. Where
    /// masks overlap, they add up.
    pub gains: Vec<(u64, f64)>,
    /// Design of all bands.
    pub design: Design,
    /// Lower `preamp` by what the response exceeds 0 dB anywhere, so that nothing that did not
    /// clip clips in the steady state of any sine.
    pub auto_headroom: bool,
}

/// Which channel is which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// Per channel, the bits that stand for it in a mask: bit n is position n of GStreamer's
    /// channel mask (0 front left, 1 front right, 2 front centre, 3 LFE, …) where the stream has
    /// positions, channel n where it has none. Mono answers to the front bits 0, 1 and 2, and a
    /// channel may have more than one bit elsewhere, too.
    pub bits: Vec<u64>,
    /// Left and right channel, if there is such a pair: front left and right, or channels 0 and 1
    /// of a stream of two or more without positions.
    pub pair: Option<(usize, usize)>,
}

impl Layout {
    /// Channels without positions.
    pub fn unpositioned(channels: usize) -> Self {
        Layout {
            bits: match channels {
                1 => vec![0b111],
                n => (0..n).map(|i| 1 << (i % 64)).collect(),
            },
            pair: (channels >= 2).then_some((0, 1)),
        }
    }

    /// Number of channels.
    pub fn channels(&self) -> usize {
        self.bits.len()
    }
}
