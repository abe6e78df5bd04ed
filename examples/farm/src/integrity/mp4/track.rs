// SPDX-License-Identifier: MPL-2.0
//! A track: its boxes, found and measured, its tables left in the file.
use super::boxes::{Boxes, Header};
use super::entry::Entry;
use crate::integrity::Damage;
use crate::integrity::input::{Input, be16, be32, be64, fourcc};
use std::io::{Read, Seek};

/// A sample table: where its entries lie, and how many there are.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Table {
    pub offset: u64,
    pub entries: u64,
}

/// The sizes of samples.
#[derive(Clone, Copy, Debug)]
pub(super) enum Sizes {
    /// All the same, in bytes.
    Equal { size: u32, samples: u64 },
    /// One by one, in so many bits each.
    Each { table: Table, bits: u32 },
}

/// The stretches of media time that are to be heard.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Edits {
    /// There is an edit list.
    pub present: bool,
    /// Its durations without gaps, in the movie's time scale.
    pub duration: u64,
}

/// What is needed of a track.
#[derive(Debug, Default)]
pub(super) struct Track {
    pub id: u32,
    handler: [u8; 4],
    pub timescale: u32,
    /// In units of `timescale`.
    pub duration: u64,
    pub edits: Edits,
    pub entry: Entry,
    pub times: Table,
    pub chunk_runs: Table,
    pub chunks: Table,
    /// Chunk offsets have eight bytes instead of four.
    pub wide_chunks: bool,
    pub sizes: Option<Sizes>,
}

impl Track {
    /// Reads the `trak` box.
    pub fn read<R: Read + Seek>(input: &mut Input<'_, R>, header: &Header) -> Result<Self, Damage> {
        let mut track = Self::default();
        track.take(input, header, 0)?;
        if track.is_audio() {
            if track.timescale == 0 {
                return Err(damaged!(
                    "the track at offset {} has no time scale",
                    header.start
                ));
            }
            if track.sizes.is_none() || track.entry.is_missing() {
                return Err(damaged!(
                    "the track at offset {} lacks its tables",
                    header.start
                ));
            }
        }
        Ok(track)
    }

    pub fn is_audio(&self) -> bool {
        self.handler == *b"soun"
    }

    /// Number of samples; in PCM tracks every frame is one, and demuxers hold chunks instead.
    pub fn samples(&self) -> u64 {
        match self.sizes {
            Some(Sizes::Equal { samples, .. }) => samples.min(self.chunks.entries),
            Some(Sizes::Each { table, .. }) => table.entries,
            None => 0,
        }
    }

    /// Takes the boxes inside `parent`, down to the depth that tracks have.
    fn take<R: Read + Seek>(
        &mut self,
        input: &mut Input<'_, R>,
        parent: &Header,
        depth: u32,
    ) -> Result<(), Damage> {
        const DEEPEST: u32 = 4;
        let mut boxes = Boxes::within(parent);
        while let Some(header) = boxes.next(input)? {
            match &header.kind {
                b"mdia" | b"minf" | b"stbl" | b"edts" if depth < DEEPEST => {
                    self.take(input, &header, depth + 1)?;
                }
                b"tkhd" => {
                    let wide = header.bytes(input, 4)?[0] == 1;
                    let at = if wide { 20 } else { 12 };
                    self.id = be32(header.bytes(input, at + 4)?, at);
                }
                b"mdhd" => (self.timescale, self.duration) = read_times(input, &header)?,
                // A handler inside `minf` (QuickTime) is one of data, not of media.
                b"hdlr" if depth == 1 => {
                    self.handler
                        .copy_from_slice(&header.bytes(input, 12)?[8..12]);
                }
                b"elst" => self.edits = read_edits(input, &header)?,
                b"stsd" if self.is_audio() => self.entry = Entry::read(input, &header)?,
                b"stts" => self.times = read_table(input, &header, 4, 64)?,
                b"stsc" => self.chunk_runs = read_table(input, &header, 4, 96)?,
                b"stco" => self.chunks = read_table(input, &header, 4, 32)?,
                b"co64" => {
                    self.chunks = read_table(input, &header, 4, 64)?;
                    self.wide_chunks = true;
                }
                b"stsz" => {
                    let bytes = header.bytes(input, 12)?;
                    let (size, samples) = (be32(bytes, 4), u64::from(be32(bytes, 8)));
                    self.sizes = Some(if size != 0 {
                        Sizes::Equal { size, samples }
                    } else {
                        Sizes::Each {
                            table: read_table(input, &header, 8, 32)?,
                            bits: 32,
                        }
                    });
                }
                b"stz2" => {
                    let bits = u32::from(header.bytes(input, 12)?[7]);
                    if !matches!(bits, 4 | 8 | 16) {
                        return Err(damaged!("sample sizes of {bits} bits in '{}'", "stz2"));
                    }
                    let table = read_table(input, &header, 8, u64::from(bits))?;
                    self.sizes = Some(Sizes::Each { table, bits });
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// A table whose number of entries stands at `at`, each of `bits` bits.
fn read_table<R: Read + Seek>(
    input: &mut Input<'_, R>,
    header: &Header,
    at: usize,
    bits: u64,
) -> Result<Table, Damage> {
    let entries = u64::from(be32(header.bytes(input, at + 4)?, at));
    let needed = at as u64 + 4 + (entries * bits).div_ceil(8);
    if needed > header.length() {
        return Err(damaged!(
            "the '{}' box at offset {} has room for less than its {entries} entries",
            fourcc(&header.kind),
            header.start
        ));
    }
    Ok(Table {
        offset: header.body + at as u64 + 4,
        entries,
    })
}

/// Time scale and duration of an `mdhd` or `mvhd` box.
fn read_times<R: Read + Seek>(
    input: &mut Input<'_, R>,
    header: &Header,
) -> Result<(u32, u64), Damage> {
    if header.bytes(input, 4)?[0] == 1 {
        let bytes = header.bytes(input, 32)?;
        Ok((be32(bytes, 20), be64(bytes, 24)))
    } else {
        let bytes = header.bytes(input, 20)?;
        Ok((be32(bytes, 12), u64::from(be32(bytes, 16))))
    }
}

/// The time scale of the movie, which edit lists use; zero if it is not told.
pub(super) fn movie_timescale<R: Read + Seek>(
    input: &mut Input<'_, R>,
    movie: &Header,
) -> Result<u32, Damage> {
    let mut boxes = Boxes::within(movie);
    while let Some(header) = boxes.next(input)? {
        if header.kind == *b"mvhd" {
            return Ok(read_times(input, &header)?.0);
        }
    }
    Ok(0)
}

fn read_edits<R: Read + Seek>(input: &mut Input<'_, R>, header: &Header) -> Result<Edits, Damage> {
    let wide = header.bytes(input, 4)?[0] == 1;
    let row = if wide { 20 } else { 12 };
    let table = read_table(input, header, 4, row as u64 * 8)?;
    let mut edits = Edits {
        present: table.entries > 0,
        duration: 0,
    };
    let bytes = header.content(input)?;
    // A list of more edits than the window holds is no list of edits.
    for edit in bytes[8..].chunks_exact(row).take(table.entries as usize) {
        let (duration, begin) = if wide {
            (be64(edit, 0), be64(edit, 8) as i64)
        } else {
            (u64::from(be32(edit, 0)), i64::from(be32(edit, 4) as i32))
        };
        if begin >= 0 && be16(edit, row - 4) != 0 {
            edits.duration = edits.duration.saturating_add(duration);
        }
    }
    Ok(edits)
}
