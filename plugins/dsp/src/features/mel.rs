// SPDX-License-Identifier: MPL-2.0
//! Mel filters: triangles that overlap by half, equally wide on a mel scale.
use crate::simd::Level;
use crate::spectrum::filter_bank::FilterBank;

/// A mel scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MelScale {
    /// That of Slaney's Auditory Toolbox, as in librosa and Whisper: 3/200 mel per hertz below
    /// 1 kHz, logarithmic above, 27 mel per factor of 6.4.
    Slaney,
    /// That of O'Shaughnessy, as in HTK: 2595·log10(1 + f/700).
    Htk,
    /// The same to four digits, as in Kaldi: 1127·ln(1 + f/700).
    Kaldi,
}

/// Where Slaney's scale changes from linear to logarithmic: in mel, and in hertz.
const BREAK: (f64, f64) = (15.0, 1000.0);

impl MelScale {
    /// Hertz to mel.
    pub fn mel(self, hertz: f64) -> f64 {
        let octaves = 1.0 + hertz / 700.0;
        match self {
            MelScale::Slaney if hertz < BREAK.1 => hertz * 3.0 / 200.0,
            MelScale::Slaney => BREAK.0 + 27.0 * (hertz / BREAK.1).ln() / 6.4f64.ln(),
            MelScale::Htk => 2595.0 * octaves.log10(),
            MelScale::Kaldi => 1127.0 * octaves.ln(),
        }
    }

    /// Mel to hertz.
    pub fn hertz(self, mel: f64) -> f64 {
        match self {
            MelScale::Slaney if mel < BREAK.0 => mel * 200.0 / 3.0,
            MelScale::Slaney => BREAK.1 * ((mel - BREAK.0) * 6.4f64.ln() / 27.0).exp(),
            MelScale::Htk => 700.0 * (10f64.powf(mel / 2595.0) - 1.0),
            MelScale::Kaldi => 700.0 * ((mel / 1127.0).exp() - 1.0),
        }
    }
}

/// What the sides of the triangles are straight over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sides {
    /// Frequency, as in librosa.
    Hertz,
    /// Mel, as in Kaldi and HTK.
    Mel,
}

/// A bank of mel filters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mel {
    /// Filters.
    pub bands: usize,
    /// Lower end of the first filter in Hz.
    pub low: f64,
    /// Upper end of the last filter in Hz, at most half the rate; 0 for half the rate, and negative
    /// for that far below it, as in Kaldi.
    pub high: f64,
    /// The scale.
    pub scale: MelScale,
    /// The sides.
    pub sides: Sides,
    /// Whether triangles have the same area over frequency, 1 Hz (librosa's `norm="slaney"`), or
    /// the same height, 1.
    pub equal_area: bool,
}

/// Most filters of a bank.
pub const MOST_BANDS: usize = 4096;

impl Mel {
    /// librosa's default: Slaney's scale to half the rate, equal areas.
    pub const fn slaney(bands: usize) -> Self {
        Mel {
            bands,
            low: 0.0,
            high: 0.0,
            scale: MelScale::Slaney,
            sides: Sides::Hertz,
            equal_area: true,
        }
    }

    /// The upper end in Hz.
    pub fn upper(&self, rate: f64) -> f64 {
        match self.high {
            high if high > 0.0 => high,
            high => rate / 2.0 + high,
        }
    }

    /// The ends and centres in Hz, from the lower end of the first filter to the upper of the last:
    /// filter i goes from i over i + 1 to i + 2.
    pub fn corners(&self, rate: f64) -> Vec<f64> {
        let (low, high) = (self.scale.mel(self.low), self.scale.mel(self.upper(rate)));
        let step = (high - low) / (self.bands + 1) as f64;
        let corner = |i: usize| self.scale.hertz(low + step * i as f64);
        (0..self.bands + 2).map(corner).collect()
    }

    /// The filters, for spectra of transforms of `size` at `rate` Hz.
    ///
    /// # Errors
    /// A sentence, if there are no filters or too many, or they do not fit between 0 Hz and half
    /// the rate.
    pub fn filter_bank(&self, rate: f64, size: usize) -> Result<FilterBank, String> {
        self.filter_bank_with_level(Level::best(), rate, size)
    }

