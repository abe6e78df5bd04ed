// SPDX-License-Identifier: MPL-2.0
//! A copy beside a file that takes its place.
use crate::scratch;
use crate::state::Stamp;
use rustix::fs::{XattrFlags, fgetxattr, flistxattr, fsetxattr};
use std::fs::{File, Metadata};
use std::io::{self, Seek};
use std::os::unix::fs::{MetadataExt, fchown};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Longest list of extended attributes, and longest value, that Linux allows.
const LONGEST_XATTR: usize = 64 << 10;

/// A copy in the same folder; dropped, it is gone.
pub(super) struct Replacement {
    temporary: NamedTempFile,
    target: PathBuf,
    metadata: Metadata,
}

impl Replacement {
    /// Copies the content of `original`, which lies at `path`.
    pub(super) fn of(path: &Path, original: &mut File) -> io::Result<Self> {
        let mut temporary = scratch::beside(path, 0o600)?;
        original.rewind()?;
        io::copy(original, temporary.as_file_mut())?;
        Ok(Self {
            temporary,
            target: path.to_owned(),
            metadata: original.metadata()?,
        })
    }

    /// The copy, for reading and writing.
    pub(super) fn file(&mut self) -> &mut File {
        self.temporary.as_file_mut()
    }

    /// Gives the copy its owner, rights and attributes and writes it to the disk.
    pub(super) fn complete(&mut self) -> io::Result<Stamp> {
        let original = File::open(&self.target)?;
        let file = self.temporary.as_file();
        // Only root may give a file away; the rights come after, as a new owner clears some.
        let _best_effort = fchown(file, Some(self.metadata.uid()), Some(self.metadata.gid()));
        copy_xattrs(&original, file);
        file.set_permissions(self.metadata.permissions())?;
        file.sync_all()?;
        Ok(Stamp::of_metadata(&file.metadata()?))
    }

    /// Puts the copy in the original's place, for good.
    pub(super) fn replace(self) -> io::Result<()> {
        self.temporary.persist(&self.target)?;
        let folder = self.target.parent().unwrap_or(Path::new("/"));
        // The file is in place; not every file system can sync a folder.
        let _best_effort = File::open(folder).and_then(|folder| folder.sync_all());
        Ok(())
    }
}

/// Best effort: not every file system has them, and some only root may set.
fn copy_xattrs(from: &File, to: &File) {
    let mut names = vec![0; LONGEST_XATTR];
    let Ok(length) = flistxattr(from, &mut names[..]) else {
        return;
    };
    let mut value = vec![0; LONGEST_XATTR];
    for name in names[..length]
        .split(|byte| *byte == 0)
        .filter(|name| !name.is_empty())
    {
        if let Ok(length) = fgetxattr(from, name, &mut value[..]) {
            let _best_effort = fsetxattr(to, name, &value[..length], XattrFlags::empty());
        }
    }
}
