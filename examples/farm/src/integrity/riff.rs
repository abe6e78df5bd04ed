// SPDX-License-Identifier: MPL-2.0
//! WAVE in RIFF, RF64 and BW64.
mod format;

pub(super) use format::{describe, read_format};

use super::input::{Input, fourcc, le32, le64};
use super::{Codec, Container, Damage, Facts, tags};
use std::io::{Read, Seek};

/// Sizes of the `ds64` chunk, which stand for those that do not fit into 32 bits.
struct Wide {
    riff: u64,
    data: u64,
}

/// A chunk; `size` is what its header says, `end` where its content must end.
pub(super) struct Chunk {
    pub id: [u8; 4],
    pub body: u64,
    pub end: u64,
}

pub(super) fn inspect<R: Read + Seek>(
    input: &mut Input<'_, R>,
    start: u64,
) -> Result<Facts, Damage> {
    let head: [u8; 12] = input.array(start)?;
    let is_wide = !head.starts_with(b"RIFF");
    let riff_size = le32(&head, 4);
    let mut riff_end = Some(start + 8 + u64::from(riff_size)).filter(|_| !is_open(riff_size));
    let mut facts = Facts::new(Container::Wav, Codec::Other("WAVE".into()));
    let mut wide = None;
    let mut format = None;
    let mut samples = None;
    let mut data: Option<Chunk> = None;
    let mut at = start + 12;
    while at < riff_end.unwrap_or(input.size()).min(input.size()) {
        let header = input.peek(at, 8)?;
        if header.len() < 8 {
            if data.is_none() {
                return Err(truncated!(
                    "the file ends at {} within a chunk header",
                    at + 8
                ));
            }
            break;
        }
        let mut chunk = Chunk {
            id: [0; 4],
            body: at + 8,
            end: 0,
        };
        chunk.id.copy_from_slice(&header[..4]);
        let size = le32(header, 4);
        chunk.end = chunk.body + u64::from(size);
        if !is_name(&chunk.id) {
            return Err(damaged!(
                "no chunk begins at offset {at} although the RIFF goes on"
            ));
        }
        if chunk.id == *b"data" && data.is_none() {
            if let Some(Wide { data, .. }) = wide
                && size == u32::MAX
            {
                chunk.end = chunk.body.saturating_add(data);
            } else if is_pipe(size, &chunk, riff_end, input.size()) {
                if let Some(end) = riff_end.filter(|&end| end > input.size()) {
                    return Err(cut(end, input.size()));
                }
                facts.warn("written to a pipe: the length is not declared".into());
                data = Some(Chunk {
                    end: input.size(),
                    ..chunk
                });
                riff_end = None;
                break;
            }
        }
        if chunk.end > input.size() {
            return Err(truncated!(
                "the chunk '{}' at offset {at} goes to {}, the file ends at {}",
                fourcc(&chunk.id),
                chunk.end,
                input.size()
            ));
        }
        let length = chunk.end - chunk.body;
        match &chunk.id {
            b"ds64" if is_wide && length >= 24 => {
                let ds64: [u8; 24] = input.array(chunk.body)?;
                let sizes = Wide {
                    riff: le64(&ds64, 0),
                    data: le64(&ds64, 8),
                };
                riff_end = Some((start + 8).saturating_add(sizes.riff));
                wide = Some(sizes);
            }
            b"fmt " if format.is_none() => format = Some(read_format(input, &chunk)?),
            b"fact" if length >= 4 => samples = Some(le32(input.bytes(chunk.body, 4)?, 0)),
            _ => {}
        }
        at = next_chunk(input, &chunk, riff_end, &mut facts)?;
        if chunk.id == *b"data" && data.is_none() {
            data = Some(chunk);
        }
    }
    let Some(format) = format else {
        return Err(missing("fmt ", at, riff_end));
    };
    let Some(data) = data else {
        return Err(missing("data", at, riff_end));
    };
    check_end(input, at, riff_end, &mut facts)?;
    describe(
        &mut facts,
        &format,
        data.end - data.body,
        samples,
        riff_end.is_some(),
    )?;
    Ok(facts)
}

/// Sizes that writers to a pipe leave: zero, everything (less a header), or the largest positive.
fn is_open(size: u32) -> bool {
    size == 0 || size >= 0xffff_f000 || (0x7fff_f000..=0x8000_0000).contains(&size)
}

/// Whether the `data` chunk has a size that a writer to a pipe never filled in, rather than one
/// that happens to look so.
fn is_pipe(size: u32, chunk: &Chunk, riff_end: Option<u64>, file: u64) -> bool {
    match size {
        0 => riff_end != Some(chunk.end),
        _ => is_open(size) && chunk.end > file,
    }
}

fn cut(riff_end: u64, file: u64) -> Damage {
    truncated!("the RIFF goes to {riff_end}, the file ends at {file}")
}

fn is_name(id: &[u8; 4]) -> bool {
    id.iter().all(|byte| (0x20..0x7f).contains(byte))
}

fn missing(chunk: &str, at: u64, riff_end: Option<u64>) -> Damage {
    truncated!(
        "no '{chunk}' chunk up to offset {at}{}",
        riff_end.map_or(String::new(), |end| format!(
            " of a RIFF that ends at {end}"
        ))
    )
}

/// Where the next chunk begins: content is padded to even length, which some writers forget.
fn next_chunk<R: Read + Seek>(
    input: &mut Input<'_, R>,
    chunk: &Chunk,
    riff_end: Option<u64>,
    facts: &mut Facts,
) -> Result<u64, Damage> {
    if (chunk.end - chunk.body).is_multiple_of(2) {
        return Ok(chunk.end);
    }
    let size = input.size();
    let mut begins = |at: u64| -> Result<bool, Damage> {
        let header = input.peek(at, 8)?;
        Ok(header.first_chunk().is_some_and(is_name)
            && header.len() == 8
            && at + 8 + u64::from(le32(header, 4)) <= size)
    };
    let ends = riff_end == Some(chunk.end);
    if ends || (!begins(chunk.end + 1)? && begins(chunk.end)?) {
        facts.warn(format!(
            "the chunk '{}' is not padded to even length",
            fourcc(&chunk.id)
        ));
        return Ok(chunk.end);
    }
    Ok((chunk.end + 1).min(input.size()))
}

/// Compares the end of the last chunk with those of the RIFF and of the file.
fn check_end<R: Read + Seek>(
    input: &mut Input<'_, R>,
    at: u64,
    riff_end: Option<u64>,
    facts: &mut Facts,
) -> Result<(), Damage> {
    // Writers err by a header or a padding byte; what is more is lost content.
    const SLACK: u64 = 8;
    let Some(riff_end) = riff_end else {
        return Ok(());
    };
    let size = input.size();
    if riff_end > size + SLACK {
        return Err(cut(riff_end, size));
    }
    if at > riff_end + SLACK {
        return Err(damaged!(
            "the chunks go to {at}, the RIFF only to {riff_end}"
        ));
    }
    if riff_end != at {
        facts.warn(format!("the RIFF should end at {at}, not at {riff_end}"));
    }
    if size > at {
        let text = format!("{} bytes follow the RIFF, which ends at {at}", size - at);
        if !tags::is_harmless_tail(input, at)? {
            return Err(Damage::Damaged(text));
        }
        facts.warn(text);
    }
    Ok(())
}
