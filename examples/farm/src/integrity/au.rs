// SPDX-License-Identifier: MPL-2.0
//! Sun and NeXT audio.
use super::input::{Input, be32};
use super::{Codec, Container, Damage, Facts, Length, tags};
use std::io::{Read, Seek};

/// What a writer to a pipe declares.
const OPEN: u32 = u32::MAX;

pub(super) fn inspect<R: Read + Seek>(
    input: &mut Input<'_, R>,
    start: u64,
) -> Result<Facts, Damage> {
    let mut head: [u8; 24] = input.array(start)?;
    // DEC's form of it has all numbers the other way round.
    let big_endian = head.starts_with(b".snd");
    if !big_endian {
        head.as_chunks_mut::<4>()
            .0
            .iter_mut()
            .for_each(|word| word.reverse());
    }
    let field = |at: usize| be32(&head, at);
    let (offset, declared, encoding) = (field(4), field(8), field(12));
    let (rate, channels) = (field(16), field(20));
    if offset < 24 || rate == 0 || channels == 0 || channels > 1 << 16 {
        return Err(damaged!(
            "the header declares {channels} channels at {rate} Hz from offset {offset} on"
        ));
    }
    let pcm = |float| Codec::Pcm { float, big_endian };
    let (codec, bits) = match encoding {
        1 => (Codec::Other("mu-law".into()), 8),
        2 => (pcm(false), 8),
        3 => (pcm(false), 16),
        4 => (pcm(false), 24),
        5 => (pcm(false), 32),
        6 => (pcm(true), 32),
        7 => (pcm(true), 64),
        27 => (Codec::Other("A-law".into()), 8),
        other => (Codec::Other(format!("AU encoding {other}")), 0),
    };
    let mut facts = Facts::new(Container::Au, codec);
    facts.rate = Some(rate);
    facts.channels = Some(channels);
    facts.bits = Some(bits).filter(|&bits| bits > 0);
    let (audio, size) = (start + u64::from(offset), input.size());
    if audio > size {
        return Err(truncated!(
            "the audio begins at {audio}, the file ends at {size}"
        ));
    }
    let length = if declared == OPEN {
        facts.warn("written to a pipe: the length is not declared".into());
        size - audio
    } else {
        let end = audio + u64::from(declared);
        if end > size {
            return Err(truncated!(
                "the audio goes to {end}, the file ends at {size}"
            ));
        }
        if end < size {
            let text = format!("{} bytes follow the audio, which ends at {end}", size - end);
            if !tags::is_harmless_tail(input, end)? {
                return Err(Damage::Damaged(text));
            }
            facts.warn(text);
        }
        u64::from(declared)
    };
    let frame = u64::from(bits / 8) * u64::from(channels);
    if frame > 0 {
        if !length.is_multiple_of(frame) {
            let text =
                format!("{length} bytes of audio are not a whole number of {frame}-byte frames");
            return Err(match declared {
                OPEN => Damage::Truncated(text),
                _ => Damage::Damaged(text),
            });
        }
        facts.length = Length::Exact(length / frame);
    }
    Ok(facts)
}
