// SPDX-License-Identifier: MPL-2.0
//! The header of a FLAC frame.
use super::StreamInfo;
use crate::integrity::{Damage, crc};

/// A FLAC frame's header.
pub(super) struct Frame {
    /// First sample frame, or the number of the FLAC frame where block sizes are fixed.
    number: u64,
    variable: bool,
    /// Sample frames that it holds.
    block: u32,
    rate: Option<u32>,
    channels: u32,
    bits: Option<u32>,
}

impl Frame {
    /// Reads a header and verifies its checksum.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let &[first, sync, sizes, layout] = bytes.first_chunk::<4>()?;
        if first != 0xff || sync & 0xfe != 0xf8 || layout & 1 != 0 {
            return None;
        }
        let mut at = 4;
        let number = coded_number(bytes, &mut at)?;
        let mut take = |count: usize| -> Option<u32> {
            let value = bytes.get(at..at + count)?;
            at += count;
            Some(
                value
                    .iter()
                    .fold(0, |sum, &byte| sum << 8 | u32::from(byte)),
            )
        };
        let block = match sizes >> 4 {
            0 => return None,
            1 => 192,
            code @ 2..=5 => 576 << (code - 2),
            6 => take(1)? + 1,
            7 => take(2)? + 1,
            code => 256 << (code - 8),
        };
        let rate = match sizes & 15 {
            0 => None,
            code @ 1..=11 => Some(
                [
                    88_200, 176_400, 192_000, 8000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000,
                    96_000,
                ][usize::from(code) - 1],
            ),
            12 => Some(take(1)? * 1000),
            13 => Some(take(2)?),
            14 => Some(take(2)? * 10),
            _ => return None,
        };
        let channels = match layout >> 4 {
            code @ 0..=7 => u32::from(code) + 1,
            8..=10 => 2,
            _ => return None,
        };
        let bits = match layout >> 1 & 7 {
            0 => None,
            3 => return None,
            code => Some([0, 8, 12, 0, 16, 20, 24, 32][usize::from(code)]),
        };
        if crc::crc8(bytes.get(..at)?) != *bytes.get(at)? {
            return None;
        }
        Some(Self {
            number,
            variable: sync & 1 != 0,
            block,
            rate,
            channels,
            bits,
        })
    }

    /// The first sample frame; `fixed` is the block size of streams that do not vary it.
    pub fn begin(&self, fixed: u16) -> u64 {
        if self.variable {
            self.number
        } else {
            self.number * u64::from(fixed)
        }
    }

    /// The sample frame behind the last.
    pub fn end(&self, fixed: u16) -> u64 {
        self.begin(fixed) + u64::from(self.block)
    }

    /// Compares with STREAMINFO, which decoders set themselves up by.
    pub fn check(&self, info: &StreamInfo, at: u64) -> Result<(), Damage> {
        let same = self.rate.is_none_or(|rate| rate == info.rate)
            && self.bits.is_none_or(|bits| bits == info.bits)
            && self.channels == info.channels
            && self.block <= u32::from(info.max_block);
        if !same {
            return Err(damaged!(
                "the FLAC frame at offset {at} contradicts STREAMINFO"
            ));
        }
        Ok(())
    }
}

/// A number in the way of UTF-8, up to 36 bits in seven bytes.
fn coded_number(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let first = *bytes.get(*at)?;
    let ones = first.leading_ones() as usize;
    let more = match ones {
        0 => 0,
        2..=7 => ones - 1,
        _ => return None,
    };
    let mut value = u64::from(first) & (0x7f >> ones);
    for &byte in bytes.get(*at + 1..*at + 1 + more)? {
        if byte & 0xc0 != 0x80 {
            return None;
        }
        value = value << 6 | u64::from(byte & 0x3f);
    }
    *at += 1 + more;
    Some(value)
}
