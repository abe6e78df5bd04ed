// SPDX-License-Identifier: MPL-2.0
//! Playlists on their way through.
use super::Session;
use super::plan::{Planned, Track};
use super::table::{Id, Kind, Role, Target, id};
use crate::budget::lock;
use crate::cache::Key;
use crate::playlist::{self, Playlist, Referent, Segment};
use crate::upstream::{Cancel, Failure};
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use url::Url;

/// Most bytes of a playlist: 24 hours in segments of a second take less.
const MOST: u64 = 32 << 20;

impl Session {
    /// A playlist with our addresses, and its type; `query` is what a client adds to its address.
    pub(super) fn read_playlist(
        &self,
        target: &Arc<Target>,
        query: Option<&str>,
        cancel: &Cancel,
    ) -> Result<(Vec<u8>, Option<String>), Failure> {
        let mut url = target.url.clone();
        // Directives of low-latency clients.
        let added = query
            .into_iter()
            .flat_map(|query| url::form_urlencoded::parse(query.as_bytes()));
        let added: Vec<_> = added
            .filter(|(name, _)| name.starts_with("_HLS_"))
            .collect();
        if !added.is_empty() {
            url.query_pairs_mut().extend_pairs(added);
        }
        let key = Key::of(&[
            b"playlist",
            url.as_str().as_bytes(),
            b"",
            self.client.identity(),
        ]);
        if let Some((text, kind)) = self.find_playlist(&key) {
            let said = playlist::understand(&text, &url);
            return Ok((self.rewrite(target, &text, &url, said), kind));
        }
        let (text, base, head) = self.fetch_small(&url, None, MOST, cancel)?;
        let start = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text);
        if !start.trim_ascii_start().starts_with(b"#EXTM3U") {
            return Err(Failure::Corrupt("it is no HLS playlist".into()));
        }
        let said = playlist::understand(&text, &base);
        if said.is_none() {
            self.host
                .note(&format!("{url} is not understood and passed on as it is"));
        }
        let is_final = match &said {
            Some(Playlist::Media { is_complete, .. }) => *is_complete,
            said => said.is_some(),
        };
        // Where it was sent elsewhere, it may be sent elsewhere the next time.
        if is_final && base == url {
            self.keep_playlist(&key, &text, head.content_type.as_deref());
        }
        Ok((self.rewrite(target, &text, &base, said), head.content_type))
    }

    /// From the cache, which has those that do not change any more.
    fn find_playlist(&self, key: &Key) -> Option<(Vec<u8>, Option<String>)> {
        let mut hit = self.settings.cache.as_ref()?.find(key)?;
        let mut text = Vec::new();
        hit.file.read_to_end(&mut text).ok()?;
        Some((text, hit.content_type))
    }

    fn keep_playlist(&self, key: &Key, text: &[u8], kind: Option<&str>) {
        let Some(cache) = &self.settings.cache else {
            return;
        };
        let kept = cache.begin().and_then(|part| {
            part.file.write_all_at(text, 0)?;
            cache.keep(key, &part, kind)
        });
        if let Err(error) = kept {
            self.host.note(&format!("a playlist is not kept: {error}"));
        }
    }

    fn rewrite(&self, target: &Target, text: &[u8], base: &Url, said: Option<Playlist>) -> Vec<u8> {
        let Role::Playlist(kind) = target.role else {
            return text.to_vec();
        };
        let mut state = lock(&self.state);
        let state = &mut *state;
        let refresh = state
            .tracks
            .get(&target.id)
            .map_or(0, |track| track.refresh + 1);
        let (mut audio, mut other) = (Vec::new(), Vec::new());
        if let Some(Playlist::Multivariant {
            audio: some,
            other: more,
        }) = &said
        {
            (audio, other) = (some.clone(), more.clone());
        }
        let kind_of = |url: &Url| match url {
            url if audio.contains(url) => Kind::Audio,
            url if other.contains(url) => Kind::Other,
            _ => Kind::Main,
        };
        let table = &mut state.table;
        let new = playlist::rewrite(text, |reference| {
            let url = base.join(reference.address).ok()?;
            if !matches!(url.scheme(), "http" | "https") {
                return None;
            }
            let (role, of) = match reference.to {
                Referent::Playlist => (Role::Playlist(kind_of(&url)), None),
                Referent::Segment | Referent::Map | Referent::Part => {
                    (Role::Media, Some(target.id))
                }
                Referent::Key => (Role::Key, Some(target.id)),
                // Whoever wants it may fetch it there.
                Referent::Other => return Some(url.into()),
            };
            Some(table.link(url, role, of, refresh).1)
        });
        if let Some(Playlist::Media {
            segments,
            is_complete,
        }) = said
        {
            let segments = segments.iter().map(|one| planned(one, target.id)).collect();
            let track = state.tracks.entry(target.id).or_insert_with(|| Track {
                kind,
                is_complete,
                refresh,
                segments: Vec::new(),
                position: None,
                speed: None,
            });
            track.refresh = refresh;
            track.replace(segments, is_complete);
            state.table.forget(target.id, refresh);
        }
        new
    }
}

fn planned(segment: &Segment, of: Id) -> Planned {
    let place = |url: &Url, range| (id(url, Role::Media, Some(of)), range);
    Planned {
        place: place(&segment.url, segment.range),
        duration: segment.duration,
        is_sealed: segment.is_sealed,
        map: segment.map.as_ref().map(|(url, range)| place(url, *range)),
    }
}
