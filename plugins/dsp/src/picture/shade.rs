// SPDX-License-Identifier: MPL-2.0
//! From power to the numbers of colours.
use super::palette::LEVELS;
use crate::multiversion;
use crate::simd::Level;
use crate::spectrum::decibel_kernel::power_to_decibel;

/// Levels that are shown, and how they are told.
#[derive(Debug, Clone, Copy)]
pub struct Shade {
    level: Level,
    /// dB to add to powers.
    offset: f32,
    /// dB below the highest that the darkest colour stands for.
    range: f32,
}

/// How far below the darkest level values still differ, for curves between them.
const BELOW: f32 = 20.0;

impl Shade {
    /// `offset` makes dBFS of powers; `gain` more dB are added; the brightest colour is then 0 dB, the
    /// darkest −`range`.
    pub fn new(offset: f64, gain: f64, range: f64) -> Self {
        Shade {
            level: Level::best(),
            offset: (offset + gain) as f32,
            range: range.max(1.0) as f32,
        }
    }

    /// Powers to dB; no power is far below the darkest level.
    pub fn decibels(&self, power: &[f32], out: &mut [f32]) {
        let floor = -self.range - BELOW;
        power_to_decibel(self.level, power, self.offset, floor, out);
    }

    /// dB to numbers of colours.
    pub fn indices(&self, decibels: &[f32], out: &mut [u8]) {
        let scale = (LEVELS - 1) as f32 / self.range;
        index::<()>(self.level, decibels, scale, out);
    }
}

trait Anything {}
impl Anything for () {}

multiversion! {
    fn index<T: Anything>(decibels: &[f32], scale: f32, out: &mut [u8]) = index_body
}

#[inline(always)]
fn index_body(decibels: &[f32], scale: f32, out: &mut [u8]) {
    const MOST: f32 = (LEVELS - 1) as f32;
    for (out, decibel) in out.iter_mut().zip(decibels) {
        // Rounded to the nearest; NaN becomes 0.
        let value = (decibel * scale + (MOST + 0.5)).clamp(0.0, MOST);
        *out = value as i32 as u8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_have_their_colours() {
        let shade = Shade::new(6.0, 10.0, 100.0);
        // 10·log10 of these, and 16 dB.
        let power = [
            1e-3,
            10f32.powf(-1.6),
            1e9,
            0.0,
            10f32.powf(-11.6),
            f32::NAN,
            f32::INFINITY,
        ];
        let (mut decibels, mut indices) = ([0.0; 7], [0; 7]);
        shade.decibels(&power, &mut decibels);
        shade.indices(&decibels, &mut indices);
        let middle = (0.86f32 * 239.0).round() as u8;
        assert_eq!(indices, [middle, 239, 239, 0, 0, 0, 239]);
        assert!((decibels[0] + 14.0).abs() < 1e-4);
    }

    #[test]
    fn every_level_gives_the_same() {
        let decibels: Vec<f32> = (0..2001).map(|i| -130.0 + 0.07 * i as f32).collect();
        let at = |level| {
            let mut out = vec![0; decibels.len()];
            Shade {
                level,
                ..Shade::new(0.0, 0.0, 110.0)
            }
            .indices(&decibels, &mut out);
            out
        };
        let scalar = at(Level::SCALAR);
        assert!(Level::available().all(|level| at(level) == scalar));
        assert!(scalar.is_sorted() && scalar[0] == 0 && scalar[2000] == 239);
    }
}
