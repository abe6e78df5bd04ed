// SPDX-License-Identifier: MPL-2.0
//! Which tracks belong together, and the value of an album.
//!
//! A [`Grouper`] keeps sums, not tracks: a library of any size costs a few hundred bytes per album.
use crate::cli::AlbumBy;
use crate::inputs::Input;
use crate::record::{Album, AlbumDr, Dialect, SCHEMA, Status, Track};
use std::collections::HashMap;

/// Names of failed tracks that an album's error lists before it only counts them.
const NAMED_FAILURES: usize = 3;

/// A track of a finished album.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    /// The index that was given to [`Grouper::push`].
    pub index: usize,
    /// The track's official value.
    pub official: Option<i64>,
}

/// An album all of whose tracks are known.
#[derive(Debug, Clone, PartialEq)]
pub struct Finished {
    /// The record for the report.
    pub album: Album,
    /// Its tracks, in the order they came.
    pub members: Vec<Member>,
}

/// Sorts tracks into albums as they come.
#[derive(Debug)]
pub struct Grouper {
    by: AlbumBy,
    dialect: Dialect,
    /// Folder of each input, as an index into `groups`; empty unless grouping by folder.
    folder_of: Vec<usize>,
    groups: Vec<Group>,
    /// Groups by tag.
    by_tag: HashMap<(String, String), usize>,
}

#[derive(Debug, Default)]
struct Group {
    key: String,
    /// Tracks still to come, where that is known.
    missing: Option<usize>,
    members: Vec<Member>,
    failures: usize,
    failed_names: Vec<String>,
    sum: f64,
    summed: usize,
    duration_s: f64,
    title: Agreed,
    artist: Agreed,
}

/// A text that all tracks share, or not.
#[derive(Debug, Default)]
enum Agreed {
    #[default]
    Unasked,
    On(String),
    Not,
}

impl Grouper {
    /// Prepares for `inputs`, of which each will be pushed once.
    pub fn new(by: AlbumBy, dialect: Dialect, inputs: &[Input]) -> Self {
        let mut grouper = Self {
            by,
            dialect,
            folder_of: Vec::new(),
            groups: Vec::new(),
            by_tag: HashMap::new(),
        };
        if by == AlbumBy::Folder {
            let mut known = HashMap::new();
            for input in inputs {
                let key = input.source.folder();
                let group = *known.entry(key.clone()).or_insert_with(|| {
                    grouper.groups.push(Group::new(key.into_owned(), Some(0)));
                    grouper.groups.len() - 1
                });
                grouper.folder_of.push(group);
                *grouper.groups[group].missing.get_or_insert(0) += 1;
            }
        }
        grouper
    }

    /// Takes the record of input `index` and returns the [`Album::path`] of the album it belongs to,
    /// if any. Then ask [`Grouper::finished`].
    pub fn push(&mut self, index: usize, track: &Track) -> Option<&str> {
        let group = match self.by {
            AlbumBy::None => return None,
            AlbumBy::Folder => *self.folder_of.get(index)?,
            AlbumBy::Tag => self.tag_group(track)?,
        };
        let group = &mut self.groups[group];
        group.add(index, track, self.dialect);
        Some(&group.key)
    }

    /// The album that input `index` completed, if it did. Albums by tag are complete only at the
    /// end, as any later track may belong to one.
    pub fn finished(&mut self, index: usize) -> Option<Finished> {
        let group = &mut self.groups[*self.folder_of.get(index)?];
        (group.missing == Some(0)).then(|| std::mem::take(group).finish(self.dialect))?
    }

    /// All albums not yet returned, in the order of their first tracks. Where measuring was
    /// `cut_short`, albums that lack tracks, or may lack them, are left out: their value would not
    /// be the album's.
    pub fn finish(self, cut_short: bool) -> Vec<Finished> {
        let groups = self.groups.into_iter();
        let complete =
            groups.filter(|group| group.missing.map_or(!cut_short, |missing| missing == 0));
        complete
            .filter_map(|group| group.finish(self.dialect))
            .collect()
    }

