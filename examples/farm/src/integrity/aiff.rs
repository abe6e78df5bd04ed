// SPDX-License-Identifier: MPL-2.0
//! AIFF and AIFF-C.
use super::input::{Input, be16, be32, be64, fourcc};
use super::{Codec, Container, Damage, Facts, Length, tags};
use std::io::{Read, Seek};

/// The COMM chunk.
struct Common {
    channels: u16,
    frames: u32,
    bits: u16,
    rate: u32,
    compression: [u8; 4],
}

pub(super) fn inspect<R: Read + Seek>(
    input: &mut Input<'_, R>,
    start: u64,
) -> Result<Facts, Damage> {
    let head: [u8; 12] = input.array(start)?;
    let compressed = head.ends_with(b"AIFC");
    let form_end = start + 8 + u64::from(be32(&head, 4));
    let size = input.size();
    let mut common = None;
    let mut sound = None;
    let mut at = start + 12;
    while at < form_end.min(size) {
        let header = input.peek(at, 8)?;
        if header.len() < 8 {
            break;
        }
        let (id, length) = (header[..4].to_vec(), u64::from(be32(header, 4)));
        let (body, end) = (at + 8, at + 8 + length);
        if end > size {
            return Err(truncated!(
                "the chunk '{}' at offset {at} goes to {end}, the file ends at {size}",
                fourcc(&id)
            ));
        }
        match &id[..] {
            b"COMM" => common = Some(read_common(input, body, length, compressed)?),
            b"SSND" => {
                let prefix: [u8; 8] = input.array(body)?;
                let offset = u64::from(be32(&prefix, 0));
                sound = Some(length.checked_sub(8 + offset).ok_or_else(|| {
                    damaged!("the SSND chunk at offset {at} is shorter than its own prefix")
                })?);
            }
            _ if !id.iter().all(|byte| (0x20..0x7f).contains(byte)) => {
                return Err(damaged!(
                    "no chunk begins at offset {at} although the FORM goes on"
                ));
            }
            _ => {}
        }
        at = end + length % 2;
    }
    // A forgotten padding byte at the very end is no loss.
    if form_end > size + 1 {
        return Err(truncated!(
            "the FORM goes to {form_end}, the file ends at {size}"
        ));
    }
    let common = common.ok_or_else(|| truncated!("no COMM chunk up to offset {at}"))?;
    let mut facts = describe(&common, sound, at)?;
    if size > form_end {
        let text = format!(
            "{} bytes follow the FORM, which ends at {form_end}",
            size - form_end
        );
        if !tags::is_harmless_tail(input, form_end)? {
            return Err(Damage::Damaged(text));
        }
        facts.warn(text);
    }
    Ok(facts)
}

fn read_common<R: Read + Seek>(
    input: &mut Input<'_, R>,
    body: u64,
    length: u64,
    compressed: bool,
) -> Result<Common, Damage> {
    let needed = if compressed { 22 } else { 18 };
    if length < needed {
        return Err(damaged!(
            "the COMM chunk has {length} bytes instead of {needed} or more"
        ));
    }
    let bytes = input.bytes(body, needed as usize)?;
    let mut compression = *b"NONE";
    if compressed {
        compression.copy_from_slice(&bytes[18..22]);
    }
    let common = Common {
        channels: be16(bytes, 0),
        frames: be32(bytes, 2),
        bits: be16(bytes, 6),
        rate: extended(&bytes[8..18]).unwrap_or(0),
        compression,
    };
    if common.channels == 0 || common.rate == 0 || !(1..=64).contains(&common.bits) {
        return Err(damaged!(
            "the COMM chunk declares {} channels of {} bits at {} Hz",
            common.channels,
            common.bits,
            common.rate
        ));
    }
    Ok(common)
}

/// An 80-bit extended float, rounded, if it is a positive number that fits.
fn extended(bytes: &[u8]) -> Option<u32> {
    let exponent = i32::from(be16(bytes, 0)) - 16383;
    let mantissa = be64(bytes, 2);
    let value = (0..32)
        .contains(&exponent)
        .then(|| mantissa >> (62 - exponent))?;
    u32::try_from(value.div_ceil(2)).ok()
}

fn describe(common: &Common, sound: Option<u64>, at: u64) -> Result<Facts, Damage> {
    let pcm = |float, big_endian| Codec::Pcm { float, big_endian };
    let codec = match &common.compression {
        b"NONE" | b"twos" | b"in24" | b"in32" => pcm(false, true),
        b"sowt" => pcm(false, false),
        b"fl32" | b"FL32" | b"fl64" | b"FL64" => pcm(true, true),
        b"raw " => pcm(false, true),
        other => Codec::Other(fourcc(other)),
    };
    let uncompressed = matches!(codec, Codec::Pcm { .. });
    let mut facts = Facts::new(Container::Aiff, codec);
    facts.rate = Some(common.rate);
    facts.channels = Some(u32::from(common.channels));
    facts.bits = Some(u32::from(common.bits));
    let frames = u64::from(common.frames);
    match sound {
        None if frames > 0 => {
            return Err(truncated!(
                "{frames} frames are declared, but there is no SSND chunk up to offset {at}"
            ));
        }
        None => facts.length = Length::Exact(0),
        Some(held) if uncompressed => {
            let frame = u64::from(common.channels) * u64::from(common.bits).div_ceil(8);
            let declared = frames * frame;
            if held < declared {
                return Err(truncated!(
                    "{frames} frames of {frame} bytes are declared, SSND holds {held} bytes"
                ));
            }
            if held >= declared + frame {
                return Err(damaged!(
                    "SSND holds {held} bytes, only {frames} frames of {frame} bytes are declared"
                ));
            }
            facts.length = Length::Exact(frames);
        }
        Some(_) => {}
    }
    Ok(facts)
}
