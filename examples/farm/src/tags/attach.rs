// SPDX-License-Identifier: MPL-2.0
//! Puts a tag into a file that was just made and has none. lofty would hold the whole file in
//! memory; here it takes what the tag takes.
use super::TagError;
use super::audio::{atoms, bytes_at, invalid};
use super::edit::{Kind, Tag};
use crate::integrity::crc;
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;

/// Packets before the audio of Vorbis and of Opus and Speex.
const VORBIS_HEADERS: usize = 3;
const OPUS_HEADERS: usize = 2;

/// What lies in `meta` before the list: who reads it, after QuickTime File Format, Metadata.
const HANDLER: [u8; 33] = *b"\0\0\0\x21hdlr\0\0\0\0\0\0\0\0mdirappl\0\0\0\0\0\0\0\0\0";

/// Puts `tag` into `file`, which is of this `kind`.
///
/// # Errors
/// The file cannot be written, or is not as it should be.
pub(super) fn attach(kind: Kind, tag: &Tag, file: &mut File) -> Result<(), TagError> {
    match kind {
        Kind::Flac | Kind::Mpeg => tag.save(file),
        Kind::WavPack => {
            file.seek(SeekFrom::End(0))?;
            Ok(file.write_all(&tag.to_bytes()?)?)
        }
        Kind::Mp4 => Ok(mp4(file, &tag.to_bytes()?)?),
        Kind::Vorbis => ogg(file, tag, VORBIS_HEADERS),
        Kind::Opus | Kind::Speex => ogg(file, tag, OPUS_HEADERS),
    }
}

/// Writes the list of items into `moov`, which is the last atom: what it points to stays in place.
fn mp4(file: &mut File, list: &[u8]) -> io::Result<()> {
    let end = file.seek(SeekFrom::End(0))?;
    let mut reader = BufReader::new(&mut *file);
    let (name, moov) = atoms(&mut reader, 0..end)?
        .pop()
        .ok_or_else(|| invalid("no atoms"))?;
    if name != *b"moov" {
        return Err(invalid("something behind its index"));
    }
    let mut content = Vec::new();
    for (name, range) in atoms(&mut reader, moov.clone())? {
        if name == *b"udta" {
            continue;
        }
        reader.seek(SeekFrom::Start(range.start))?;
        let mut child = Vec::new();
        (&mut reader)
            .take(range.end - range.start)
            .read_to_end(&mut child)?;
        content.extend(atom(name, &[&child])?);
    }
    // Version and flags of `meta` come first.
    let meta = atom(*b"meta", &[&[0; 4], &HANDLER, list])?;
    content.extend(atom(*b"udta", &[&meta])?);
    let size = u32::try_from(content.len() + 8).map_err(|_| invalid("too large an index"))?;
    let start = moov.start - 8;
    if bytes_at::<4>(&mut reader, start + 4)? != *b"moov" {
        return Err(invalid("an index with a long header"));
    }
    file.seek(SeekFrom::Start(start))?;
    file.write_all(&size.to_be_bytes())?;
    file.write_all(b"moov")?;
    file.write_all(&content)?;
    file.set_len(start + u64::from(size))
}

fn atom(name: [u8; 4], parts: &[&[u8]]) -> io::Result<Vec<u8>> {
    let length = 8 + parts.iter().map(|part| part.len()).sum::<usize>();
    let size = u32::try_from(length).map_err(|_| invalid("too large an atom"))?;
    let mut atom = size.to_be_bytes().to_vec();
    atom.extend(name);
    parts.iter().for_each(|part| atom.extend_from_slice(part));
    Ok(atom)
}

/// Has lofty write the pages of the headers, and moves the others behind them: a page is read, and
/// numbered anew, before its place is written to.
fn ogg(file: &mut File, tag: &Tag, headers: usize) -> Result<(), TagError> {
    file.rewind()?;
    let file = &*file;
    let mut reader = BufReader::new(file);
    let (mut head, mut pages, mut packets) = (Vec::new(), 0_u32, 0);
    while packets < headers {
        let page = page(&mut reader)?.ok_or_else(|| invalid("no audio"))?;
        let lacing = &page[27..27 + usize::from(page[26])];
        packets += lacing.iter().filter(|length| **length < 255).count();
        pages += 1;
        head.extend(page);
    }
    let mut read = head.len() as u64;
    let mut head = Cursor::new(head);
    tag.save(&mut head)?;
    let head = head.into_inner();
    let moved = count(&head)?.wrapping_sub(pages);
    let mut waiting = VecDeque::from([head]);
    let mut written = 0;
    loop {
        let next = page(&mut reader)?;
        let at_end = next.is_none();
        if let Some(mut page) = next {
            read += page.len() as u64;
            let mut number = [0; 4];
            number.copy_from_slice(&page[18..22]);
            let number = u32::from_le_bytes(number).wrapping_add(moved);
            page[18..22].copy_from_slice(&number.to_le_bytes());
            page[22..26].fill(0);
            let sum = crc::ogg(0, &page);
            page[22..26].copy_from_slice(&sum.to_le_bytes());
            waiting.push_back(page);
        }
        while let Some(first) = waiting.front()
            && (at_end || written + first.len() as u64 <= read)
        {
            // Where the reader is stays as it is.
            file.write_all_at(first, written)?;
            written += first.len() as u64;
            waiting.pop_front();
        }
        if at_end {
            return Ok(file.set_len(written)?);
        }
    }
}

/// The next page; `None` at the end.
pub(super) fn page(reader: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut page = Vec::new();
    if reader.take(27).read_to_end(&mut page)? == 0 {
        return Ok(None);
    }
    if page.len() < 27 || page[..4] != *b"OggS" {
        return Err(invalid("something other than Ogg pages"));
    }
    let segments = usize::from(page[26]);
    reader.take(segments as u64).read_to_end(&mut page)?;
    let body: u64 = page[27..].iter().map(|length| u64::from(*length)).sum();
    let whole = 27 + segments as u64 + body;
    reader.take(body).read_to_end(&mut page)?;
    if page.len() as u64 != whole {
        return Err(invalid("an Ogg page that is cut"));
    }
    Ok(Some(page))
}

fn count(mut pages: &[u8]) -> io::Result<u32> {
    let mut count = 0;
    while page(&mut pages)?.is_some() {
        count += 1;
    }
    Ok(count)
}
