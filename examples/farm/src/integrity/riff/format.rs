// SPDX-License-Identifier: MPL-2.0
//! The format chunk of WAVE, in whatever container.
use super::super::input::{Input, le16, le32};
use super::super::{Codec, Damage, Facts, Length};
use super::Chunk;
use std::io::{Read, Seek};

const PCM: u16 = 1;
const FLOAT: u16 = 3;

/// What the `fmt ` chunk says.
pub struct Format {
    tag: u16,
    channels: u16,
    rate: u32,
    block_align: u16,
    bits: u16,
    samples_per_block: Option<u16>,
}

/// Reads the `fmt ` chunk.
pub fn read_format<R: Read + Seek>(
    input: &mut Input<'_, R>,
    chunk: &Chunk,
) -> Result<Format, Damage> {
    const EXTENSIBLE: u16 = 0xfffe;
    /// The part of a sub-format GUID behind the tag that it stands for.
    const GUID_TAIL: [u8; 12] = [0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71];
    let length = (chunk.end - chunk.body).min(64) as usize;
    let bytes = input.bytes(chunk.body, length)?;
    if length < 16 {
        return Err(damaged!(
            "the 'fmt ' chunk has {length} bytes instead of 16 or more"
        ));
    }
    let mut format = Format {
        tag: le16(bytes, 0),
        channels: le16(bytes, 2),
        rate: le32(bytes, 4),
        block_align: le16(bytes, 12),
        bits: le16(bytes, 14),
        samples_per_block: None,
    };
    let byte_rate = le32(bytes, 8);
    if format.tag == EXTENSIBLE {
        if length < 40 {
            return Err(damaged!(
                "the extensible 'fmt ' chunk has {length} bytes instead of 40"
            ));
        }
        let valid_bits = le16(bytes, 18);
        if valid_bits > format.bits {
            return Err(damaged!(
                "{valid_bits} valid bits in samples of {} bits",
                format.bits
            ));
        }
        // Other GUIDs (Ambisonic B-format among them) share the place of the tag.
        format.tag = if bytes[28..40] == GUID_TAIL || bytes[26..28] == [0, 0] {
            le16(bytes, 24)
        } else {
            EXTENSIBLE
        };
    } else if length >= 20 {
        format.samples_per_block = Some(le16(bytes, 18));
    }
    if format.channels == 0 || format.rate == 0 || format.block_align == 0 {
        return Err(damaged!(
            "the 'fmt ' chunk declares {} channels at {} Hz in blocks of {} bytes",
            format.channels,
            format.rate,
            format.block_align
        ));
    }
    if let PCM | FLOAT = format.tag {
        let container = u32::from(format.bits).div_ceil(8);
        let align = u32::from(format.channels) * container;
        if format.bits == 0 || align != u32::from(format.block_align) {
            return Err(damaged!(
                "frames of {} bytes do not hold {} channels of {} bits",
                format.block_align,
                format.channels,
                format.bits
            ));
        }
        if u64::from(format.rate) * u64::from(align) != u64::from(byte_rate) {
            return Err(damaged!(
                "{byte_rate} bytes per second are declared for {} frames of {align} bytes",
                format.rate
            ));
        }
    }
    Ok(format)
}

/// Adds to `facts` what `format` says of `data` bytes, whose number is declared or not.
pub fn describe(
    facts: &mut Facts,
    format: &Format,
    data: u64,
    samples: Option<u32>,
    declared: bool,
) -> Result<(), Damage> {
    let align = u64::from(format.block_align);
    let blocks = data / align;
    facts.rate = Some(format.rate);
    facts.channels = Some(u32::from(format.channels));
    match format.tag {
        PCM | FLOAT => {
            facts.codec = Codec::Pcm {
                float: format.tag == FLOAT,
                big_endian: false,
            };
            facts.bits = Some(u32::from(format.bits));
            facts.length = Length::Exact(blocks);
        }
        tag => {
            facts.codec = match tag {
                0x50 | 0x55 => Codec::Mp3,
                0xff | 0x1600 => Codec::Aac,
                6 => Codec::Other("A-law".into()),
                7 => Codec::Other("mu-law".into()),
                _ => Codec::Other(format!("WAVE format 0x{tag:04x}")),
            };
            facts.length = match (tag, format.samples_per_block) {
                (6 | 7, _) => Length::Exact(blocks),
                // Blocks of a fixed number of samples, the last one padded (MS and IMA ADPCM, GSM).
                (2 | 0x11 | 0x31, Some(per_block)) => {
                    let most = (blocks + 1) * u64::from(per_block.max(1));
                    let least = samples.map_or(0, u64::from).min(most);
                    Length::within(least, most)
                }
                _ => Length::Unknown,
            };
        }
    }
    if let PCM | FLOAT = format.tag
        && !data.is_multiple_of(align)
    {
        let text = format!("{data} bytes of audio are not a whole number of {align}-byte frames");
        return Err(if declared {
            Damage::Damaged(text)
        } else {
            Damage::Truncated(text)
        });
    }
    Ok(())
}
