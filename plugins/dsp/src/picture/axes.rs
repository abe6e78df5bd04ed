// SPDX-License-Identifier: MPL-2.0
//! Drawing of axes, title and colour bar.
use super::canvas::{Align, Area, BACKGROUND, Canvas, LINE, TEXT};
use super::font::Font;
use super::layout::{Layout, Orientation};
use super::palette::LEVELS;
use super::ticks::{Room, Tick};

impl Layout {
    /// Draws title, colour bar and frequency axes.
    pub fn draw(&self, canvas: &mut Canvas, title: &str) {
        let c = self.font.capital();
        if self.title
            && let Some(plot) = self.plots.first()
        {
            let large = Font::new(1.3 * c);
            let room = self.parts.width as f32 - plot.x as f32 - 1.2 * c;
            let room = self
                .bar
                .map_or(room, |bar| bar.x as f32 - plot.x as f32 - c);
            let title = large.fit(title, room.max(0.0));
            canvas.text(
                large,
                &title,
                (plot.x as f32, plot.y as f32 - 1.2 * c),
                Align::Left,
            );
        }
        self.draw_bar(canvas);
        if !self.axes {
            return;
        }
        for plot in &self.plots {
            canvas.frame(*plot, LINE);
        }
        if self.marked {
            self.draw_frequencies(canvas);
        }
    }

    fn draw_frequencies(&self, canvas: &mut Canvas) {
        let Some(plot) = self.plots.first() else {
            return;
        };
        let c = self.font.capital();
        let ticks = self.frequency_ticks(self.rows() as f64);
        let apart = self.apart(ticks.clone());
        let horizontal = self.parts.orientation == Orientation::Horizontal;
        // Frequencies begin beside the next spectrogram where they rise upwards, else beside the one before.
        let free = if horizontal { self.plots.len() - 1 } else { 0 };
        for (index, plot) in self.plots.iter().enumerate() {
            let ticks = if index == free { &ticks } else { &apart };
            if horizontal {
                self.left_axis(canvas, plot, ticks, true);
            } else {
                self.lower_axis(canvas, plot, ticks);
            }
        }
        let (x, y) = (plot.x as f32, plot.y as f32);
        let at = if horizontal {
            (x - 1.1 * c, y - 1.3 * c)
        } else {
            let before = self.before_labels(&ticks) as f32 - 0.7 * c;
            let below = (plot.y + plot.height) as f32 + 2.2 * c;
            (x + before.min(-1.1 * c), below)
        };
        canvas.text(self.font, "Hz", at, Align::Right);
    }

    /// Where labels that are centred on their marks begin, as seen from the beginning of the axis.
    pub(super) fn before_labels(&self, ticks: &[Tick]) -> f64 {
        let labelled = ticks.iter().filter(|tick| !tick.label.is_empty());
        let begin = |tick: &Tick| tick.at * self.rows() as f64 - 0.5 * self.width(&tick.label);
        labelled.map(begin).fold(0.0, f64::min)
    }

    /// The marks of a spectrogram whose frequencies begin where a neighbour's end: the lowest has no label if there is
    /// no room for both.
    pub(super) fn apart(&self, mut ticks: Vec<Tick>) -> Vec<Tick> {
        let c = self.capital();
        let rows = self.rows() as f64;
        let half = |tick: &Tick| match self.parts.orientation {
            Orientation::Horizontal => 0.5 * c,
            Orientation::Vertical => 0.5 * self.width(&tick.label),
        };
        let mut labelled = ticks.iter_mut().filter(|tick| !tick.label.is_empty());
        if let (Some(lowest), Some(highest)) = (labelled.next(), labelled.next_back()) {
            let below = half(lowest) - lowest.at * rows;
            let above = half(highest) - (1.0 - highest.at) * rows;
            if below + above > self.gap - 0.3 * c {
                lowest.label.clear();
            }
        }
        ticks
    }

    /// Draws the time axis. `ticks` makes marks for the room there is.
    pub fn draw_time(&self, canvas: &mut Canvas, ticks: impl Fn(Room) -> Vec<Tick>) {
        let room = |label| Room {
            length: self.columns() as f64,
            label,
            mark: 1.0,
        };
        if !self.axes {
            return;
        }
        match self.parts.orientation {
            Orientation::Horizontal => {
                let gap = 2.5 * self.capital();
                let mut marks = ticks(room(self.width("0:00") + gap));
                // Hours, or fractions of a second, are wider.
                let widest = self.widest(&marks);
                if widest > self.width("00:00") {
                    marks = ticks(room(widest + gap));
                }
                if let Some(plot) = self.plots.last() {
                    self.lower_axis(canvas, plot, &marks);
                }
            }
            Orientation::Vertical => {
                if let Some(plot) = self.plots.first() {
                    let marks = ticks(room(3.0 * self.capital()));
                    self.left_axis(canvas, plot, &marks, false);
                }
            }
        }
    }

