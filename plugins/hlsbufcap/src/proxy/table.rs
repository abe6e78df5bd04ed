// SPDX-License-Identifier: MPL-2.0
//! What the loopback server may be asked for: what a playlist that went through it named, and nothing else.
use crate::upstream::ByteRange;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use url::Url;

/// Refreshes of a live playlist after which what it no longer names is forgotten.
const MEMORY: u32 = 8;
/// Letters of a name that are kept.
const NAME: usize = 48;

/// Of a [`Target`].
pub type Id = u64;

/// A segment or a part of one.
pub type Place = (Id, Option<ByteRange>);

/// Which of a consumer's levels a playlist feeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The video, with or without its audio; of a stream without video, the audio.
    Main,
    /// Audio alone, beside the main one.
    Audio,
    /// Neither, as subtitles are: never slowed.
    Other,
}

/// What a target is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Playlist(Kind),
    /// A segment, part of one, or an initialisation section.
    Media,
    /// Passed on and never kept.
    Key,
}

/// What may be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    pub id: Id,
    pub url: Url,
    pub role: Role,
    /// The playlist that names it.
    pub of: Option<Id>,
}

impl Target {
    /// The last part of its address, as a name for people and demuxers.
    pub fn name(&self) -> String {
        let path = self.url.path();
        let name = path.rsplit('/').next().unwrap_or_default();
        let plain = |letter: &char| letter.is_ascii_alphanumeric() || "._-".contains(*letter);
        let name: Vec<char> = name.chars().filter(plain).collect();
        name[name.len().saturating_sub(NAME)..].iter().collect()
    }
}

/// All that may be asked for.
#[derive(Debug)]
pub struct Table {
    targets: HashMap<Id, (Arc<Target>, u32)>,
    /// Before the addresses of playlists and keys, and before those of media: a client that has all its connections
    /// to one server busy with media could not refresh a playlist.
    control: String,
    media: String,
}

impl Table {
    /// `control` and `media` stand before what is linked, as `http://127.0.0.1:1234/token`.
    pub fn new(control: String, media: String) -> Table {
        Table {
            targets: HashMap::new(),
            control,
            media,
        }
    }

    /// Lets a client ask for something; gives the address. `refresh` counts how often the playlist was read.
    pub fn link(&mut self, url: Url, role: Role, of: Option<Id>, refresh: u32) -> (Id, String) {
        let id = id(&url, role, of);
        let new = || {
            let target = Target { id, url, role, of };
            (Arc::new(target), refresh)
        };
        let (target, seen) = self.targets.entry(id).or_insert_with(new);
        *seen = refresh;
        let before = match role {
            Role::Media => &self.media,
            Role::Playlist(_) | Role::Key => &self.control,
        };
        (id, format!("{before}/{id:016x}/{}", target.name()))
    }

    pub fn find(&self, id: Id) -> Option<Arc<Target>> {
        Some(self.targets.get(&id)?.0.clone())
    }

    /// Forgets what the playlist `of` has not named for some time.
    pub fn forget(&mut self, of: Id, refresh: u32) {
        self.targets
            .retain(|_, (target, seen)| target.of != Some(of) || *seen + MEMORY >= refresh);
    }
}

/// The same for the same resource, so that a client recognises it in the next version of a playlist.
pub fn id(url: &Url, role: Role, of: Option<Id>) -> Id {
    let mut hasher = DefaultHasher::new();
    let kind = match role {
        Role::Playlist(_) => 0u8,
        Role::Media => 1,
        Role::Key => 2,
    };
    (kind, url.as_str(), of).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn what_is_no_longer_named_is_forgotten_in_time() {
        let mut table = Table::new("http://c".into(), "http://m".into());
        let one = url("http://example.org/s%201.ts?x=/y.ts");
        let (id, address) = table.link(one.clone(), Role::Media, Some(1), 0);
        assert!(
            address.starts_with("http://m/") && address.ends_with("/s201.ts"),
            "{address}"
        );
        assert_eq!(table.link(one, Role::Media, Some(1), 0), (id, address));
        let (other, _) = table.link(url("http://example.org/s"), Role::Media, Some(2), 0);
        table.forget(1, MEMORY);
        assert!(table.find(id).is_some());
        table.forget(1, MEMORY + 1);
        assert!(table.find(id).is_none() && table.find(other).is_some());
    }

    #[test]
    fn names_are_short_and_plain() {
        let mut table = Table::new("http://c".into(), "http://m".into());
        let long = url(&format!("http://example.org/{}\"<>.ts", "a".repeat(500)));
        let (id, _) = table.link(long, Role::Media, None, 0);
        let name = table.find(id).unwrap().name();
        assert!(name.len() == NAME && name.ends_with(".ts"), "{name}");
    }
}
