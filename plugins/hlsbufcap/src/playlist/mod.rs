// SPDX-License-Identifier: MPL-2.0
//! Playlists: what they say, and the same text with other addresses; knows no GStreamer.
mod rewrite;
#[cfg(test)]
mod tests;

pub use rewrite::{Referent, rewrite};

use crate::upstream::ByteRange;
use m3u8_rs::{AlternativeMediaType, KeyMethod};
use url::Url;

/// A segment that a media playlist lists.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    pub url: Url,
    pub range: Option<ByteRange>,
    /// Seconds of media; 0 where the playlist does not say.
    pub duration: f64,
    /// Whether all of its bytes are encrypted, so that nothing can be told from them.
    pub is_sealed: bool,
    /// Its initialisation section.
    pub map: Option<(Url, Option<ByteRange>)>,
}

/// What a playlist says.
#[derive(Debug, Clone, PartialEq)]
pub enum Playlist {
    /// Addresses of renditions that are audio alone, and of others that are not the video.
    Multivariant { audio: Vec<Url>, other: Vec<Url> },
    Media {
        segments: Vec<Segment>,
        /// No segment will be added.
        is_complete: bool,
    },
}

/// What a playlist from `base` says; `None` where it cannot be understood.
pub fn understand(text: &[u8], base: &Url) -> Option<Playlist> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    match m3u8_rs::parse_playlist_res(text).ok()? {
        m3u8_rs::Playlist::MasterPlaylist(list) => {
            let (mut audio, mut other) = (Vec::new(), Vec::new());
            for rendition in &list.alternatives {
                let url = rendition.uri.as_ref().and_then(|uri| base.join(uri).ok());
                match rendition.media_type {
                    AlternativeMediaType::Audio => audio.extend(url),
                    AlternativeMediaType::Video => {}
                    _ => other.extend(url),
                }
            }
            Some(Playlist::Multivariant { audio, other })
        }
        m3u8_rs::Playlist::MediaPlaylist(list) => Some(Playlist::Media {
            segments: segments(&list, base)?,
            is_complete: list.end_list,
        }),
    }
}

/// Key and initialisation section hold until the next tag of their kind.
fn segments(list: &m3u8_rs::MediaPlaylist, base: &Url) -> Option<Vec<Segment>> {
    let (mut method, mut map) = (KeyMethod::None, None);
    // Where the range before ended, which one without an offset goes on from.
    let mut end: Option<(Url, u64)> = None;
    let mut segments = Vec::with_capacity(list.segments.len());
    for listed in &list.segments {
        if let Some(key) = &listed.key {
            method = key.method.clone();
        }
        // m3u8-rs knows no key of method NONE without an initialisation vector.
        let is_none = |tag: &m3u8_rs::ExtTag| {
            let rest = tag.rest.as_deref().unwrap_or_default();
            tag.tag == "X-KEY" && rest.starts_with("METHOD=NONE")
        };
        if listed.unknown_tags.iter().any(is_none) {
            method = KeyMethod::None;
        }
        if let Some(new) = &listed.map {
            let range = new
                .byte_range
                .as_ref()
                .and_then(|range| part(range.offset.unwrap_or(0), range.length));
            map = Some((base.join(&new.uri).ok()?, range));
        }
        let url = base.join(&listed.uri).ok()?;
        let range = listed.byte_range.as_ref().and_then(|range| {
            let follows = end.as_ref().filter(|(before, _)| *before == url);
            let start = range.offset.or(follows.map(|(_, end)| *end)).unwrap_or(0);
            part(start, range.length)
        });
        end = range.map(|range| (url.clone(), range.last() + 1));
        let duration = f64::from(listed.duration);
        segments.push(Segment {
            url,
            range,
            duration: if duration.is_finite() {
                duration.max(0.0)
            } else {
                0.0
            },
            is_sealed: method == KeyMethod::AES128,
            map: map.clone(),
        });
    }
    Some(segments)
}

fn part(start: u64, length: u64) -> Option<ByteRange> {
    start.checked_add(length)?;
    (length > 0).then_some(ByteRange { start, length })
}
