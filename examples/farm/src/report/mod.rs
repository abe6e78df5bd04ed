// SPDX-License-Identifier: MPL-2.0
//! Writes records, each as early as its format allows.
mod csv;
mod foo_dr;
mod json;
mod lines;
mod render;
mod table;
mod text;

pub use lines::Lines;
pub use render::{RenderReporter, Row};
pub use table::Look;

use crate::cli::Format;
use crate::output::Output;
use crate::record::{Album, Track};
use serde::Serialize;
use std::io::{self, Write};
use std::path::Path;

/// A report in the making.
///
/// Records come in the order of the inputs, an album after its last track. A closed pipe or a full
/// disk is the error of the call that met it; what was written before stays.
pub struct Reporter {
    layout: Box<dyn Layout + Send>,
    output: Output,
}

/// [`record::Record`](crate::record::Record), borrowed: the same `type` tag without a copy.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Record<'a> {
    Track(&'a Track),
    Album(&'a Album),
}

/// What a format does with each record.
trait Layout {
    /// Writes what stands before all records.
    fn begin(&mut self, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    /// Takes a track and the [`Album::path`] of the album it belongs to.
    fn track(&mut self, out: &mut dyn Write, track: &Track, album: Option<&str>) -> io::Result<()>;

    /// Takes an album all of whose tracks were taken.
    fn album(&mut self, out: &mut dyn Write, album: &Album) -> io::Result<()>;

    /// Writes what stands after all records.
    fn finish(&mut self, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}

impl Reporter {
    /// Begins a report in `file`, or on standard output where there is none. `file` is replaced only
    /// by [`Reporter::finish`]; a reporter that is dropped leaves it as it was.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn open(format: Format, file: Option<&Path>) -> io::Result<Self> {
        let look = if file.is_some() {
            Look::default()
        } else {
            Look::of_stdout()
        };
        Self::begin(format, look, Output::open(file)?)
    }

    /// Begins a report on any writer.
    ///
    /// # Errors
    /// Those of `writer`.
    pub fn to_writer(
        format: Format,
        look: Look,
        writer: Box<dyn Write + Send>,
    ) -> io::Result<Self> {
        Self::begin(format, look, Output::stream(writer))
    }

    fn begin(format: Format, look: Look, output: Output) -> io::Result<Self> {
        let layout: Box<dyn Layout + Send> = match format {
            Format::Table => Box::new(table::Table::new(look)),
            Format::Json => Box::new(json::Json::default()),
            Format::Ndjson => Box::new(json::Ndjson),
            Format::Csv => Box::new(csv::Csv),
            Format::FooDr => Box::new(foo_dr::FooDr::default()),
        };
        let mut reporter = Self { layout, output };
        reporter.write(|layout, out| layout.begin(out))?;
        Ok(reporter)
    }

    /// Takes a track and the [`Album::path`] of the album it belongs to, if any.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn track(&mut self, track: &Track, album: Option<&str>) -> io::Result<()> {
        self.write(|layout, out| layout.track(out, track, album))
    }

    /// Takes an album, all of whose tracks were taken.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn album(&mut self, album: &Album) -> io::Result<()> {
        self.write(|layout, out| layout.album(out, album))
    }

    /// Completes the report and puts it in its place.
    ///
    /// # Errors
    /// The output cannot be written or moved.
    pub fn finish(mut self) -> io::Result<()> {
        self.write(|layout, out| layout.finish(out))?;
        self.output.commit()
    }

    /// Flushes after each record: a reader at the other end of a pipe sees it at once.
    fn write(
        &mut self,
        act: impl FnOnce(&mut dyn Layout, &mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        let writer = self.output.writer();
        act(&mut *self.layout, writer)
            .and_then(|()| writer.flush())
            .map_err(|e| self.output.explain(e))
    }
}

#[cfg(test)]
mod tests;
