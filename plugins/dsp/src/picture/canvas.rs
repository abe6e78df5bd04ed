// SPDX-License-Identifier: MPL-2.0
//! A picture of one byte per pixel, each an index into 256 colours.
use super::font::Font;
use super::palette::{INK, INKS};

/// A rectangle of pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Area {
    /// Left edge.
    pub x: usize,
    /// Upper edge.
    pub y: usize,
    /// Pixels across.
    pub width: usize,
    /// Pixels down.
    pub height: usize,
}

/// Where a text lies, as seen from its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// To the right of it.
    Left,
    /// Around it.
    Centre,
    /// To the left of it.
    Right,
}

/// A picture in the making.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

/// Index of the background.
pub const BACKGROUND: u8 = INK as u8;
/// Index of text.
pub const TEXT: u8 = (INK + INKS - 1) as u8;
/// Index of lines around and beside a plot.
pub const LINE: u8 = (INK + 8) as u8;

impl Canvas {
    /// All background.
    pub fn new(width: usize, height: usize) -> Self {
        Canvas {
            width,
            height,
            pixels: vec![BACKGROUND; width * height],
        }
    }

    /// Pixels across.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Pixels down.
    pub fn height(&self) -> usize {
        self.height
    }

    /// The rows, from the top.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.pixels.chunks_exact(self.width.max(1))
    }

    /// All pixels, row by row from the top.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// The same, to change.
    pub fn pixels_mut(&mut self) -> &mut [u8] {
        &mut self.pixels
    }

    /// Fills what of an area lies on the canvas.
    pub fn fill(&mut self, area: Area, index: u8) {
        let right = (area.x + area.width).min(self.width);
        let bottom = (area.y + area.height).min(self.height);
        for y in area.y..bottom {
            if let Some(row) = self
                .pixels
                .get_mut(y * self.width + area.x..y * self.width + right)
            {
                row.fill(index);
            }
        }
    }

    /// Draws lines of one pixel around an area.
    pub fn frame(&mut self, area: Area, index: u8) {
        let (left, top) = (area.x.wrapping_sub(1), area.y.wrapping_sub(1));
        let (right, bottom) = (area.x + area.width, area.y + area.height);
        for x in area.x.saturating_sub(1)..=right {
            self.set(x, top, index);
            self.set(x, bottom, index);
        }
        for y in area.y..bottom {
            self.set(left, y, index);
            self.set(right, y, index);
        }
    }

    /// Sets one pixel, if it is on the canvas.
    pub fn set(&mut self, x: usize, y: usize, index: u8) {
        if x < self.width && y < self.height {
            self.pixels[y * self.width + x] = index;
        }
    }

    /// Writes a text that stands on `y`.
    pub fn text(&mut self, font: Font, text: &str, (x, y): (f32, f32), align: Align) {
        let width = font.width(text);
        let x = match align {
            Align::Left => x,
            Align::Centre => x - 0.5 * width,
            Align::Right => x - width,
        };
        // Upright strokes are sharp where the first lies on whole pixels.
        font.draw(text, x.round(), y.round(), |x, y, share| {
            let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) else {
                return;
            };
            if x < self.width && y < self.height {
                let shade = BACKGROUND + (share * (INKS - 1) as f32).round() as u8;
                let pixel = &mut self.pixels[y * self.width + x];
                *pixel = if *pixel < BACKGROUND {
                    shade
                } else {
                    shade.max(*pixel)
                };
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_drawn_outside() {
        let mut canvas = Canvas::new(20, 10);
        let far = Area {
            x: 15,
            y: 8,
            width: 100,
            height: 100,
        };
        canvas.fill(far, 3);
        assert_eq!(canvas.pixels().iter().filter(|p| **p == 3).count(), 10);
        canvas.frame(far, LINE);
        canvas.frame(Area { x: 0, y: 0, ..far }, LINE);
        canvas.text(Font::new(30.0), "Wide", (-10.0, 15.0), Align::Left);
        canvas.fill(
            Area {
                x: 90,
                y: 90,
                width: 1,
                height: 1,
            },
            3,
        );
        assert_eq!(canvas.rows().len(), 10);
        let mut none = Canvas::new(0, 0);
        none.text(Font::new(9.0), "Text", (0.0, 0.0), Align::Centre);
        assert_eq!(none.rows().len(), 0);
    }
}
