// SPDX-License-Identifier: MPL-2.0
//! Finished results on disk, so that a killed run continues where it was.
//!
//! Each result is one durable transaction: once [`State::store`] has returned, no kill loses it.
mod outputs;

use crate::inputs::Source;
use crate::record::{SCHEMA, Status, Track};
use crate::scratch;
use outputs::input_key;
use redb::{Database, DatabaseError, ReadableDatabase, StorageError, TableDefinition, TableError};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// What the store may keep in memory, in bytes: small, as it shares the memory budget.
const CACHE: usize = 1 << 20;

/// Settings, schema and name of an input → [`Entry`] as JSON.
const RESULTS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("auris-farm results");

/// Failures that say something of the file; all others may pass and are tried again.
const LASTING_FAILURES: &[&str] = &["damaged", "truncated", "undecodable"];

/// A record that can be stored.
pub trait Stored: Serialize + DeserializeOwned {
    /// The kind of failure that it is the record of, if it is.
    fn failure(&self) -> Option<&str>;
}

impl Stored for Track {
    fn failure(&self) -> Option<&str> {
        let kind = self.error_kind.as_deref().unwrap_or_default();
        (self.status == Status::Error).then_some(kind)
    }
}

/// What changes when a file is written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    size: u64,
    mtime_s: i64,
    mtime_ns: i64,
}

impl Stamp {
    /// The stamp of a file as it is now. Take it before measuring, so that a change meanwhile shows.
    ///
    /// # Errors
    /// The file cannot be looked at.
    pub fn of(path: &Path) -> io::Result<Self> {
        Ok(Self::of_metadata(&fs::metadata(path)?))
    }

    pub(crate) fn of_metadata(metadata: &fs::Metadata) -> Self {
        Self {
            size: metadata.size(),
            mtime_s: metadata.mtime(),
            mtime_ns: metadata.mtime_nsec(),
        }
    }
}

/// What is stored of one input.
#[derive(Debug, Serialize, Deserialize)]
struct Entry<T> {
    /// None for what is not a file, where a change cannot be seen.
    stamp: Option<Stamp>,
    /// The stamp that the file gets when its tags, which are just being written, are in place.
    expected: Option<Stamp>,
    /// The record; its name is from when there were only tracks.
    #[serde(rename = "track")]
    record: T,
}

/// Why a state cannot be used. The file is left as it was.
#[derive(Debug)]
pub enum StateError {
    /// Another process has it open.
    InUse(PathBuf),
    /// It is damaged, or not a state of this program.
    Unusable(PathBuf, String),
    /// It cannot be read or written.
    Io(PathBuf, String),
}

impl std::fmt::Display for StateError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::InUse(path) => {
                let path = path.display();
                write!(
                    f,
                    "{path} is in use by another run: wait for it or name another state"
                )
            }
            Self::Unusable(path, why) => write!(
                f,
                "{} is damaged or not a state of auris-farm ({why}): name another file, or delete it to start afresh",
                path.display()
            ),
            Self::Io(path, why) => write!(f, "{}: {why}", path.display()),
        }
    }
}

impl std::error::Error for StateError {}

/// An open state.
pub struct State {
    path: PathBuf,
    database: Database,
    /// What all keys of this run begin with.
    prefix: Vec<u8>,
}

impl State {
    /// Opens the state at `path`, or begins one there. Results measured with another `fingerprint`
    /// (see [`MeasureArgs::fingerprint`](crate::cli::MeasureArgs::fingerprint)) or [`SCHEMA`] stay in
    /// the file, but are not seen.
    ///
    /// # Errors
    /// See [`StateError`].
    pub fn open(path: &Path, fingerprint: &str) -> Result<Self, StateError> {
        // An empty file holds nothing to lose, and some create the file before they name it.
        if fs::metadata(path).map_or_else(|e| e.kind() == io::ErrorKind::NotFound, |m| m.len() == 0)
        {
            create(path)?;
        }
        let database = open_checked(path)?;
        let state = Self {
            path: path.to_owned(),
            database,
            prefix: format!("{SCHEMA}\0{fingerprint}\0").into_bytes(),
        };
        match state
            .database
            .begin_read()
            .map_err(|e| state.error(e))?
            .open_table(RESULTS)
        {
            Ok(_) => Ok(state),
            Err(TableError::Storage(error)) => Err(state.error(error)),
            Err(error) => Err(StateError::Unusable(path.to_owned(), error.to_string())),
        }
    }

    /// The stored result of an input, unless it has none or its file has changed since. For what is
    /// not a file, `stamp` is `None` and a change cannot be seen.
    ///
    /// # Errors
    /// The state cannot be read.
    pub fn lookup<T: Stored>(
        &self,
        source: &Source,
        stamp: Option<Stamp>,
    ) -> Result<Option<T>, StateError> {
        let entry = self.entry::<T>(source)?;
        Ok(entry
            .filter(|entry| entry.stamp == stamp || (stamp.is_some() && entry.expected == stamp))
            .map(|entry| entry.record))
    }

    /// Stores the result of an input whose file had this stamp before it was measured. Failures that
    /// may pass (`missing`, `io`, `timeout`, `budget`, `no-decoder`, `internal`) are not stored.
    ///
    /// # Errors
    /// The state cannot be written; what it held is still there.
    pub fn store<T: Stored>(
        &self,
        source: &Source,
        stamp: Option<Stamp>,
        record: &T,
    ) -> Result<(), StateError> {
        self.store_with_files(source, stamp, record, &[])
    }

