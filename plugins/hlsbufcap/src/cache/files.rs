// SPDX-License-Identifier: MPL-2.0
//! The files of a cache, and who has them.
use super::index::Row;
use super::{Key, kill_point};
use sha2::{Digest, Sha256};
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Bytes that are hashed at a time.
const PIECE: usize = 64 << 10;
/// Files that nobody vouches for are left alone for so long: their owner may be about to.
const GRACE: Duration = Duration::from_secs(60);

/// A file that is being written. Its owner has it locked; one that was not kept goes with its owner.
#[derive(Debug)]
pub struct Part {
    pub file: File,
    path: PathBuf,
}

impl Drop for Part {
    fn drop(&mut self) {
        // It has another name where it was kept.
        let _ = fs::remove_file(&self.path);
    }
}

/// What came of looking for a file.
#[derive(Debug)]
pub enum Found {
    /// It is what the index says, and locked against eviction.
    Right(File),
    Wrong,
    /// Somebody has it for himself.
    Busy,
}

#[derive(Debug)]
pub struct Files {
    data: PathBuf,
    part: PathBuf,
}

impl Files {
    pub fn open(folder: &Path) -> Files {
        let files = Files {
            data: folder.join("data"),
            part: folder.join("part"),
        };
        for folder in [&files.data, &files.part] {
            // Whether that worked shows when something is written.
            let _ = DirBuilder::new().recursive(true).mode(0o700).create(folder);
        }
        files
    }

    pub fn are_writable(&self) -> bool {
        self.begin().is_ok()
    }

    pub fn begin(&self) -> io::Result<Part> {
        let nonce = nonce()?;
        let path = self.part.join(format!("{nonce:016x}"));
        let mut options = OpenOptions::new();
        let file = options
            .read(true)
            .write(true)
            .create_new(true)
            .open(&path)?;
        let part = Part { file, path };
        kill_point("begun");
        part.file.try_lock().map_err(io::Error::from)?;
        Ok(part)
    }

    /// Gives a part its name in the cache; what distinguishes it from others of the same segment.
    pub fn keep(&self, key: &Key, part: &Part) -> io::Result<u64> {
        let nonce = nonce()?;
        let path = self.path(key, nonce);
        if let Some(folder) = path.parent() {
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(folder)?;
        }
        // Others may read it from now on.
        part.file.lock_shared()?;
        fs::rename(&part.path, &path)?;
        Ok(nonce)
    }

    pub fn read(&self, key: &Key, row: &Row) -> Found {
        let Ok(file) = File::open(self.path(key, row.nonce)) else {
            return Found::Wrong;
        };
        match file.try_lock_shared() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Found::Busy,
            // A file system without locks has nobody who evicts, either.
            Err(TryLockError::Error(_)) => {}
        }
        match file.metadata() {
            Ok(about) if about.len() == row.length => {}
            _ => return Found::Wrong,
        }
        match hash(key, &file) {
            Ok((length, hash)) if length == row.length && hash == row.hash => Found::Right(file),
            _ => Found::Wrong,
        }
    }

    /// Removes a file, unless somebody has it. Whether it is gone.
    pub fn remove(&self, key: &Key, nonce: u64) -> bool {
        remove_free(&self.path(key, nonce))
    }

    /// Removes files that nobody has and nobody vouches for.
    pub fn sweep(&self, is_known: impl Fn(&Key, u64) -> bool, at_once: bool) {
        for folder in entries(&self.data) {
            for path in entries(&folder) {
                let name = path.file_name().and_then(|name| name.to_str());
                let known = name
                    .and_then(parse)
                    .is_some_and(|(key, nonce)| is_known(&key, nonce));
                if !known && (at_once || is_old(&path)) {
                    remove_free(&path);
                }
            }
        }
        // A part whose owner is gone is locked by nobody.
        for path in entries(&self.part) {
            if at_once || is_old(&path) {
                remove_free(&path);
            }
        }
    }

    fn path(&self, key: &Key, nonce: u64) -> PathBuf {
        let hex: String = key.0.iter().map(|byte| format!("{byte:02x}")).collect();
        self.data
            .join(&hex[..2])
            .join(format!("{hex}.{nonce:016x}"))
    }
}

/// Length, and hash of the key and everything in a file: what is under another key is not the same.
pub fn hash(key: &Key, file: &File) -> io::Result<(u64, [u8; 32])> {
    let mut hasher = Sha256::new();
    hasher.update(key.0);
    let mut buffer = vec![0; PIECE];
    let mut at = 0;
    loop {
        match file.read_at(&mut buffer, at)? {
            0 => return Ok((at, hasher.finalize().into())),
            read => {
                hasher.update(&buffer[..read]);
                at += read as u64;
            }
        }
    }
}

fn remove_free(path: &Path) -> bool {
    let Ok(file) = File::open(path) else {
        return true;
    };
    // Held until it is gone, so that whoever finds it in between does not take it.
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => false,
        _ => fs::remove_file(path).is_ok(),
    }
}

fn is_old(path: &Path) -> bool {
    let changed = fs::metadata(path).and_then(|about| about.modified());
    let age = changed
        .ok()
        .and_then(|changed| SystemTime::now().duration_since(changed).ok());
    age.is_some_and(|age| age > GRACE)
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}

/// Key and nonce of a file's name.
fn parse(name: &str) -> Option<(Key, u64)> {
    let (hex, nonce) = name.split_once('.')?;
    if hex.len() != 64 || !hex.is_ascii() {
        return None;
    }
    let mut key = [0; 32];
    for (byte, two) in key.iter_mut().zip(hex.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(str::from_utf8(two).ok()?, 16).ok()?;
    }
    Some((Key(key), u64::from_str_radix(nonce, 16).ok()?))
}

fn nonce() -> io::Result<u64> {
    // SQLite's numbers have a sign.
    getrandom::u64()
        .map(|number| number >> 1)
        .map_err(io::Error::other)
}
