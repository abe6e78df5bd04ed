// SPDX-License-Identifier: MPL-2.0
//! The measured stream, cut at every boundary of either block grid.
//!
//! `foobar` and `tt` use different block lengths at most rates. The stream is summed once, over
//! cells that end wherever a block of either ends; the blocks of both are sums of whole cells.
use super::limited::{Limited, OpenBlock};
use std::collections::VecDeque;

/// Cells per chunk: about ten minutes, so that storage grows rarely and never moves.
const CHUNK: usize = 256;

/// Frames per block of foobar2000's DR meter: 3.004 s, which is 3 × 44160 at 44.1 kHz.
pub fn foobar_block(rate: u32) -> u64 {
    // floor(rate · 3.0040816326530613); the factor is 3 · 44160 / 44100 = 2208 / 735.
    (u64::from(rate) * 2208 / 735).max(1)
}

/// Frames per block of dr14_t.meter: 3 s, except at 44.1 kHz.
pub fn tt_block(rate: u32) -> u64 {
    let rate = if rate == 44_100 { 44_160 } else { rate };
    (u64::from(rate) * 3).max(1)
}

/// One cell: `frames` frames, and two values per channel, full scale being 1.
#[derive(Debug, Clone, Copy)]
pub struct Cell<'a> {
    /// Number of frames.
    pub frames: u64,
    /// Sum of squares per channel.
    pub sums: &'a [f64],
    /// Largest magnitude per channel.
    pub peaks: &'a [f64],
}

/// A cell that owns its values.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OwnedCell {
    /// See [`Cell::frames`].
    pub frames: u64,
    /// See [`Cell::sums`].
    pub sums: Vec<f64>,
    /// See [`Cell::peaks`].
    pub peaks: Vec<f64>,
    /// Sum of squares per channel, had the samples been limited to full scale.
    pub limited: Vec<f64>,
    /// Whether a sample exceeds full scale.
    pub over: bool,
}

impl OwnedCell {
    /// As a borrowed cell.
    pub fn as_cell(&self) -> Cell<'_> {
        Cell {
            frames: self.frames,
            sums: &self.sums,
            peaks: &self.peaks,
        }
    }
}

/// Where blocks of either dialect end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grid {
    foobar: u64,
    tt: u64,
}

impl Grid {
    /// The grid at a sample rate in Hz.
    pub fn new(rate: u32) -> Self {
        Grid {
            foobar: foobar_block(rate),
            tt: tt_block(rate),
        }
    }

    /// Frames from `position` to the end of its cell; at least 1.
    pub fn room(&self, position: u64) -> u64 {
        (self.foobar - position % self.foobar).min(self.tt - position % self.tt)
    }

    /// The end of the `foobar` block that `position` lies in.
    pub fn foobar_end(&self, position: u64) -> u64 {
        position + self.foobar - position % self.foobar
    }

    /// Whether a block of either dialect ends at `position`.
    pub fn is_boundary(&self, position: u64) -> bool {
        position.is_multiple_of(self.foobar) || position.is_multiple_of(self.tt)
    }
}

/// Per cell: sums of all channels, then peaks of all channels.
type Chunk = Vec<f64>;

/// Cells in the order of time; old ones can be dropped from the front.
///
/// Every cell ends on a boundary of the grid, except that the last may end before one; lengths are
/// therefore not stored.
#[derive(Debug, Clone)]
pub struct Cells {
    channels: usize,
    grid: Grid,
    /// Absolute frame at which the first cell begins.
    start: u64,
    /// Absolute frame at which the last cell ends.
    end: u64,
    len: usize,
    chunks: VecDeque<Chunk>,
    /// Cells of the first chunk that were dropped.
    dropped: usize,
    /// Emptied chunks, kept so that a rolling window does not allocate.
    spare: Vec<Chunk>,
    limited: Limited,
}

impl Cells {
    /// No cell yet, room for the first chunk. The first cell will begin at the frame `start`.
    pub fn new(channels: usize, grid: Grid, start: u64) -> Self {
        let mut cells = Cells {
            channels,
            grid,
            start,
            end: start,
            len: 0,
            chunks: VecDeque::new(),
            dropped: 0,
            spare: Vec::new(),
            limited: Limited::new(channels),
        };
        cells.grow();
        cells
    }

    /// Number of cells.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no cell.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Absolute frame at which the first cell begins.
    pub fn start(&self) -> u64 {
        self.start
    }

    /// Absolute frame at which the last cell ends.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// Bytes of heap memory taken.
    pub fn memory(&self) -> usize {
        let chunks = self.chunks.iter().chain(&self.spare);
        let held: usize = chunks.map(|chunk| 8 * chunk.capacity()).sum();
        let slots = self.chunks.capacity() + self.spare.capacity();
        held + slots * std::mem::size_of::<Chunk>() + self.limited.memory()
    }

    fn grow(&mut self) {
        let chunk = self
            .spare
            .pop()
            .unwrap_or_else(|| Chunk::with_capacity(CHUNK * 2 * self.channels));
        self.chunks.push_back(chunk);
    }

