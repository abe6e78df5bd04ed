// SPDX-License-Identifier: MPL-2.0
//! From what the user named to the list of inputs: one entry per file or URL, in a stable order.
mod expand;
mod playlist;

pub use expand::{Expanded, expand};

use crate::cli::Shard;
use std::borrow::Cow;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// File name extensions (lower case) that a search of a folder takes; a file that is named itself is
/// taken whatever its extension.
pub const AUDIO_EXTENSIONS: &[&str] = &[
    "aac", "ac3", "aif", "aifc", "aiff", "alac", "ape", "au", "bwf", "caf", "dff", "dsf", "dts",
    "eac3", "flac", "m4a", "m4b", "m4r", "mka", "mp1", "mp2", "mp3", "mp4", "mpc", "oga", "ogg",
    "opus", "rf64", "snd", "spx", "tak", "tta", "w64", "wav", "wave", "wma", "wv",
];

/// Why a report must not be written to `output`, if so: it would replace an input, the state of
/// `--resume`, or what looks like music.
pub fn refuse_output(
    output: &Path,
    paths: &[PathBuf],
    inputs: &[Input],
    state: Option<&Path>,
) -> Option<String> {
    let identity = |path: &Path| std::fs::metadata(path).ok().map(|m| (m.dev(), m.ino()));
    // A device, such as standard output by another name, is not replaced.
    let target = std::fs::metadata(output).ok().filter(|m| m.is_file());
    let target = target.map(|m| (m.dev(), m.ino()));
    let same = |path: &Path| path == output || target.is_some() && identity(path) == target;
    let mut inputs = inputs.iter().filter_map(|input| input.source.path());
    let why = if state.is_some_and(same) {
        "it is the state of --resume"
    } else if paths.iter().any(|path| same(path)) || inputs.any(same) {
        "it is an input"
    } else if target.is_some() && has_extension(output, AUDIO_EXTENSIONS) {
        "it exists and is called like an audio file"
    } else {
        return None;
    };
    Some(format!(
        "--output {}: {why}; name another file",
        output.display()
    ))
}

/// Where an input's bytes come from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Source {
    /// A local file, which may not exist.
    File(PathBuf),
    /// Anything else that has a scheme, as it was written.
    Url(String),
}

impl Source {
    /// Reads one word as the user or a playlist wrote it: a URL, a `file://` URL or a path.
    pub fn from_word(word: &OsStr) -> Self {
        match word.to_str() {
            Some(text) if scheme(text) == Some("file") => {
                Self::File(file_url_path(text).unwrap_or_else(|| text.into()))
            }
            Some(text) if scheme(text).is_some() => Self::Url(text.to_owned()),
            _ => Self::File(word.into()),
        }
    }

    /// The path, where the input is a file.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Url(_) => None,
        }
    }

    /// The name as bytes, exact even where it is not UTF-8.
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::File(path) => path.as_os_str().as_bytes(),
            Self::Url(url) => url.as_bytes(),
        }
    }

    /// The name for reports; bytes that are not UTF-8 are replaced.
    pub fn display(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(self.as_bytes())
    }

    /// The folder that holds the input, for [`crate::album`]; of a URL, all before its last slash.
    pub fn folder(&self) -> Cow<'_, str> {
        match self {
            Self::File(path) => match path.parent() {
                Some(parent) if !parent.as_os_str().is_empty() => parent.to_string_lossy(),
                _ => Cow::Borrowed("."),
            },
            Self::Url(url) => url
                .rsplit_once('/')
                .map_or(url.as_str(), |(folder, _)| folder)
                .into(),
        }
    }
}

/// One thing to work on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// Where it is.
    pub source: Source,
    /// How many of its path's last components lie below what the user named: 1 for a file that was
    /// named itself, more for one in a folder, or one that a list names by a path from its place.
    pub below: usize,
    /// Why it cannot be read, where that was already seen while listing: report it, do not open it.
    pub problem: Option<String>,
}

/// Keeps the inputs of one part of the library.
pub fn keep_shard(inputs: &mut Vec<Input>, shard: Shard) {
    inputs.retain(|input| shard.contains(input.source.as_bytes()));
}

fn has_extension(path: &Path, extensions: &[&str]) -> bool {
    let extension = path.extension().and_then(OsStr::to_str).unwrap_or_default();
    extensions
        .iter()
        .any(|known| known.eq_ignore_ascii_case(extension))
}

/// The scheme of a URL with an authority; one letter is a Windows drive, not a scheme.
fn scheme(text: &str) -> Option<&str> {
    let (scheme, _) = text.split_once("://")?;
    let mut letters = scheme.chars();
    let valid = letters.next().is_some_and(|c| c.is_ascii_alphabetic())
        && letters.all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    (valid && scheme.len() > 1).then_some(scheme)
}

/// The local path of a `file://` URL; `None` where it names another host.
fn file_url_path(url: &str) -> Option<PathBuf> {
    let rest = url.strip_prefix("file://")?;
    let path = rest.strip_prefix("localhost").unwrap_or(rest);
    path.starts_with('/')
        .then(|| PathBuf::from(OsStr::from_bytes(&percent_decoded(path.as_bytes()))))
}

fn percent_decoded(text: &[u8]) -> Vec<u8> {
    let hex = |byte: &u8| {
        char::from(*byte)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, tail @ ..] = rest {
        (rest, _) = match tail {
            [high, low, after @ ..] if *first == b'%' => match (hex(high), hex(low)) {
                (Some(high), Some(low)) => (after, decoded.push(high << 4 | low)),
                _ => (tail, decoded.push(*first)),
            },
            _ => (tail, decoded.push(*first)),
        };
    }
    decoded
}

#[cfg(test)]
mod tests;
