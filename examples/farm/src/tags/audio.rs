// SPDX-License-Identifier: MPL-2.0
//! Whether two files differ in nothing but their tags.
use super::edit::Kind;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::ops::Range;

/// Most atoms in one MP4 atom, and most ranges: more is not a file that anyone made to be heard.
const MOST_PARTS: usize = 1 << 24;

/// What must not change in a file.
#[derive(Default)]
struct Essence {
    /// Bytes whose concatenation must stay.
    ranges: Vec<Range<u64>>,
    /// Positions that the file holds of its own audio, counted from the audio's start.
    pointers: Vec<u64>,
}

/// Whether everything outside the tags is the same in both.
pub(super) fn same(kind: Kind, old: &mut File, new: &mut File) -> io::Result<bool> {
    let (a, b) = (essence(kind, old)?, essence(kind, new)?);
    if a.pointers != b.pointers || length(&a.ranges) != length(&b.ranges) || a.ranges.is_empty() {
        return Ok(false);
    }
    let (mut old, mut new) = (Joined::new(old, a.ranges), Joined::new(new, b.ranges));
    let (mut left, mut right) = (vec![0; 64 << 10], vec![0; 64 << 10]);
    loop {
        let n = old.read(&mut left)?;
        if n == 0 {
            return Ok(true);
        }
        new.read_exact(&mut right[..n])?;
        if left[..n] != right[..n] {
            return Ok(false);
        }
    }
}

fn length(ranges: &[Range<u64>]) -> u64 {
    ranges.iter().map(|range| range.end - range.start).sum()
}

fn essence(kind: Kind, file: &mut File) -> io::Result<Essence> {
    let end = file.seek(SeekFrom::End(0))?;
    let mut reader = BufReader::new(file);
    let mut essence = Essence::default();
    match kind {
        Kind::Flac => flac(&mut reader, end, &mut essence)?,
        Kind::Mpeg => essence.ranges.push(id3v2_end(&mut reader)?..end),
        Kind::Vorbis => ogg(&mut reader, end, 3, &mut essence)?,
        Kind::Opus | Kind::Speex => ogg(&mut reader, end, 2, &mut essence)?,
        Kind::Mp4 => mp4(&mut reader, end, &mut essence)?,
        Kind::WavPack => wavpack(&mut reader, end, &mut essence)?,
    }
    if essence
        .ranges
        .iter()
        .any(|range| range.start > range.end || range.end > end)
    {
        return Err(invalid("a part that lies outside the file"));
    }
    Ok(essence)
}

/// Every metadata block that is neither comments, pictures nor padding, and the frames.
fn flac(reader: &mut (impl Read + Seek), end: u64, essence: &mut Essence) -> io::Result<()> {
    let mut at = id3v2_end(reader)?;
    if bytes_at::<4>(reader, at)? != *b"fLaC" {
        return Err(invalid("no FLAC stream"));
    }
    at += 4;
    loop {
        let [kind, high, middle, low] = bytes_at(reader, at)?;
        let next = at + 4 + u64::from(u32::from_be_bytes([0, high, middle, low]));
        if !matches!(kind & 0x7f, 1 | 4 | 6) {
            essence.ranges.push(at + 4..next);
        }
        at = next;
        if kind & 0x80 != 0 {
            break;
        }
    }
    essence.ranges.push(at..end);
    Ok(())
}

/// Of each page behind the headers all but its number and checksum, which follow from the headers'
/// length; of the first page too.
fn ogg(
    reader: &mut (impl Read + Seek),
    end: u64,
    headers: usize,
    essence: &mut Essence,
) -> io::Result<()> {
    let (mut at, mut packets, mut serial) = (0, 0, None);
    while at < end {
        let page: [u8; 27] = bytes_at(reader, at)?;
        if page[..4] != *b"OggS" {
            return Err(invalid("something other than Ogg pages"));
        }
        let begins = page[5] & 2 != 0;
        let same_serial =
            *serial.get_or_insert([page[14], page[15], page[16], page[17]]) == page[14..18];
        if !same_serial || begins != (at == 0) {
            return Err(invalid("several Ogg streams"));
        }
        let mut lacing = vec![0; usize::from(page[26])];
        reader.read_exact(&mut lacing)?;
        let body: u64 = lacing.iter().map(|length| u64::from(*length)).sum();
        let next = at + 27 + lacing.len() as u64 + body;
        if at == 0 || packets >= headers {
            essence.ranges.extend([at + 4..at + 18, at + 26..next]);
        }
        if packets < headers {
            packets += lacing.iter().filter(|length| **length < 255).count();
            if packets > headers {
                return Err(invalid("audio on the page of the headers"));
            }
        }
        if essence.ranges.len() > MOST_PARTS {
            return Err(invalid("too many Ogg pages"));
        }
        at = next;
    }
    Ok(())
}

