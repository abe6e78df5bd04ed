// SPDX-License-Identifier: MPL-2.0
//! A result in the making: a file beside its place, which takes it when it is complete.
use crate::scratch;
use crate::state::Stamp;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// A file beside its place; dropped, it is gone.
pub struct Draft {
    file: NamedTempFile,
    target: PathBuf,
    overwrite: bool,
    /// What the file looks like that it may replace in any case.
    own: Option<Stamp>,
}

impl Draft {
    /// Begins one for `target`, whose folder is made if there is none.
    ///
    /// # Errors
    /// The system's.
    pub fn begin(target: &Path, overwrite: bool) -> io::Result<Self> {
        fs::create_dir_all(target.parent().unwrap_or(Path::new(".")))?;
        Ok(Draft {
            // As `File::create` would make it.
            file: scratch::beside(target, 0o666)?,
            target: target.to_owned(),
            overwrite,
            own: None,
        })
    }

    /// Lets it replace a file of this stamp.
    pub fn replacing(self, own: Option<Stamp>) -> Self {
        Draft { own, ..self }
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

    /// Its stamp, which it keeps when it is put in its place.
    ///
    /// # Errors
    /// The system's.
    pub fn stamp(&self) -> io::Result<Stamp> {
        Ok(Stamp::of_metadata(&self.file.as_file().metadata()?))
    }

    /// Where it goes.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Puts it in its place, for good.
    ///
    /// # Errors
    /// The system's; [`io::ErrorKind::AlreadyExists`] where something is there by now.
    pub fn put(self) -> io::Result<()> {
        let is_own = |own| Stamp::of(&self.target).ok() == Some(own);
        if self.overwrite || self.own.is_some_and(is_own) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_replaced_unasked() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("a");
        let draft = Draft::begin(&target, false).unwrap();
        fs::write(&target, "quicker").unwrap();
        let error = draft.put().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        let draft = Draft::begin(&target, true).unwrap();
        draft.put().unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"");
        // What looks as it did when it was our own.
        let own = Stamp::of(&target).ok();
        fs::write(&target, "changed").unwrap();
        let draft = Draft::begin(&target, false).unwrap().replacing(own);
        assert!(draft.put().is_err());
        let own = Stamp::of(&target).ok();
        let draft = Draft::begin(&target, false).unwrap().replacing(own);
        draft.put().unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
