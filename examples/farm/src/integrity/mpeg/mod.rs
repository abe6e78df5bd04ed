// SPDX-License-Identifier: MPL-2.0
//! Bare streams of frames: MPEG audio layer I to III, and AAC in ADTS.
mod adts;
mod header;
mod info;
mod walk;

use super::input::Input;
use super::{Damage, Facts, tags};
use header::Header;
use std::io::{Read, Seek};

/// Frames in a row that tell audio from chance.
const CONVINCING: usize = 4;
/// How far a damaged beginning is looked past; further where a tag or a header speaks for audio.
const SEARCH: u64 = 4 << 10;
const SEARCH_FURTHER: u64 = 128 << 10;

/// Recognises a stream of frames behind zeros at `start`; `Ok(None)` if it is something else.
pub(super) fn inspect<R: Read + Seek>(
    input: &mut Input<'_, R>,
    start: u64,
) -> Result<Option<Facts>, Damage> {
    let size = input.size();
    let first = input.skip_zeros(start, size)?;
    let end = tags::end_of_audio(input, start)?.max(first);
    if adts::run(input, first, end)? >= 2 {
        return adts::inspect(input, start, first, end).map(Some);
    }
    let bytes: Option<[u8; 4]> = input.peek(first, 4)?.first_chunk().copied();
    let frame = bytes.and_then(Header::parse);
    if let Some(header) = frame {
        if header.is_free_format() {
            if let Some(base) = walk::free_format_length(input, first, &header)? {
                return walk::inspect(input, start, first, end, base).map(Some);
            }
        } else if run(input, first, end)? >= 2 {
            return walk::inspect(input, start, first, end, 0).map(Some);
        }
    }
    // A stream whose beginning alone is spoilt is audio still, and must not pass for unknown.
    let reach = if start > 0 || frame.is_some() {
        SEARCH_FURTHER
    } else {
        SEARCH
    };
    for at in first..(first + reach).min(end) {
        if input.peek(at, 1)? == [0xff]
            && (run(input, at, end)? >= CONVINCING || adts::run(input, at, end)? >= CONVINCING)
        {
            return Err(damaged!(
                "{} bytes at offset {first} are no audio, frames begin at offset {at}",
                at - first
            ));
        }
    }
    if start > 0 && frame.is_none() && first == size {
        return Err(truncated!(
            "nothing follows the tag that ends at offset {start}"
        ));
    }
    Ok(None)
}

/// Consecutive MPEG frames of one kind from `at` on, up to [`CONVINCING`]. The end of the audio
/// right behind a whole frame convinces, too.
fn run<R: Read + Seek>(input: &mut Input<'_, R>, at: u64, end: u64) -> Result<usize, Damage> {
    let (mut at, mut count, mut kind) = (at, 0, None);
    while count < CONVINCING {
        let bytes: Option<[u8; 4]> = input.peek(at, 4)?.first_chunk().copied();
        let Some(header) = bytes.and_then(Header::parse) else {
            break;
        };
        if header.is_free_format() || kind.is_some_and(|kind| kind != header.kind()) {
            break;
        }
        kind = Some(header.kind());
        at += header.length(0);
        count += 1;
        if at >= end {
            return Ok(if at == end { CONVINCING } else { count });
        }
    }
    Ok(count)
}
