// SPDX-License-Identifier: MPL-2.0
//! The tag of each kind of file, through lofty.
use super::TagError;
use lofty::ape::{ApeItem, ApeTag};
use lofty::config::{ParseOptions, ParsingMode, WriteOptions};
use lofty::file::{AudioFile, FileType};
use lofty::flac::FlacFile;
use lofty::id3::v2::{Frame, Id3v2Tag, Id3v2Version};
use lofty::io::FileLike;
use lofty::mp4::{Atom, AtomData, AtomIdent, Ilst, Mp4File};
use lofty::mpeg::MpegFile;
use lofty::ogg::tag::VorbisComments;
use lofty::ogg::{OggPictureStorage, OpusFile, SpeexFile, VorbisFile};
use lofty::probe::Probe;
use lofty::tag::{ItemValue, TagExt};
use lofty::wavpack::WavPackFile;
use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Whose free-form MP4 items these are.
pub(super) const ITUNES: &str = "com.apple.iTunes";

/// A kind of file that tags are written into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Flac,
    Vorbis,
    Opus,
    Speex,
    Mpeg,
    Mp4,
    WavPack,
}

impl Kind {
    /// Told by the content: names lie.
    pub(super) fn of(file: &mut File) -> Result<Self, TagError> {
        file.rewind()?;
        let probe = Probe::new(BufReader::new(&mut *file)).guess_file_type()?;
        let unsupported = |what: String| Err(TagError::Unsupported(what));
        match probe.file_type() {
            Some(FileType::Flac) => Ok(Self::Flac),
            Some(FileType::Vorbis) => Ok(Self::Vorbis),
            Some(FileType::Opus) => Ok(Self::Opus),
            Some(FileType::Speex) => Ok(Self::Speex),
            Some(FileType::Mpeg) if begins_as_mpeg(probe.into_inner())? => Ok(Self::Mpeg),
            Some(FileType::Mp4) => Ok(Self::Mp4),
            Some(FileType::WavPack) => Ok(Self::WavPack),
            None | Some(FileType::Mpeg) => {
                unsupported("not supported for this kind of file".to_owned())
            }
            // lofty would hold a whole WAV or AIFF file in memory, and they can be huge.
            Some(other) => unsupported(format!("not supported for {other:?} files")),
        }
    }

    /// Whether lofty holds the whole file in memory while it writes.
    pub(super) fn needs_memory(self) -> bool {
        !matches!(self, Self::Flac | Self::Mpeg)
    }
}

/// All that is kept when a tag is rewritten.
pub(super) enum Tag {
    /// With the pictures, which FLAC keeps beside it.
    Comments(VorbisComments),
    Id3v2(Id3v2Tag),
    Ilst(Ilst),
    Ape(ApeTag),
}

impl Tag {
    /// The tag of `file`, or an empty one. Strict: what cannot be read could not be kept.
    pub(super) fn read(kind: Kind, file: &mut File) -> Result<Self, TagError> {
        file.rewind()?;
        let mut reader = BufReader::new(file);
        let options = ParseOptions::new()
            .parsing_mode(ParsingMode::Strict)
            .read_properties(false)
            .implicit_conversions(false);
        guarded(|| {
            Ok(match kind {
                Kind::Flac => return Self::read_flac(&mut reader, options),
                Kind::Vorbis => Self::Comments(
                    VorbisFile::read_from(&mut reader, options)?
                        .vorbis_comments()
                        .clone(),
                ),
                Kind::Opus => Self::Comments(
                    OpusFile::read_from(&mut reader, options)?
                        .vorbis_comments()
                        .clone(),
                ),
                Kind::Speex => Self::Comments(
                    SpeexFile::read_from(&mut reader, options)?
                        .vorbis_comments()
                        .clone(),
                ),
                Kind::Mpeg => {
                    let mut mpeg = MpegFile::read_from(&mut reader, options)?;
                    Self::Id3v2(mpeg.remove_id3v2().unwrap_or_default())
                }
                Kind::Mp4 => Self::Ilst(
                    Mp4File::read_from(&mut reader, options)?
                        .remove_ilst()
                        .unwrap_or_default(),
                ),
                Kind::WavPack => Self::Ape(
                    WavPackFile::read_from(&mut reader, options)?
                        .remove_ape()
                        .unwrap_or_default(),
                ),
            })
        })
    }

    /// Of a FLAC file, or of its beginning.
    pub(super) fn read_flac(
        reader: &mut (impl Read + Seek),
        options: ParseOptions,
    ) -> Result<Self, Box<dyn std::error::Error>> {
        let mut flac = FlacFile::read_from(reader, options)?;
        let mut comments = flac.remove_vorbis_comments().unwrap_or_default();
        for (picture, information) in flac.remove_pictures() {
            comments.insert_picture(picture, Some(information))?;
        }
        Ok(Self::Comments(comments))
    }