/// The media data, the tables of each track, and where the chunk tables point in the media data.
fn mp4(reader: &mut (impl Read + Seek), end: u64, essence: &mut Essence) -> io::Result<()> {
    let top = atoms(reader, 0..end)?;
    if top.iter().any(|(name, _)| name == b"moof") {
        return Err(invalid("fragmented MP4"));
    }
    let named = |atoms: Vec<([u8; 4], Range<u64>)>, wanted: &[u8; 4]| {
        let atoms = atoms.into_iter().filter(|(name, _)| name == wanted);
        atoms.map(|(_, range)| range).collect::<Vec<_>>()
    };
    let media = named(top.clone(), b"mdat");
    essence.ranges.extend(media.iter().cloned());
    let mut level = named(top, b"moov");
    for name in [b"trak", b"mdia", b"minf", b"stbl"] {
        let mut below = Vec::new();
        for range in level {
            below.extend(named(atoms(reader, range)?, name));
        }
        level = below;
    }
    for table in level {
        for (name, range) in atoms(reader, table)? {
            match &name {
                b"stco" => pointers(reader, range, 4, &media, essence)?,
                b"co64" => pointers(reader, range, 8, &media, essence)?,
                _ => essence.ranges.push(range),
            }
        }
    }
    Ok(())
}

/// Name and content of the atoms in `range`.
pub(super) fn atoms(
    reader: &mut (impl Read + Seek),
    range: Range<u64>,
) -> io::Result<Vec<([u8; 4], Range<u64>)>> {
    let mut found = Vec::new();
    let mut at = range.start;
    while at + 8 <= range.end {
        let [a, b, c, d, name @ ..]: [u8; 8] = bytes_at(reader, at)?;
        let (header, size) = match u32::from_be_bytes([a, b, c, d]) {
            0 => (8, range.end - at),
            1 => (16, u64::from_be_bytes(bytes_at(reader, at + 8)?)),
            size => (8, u64::from(size)),
        };
        let next = at
            .checked_add(size)
            .filter(|next| size >= header && *next <= range.end);
        let next = next.ok_or_else(|| invalid("an MP4 atom larger than its place"))?;
        found.push((name, at + header..next));
        if found.len() > MOST_PARTS >> 8 {
            return Err(invalid("too many MP4 atoms"));
        }
        at = next;
    }
    Ok(found)
}

/// Reads a table of chunk offsets of `width` bytes.
fn pointers(
    reader: &mut (impl Read + Seek),
    table: Range<u64>,
    width: u64,
    media: &[Range<u64>],
    essence: &mut Essence,
) -> io::Result<()> {
    let [.., a, b, c, d]: [u8; 8] = bytes_at(reader, table.start)?;
    let count = u64::from(u32::from_be_bytes([a, b, c, d]));
    if table.start + 8 + count * width > table.end || count > MOST_PARTS as u64 {
        return Err(invalid("a chunk table larger than its atom"));
    }
    for _ in 0..count {
        let mut bytes = [0; 8];
        let from = if width == 8 { 0 } else { 4 };
        reader.read_exact(&mut bytes[from..])?;
        let offset = u64::from_be_bytes(bytes);
        let mut before = 0;
        let inside = media.iter().find(|range| {
            let found = range.contains(&offset);
            before += if found { 0 } else { range.end - range.start };
            found
        });
        let inside = inside.ok_or_else(|| invalid("a chunk outside the media data"))?;
        essence.pointers.push(before + offset - inside.start);
    }
    Ok(())
}

/// The blocks; behind them lie only tags.
fn wavpack(reader: &mut (impl Read + Seek), end: u64, essence: &mut Essence) -> io::Result<()> {
    let mut at = 0;
    while at + 32 <= end {
        let [name @ .., a, b, c, d]: [u8; 8] = bytes_at(reader, at)?;
        if name != *b"wvpk" {
            break;
        }
        at += 8 + u64::from(u32::from_le_bytes([a, b, c, d]));
    }
    essence.ranges.push(0..at);
    Ok(())
}

/// Where an ID3v2 tag at the start ends; 0 without one.
fn id3v2_end(reader: &mut (impl Read + Seek)) -> io::Result<u64> {
    let header: [u8; 10] = bytes_at(reader, 0)?;
    if header[..3] != *b"ID3" {
        return Ok(0);
    }
    let size = header[6..]
        .iter()
        .fold(0, |size, byte| size << 7 | u64::from(byte & 0x7f));
    let footer = if header[5] & 0x10 != 0 { 10 } else { 0 };
    Ok(10 + size + footer)
}

pub(super) fn bytes_at<const N: usize>(
    reader: &mut (impl Read + Seek),
    at: u64,
) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    reader.seek(SeekFrom::Start(at))?;
    reader.read_exact(&mut bytes)?;
    Ok(bytes)
}

pub(super) fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("it has {what}"))
}

/// Parts of a file, read as one.
struct Joined<'a> {
    reader: BufReader<&'a mut File>,
    ranges: std::vec::IntoIter<Range<u64>>,
    left: u64,
}

impl<'a> Joined<'a> {
    fn new(file: &'a mut File, ranges: Vec<Range<u64>>) -> Self {
        Self {
            reader: BufReader::new(file),
            ranges: ranges.into_iter(),
            left: 0,
        }
    }
}

impl Read for Joined<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.left == 0 {
            let Some(range) = self.ranges.next() else {
                return Ok(0);
            };
            self.reader.seek(SeekFrom::Start(range.start))?;
            self.left = range.end - range.start;
        }
        let n = (&mut self.reader).take(self.left).read(buffer)?;
        if n == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= n as u64;
        Ok(n)
    }
}
