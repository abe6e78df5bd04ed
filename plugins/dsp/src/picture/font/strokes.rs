// SPDX-License-Identifier: MPL-2.0
//! A letter's strokes, and the pixels that a round pen covers along them.

/// Lines that a quarter of an ellipse becomes.
const QUARTER: usize = 6;

type Point = (f32, f32);

/// Lines to draw, in pixels.
#[derive(Debug, Default)]
pub struct Strokes {
    lines: Vec<(Point, Point)>,
}

impl Strokes {
    /// Takes the lines of a path, whose points `at` places. False if it is none.
    pub fn read(&mut self, path: &str, at: impl Fn(f32, f32) -> Point) -> bool {
        self.lines.clear();
        let mut words = path.split_ascii_whitespace();
        let mut last: Option<Point> = None;
        while let Some(word) = words.next() {
            let (kind, number) = match word.as_bytes().first() {
                Some(kind @ (b'M' | b'h' | b'v')) => (*kind, &word[1..]),
                _ => (b' ', word),
            };
            let (Ok(x), Some(Ok(y))) = (number.parse(), words.next().map(str::parse)) else {
                return false;
            };
            match (kind, last) {
                (b'M', _) => {}
                (_, None) => return false,
                (b' ', Some(from)) => self.line(from, (x, y), &at),
                (kind, Some(from)) => {
                    let mut before = from;
                    for step in 1..=QUARTER {
                        let angle = std::f32::consts::FRAC_PI_2 * step as f32 / QUARTER as f32;
                        let (sin, rest) = (angle.sin(), 1.0 - angle.cos());
                        let (across, up) = if kind == b'h' {
                            (sin, rest)
                        } else {
                            (rest, sin)
                        };
                        let to = (from.0 + across * (x - from.0), from.1 + up * (y - from.1));
                        self.line(before, to, &at);
                        before = to;
                    }
                }
            }
            last = Some((x, y));
        }
        true
    }

    fn line(&mut self, from: Point, to: Point, at: &impl Fn(f32, f32) -> Point) {
        self.lines.push((at(from.0, from.1), at(to.0, to.1)));
    }

    /// Calls `paint` with every pixel that a pen of this radius touches, and how much of it.
    pub fn paint(&self, radius: f32, paint: &mut impl FnMut(i32, i32, f32)) {
        let mut bounds: Option<(Point, Point)> = None;
        for (a, b) in self.lines.iter().flat_map(|(a, b)| [a, b]).map(|p| (p, p)) {
            let (low, high) = bounds.get_or_insert((*a, *b));
            (low.0, low.1) = (low.0.min(a.0), low.1.min(a.1));
            (high.0, high.1) = (high.0.max(b.0), high.1.max(b.1));
        }
        let Some((low, high)) = bounds else {
            return;
        };
        let reach = radius + 1.0;
        for y in (low.1 - reach).floor() as i32..=(high.1 + reach).ceil() as i32 {
            for x in (low.0 - reach).floor() as i32..=(high.0 + reach).ceil() as i32 {
                let centre = (x as f32 + 0.5, y as f32 + 0.5);
                let distances = self.lines.iter().map(|line| distance(centre, line));
                let nearest = distances.fold(f32::INFINITY, f32::min);
                let share = (radius + 0.5 - nearest).clamp(0.0, 1.0);
                if share > 0.0 {
                    paint(x, y, share);
                }
            }
        }
    }
}

/// From a point to the nearest of a line.
fn distance(point: Point, (a, b): &(Point, Point)) -> f32 {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let (px, py) = (point.0 - a.0, point.1 - a.1);
    let length = dx * dx + dy * dy;
    let along = if length > 0.0 {
        ((px * dx + py * dy) / length).clamp(0.0, 1.0)
    } else {
        0.0
    };
    (px - along * dx).hypot(py - along * dy)
}
