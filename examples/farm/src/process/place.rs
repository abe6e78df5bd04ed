// SPDX-License-Identifier: MPL-2.0
//! A result in the making: a file beside its place, which takes it when it is complete.
use auris_support::result_sink::lock;
use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs::{self, File, Permissions, TryLockError};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use tempfile::NamedTempFile;

/// By this and [`SUFFIX`] files of killed runs are told from others'.
const PREFIX: &str = ".auris-farm-process-";
const SUFFIX: &str = ".part";

/// Folders in which this run has looked for what killed ones left.
#[derive(Default)]
pub struct Swept(Mutex<HashSet<PathBuf>>);

/// A file beside its place; dropped, it is gone. While it exists it is locked: what is not locked
/// was left behind.
pub struct Draft {
    file: NamedTempFile,
    target: PathBuf,
    overwrite: bool,
}

impl Draft {
    /// Begins one for `target`, whose folder is made if there is none.
    ///
    /// # Errors
    /// The system's.
    pub fn begin(target: &Path, overwrite: bool, swept: &Swept) -> io::Result<Self> {
        let folder = target.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        if lock(&swept.0).insert(folder.to_owned()) {
            sweep(folder);
        }
        let make = || {
            tempfile::Builder::new()
                .prefix(PREFIX)
                .suffix(SUFFIX)
                // As `File::create` would: what the umask leaves of it.
                .permissions(Permissions::from_mode(0o666))
                .tempfile_in(folder)
        };
        loop {
            let file = make()?;
            // A file system without locks: nobody sweeps there.
            let _best_effort = file.as_file().lock();
            // Another run may have swept it away before it was locked.
            let there = fs::metadata(file.path()).ok().map(|m| m.ino());
            if there == Some(file.as_file().metadata()?.ino()) {
                return Ok(Draft {
                    file,
                    target: target.to_owned(),
                    overwrite,
                });
            }
        }
    }

    /// Where it lies for now.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// The file, at its beginning or wherever.
    pub fn file(&mut self) -> &mut File {
        self.file.as_file_mut()
    }

    /// Writes it to the disk.
    ///
    /// # Errors
    /// The system's.
    pub fn sync(&self) -> io::Result<fs::Metadata> {
        self.file.as_file().sync_all()?;
        self.file.as_file().metadata()
    }

    /// Puts it in its place, for good.
    ///
    /// # Errors
    /// The system's; [`io::ErrorKind::AlreadyExists`] where something is there by now.
    pub fn put(self) -> io::Result<()> {
        if self.overwrite {
            self.file.persist(&self.target)?;
        } else {
            self.file.persist_noclobber(&self.target)?;
        }
        let folder = self.target.parent().unwrap_or(Path::new("."));
        // The file is in place; not every file system can sync a folder.
        let _best_effort = File::open(folder).and_then(|folder| folder.sync_all());
        Ok(())
    }
}

/// Removes what killed runs left in `folder`; what cannot be looked at stays.
fn sweep(folder: &Path) {
    let is_draft = |name: &OsStr| {
        name.as_bytes().starts_with(PREFIX.as_bytes())
            && name.as_bytes().ends_with(SUFFIX.as_bytes())
    };
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries.filter(|entry| is_draft(&entry.file_name())) {
        if !entry.file_type().is_ok_and(|kind| kind.is_file()) {
            continue;
        }
        let Ok(file) = File::open(entry.path()) else {
            continue;
        };
        // Its owner is gone: while it lives, it holds the lock.
        match file.try_lock() {
            Ok(()) => drop(fs::remove_file(entry.path())),
            Err(TryLockError::WouldBlock | TryLockError::Error(_)) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_left_behind_is_swept_and_what_is_held_stays() {
        let folder = tempfile::tempdir().unwrap();
        let left = folder.path().join(format!("{PREFIX}abc{SUFFIX}"));
        let other = folder.path().join(".auris-farm-other");
        fs::write(&left, "half").unwrap();
        fs::write(&other, "not ours").unwrap();
        let target = folder.path().join("deep/er/a.flac");
        let held = Draft::begin(&target, false, &Swept::default()).unwrap();
        let beside = folder.path().join("b.flac");
        let second = Draft::begin(&beside, false, &Swept::default()).unwrap();
        assert!(!left.exists() && other.exists());
        sweep(target.parent().unwrap());
        assert!(held.path().exists());
        held.put().unwrap();
        assert!(target.exists() && !beside.exists());
        drop(second);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn nothing_is_replaced_unasked() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("a");
        let draft = Draft::begin(&target, false, &Swept::default()).unwrap();
        fs::write(&target, "quicker").unwrap();
        let error = draft.put().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        let draft = Draft::begin(&target, true, &Swept::default()).unwrap();
        draft.put().unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
