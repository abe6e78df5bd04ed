// SPDX-License-Identifier: MPL-2.0
//! What `foobar` blocks would come to, had their samples been limited to full scale.
//!
//! Only `foobar` is evaluated so, and it knows a block's RMS in whole steps only. Those steps are
//! all that is kept of a block once it ends: two bytes per channel, from the first to the last
//! block that exceeds full scale.
use super::blocks::{STEPS, block_rms, quantise};
use super::cells::OwnedCell;
use std::collections::VecDeque;

/// Blocks by which the storage grows.
const PIECE: usize = 256;
/// In place of steps: nothing in the block exceeds full scale.
const PLAIN: u16 = u16::MAX;

/// The `foobar` block that the stream is in, over its closed cells.
#[derive(Debug, Clone, Default)]
pub(super) struct OpenBlock {
    frames: u64,
    sums: Vec<f64>,
    over: bool,
}

impl OpenBlock {
    pub(super) fn copy_from(&mut self, other: &OpenBlock) {
        (self.frames, self.over) = (other.frames, other.over);
        self.sums.copy_from_slice(&other.sums);
    }

    fn clear(&mut self) {
        (self.frames, self.over) = (0, false);
        self.sums.fill(0.0);
    }
}

/// See the module.
#[derive(Debug, Clone)]
pub(super) struct Limited {
    channels: usize,
    /// Index of the first block in `steps`.
    first: u64,
    /// Per block the steps of all channels. A block not in here is a plain one.
    steps: VecDeque<u16>,
    open: OpenBlock,
    /// The limited sums of squares of the cell to be added next.
    pub(super) cell: Vec<f64>,
}

impl Limited {
    pub(super) fn new(channels: usize) -> Self {
        Limited {
            channels,
            first: 0,
            steps: VecDeque::new(),
            open: OpenBlock {
                sums: vec![0.0; channels],
                ..OpenBlock::default()
            },
            cell: vec![0.0; channels],
        }
    }

    /// Bytes of heap memory taken.
    pub(super) fn memory(&self) -> usize {
        2 * self.steps.capacity() + 8 * (self.open.sums.capacity() + self.cell.capacity())
    }

    pub(super) fn open(&self) -> &OpenBlock {
        &self.open
    }

    /// Adds `self.cell`; `over` says whether a sample of it exceeds full scale.
    pub(super) fn add_cell(&mut self, frames: u64, over: bool) {
        self.open.frames += frames;
        self.open.over |= over;
        for (sum, cell) in self.open.sums.iter_mut().zip(&self.cell) {
            *sum += cell;
        }
    }

    /// Ends the open block, which is that of the given index.
    pub(super) fn end_block(&mut self, index: u64) {
        if self.open.over {
            self.make_room(index);
            let rms = self
                .open
                .sums
                .iter()
                .map(|&s| block_rms(s, self.open.frames));
            self.steps.extend(rms.map(|rms| quantise(rms) as u16));
        }
        self.open.clear();
    }

    /// Makes the block `index` the next one in `steps`, with room for it.
    fn make_room(&mut self, index: u64) {
        if self.steps.is_empty() {
            self.first = index;
        }
        let plain = (index - self.first) as usize * self.channels;
        let needed = plain + self.channels - self.steps.len();
        if self.steps.capacity() - self.steps.len() < needed {
            // Growing as vectors do could take twice what is needed.
            self.steps.reserve_exact(needed.max(PIECE * self.channels));
        }
        self.steps.resize(plain, PLAIN);
    }

    /// The limited RMS of a block that has ended, in the middle of its step; `None` for a plain one.
    pub(super) fn ended_rms(&self, index: u64, channel: usize) -> Option<f64> {
        let at = index.checked_sub(self.first)? as usize * self.channels + channel;
        let steps = *self.steps.get(at)?;
        (steps != PLAIN).then(|| (f64::from(steps) + 0.5) / STEPS)
    }

    /// The limited RMS of the open block and a `last` cell that was not added.
    pub(super) fn open_rms(&self, channel: usize, last: Option<&OwnedCell>) -> f64 {
        let (frames, sum) = last.map_or((0, 0.0), |cell| (cell.frames, cell.limited[channel]));
        block_rms(self.open.sums[channel] + sum, self.open.frames + frames)
    }

    /// Drops the blocks before that of the given index.
    pub(super) fn drop_before(&mut self, index: u64) {
        while self.first < index && !self.steps.is_empty() {
            self.steps.drain(..self.channels);
            self.first += 1;
        }
    }

    /// Takes back the blocks from that of the given index on; `open` is the open one then.
    pub(super) fn truncate(&mut self, index: u64, open: &OpenBlock) {
        let left = index.saturating_sub(self.first) as usize;
        self.steps.truncate(left.saturating_mul(self.channels));
        self.open.copy_from(open);
    }

    /// Adds the blocks of what follows.
    pub(super) fn append(&mut self, next: &Limited) {
        if !next.steps.is_empty() {
            self.make_room(next.first);
            self.steps.reserve_exact(next.steps.len());
            self.steps.extend(&next.steps);
        }
        self.open.copy_from(&next.open);
    }

    /// Forgets every block; keeps the memory.
    pub(super) fn clear(&mut self) {
        self.steps.clear();
        self.open.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_comes_back_and_room_is_for_little_more() {
        const FRAMES: u64 = 1000;
        let mut limited = Limited::new(2);
        let steps: Vec<u64> = (0..=10_000).collect();
        for &step in &steps {
            let rms = (step as f64 + 0.5) / STEPS;
            limited.cell.fill(rms * rms / 2.0 * FRAMES as f64);
            limited.add_cell(FRAMES, true);
            limited.end_block(step);
        }
        for &step in &steps {
            let rms = limited.ended_rms(step, 1).unwrap();
            assert_eq!(quantise(rms), step as f64);
        }
        let room = limited.steps.capacity() - limited.steps.len();
        assert!(room <= PIECE * 2, "{room}");
    }

    #[test]
    fn blocks_between_those_that_are_kept_are_plain() {
        let mut limited = Limited::new(1);
        let mut add = |index: u64, over: bool| {
            limited.cell.fill(0.5);
            limited.add_cell(1, over);
            limited.end_block(index);
        };
        (0..2000).for_each(|index| add(index, [700, 1500].contains(&index)));
        let kept = |limited: &Limited| -> Vec<u64> {
            let all = 0..3000;
            all.filter(|&i| limited.ended_rms(i, 0).is_some()).collect()
        };
        assert_eq!(kept(&limited), [700, 1500]);
        limited.drop_before(701);
        assert_eq!(kept(&limited), [1500]);
        limited.truncate(1500, &limited.open().clone());
        assert_eq!(kept(&limited), []);
    }
}
