// SPDX-License-Identifier: MPL-2.0
//! Files in the making, beside the place that they will take.
//!
//! While one exists it is locked. What is not was left by a run that was killed, and goes when the next
//! one makes a file in the same folder.
use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use tempfile::NamedTempFile;

/// By this and [`SUFFIX`] our files are told from others'.
const PREFIX: &str = ".auris-farm-";
const SUFFIX: &str = ".part";

/// Folders in which this process has looked for what killed ones left.
static SWEPT: Mutex<Option<HashSet<PathBuf>>> = Mutex::new(None);

/// Makes one in the folder of `target`, of which the umask leaves what it does of `mode`; dropped, it is
/// gone.
///
/// # Errors
/// The system's.
pub fn beside(target: &Path, mode: u32) -> io::Result<NamedTempFile> {
    let folder = target
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let is_new = {
        let mut swept = SWEPT.lock().unwrap_or_else(PoisonError::into_inner);
        swept.get_or_insert_default().insert(folder.to_owned())
    };
    if is_new {
        sweep(folder);
    }
    loop {
        let file = tempfile::Builder::new()
            .prefix(PREFIX)
            .suffix(SUFFIX)
            .permissions(Permissions::from_mode(mode))
            .tempfile_in(folder)?;
        // A file system without locks: nobody sweeps there.
        let _best_effort = file.as_file().lock();
        // Another run may have swept it away before it was locked.
        let there = fs::metadata(file.path()).ok().map(|m| m.ino());
        if there == Some(file.as_file().metadata()?.ino()) {
            return Ok(file);
        }
    }
}

/// Removes what killed runs left in `folder`; what cannot be looked at stays.
fn sweep(folder: &Path) {
    let is_ours = |name: &OsStr| {
        name.as_bytes().starts_with(PREFIX.as_bytes())
            && name.as_bytes().ends_with(SUFFIX.as_bytes())
    };
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries.filter(|entry| is_ours(&entry.file_name())) {
        if !entry.file_type().is_ok_and(|kind| kind.is_file()) {
            continue;
        }
        let Ok(file) = File::open(entry.path()) else {
            continue;
        };
        // Its owner is gone: while it lives, it holds the lock.
        if file.try_lock().is_ok() {
            let _best_effort = fs::remove_file(entry.path());
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
        let held = beside(&folder.path().join("b.flac"), 0o666).unwrap();
        assert!(!left.exists() && other.exists());
        sweep(folder.path());
        assert!(held.path().exists());
        let path = held.path().to_owned();
        drop(held);
        assert!(!path.exists() && other.exists());
    }
}
