// SPDX-License-Identifier: MPL-2.0
//! Sony Wave64: RIFF WAVE with 64-bit sizes, and GUIDs for names.
use super::input::{Input, le64};
use super::riff::{self, Chunk};
use super::{Container, Damage, Facts, tags};
use std::io::{Read, Seek};

/// The name of the whole.
pub(super) const RIFF: [u8; 16] = *b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\0\0";
/// What follows the four letters in all other names.
const NAME_TAIL: [u8; 12] = *b"\xf3\xac\xd3\x11\x8c\xd1\0\xc0\x4f\x8e\xdb\x8a";
/// A name and a size, which counts both.
const HEADER: u64 = 24;
/// Writers to a pipe leave all bits set, or all but the sign.
const OPEN: u64 = i64::MAX as u64;

pub(super) fn inspect<R: Read + Seek>(
    input: &mut Input<'_, R>,
    start: u64,
) -> Result<Facts, Damage> {
    let head: [u8; 40] = input.array(start)?;
    if head[24..28] != *b"wave" || head[28..] != NAME_TAIL {
        return Err(damaged!("a Wave64 file without its second name"));
    }
    let size = input.size();
    let declared = le64(&head, 16);
    let whole = Some(start.saturating_add(declared)).filter(|_| declared < OPEN);
    if let Some(end) = whole.filter(|&end| end > size) {
        return Err(truncated!(
            "the RIFF goes to {end}, the file ends at {size}"
        ));
    }
    let end = whole.unwrap_or(size);
    let mut facts = Facts::new(Container::Wave64, super::Codec::Other("WAVE".into()));
    let (mut format, mut data) = (None, None);
    let mut at = start + 40;
    while at < end {
        let header = input.peek(at, HEADER as usize)?;
        if (header.len() as u64) < HEADER {
            return Err(truncated!("the file ends at {size} within a chunk header"));
        }
        let (name, length) = (header[..16].to_owned(), le64(header, 16));
        let is = |letters: &[u8; 4]| name[..4] == *letters && name[4..] == NAME_TAIL;
        let open = length >= OPEN && is(b"data");
        let chunk_end = if open {
            size
        } else {
            at.saturating_add(length)
        };
        if length < HEADER {
            return Err(damaged!(
                "the chunk at offset {at} is shorter than its own header"
            ));
        }
        if chunk_end > size {
            return Err(truncated!(
                "the chunk at offset {at} goes to {chunk_end}, the file ends at {size}"
            ));
        }
        let chunk = Chunk {
            id: *b"    ",
            body: at + HEADER,
            end: chunk_end,
        };
        if is(b"fmt ") && format.is_none() {
            format = Some(riff::read_format(input, &chunk)?);
        } else if is(b"data") && data.is_none() {
            data = Some((chunk.end - chunk.body, !open));
        }
        if open {
            facts.warn("written to a pipe: the length is not declared".into());
        }
        // Chunks begin at multiples of eight from the beginning.
        at = start + (chunk_end - start).next_multiple_of(8);
    }
    let Some(format) = format else {
        return Err(truncated!("no 'fmt ' chunk up to offset {at}"));
    };
    let Some((length, closed)) = data else {
        return Err(truncated!("no 'data' chunk up to offset {at}"));
    };
    if end < size {
        let text = format!("{} bytes follow the RIFF, which ends at {end}", size - end);
        if !tags::is_harmless_tail(input, end)? {
            return Err(Damage::Damaged(text));
        }
        facts.warn(text);
    }
    riff::describe(&mut facts, &format, length, None, closed)?;
    Ok(facts)
}