    /// Whether there is neither a field nor a picture in it.
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Comments(tag) => tag.is_empty(),
            Self::Id3v2(tag) => tag.is_empty(),
            Self::Ilst(tag) => tag.is_empty(),
            Self::Ape(tag) => tag.is_empty(),
        }
    }

    /// Gives `key`, whatever its case in the file, this one value; false where it has it already.
    pub(super) fn set(&mut self, key: &str, value: &str) -> bool {
        let has_it = self.has(key, value);
        if !has_it {
            self.replace(key, value);
        }
        !has_it
    }

    fn has(&self, key: &str, value: &str) -> bool {
        match self {
            Self::Comments(comments) => comments.get_all(key).eq([value]),
            Self::Id3v2(tag) => {
                let mut frames = tag.into_iter().filter(|frame| is_user_text(frame, key));
                match (frames.next(), frames.next()) {
                    (Some(Frame::UserText(frame)), None) => frame.content == value,
                    _ => false,
                }
            }
            Self::Ilst(ilst) => {
                let mut atoms = ilst.into_iter().filter(|atom| is_itunes_item(atom, key));
                match (atoms.next(), atoms.next()) {
                    (Some(atom), None) => atom.data().eq([&AtomData::UTF8(value.to_owned())]),
                    _ => false,
                }
            }
            Self::Ape(tag) => tag
                .get(key)
                .is_some_and(|item| matches!(item.value(), ItemValue::Text(text) if text == value)),
        }
    }

    fn replace(&mut self, key: &str, value: &str) {
        match self {
            Self::Comments(comments) => comments.insert(key.to_owned(), value.to_owned()),
            Self::Id3v2(tag) => {
                tag.retain(|frame| !is_user_text(frame, key));
                tag.insert_user_text(key.to_owned(), value.to_owned());
            }
            Self::Ilst(ilst) => {
                ilst.retain(|atom| !is_itunes_item(atom, key));
                let ident = AtomIdent::Freeform {
                    mean: Cow::Borrowed(ITUNES),
                    name: Cow::Owned(key.to_owned()),
                };
                ilst.insert(Atom::new(ident, AtomData::UTF8(value.to_owned())));
            }
            Self::Ape(tag) => {
                // Fails only for keys that APE forbids, and ours are constants.
                if let Ok(item) = ApeItem::new(key.to_owned(), ItemValue::Text(value.to_owned())) {
                    tag.insert(item);
                }
            }
        }
    }

    /// The tag as it is written, to compare all of it: lofty's own comparison of frames sees only
    /// their names. Vorbis comments without a value are not written, and none is missed.
    pub(super) fn to_bytes(&self) -> Result<Vec<u8>, TagError> {
        let mut bytes = Vec::new();
        guarded(|| {
            match self {
                Self::Comments(comments) => comments.dump_to(&mut bytes, self.options())?,
                Self::Id3v2(tag) => tag.dump_to(&mut bytes, self.options())?,
                Self::Ilst(ilst) => ilst.dump_to(&mut bytes, self.options())?,
                Self::Ape(tag) => tag.dump_to(&mut bytes, self.options())?,
            }
            Ok(())
        })?;
        Ok(bytes)
    }

    /// Replaces the tag of `file`, and no other that it may have.
    pub(super) fn save(&self, file: &mut impl FileLike) -> Result<(), TagError> {
        file.rewind()?;
        guarded(|| {
            match self {
                Self::Comments(comments) => comments.save_to(file, self.options())?,
                Self::Id3v2(tag) => tag.save_to(file, self.options())?,
                Self::Ilst(ilst) => ilst.save_to(file, self.options())?,
                Self::Ape(tag) => tag.save_to(file, self.options())?,
            }
            Ok(())
        })
    }

    fn options(&self) -> WriteOptions {
        // Version 2.2 has no writer; 2.3 is what its readers most likely know.
        let v23 = matches!(self, Self::Id3v2(tag) if tag.original_version() != Id3v2Version::V4);
        WriteOptions::new()
            .lossy_text_encoding(false)
            .use_id3v23(v23)
    }
}

/// lofty searches a file for MPEG frames, and finds some in what it does not know (such as FLAC in
/// Ogg): a tag put before it would spoil the file.
fn begins_as_mpeg(mut file: impl Read + Seek) -> io::Result<bool> {
    file.rewind()?;
    let mut begin = [0; 3];
    file.read_exact(&mut begin)?;
    Ok(begin == *b"ID3" || (begin[0] == 0xff && begin[1] >= 0xe0))
}

fn is_user_text(frame: &Frame<'_>, key: &str) -> bool {
    matches!(frame, Frame::UserText(frame) if frame.description.eq_ignore_ascii_case(key))
}

pub(super) fn is_itunes_item(atom: &Atom<'_>, key: &str) -> bool {
    match atom.ident() {
        AtomIdent::Freeform { mean, name } => mean == ITUNES && name.eq_ignore_ascii_case(key),
        AtomIdent::Fourcc(_) => false,
    }
}

/// Runs lofty: its errors, and a panic on a file that it did not foresee, concern that file only.
pub(super) fn guarded<T>(
    act: impl FnOnce() -> Result<T, Box<dyn std::error::Error>>,
) -> Result<T, TagError> {
    match catch_unwind(AssertUnwindSafe(act)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(match find_io(&*error) {
            Some(kind) => TagError::Io(io::Error::new(kind, error.to_string())),
            None => TagError::Refused(error.to_string()),
        }),
        Err(_) => Err(TagError::Refused(
            "its tags confuse the tag library".to_owned(),
        )),
    }
}

/// The kind of the system's error that is behind a library's, such as a full disk.
fn find_io(error: &(dyn std::error::Error + 'static)) -> Option<io::ErrorKind> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(io) = error.downcast_ref::<io::Error>() {
            return io.raw_os_error().map(|_| io.kind());
        }
        next = error.source();
    }
    None
}
