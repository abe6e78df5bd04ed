// SPDX-License-Identifier: MPL-2.0
//! Colours for levels: lightness rises by the same step from each to the next, so that equal
//! differences in decibel look equal, also in a copy without colours.
use super::colour::{Lab, Rgb};

/// Colours that stand for levels; the rest of the 256 is for text and lines.
pub const LEVELS: usize = 240;
/// First of the colours from background to text.
pub const INK: usize = LEVELS;
/// How many these are.
pub const INKS: usize = 256 - LEVELS;

/// Which colours levels have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Palette {
    /// Night blue, purple, red, orange, pale yellow.
    #[default]
    Dusk,
    /// Black to white.
    Grey,
    /// Black, red, orange, white: iron that is heated.
    Heat,
    /// Night blue, blue, turquoise, white.
    Ocean,
    /// Blue to yellow, alike to the eyes of those who do not tell red from green.
    Safe,
    /// White to black, for paper.
    Paper,
}

/// A palette between these, in even steps of lightness: chroma and hue.
struct Course {
    from: f64,
    to: f64,
    points: &'static [(f64, f64)],
}

impl Palette {
    /// All of them.
    pub const ALL: [Palette; 6] = [
        Palette::Dusk,
        Palette::Grey,
        Palette::Heat,
        Palette::Ocean,
        Palette::Safe,
        Palette::Paper,
    ];

    /// The name by which users select it.
    pub fn name(self) -> &'static str {
        match self {
            Palette::Dusk => "dusk",
            Palette::Grey => "grey",
            Palette::Heat => "heat",
            Palette::Ocean => "ocean",
            Palette::Safe => "safe",
            Palette::Paper => "paper",
        }
    }

    /// The colours of all 256 values: [`LEVELS`] for levels, [`INKS`] from background to text.
    pub fn colours(self) -> [Rgb; 256] {
        let course = self.course();
        let (background, text) = match self {
            Palette::Paper => (Lab::seen(1.0, 0.0, 0.0), Lab::seen(0.2, 0.0, 0.0)),
            _ => (
                Lab::seen(0.075, 0.006, 270.0),
                Lab::seen(0.90, 0.006, 270.0),
            ),
        };
        std::array::from_fn(|index| {
            if index < LEVELS {
                course.at(index as f64 / (LEVELS - 1) as f64).to_rgb()
            } else {
                let share = (index - INK) as f64 / (INKS - 1) as f64;
                mix(background, text, share).to_rgb()
            }
        })
    }

    fn course(self) -> Course {
        let (from, to, points): (_, _, &[(f64, f64)]) = match self {
            Palette::Dusk => (
                0.02,
                0.98,
                &[
                    (0.020, 275.0),
                    (0.075, 283.0),
                    (0.125, 299.0),
                    (0.160, 331.0),
                    (0.172, 368.0),
                    (0.165, 400.0),
                    (0.150, 425.0),
                    (0.130, 448.0),
                    (0.060, 466.0),
                ],
            ),
            Palette::Grey => (0.02, 1.0, &[(0.0, 0.0), (0.0, 0.0)]),
            Palette::Heat => (
                0.02,
                1.0,
                &[
                    (0.010, 20.0),
                    (0.060, 22.0),
                    (0.110, 25.0),
                    (0.155, 29.0),
                    (0.170, 38.0),
                    (0.165, 55.0),
                    (0.150, 75.0),
                    (0.105, 95.0),
                    (0.004, 108.0),
                ],
            ),
            Palette::Ocean => (
                0.02,
                1.0,
                &[
                    (0.015, 285.0),
                    (0.070, 276.0),
                    (0.115, 265.0),
                    (0.130, 255.0),
                    (0.125, 242.0),
                    (0.115, 225.0),
                    (0.100, 205.0),
                    (0.070, 190.0),
                    (0.004, 180.0),
                ],
            ),
            Palette::Safe => (
                0.10,
                0.95,
                &[
                    (0.050, 265.0),
                    (0.075, 263.0),
                    (0.080, 262.0),
                    (0.050, 261.0),
                    (0.012, 258.0),
                    // Through grey, to the opposite hue.
                    (-0.035, 278.0),
                    (-0.085, 280.0),
                    (-0.130, 283.0),
                    (-0.170, 288.0),
                ],
            ),
            Palette::Paper => (1.0, 0.06, &[(0.0, 0.0), (0.0, 0.0)]),
        };
        Course { from, to, points }
    }
}

impl Course {
    /// The colour at `share` of the way, on a smooth curve through the points.
    fn at(&self, share: f64) -> Lab {
        let place = share.clamp(0.0, 1.0) * (self.points.len() - 1) as f64;
        let index = (place.floor() as usize).min(self.points.len() - 2);
        let point = |offset: isize| {
            let at = (index as isize + offset).clamp(0, self.points.len() as isize - 1);
            self.points[at as usize]
        };
        let t = place - index as f64;
        let curve = |field: fn((f64, f64)) -> f64| {
            let [a, b, c, d] = [-1, 0, 1, 2].map(|offset| field(point(offset)));
            // Catmull and Rom's cubic.
            let slope = 0.5 * (c - a);
            let bend = a - 2.5 * b + 2.0 * c - 0.5 * d;
            let turn = 0.5 * (d - a) + 1.5 * (b - c);
            b + t * (slope + t * (bend + t * turn))
        };
        let lightness = self.from + share * (self.to - self.from);
        Lab::seen(lightness, curve(|point| point.0), curve(|point| point.1))
    }
}

fn mix(from: Lab, to: Lab, share: f64) -> Lab {
    let between = |a: f64, b: f64| a + share * (b - a);
    Lab {
        l: between(from.l, to.l),
        a: between(from.a, to.a),
        b: between(from.b, to.b),
    }
}

#[cfg(test)]
mod tests;
