// SPDX-License-Identifier: MPL-2.0
//! A file of NDJSON, which appears when it is complete.
use super::json;
use crate::output::Output;
use serde::Serialize;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Such a file in the making.
pub struct Lines(Output);

impl Lines {
    /// Begins one. What is at `path` is replaced by [`Lines::finish`]; dropped, it leaves that as it was.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn open(path: &Path) -> io::Result<Self> {
        Output::open(Some(path)).map(Lines)
    }

    /// Writes a line.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn take(&mut self, record: &impl Serialize) -> io::Result<()> {
        let written = json::line(self.0.writer(), record);
        written.map_err(|error| self.0.explain(error))
    }

    /// Puts it in its place.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn finish(self) -> io::Result<()> {
        self.0.commit()
    }

    /// Whether the file at `path` begins so, or is empty.
    pub fn begins_with(path: &Path, wanted: &[u8]) -> bool {
        let mut begin = Vec::new();
        let read = File::open(path)
            .and_then(|file| file.take(wanted.len() as u64).read_to_end(&mut begin));
        read.is_ok() && (begin.is_empty() || begin == wanted)
    }
}
