// SPDX-License-Identifier: MPL-2.0
//! A spectrogram that scrolls.
use super::canvas::Canvas;
use super::cells::Cells;
use super::layout::{Layout, Orientation};
use super::settings::{Channels, Plan, Settings, Source};
use super::shade::Shade;
use super::tags::Tags;
use super::ticks;
use crate::spectrum::Error;
use crate::spectrum::intake::Rows;
use crate::spectrum::stft::{Frame, Stft};

/// A picture of the latest audio: the newest column is at the right, or on top.
pub struct Live {
    stft: Stft,
    maker: Maker,
    pub(super) layout: Layout,
    canvas: Canvas,
    tags: Tags,
    rate: u32,
}

/// Makes columns of spectra.
struct Maker {
    cells: Cells,
    shade: Shade,
    plots: usize,
    mixed: usize,
    power: Vec<f32>,
    column: Vec<f32>,
    decibels: Vec<f32>,
    levels: Vec<f32>,
    /// Columns that are not on the canvas yet, in a ring with room for as many as it shows.
    fresh: Vec<u8>,
    most: usize,
    next: usize,
    count: usize,
}

impl Live {
    /// For a picture of that many pixels across and down.
    ///
    /// # Errors
    /// A size out of range, or too little memory.
    pub fn new(
        settings: &Settings,
        source: &Source,
        size: (usize, usize),
        title: &str,
    ) -> Result<Self, Error> {
        let mut plan = settings.plan(source, size, title)?;
        let stft = plan.stft(source)?;
        let Plan {
            layout,
            cells,
            shade,
            hop,
            ..
        } = plan;
        let rows = source.names.len();
        let (plots, mixed) = match settings.channels {
            Channels::Mixed => (1, rows),
            Channels::Stacked => (rows, 1),
        };
        let most = layout.columns().max(1);
        let maker = Maker {
            plots,
            mixed,
            power: vec![0.0; stft.bins()],
            column: vec![0.0; cells.count()],
            decibels: vec![0.0; cells.count()],
            levels: vec![0.0; cells.rows()],
            fresh: vec![0; most * plots * cells.rows()],
            most,
            next: 0,
            count: 0,
            cells,
            shade,
        };
        let mut canvas = Canvas::new(size.0, size.1);
        layout.draw(&mut canvas, title);
        let seconds = (most * hop) as f64 / f64::from(source.rate);
        // Where time runs down, the newest is on top.
        let newest_first = layout.orientation() == Orientation::Vertical;
        layout.draw_time(&mut canvas, |room| {
            ticks::of_past(seconds, room, newest_first)
        });
        let mut live = Live {
            stft,
            maker,
            tags: Tags::new(&layout, &source.names, size),
            layout,
            canvas,
            rate: source.rate,
        };
        live.clear();
        Ok(live)
    }

    /// Frames after a moment that must be known before its column can be drawn.
    pub fn delay(&self) -> u64 {
        // Padded by half its length, a transform that ends with sample n − 1 is centred half before.
        (self.stft.config().size - self.stft.config().size / 2) as u64
    }

    /// Samples per second.
    pub fn rate(&self) -> u32 {
        self.rate
    }

    /// Takes in audio.
    pub fn push(&mut self, rows: Rows<'_>) {
        let maker = &mut self.maker;
        self.stft.push_rows(rows, &mut |frame| maker.take(frame));
    }

    /// Takes in silence.
    pub fn push_silence(&mut self, frames: u64) {
        let maker = &mut self.maker;
        self.stft
            .push_silence(frames, &mut |frame| maker.take(frame));
    }

    /// Begins anew with the next sample, beside what is on the picture.
    pub fn restart(&mut self) {
        self.stft.reset();
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.stft.reset();
        self.maker.count = 0;
        for plot in self.layout.plots() {
            self.canvas.fill(*plot, 0);
        }
        self.tags.clear();
    }

    /// The picture with all columns that have come.
    pub fn draw(&mut self) -> &Canvas {
        let count = std::mem::take(&mut self.maker.count);
        if count > 0 {
            self.scroll(count);
        }
        &self.canvas
    }

    fn scroll(&mut self, count: usize) {
        self.tags.lift(&mut self.canvas);
        let width = self.canvas.width();
        let Maker {
            fresh,
            most,
            next,
            plots,
            cells,
            ..
        } = &self.maker;
        let (rows, column) = (cells.rows(), plots * cells.rows());
        let pixels = self.canvas.pixels_mut();
        for (number, plot) in self.layout.plots().iter().enumerate() {
            let at = |x: usize, y: usize| (plot.y + y) * width + plot.x + x;
            // The oldest of the new columns first.
            let new = (0..count).map(|nth| {
                let index = (next + most - count + nth) % most;
                &fresh[index * column + number * rows..][..rows]
            });
            match self.layout.orientation() {
                Orientation::Horizontal => {
                    for y in 0..plot.height {
                        let row = at(0, y)..at(plot.width, y);
                        pixels.copy_within(row.start + count..row.end, row.start);
                    }
                    for (nth, column) in new.enumerate() {
                        let x = plot.width - count + nth;
                        for (up, index) in column.iter().enumerate() {
                            pixels[at(x, plot.height - 1 - up)] = *index;
                        }
                    }
                }
                Orientation::Vertical => {
                    for y in (count..plot.height).rev() {
                        let from = at(0, y - count);
                        pixels.copy_within(from..from + plot.width, at(0, y));
                    }
                    for (nth, column) in new.enumerate() {
                        let to = at(0, count - 1 - nth);
                        pixels[to..to + rows].copy_from_slice(column);
                    }
                }
            }
        }
        self.tags.lay(&mut self.canvas);
    }
}

impl Maker {
    fn take(&mut self, frame: &Frame<'_>) {
        let rows = self.cells.rows();
        for plot in 0..self.plots {
            let first = plot * self.mixed;
            let power = if self.mixed == 1 {
                frame.power(first)
            } else {
                self.power.copy_from_slice(frame.power(first));
                for row in first + 1..first + self.mixed {
                    let more = frame.power(row).iter();
                    self.power
                        .iter_mut()
                        .zip(more)
                        .for_each(|(sum, more)| *sum += more);
                }
                &self.power
            };
            self.cells
                .gather(power, 1.0 / self.mixed as f32, &mut self.column);
            self.shade.decibels(&self.column, &mut self.decibels);
            self.cells.spread(&self.decibels, &mut self.levels);
            let at = (self.next * self.plots + plot) * rows;
            self.shade
                .indices(&self.levels, &mut self.fresh[at..at + rows]);
        }
        self.next = (self.next + 1) % self.most;
        self.count = (self.count + 1).min(self.most);
    }
}
