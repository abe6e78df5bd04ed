// SPDX-License-Identifier: MPL-2.0
//! The report of `picture`.
use super::output::Output;
use super::{Look, json, text};
use crate::cli::ReportArg;
use crate::record::{Pictured, Status};
use console::Style;
use std::io::{self, Write};

/// A report in the making, on standard output.
pub struct PictureReporter {
    form: ReportArg,
    look: Look,
    json: json::Json,
    output: Output,
    inputs: usize,
    failed: usize,
}

impl PictureReporter {
    /// Begins it.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn open(form: ReportArg) -> io::Result<Self> {
        let mut reporter = Self {
            form,
            look: Look::of_stdout(),
            json: json::Json::default(),
            output: Output::open(None)?,
            inputs: 0,
            failed: 0,
        };
        reporter.write(|reporter, out| match reporter.form {
            ReportArg::Json => json::begin(out),
            ReportArg::Table => writeln!(out, "{:<7}{:>10}  Picture", "", "Duration"),
            ReportArg::Ndjson => Ok(()),
        })?;
        Ok(reporter)
    }

    /// Takes the record of an input.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn take(&mut self, record: &Pictured) -> io::Result<()> {
        self.inputs += 1;
        self.failed += usize::from(record.status == Status::Error);
        self.write(|reporter, out| match reporter.form {
            ReportArg::Json => reporter.json.record(out, record),
            ReportArg::Ndjson => json::line(out, record),
            ReportArg::Table => reporter.row(out, record),
        })
    }

    /// Completes it.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn finish(mut self) -> io::Result<()> {
        self.write(|reporter, out| match reporter.form {
            ReportArg::Json => json::end(out),
            ReportArg::Table if reporter.failed > 0 => {
                writeln!(
                    out,
                    "{} of {} inputs failed",
                    reporter.failed, reporter.inputs
                )
            }
            _ => Ok(()),
        })?;
        self.output.commit()
    }

    fn row(&self, out: &mut dyn Write, record: &Pictured) -> io::Result<()> {
        let failed = record.status == Status::Error;
        let (word, style) = if failed {
            ("ERROR", Style::new().red())
        } else {
            ("ok", Style::new().green())
        };
        let name = if failed {
            let reason = text::reason(record.error.as_deref());
            format!("{}: {reason}", text::printable(&record.path))
        } else {
            text::printable(record.output.as_deref().unwrap_or_default())
        };
        let word = format!("{word:<7}");
        let word = if self.look.colour {
            style.force_styling(true).apply_to(word).to_string()
        } else {
            word
        };
        writeln!(
            out,
            "{word}{:>10}  {name}",
            text::duration(record.duration_s),
        )
    }

    /// Flushes after each record: a reader at the other end of a pipe sees it at once.
    fn write(
        &mut self,
        act: impl FnOnce(&mut Self, &mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut line = Vec::new();
        act(self, &mut line)?;
        let writer = self.output.writer();
        let written = writer.write_all(&line).and_then(|()| writer.flush());
        written.map_err(|error| self.output.explain(error))
    }
}
