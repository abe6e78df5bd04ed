// SPDX-License-Identifier: MPL-2.0
//! Where FLAC frames begin and end, by their checksums: nothing else tells.
use super::StreamInfo;
use super::frame::Frame;
use crate::integrity::input::{Input, WINDOW};
use crate::integrity::{Damage, crc};
use memchr::memchr_iter;
use std::io::{Read, Seek};

/// Finds the FLAC frame that ends where the audio ends, by its header's and its own checksum;
/// `None` if it may be longer than the window. Zeros behind it are taken for a part of it: a right
/// checksum stays right over them.
pub(super) fn last_frame<R: Read + Seek>(
    input: &mut Input<'_, R>,
    info: &StreamInfo,
    audio: u64,
    end: u64,
) -> Result<Option<(u64, Frame)>, Damage> {
    /// Chance makes less than one false header in a window; many are made on purpose.
    const CANDIDATES: usize = 64;
    let reach = info.frame_bound().min(WINDOW) as u64;
    let from = end.saturating_sub(reach).max(audio);
    let bytes = input.bytes(from, (end - from) as usize)?;
    let candidates = (0..bytes.len())
        .rev()
        .filter(|&at| bytes[at] == 0xff)
        .filter_map(|at| Some((at, Frame::parse(&bytes[at..])?)));
    for (at, header) in candidates.take(CANDIDATES) {
        if crc::crc16(0, &bytes[at..]) == 0 {
            return Ok(Some((from + at as u64, header)));
        }
    }
    if from > audio && info.frame_bound() > WINDOW {
        return Ok(None);
    }
    Err(truncated!(
        "no FLAC frame ends at offset {end}, where the audio ends"
    ))
}

/// Walks all FLAC frames from `audio` to `end`, verifies their checksums and that none is missing
/// between them. This is for files whose MD5 is not compared: decoders fill gaps and say nothing.
pub(super) fn walk<R: Read + Seek>(
    input: &mut Input<'_, R>,
    info: &StreamInfo,
    audio: u64,
    end: u64,
) -> Result<(), Damage> {
    let block = info.max_block;
    let mut at = audio;
    let mut expected = None;
    while at < end {
        let header = Frame::parse(input.peek(at, 16)?)
            .ok_or_else(|| damaged!("no FLAC frame begins at offset {at}"))?;
        header.check(info, at)?;
        if expected.is_some_and(|expected| expected != header.begin(block)) {
            return Err(damaged!(
                "the FLAC frame at offset {at} begins with number {}, not where the last one ended",
                header.begin(block)
            ));
        }
        expected = Some(header.end(block));
        at += frame_length(input, at, end)?;
    }
    Ok(())
}

/// Length of the FLAC frame at `at`: up to the first place with a right checksum behind it and the
/// end or another frame's sync code after it.
fn frame_length<R: Read + Seek>(
    input: &mut Input<'_, R>,
    at: u64,
    end: u64,
) -> Result<u64, Damage> {
    /// Bytes behind a frame that tell whether the next one begins there.
    const AHEAD: usize = 16;
    const STEP: usize = 32 << 10;
    let mut sum = 0;
    // The shortest frame: header, one constant subframe, checksum.
    let mut length = 8;
    let mut summed = 0;
    loop {
        let from = at + summed;
        let bytes = input.peek(from, (end - from).min((STEP + AHEAD) as u64) as usize)?;
        let last = (from + bytes.len() as u64) == end;
        let reach = if last {
            bytes.len()
        } else {
            bytes.len() - AHEAD
        };
        let skip = ((length - summed) as usize).min(reach);
        let headers = memchr_iter(0xff, &bytes[skip..reach])
            .map(|place| skip + place)
            .filter(|&place| Frame::parse(&bytes[place..]).is_some());
        let mut done = 0;
        for place in headers.chain(last.then_some(reach)) {
            sum = crc::crc16(sum, &bytes[done..place]);
            done = place;
            if sum == 0 {
                return Ok(summed + place as u64);
            }
        }
        sum = crc::crc16(sum, &bytes[done..reach]);
        summed += reach as u64;
        length = length.max(summed);
        if last {
            return Err(damaged!("the FLAC frame at offset {at} fails its checksum"));
        }
    }
}