    /// Discs of a set share album and album artist and differ in the disc number, which is not asked.
    /// Without an album artist the album's name alone must do: the artist differs on a compilation.
    fn tag_group(&mut self, track: &Track) -> Option<usize> {
        let tag = |key: &str| track.tags.get(key).map(|text| text.trim().to_owned());
        let title = tag("album").filter(|title| !title.is_empty())?;
        let key = (tag("album-artist").unwrap_or_default(), title);
        Some(
            *self
                .by_tag
                .entry(key)
                .or_insert_with_key(|(artist, title)| {
                    let key = if artist.is_empty() {
                        title.clone()
                    } else {
                        format!("{artist} / {title}")
                    };
                    self.groups.push(Group::new(key, None));
                    self.groups.len() - 1
                }),
        )
    }
}

impl Group {
    fn new(key: String, missing: Option<usize>) -> Self {
        Self {
            key,
            missing,
            ..Self::default()
        }
    }

    fn add(&mut self, index: usize, track: &Track, dialect: Dialect) {
        self.missing = self.missing.map(|missing| missing.saturating_sub(1));
        let official = track.dr.as_ref().and_then(|dr| dr.official);
        self.members.push(Member { index, official });
        self.duration_s += track.duration_s.unwrap_or(0.0);
        self.title.ask(track.tags.get("album"));
        let artist = track.tags.get("album-artist");
        self.artist.ask(artist.or_else(|| track.tags.get("artist")));
        if track.status == Status::Error {
            self.failures += 1;
            if self.failed_names.len() < NAMED_FAILURES {
                self.failed_names.push(track.path.clone());
            }
        }
        let value = track.dr.as_ref().and_then(|dr| match dialect {
            Dialect::Tt => dr.official.map(|official| official as f64),
            // A silent track has none and is left out.
            Dialect::Foobar | Dialect::Exact => dr.official.and(dr.precise),
        });
        if let Some(value) = value {
            self.sum += value;
            self.summed += 1;
        }
    }

    fn finish(self, dialect: Dialect) -> Option<Finished> {
        if self.members.is_empty() {
            return None;
        }
        let error = (self.failures > 0).then(|| {
            let more = self.failures - self.failed_names.len();
            let names = self.failed_names.join(", ");
            let more = if more > 0 {
                format!(" and {more} more")
            } else {
                String::new()
            };
            format!(
                "{} of {} tracks failed: {names}{more}",
                self.failures,
                self.members.len()
            )
        });
        let precise = (self.summed > 0).then(|| self.sum / self.summed as f64);
        let album = Album {
            schema: SCHEMA,
            path: self.key,
            status: if error.is_some() {
                Status::Error
            } else {
                Status::Ok
            },
            title: self.title.into_text(),
            artist: self.artist.into_text(),
            tracks: self.members.len(),
            duration_s: Some(self.duration_s),
            dr: error.is_none().then(|| AlbumDr {
                official: precise.map(|value| rounded(value, dialect)),
                precise,
                dialect,
            }),
            error,
        };
        Some(Finished {
            album,
            members: self.members,
        })
    }
}

/// Half away from zero, or half to even where the source is Python's `round`.
fn rounded(value: f64, dialect: Dialect) -> i64 {
    match dialect {
        Dialect::Tt => value.round_ties_even() as i64,
        Dialect::Foobar | Dialect::Exact => value.round() as i64,
    }
}

impl Agreed {
    fn ask(&mut self, text: Option<&String>) {
        *self = match (std::mem::take(self), text) {
            (Self::Unasked, Some(text)) => Self::On(text.clone()),
            (Self::On(agreed), Some(text)) if agreed == *text => Self::On(agreed),
            // A track without tags does not contradict: a failed one never has any.
            (same, None) => same,
            _ => Self::Not,
        };
    }

    fn into_text(self) -> Option<String> {
        match self {
            Self::On(text) => Some(text),
            Self::Unasked | Self::Not => None,
        }
    }
}

#[cfg(test)]
mod tests;
