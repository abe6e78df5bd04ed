// SPDX-License-Identifier: MPL-2.0
//! What makes a palette honest, asked of the bytes that reach the screen.
use super::super::colour::{compress, expand};
use super::*;

fn levels(palette: Palette) -> Vec<Lab> {
    palette.colours()[..LEVELS]
        .iter()
        .map(|rgb| Lab::of(*rgb))
        .collect()
}

#[test]
fn lightness_rises_on_a_straight_line() {
    for palette in Palette::ALL {
        let labs = levels(palette);
        let (first, last) = (labs[0].lightness(), labs[LEVELS - 1].lightness());
        assert!((last - first).abs() > 0.8, "{palette:?} has contrast");
        for (index, lab) in labs.iter().enumerate() {
            let wanted = first + (last - first) * index as f64 / (LEVELS - 1) as f64;
            let found = lab.lightness();
            assert!(
                (found - wanted).abs() < 0.006,
                "{palette:?} {index}: {found} {wanted}"
            );
        }
    }
}

/// The same holds in the older space of the CIE, which nothing here was made in.
#[test]
fn lightness_of_the_cie_rises_as_well() {
    let star = |rgb: Rgb| {
        let [r, g, b] = rgb.map(|byte| expand(f64::from(byte) / 255.0));
        let y = 0.2126 * r + 0.7152 * g + 0.0722 * b;
        if y > 0.008_856 {
            116.0 * y.cbrt() - 16.0
        } else {
            903.3 * y
        }
    };
    for palette in Palette::ALL {
        let colours = palette.colours();
        let stars: Vec<f64> = colours[..LEVELS].iter().map(|rgb| star(*rgb)).collect();
        let sign = if palette == Palette::Paper { -1.0 } else { 1.0 };
        let mean = (stars[LEVELS - 1] - stars[0]) * sign / (LEVELS - 8) as f64;
        for (index, pair) in stars.windows(9).enumerate() {
            let step = (pair[8] - pair[0]) * sign / 8.0;
            assert!(
                (0.35..1.7).contains(&(step / mean)),
                "{palette:?} {index}: {step} {mean}"
            );
        }
    }
}

#[test]
fn steps_look_alike_all_the_way() {
    for palette in Palette::ALL {
        let labs = levels(palette);
        // Over sixteen levels, so that the rounding to bytes does not count.
        let steps: Vec<f64> = labs.windows(17).map(|w| w[0].distance(w[16])).collect();
        let mean = steps.iter().sum::<f64>() / steps.len() as f64;
        for (index, step) in steps.iter().enumerate() {
            let ratio = step / mean;
            assert!((0.6..1.6).contains(&ratio), "{palette:?} {index}: {ratio}");
        }
    }
}

#[test]
fn no_two_levels_are_one_colour() {
    for palette in Palette::ALL {
        let colours = palette.colours();
        for (index, pair) in colours[..LEVELS].windows(2).enumerate() {
            let grey = matches!(palette, Palette::Grey | Palette::Paper);
            assert!(pair[0] != pair[1] || grey, "{palette:?} {index}");
        }
    }
}

/// As who lacks the red or the green cones sees it: F. Viénot, H. Brettel, J. Mollon, "Digital video
/// colourmaps for checking the legibility of displays by dichromats", 1999.
fn seen_without(rgb: Rgb, green: bool) -> Lab {
    let [r, g, b] = rgb.map(|byte| expand(f64::from(byte) / 255.0));
    let [r, g, b] = if green {
        let yellow = 0.292_75 * r + 0.707_25 * g;
        [yellow, yellow, -0.022_34 * r + 0.022_34 * g + b]
    } else {
        let yellow = 0.112_38 * r + 0.887_62 * g;
        [yellow, yellow, 0.004_01 * r - 0.004_01 * g + b]
    };
    Lab::of([r, g, b].map(|x| (255.0 * compress(x.clamp(0.0, 1.0))).round() as u8))
}

#[test]
fn the_safe_palette_is_the_same_to_everybody() {
    for green in [false, true] {
        let worst = |palette: Palette| {
            let colours = palette.colours();
            let changes = colours[..LEVELS]
                .iter()
                .map(|rgb| seen_without(*rgb, green).distance(Lab::of(*rgb)));
            changes.fold(0.0, f64::max)
        };
        assert!(worst(Palette::Safe) < 0.06, "{}", worst(Palette::Safe));
        assert!(worst(Palette::Dusk) > 0.1, "a test that could not fail");
    }
}

#[test]
fn text_is_readable() {
    for palette in Palette::ALL {
        let colours = palette.colours();
        let light = |rgb: Rgb| {
            let [r, g, b] = rgb.map(|byte| expand(f64::from(byte) / 255.0));
            0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05
        };
        let (a, b) = (light(colours[INK]), light(colours[255]));
        // What WCAG 2 asks of small text at its strictest.
        assert!(a.max(b) / a.min(b) > 7.0, "{palette:?}");
    }
}
