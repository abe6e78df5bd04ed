// SPDX-License-Identifier: MPL-2.0
//! Where frequencies lie on an axis.

/// How frequencies are spread along an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum FrequencyScale {
    /// Equal differences take equal room.
    Linear,
    /// Equal ratios take equal room, as on a keyboard.
    #[default]
    Logarithmic,
    /// Differences that sound equal take equal room: 2595·log10(1 + f/700).
    Mel,
}

/// A frequency axis from its lower end, 0, to its upper end, 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FrequencyAxis {
    scale: FrequencyScale,
    low: f64,
    high: f64,
}

/// Lower end of a logarithmic axis that would begin at 0 Hz: where hearing begins.
pub const LOWEST_AUDIBLE: f64 = 20.0;

/// The highest frequency that there is at a sample rate.
pub(super) fn nyquist(rate: u32) -> f64 {
    f64::from(rate.max(1)) / 2.0
}

impl FrequencyAxis {
    /// From `low` to `high` Hz, as far as there is anything at this sample rate. A `high` of 0 is half
    /// the rate. A `low` that is no less than `high` is 0. A logarithmic axis begins above 0.
    pub fn new(scale: FrequencyScale, low: f64, high: f64, rate: u32) -> Self {
        let nyquist = nyquist(rate);
        let finite = |x: f64| if x.is_finite() { x.max(0.0) } else { 0.0 };
        let (mut low, mut high) = (finite(low), finite(high));
        if high <= 0.0 || high > nyquist {
            high = nyquist;
        }
        if low >= high {
            low = 0.0;
        }
        if scale == FrequencyScale::Logarithmic && low <= 0.0 {
            low = LOWEST_AUDIBLE.min(high / 10.0);
        }
        FrequencyAxis { scale, low, high }
    }

    /// Its lower end in Hz.
    pub fn low(&self) -> f64 {
        self.low
    }

    /// Its upper end in Hz.
    pub fn high(&self) -> f64 {
        self.high
    }

    /// Whether equal steps are read best along it: it is linear, or so short that the room they take differs by
    /// less than four.
    pub(super) fn is_even(&self) -> bool {
        match self.scale {
            FrequencyScale::Linear => true,
            FrequencyScale::Logarithmic => self.high < 4.0 * self.low,
            FrequencyScale::Mel => self.high + 700.0 < 4.0 * (self.low + 700.0),
        }
    }

    /// How it is divided.
    pub fn scale(&self) -> FrequencyScale {
        self.scale
    }

    /// The frequency at a share of the way.
    pub fn frequency(&self, share: f64) -> f64 {
        let (low, high) = (self.warp(self.low), self.warp(self.high));
        let warped = low + share * (high - low);
        match self.scale {
            FrequencyScale::Linear => warped,
            FrequencyScale::Logarithmic => warped.exp(),
            FrequencyScale::Mel => 700.0 * (10f64.powf(warped / 2595.0) - 1.0),
        }
    }

    /// How far up a frequency lies; outside 0 to 1 for what is not on the axis.
    pub fn share(&self, frequency: f64) -> f64 {
        let (low, high) = (self.warp(self.low), self.warp(self.high));
        (self.warp(frequency) - low) / (high - low)
    }

    fn warp(&self, frequency: f64) -> f64 {
        match self.scale {
            FrequencyScale::Linear => frequency,
            FrequencyScale::Logarithmic => frequency.max(f64::MIN_POSITIVE).ln(),
            FrequencyScale::Mel => 2595.0 * (1.0 + frequency / 700.0).log10(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCALES: [FrequencyScale; 3] = [
        FrequencyScale::Linear,
        FrequencyScale::Logarithmic,
        FrequencyScale::Mel,
    ];

    #[test]
    fn shares_and_frequencies_are_inverse() {
        for scale in SCALES {
            let axis = FrequencyAxis::new(scale, 30.0, 16_000.0, 44_100);
            for share in [0.0, 0.1, 0.5, 0.99, 1.0] {
                assert!((axis.share(axis.frequency(share)) - share).abs() < 1e-9);
            }
            assert!((axis.frequency(0.0) - 30.0).abs() < 1e-9);
            assert!((axis.frequency(1.0) - 16_000.0).abs() < 1e-6);
        }
    }

    #[test]
    fn known_places() {
        let octaves = FrequencyAxis::new(FrequencyScale::Logarithmic, 100.0, 1600.0, 48_000);
        assert!((octaves.share(400.0) - 0.5).abs() < 1e-12);
        // 1000 Hz are 1000 mel, as the scale was made.
        let mel = FrequencyAxis::new(FrequencyScale::Mel, 0.0, 8000.0, 48_000);
        let whole = 2595.0 * (1.0f64 + 8000.0 / 700.0).log10();
        assert!((mel.share(1000.0) * whole - 1000.0).abs() < 0.05);
    }

    #[test]
    fn ends_that_make_no_sense_are_mended() {
        for scale in SCALES {
            for (low, high) in [
                (0.0, 0.0),
                (500.0, 100.0),
                (-1.0, 1e9),
                (f64::NAN, f64::INFINITY),
                (30_000.0, 0.0),
            ] {
                for rate in [1, 2, 100, 8_000, 192_000] {
                    let axis = FrequencyAxis::new(scale, low, high, rate);
                    assert!(axis.low() < axis.high(), "{scale:?} {low} {high} {rate}");
                    assert!(axis.high() <= f64::from(rate) / 2.0);
                    assert!(axis.frequency(0.3).is_finite() && axis.share(10.0).is_finite());
                }
            }
        }
    }
}
