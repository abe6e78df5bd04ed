// SPDX-License-Identifier: MPL-2.0
//! Finding where tags end and audio begins, at both ends of a file.
use super::Damage;
use super::input::{Input, WINDOW, le32};
use std::io::{Read, Seek};

/// Length of the ID3v2 tag whose first ten bytes these are, with header and footer.
fn id3v2_length(header: &[u8]) -> Option<u64> {
    let [b'I', b'D', b'3', major, minor, flags, size @ ..] = header.first_chunk::<10>()? else {
        return None;
    };
    if *major == 0xff || *minor == 0xff || size.iter().any(|byte| byte & 0x80 != 0) {
        return None;
    }
    let body = size.iter().fold(0, |sum, &byte| sum << 7 | u64::from(byte));
    Some(10 + body + if flags & 0x10 != 0 { 10 } else { 0 })
}

/// Length of the APE tag whose header these bytes are.
fn ape_length(header: &[u8]) -> Option<u64> {
    const IS_HEADER: u32 = 1 << 29;
    let header = header
        .first_chunk::<32>()
        .filter(|tag| tag.starts_with(b"APETAGEX"))?;
    (le32(header, 20) & IS_HEADER != 0).then(|| 32 + u64::from(le32(header, 12)))
}

/// Where the ID3v2 and APE tags that begin at `start` end; `start` itself if there is none.
pub(super) fn skip_leading<R: Read + Seek>(
    input: &mut Input<'_, R>,
    start: u64,
) -> Result<u64, Damage> {
    let mut at = start;
    loop {
        let header = input.peek(at, 32)?;
        let length = if header.starts_with(b"ID3") {
            id3v2_length(header)
                .ok_or_else(|| damaged!("the ID3v2 tag at offset {at} has an invalid header"))?
        } else if let Some(length) = ape_length(header) {
            length
        } else {
            return Ok(at);
        };
        if length > input.size() - at {
            return Err(truncated!(
                "the tag at offset {at} has {length} bytes, the file ends at {}",
                input.size()
            ));
        }
        at += length;
    }
}

/// Where the tags that close the file begin: ID3v1, APE, Lyrics3 and appended ID3v2.
pub(super) fn end_of_audio<R: Read + Seek>(
    input: &mut Input<'_, R>,
    start: u64,
) -> Result<u64, Damage> {
    /// Files have a handful; walking backwards is too slow for those made of nothing else.
    const MOST: usize = 32;
    let mut end = input.size();
    for _ in 0..MOST {
        let Some(length) = last_tag(input, start, end)? else {
            break;
        };
        end -= length;
    }
    Ok(end)
}

/// Length of the tag that ends at `end`, if one does.
fn last_tag<R: Read + Seek>(
    input: &mut Input<'_, R>,
    start: u64,
    end: u64,
) -> Result<Option<u64>, Damage> {
    let room = end - start;
    // The last bytes before `end`; all tags are known by these.
    let tail_length = room.min(227);
    let tail = input.bytes(end - tail_length, tail_length as usize)?;
    let from_end = |back: usize| tail.len().checked_sub(back).map(|at| &tail[at..]);
    let length = if from_end(128).is_some_and(|tag| tag.starts_with(b"TAG")) {
        // The enhanced tag stands before the plain one.
        return Ok(Some(128));
    } else if from_end(227).is_some_and(|tag| tag.starts_with(b"TAG+")) {
        227
    } else if let Some(footer) = from_end(32).filter(|tag| tag.starts_with(b"APETAGEX")) {
        let header = if le32(footer, 20) & 0x8000_0000 != 0 {
            32
        } else {
            0
        };
        u64::from(le32(footer, 12)) + header
    } else if let Some(mark) = from_end(15).filter(|tag| tag.ends_with(b"LYRICS200")) {
        let digits = mark[..6].iter().try_fold(0u64, |sum, byte| {
            byte.is_ascii_digit()
                .then(|| sum * 10 + u64::from(byte - b'0'))
        });
        match digits {
            Some(size) => size + 15,
            None => return Ok(None),
        }
    } else if let Some(footer) = from_end(10).filter(|tag| tag.starts_with(b"3DI")) {
        let mut header = *b"ID3\0\0\0\0\0\0\0";
        header[3..].copy_from_slice(&footer[3..]);
        match id3v2_length(&header) {
            Some(length) => length,
            None => return Ok(None),
        }
    } else {
        return Ok(None);
    };
    if length == 0 || length > room {
        return Err(damaged!(
            "the tag that ends at offset {end} claims {length} bytes where there are {room}"
        ));
    }
    Ok(Some(length))
}

/// Whether a program that rewrites gain fields left its mark in the tags outside `audio`.
pub(super) fn gain_was_rewritten<R: Read + Seek>(
    input: &mut Input<'_, R>,
    audio: std::ops::Range<u64>,
) -> Result<bool, Damage> {
    let marks: [&[u8]; 2] = [b"MP3GAIN_", b"mp3gain_"];
    let ends = [(0, audio.start), (audio.end, input.size())];
    for (from, to) in ends {
        let length = (to - from).min(WINDOW as u64) as usize;
        let tag = input.peek(from, length)?;
        if marks
            .iter()
            .any(|mark| tag.windows(mark.len()).any(|bytes| bytes == *mark))
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether the bytes from `at` to the end, behind all that a container declares, are of the kinds
/// that tools leave there: zeros, tags, chunks that were never counted. Audio that slid out of its
/// chunk is none of them.
pub(super) fn is_harmless_tail<R: Read + Seek>(
    input: &mut Input<'_, R>,
    at: u64,
) -> Result<bool, Damage> {
    // A padding byte may be anything.
    if input.size() - at <= 1 || input.skip_zeros(at, input.size())? == input.size() {
        return Ok(true);
    }
    let end = end_of_audio(input, at)?;
    let head = input.peek(at, 8)?;
    let named = head
        .iter()
        .take(4)
        .all(|byte| byte.is_ascii_alphanumeric() || *byte == b' ');
    Ok(end == at || named || skip_leading(input, at)? > at)
}
