// SPDX-License-Identifier: MPL-2.0
//! Text: a font of strokes, drawn for this project, in any size.
//!
//! It has the Latin, Greek and Cyrillic letters of Europe; what it has not is a box.
mod glyphs;
mod marks;
mod strokes;

use glyphs::{GLYPHS, Glyph, MISSING};
use marks::{ALIKE, COMPOSED, MARKS, SMALL};
use strokes::Strokes;

/// Height of capitals in the font's units.
const CAPITAL: f32 = 14.0;
/// Height of small letters.
const SMALL_LETTER: f32 = 10.0;
/// Between two letters.
const GAP: f32 = 3.4;
/// Width of the pen.
const PEN: f32 = 1.7;

/// Text of one size: capitals are that many pixels high.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Font {
    /// Pixels per unit.
    scale: f32,
}

/// A letter and where it stands.
struct Placed {
    path: &'static str,
    x: f32,
    y: f32,
    /// Share of its full size.
    size: f32,
}

impl Font {
    /// With capitals of this many pixels.
    pub fn new(capital: f32) -> Self {
        Font {
            scale: capital.max(1.0) / CAPITAL,
        }
    }

    /// Height of capitals in pixels.
    pub fn capital(self) -> f32 {
        self.scale * CAPITAL
    }

    /// Width of a text in pixels.
    pub fn width(self, text: &str) -> f32 {
        let mut width = -GAP;
        lay(text, |_, end| width = end);
        (width.max(0.0) + PEN) * self.scale
    }

    /// As much of the text as fits into that many pixels, with an ellipsis where that is not all.
    pub fn fit(self, text: &str, width: f32) -> String {
        if self.width(text) <= width {
            return text.to_owned();
        }
        let mut kept: Vec<char> = text.chars().collect();
        while kept.pop().is_some() {
            let shorter: String = kept.iter().collect::<String>().trim_end().to_owned() + "…";
            if self.width(&shorter) <= width {
                return shorter;
            }
        }
        String::new()
    }

    /// Draws a text whose first letter begins at `x` and stands on `y`, counted downwards. `paint` gets
    /// pixels and how much of each is covered, up to 1; a pixel can come more than once.
    pub fn draw(self, text: &str, x: f32, y: f32, mut paint: impl FnMut(i32, i32, f32)) {
        // A pen that is thinner than a pixel would be grey.
        let pen = (PEN * self.scale).max(1.05);
        let mut strokes = Strokes::default();
        lay(text, |placed, _| {
            let Placed { path, size, .. } = placed;
            let at = |px: f32, py: f32| {
                let across = (placed.x + 0.5 * PEN + px * size) * self.scale;
                let up = (placed.y + py * size) * self.scale;
                (x + across, y - up)
            };
            strokes.read(path, at);
            strokes.paint(0.5 * pen, &mut paint);
        });
    }
}

/// Places letter after letter, and says where each ends.
fn lay(text: &str, mut put: impl FnMut(Placed, f32)) {
    let (mut x, mut last) = (0.0, None);
    for letter in text.chars() {
        if let Some((middle, top)) = last
            && let Some(mark) = find(MARKS, letter)
        {
            put(over(mark, middle, top), x - GAP);
            continue;
        }
        if letter.is_control() {
            continue;
        }
        let (base, mark) = decompose(letter);
        let (glyph, size) = glyph(base);
        let width = glyph.1 * size;
        let placed = Placed {
            path: glyph.2,
            x,
            y: 0.0,
            size,
        };
        let (middle, top) = (x + 0.5 * width, height(base));
        x += width + GAP;
        put(placed, x - GAP);
        if let Some(mark) = mark.and_then(|mark| find(MARKS, mark)) {
            put(over(mark, middle, top), x - GAP);
        }
        last = Some((middle, top));
    }
}

fn over(mark: &'static Glyph, middle: f32, top: f32) -> Placed {
    let above = mark.0 < '\u{326}';
    Placed {
        path: mark.2,
        x: middle,
        y: if above { top - SMALL_LETTER } else { 0.0 },
        size: 1.0,
    }
}

fn glyph(letter: char) -> (&'static Glyph, f32) {
    if let Some(capital) = partner(SMALL, letter) {
        let size = SMALL_LETTER / CAPITAL;
        return (find(GLYPHS, capital).unwrap_or(&MISSING), size);
    }
    (find(GLYPHS, letter).unwrap_or(&MISSING), 1.0)
}

