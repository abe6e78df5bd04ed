// SPDX-License-Identifier: MPL-2.0
//! A buffer's samples without a copy.
use crate::layout::MAX_CHANNELS;
use gst_audio::{AudioInfo, AudioLayout};

/// Slices of one buffer: a single one where samples are interleaved, else one per channel.
pub struct Planes<'a> {
    slices: [&'a [u8]; MAX_CHANNELS as usize],
    count: usize,
    frames: usize,
    stride: usize,
}

/// Why a buffer holds no samples of the negotiated format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadLayout;

impl std::fmt::Display for BadLayout {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the buffer's size or audio meta does not fit its caps")
    }
}

impl<'a> Planes<'a> {
    /// Finds the planes of `bytes`, the mapped content of `buffer`.
    ///
    /// # Errors
    /// If a plane lies outside the buffer.
    pub fn new(
        buffer: &gst::BufferRef,
        bytes: &'a [u8],
        info: &AudioInfo,
    ) -> Result<Self, BadLayout> {
        let sample = (info.bpf() / info.channels()) as usize;
        let mut planes = Planes {
            slices: [&[]; MAX_CHANNELS as usize],
            count: 1,
            frames: bytes.len() / info.bpf() as usize,
            stride: info.bpf() as usize,
        };
        if info.layout() == AudioLayout::Interleaved {
            planes.slices[0] = bytes;
            return Ok(planes);
        }
        planes.count = info.channels() as usize;
        planes.stride = sample;
        let meta = buffer.meta::<gst_audio::AudioMeta>();
        if let Some(meta) = &meta {
            planes.frames = meta.samples();
        }
        let length = planes.frames.checked_mul(sample).ok_or(BadLayout)?;
        for channel in 0..planes.count {
            let offset = match &meta {
                Some(meta) => meta.offsets().get(channel).copied(),
                None => channel.checked_mul(length),
            };
            let start = offset.ok_or(BadLayout)?;
            let end = start.checked_add(length).ok_or(BadLayout)?;
            planes.slices[channel] = bytes.get(start..end).ok_or(BadLayout)?;
        }
        Ok(planes)
    }

    /// Number of whole frames.
    pub fn frames(&self) -> u64 {
        self.frames as u64
    }

    /// The frames `from..to` of every plane.
    pub fn range(&self, from: u64, to: u64) -> Planes<'a> {
        let frame = |index: u64| usize::try_from(index).map_or(self.frames, |i| i.min(self.frames));
        let (from, to) = (frame(from), frame(to));
        let mut part = Planes {
            slices: [&[]; MAX_CHANNELS as usize],
            count: self.count,
            frames: to.saturating_sub(from),
            stride: self.stride,
        };
        for (to_slice, slice) in part.slices[..self.count].iter_mut().zip(&self.slices) {
            let range = from * self.stride..to * self.stride;
            *to_slice = slice.get(range).unwrap_or_default();
        }
        part
    }

    /// One slice per plane.
    pub fn as_slices(&self) -> &[&'a [u8]] {
        &self.slices[..self.count]
    }
}
