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
    pub(super) bar: Option<Area>,
    pub(super) axes: bool,
    pub(super) title: bool,
}

/// The smallest spectrogram beside which there are axes.
const LEAST: usize = 40;

impl Layout {
    /// Finds room for all parts; for a picture too small for that, for the spectrograms alone.
    pub fn new(parts: Parts, axis: FrequencyAxis) -> Self {
        let smaller = parts.width.min(parts.height) as f32;
        let font = Font::new((smaller / 62.0).round().clamp(7.0, 64.0));
        let mut layout = Layout {
            axes: parts.axes,
            title: parts.title,
            plots: Vec::new(),
            bar: None,
            parts,
            axis,
            font,
        };
        layout.place();
        let least = layout
            .plots
            .iter()
            .map(|plot| plot.width.min(plot.height))
            .min();
        if least.unwrap_or(0) < LEAST {
            (layout.axes, layout.title) = (false, false);
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
        let (across, down) = (|plot: &Area| plot.width, |plot: &Area| plot.height);
        match self.parts.orientation {
            Orientation::Horizontal => self.plots.first().map_or(0, down),
            Orientation::Vertical => self.plots.first().map_or(0, across),
        }
    }

    /// Pixels along the time axis.
    pub fn columns(&self) -> usize {
        let (across, down) = (|plot: &Area| plot.width, |plot: &Area| plot.height);
        match self.parts.orientation {
            Orientation::Horizontal => self.plots.first().map_or(0, across),
            Orientation::Vertical => self.plots.first().map_or(0, down),
        }
    }

    /// Which way time runs.
    pub fn orientation(&self) -> Orientation {
        self.parts.orientation
    }

    pub(super) fn capital(&self) -> f64 {
        f64::from(self.font.capital())
    }

    fn place(&mut self) {
        let c = self.capital();
        let (width, height) = (self.parts.width as f64, self.parts.height as f64);
        let (mut left, mut right, mut top, mut bottom) = (0.0, 0.0, 0.0, 0.0);
        if self.axes {
            (top, bottom, right) = (2.6 * c, 3.2 * c, 2.4 * c);
        }
        if self.title {
            top = 4.0 * c;
        }
        let outer = (height - top - bottom).max(0.0);
        if self.axes {
            left = self.label_width(outer) + 2.0 * c;
        }
        let mut bar = None;
        if self.parts.bar {
            let labels = self.widest(&self.level_ticks(outer));
            let thick = (1.3 * c).round();
            right = labels + 2.9 * c + thick;
            top = f64::max(top, if self.axes { 0.0 } else { 2.6 * c });
            let down = (height - top - bottom).max(0.0);
            bar = Some(Area {
                x: (width - right + 1.2 * c).max(0.0) as usize,
                y: top as usize,
                width: thick as usize,
                height: down as usize,
            });
        }
        let (left, top) = (left.round(), top.round());
        let across = (width - left - right).max(0.0).round();
        let down = (height - top - bottom).max(0.0).round();
        self.bar = bar.map(|bar| Area {
            y: top as usize,
            height: down as usize,
            ..bar
        });
        let count = self.parts.plots.max(1);
        let gap = self.gap();
        let whole = match self.parts.orientation {
            Orientation::Horizontal => down,
            Orientation::Vertical => across,
        };
        let each = ((whole + gap) / count as f64 - gap).max(0.0).floor();
        let area = |index: usize| {
            let at = (index as f64 * (each + gap)).min(whole - each);
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

    /// Between two spectrograms.
    pub(super) fn gap(&self) -> f64 {
        match self.parts.plots {
            0 | 1 => 0.0,
            _ if self.axes || self.parts.bar => (0.7 * self.capital()).round(),
            _ => 1.0,
        }
    }

    /// Of the labels beside the left axis.
    fn label_width(&self, length: f64) -> f64 {
        match self.parts.orientation {
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

    pub(super) fn frequency_ticks(&self, length: f64) -> Vec<Tick> {
        let along = match self.parts.orientation {
            Orientation::Horizontal => 2.1 * self.capital(),
            Orientation::Vertical => self.width("000k"),
        };
        let room = Room {
            length,
            label: along,
            mark: 0.4 * self.capital(),
        };
        ticks::of_frequency(&self.axis, room)
    }
}

#[cfg(test)]
mod tests {
    use super::super::canvas::{BACKGROUND, Canvas};
    use super::super::scale::FrequencyScale;
    use super::*;

    fn layout(width: usize, height: usize, plots: usize, orientation: Orientation) -> Layout {
        let axis = FrequencyAxis::new(FrequencyScale::Logarithmic, 0.0, 0.0, 44_100);
        let parts = Parts {
            width,
            height,
            orientation,
            plots,
            axes: true,
            bar: true,
            title: true,
            levels: (-110.0, 0.0),
        };
        Layout::new(parts, axis)
    }

    #[test]
    fn labels_of_neighbours_do_not_touch() {
        let mut cleared = 0;
        for orientation in [Orientation::Horizontal, Orientation::Vertical] {
            for (width, height) in [
                (320, 240),
                (640, 480),
                (1024, 640),
                (1280, 720),
                (9000, 3000),
            ] {
                for plots in 2..9 {
                    let layout = layout(width, height, plots, orientation);
                    if !layout.axes {
                        continue;
                    }
                    let (rows, c) = (layout.rows() as f64, layout.capital());
                    let all = layout.frequency_ticks(rows);
                    let apart = layout.apart(all.clone());
                    cleared += usize::from(apart != all);
                    let half = |tick: &Tick| match orientation {
                        Orientation::Horizontal => 0.5 * c,
                        Orientation::Vertical => 0.5 * layout.width(&tick.label),
                    };
                    let labelled = |ticks: &[Tick]| -> Vec<Tick> {
                        let labelled = ticks.iter().filter(|tick| !tick.label.is_empty());
                        labelled.cloned().collect()
                    };
                    if let (Some(last), Some(first)) =
                        (labelled(&all).last(), labelled(&apart).first())
                    {
                        let end = last.at * rows + half(last);
                        let begin = rows + layout.gap() + first.at * rows - half(first);
                        assert!(
                            begin - end > 0.2 * c,
                            "{width}x{height}, {plots}: {end} {begin}"
                        );
                    }
                }
            }
        }
        assert!(cleared > 0);
    }

    #[test]
    fn parts_lie_within_the_picture_and_apart() {
        for orientation in [Orientation::Horizontal, Orientation::Vertical] {
            for (width, height) in [(1, 1), (7, 300), (320, 240), (1024, 640), (9000, 3000)] {
                for plots in [1, 2, 8, 64] {
                    let layout = layout(width, height, plots, orientation);
                    assert_eq!(layout.plots().len(), plots);
                    for plot in layout.plots().iter().chain(&layout.bar) {
                        assert!(plot.x + plot.width <= width && plot.y + plot.height <= height);
                    }
                    for pair in layout.plots().windows(2) {
                        let below = pair[1].y >= pair[0].y + pair[0].height;
                        assert!(below || pair[1].x >= pair[0].x + pair[0].width);
                    }
                    if let Some(bar) = layout.bar {
                        let right = layout.plots().iter().map(|plot| plot.x + plot.width);
                        assert!(right.max().is_some_and(|right| right < bar.x));
                    }
                }
            }
        }
    }

    #[test]
    fn without_anything_around_it_the_plot_fills_the_picture() {
        let axis = FrequencyAxis::new(FrequencyScale::Linear, 0.0, 0.0, 44_100);
        let parts = Parts {
            width: 640,
            height: 360,
            orientation: Orientation::Horizontal,
            plots: 1,
            axes: false,
            bar: false,
            title: false,
            levels: (-110.0, 0.0),
        };
        let layout = Layout::new(parts, axis);
        let whole = Area {
            x: 0,
            y: 0,
            width: 640,
            height: 360,
        };
        assert_eq!(layout.plots(), [whole]);
        let mut canvas = Canvas::new(640, 360);
        let before = canvas.clone();
        layout.draw(&mut canvas, "title");
        layout.draw_time(&mut canvas, |room| ticks::of_time(60.0, room));
        assert_eq!(canvas, before);
    }

    #[test]
    fn nothing_is_drawn_over_the_plots_but_their_names() {
        for orientation in [Orientation::Horizontal, Orientation::Vertical] {
            let layout = layout(900, 500, 1, orientation);
            let mut canvas = Canvas::new(900, 500);
            let title =
                "A title that is much too long for the picture that it stands above ".repeat(3);
            layout.draw(&mut canvas, &title);
            layout.draw_time(&mut canvas, |room| ticks::of_time(4000.0, room));
            let plot = layout.plots()[0];
            for y in plot.y..plot.y + plot.height {
                for x in plot.x..plot.x + plot.width {
                    assert_eq!(canvas.pixels()[y * 900 + x], BACKGROUND);
                }
            }
            let drawn = canvas.pixels().iter().filter(|p| **p != BACKGROUND).count();
            assert!(drawn > 3000);
        }
    }
}
