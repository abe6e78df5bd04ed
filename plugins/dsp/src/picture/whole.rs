// SPDX-License-Identifier: MPL-2.0
//! The spectrogram of a whole recording, of whatever length.
use super::canvas::Canvas;
use super::cells::Cells;
use super::columns::{self, Columns, Gather};
use super::layout::Layout;
use super::pair::{self, Bins, Pair};
use super::settings::{Channels, Plan, Settings, Source};
use super::shade::Shade;
use super::strip::Strip;
use super::ticks;
use crate::simd::Level;
use crate::spectrum::Error;
use crate::spectrum::intake::Rows;
use crate::spectrum::stft::{Frame, Stft};

/// Transforms that each sample of a short recording is part of, at most.
const MOST_OVERLAP: usize = 32;

/// A picture in the making: takes in audio, gives the picture at its end.
pub struct Whole {
    analyser: Analyser,
    gatherer: Gatherer,
    layout: Layout,
    shade: Shade,
    rate: u32,
    names: Vec<String>,
    title: String,
    size: (usize, usize),
    /// Frames taken in.
    length: u64,
}

/// What makes spectra of samples.
enum Analyser {
    /// Of each channel.
    Each(Box<Stft>),
    /// Of two channels together.
    Pair(Box<Pair>),
}

/// Spectra on their way into columns.
struct Gatherer {
    level: Level,
    cells: Cells,
    columns: Columns,
    gather: Gather,
    /// Rows of samples that become one spectrogram.
    mixed: usize,
    plots: usize,
    hop: u64,
    /// The length that was announced, and how far behind it spectra still belong to the last column.
    expected: Option<(u64, u64)>,
    /// Sums of powers per spectrogram, of the spectra of one column; of two channels together, of
    /// squares as `pair` has them.
    sums: Vec<f32>,
    pair: bool,
    /// What becomes of the latter.
    power: Vec<f32>,
    /// Where the first of these lies.
    first: u64,
    spectra: u32,
    column: Vec<f32>,
}

impl Whole {
    /// For a picture of that many pixels across and down. `expected` frames are to come: a picture is
    /// sharpest, and takes least memory, where that is true; nothing else depends on it.
    ///
    /// # Errors
    /// A size out of range, or too little memory.
    pub fn new(
        settings: &Settings,
        source: &Source,
        size: (usize, usize),
        title: &str,
        expected: Option<u64>,
    ) -> Result<Self, Error> {
        let mut plan = settings.plan(source, size, title)?;
        let across = plan.layout.columns().max(1);
        let expected = expected.filter(|frames| *frames > 0);
        let (most, span) = match expected {
            Some(frames) => {
                let span = frames as f64 / across as f64;
                // A spectrum for each column, unless neighbours would hardly differ: nothing is seen of
                // that, and a length that proves wrong must not cost hours.
                let least = (plan.size / MOST_OVERLAP).max(1);
                plan.hop = plan.hop.min((span as usize).max(least));
                (across, span.max(plan.hop as f64))
            }
            None => (2 * across, plan.hop as f64),
        };
        let together = settings.channels == Channels::Mixed && source.names.len() == 2;
        let (analyser, sums, bins) = if together {
            let pair = Pair::new(&plan.window, plan.hop)?;
            (Analyser::Pair(Box::new(pair)), plan.size, plan.size / 2 + 1)
        } else {
            let stft = plan.stft(source)?;
            let bins = stft.bins();
            (Analyser::Each(Box::new(stft)), bins, bins)
        };
        let Plan {
            layout,
            cells,
            shade,
            hop,
            size: length,
            ..
        } = plan;
        let rows = source.names.len();
        let (plots, mixed) = match settings.channels {
            Channels::Mixed => (1, rows),
            Channels::Stacked => (rows, 1),
        };
        let gatherer = Gatherer {
            level: Level::best(),
            columns: Columns::new(settings.gather, plots * cells.count(), most, span),
            gather: settings.gather,
            mixed,
            plots,
            hop: hop as u64,
            expected: expected.map(|frames| (frames, length as u64)),
            sums: vec![0.0; plots * sums],
            pair: together,
            power: vec![0.0; bins],
            first: 0,
            spectra: 0,
            column: vec![0.0; plots * cells.count()],
            cells,
        };
        Ok(Whole {
            analyser,
            gatherer,
            layout,
            shade,
            rate: source.rate,
            names: source.names.clone(),
            title: title.to_owned(),
            size,
            length: 0,
        })
    }

    /// Takes in audio.
    pub fn push(&mut self, rows: Rows<'_>) {
        self.length += rows.frames() as u64;
        let gatherer = &mut self.gatherer;
        match &mut self.analyser {
            Analyser::Each(stft) => stft.push_rows(rows, &mut |frame| gatherer.take(frame)),
            Analyser::Pair(pair) => pair.push(rows, &mut |index, bins| gatherer.pair(index, bins)),
        }
    }

