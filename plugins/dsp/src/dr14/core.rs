// SPDX-License-Identifier: MPL-2.0
//! The streaming core: samples in, cells out.
use super::accumulate::{Kernel, Oddities, kernel};
use super::cells::{Cells, Grid, OwnedCell, foobar_block};
use super::limited::OpenBlock;
use super::measurement::Measurement;
use super::meter::Config;
use crate::simd::Level;

/// Cuts the stream into cells. See [`super::Meter`], which adds the trimming of edges.
pub(super) struct Core {
    pub(super) config: Config,
    grid: Grid,
    /// One for interleaved samples, one per channel for planes.
    kernels: Vec<Box<dyn Kernel>>,
    cells: Cells,
    /// Cells closed since the start, dropped ones included.
    closed: u64,
    /// Absolute index of the frame after the last one in the kernels.
    position: u64,
    /// Absolute index of the first frame of the open cell.
    cell_start: u64,
    /// `tt` leaves out the last frame of the stream, so the newest one always waits here.
    newest: Vec<u8>,
    has_newest: bool,
}

/// The state of a [`Core`] at some moment, without its closed cells.
pub(super) struct Saved {
    open: OpenBlock,
    kernels: Vec<Box<dyn Kernel>>,
    newest: Vec<u8>,
    has_newest: bool,
    closed: u64,
    position: u64,
    cell_start: u64,
}

/// Results so far: the closed cells and what is still open.
pub(super) struct View<'a> {
    pub(super) cells: &'a Cells,
    /// The open cell up to and with the newest frame.
    pub(super) last: Option<OwnedCell>,
    /// The open cell without the newest frame.
    pub(super) tail: Option<OwnedCell>,
    pub(super) oddities: Oddities,
}

impl Core {
    pub(super) fn new(config: Config, level: Level) -> Self {
        let (count, per_kernel) = if config.planar {
            (config.channels, 1)
        } else {
            (1, config.channels)
        };
        let kernels = (0..count).map(|_| kernel(config.format, per_kernel, level));
        Core {
            grid: Grid::new(config.rate),
            kernels: kernels.collect(),
            cells: Cells::new(config.channels, Grid::new(config.rate), config.origin),
            closed: 0,
            position: config.origin,
            cell_start: config.origin,
            newest: vec![0; config.channels * config.format.bytes()],
            has_newest: false,
            config,
        }
    }

    /// Bytes per frame of one plane; of the whole frame where samples are interleaved.
    pub(super) fn stride(&self) -> usize {
        self.newest.len() / self.kernels.len()
    }

    pub(super) fn kernels(&self) -> &[Box<dyn Kernel>] {
        &self.kernels
    }

    /// Frames pushed so far.
    pub(super) fn frames(&self) -> u64 {
        self.position + u64::from(self.has_newest) - self.config.origin
    }

    /// Adds the frames `from..to` of `planes`.
    pub(super) fn push(&mut self, planes: &[&[u8]], from: usize, to: usize) {
        if to <= from {
            return;
        }
        self.flush_newest();
        self.feed(planes, from, to - 1);
        let stride = self.stride();
        for (slot, plane) in self.newest.chunks_exact_mut(stride).zip(planes) {
            slot.copy_from_slice(&plane[(to - 1) * stride..to * stride]);
        }
        self.has_newest = true;
    }

    /// Adds frames of value 0.
    pub(super) fn push_silence(&mut self, frames: u64) {
        if frames == 0 {
            return;
        }
        self.flush_newest();
        let per_frame = (self.config.channels / self.kernels.len()) as u64;
        let mut left = frames - 1;
        while left > 0 {
            let take = left.min(self.grid.room(self.position));
            for kernel in &mut self.kernels {
                kernel.push_silence(take * per_frame);
            }
            self.advance(take);
            left -= take;
        }
        // Bytes of zero are the value 0 in every format.
        self.newest.fill(0);
        self.has_newest = true;
    }

    fn flush_newest(&mut self) {
        if std::mem::take(&mut self.has_newest) {
            push_frame(&mut self.kernels, &self.newest);
            self.advance(1);
        }
    }

    fn feed(&mut self, planes: &[&[u8]], mut from: usize, to: usize) {
        let stride = self.stride();
        while from < to {
            let take = self.grid.room(self.position).min((to - from) as u64) as usize;
            for (kernel, plane) in self.kernels.iter_mut().zip(planes) {
                kernel.push(&plane[from * stride..(from + take) * stride]);
            }
            self.advance(take as u64);
            from += take;
        }
    }

    fn advance(&mut self, frames: u64) {
        self.position += frames;
        if self.grid.is_boundary(self.position) {
            self.close_cell();
        }
    }

    fn close_cell(&mut self) {
        let frames = self.position - self.cell_start;
        let kernels = &self.kernels;
        self.cells.push_with(frames, |sums, peaks, limited| {
            read(kernels, sums, peaks, limited)
        });
        for kernel in &mut self.kernels {
            kernel.reset();
        }
        self.closed += 1;
        self.cell_start = self.position;
        if self.config.window > 0 {
            self.drop_old_cells();
        }
    }

