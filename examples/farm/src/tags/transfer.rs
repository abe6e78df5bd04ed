// SPDX-License-Identifier: MPL-2.0
//! Copies the tags of one file to another, whatever kinds they are.
use super::TagError;
use super::attach::attach;
use super::edit::{Kind, Tag, guarded};
use super::{ogg_flac, riff};
use lofty::config::{ParseOptions, ParsingMode};
use lofty::file::{AudioFile, FileType, TaggedFileExt};
use lofty::id3::v2::{Frame, Id3v2Tag};
use lofty::iff::aiff::AiffFile;
use lofty::iff::wav::WavFile;
use lofty::mp4::AtomIdent;
use lofty::mpeg::MpegFile;
use lofty::ogg::tag::VorbisComments;
use lofty::probe::Probe;
use lofty::tag::{TagExt, TagType};
use std::fs::File;
use std::io::{self, BufReader, Cursor, Seek};
use std::path::Path;

/// The tags of a file, but for those that told of the samples as they were, such as ReplayGain.
pub struct Tags {
    found: Found,
    /// The names of those that are left out.
    pub dropped: Vec<String>,
}

impl Tags {
    /// Reads those of the file at `source`.
    ///
    /// # Errors
    /// It cannot be read, or something in its tags could not be kept.
    pub fn read(source: &Path) -> Result<Self, TagError> {
        let mut found = Found::read(&mut File::open(source)?)?;
        let dropped = found.drop_untrue();
        Ok(Self { found, dropped })
    }

    /// Bytes that they take.
    ///
    /// # Errors
    /// They cannot be written.
    pub fn size(&self) -> Result<u64, TagError> {
        Ok(match &self.found {
            Found::Own(tag) => tag.to_bytes()?.len() as u64,
            Found::Common(tag) => tag.pictures().iter().map(|p| p.data().len() as u64).sum(),
        })
    }

    /// Gives them to `target`, a file without tags: fields of any name, pictures, and between files
    /// of one kind everything else that its tags hold. It takes memory for the tags only.
    ///
    /// # Errors
    /// [`TagError::Io`] leaves `target` spoilt; all others leave it as it was, unless it was damaged.
    pub fn write(self, target: &mut File) -> Result<(), TagError> {
        if self.found.is_empty() {
            return Ok(());
        }
        match Kind::of(target) {
            Ok(kind) => {
                let own = Tag::read(kind, target)?;
                let tag = self.found.into_tag(kind, own);
                // Such as where there was nothing but the name of an encoder.
                if tag.is_empty() {
                    return Ok(());
                }
                let wanted = tag.to_bytes()?;
                attach(kind, &tag, target)?;
                if Tag::read(kind, target)?.to_bytes()? != wanted {
                    let error = io::Error::other("the tags would not survive unchanged");
                    return Err(TagError::Io(error));
                }
            }
            Err(TagError::Unsupported(_)) => {
                // WAV and AIFF.
                let own = Tag::Id3v2(Id3v2Tag::default());
                if let Tag::Id3v2(tag) = self.found.into_tag(Kind::Mpeg, own) {
                    riff::append(target, &tag)?;
                }
            }
            Err(error) => return Err(error),
        }
        Ok(target.rewind()?)
    }
}

/// Tags as they were found.
pub(super) enum Found {
    /// In the way of their own kind of file.
    Own(Tag),
    /// As lofty has them for all kinds alike.
    Common(Box<lofty::tag::Tag>),
}

/// Whether a field tells of the samples as they were.
fn is_untrue(key: &str) -> bool {
    const NAMES: [&str; 8] = [
        "DYNAMIC RANGE",
        "ALBUM DYNAMIC RANGE",
        "R128_TRACK_GAIN",
        "R128_ALBUM_GAIN",
        "MP3GAIN_MINMAX",
        "MP3GAIN_ALBUM_MINMAX",
        "MP3GAIN_UNDO",
        "ITUNNORM",
    ];
    // How much of AAC's first and last frames to leave out: another encoder, other frames.
    const GAPS: &str = "ITUNSMPB";
    let key = key.to_ascii_uppercase();
    key.starts_with("REPLAYGAIN_") || key == GAPS || NAMES.contains(&key.as_str())
}

impl Found {
    fn read(file: &mut File) -> Result<Self, TagError> {
        match Kind::of(file) {
            Ok(Kind::Mpeg) => match Tag::read(Kind::Mpeg, file)? {
                Tag::Id3v2(tag) if tag.is_empty() => Self::older_mpeg(file),
                tag => Ok(Self::Own(tag)),
            },
            Ok(kind) => Ok(Self::Own(Tag::read(kind, file)?)),
            Err(TagError::Unsupported(_)) => Self::read_other(file),
            Err(error) => Err(error),
        }
    }