    /// Takes in silence.
    pub fn push_silence(&mut self, frames: u64) {
        self.length += frames;
        let gatherer = &mut self.gatherer;
        match &mut self.analyser {
            Analyser::Each(stft) => stft.push_silence(frames, &mut |frame| gatherer.take(frame)),
            Analyser::Pair(pair) => {
                pair.push_silence(frames, &mut |index, bins| gatherer.pair(index, bins));
            }
        }
    }

    /// Frames taken in.
    pub fn frames(&self) -> u64 {
        self.length
    }

    /// The picture.
    pub fn finish(mut self) -> Canvas {
        let gatherer = &mut self.gatherer;
        match &mut self.analyser {
            Analyser::Each(stft) => stft.finish(&mut |frame| gatherer.take(frame)),
            Analyser::Pair(pair) => pair.finish(&mut |index, bins| gatherer.pair(index, bins)),
        }
        gatherer.close();
        let mut canvas = Canvas::new(self.size.0, self.size.1);
        self.layout.draw(&mut canvas, &self.title);
        let seconds = self.length as f64 / f64::from(self.rate);
        let marks = |room| ticks::of_time(seconds, room);
        self.layout.draw_time(&mut canvas, marks);
        self.draw(&mut canvas);
        // Names lie over the spectrograms.
        self.layout.draw_names(&mut canvas, &self.names);
        canvas
    }

    fn draw(&self, canvas: &mut Canvas) {
        let Gatherer {
            cells,
            columns,
            plots,
            ..
        } = &self.gatherer;
        let across = self.layout.columns();
        let there = (self.length as f64 / columns.span()).min(columns.count() as f64);
        let per_pixel = there / across.max(1) as f64;
        if columns.count() == 0 || cells.rows() == 0 {
            for area in self.layout.plots() {
                canvas.fill(*area, 0);
            }
            return;
        }
        let mut power = vec![0.0; plots * cells.count()];
        let (mut decibels, mut next) = (power.clone(), power.clone());
        let mut strip = Strip::new(&self.layout, cells.rows());
        for x in 0..across {
            if per_pixel >= 1.0 {
                let from = x as f64 * per_pixel;
                columns.between(from, from + per_pixel, &mut power);
                self.shade.decibels(&power, &mut decibels);
            } else {
                // Between the middles of two columns.
                let place = ((x as f64 + 0.5) * per_pixel - 0.5).max(0.0);
                let (index, share) = (place as usize, place.fract() as f32);
                self.shade.decibels(columns.column(index), &mut decibels);
                self.shade.decibels(columns.column(index + 1), &mut next);
                for (now, next) in decibels.iter_mut().zip(&next) {
                    *now += share * (next - *now);
                }
            }
            strip.put(canvas, x, |plot, rows, indices| {
                let part = &decibels[plot * cells.count()..(plot + 1) * cells.count()];
                cells.spread(part, rows);
                self.shade.indices(rows, indices);
            });
        }
        strip.flush(canvas);
    }
}

impl Gatherer {
    fn take(&mut self, frame: &Frame<'_>) {
        self.turn(frame.index);
        let bins = self.sums.len() / self.plots;
        for row in 0..self.plots * self.mixed {
            let plot = row / self.mixed;
            let sums = &mut self.sums[plot * bins..(plot + 1) * bins];
            columns::add(self.level, sums, frame.power(row));
        }
    }

    fn pair(&mut self, index: u64, bins: Bins<'_>) {
        self.turn(index);
        pair::add_squares(self.level, &mut self.sums, bins);
    }

    /// Makes ready for a spectrum: what belongs to another column is put there.
    fn turn(&mut self, index: u64) {
        let sample = self.place(index.saturating_mul(self.hop));
        if self.gather == Gather::Peak {
            // The highest of sums, not the sum of the highest.
            self.close();
        }
        if self.spectra > 0 && self.columns.index(sample) != self.columns.index(self.first) {
            self.close();
        }
        if self.spectra == 0 {
            self.first = sample;
        }
        self.spectra += 1;
    }

    /// What is centred on the very end belongs to the last column.
    fn place(&self, sample: u64) -> u64 {
        match self.expected {
            Some((frames, slack)) if sample < frames.saturating_add(slack) => {
                sample.min(frames - 1)
            }
            _ => sample,
        }
    }

    /// Puts what was added up into its column.
    fn close(&mut self) {
        if self.spectra == 0 {
            return;
        }
        let scale = 1.0 / (self.spectra as f32 * self.mixed as f32);
        if self.pair {
            pair::powers(&self.sums, &mut self.power);
            self.cells.gather(&self.power, scale, &mut self.column);
        } else {
            let columns = self.column.chunks_exact_mut(self.cells.count().max(1));
            let sums = self.sums.chunks_exact(self.power.len());
            for (power, cells) in sums.zip(columns) {
                self.cells.gather(power, scale, cells);
            }
        }
        self.columns.put(self.first, &self.column, self.spectra);
        self.sums.fill(0.0);
        self.spectra = 0;
    }
}