    /// Drops whole `foobar` blocks, so that the first kept cell begins one.
    fn drop_old_cells(&mut self) {
        let keep = self.config.window.max(foobar_block(self.config.rate));
        loop {
            let end = self.grid.foobar_end(self.cells.start());
            if self.position < end.saturating_add(keep) {
                return;
            }
            while self.cells.start() < end {
                if !self.cells.pop_front() {
                    return;
                }
            }
        }
    }

    pub(super) fn view(&self) -> View<'_> {
        let mut oddities = Oddities::default();
        let (mut last, mut tail) = (None, None);
        if self.has_newest {
            let open = self.position - self.cell_start;
            let mut kernels: Vec<_> = self.kernels.iter().map(|k| k.boxed_clone()).collect();
            tail = Some(snapshot(&kernels, open, self.config.channels));
            push_frame(&mut kernels, &self.newest);
            last = Some(snapshot(&kernels, open + 1, self.config.channels));
            kernels.iter().for_each(|k| oddities += k.oddities());
        } else {
            self.kernels.iter().for_each(|k| oddities += k.oddities());
        }
        View {
            cells: &self.cells,
            last,
            tail,
            oddities,
        }
    }

    /// The first frame that a view shows, and the number of frames it shows.
    pub(super) fn range(&self) -> (u64, u64) {
        let first = self.cells.start();
        (first, self.position + u64::from(self.has_newest) - first)
    }

    pub(super) fn finish(mut self) -> Measurement {
        let View {
            last,
            tail,
            oddities,
            ..
        } = self.view();
        let (first, frames) = self.range();
        if let Some(last) = &last {
            self.cells.push(last);
        }
        Measurement {
            rate: self.config.rate,
            channels: self.config.channels,
            first,
            frames,
            cells: self.cells,
            tail,
            oddities,
        }
    }

    /// Notes the present state, so that [`Core::restore`] can return to it.
    pub(super) fn save(&self, saved: &mut Option<Saved>) {
        match saved {
            Some(saved) => {
                for (to, from) in saved.kernels.iter_mut().zip(&self.kernels) {
                    to.restore(from.as_ref());
                }
                saved.open.copy_from(self.cells.open_block());
                saved.newest.copy_from_slice(&self.newest);
                saved.has_newest = self.has_newest;
                saved.closed = self.closed;
                saved.position = self.position;
                saved.cell_start = self.cell_start;
            }
            None => {
                *saved = Some(Saved {
                    open: self.cells.open_block().clone(),
                    kernels: self.kernels.iter().map(|k| k.boxed_clone()).collect(),
                    newest: self.newest.clone(),
                    has_newest: self.has_newest,
                    closed: self.closed,
                    position: self.position,
                    cell_start: self.cell_start,
                });
            }
        }
    }

    /// Returns to an earlier state, unless a window has dropped it since.
    pub(super) fn restore(&mut self, saved: &Saved) {
        if saved.cell_start < self.cells.start() {
            return;
        }
        for (to, from) in self.kernels.iter_mut().zip(&saved.kernels) {
            to.restore(from.as_ref());
        }
        let surplus = (self.closed - saved.closed) as usize;
        let left = self.cells.len().saturating_sub(surplus);
        self.cells.truncate(left, saved.cell_start, &saved.open);
        self.newest.copy_from_slice(&saved.newest);
        self.has_newest = saved.has_newest;
        self.closed = saved.closed;
        self.position = saved.position;
        self.cell_start = saved.cell_start;
    }

    /// Forgets everything but the counts of odd samples.
    pub(super) fn restart(&mut self) {
        self.kernels.iter_mut().for_each(|k| k.reset());
        self.cells.clear(self.config.origin);
        self.has_newest = false;
        self.closed = 0;
        self.position = self.config.origin;
        self.cell_start = self.config.origin;
    }
}

fn push_frame(kernels: &mut [Box<dyn Kernel>], frame: &[u8]) {
    let stride = (frame.len() / kernels.len().max(1)).max(1);
    for (kernel, part) in kernels.iter_mut().zip(frame.chunks_exact(stride)) {
        kernel.push(part);
    }
}

/// See [`Kernel::read`].
fn read(
    kernels: &[Box<dyn Kernel>],
    sums: &mut [f64],
    peaks: &mut [f64],
    limited: &mut [f64],
) -> bool {
    let width = (sums.len() / kernels.len().max(1)).max(1);
    let outputs = sums.chunks_mut(width).zip(peaks.chunks_mut(width));
    let outputs = outputs.zip(limited.chunks_mut(width));
    let mut over = false;
    for (kernel, ((sums, peaks), limited)) in kernels.iter().zip(outputs) {
        over |= kernel.read(sums, peaks, limited);
    }
    over
}

fn snapshot(kernels: &[Box<dyn Kernel>], frames: u64, channels: usize) -> OwnedCell {
    let [mut sums, mut peaks, mut limited] = [(); 3].map(|()| vec![0.0; channels]);
    let over = read(kernels, &mut sums, &mut peaks, &mut limited);
    OwnedCell {
        frames,
        sums,
        peaks,
        limited,
        over,
    }
}
