// SPDX-License-Identifier: MPL-2.0
//! JSON: one object for the whole report, or one per line.
//!
//! `serde_json` writes infinite values and NaN as null, so neither can reach a reader.
use super::{Layout, Record};
use crate::record::{Album, SCHEMA, Track};
use serde::Serialize;
use std::io::{self, Write};

/// `{"schema":…,"records":[…]}`, one record per line.
#[derive(Default)]
pub(super) struct Json {
    records: usize,
}

/// One object per line.
pub(super) struct Ndjson;

impl Json {
    /// Writes the next record.
    pub(super) fn record(
        &mut self,
        out: &mut dyn Write,
        record: &impl Serialize,
    ) -> io::Result<()> {
        out.write_all(if self.records == 0 { b"\n" } else { b",\n" })?;
        self.records += 1;
        Ok(serde_json::to_writer(out, record)?)
    }
}

/// Writes what stands before all records.
pub(super) fn begin(out: &mut dyn Write) -> io::Result<()> {
    write!(out, "{{\"schema\":{SCHEMA},\"records\":[")
}

/// Writes what stands after all records.
pub(super) fn end(out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"\n]}\n")
}

/// Writes a record on a line of its own.
pub(super) fn line(out: &mut dyn Write, record: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, record)?;
    out.write_all(b"\n")
}

impl Layout for Json {
    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()> {
        begin(out)
    }

    fn track(
        &mut self,
        out: &mut dyn Write,
        track: &Track,
        _album: Option<&str>,
    ) -> io::Result<()> {
        self.record(out, &Record::Track(track))
    }

    fn album(&mut self, out: &mut dyn Write, album: &Album) -> io::Result<()> {
        self.record(out, &Record::Album(album))
    }

    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        end(out)
    }
}

impl Layout for Ndjson {
    fn track(
        &mut self,
        out: &mut dyn Write,
        track: &Track,
        _album: Option<&str>,
    ) -> io::Result<()> {
        line(out, &Record::Track(track))
    }

    fn album(&mut self, out: &mut dyn Write, album: &Album) -> io::Result<()> {
        line(out, &Record::Album(album))
    }
}
