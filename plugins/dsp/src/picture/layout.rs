// SPDX-License-Identifier: MPL-2.0
//! Where on a picture its parts lie.
use super::canvas::Area;
use super::font::Font;
use super::scale::FrequencyAxis;
use super::ticks::{self, Room, Tick};

/// Which way time runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Orientation {
    /// To the right; frequency rises upwards.
    #[default]
    Horizontal,
    /// Downwards; frequency rises to the right.
    Vertical,
}

/// What a picture consists of.
#[derive(Debug, Clone, PartialEq)]
pub struct Parts {
    /// Pixels across.
    pub width: usize,
    /// Pixels down.
    pub height: usize,
    /// Which way time runs.
    pub orientation: Orientation,
    /// Spectrograms, beside each other along the frequency axis.
    pub plots: usize,
    /// Whether axes are drawn.
    pub axes: bool,
    /// Whether a bar tells which colour is which level.
    pub bar: bool,
    /// Whether there is a line of text above.
    pub title: bool,
    /// The levels at the ends of the colours, in dB.
    pub levels: (f64, f64),
}

/// Where the parts lie.
#[derive(Debug, Clone, PartialEq)]
pub struct Layout {
    pub(super) parts: Parts,
    axis: FrequencyAxis,
    pub(super) font: Font,
    pub(super) plots: Vec<Area>,
    /// Pixels between two spectrograms, or one more.
    pub(super) gap: f64,
    pub(super) bar: Option<Area>,
    pub(super) axes: bool,
    /// Whether each spectrogram has a frequency axis; there are none if these would be too short.
    pub(super) marked: bool,
    pub(super) title: bool,
}

/// What surrounds the spectrograms, in pixels.
#[derive(Default)]
struct Margins {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

/// The smallest extent of all spectrograms together beside which there is anything.
const LEAST: usize = 40;
/// The fewest rows of a spectrogram beside which there is anything.
const LEAST_ROWS: usize = 3;

impl Layout {
    /// Finds room for all parts. Where spectrograms are too many for frequency axes, these are left out; in a
    /// picture too small for anything around them, all is.
    pub fn new(parts: Parts, axis: FrequencyAxis) -> Self {
        let smaller = parts.width.min(parts.height) as f32;
        let font = Font::new((smaller / 62.0).round().clamp(7.0, 64.0));
        let mut layout = Layout {
            axes: parts.axes,
            marked: parts.axes,
            title: parts.title,
            plots: Vec::new(),
            gap: 0.0,
            bar: None,
            parts,
            axis,
            font,
        };
        layout.place();
        if layout.marked && (layout.rows() as f64) < 1.65 * layout.label_room() {
            layout.marked = false;
            layout.place();
        }
        if layout.columns().min(layout.extent()) < LEAST || layout.rows() < LEAST_ROWS {
            (layout.axes, layout.marked, layout.title) = (false, false, false);
            layout.parts.bar = false;
            layout.place();
        }
        layout
    }

    /// The spectrograms, the first channel's first.
    pub fn plots(&self) -> &[Area] {
        &self.plots
    }

    /// Pixels along the frequency axis of each.
    pub fn rows(&self) -> usize {
        self.plots.first().map_or(0, |plot| self.along(plot).1)
    }

    /// Pixels along the time axis.
    pub fn columns(&self) -> usize {
        let plot = self.plots.first().copied().unwrap_or_default();
        match self.parts.orientation {
            Orientation::Horizontal => plot.width,
            Orientation::Vertical => plot.height,
        }
    }

    /// Which way time runs.
    pub fn orientation(&self) -> Orientation {
        self.parts.orientation
    }

    pub(super) fn capital(&self) -> f64 {
        f64::from(self.font.capital())
    }

    /// Where a spectrogram begins along the frequency axis, and how long it is there.
    fn along(&self, plot: &Area) -> (usize, usize) {
        match self.parts.orientation {
            Orientation::Horizontal => (plot.y, plot.height),
            Orientation::Vertical => (plot.x, plot.width),
        }
    }

    /// Pixels along the frequency axes of all spectrograms, with what lies between.
    fn extent(&self) -> usize {
        let (Some(first), Some(last)) = (self.plots.first(), self.plots.last()) else {
            return 0;
        };
        let (end, length) = self.along(last);
        end + length - self.along(first).0
    }