    /// What MPEG files had before, or have at their end.
    fn older_mpeg(file: &mut File) -> Result<Self, TagError> {
        file.rewind()?;
        let mut reader = BufReader::new(file);
        guarded(|| {
            let mut mpeg = MpegFile::read_from(&mut reader, options())?;
            Ok(match (mpeg.remove_ape(), mpeg.remove_id3v1()) {
                (Some(tag), _) => Self::Own(Tag::Ape(tag)),
                (None, Some(tag)) => Self::Common(Box::new(tag.into())),
                (None, None) => Self::nothing(),
            })
        })
    }

    fn read_other(file: &mut File) -> Result<Self, TagError> {
        file.rewind()?;
        let mut reader = BufReader::new(file);
        if let Some(header) = ogg_flac::header(&mut reader)? {
            let read = || Tag::read_flac(&mut Cursor::new(header), options());
            return Ok(Self::Own(guarded(read)?));
        }
        reader.rewind()?;
        guarded(|| {
            let probe = Probe::new(&mut reader)
                .options(options())
                .guess_file_type()?;
            // What only looks like MPEG, such as FLAC in Ogg, is not; that was found out before.
            let kind = probe.file_type().filter(|kind| *kind != FileType::Mpeg);
            let reader = probe.into_inner();
            reader.rewind()?;
            Ok(match kind {
                Some(FileType::Wav) => {
                    let mut wav = WavFile::read_from(reader, options())?;
                    match (wav.remove_id3v2(), wav.remove_riff_info()) {
                        (Some(tag), _) => Self::Own(Tag::Id3v2(tag)),
                        (None, Some(tag)) => Self::Common(Box::new(tag.into())),
                        (None, None) => Self::nothing(),
                    }
                }
                Some(FileType::Aiff) => {
                    let mut aiff = AiffFile::read_from(reader, options())?;
                    match (aiff.remove_id3v2(), aiff.remove_text_chunks()) {
                        (Some(tag), _) => Self::Own(Tag::Id3v2(tag)),
                        (None, Some(tag)) => Self::Common(Box::new(tag.into())),
                        (None, None) => Self::nothing(),
                    }
                }
                Some(kind) => {
                    let mut other = Probe::with_file_type(reader, kind)
                        .options(options())
                        .read()?;
                    let primary = other.primary_tag_type();
                    let tag = other.remove(primary);
                    let tag = tag.or_else(|| other.first_tag().cloned());
                    tag.map_or_else(Self::nothing, |tag| Self::Common(Box::new(tag)))
                }
                None => return Err("of this kind of file they are not read".into()),
            })
        })
    }

    fn nothing() -> Self {
        Self::Own(Tag::Comments(VorbisComments::default()))
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::Own(tag) => tag.is_empty(),
            Self::Common(tag) => tag.is_empty(),
        }
    }

    /// Removes what is no longer true; returns the names.
    fn drop_untrue(&mut self) -> Vec<String> {
        let mut dropped = Vec::new();
        // True keeps it.
        let mut judge = |key: &str| {
            let untrue = is_untrue(key);
            if untrue && !dropped.iter().any(|name: &String| name == key) {
                dropped.push(key.to_owned());
            }
            !untrue
        };
        match self {
            Self::Own(Tag::Comments(comments)) => {
                let keys = comments.items().map(|(key, _)| key.to_owned());
                for key in keys.collect::<Vec<_>>() {
                    if !judge(&key) {
                        comments.remove(&key).for_each(drop);
                    }
                }
            }
            Self::Own(Tag::Id3v2(tag)) => tag.retain(|frame| match frame {
                Frame::UserText(frame) => judge(&frame.description),
                Frame::Comment(frame) => judge(&frame.description),
                // Volume adjustments, however they are called.
                frame => {
                    let id = frame.id_str();
                    let gain = matches!(id, "RVA2" | "RVAD" | "XRVA" | "RGAD");
                    if gain {
                        judge(&format!("REPLAYGAIN_{id}"));
                    }
                    !gain
                }
            }),
            Self::Own(Tag::Ilst(ilst)) => ilst.retain(|atom| match atom.ident() {
                AtomIdent::Freeform { name, .. } => judge(name),
                AtomIdent::Fourcc(_) => true,
            }),
            Self::Own(Tag::Ape(tag)) => {
                let keys: Vec<_> = (&*tag)
                    .into_iter()
                    .map(|item| item.key().to_owned())
                    .collect();
                for key in keys {
                    if !judge(&key) {
                        tag.remove(&key);
                    }
                }
            }
            Self::Common(tag) => tag.retain(|item| {
                let name = item.key().map_key(TagType::VorbisComments);
                name.is_none_or(&mut judge)
            }),
        }
        dropped
    }
}

/// As they are: strict, as what cannot be read could not be kept, and would be lost in silence.
fn options() -> ParseOptions {
    ParseOptions::new()
        .parsing_mode(ParsingMode::Strict)
        .read_properties(false)
        .implicit_conversions(false)
}
