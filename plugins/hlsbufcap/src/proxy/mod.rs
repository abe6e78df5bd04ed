// SPDX-License-Identifier: MPL-2.0
//! A stream by way of a server on the loopback interface: playlists come out with its addresses in place of theirs, and
//! segments as fast as the consumer is fed, while what comes next waits on disk. Knows no GStreamer.
mod download;
mod fetch;
mod inspect;
mod keep;
mod pace;
mod plan;
mod playlist;
mod request;
mod serve;
mod server;
mod table;
#[cfg(test)]
mod tests;

pub use pace::Level;
pub use table::Kind;

use crate::budget::lock;
use crate::cache::Cache;
use crate::upstream::{Access, Cancel, Client, Failure, Rate};
use plan::State;
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use table::{Id, Role, Table};
use url::Url;

/// Longest time that stopping waits for threads; they end soon after in any case.
const FAREWELL: Duration = Duration::from_secs(2);

/// How a stream is handed on.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Segments that are read ahead, of each playlist that is played.
    pub prefetch: usize,
    /// Connections to servers at a time; at least 1.
    pub connections: usize,
    /// What the consumer shall hold.
    pub held: Duration,
    /// Tries after the first.
    pub retries: u32,
    /// Wait before the second try; twice as long before each further one.
    pub backoff: Duration,
    /// Where what is read ahead waits, in files without a name.
    pub folder: PathBuf,
    /// Where it is kept, instead.
    pub cache: Option<Arc<Cache>>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            prefetch: 3,
            connections: 2,
            held: Duration::from_secs(3),
            retries: 5,
            backoff: Duration::from_millis(200),
            folder: std::env::temp_dir(),
            cache: None,
        }
    }
}

/// Who runs a session, and is told of it from its threads.
pub trait Host: Send + Sync {
    /// What the consumer holds of what feeds `kind`.
    fn level(&self, kind: Kind) -> Level;
    /// The servers' rate in bits per second.
    fn measured(&self, rate: u64);
    /// Something that the stream needs cannot be had, for good.
    fn fail(&self, why: &str);
    /// Something that a user should know.
    fn warn(&self, why: &str);
    /// Something that helps who looks for the cause of something.
    fn note(&self, what: &str);
}

/// How things stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Standing {
    /// Segments on disk or on their way there.
    pub segments: usize,
    /// Bytes of them.
    pub bytes: u64,
    /// Downloads under way.
    pub downloads: usize,
    /// Bits per second of the servers; 0 where unknown.
    pub rate: u64,
}

/// A stream on its way.
pub struct Session {
    client: Client,
    rate: Rate,
    host: Box<dyn Host>,
    settings: Settings,
    cancel: Cancel,
    state: Mutex<State>,
    left: Condvar,
    doors: server::Doors,
    root: Id,
    url: Url,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

impl Session {
    /// Opens the server; nothing is fetched before somebody asks.
    ///
    /// # Errors
    /// Of the address, of `access`, or of the loopback interface.
    pub fn start(
        url: Url,
        access: Access,
        settings: Settings,
        host: Box<dyn Host>,
    ) -> Result<Arc<Session>, Failure> {
        let client = Client::new(access)?;
        let cancel = Cancel::default();
        let no_door = |error: std::io::Error| Failure::Network(format!("127.0.0.1: {error}"));
        let (doors, listeners) = server::Doors::open().map_err(no_door)?;
        let mut table = Table::new(doors.control(), doors.media());
        let (root, _) = table.link(url.clone(), Role::Playlist(Kind::Main), None, 0);
        let session = Arc::new(Session {
            client,
            rate: Rate::default(),
            host,
            settings,
            cancel,
            state: Mutex::new(State {
                table,
                tracks: HashMap::new(),
                shelf: HashMap::new(),
                workers: 0,
                is_disk_full: false,
                damaged: HashSet::new(),
            }),
            left: Condvar::new(),
            doors,
            root,
            url,
        });
        for listener in listeners {
            if let Err(error) = session.listen(listener) {
                session.stop();
                return Err(no_door(error));
            }
        }
        Ok(session)
    }

    /// Where the stream's playlist is to be had from the server.
    pub fn address(&self) -> String {
        let mut state = lock(&self.state);
        let role = Role::Playlist(Kind::Main);
        state.table.link(self.url.clone(), role, None, 0).1
    }

    /// The stream's playlist, as the server gives it.
    ///
    /// # Errors
    /// Where it cannot be had, or is none.
    pub fn open(&self, cancel: &Cancel) -> Result<Vec<u8>, Failure> {
        let target = lock(&self.state).table.find(self.root);
        let target = target.ok_or(Failure::Cancelled)?;
        Ok(self.read_playlist(&target, None, cancel)?.0)
    }

    /// Ends everything that is under way.
    pub fn stop(&self) {
        self.cancel.cancel();
        self.doors.wake();
        let mut state = lock(&self.state);
        state.shelf.clear();
        let some = |state: &mut State| state.workers > 0;
        let result = self.left.wait_timeout_while(state, FAREWELL, some);
        drop(result.unwrap_or_else(PoisonError::into_inner));
        if let Some(cache) = &self.settings.cache {
            cache.write();
        }
    }

    pub fn standing(&self) -> Standing {
        let state = lock(&self.state);
        let all = state.shelf.values();
        Standing {
            segments: state.shelf.len(),
            bytes: all.clone().map(|one| one.progress().ready).sum(),
            downloads: all.filter(|one| one.is_under_way()).count(),
            rate: self.rate.bits_per_second().unwrap_or(0),
        }
    }

    /// A thread of the session ends.
    fn leave(&self, mut state: MutexGuard<'_, State>) {
        state.workers -= 1;
        drop(state);
        self.left.notify_all();
    }
}
