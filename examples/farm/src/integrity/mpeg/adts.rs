// SPDX-License-Identifier: MPL-2.0
//! AAC in ADTS.
use super::CONVINCING;
use crate::integrity::input::Input;
use crate::integrity::{Codec, Container, Damage, Facts, Length};
use std::io::{Read, Seek};

const RATES: [u32; 13] = [
    96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000,
    7350,
];

/// A frame's header.
struct Header {
    /// The fields that must not change: version, profile, rate and channels.
    fixed: [u8; 3],
    length: u64,
    /// Raw blocks of 1024 sample frames.
    blocks: u64,
}

impl Header {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let &[0xff, b, c, d, e, f, g] = bytes.first_chunk::<7>()? else {
            return None;
        };
        let length = u64::from(d & 3) << 11 | u64::from(e) << 3 | u64::from(f >> 5);
        let shortest = if b & 1 == 0 { 9 } else { 7 };
        if b & 0xf6 != 0xf0 || usize::from(c >> 2 & 15) >= RATES.len() || length <= shortest {
            return None;
        }
        // The private bit and the originality flags may change, and so may the protection.
        let fixed = [b & 0xf8, c & 0xfd, d & 0xc0];
        Some(Self {
            fixed,
            length,
            blocks: u64::from(g & 3) + 1,
        })
    }

    fn rate(&self) -> u32 {
        RATES[usize::from(self.fixed[1] >> 2 & 15)]
    }

    /// `None` if the audio itself declares them.
    fn channels(&self) -> Option<u32> {
        match (self.fixed[1] & 1) << 2 | self.fixed[2] >> 6 {
            0 => None,
            7 => Some(8),
            count => Some(u32::from(count)),
        }
    }
}

/// Consecutive frames from `at` on, up to [`CONVINCING`]; the end right behind one convinces.
pub(super) fn run<R: Read + Seek>(
    input: &mut Input<'_, R>,
    at: u64,
    end: u64,
) -> Result<usize, Damage> {
    let (mut at, mut count, mut fixed) = (at, 0, None);
    while count < CONVINCING {
        let Some(header) = Header::parse(input.peek(at, 7)?) else {
            break;
        };
        if fixed.is_some_and(|fixed| fixed != header.fixed) {
            break;
        }
        fixed = Some(header.fixed);
        at += header.length;
        count += 1;
        if at >= end {
            return Ok(if at == end { CONVINCING } else { count });
        }
    }
    Ok(count)
}

/// Walks the frames from `first` to `end`; leading tags end at `start`.
pub(super) fn inspect<R: Read + Seek>(
    input: &mut Input<'_, R>,
    start: u64,
    first: u64,
    end: u64,
) -> Result<Facts, Damage> {
    let begin = Header::parse(input.bytes(first, 7)?)
        .ok_or_else(|| damaged!("no ADTS frame begins at offset {first}"))?;
    let mut facts = Facts::new(Container::Adts, Codec::Aac);
    facts.rate = Some(begin.rate());
    facts.channels = begin.channels();
    if first > start {
        facts.warn(format!(
            "{} zero bytes before the first frame",
            first - start
        ));
    }
    let mut blocks = 0;
    let mut at = first;
    while at < end {
        let Some(header) = Header::parse(input.peek(at, 7)?) else {
            if end - at < 7 && input.peek(at, 1)? == [0xff] {
                return Err(truncated!(
                    "the last ADTS frame ends within its header, at {end}"
                ));
            }
            if input.skip_zeros(at, end)? == end {
                facts.warn(format!("{} zero bytes follow the last frame", end - at));
                break;
            }
            return Err(damaged!("no ADTS frame begins at offset {at}"));
        };
        if header.fixed != begin.fixed {
            return Err(damaged!("profile, rate or channels change at offset {at}"));
        }
        if header.length > end - at {
            return Err(truncated!(
                "the last ADTS frame (offset {at}) needs {} bytes and has {}",
                header.length,
                end - at
            ));
        }
        blocks += header.blocks;
        at += header.length;
    }
    facts.length = aac_length(blocks * 1024, begin.rate());
    Ok(facts)
}

/// What decoders give for `frames` at the core's rate: some drop the first frame or two, and where
/// the rate is low, spectral band replication that nothing declares may double it.
fn aac_length(frames: u64, rate: u32) -> Length {
    let factor = if rate <= 24_000 { 2 } else { 1 };
    Length::Between(frames.saturating_sub(2 * 1024), frames * factor)
}
