// SPDX-License-Identifier: MPL-2.0
//! Movie fragments: samples described piece by piece, between the media data.
use super::boxes::{Boxes, Header};
use super::tables::Totals;
use crate::integrity::Damage;
use crate::integrity::input::{Column, Input, be32, be64};
use std::collections::HashMap;
use std::io::{Read, Seek};
use std::ops::Range;

/// Duration and size of samples for which nothing nearer tells.
#[derive(Clone, Copy, Debug, Default)]
struct Sample {
    duration: u32,
    size: u32,
}

/// The defaults of all tracks, by track.
#[derive(Debug, Default)]
pub(super) struct Defaults {
    tracks: HashMap<u32, Sample>,
}

impl Defaults {
    /// Reads an `mvex` box.
    pub fn read<R: Read + Seek>(input: &mut Input<'_, R>, header: &Header) -> Result<Self, Damage> {
        const MOST_TRACKS: usize = 1024;
        let mut defaults = Self::default();
        let mut boxes = Boxes::within(header);
        while let Some(inner) = boxes.next(input)? {
            if inner.kind == *b"trex" && defaults.tracks.len() < MOST_TRACKS {
                let bytes = inner.bytes(input, 24)?;
                let sample = Sample {
                    duration: be32(bytes, 12),
                    size: be32(bytes, 16),
                };
                defaults.tracks.insert(be32(bytes, 4), sample);
            }
        }
        Ok(defaults)
    }
}

/// Adds the runs of `track` in the fragments in `range` to `totals`.
pub(super) fn add_runs<R: Read + Seek>(
    input: &mut Input<'_, R>,
    range: Range<u64>,
    defaults: &Defaults,
    track: u32,
    totals: &mut Totals,
) -> Result<(), Damage> {
    let mut boxes = Boxes::new(range.start, range.end);
    while let Some(header) = boxes.next(input)? {
        if header.kind != *b"moof" {
            continue;
        }
        let mut inner = Boxes::within(&header);
        while let Some(traf) = inner.next(input)? {
            if traf.kind == *b"traf" {
                let usual = defaults.tracks.get(&track).copied().unwrap_or_default();
                add_track(input, &traf, header.start, usual, track, totals)?;
            }
        }
    }
    Ok(())
}

fn add_track<R: Read + Seek>(
    input: &mut Input<'_, R>,
    traf: &Header,
    moof: u64,
    mut usual: Sample,
    track: u32,
    totals: &mut Totals,
) -> Result<(), Damage> {
    let mut data = moof;
    let mut base = moof;
    let mut boxes = Boxes::within(traf);
    while let Some(header) = boxes.next(input)? {
        match &header.kind {
            b"tfhd" => {
                let flags = be32(header.bytes(input, 8)?, 0);
                let fields = [(0x1, 8), (0x2, 4), (0x8, 4), (0x10, 4), (0x20, 4)];
                let needed: usize = fields
                    .iter()
                    .filter(|(bit, _)| flags & bit != 0)
                    .map(|(_, length)| length)
                    .sum();
                let bytes = header.bytes(input, 8 + needed)?;
                if be32(bytes, 4) != track {
                    return Ok(());
                }
                let mut at = 8;
                for (bit, length) in fields.into_iter().filter(|(bit, _)| flags & bit != 0) {
                    match bit {
                        0x1 => base = be64(bytes, at),
                        0x8 => usual.duration = be32(bytes, at),
                        0x10 => usual.size = be32(bytes, at),
                        _ => {}
                    }
                    at += length;
                }
                data = base;
            }
            b"trun" => data = add_run(input, &header, base, data, usual, totals)?,
            _ => {}
        }
    }
    Ok(())
}

/// Adds one run, whose data begins at `data` unless it says where; gives where its data ends.
fn add_run<R: Read + Seek>(
    input: &mut Input<'_, R>,
    header: &Header,
    base: u64,
    data: u64,
    usual: Sample,
    totals: &mut Totals,
) -> Result<u64, Damage> {
    const OFFSET: u32 = 0x1;
    const FIRST_FLAGS: u32 = 0x4;
    const DURATION: u32 = 0x100;
    const SIZE: u32 = 0x200;
    let head = header.bytes(input, 8)?;
    let (flags, samples) = (be32(head, 0), u64::from(be32(head, 4)));
    let mut at = 8;
    let mut data = data;
    if flags & OFFSET != 0 {
        let offset = be32(header.bytes(input, 12)?, 8) as i32;
        data = base.saturating_add_signed(i64::from(offset));
        at += 4;
    }
    if flags & FIRST_FLAGS != 0 {
        at += 4;
    }
    let width = 4 * (flags & 0xf00).count_ones() as usize;
    let needed = at + samples * width as u64;
    if needed > header.length() {
        return Err(header.too_short(needed));
    }
    let mut duration = samples * u64::from(usual.duration);
    let mut length = samples * u64::from(usual.size);
    if flags & (DURATION | SIZE) != 0 {
        let (mut durations, mut lengths) = (0, 0);
        let mut rows = Column::new(header.body + at, samples, width);
        while let Some(row) = rows.next(input)? {
            let mut field = 0;
            if flags & DURATION != 0 {
                durations += u64::from(be32(row, 0));
                field = 4;
            }
            if flags & SIZE != 0 {
                lengths += u64::from(be32(row, field));
            }
        }
        if flags & DURATION != 0 {
            duration = durations;
        }
        if flags & SIZE != 0 {
            length = lengths;
        }
    }
    let end = data.saturating_add(length);
    if end > input.size() {
        return Err(truncated!(
            "the run at offset {} needs data up to {end}, the file ends at {}",
            header.start,
            input.size()
        ));
    }
    totals.samples = totals.samples.saturating_add(samples);
    totals.duration = totals.duration.saturating_add(duration);
    Ok(end)
}