    /// As [`Mel::filter_bank`], on one instruction set.
    ///
    /// # Errors
    /// As there.
    pub fn filter_bank_with_level(
        &self,
        level: Level,
        rate: f64,
        size: usize,
    ) -> Result<FilterBank, String> {
        let (bands, low, high) = (self.bands, self.low, self.upper(rate));
        if !(1..=MOST_BANDS).contains(&bands) {
            return Err(format!(
                "{bands} mel bands: between 1 and {MOST_BANDS} are possible"
            ));
        }
        if !(0.0 <= low && low < high && high <= rate / 2.0) {
            return Err(format!(
                "mel bands from {low} to {high} Hz: they must lie between 0 Hz and half the rate, {} Hz",
                rate / 2.0
            ));
        }
        let corners = self.corners(rate);
        let place = |hertz: f64| match self.sides {
            Sides::Hertz => hertz,
            Sides::Mel => self.scale.mel(hertz),
        };
        let spacing = rate / size as f64;
        let filter = |corner: &[f64]| {
            let first = (corner[0] / spacing).ceil() as usize;
            let last = ((corner[2] / spacing).floor() as usize).min(size / 2);
            let [left, centre, right] = [corner[0], corner[1], corner[2]].map(place);
            let height = match self.equal_area {
                true => 2.0 / (corner[2] - corner[0]),
                false => 1.0,
            };
            let weight = |bin: usize| {
                let at = place(bin as f64 * spacing);
                let side = ((at - left) / (centre - left)).min((right - at) / (right - centre));
                side.max(0.0) * height
            };
            (first, (first..=last).map(weight).collect())
        };
        let filters = corners.windows(3).map(filter);
        Ok(FilterBank::with_level(level, size / 2 + 1, filters))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCALES: [MelScale; 3] = [MelScale::Slaney, MelScale::Htk, MelScale::Kaldi];

    #[test]
    fn scales_go_there_and_back() {
        for scale in SCALES {
            for hertz in [0.0, 20.0, 999.0, 1000.0, 1001.0, 6400.0, 22_050.0] {
                let back = scale.hertz(scale.mel(hertz));
                assert!(
                    (back - hertz).abs() < 1e-9 * hertz.max(1.0),
                    "{scale:?} {hertz}"
                );
            }
        }
        // Slaney: 1 kHz is 15 mel, 6.4 kHz 27 more; O'Shaughnessy: 1 kHz is 1000 mel.
        assert_eq!(MelScale::Slaney.mel(1000.0), 15.0);
        assert_eq!(MelScale::Slaney.mel(6400.0), 42.0);
        assert!((MelScale::Htk.mel(1000.0) - 1000.0).abs() < 0.02);
        assert!((MelScale::Kaldi.mel(1000.0) - MelScale::Htk.mel(1000.0)).abs() < 0.05);
    }

    /// Neighbouring triangles of the same height add up to it.
    #[test]
    fn filters_of_height_one_add_up_to_one() {
        for (scale, sides) in SCALES
            .into_iter()
            .flat_map(|s| [(s, Sides::Hertz), (s, Sides::Mel)])
        {
            let mel = Mel {
                scale,
                sides,
                equal_area: false,
                ..Mel::slaney(40)
            };
            let bank = mel.filter_bank(48_000.0, 2048).expect("it fits");
            let corners = mel.corners(48_000.0);
            let mut sums = vec![0.0; 1025];
            for (_, bin, weight) in bank.weights() {
                sums[bin] += f64::from(weight);
            }
            for (bin, sum) in sums.into_iter().enumerate() {
                let hertz = bin as f64 * 48_000.0 / 2048.0;
                if (corners[1]..=corners[40]).contains(&hertz) {
                    assert!(
                        (sum - 1.0).abs() < 1e-6,
                        "{scale:?} {sides:?} bin {bin}: {sum}"
                    );
                }
            }
        }
    }

    /// librosa.filters.mel(sr=16000, n_fft=512, n_mels=40, htk=True, norm=None), librosa 0.11.
    #[test]
    fn weights_of_librosa_with_the_scale_of_htk() {
        let mel = Mel {
            scale: MelScale::Htk,
            equal_area: false,
            ..Mel::slaney(40)
        };
        let bank = mel.filter_bank(16_000.0, 512).expect("it fits");
        for (filter, bin, expected) in [
            (0, 1, 0.704_240),
            (0, 2, 0.615_871),
            (5, 10, 0.994_994),
            (5, 11, 0.507_958),
            (20, 60, 0.812_851),
            (39, 250, 0.361_530),
            (39, 255, 0.060_255),
        ] {
            let found = bank.weights().find(|w| (w.0, w.1) == (filter, bin));
            let weight = found.map_or(0.0, |w| w.2);
            assert!((weight - expected).abs() < 2e-6, "{filter} {bin}: {weight}");
        }
    }

    /// A flat density of 1 per hertz comes out as 1.
    #[test]
    fn equal_areas_are_one_hertz() {
        let bank = Mel::slaney(40)
            .filter_bank(48_000.0, 65_536)
            .expect("it fits");
        let mut out = [0.0; 40];
        bank.apply(&vec![48_000.0 / 65_536.0; 32_769], &mut out);
        for area in out {
            assert!((area - 1.0).abs() < 1e-3, "{area}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let mel = Mel::slaney(80);
        for odd in [
            Mel { bands: 0, ..mel },
            Mel {
                bands: MOST_BANDS + 1,
                ..mel
            },
            Mel { low: -1.0, ..mel },
            Mel {
                low: f64::NAN,
                ..mel
            },
            Mel {
                high: 9000.0,
                ..mel
            },
            Mel {
                high: f64::NAN,
                ..mel
            },
            Mel {
                high: -8000.0,
                ..mel
            },
            Mel {
                low: 4000.0,
                high: 4000.0,
                ..mel
            },
        ] {
            assert!(odd.filter_bank(16_000.0, 400).is_err(), "{odd:?}");
        }
        assert_eq!(mel.filter_bank(16_000.0, 400).expect("it fits").empty(), 0);
        // Kaldi's way to say where it ends.
        assert_eq!(
            Mel {
                high: -400.0,
                ..mel
            }
            .upper(16_000.0),
            7600.0
        );
    }
}
