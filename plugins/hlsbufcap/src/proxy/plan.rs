// SPDX-License-Identifier: MPL-2.0
//! What is fetched before anybody asks for it, and what is no longer wanted.
use super::Session;
use super::download::{Download, Order};
use super::table::{Id, Kind, Place, Role, Table, Target};
use crate::budget::lock;
use crate::upstream::Failure;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::thread;

/// Address space of a thread that fetches; what it does not use takes no memory.
const STACK: usize = 512 << 10;

/// A segment of a playlist.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    pub place: Place,
    /// Seconds; 0 where unknown.
    pub duration: f64,
    pub is_sealed: bool,
    pub map: Option<Place>,
}

/// A media playlist that somebody read.
#[derive(Debug)]
pub struct Track {
    pub kind: Kind,
    /// No segment will be added.
    pub is_complete: bool,
    /// How often it was read.
    pub refresh: u32,
    pub segments: Vec<Planned>,
    /// The segment that was asked for last; `None` where another playlist of its kind is played.
    pub position: Option<usize>,
    /// Of the latest segment that was handed on, in times that of the media.
    pub speed: Option<f64>,
}

impl Track {
    /// The same playlist, read again: the position is where it was.
    pub fn replace(&mut self, segments: Vec<Planned>, is_complete: bool) {
        let current = self
            .position
            .and_then(|at| self.segments.get(at))
            .map(|one| one.place);
        self.position =
            current.and_then(|place| segments.iter().position(|one| one.place == place));
        self.segments = segments;
        self.is_complete = is_complete;
    }

    /// What shall be there: the current segment and those after it.
    fn window(&self, ahead: usize) -> impl Iterator<Item = Place> {
        let from = self.position.unwrap_or(self.segments.len());
        let window = self
            .segments
            .iter()
            .skip(from)
            .take(ahead.saturating_add(1));
        window.flat_map(|one| one.map.into_iter().chain([one.place]))
    }

    pub fn find(&self, place: Place) -> Option<(usize, &Planned)> {
        let mut all = self.segments.iter().enumerate();
        all.find(|(_, one)| one.place == place)
    }

    /// What is known of a place, where it is a segment or an initialisation section.
    fn about(&self, place: Place) -> Known {
        let is_it = |one: &&Planned| one.place == place || one.map == Some(place);
        let known = self.segments.iter().find(is_it);
        known.map_or(Known::nothing(place), |one| Known {
            is_listed: true,
            is_sealed: one.is_sealed,
        })
    }
}

/// What a playlist says of a place.
#[derive(Debug, Clone, Copy)]
struct Known {
    is_listed: bool,
    /// Whether nothing can be told from its bytes: they are encrypted, or begin anywhere.
    is_sealed: bool,
}

impl Known {
    fn nothing(place: Place) -> Known {
        Known {
            is_listed: false,
            is_sealed: place.1.is_some(),
        }
    }
}

/// All that changes while a stream is played.
#[derive(Debug)]
pub struct State {
    pub table: Table,
    pub tracks: HashMap<Id, Track>,
    pub shelf: HashMap<Place, Arc<Download>>,
    /// Threads that fetch or answer.
    pub workers: usize,
    pub is_disk_full: bool,
    /// Segments that were damaged once, after somebody had begun to read them.
    pub damaged: HashSet<Place>,
}

/// A segment that somebody reads; let go of when dropped.
#[derive(Debug)]
pub struct Reading {
    pub download: Arc<Download>,
    session: Arc<Session>,
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.download.remove_reader();
        let mut state = lock(&self.session.state);
        self.session.sweep(&mut state);
    }
}

impl Session {
    /// Somebody asks for a segment: it is fetched, unless it is being so or was, and what comes after it.
    pub(super) fn demand(self: &Arc<Self>, target: &Arc<Target>, place: Place) -> Reading {
        let mut state = lock(&self.state);
        let of = target.of.unwrap_or_default();
        let known = match state.tracks.get_mut(&of) {
            Some(track) => {
                let known = track.about(place);
                if let Some((at, _)) = track.find(place) {
                    track.position = Some(at);
                    let kind = track.kind;
                    leave_other_variants(&mut state.tracks, of, kind);
                }
                known
            }
            None => Known::nothing(place),
        };
        self.sweep(&mut state);
        let there = state.shelf.get(&place).filter(|there| !there.has_failed());
        let download = match there {
            Some(download) => download.clone(),
            None => {
                self.make_room(&mut state);
                self.begin(&mut state, target, place, known)
            }
        };
        download.add_reader();
        self.read_ahead(&mut state);
        Reading {
            download,
            session: self.clone(),
        }
    }

