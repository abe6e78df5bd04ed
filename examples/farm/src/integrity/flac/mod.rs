// SPDX-License-Identifier: MPL-2.0
//! Native FLAC: metadata, the first frame and the last, and those between where no MD5 is compared.
mod audio;
mod frame;

use super::input::{Input, be16, be32, be64};
use super::{Codec, Container, Damage, Facts, Length, Options, tags};
use frame::Frame;
use std::io::{Read, Seek};

/// The STREAMINFO block.
#[derive(Clone, Debug)]
pub(super) struct StreamInfo {
    pub min_block: u16,
    pub max_block: u16,
    pub max_frame: u32,
    pub rate: u32,
    pub channels: u32,
    pub bits: u32,
    /// Zero if unknown.
    pub total: u64,
    /// All zero if unknown.
    pub md5: [u8; 16],
}

impl StreamInfo {
    /// Length of the block's content.
    pub const LENGTH: usize = 34;

    pub fn parse(bytes: &[u8; Self::LENGTH]) -> Result<Self, Damage> {
        let packed = be64(bytes, 10);
        let mut md5 = [0; 16];
        md5.copy_from_slice(&bytes[18..]);
        let info = Self {
            min_block: be16(bytes, 0),
            max_block: be16(bytes, 2),
            max_frame: be32(bytes, 6) & 0xff_ffff,
            rate: (packed >> 44) as u32,
            channels: (packed >> 41 & 7) as u32 + 1,
            bits: (packed >> 36 & 31) as u32 + 1,
            total: packed & 0xf_ffff_ffff,
            md5,
        };
        let min_frame = be32(bytes, 4) >> 8;
        if info.min_block < 16 || info.max_block < info.min_block {
            return Err(damaged!(
                "STREAMINFO declares blocks of {} to {} frames",
                info.min_block,
                info.max_block
            ));
        }
        if info.rate == 0 || info.bits < 4 {
            return Err(damaged!(
                "STREAMINFO declares {} Hz and {} bits",
                info.rate,
                info.bits
            ));
        }
        if info.max_frame != 0 && min_frame > info.max_frame {
            return Err(damaged!(
                "STREAMINFO declares FLAC frames of {min_frame} to {} bytes",
                info.max_frame
            ));
        }
        Ok(info)
    }

    /// Writes what the block says into `facts`.
    pub fn describe(&self, facts: &mut Facts) {
        facts.rate = Some(self.rate);
        facts.channels = Some(self.channels);
        facts.bits = Some(self.bits);
        facts.md5 = Some(self.md5).filter(|md5| md5.iter().any(|&byte| byte != 0));
        facts.length = if self.total > 0 {
            Length::Exact(self.total)
        } else {
            Length::Unknown
        };
    }

    /// No FLAC frame is longer: verbatim subframes, headers, the channel difference's extra bit.
    fn frame_bound(&self) -> usize {
        if self.max_frame != 0 {
            return self.max_frame as usize;
        }
        let bits = usize::from(self.max_block) * (self.bits as usize * self.channels as usize + 1);
        bits / 8 + 64
    }
}

pub(super) fn inspect<R: Read + Seek>(
    input: &mut Input<'_, R>,
    start: u64,
    options: Options<'_>,
) -> Result<Facts, Damage> {
    let mut facts = Facts::new(Container::Flac, Codec::Flac);
    let (info, audio) = read_metadata(input, start)?;
    info.describe(&mut facts);
    facts.metadata = audio - start;
    let end = tags::end_of_audio(input, audio)?;
    if end < input.size() {
        facts.warn(format!(
            "{} bytes of tags follow the audio",
            input.size() - end
        ));
    }
    if audio == end {
        if info.total > 0 {
            return Err(truncated!(
                "{} frames are declared, but no audio follows",
                info.total
            ));
        }
        facts.length = Length::Exact(0);
        return Ok(facts);
    }
    let first = Frame::parse(input.peek(audio, 16)?)
        .ok_or_else(|| damaged!("no FLAC frame begins at offset {audio}, behind the metadata"))?;
    first.check(&info, audio)?;
    let begin = first.begin(info.max_block);
    if begin != 0 {
        facts.warn(format!("the first FLAC frame begins with number {begin}"));
    }
    let found = audio::last_frame(input, &info, audio, end)?;
    if facts.md5.is_none() || !(options.compares_md5)(&facts) {
        audio::walk(input, &info, audio, end)?;
    }
    let Some((at, last)) = found else {
        facts.warn("the last FLAC frame may be too long to be looked for".into());
        return Ok(facts);
    };
    last.check(&info, at)?;
    let held = last.end(info.max_block).saturating_sub(begin);
    if info.total > held {
        return Err(truncated!(
            "{} frames are declared, the last FLAC frame (offset {at}) ends with number {held}",
            info.total
        ));
    }
    if info.total > 0 && info.total < held {
        return Err(damaged!(
            "{} frames are declared, the FLAC frames hold {held}",
            info.total
        ));
    }
    facts.length = Length::Exact(held);
    Ok(facts)
}

/// Walks the metadata blocks; gives STREAMINFO and the offset of the first FLAC frame.
fn read_metadata<R: Read + Seek>(
    input: &mut Input<'_, R>,
    start: u64,
) -> Result<(StreamInfo, u64), Damage> {
    let mut at = start + 4;
    let mut info = None;
    loop {
        let [kind, length @ ..]: [u8; 4] = input.array(at)?;
        let (last, kind) = (kind & 0x80 != 0, kind & 0x7f);
        let length = length
            .iter()
            .fold(0, |sum, &byte| sum << 8 | u64::from(byte));
        let body = at + 4;
        match (kind, &info) {
            (0, None) if length == StreamInfo::LENGTH as u64 => {
                info = Some(StreamInfo::parse(&input.array(body)?)?);
            }
            (0, None) => return Err(damaged!("STREAMINFO has {length} bytes instead of 34")),
            (0, Some(_)) => return Err(damaged!("a second STREAMINFO at offset {at}")),
            (_, None) => return Err(damaged!("the first metadata block is not STREAMINFO")),
            (127, _) => return Err(damaged!("an invalid metadata block at offset {at}")),
            _ => {}
        }
        if body + length > input.size() {
            return Err(truncated!(
                "the metadata block at offset {at} goes to {}, the file ends at {}",
                body + length,
                input.size()
            ));
        }
        at = body + length;
        if let (true, Some(info)) = (last, &info) {
            return Ok((info.clone(), at));
        }
    }
}
