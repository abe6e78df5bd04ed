// SPDX-License-Identifier: MPL-2.0
//! Writes results into the measured files' own tags.
//!
//! The file is never edited in place: a copy beside it is edited, checked, and renamed over it. At
//! any moment there is either the old file or the new one, whole.
mod attach;
mod audio;
mod convert;
mod edit;
mod ogg_flac;
mod replace;
mod riff;
mod transfer;

pub use transfer::Tags;

use crate::state::Stamp;
use edit::{Kind, Tag};
use replace::Replacement;
use std::fmt::{self, Display};
use std::fs::{self, File};
use std::io;
use std::path::Path;

/// Name of the field with the track's value.
pub const TRACK_KEY: &str = "DYNAMIC RANGE";
/// Name of the field with the album's value.
pub const ALBUM_KEY: &str = "ALBUM DYNAMIC RANGE";

/// Official values to write, in dB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Values {
    /// The track's.
    pub track: i64,
    /// The album's; where there is none, a value in the file stays as it is.
    pub album: Option<i64>,
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It had these values already and was not touched.
    Unchanged,
    /// It was replaced.
    Written,
}

/// Why a file was left as it was.
#[derive(Debug)]
pub enum TagError {
    /// No tags are written into this kind of file.
    Unsupported(String),
    /// The file cannot be edited without harm to something in it.
    Refused(String),
    /// Reading or writing failed.
    Io(io::Error),
}

impl Display for TagError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsupported(why) => f.write_str(why),
            Self::Refused(why) => write!(f, "the file is left as it was: {why}"),
            Self::Io(error) => write!(f, "the file is left as it was: {error}"),
        }
    }
}

impl std::error::Error for TagError {}

impl From<io::Error> for TagError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            // The readers below say so of a structure that they do not understand.
            io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => {
                Self::Refused(error.to_string())
            }
            _ => Self::Io(error),
        }
    }
}

/// Writes `values` into the tags of the file at `path`: Vorbis comments (FLAC, Ogg Vorbis, Opus,
/// Speex), ID3v2 (MP3), an iTunes item (MP4) or APEv2 (WavPack). All other tags stay, the audio is
/// compared byte by byte, and a file that has the values already is not touched.
///
/// `memory` (bytes) bounds what an edit may take: Ogg, MP4 and WavPack need about twice the size of
/// the file. `announce` is given the stamp that the file will have just before it is replaced, such
/// as for [`State::expect`](crate::state::State::expect); its error leaves the file as it was.
///
/// # Errors
/// See [`TagError`]; the file is then as it was.
pub fn write(
    path: &Path,
    values: Values,
    memory: u64,
    announce: impl FnOnce(Stamp) -> Result<(), Box<dyn std::error::Error>>,
) -> Result<Outcome, TagError> {
    // Through a link, not over it.
    let path = fs::canonicalize(path)?;
    let mut original = File::open(&path)?;
    let metadata = original.metadata()?;
    let kind = Kind::of(&mut original)?;
    if kind.needs_memory() && metadata.len().saturating_mul(2) > memory {
        let mib = metadata.len().div_ceil(1 << 20);
        return Err(TagError::Refused(format!(
            "{mib} MiB do not fit into the memory budget twice"
        )));
    }
    let mut tag = Tag::read(kind, &mut original)?;
    let mut changed = tag.set(TRACK_KEY, &values.track.to_string());
    if let Some(album) = values.album {
        changed |= tag.set(ALBUM_KEY, &album.to_string());
    }
    if !changed {
        return Ok(Outcome::Unchanged);
    }
    if metadata.permissions().readonly() {
        return Err(
            io::Error::new(io::ErrorKind::PermissionDenied, "the file is read-only").into(),
        );
    }
    let mut copy = Replacement::of(&path, &mut original)?;
    tag.save(copy.file())?;
    verify(kind, &tag, &mut original, copy.file())?;
    let stamp = copy.complete()?;
    if Stamp::of(&path)? != Stamp::of_metadata(&metadata) {
        return Err(TagError::Refused("it was changed meanwhile".to_owned()));
    }
    announce(stamp).map_err(|error| TagError::Io(io::Error::other(error.to_string())))?;
    copy.replace()?;
    Ok(Outcome::Written)
}

/// That `new` has the tags that were wanted, and the audio of `old`.
fn verify(kind: Kind, wanted: &Tag, old: &mut File, new: &mut File) -> Result<(), TagError> {
    if Tag::read(kind, new)?.to_bytes()? != wanted.to_bytes()? {
        return Err(TagError::Refused(
            "its tags would not survive unchanged".to_owned(),
        ));
    }
    if !audio::same(kind, old, new)? {
        return Err(TagError::Refused(
            "its audio would not survive unchanged".to_owned(),
        ));
    }
    Ok(())
}
