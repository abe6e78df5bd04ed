// SPDX-License-Identifier: MPL-2.0
//! WavPack 4 and 5, from block to block.
use super::input::{Input, WINDOW, le16, le32};
use super::{Codec, Container, Damage, Facts, Length, tags};
use std::io::{Read, Seek};

const HEADER: usize = 32;
/// Sub-block identifiers without the size flags.
const CHANNELS: u8 = 0x0d;
const RATE: u8 = 0x27;
const CHECKSUM: u8 = 0x2f;

const RATES: [u32; 15] = [
    6000, 8000, 9600, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 64_000,
    88_200, 96_000, 192_000,
];

/// A block's header.
struct Header {
    /// Bytes of the whole block.
    length: u64,
    version: u16,
    /// Sample frame that the block begins with.
    index: u64,
    /// Sample frames in the file, if told.
    total: Option<u64>,
    /// Sample frames in the block; none in blocks of tags.
    samples: u32,
    flags: u32,
}

impl Header {
    fn parse(bytes: &[u8; HEADER]) -> Self {
        let high = |byte: u8| u64::from(byte) << 32;
        let total = le32(bytes, 12);
        Self {
            length: u64::from(le32(bytes, 4)) + 8,
            version: le16(bytes, 8),
            index: u64::from(le32(bytes, 16)) + high(bytes[10]),
            // The upper byte counts in steps of one less than 2^32, as all ones mean "unknown".
            total: (total != u32::MAX)
                .then(|| u64::from(total) + high(bytes[11]) - u64::from(bytes[11])),
            samples: le32(bytes, 20),
            flags: le32(bytes, 24),
        }
    }

    fn is(&self, flag: u32) -> bool {
        self.flags & flag != 0
    }
}

const MONO: u32 = 1 << 2;
const HYBRID: u32 = 1 << 3;
const FLOAT: u32 = 1 << 7;
const INITIAL: u32 = 1 << 11;
const FINAL: u32 = 1 << 12;
const HAS_CHECKSUM: u32 = 1 << 28;
const DSD: u32 = 1 << 31;

/// Blocks seen so far.
#[derive(Default)]
struct Walk {
    /// Where the next set of blocks must begin.
    next: Option<u64>,
    first: u64,
    samples: u64,
    total: Option<u64>,
    /// The blocks of all channels of one stretch of time are not complete.
    within_set: bool,
    /// Channels of the first set.
    channels: u32,
}

pub(super) fn inspect<R: Read + Seek>(
    input: &mut Input<'_, R>,
    start: u64,
) -> Result<Facts, Damage> {
    let mut facts = Facts::new(Container::WavPack, Codec::WavPack { hybrid: false });
    let mut walk = Walk::default();
    let end = tags::end_of_audio(input, start)?;
    let mut at = start;
    while at < end {
        if end - at >= 4 && input.peek(at, 4)? != b"wvpk" {
            if input.skip_zeros(at, end)? == end {
                facts.warn(format!("{} zero bytes follow the last block", end - at));
                break;
            }
            return Err(damaged!("no WavPack block begins at offset {at}"));
        }
        let bytes = input.peek(at, HEADER)?.first_chunk();
        let header = bytes
            .map(Header::parse)
            .filter(|header| header.length <= end - at);
        let Some(header) = header else {
            return Err(truncated!(
                "the WavPack block at offset {at} goes beyond the end at {end}"
            ));
        };
        if !(0x402..=0x410).contains(&header.version) || header.length < HEADER as u64 {
            return Err(damaged!(
                "the WavPack block at offset {at} has version {:#x} and {} bytes",
                header.version,
                header.length
            ));
        }
        if header.samples > 0 {
            walk.take(&header, at, &mut facts)?;
        }
        read_subblocks(input, &header, at, &mut facts)?;
        at += header.length;
    }
    walk.finish(at, &mut facts)?;
    Ok(facts)
}

impl Walk {
    fn take(&mut self, header: &Header, at: u64, facts: &mut Facts) -> Result<(), Damage> {
        if header.is(INITIAL) == self.within_set {
            return Err(damaged!(
                "a block of some channel is missing before offset {at}"
            ));
        }
        if header.is(HYBRID) {
            facts.codec = Codec::WavPack { hybrid: true };
        }
        let channels = if header.is(MONO) { 1 } else { 2 };
        match self.next {
            None => {
                self.first = header.index;
                self.total = header.total;
                describe(header, facts);
            }
            Some(next) if header.is(INITIAL) && header.index != next => {
                return Err(damaged!(
                    "the block at offset {at} begins with frame {} instead of {next}",
                    header.index
                ));
            }
            Some(_) => {}
        }
        if self.samples == 0 || (self.within_set && self.next == Some(self.first)) {
            self.channels += channels;
        }
        if header.is(INITIAL) {
            self.samples += u64::from(header.samples);
        }
        self.within_set = !header.is(FINAL);
        self.next = Some(if self.within_set {
            header.index
        } else {
            header.index.saturating_add(u64::from(header.samples))
        });
        Ok(())
    }

