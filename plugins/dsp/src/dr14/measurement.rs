// SPDX-License-Identifier: MPL-2.0
//! A finished measurement: cells that can be joined with those of the next part, and evaluated.
use super::accumulate::Oddities;
use super::cells::{Cells, OwnedCell};
use super::report::{Options, Report};

/// What was measured of one stream, or of one part of it.
#[derive(Debug, Clone)]
pub struct Measurement {
    pub(super) rate: u32,
    pub(super) channels: usize,
    /// Index of the first frame held: the part's origin, later if a window dropped some.
    pub(super) first: u64,
    /// Number of frames held.
    pub(super) frames: u64,
    pub(super) cells: Cells,
    /// The last cell without the last frame; `None` for an empty measurement.
    pub(super) tail: Option<OwnedCell>,
    pub(super) oddities: Oddities,
}

/// Why two measurements cannot be joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JoinError {
    /// Another sample rate or number of channels.
    Format,
    /// The second does not begin where the first ends.
    Gap {
        /// Frame at which the first ends.
        end: u64,
        /// Frame at which the second begins.
        start: u64,
    },
    /// The first does not end on a block boundary of `foobar`.
    Boundary,
}

impl std::fmt::Display for JoinError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            JoinError::Format => write!(f, "the parts differ in rate or channels"),
            JoinError::Gap { end, start } => {
                write!(
                    f,
                    "one part ends at frame {end}, the next begins at {start}"
                )
            }
            JoinError::Boundary => write!(f, "a part does not end on a block boundary"),
        }
    }
}

impl std::error::Error for JoinError {}

impl Measurement {
    /// Number of frames measured.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// Sample rate in Hz.
    pub fn rate(&self) -> u32 {
        self.rate
    }

    /// Number of channels.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Adds the part that follows. The result is that of one pass over both, to the last bit.
    ///
    /// # Errors
    /// If the parts do not fit together; `self` is unchanged then.
    pub fn append(&mut self, next: &Measurement) -> Result<(), JoinError> {
        let end = self.first + self.frames;
        if (self.rate, self.channels) != (next.rate, next.channels) {
            return Err(JoinError::Format);
        }
        if end != next.first {
            return Err(JoinError::Gap {
                end,
                start: next.first,
            });
        }
        if !end.is_multiple_of(super::cells::foobar_block(self.rate)) {
            return Err(JoinError::Boundary);
        }
        if next.frames == 0 {
            return Ok(());
        }
        self.cells.append(&next.cells);
        self.frames += next.frames;
        self.tail.clone_from(&next.tail);
        self.oddities += next.oddities;
        Ok(())
    }

    /// Evaluates it.
    pub fn report(&self, options: &Options) -> Report {
        Parts {
            rate: self.rate,
            channels: self.channels,
            first: self.first,
            frames: self.frames,
            cells: &self.cells,
            last: None,
            tail: self.tail.as_ref(),
            oddities: self.oddities,
        }
        .report(options)
    }
}

/// Cells wherever they lie: in a finished measurement, or in a meter and its open end.
pub(super) struct Parts<'a> {
    pub(super) rate: u32,
    pub(super) channels: usize,
    pub(super) first: u64,
    pub(super) frames: u64,
    pub(super) cells: &'a Cells,
    /// A last cell that is not among `cells` yet.
    pub(super) last: Option<&'a OwnedCell>,
    /// The last cell of all without the last frame.
    pub(super) tail: Option<&'a OwnedCell>,
    pub(super) oddities: Oddities,
}