    /// Lets go of what nobody reads and nobody will soon.
    fn sweep(&self, state: &mut State) {
        let ahead = self.ahead(state);
        let wanted: Vec<Place> = state
            .tracks
            .values()
            .flat_map(|track| track.window(ahead))
            .collect();
        state.shelf.retain(|place, download| {
            let stays = download.is_read() || wanted.contains(place);
            if !stays {
                download.cancel.cancel();
            }
            stays
        });
    }

    /// Where all connections are taken, one that reads ahead makes way.
    fn make_room(&self, state: &mut State) {
        let under_way = |download: &&Arc<Download>| download.is_under_way();
        if state.shelf.values().filter(under_way).count() < self.settings.connections {
            return;
        }
        let mut idle = state
            .shelf
            .iter()
            .filter(|(_, download)| download.is_under_way() && !download.is_read());
        // The one that has least would lose least.
        let least = idle
            .by_ref()
            .min_by_key(|(_, download)| download.progress().ready);
        if let Some(place) = least.map(|(place, _)| *place)
            && let Some(download) = state.shelf.remove(&place)
        {
            download.cancel.cancel();
        }
    }

    /// Fetches what comes next, as far as connections are free.
    pub(super) fn read_ahead(self: &Arc<Self>, state: &mut State) {
        if self.cancel.is_cancelled() {
            return;
        }
        let ahead = self.ahead(state);
        let mut wanted: Vec<(Place, Known)> = Vec::new();
        for track in state.tracks.values() {
            let window = track.window(ahead);
            wanted.extend(window.map(|place| (place, track.about(place))));
        }
        for (place, known) in wanted {
            let under_way = state
                .shelf
                .values()
                .filter(|one| one.is_under_way())
                .count();
            if under_way >= self.settings.connections {
                return;
            }
            if !state.shelf.contains_key(&place)
                && let Some(target) = state.table.find(place.0)
            {
                self.begin(state, &target, place, known);
            }
        }
    }

    fn ahead(&self, state: &State) -> usize {
        match state.is_disk_full {
            true => 0,
            false => self.settings.prefetch,
        }
    }

    fn begin(
        self: &Arc<Self>,
        state: &mut State,
        target: &Target,
        place: Place,
        known: Known,
    ) -> Arc<Download> {
        debug_assert!(target.role == Role::Media);
        let order = Order {
            place,
            url: target.url.clone(),
            name: target.name(),
            is_sealed: known.is_sealed,
            is_listed: known.is_listed,
        };
        let download = Arc::new(Download::new(order, self.cancel.child()));
        state.shelf.insert(place, download.clone());
        state.workers += 1;
        let (session, fetched) = (self.clone(), download.clone());
        let thread = thread::Builder::new()
            .name("hlscap-fetch".into())
            .stack_size(STACK);
        let spawned = thread.spawn(move || {
            session.fetch(&fetched);
            let mut state = lock(&session.state);
            session.read_ahead(&mut state);
            session.leave(state);
        });
        if let Err(error) = spawned {
            state.workers -= 1;
            let failure = Failure::Network(format!("there is no thread: {error}"));
            download.update(|progress| progress.end = Some(Err(failure)));
        }
        download
    }
}

/// Another variant is played no more, and nothing of it is kept.
fn leave_other_variants(tracks: &mut HashMap<Id, Track>, of: Id, kind: Kind) {
    for (id, other) in tracks {
        if *id != of && other.kind == kind {
            other.position = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planned(id: Id) -> Planned {
        Planned {
            place: (id, None),
            duration: 4.0,
            is_sealed: false,
            map: Some((100, None)),
        }
    }

    fn track(ids: std::ops::Range<Id>, position: Option<usize>) -> Track {
        Track {
            kind: Kind::Main,
            is_complete: false,
            refresh: 0,
            segments: ids.map(planned).collect(),
            position,
            speed: None,
        }
    }

    #[test]
    fn the_window_begins_where_it_plays() {
        let ids = |track: &Track, ahead| -> Vec<Id> {
            track
                .window(ahead)
                .map(|place| place.0)
                .filter(|id| *id != 100)
                .collect()
        };
        assert_eq!(ids(&track(0..9, Some(3)), 2), [3, 4, 5]);
        assert_eq!(ids(&track(0..9, Some(8)), usize::MAX), [8]);
        assert!(ids(&track(0..9, None), 2).is_empty());
    }

    #[test]
    fn a_live_window_moves_below_its_position() {
        let mut track = track(0..5, Some(3));
        track.replace((2..7).map(planned).collect(), false);
        assert_eq!(track.position, Some(1));
        track.replace((20..25).map(planned).collect(), true);
        assert_eq!(track.position, None);
    }
}
