// SPDX-License-Identifier: MPL-2.0
//! Which files are results that runs with this state wrote.
use super::{Stamp, State, StateError};
use crate::inputs::Source;
use redb::{ReadableDatabase, StorageError, TableDefinition, TableError, WriteTransaction};
use std::os::unix::ffi::OsStringExt;
use std::path::Path;

/// Absolute path of a file that was written, and input that it was made of → its [`Stamp`]s as JSON, whatever the
/// settings: the last, and before that the one that it replaces.
const OUTPUTS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("auris-farm outputs");

/// A path and its stamps, as they are stored.
pub(super) type Output = (Vec<u8>, Vec<u8>);

impl State {
    /// The stamp of a file, if a run with this state made it of this input, with whatever settings, and nobody has
    /// written to it since.
    ///
    /// # Errors
    /// The state cannot be read.
    pub fn written(&self, source: &Source, file: &Path) -> Result<Option<Stamp>, StateError> {
        let Ok(now) = Stamp::of(file) else {
            return Ok(None);
        };
        let read = self.database.begin_read().map_err(|e| self.error(e))?;
        let table = match read.open_table(OUTPUTS) {
            // No result was stored yet, or all were by an earlier version.
            Err(TableError::TableDoesNotExist(_)) => return Ok(None),
            table => table.map_err(|e| self.error(e))?,
        };
        let value = table
            .get(output_key(source, file).as_slice())
            .map_err(|e| self.error(e))?;
        let stamps: Option<Vec<Stamp>> =
            value.and_then(|value| serde_json::from_slice(value.value()).ok());
        Ok(stamps
            .is_some_and(|stamps| stamps.contains(&now))
            .then_some(now))
    }

    /// What is to be stored of files that are about to be put in their places.
    pub(super) fn outputs(
        &self,
        source: &Source,
        files: &[(&Path, Stamp)],
    ) -> Result<Vec<Output>, StateError> {
        let output = |(file, stamp): &(&Path, Stamp)| {
            // A kill before the new file is in place leaves the old one, which is still this program's.
            let stamps: Vec<Stamp> = self
                .written(source, file)?
                .into_iter()
                .chain([*stamp])
                .collect();
            let value = serde_json::to_vec(&stamps);
            let value = value.map_err(|e| self.error(StorageError::Io(e.into())))?;
            Ok((output_key(source, file), value))
        };
        files.iter().map(output).collect()
    }

    /// Stores it.
    pub(super) fn put(
        &self,
        write: &WriteTransaction,
        outputs: &[Output],
    ) -> Result<(), StateError> {
        if outputs.is_empty() {
            return Ok(());
        }
        let mut table = write.open_table(OUTPUTS).map_err(|e| self.error(e))?;
        for (key, value) in outputs {
            let inserted = table.insert(key.as_slice(), value.as_slice());
            inserted.map_err(|e| self.error(e))?;
        }
        Ok(())
    }
}

fn output_key(source: &Source, file: &Path) -> Vec<u8> {
    let whole = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    let mut key = whole.into_os_string().into_vec();
    key.push(0);
    key.extend(input_key(source));
    key
}

/// What an input is called in keys.
pub(super) fn input_key(source: &Source) -> Vec<u8> {
    // A file may be called like a URL.
    let kind: &[u8] = if source.path().is_some() {
        b"file\0"
    } else {
        b"url\0"
    };
    [kind, source.as_bytes()].concat()
}
