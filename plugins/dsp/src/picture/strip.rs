// SPDX-License-Identifier: MPL-2.0
//! Columns on their way onto the canvas: a few at a time, as its rows are far apart in memory.
use super::canvas::{Area, Canvas};
use super::layout::{Layout, Orientation};

/// Columns that are put together.
const COUNT: usize = 16;

/// A strip of neighbouring columns.
pub(super) struct Strip {
    plots: Vec<Area>,
    orientation: Orientation,
    rows: usize,
    /// Column after column; each, spectrogram after spectrogram, from the lowest frequency.
    indices: Vec<u8>,
    levels: Vec<f32>,
    first: usize,
    count: usize,
}

impl Strip {
    /// For the spectrograms of a layout.
    pub fn new(layout: &Layout, rows: usize) -> Self {
        let plots = layout.plots().to_vec();
        Strip {
            indices: vec![0; COUNT * plots.len() * rows],
            levels: vec![0.0; rows],
            plots,
            orientation: layout.orientation(),
            rows,
            first: 0,
            count: 0,
        }
    }

    /// Adds the next column, `x`; `fill` is called for each spectrogram.
    pub fn put(
        &mut self,
        canvas: &mut Canvas,
        x: usize,
        mut fill: impl FnMut(usize, &mut [f32], &mut [u8]),
    ) {
        if self.count == COUNT {
            self.flush(canvas);
        }
        if self.count == 0 {
            self.first = x;
        }
        let column = self.plots.len() * self.rows;
        let here = &mut self.indices[self.count * column..(self.count + 1) * column];
        for (plot, indices) in here.chunks_exact_mut(self.rows.max(1)).enumerate() {
            fill(plot, &mut self.levels, indices);
        }
        self.count += 1;
    }

    /// Writes what has come together.
    pub fn flush(&mut self, canvas: &mut Canvas) {
        let (width, column) = (canvas.width(), self.plots.len() * self.rows);
        let pixels = canvas.pixels_mut();
        for (number, plot) in self.plots.iter().enumerate() {
            let indices = |nth: usize| {
                let at = nth * column + number * self.rows;
                &self.indices[at..at + self.rows]
            };
            match self.orientation {
                Orientation::Horizontal => {
                    for row in 0..self.rows {
                        let y = plot.y + plot.height - 1 - row;
                        let at = y * width + plot.x + self.first;
                        for (nth, pixel) in pixels[at..at + self.count].iter_mut().enumerate() {
                            *pixel = self.indices[nth * column + number * self.rows + row];
                        }
                    }
                }
                Orientation::Vertical => {
                    for nth in 0..self.count {
                        let at = (plot.y + self.first + nth) * width + plot.x;
                        pixels[at..at + self.rows].copy_from_slice(indices(nth));
                    }
                }
            }
        }
        self.count = 0;
    }
}
