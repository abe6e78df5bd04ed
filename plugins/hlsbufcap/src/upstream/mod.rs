// SPDX-License-Identifier: MPL-2.0
//! HTTP to where a stream comes from; knows no GStreamer.
mod client;
mod failure;
mod patience;
mod rate;
#[cfg(test)]
mod tests;

pub use client::{Access, Client, Head, Reply};
pub use failure::Failure;
pub use patience::Cancel;
pub use rate::Rate;

/// Part of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ByteRange {
    /// Of its first byte.
    pub start: u64,
    /// Bytes in it; never 0.
    pub length: u64,
}

impl ByteRange {
    /// Of `bytes=first-last`, with both ends given.
    pub fn parse(value: &str) -> Option<ByteRange> {
        let (first, last) = value.trim().strip_prefix("bytes=")?.split_once('-')?;
        let (start, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
        let length = last.checked_sub(start)?.checked_add(1)?;
        Some(ByteRange { start, length })
    }

    /// Offset of its last byte.
    pub fn last(self) -> u64 {
        self.start.saturating_add(self.length.saturating_sub(1))
    }
}