/// Where marks above a letter begin.
fn height(letter: char) -> f32 {
    let tall = letter.is_uppercase() || matches!(letter, 'b' | 'd' | 'h' | 'k' | 'l' | 't' | 'i');
    if tall { CAPITAL } else { SMALL_LETTER }
}

/// A letter we have, and the mark it carries.
fn decompose(letter: char) -> (char, Option<char>) {
    let mut parts = COMPOSED.chars();
    while let (Some(whole), Some(base), Some(mark)) = (parts.next(), parts.next(), parts.next()) {
        if whole == letter {
            return (base, Some(mark));
        }
    }
    (partner(ALIKE, letter).unwrap_or(letter), None)
}

/// What follows `letter` in a list of pairs.
fn partner(pairs: &str, letter: char) -> Option<char> {
    let mut letters = pairs.chars();
    while let (Some(first), Some(second)) = (letters.next(), letters.next()) {
        if first == letter {
            return Some(second);
        }
    }
    None
}

fn find(glyphs: &'static [Glyph], letter: char) -> Option<&'static Glyph> {
    let index = glyphs.binary_search_by_key(&letter, |glyph| glyph.0);
    index.ok().map(|index| &glyphs[index])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_in_order_and_complete() {
        assert!(GLYPHS.is_sorted_by_key(|glyph| glyph.0));
        assert!(MARKS.is_sorted_by_key(|glyph| glyph.0));
        for (list, count) in [(COMPOSED, 3), (ALIKE, 2), (SMALL, 2)] {
            let letters: Vec<char> = list.chars().collect();
            assert_eq!(letters.len() % count, 0);
            for part in letters.chunks(count) {
                let (glyph, _) = glyph(part[1]);
                assert_ne!(glyph.0, MISSING.0, "{part:?}");
                assert!(count == 2 || find(MARKS, part[2]).is_some(), "{part:?}");
            }
        }
        // All of ASCII, the letters of Latin-1, of Russian and of Greek.
        let letters = |from: char, to: char| (from..=to).filter(|c| c.is_alphanumeric());
        let wanted = (' '..='~')
            .chain(letters('À', 'ÿ'))
            .chain(letters('А', 'я'))
            .chain(letters('Α', 'ω'));
        for letter in wanted {
            assert_ne!(glyph(decompose(letter).0).0.0, MISSING.0, "{letter}");
        }
    }

    #[test]
    fn every_path_can_be_drawn() {
        let mut strokes = Strokes::default();
        for glyph in GLYPHS.iter().chain(MARKS).chain([&MISSING]) {
            assert!(strokes.read(glyph.2, |x, y| (x, y)), "{:?}", glyph.0);
        }
    }

    #[test]
    fn text_covers_what_its_width_says() {
        for capital in [6.0, 9.0, 20.0] {
            let font = Font::new(capital);
            for text in ["AURIS", "1:23", "Ängström – Ёлка", "µ", "e\u{301}"] {
                let (mut right, mut top, mut sum) = (0, i32::MAX, 0.0);
                font.draw(text, 0.0, 100.0, |x, y, share| {
                    assert!((0.0..=1.0).contains(&share));
                    if share > 0.3 {
                        right = right.max(x);
                        top = top.min(y);
                    }
                    sum += share;
                });
                let width = font.width(text);
                assert!((right as f32 - width).abs() < 2.5, "{text} {right} {width}");
                assert!(top as f32 > 100.0 - 1.45 * capital - 2.0, "{text} {top}");
                assert!(sum > 10.0);
            }
        }
    }

    #[test]
    fn what_is_too_long_ends_in_an_ellipsis() {
        let font = Font::new(10.0);
        let short = font.fit("a long title of a long piece", 80.0);
        assert!(
            short.ends_with('…') && font.width(&short) <= 80.0,
            "{short}"
        );
        assert_eq!(font.fit("short", 80.0), "short");
        assert_eq!(font.fit("short", 1.0), "");
        assert_eq!(font.width(""), PEN * font.scale);
    }

    #[test]
    fn a_letter_composed_or_not_looks_the_same() {
        let pixels = |text: &str| {
            let mut all = Vec::new();
            Font::new(12.0).draw(text, 3.0, 30.0, |x, y, share| all.push((x, y, share)));
            all
        };
        assert_eq!(pixels("é"), pixels("e\u{301}"));
        assert_ne!(pixels("é"), pixels("e"));
    }
}
