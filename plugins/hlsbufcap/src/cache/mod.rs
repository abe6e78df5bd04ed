// SPDX-License-Identifier: MPL-2.0
//! Segments kept on disk between runs, by any number of processes; knows no GStreamer.
//!
//! A folder holds `index.sqlite` (SQLite in WAL mode), `data/` with a file for each segment, and `part/` with those that are
//! being written. The index vouches for files by length and hash; what it does not vouch for is fetched again. Whoever
//! reads or writes a file has a lock of the operating system on it, which ends with its owner. Segments are kept as they
//! came, encrypted where they are; keys are never kept.
mod files;
mod index;
#[cfg(test)]
mod tests;
mod upkeep;

pub use files::Part;
pub use upkeep::{Check, Stat};

use crate::budget::lock;
use files::Files;
use index::{Index, Row};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, Weak};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Changes of the index that are written together, and the longest that one waits for others.
const BATCH: usize = 32;
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// Of the bytes that are allowed, what is left after some had to go.
const AFTER_EVICTION: f64 = 0.9;

/// What went wrong with a cache.
#[derive(Debug)]
pub enum Error {
    /// A file or folder.
    Files(PathBuf, io::Error),
    /// The index.
    Index(rusqlite::Error),
    /// There is no cache in the folder.
    Absent(PathBuf),
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Error::Files(path, error) => write!(f, "{}: {error}", path.display()),
            Error::Index(error) => write!(f, "the index: {error}"),
            Error::Absent(path) => write!(f, "there is no segment cache in {}", path.display()),
        }
    }
}

impl std::error::Error for Error {}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        Error::Index(error)
    }
}

/// What a segment is found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key([u8; 32]);

