// SPDX-License-Identifier: MPL-2.0
//! Tags behind the audio of a WAV or AIFF file. lofty would hold the whole file in memory, and they
//! can be huge; appending a chunk needs nothing but the tags.
use super::TagError;
use super::edit::guarded;
use lofty::config::WriteOptions;
use lofty::id3::v2::Id3v2Tag;
use lofty::iff::wav::RiffInfoList;
use lofty::tag::TagExt;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

/// Appends `tag` as a chunk of ID3, and to WAV also what a list of INFO can say of it. A file of
/// another kind, or an empty tag, is left alone.
///
/// # Errors
/// The file cannot be written, or would become too long.
pub(super) fn append(file: &mut File, tag: &Id3v2Tag) -> Result<(), TagError> {
    if tag.is_empty() {
        return Ok(());
    }
    let mut head = [0; 12];
    file.rewind()?;
    file.read_exact(&mut head)?;
    let little = match (&head[..4], &head[8..]) {
        (b"RIFF", b"WAVE") => true,
        (b"FORM", b"AIFF" | b"AIFC") => false,
        _ => {
            let why = "not supported for this kind of file".to_owned();
            return Err(TagError::Unsupported(why));
        }
    };
    let mut chunks = Vec::new();
    if little {
        let mut info = Vec::new();
        let common = lofty::tag::Tag::from(tag.clone());
        let list = RiffInfoList::from(common);
        if !list.is_empty() {
            guarded(|| Ok(list.dump_to(&mut info, WriteOptions::default())?))?;
            // lofty writes the chunk with its header.
            chunks.extend(info);
            pad(&mut chunks);
        }
    }
    let mut id3 = Vec::new();
    guarded(|| Ok(tag.dump_to(&mut id3, WriteOptions::new().lossy_text_encoding(false))?))?;
    let length = u32::try_from(id3.len()).map_err(|_| too_long())?;
    chunks.extend(if little { b"id3 " } else { b"ID3 " });
    chunks.extend(if little {
        length.to_le_bytes()
    } else {
        length.to_be_bytes()
    });
    chunks.extend(id3);
    pad(&mut chunks);
    let mut end = file.seek(SeekFrom::End(0))?;
    if end % 2 == 1 {
        file.write_all(&[0])?;
        end += 1;
    }
    let size = u32::try_from(end + chunks.len() as u64 - 8).map_err(|_| too_long())?;
    file.write_all(&chunks)?;
    file.seek(SeekFrom::Start(4))?;
    file.write_all(&if little {
        size.to_le_bytes()
    } else {
        size.to_be_bytes()
    })?;
    Ok(())
}

fn pad(chunks: &mut Vec<u8>) {
    if chunks.len() % 2 == 1 {
        chunks.push(0);
    }
}

fn too_long() -> TagError {
    TagError::Io(io::Error::other(
        "with its tags the file is too long for its format",
    ))
}