    /// Writes which channel each of several spectrograms is of: into its corner, or beside one that has no
    /// frequency axis there.
    pub fn draw_names(&self, canvas: &mut Canvas, names: &[String]) {
        let c = self.font.capital();
        for (area, name) in self.name_areas(names).zip(names) {
            canvas.fill(area, BACKGROUND);
            let name = self.font.fit(name, area.width as f32);
            let (across, down) = (0.5 * area.width as f32, 0.5 * (area.height as f32 + c));
            let at = (area.x as f32 + across, area.y as f32 + down);
            canvas.text(self.font, &name, at, Align::Centre);
        }
    }

    /// Where names lie.
    pub(super) fn name_areas(&self, names: &[String]) -> impl Iterator<Item = Area> {
        let named = self.axes && self.plots.len() > 1 && self.names_fit(names);
        let plots = if named { &self.plots[..] } else { &[] };
        plots.iter().zip(names).map(|(plot, name)| {
            let c = self.font.capital();
            let (width, height) = (
                (self.font.width(name) + 1.2 * c) as usize,
                (2.0 * c) as usize,
            );
            if self.marked {
                return Area {
                    x: plot.x,
                    y: plot.y,
                    width: width.min(plot.width),
                    height: height.min(plot.height),
                };
            }
            let pitch = self.rows() + self.gap as usize;
            match self.parts.orientation {
                Orientation::Horizontal => {
                    let right = plot.x.saturating_sub((0.5 * c) as usize);
                    let (width, height) = (width.min(right), height.min(pitch));
                    Area {
                        x: right - width,
                        y: (plot.y + plot.height / 2).saturating_sub(height / 2),
                        width,
                        height,
                    }
                }
                Orientation::Vertical => {
                    let width = width.min(pitch);
                    Area {
                        x: (plot.x + plot.width / 2).saturating_sub(width / 2),
                        y: plot.y + plot.height + (0.7 * c) as usize,
                        width,
                        height,
                    }
                }
            }
        })
    }

    /// Whether there is room for the names of neighbours.
    fn names_fit(&self, names: &[String]) -> bool {
        let pitch = self.rows() as f64 + self.gap;
        let widths = names.iter().map(|name| self.width(name));
        let room = match self.parts.orientation {
            Orientation::Horizontal => 1.5 * self.capital(),
            Orientation::Vertical => widths.fold(0.0, f64::max) + 0.5 * self.capital(),
        };
        self.marked || pitch >= room
    }

    fn draw_bar(&self, canvas: &mut Canvas) {
        let Some(bar) = self.bar else {
            return;
        };
        let c = self.font.capital();
        for y in 0..bar.height {
            let up = (bar.height - 1 - y) * (LEVELS - 1);
            let index = up / (bar.height - 1).max(1);
            let row = Area {
                y: bar.y + y,
                height: 1,
                ..bar
            };
            canvas.fill(row, index as u8);
        }
        canvas.frame(bar, LINE);
        let right = bar.x + bar.width;
        for tick in self.level_ticks(bar.height as f64) {
            let y = place_down(&bar, tick.at);
            for x in 1..=(0.4 * c) as usize {
                canvas.set(right + x, y, LINE);
            }
            let at = ((right as f32) + 0.8 * c, y as f32 + 0.5 * c + 0.5);
            canvas.text(self.font, &tick.label, at, Align::Left);
        }
        let at = (bar.x as f32, bar.y as f32 - 1.3 * c);
        canvas.text(self.font, "dBFS", at, Align::Left);
    }

    fn left_axis(&self, canvas: &mut Canvas, plot: &Area, ticks: &[Tick], upwards: bool) {
        let c = self.font.capital();
        for tick in ticks {
            let at = if upwards { tick.at } else { 1.0 - tick.at };
            let y = place_down(plot, at);
            let (length, index) = mark(tick, c);
            for x in 2..2 + length {
                canvas.set(plot.x.wrapping_sub(x), y, index);
            }
            let at = (plot.x as f32 - 1.1 * c, y as f32 + 0.5 * c + 0.5);
            canvas.text(self.font, &tick.label, at, Align::Right);
        }
    }

    fn lower_axis(&self, canvas: &mut Canvas, plot: &Area, ticks: &[Tick]) {
        let c = self.font.capital();
        let bottom = plot.y + plot.height;
        for tick in ticks {
            let x = plot.x + (tick.at * plot.width as f64) as usize;
            let x = x.min((plot.x + plot.width).saturating_sub(1));
            let (length, index) = mark(tick, c);
            for y in 1..=length {
                canvas.set(x, bottom + y, index);
            }
            let at = (x as f32 + 0.5, bottom as f32 + 2.2 * c);
            canvas.text(self.font, &tick.label, at, Align::Centre);
        }
    }
}

/// Length and colour of a mark.
fn mark(tick: &Tick, capital: f32) -> (usize, u8) {
    if tick.label.is_empty() {
        ((0.25 * capital) as usize, LINE)
    } else {
        ((0.5 * capital) as usize, TEXT)
    }
}

/// The pixel row at a share of the way up.
fn place_down(area: &Area, share: f64) -> usize {
    let down = (1.0 - share) * area.height as f64;
    area.y + (down as usize).min(area.height.saturating_sub(1))
}