impl Key {
    /// Of everything that makes one segment another: its address, the part of it, and who asks.
    pub fn of(parts: &[&[u8]]) -> Key {
        let mut hasher = Sha256::new();
        for part in parts {
            // So that no two lists are the same bytes.
            hasher.update((part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        Key(hasher.finalize().into())
    }
}

/// What a cache may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of segments.
    pub bytes: u64,
    /// After which a segment is fetched again; `None` for never.
    pub ttl: Option<Duration>,
}

/// A segment that was found; as long as it is, nobody evicts it.
#[derive(Debug)]
pub struct Hit {
    pub file: File,
    pub length: u64,
    pub content_type: Option<String>,
}

/// Segments on disk.
#[derive(Debug)]
pub struct Cache {
    files: Files,
    limits: Limits,
    index: Mutex<Index>,
    pending: Mutex<Pending>,
    /// Nothing can be written.
    is_read_only: bool,
}

/// What the index does not yet know.
#[derive(Debug, Default)]
struct Pending {
    rows: HashMap<Key, Row>,
    /// Seconds since 1970 of the latest use.
    uses: HashMap<Key, i64>,
    since: Option<Instant>,
    /// Bytes added since anybody summed them up; `None` before anybody did.
    total: Option<u64>,
}

/// The caches that are open in this process.
static OPEN: LazyLock<Mutex<HashMap<PathBuf, Weak<Cache>>>> = LazyLock::new(Mutex::default);

impl Cache {
    /// Opens the cache in a folder, which is made where it is missing. Everybody in the process who opens the same one has
    /// the same; the limits are those of the first.
    ///
    /// # Errors
    /// Where there can be none.
    pub fn open(folder: &Path, limits: Limits) -> Result<Arc<Cache>, Error> {
        let wrong = |error| Error::Files(folder.to_owned(), error);
        std::fs::create_dir_all(folder).map_err(wrong)?;
        let folder = folder.canonicalize().map_err(wrong)?;
        let mut open = lock(&OPEN);
        open.retain(|_, cache| cache.strong_count() > 0);
        if let Some(cache) = open.get(&folder).and_then(Weak::upgrade) {
            return Ok(cache);
        }
        let cache = Arc::new(Cache::open_alone(&folder, limits)?);
        open.insert(folder, Arc::downgrade(&cache));
        Ok(cache)
    }

    /// Opens the cache that is in a folder already.
    ///
    /// # Errors
    /// Where there is none.
    pub fn open_existing(folder: &Path) -> Result<Arc<Cache>, Error> {
        match Index::path(folder).is_file() {
            true => Cache::open(
                folder,
                Limits {
                    bytes: u64::MAX,
                    ttl: None,
                },
            ),
            false => Err(Error::Absent(folder.to_owned())),
        }
    }

    fn open_alone(folder: &Path, limits: Limits) -> Result<Cache, Error> {
        let files = Files::open(folder);
        let is_read_only = !files.are_writable();
        let (index, is_new) = match is_read_only {
            true => (Index::open_read_only(folder)?, false),
            false => Index::open(folder)?,
        };
        let cache = Cache {
            files,
            limits,
            index: Mutex::new(index),
            pending: Mutex::default(),
            is_read_only,
        };
        if !is_read_only {
            cache.sweep(is_new)?;
        }
        Ok(cache)
    }

    /// Whether nothing can be written.
    pub fn is_read_only(&self) -> bool {
        self.is_read_only
    }

    /// The segment, where there is one that the index vouches for. Reads all of it.
    pub fn find(&self, key: &Key) -> Option<Hit> {
        let pending = lock(&self.pending).rows.get(key).cloned();
        let row = match pending {
            Some(row) => row,
            None => lock(&self.index).find(key).ok().flatten()?,
        };
        let age = now().saturating_sub(row.stored).max(0) as u64;
        let is_fresh = self.limits.ttl.is_none_or(|ttl| age < ttl.as_secs().max(1));
        match self.files.read(key, &row) {
            // Somebody makes it go just now.
            files::Found::Busy => None,
            files::Found::Right(file) if is_fresh => {
                lock(&self.pending).uses.insert(*key, now());
                self.write_at_times();
                Some(Hit {
                    file,
                    length: row.length,
                    content_type: row.content_type,
                })
            }
            found => {
                // It would not go while it is ours.
                drop(found);
                self.forget(key, &row);
                None
            }
        }
    }

    /// A file for a segment that is about to come.
    ///
    /// # Errors
    /// Where the disk takes none.
    pub fn begin(&self) -> io::Result<Part> {
        match self.is_read_only {
            true => Err(io::ErrorKind::ReadOnlyFilesystem.into()),
            false => self.files.begin(),
        }
    }

    /// All of a segment was written to `part`: from now on it is found.
    ///
    /// # Errors
    /// Of the disk.
    pub fn keep(&self, key: &Key, part: &Part, content_type: Option<&str>) -> io::Result<()> {
        let (length, hash) = files::hash(key, &part.file)?;
        kill_point("hashed");
        let nonce = self.files.keep(key, part)?;
        kill_point("renamed");
        let row = Row {
            nonce,
            length,
            hash,
            content_type: content_type.map(str::to_owned),
            stored: now(),
        };
        let is_much = {
            let mut pending = lock(&self.pending);
            pending.rows.insert(*key, row);
            pending.total = pending.total.map(|total| total + length);
            pending.total.is_none_or(|total| total > self.limits.bytes)
        };
        match is_much {
            true => self.write(),
            false => self.write_at_times(),
        }
        Ok(())
    }

    /// Makes room on a disk that is full: what was not used for longest goes. Whether anything did.
    pub fn make_room(&self, bytes: u64) -> bool {
        self.write();
        let all = lock(&self.index).total().unwrap_or(0);
        !self.is_read_only && self.evict(all.saturating_sub(bytes)) > 0
    }

    /// Writes what the index does not yet know.
    pub fn write(&self) {
        if self.is_read_only {
            return;
        }
        let (rows, uses, total) = {
            let mut pending = lock(&self.pending);
            pending.since = None;
            let rows = std::mem::take(&mut pending.rows);
            (rows, std::mem::take(&mut pending.uses), pending.total)
        };
        // Where it cannot be written, those files are nobody's, and go when somebody sweeps.
        let written = lock(&self.index).write(&rows, &uses);
        kill_point("indexed");
        for (key, nonce) in written.unwrap_or_default() {
            self.files.remove(&key, nonce);
        }
        if total.is_none_or(|total| total > self.limits.bytes) {
            let sum = lock(&self.index).total().unwrap_or(0);
            lock(&self.pending).total = Some(sum);
            if sum > self.limits.bytes {
                self.evict((self.limits.bytes as f64 * AFTER_EVICTION) as u64);
            }
        }
    }

    fn write_at_times(&self) {
        let is_due = {
            let mut pending = lock(&self.pending);
            let since = *pending.since.get_or_insert_with(Instant::now);
            pending.rows.len() + pending.uses.len() >= BATCH || since.elapsed() > LONGEST_WAIT
        };
        if is_due {
            self.write();
        }
    }

    fn forget(&self, key: &Key, row: &Row) {
        lock(&self.pending).rows.remove(key);
        if !self.is_read_only {
            let _ = lock(&self.index).remove(key);
            self.files.remove(key, row.nonce);
        }
    }
}

impl Drop for Cache {
    fn drop(&mut self) {
        self.write();
    }
}

/// Seconds since 1970.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs() as i64)
}

#[cfg(test)]
use tests::kill_point;

/// Where tests kill a process.
#[cfg(not(test))]
fn kill_point(_: &str) {}