    /// Adds a cell of `frames` frames whose values `fill` writes to (sums, peaks, sums had the
    /// samples been limited to full scale); it returns whether a sample exceeds full scale.
    pub fn push_with(
        &mut self,
        frames: u64,
        fill: impl FnOnce(&mut [f64], &mut [f64], &mut [f64]) -> bool,
    ) {
        let held = self.dropped + self.len;
        if held.is_multiple_of(CHUNK) && held > 0 {
            self.grow();
        }
        let Some(chunk) = self.chunks.back_mut() else {
            return;
        };
        let start = chunk.len();
        chunk.resize(start + 2 * self.channels, 0.0);
        let (sums, peaks) = chunk[start..].split_at_mut(self.channels);
        let over = fill(sums, peaks, &mut self.limited.cell);
        self.len += 1;
        self.end += frames;
        self.limited.add_cell(frames, over);
        if self.end.is_multiple_of(self.grid.foobar) {
            self.limited.end_block(self.end / self.grid.foobar - 1);
        }
        self.debug_check();
    }

    /// Adds a cell.
    pub fn push(&mut self, cell: &OwnedCell) {
        self.push_with(cell.frames, |sums, peaks, limited| {
            sums.copy_from_slice(&cell.sums);
            peaks.copy_from_slice(&cell.peaks);
            limited.copy_from_slice(&cell.limited);
            cell.over
        });
    }

    /// Adds all cells of `next`, which begins where this ends: between two `foobar` blocks.
    pub fn append(&mut self, next: &Cells) {
        for cell in next.iter() {
            self.push_with(cell.frames, |sums, peaks, limited| {
                sums.copy_from_slice(cell.sums);
                peaks.copy_from_slice(cell.peaks);
                limited.copy_from_slice(cell.sums);
                false
            });
        }
        self.limited.append(&next.limited);
    }

    /// RMS times √2 of the `foobar` block that begins at the frame `start`, had its samples been
    /// limited to full scale; `None` if that makes no difference. `last` is a last cell not added.
    pub fn limited_rms(&self, start: u64, channel: usize, last: Option<&OwnedCell>) -> Option<f64> {
        if self.grid.foobar_end(start) <= self.end {
            self.limited.ended_rms(start / self.grid.foobar, channel)
        } else {
            Some(self.limited.open_rms(channel, last))
        }
    }

    /// The state that [`Cells::truncate`] needs to return to the present.
    pub(super) fn open_block(&self) -> &OpenBlock {
        self.limited.open()
    }

    /// All cells in the order of time.
    pub fn iter(&self) -> impl Iterator<Item = Cell<'_>> {
        let width = 2 * self.channels;
        let mut position = self.start;
        (self.dropped..self.dropped + self.len).map(move |index| {
            let chunk = &self.chunks[index / CHUNK];
            let at = index % CHUNK;
            let (sums, peaks) = chunk[at * width..(at + 1) * width].split_at(self.channels);
            let frames = self.grid.room(position).min(self.end - position);
            position += frames;
            Cell {
                frames,
                sums,
                peaks,
            }
        })
    }

    /// Drops the oldest cell; false if there is none.
    pub fn pop_front(&mut self) -> bool {
        if self.len == 0 {
            return false;
        }
        self.start += self.grid.room(self.start).min(self.end - self.start);
        self.len -= 1;
        self.dropped += 1;
        if self.dropped == CHUNK {
            self.dropped = 0;
            let emptied = self.chunks.pop_front();
            self.recycle(emptied);
            if self.chunks.is_empty() {
                self.grow();
            }
        }
        self.limited.drop_before(self.start / self.grid.foobar);
        self.debug_check();
        true
    }

    /// The chunks are those that the cells need, dropped ones of the first included; at least one.
    fn debug_check(&self) {
        let held = self.dropped + self.len;
        debug_assert_eq!(self.chunks.len(), held.div_ceil(CHUNK).max(1));
    }

    fn recycle(&mut self, chunk: Option<Chunk>) {
        if let Some(mut chunk) = chunk {
            chunk.clear();
            self.spare.push(chunk);
        }
    }

    /// Takes back the newest cells until `len` are left, the last of which ended at the frame
    /// `end`, when the open block was `open`.
    pub(super) fn truncate(&mut self, len: usize, end: u64, open: &OpenBlock) {
        if len >= self.len {
            return;
        }
        self.len = len;
        self.end = end;
        let held = self.dropped + len;
        while self.chunks.len() > held.div_ceil(CHUNK).max(1) {
            let emptied = self.chunks.pop_back();
            self.recycle(emptied);
        }
        let left = held - (self.chunks.len() - 1) * CHUNK;
        if let Some(last) = self.chunks.back_mut() {
            last.truncate(left * 2 * self.channels);
        }
        self.limited.truncate(end / self.grid.foobar, open);
        self.debug_check();
    }

    /// Forgets every cell; keeps the memory. The next cell will begin at the frame `start`.
    pub fn clear(&mut self, start: u64) {
        while let Some(chunk) = self.chunks.pop_back() {
            self.recycle(Some(chunk));
        }
        (self.len, self.dropped) = (0, 0);
        (self.start, self.end) = (start, start);
        self.limited.clear();
        self.grow();
        self.debug_check();
    }
}

#[cfg(test)]
mod tests;
