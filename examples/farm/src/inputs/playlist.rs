// SPDX-License-Identifier: MPL-2.0
//! Lists of inputs: playlists and standard input.
use super::{Source, has_extension};
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Longest list that is read, in bytes: more than a million paths, but not a whole disk by mistake.
const LONGEST_LIST: u64 = 256 << 20;

/// What a file that looks like a playlist is.
pub(super) enum Playlist {
    /// Other inputs, relative ones already joined to the playlist's folder.
    List(Vec<Source>),
    /// A stream in pieces (HLS), which is one input.
    Stream,
}

/// Whether the name says that this is a playlist.
pub(super) fn is_playlist(path: &Path) -> bool {
    has_extension(path, &["m3u", "m3u8", "pls"])
}

/// Reads a playlist.
pub(super) fn read(path: &Path) -> io::Result<Playlist> {
    Ok(parse(path, &read_bounded(&mut File::open(path)?)?))
}

/// What `text`, the content of the playlist at `path`, stands for.
pub(super) fn parse(path: &Path, text: &[u8]) -> Playlist {
    let folder = path.parent().unwrap_or(Path::new(""));
    let entries = if has_extension(path, &["pls"]) {
        pls_entries(text)
    } else if lines(text).any(|line| line.starts_with(b"#EXT-X-")) {
        return Playlist::Stream;
    } else {
        lines(text).filter(|line| !line.starts_with(b"#")).collect()
    };
    let entries = entries.into_iter().map(|entry| resolve(folder, entry));
    Playlist::List(entries.collect())
}

/// Splits a list: at NUL where there is one, else at line ends.
pub(super) fn read_list(reader: &mut dyn Read) -> io::Result<Vec<Source>> {
    let text = read_bounded(reader)?;
    let words: Vec<&[u8]> = if text.contains(&0) {
        text.split(|byte| *byte == 0).collect()
    } else {
        // Only the line end goes: a file name may begin or end with a space.
        text.split(|byte| *byte == b'\n')
            .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
            .collect()
    };
    let words = words.into_iter().filter(|word| !word.is_empty());
    Ok(words
        .map(|word| Source::from_word(OsStr::from_bytes(word)))
        .collect())
}

fn read_bounded(reader: &mut dyn Read) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    reader.take(LONGEST_LIST + 1).read_to_end(&mut text)?;
    if text.len() as u64 > LONGEST_LIST {
        let message = format!("a list longer than {} MiB", LONGEST_LIST >> 20);
        return Err(io::Error::new(io::ErrorKind::InvalidData, message));
    }
    Ok(text)
}

/// Lines without byte order mark, surrounding space and empty ones.
fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(text)
        .split(|byte| matches!(byte, b'\n' | b'\r'))
        .map(<[u8]>::trim_ascii)
        .filter(|line| !line.is_empty())
}

/// The values of `FileN=` in the order of N, as the format leaves the order of lines open.
fn pls_entries(text: &[u8]) -> Vec<&[u8]> {
    let mut entries: Vec<(u64, &[u8])> = lines(text)
        .filter_map(|line| {
            let equals = line.iter().position(|byte| *byte == b'=')?;
            let (key, value) = (line[..equals].trim_ascii(), line[equals + 1..].trim_ascii());
            let (name, number) = key.split_at_checked(4)?;
            let number = std::str::from_utf8(number).ok()?.parse().ok()?;
            (name.eq_ignore_ascii_case(b"file") && !value.is_empty()).then_some((number, value))
        })
        .collect();
    entries.sort_by_key(|(number, _)| *number);
    entries.into_iter().map(|(_, value)| value).collect()
}

fn resolve(folder: &Path, entry: &[u8]) -> Source {
    match Source::from_word(OsStr::from_bytes(entry)) {
        Source::File(path) => {
            let joined = folder.join(path);
            // Players on Windows write backslashes; here they are rarely part of a name.
            if entry.contains(&b'\\') && !joined.exists() {
                let slashed: Vec<u8> = entry
                    .iter()
                    .map(|b| if *b == b'\\' { b'/' } else { *b })
                    .collect();
                let slashed = folder.join(OsStr::from_bytes(&slashed));
                if slashed.exists() {
                    return Source::File(slashed);
                }
            }
            Source::File(joined)
        }
        url => url,
    }
}