    fn finish(&self, at: u64, facts: &mut Facts) -> Result<(), Damage> {
        if self.within_set {
            return Err(truncated!(
                "the blocks of some channels are missing at the end, {at}"
            ));
        }
        let total = self.total.map(|total| total.saturating_sub(self.first));
        match total {
            Some(total) if total > self.samples => {
                return Err(truncated!(
                    "{total} frames are declared, the blocks hold {}",
                    self.samples
                ));
            }
            Some(total) if total < self.samples => {
                return Err(damaged!(
                    "{total} frames are declared, the blocks hold {}",
                    self.samples
                ));
            }
            _ => facts.length = Length::Exact(self.samples),
        }
        facts.channels.get_or_insert(self.channels.max(1));
        Ok(())
    }
}

fn describe(header: &Header, facts: &mut Facts) {
    let bytes = (header.flags & 3) + 1;
    let shift = header.flags >> 13 & 31;
    facts.bits = Some(if header.is(FLOAT) {
        32
    } else {
        (bytes * 8).saturating_sub(shift)
    });
    if header.is(DSD) {
        facts.bits = Some(1);
    }
    // All ones: the rate stands in a sub-block.
    facts.rate = RATES.get((header.flags >> 23 & 15) as usize).copied();
}

/// Reads the sub-blocks for rate and channels, and verifies the checksum over the block.
fn read_subblocks<R: Read + Seek>(
    input: &mut Input<'_, R>,
    header: &Header,
    start: u64,
    facts: &mut Facts,
) -> Result<(), Damage> {
    let end = start + header.length;
    let mut at = start + HEADER as u64;
    let mut verified = false;
    // Draws the block into the window at once, as its checksum goes back to its beginning.
    input.peek(start, header.length.min(WINDOW as u64) as usize)?;
    while at < end {
        let head = input.bytes(at, (end - at).min(8) as usize)?;
        let id = head[0];
        let prefix = if id & 0x80 != 0 { 4 } else { 2 };
        if head.len() < prefix {
            return Err(damaged!("a sub-block at offset {at} breaks off"));
        }
        let words = if prefix == 4 {
            le32(head, 0) >> 8
        } else {
            u32::from(head[1])
        };
        let padded = u64::from(words) * 2;
        let length = padded.saturating_sub(u64::from(id >> 6 & 1));
        let body = at + prefix as u64;
        if body + padded > end || (id & 0x40 != 0 && words == 0) {
            return Err(damaged!(
                "the sub-block at offset {at} goes beyond its block"
            ));
        }
        let value = &head[prefix..head.len().min(prefix + padded as usize)];
        match id & 0x3f {
            RATE if value.len() >= 3 => {
                let rate = value[..3]
                    .iter()
                    .rev()
                    .fold(0, |sum, &b| sum << 8 | u32::from(b));
                facts.rate = Some(rate).filter(|&rate| rate > 0);
            }
            CHANNELS if facts.channels.is_none() && !value.is_empty() => {
                // Long forms count from one less, with upper bits in the third byte.
                let wide = value.get(2).filter(|_| length >= 6);
                let count = wide.map_or(u32::from(value[0]), |&high| {
                    (u32::from(value[0]) | u32::from(high & 15) << 8) + 1
                });
                facts.channels = Some(count).filter(|&count| count > 0);
            }
            CHECKSUM if matches!(value.len(), 2 | 4) => {
                verified = true;
                let stored = value
                    .iter()
                    .rev()
                    .fold(0, |sum, &b| sum << 8 | u32::from(b));
                let short = value.len() == 2;
                let sum = checksum(input, start, at)?;
                let found = if short {
                    (sum ^ sum >> 16) & 0xffff
                } else {
                    sum
                };
                if found != stored {
                    return Err(damaged!(
                        "the WavPack block at offset {start} fails its checksum"
                    ));
                }
            }
            _ => {}
        }
        at = body + padded;
    }
    if header.is(HAS_CHECKSUM) && !verified {
        return Err(damaged!(
            "the WavPack block at offset {start} lacks its checksum"
        ));
    }
    Ok(())
}

/// WavPack's sum over 16-bit words.
fn checksum<R: Read + Seek>(input: &mut Input<'_, R>, from: u64, to: u64) -> Result<u32, Damage> {
    let mut sum = u32::MAX;
    let mut at = from;
    while at < to {
        let bytes = input.bytes(at, (to - at).min(WINDOW as u64 / 2) as usize)?;
        for word in bytes.as_chunks::<2>().0 {
            sum = sum
                .wrapping_mul(3)
                .wrapping_add(u32::from(u16::from_le_bytes(*word)));
        }
        at += bytes.len() as u64;
    }
    Ok(sum)
}