    fn place(&mut self) {
        let c = self.capital();
        let (width, height) = (self.parts.width as f64, self.parts.height as f64);
        let margins = self.margins();
        let (left, top) = (margins.left.round(), margins.top.round());
        let across = (width - left - margins.right).max(0.0).round();
        let down = (height - top - margins.bottom).max(0.0).round();
        self.bar = self.parts.bar.then(|| Area {
            x: (width - margins.right + 1.2 * c).max(0.0) as usize,
            y: top as usize,
            width: self.bar_thickness() as usize,
            height: down as usize,
        });
        let count = self.parts.plots.max(1);
        let whole = match self.parts.orientation {
            Orientation::Horizontal => down,
            Orientation::Vertical => across,
        };
        self.gap = self.gap(whole / count as f64);
        let gap = self.gap;
        let each = ((whole + gap) / count as f64 - gap).max(0.0).floor();
        // Pixels that are left over go between them, so that the last ends where the bar does.
        let pitch = (whole - each) / (count - 1).max(1) as f64;
        let area = |index: usize| {
            let at = (index as f64 * pitch).floor();
            let (x, y, width, height) = match self.parts.orientation {
                Orientation::Horizontal => (left, top + at, across, each),
                Orientation::Vertical => (left + at, top, each, down),
            };
            Area {
                x: x as usize,
                y: y as usize,
                width: width as usize,
                height: height as usize,
            }
        };
        self.plots = (0..count).map(area).collect();
    }

    fn margins(&self) -> Margins {
        let c = self.capital();
        let mut margins = Margins::default();
        if self.axes {
            (margins.top, margins.bottom, margins.right) = (2.6 * c, 3.2 * c, 2.4 * c);
        }
        if self.title {
            margins.top = 4.0 * c;
        }
        if self.parts.bar {
            // Its unit stands above it, and half of its lowest label below.
            margins.top = margins.top.max(2.6 * c);
            margins.bottom = margins.bottom.max(1.2 * c);
        }
        let outer = (self.parts.height as f64 - margins.top - margins.bottom).max(0.0);
        if self.axes {
            margins.left = self.label_width(outer) + 2.0 * c;
        }
        if self.marked && self.parts.orientation == Orientation::Vertical {
            // Half of the last frequency reaches beyond the plot.
            let each = self.parts.width as f64 / self.parts.plots.max(1) as f64;
            let half = 0.5 * self.widest(&self.frequency_ticks(each));
            margins.right = margins.right.max(half + 0.6 * c);
        }
        if self.parts.bar {
            let labels = self.widest(&self.level_ticks(outer));
            margins.right = labels + 2.9 * c + self.bar_thickness();
        }
        margins
    }

    fn bar_thickness(&self) -> f64 {
        (1.3 * self.capital()).round()
    }

    /// Between two spectrograms of which each has so many pixels, with what lies between.
    fn gap(&self, each: f64) -> f64 {
        let most = 0.7 * self.capital();
        let gap = match self.parts.plots {
            0 | 1 => return 0.0,
            _ if self.marked => most,
            _ if self.axes || self.parts.bar => (0.1 * each).clamp(1.0, most),
            _ => 1.0,
        };
        gap.round()
    }

    /// Of the labels beside the left axis.
    fn label_width(&self, length: f64) -> f64 {
        match self.parts.orientation {
            Orientation::Horizontal if !self.marked => self.width("LFE0"),
            Orientation::Horizontal => {
                let each = length / self.parts.plots.max(1) as f64;
                self.widest(&self.frequency_ticks(each))
                    .max(self.width("20k"))
            }
            Orientation::Vertical => self.width("0:00:00"),
        }
    }

    pub(super) fn width(&self, text: &str) -> f64 {
        f64::from(self.font.width(text))
    }

    pub(super) fn widest(&self, ticks: &[Tick]) -> f64 {
        ticks
            .iter()
            .map(|tick| self.width(&tick.label))
            .fold(0.0, f64::max)
    }

    pub(super) fn level_ticks(&self, length: f64) -> Vec<Tick> {
        let (low, high) = self.parts.levels;
        let room = Room {
            length,
            label: 3.0 * self.capital(),
            mark: 1.0,
        };
        ticks::of_level(low, high, room)
    }

    /// What a frequency takes along its axis, with the gap to the next.
    fn label_room(&self) -> f64 {
        match self.parts.orientation {
            Orientation::Horizontal => 2.1 * self.capital(),
            Orientation::Vertical => self.width("000k"),
        }
    }

    pub(super) fn frequency_ticks(&self, length: f64) -> Vec<Tick> {
        let c = self.capital();
        let ticks = |label| {
            let room = Room {
                length,
                label,
                mark: 0.4 * c,
            };
            ticks::of_frequency(&self.axis, room)
        };
        let room = self.label_room();
        match self.parts.orientation {
            // Numbers of equal steps differ in their last digits: fewer are read better.
            Orientation::Horizontal if self.axis.is_even() => ticks(1.4 * room),
            Orientation::Horizontal => ticks(room),
            Orientation::Vertical => {
                let marks = ticks(room);
                let widest = self.widest(&marks) + 0.75 * c;
                if widest > room { ticks(widest) } else { marks }
            }
        }
    }
}
