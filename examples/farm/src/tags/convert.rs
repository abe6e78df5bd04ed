// SPDX-License-Identifier: MPL-2.0
//! From one kind of tag to another.
use super::edit::{ITUNES, Kind, Tag, is_itunes_item};
use super::transfer::Found;
use lofty::ape::{APE_PICTURE_TYPES, ApeItem, ApeTag};
use lofty::id3::v2::{Frame, Id3v2Tag};
use lofty::mp4::{Atom, AtomData, AtomIdent, Ilst};
use lofty::ogg::tag::VorbisComments;
use lofty::picture::Picture;
use lofty::tag::{ItemValue, SplitTag, TagType};
use std::borrow::Cow;

impl Found {
    /// In the way of another kind of file; `own` is what its encoder wrote there.
    pub(super) fn into_tag(self, kind: Kind, own: Tag) -> Tag {
        match (self, own) {
            (Self::Own(Tag::Comments(mut found)), Tag::Comments(own)) => {
                found.set_vendor(own.vendor().to_owned());
                Tag::Comments(found)
            }
            (Self::Own(found @ Tag::Id3v2(_)), Tag::Id3v2(_))
            | (Self::Own(found @ Tag::Ilst(_)), Tag::Ilst(_))
            | (Self::Own(found @ Tag::Ape(_)), Tag::Ape(_)) => found,
            (found, own) => {
                let (common, mut fields) = found.split();
                let kind = type_of(kind);
                // What the other kind has no name for stays a field of the user's.
                for item in common
                    .items()
                    .filter(|item| item.key().map_key(kind).is_none())
                {
                    let name = item.key().map_key(TagType::VorbisComments);
                    if let (Some(name), ItemValue::Text(text)) = (name, item.value()) {
                        fields.push((name.to_owned(), text.clone()));
                    }
                }
                let mut common = common;
                common.re_map(kind);
                let mut tag = match own {
                    Tag::Comments(own) => {
                        let mut comments = VorbisComments::from(common);
                        comments.set_vendor(own.vendor().to_owned());
                        Tag::Comments(comments)
                    }
                    Tag::Id3v2(_) => Tag::Id3v2(common.into()),
                    Tag::Ilst(_) => Tag::Ilst(common.into()),
                    Tag::Ape(_) => Tag::Ape(common.into()),
                };
                for (key, values) in grouped(fields) {
                    add(&mut tag, &key, values);
                }
                tag
            }
        }
    }

    /// What lofty has a name for in all kinds of tags, and the fields of the user's own.
    fn split(self) -> (lofty::tag::Tag, Vec<(String, String)>) {
        match self {
            Self::Common(tag) => (*tag, Vec::new()),
            Self::Own(Tag::Comments(comments)) => {
                let (rest, tag) = comments.split_tag();
                let mut rest = VorbisComments::from(rest);
                (tag, rest.take_items().collect())
            }
            Self::Own(Tag::Id3v2(id3)) => {
                let (rest, tag) = id3.split_tag();
                let rest = Id3v2Tag::from(rest);
                let fields = rest.into_iter().filter_map(|frame| match frame {
                    Frame::UserText(frame) => {
                        Some((frame.description.to_string(), frame.content.to_string()))
                    }
                    _ => None,
                });
                (tag, split_values(fields))
            }
            Self::Own(Tag::Ilst(ilst)) => {
                let (rest, tag) = ilst.split_tag();
                let rest = Ilst::from(rest);
                let mut fields = Vec::new();
                for atom in &rest {
                    let AtomIdent::Freeform { name, .. } = atom.ident() else {
                        continue;
                    };
                    let texts = atom.data().filter_map(|data| match data {
                        AtomData::UTF8(text) => Some((name.to_string(), text.clone())),
                        _ => None,
                    });
                    fields.extend(texts);
                }
                (tag, fields)
            }
            Self::Own(Tag::Ape(ape)) => {
                let (rest, mut tag) = ape.split_tag();
                let rest = ApeTag::from(rest);
                // To lofty these are data like any other.
                let pictures = (&rest).into_iter().filter_map(|item| match item.value() {
                    ItemValue::Binary(data) if APE_PICTURE_TYPES.contains(&item.key()) => {
                        Picture::from_ape_bytes(item.key(), data).ok()
                    }
                    _ => None,
                });
                pictures.for_each(|picture| tag.push_picture(picture));
                let fields = (&rest).into_iter().filter_map(|item| match item.value() {
                    ItemValue::Text(text) => Some((item.key().to_owned(), text.clone())),
                    _ => None,
                });
                (tag, split_values(fields))
            }
        }
    }
}

/// Several values of one field, which ID3v2.4 and APEv2 part by a NUL.
fn split_values(fields: impl Iterator<Item = (String, String)>) -> Vec<(String, String)> {
    let mut split = Vec::new();
    for (key, values) in fields {
        split.extend(
            values
                .split('\0')
                .map(|value| (key.clone(), value.to_owned())),
        );
    }
    split
}

/// The values of each field together, in the order of the first.
fn grouped(fields: Vec<(String, String)>) -> Vec<(String, Vec<String>)> {
    let mut grouped: Vec<(String, Vec<String>)> = Vec::new();
    for (key, value) in fields {
        match grouped
            .iter_mut()
            .find(|(known, _)| known.eq_ignore_ascii_case(&key))
        {
            Some((_, values)) => values.push(value),
            None => grouped.push((key, vec![value])),
        }
    }
    grouped
}

/// Adds a field of the user's own.
fn add(tag: &mut Tag, key: &str, values: Vec<String>) {
    match tag {
        Tag::Comments(comments) => {
            for value in values {
                comments.push(key.to_owned(), value);
            }
        }
        Tag::Id3v2(tag) => drop(tag.insert_user_text(key.to_owned(), values.join("\0"))),
        Tag::Ilst(ilst) => {
            let ident = AtomIdent::Freeform {
                mean: Cow::Borrowed(ITUNES),
                name: Cow::Owned(key.to_owned()),
            };
            ilst.retain(|atom| !is_itunes_item(atom, key));
            let data = values.into_iter().map(AtomData::UTF8).collect();
            if let Some(atom) = Atom::from_collection(ident, data) {
                ilst.insert(atom);
            }
        }
        Tag::Ape(tag) => {
            // A key that APE forbids stays behind.
            if let Ok(item) = ApeItem::new(key.to_owned(), ItemValue::Text(values.join("\0"))) {
                tag.insert(item);
            }
        }
    }
}

fn type_of(kind: Kind) -> TagType {
    match kind {
        Kind::Flac | Kind::Vorbis | Kind::Opus | Kind::Speex => TagType::VorbisComments,
        Kind::Mpeg => TagType::Id3v2,
        Kind::Mp4 => TagType::Mp4Ilst,
        Kind::WavPack => TagType::Ape,
    }
}
