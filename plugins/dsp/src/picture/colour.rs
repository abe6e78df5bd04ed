// SPDX-License-Identifier: MPL-2.0
//! From OKLab, in which equal distances look equal, to the bytes of a screen.
//!
//! Matrices: B. Ottosson, "A perceptual color space for image processing", 2020. Transfer curve:
//! IEC 61966-2-1.

/// A colour of OKLab.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lab {
    /// Lightness, 0 (black) to 1 (white).
    pub l: f64,
    /// Green to red.
    pub a: f64,
    /// Blue to yellow.
    pub b: f64,
}

/// Red, green and blue as a screen takes them.
pub type Rgb = [u8; 3];

const TOE: [f64; 3] = [0.206, 0.03, 1.206 / 1.03];

impl Lab {
    /// From lightness, chroma and hue in degrees.
    pub fn polar(l: f64, chroma: f64, hue: f64) -> Self {
        let (sin, cos) = hue.to_radians().sin_cos();
        Lab {
            l,
            a: chroma * cos,
            b: chroma * sin,
        }
    }

    /// With the lightness `r` as an eye used to a bright screen sees it; it agrees with the CIE's L*,
    /// and gives dark colours their due (B. Ottosson, "Okhsv and Okhsl", 2021).
    pub fn seen(r: f64, chroma: f64, hue: f64) -> Self {
        Self::polar(r * (r + TOE[0]) / (TOE[2] * (r + TOE[1])), chroma, hue)
    }

    /// The lightness that [`Lab::seen`] takes.
    pub fn lightness(self) -> f64 {
        let x = TOE[2] * self.l - TOE[0];
        0.5 * (x + (x * x + 4.0 * TOE[1] * TOE[2] * self.l).sqrt())
    }

    /// Of a screen's colour.
    pub fn of(rgb: Rgb) -> Self {
        let [r, g, b] = rgb.map(|byte| expand(f64::from(byte) / 255.0));
        let l = 0.412_221_470_8 * r + 0.536_332_536_3 * g + 0.051_445_992_9 * b;
        let m = 0.211_903_498_2 * r + 0.680_699_545_1 * g + 0.107_396_956_6 * b;
        let s = 0.088_302_461_9 * r + 0.281_718_837_6 * g + 0.629_978_700_5 * b;
        let [l, m, s] = [l, m, s].map(f64::cbrt);
        Lab {
            l: 0.210_454_255_3 * l + 0.793_617_785_0 * m - 0.004_072_046_8 * s,
            a: 1.977_998_495_1 * l - 2.428_592_205_0 * m + 0.450_593_709_9 * s,
            b: 0.025_904_037_1 * l + 0.782_771_766_2 * m - 0.808_675_766_0 * s,
        }
    }

    /// How different two colours look.
    pub fn distance(self, other: Self) -> f64 {
        let square = |x: f64| x * x;
        (square(self.lightness() - other.lightness())
            + square(self.a - other.a)
            + square(self.b - other.b))
        .sqrt()
    }

    /// The nearest colour of a screen that has this lightness and hue.
    pub fn to_rgb(self) -> Rgb {
        let with = |share: f64| Lab {
            a: self.a * share,
            b: self.b * share,
            ..self
        };
        // The most chroma that a screen has here; grey it has always.
        let (mut low, mut high) = (0.0, 1.0);
        if self.is_on_screen() {
            low = 1.0;
        } else {
            for _ in 0..24 {
                let middle = 0.5 * (low + high);
                if with(middle).is_on_screen() {
                    low = middle;
                } else {
                    high = middle;
                }
            }
        }
        with(low)
            .linear()
            .map(|x| (255.0 * compress(x.clamp(0.0, 1.0))).round() as u8)
    }

    fn is_on_screen(self) -> bool {
        const SLACK: f64 = 1e-6;
        self.linear()
            .iter()
            .all(|x| (-SLACK..=1.0 + SLACK).contains(x))
    }

    /// Red, green and blue in proportion to light.
    fn linear(self) -> [f64; 3] {
        let l = self.l + 0.396_337_777_4 * self.a + 0.215_803_757_3 * self.b;
        let m = self.l - 0.105_561_345_8 * self.a - 0.063_854_172_8 * self.b;
        let s = self.l - 0.089_484_177_5 * self.a - 1.291_485_548_0 * self.b;
        let [l, m, s] = [l, m, s].map(|x| x * x * x);
        [
            4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s,
            -1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s,
            -0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701_0 * s,
        ]
    }
}

/// From a screen's value to light.
pub fn expand(x: f64) -> f64 {
    if x <= 0.040_45 {
        x / 12.92
    } else {
        ((x + 0.055) / 1.055).powf(2.4)
    }
}

/// From light to a screen's value.
pub fn compress(x: f64) -> f64 {
    if x <= 0.003_130_8 {
        x * 12.92
    } else {
        1.055 * x.powf(1.0 / 2.4) - 0.055
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_survive_the_way_there_and_back() {
        for r in (0..=255).step_by(15) {
            for g in (0..=255).step_by(15) {
                for b in (0..=255).step_by(15) {
                    let rgb = [r as u8, g as u8, b as u8];
                    assert_eq!(Lab::of(rgb).to_rgb(), rgb);
                }
            }
        }
    }

    #[test]
    fn known_colours() {
        // Ottosson's own table: white, and red.
        let white = Lab::of([255; 3]);
        assert!((white.l - 1.0).abs() < 1e-6 && white.a.abs() < 1e-6 && white.b.abs() < 1e-6);
        let red = Lab::of([255, 0, 0]);
        assert!((red.l - 0.627_955).abs() < 1e-5, "{red:?}");
        assert!((red.a - 0.224_863).abs() < 1e-5 && (red.b - 0.125_846).abs() < 1e-5);
        for l in [0.0, 0.1, 0.5, 1.0] {
            assert!((Lab::seen(l, 0.1, 200.0).lightness() - l).abs() < 1e-12);
        }
        // What no screen shows keeps lightness and hue.
        let wanted = Lab::polar(0.5, 0.4, 140.0);
        let shown = Lab::of(wanted.to_rgb());
        assert!((shown.l - 0.5).abs() < 0.004, "{shown:?}");
        assert!((shown.b.atan2(shown.a).to_degrees() - 140.0).abs() < 1.5);
    }
}