    /// The same, of a result that consists of files that are about to be put in their places.
    ///
    /// # Errors
    /// As [`store`](Self::store).
    pub fn store_with_files<T: Stored>(
        &self,
        source: &Source,
        stamp: Option<Stamp>,
        record: &T,
        files: &[(&Path, Stamp)],
    ) -> Result<(), StateError> {
        if record
            .failure()
            .is_some_and(|kind| !LASTING_FAILURES.contains(&kind))
        {
            return Ok(());
        }
        self.write(
            source,
            &Entry {
                stamp,
                expected: None,
                record,
            },
            files,
        )
    }

    /// Announces that the file of an input is about to be replaced by one of this stamp with the same
    /// audio, such as by [`tags::write`](crate::tags::write): its result holds before and after,
    /// whenever the run is killed. An input without a result is left without.
    ///
    /// # Errors
    /// The state cannot be written: do not replace the file then.
    pub fn expect(&self, source: &Source, stamp: Stamp) -> Result<(), StateError> {
        match self.entry::<Track>(source)? {
            Some(mut entry) => {
                // A second write before the next lookup: the file has by now the stamp of the first.
                let now = source.path().and_then(|path| Stamp::of(path).ok());
                if entry.expected.is_some() && entry.expected == now {
                    entry.stamp = now;
                }
                entry.expected = Some(stamp);
                self.write(source, &entry, &[])
            }
            None => Ok(()),
        }
    }

    fn key(&self, source: &Source) -> Vec<u8> {
        [&self.prefix[..], &input_key(source)].concat()
    }

    fn entry<T: Stored>(&self, source: &Source) -> Result<Option<Entry<T>>, StateError> {
        let read = self.database.begin_read().map_err(|e| self.error(e))?;
        let table = read.open_table(RESULTS).map_err(|e| self.error(e))?;
        let value = table
            .get(self.key(source).as_slice())
            .map_err(|e| self.error(e))?;
        // What cannot be understood is measured again.
        Ok(value.and_then(|value| serde_json::from_slice(value.value()).ok()))
    }

    fn write(
        &self,
        source: &Source,
        entry: &Entry<impl Serialize>,
        files: &[(&Path, Stamp)],
    ) -> Result<(), StateError> {
        let value =
            serde_json::to_vec(entry).map_err(|e| self.error(StorageError::Io(e.into())))?;
        let outputs = self.outputs(source, files)?;
        let write = self.database.begin_write().map_err(|e| self.error(e))?;
        {
            let mut table = write.open_table(RESULTS).map_err(|e| self.error(e))?;
            let key = self.key(source);
            table
                .insert(key.as_slice(), value.as_slice())
                .map_err(|e| self.error(e))?;
        }
        self.put(&write, &outputs)?;
        write.commit().map_err(|e| self.error(e))
    }

    fn error(&self, error: impl Into<redb::Error>) -> StateError {
        any_error(&self.path, error.into())
    }
}

/// Opens a store and verifies the checksums of all its pages, once.
///
/// redb trusts what it reads: on a damaged file it may panic as early as in `open`, and later on any
/// page. The panic is caught here, where nothing else depends on the half-opened store.
fn open_checked(path: &Path) -> Result<Database, StateError> {
    let open = || {
        let mut database = builder().open(path)?;
        database.check_integrity()?;
        Ok(database)
    };
    match std::panic::catch_unwind(open) {
        Ok(opened) => opened.map_err(|error| database_error(path, error)),
        Err(_) => Err(StateError::Unusable(
            path.to_owned(),
            "its pages contradict each other".to_owned(),
        )),
    }
}

fn builder() -> redb::Builder {
    let mut builder = Database::builder();
    builder.set_cache_size(CACHE);
    builder
}

/// Puts a new state at `path` whole: a kill leaves either none or a good one.
fn create(path: &Path) -> Result<(), StateError> {
    let io_error = |error: io::Error| StateError::Io(path.to_owned(), error.to_string());
    let temporary = scratch::beside(path, 0o600).map_err(io_error)?;
    // The store locks it, too, which only the same open file allows.
    let file = temporary.as_file().try_clone().map_err(io_error)?;
    let fail = |error: redb::Error| any_error(path, error);
    let database = builder()
        .create_file(file)
        .map_err(|error| database_error(path, error))?;
    let write = database.begin_write().map_err(|e| fail(e.into()))?;
    write.open_table(RESULTS).map_err(|e| fail(e.into()))?;
    write.commit().map_err(|e| fail(e.into()))?;
    drop(database);
    let placed = if path.exists() {
        temporary.persist(path)
    } else {
        // Two runs that begin at once: the first one's file stays, and the second finds it in use.
        temporary.persist_noclobber(path)
    };
    match placed {
        Err(error) if error.error.kind() != io::ErrorKind::AlreadyExists => {
            Err(io_error(error.error))
        }
        _ => Ok(()),
    }
}

fn database_error(path: &Path, error: DatabaseError) -> StateError {
    match error {
        DatabaseError::DatabaseAlreadyOpen => StateError::InUse(path.to_owned()),
        other => any_error(path, other.into()),
    }
}

fn any_error(path: &Path, error: redb::Error) -> StateError {
    let path = path.to_owned();
    match error {
        redb::Error::Io(error) if error.kind() != io::ErrorKind::InvalidData => {
            StateError::Io(path, error.to_string())
        }
        other => StateError::Unusable(path, other.to_string()),
    }
}

#[cfg(test)]
mod tests;
