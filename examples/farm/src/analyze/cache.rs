// SPDX-License-Identifier: MPL-2.0
//! Artefacts on disk, by the hash of what they depend on, for any number of processes.
//!
//! A file is written under another name and renamed when it is complete, and carries a hash of itself: a
//! killed process leaves nothing that looks like an artefact, and what a disk changed is computed again. When
//! a file was written it has as its time of change, when it was used as its time of access.
use super::artefact::{Artefact, Storage};
use super::key::Key;
use super::settings::CacheSettings;
use crate::scratch;
use auris_support::result_sink::lock;
use std::fs::{self, File, FileTimes};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Folder of this form of cache, below the one that was named.
const FORM: &str = "v1";
/// Files in the making.
const DRAFTS: &str = "drafts";
/// Of a name, so many digits are a folder.
const FOLDER_DIGITS: usize = 2;
/// Others may have written as well: after so many files the whole is looked at again.
const LOOK_EVERY: u64 = 256;

/// A cache.
pub struct Cache {
    root: PathBuf,
    ttl: Option<Duration>,
    most: Option<u64>,
    /// Bytes that are there, as far as this process knows, and files that it has written since it looked.
    known: Mutex<(u64, u64)>,
}

/// What was found of a key.
pub enum Lookup {
    /// It.
    Found(Box<Artefact>),
    /// Nothing.
    Missing,
    /// A file that is not what was written; it is gone now.
    Damaged,
}

impl Cache {
    /// Opens one, which may be new, and lets go what is too old or too much.
    ///
    /// # Errors
    /// A sentence, if the folder cannot be used.
    pub fn open(settings: &CacheSettings) -> Result<Self, String> {
        let root = settings.dir.join(FORM);
        let told = |error: io::Error| format!("cache {}: {error}", settings.dir.display());
        fs::create_dir_all(root.join(DRAFTS)).map_err(told)?;
        let cache = Cache {
            root,
            ttl: settings.ttl.map(Duration::from_secs_f64),
            most: settings.most,
            known: Mutex::default(),
        };
        // One that cannot be written to is told before anything is computed.
        cache.draft().map_err(told)?;
        cache.tidy();
        Ok(cache)
    }

    fn path(&self, key: &Key) -> PathBuf {
        let (folder, rest) = key.name.split_at(FOLDER_DIGITS);
        self.root.join(folder).join(rest)
    }

    /// The artefact of a key.
    pub fn lookup(&self, key: &Key) -> Lookup {
        let path = self.path(key);
        let Ok(file) = File::open(&path) else {
            return Lookup::Missing;
        };
        let used = file.try_clone();
        match Artefact::open(file) {
            Ok(found) if found.footer.key == key.text => {
                let written = UNIX_EPOCH + Duration::from_secs(found.footer.created);
                if self.is_expired(written) {
                    // As if it were not there; `tidy` removes it.
                    return Lookup::Missing;
                }
                if let Ok(file) = used {
                    // Where it cannot be noted, it only goes sooner.
                    let times = FileTimes::new().set_accessed(SystemTime::now());
                    let _best_effort = file.set_times(times);
                }
                Lookup::Found(Box::new(found))
            }
            Ok(_) => self.remove(&path),
            Err(error) if is_damage(&error) => self.remove(&path),
            Err(_) => Lookup::Missing,
        }
    }

    fn remove(&self, path: &Path) -> Lookup {
        // If it stays, it is replaced in a moment.
        let _best_effort = fs::remove_file(path);
        Lookup::Damaged
    }

    fn is_expired(&self, written: SystemTime) -> bool {
        let age = SystemTime::now().duration_since(written);
        // What is from the future is new.
        self.ttl.is_some_and(|ttl| age.is_ok_and(|age| age > ttl))
    }

    /// A file for an artefact in the making.
    ///
    /// # Errors
    /// The system's.
    pub fn draft(&self) -> io::Result<Storage> {
        let place = self.root.join(DRAFTS).join("draft");
        Ok(Storage::Draft(scratch::beside(&place, 0o666)?))
    }

    /// Puts an artefact whose storage is such a file in its place.
    ///
    /// # Errors
    /// The system's.
    pub fn store(&self, key: &Key, artefact: &mut Artefact) -> io::Result<()> {
        let bytes = artefact.put(&self.path(key))?;
        let look = {
            let mut known = lock(&self.known);
            known.0 = known.0.saturating_add(bytes);
            known.1 += 1;
            self.most.is_some_and(|most| known.0 > most) || known.1 >= LOOK_EVERY
        };
        if look {
            self.tidy();
        }
        Ok(())
    }

    /// Removes what is too old and, where there is too much, what was not used for longest. What cannot be
    /// looked at stays.
    pub fn tidy(&self) {
        if self.ttl.is_none() && self.most.is_none() {
            return;
        }
        let mut files = self.files();
        files.sort_unstable_by_key(|file| file.used);
        let mut bytes: u64 = files.iter().map(|file| file.bytes).sum();
        for file in files {
            let too_much = self.most.is_some_and(|most| bytes > most);
            if (too_much || self.is_expired(file.written)) && fs::remove_file(&file.path).is_ok() {
                bytes -= file.bytes;
            }
        }
        *lock(&self.known) = (bytes, 0);
    }

    fn files(&self) -> Vec<Kept> {
        let entries = |folder: &Path| fs::read_dir(folder).into_iter().flatten().flatten();
        let folders = entries(&self.root).filter(|entry| {
            entry.file_name().len() == FOLDER_DIGITS
                && entry.file_type().is_ok_and(|kind| kind.is_dir())
        });
        let files = folders.flat_map(|folder| entries(&folder.path()));
        files
            .filter_map(|entry| {
                let metadata = entry.metadata().ok().filter(fs::Metadata::is_file)?;
                Some(Kept {
                    path: entry.path(),
                    bytes: metadata.len(),
                    written: metadata.modified().ok()?,
                    used: metadata.accessed().ok()?,
                })
            })
            .collect()
    }
}

/// A file in the cache.
struct Kept {
    path: PathBuf,
    bytes: u64,
    written: SystemTime,
    used: SystemTime,
}

fn is_damage(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof
    )
}

#[cfg(test)]
mod tests;
