// SPDX-License-Identifier: MPL-2.0
//! The report of commands that write a file per input.
use super::{Look, json, text};
use crate::cli::ReportArg;
use crate::output::Output;
use crate::record::{Analyzed, Pictured, Processed, Rendered, Status};
use console::Style;
use std::io::{self, Write};
use std::marker::PhantomData;

/// What a row of the table has beside the columns of all.
pub trait Row: Rendered {
    /// What the last column names.
    const RESULT: &'static str;
    /// Heading of the column of its own, if it has one; eleven wide with its space.
    const HEADING: Option<&'static str>;

    /// What stands in it.
    fn cell(&self) -> String;
}

impl Row for Processed {
    const RESULT: &'static str = "Result";
    const HEADING: Option<&'static str> = Some("Peak");

    fn cell(&self) -> String {
        let peak = self.result.as_ref().and_then(|result| result.peak_db);
        text::level(peak, "dB")
    }
}

impl Row for Pictured {
    const RESULT: &'static str = "Picture";
    const HEADING: Option<&'static str> = None;

    fn cell(&self) -> String {
        String::new()
    }
}

impl Row for Analyzed {
    const RESULT: &'static str = "Arrays";
    const HEADING: Option<&'static str> = Some("Loudness");

    fn cell(&self) -> String {
        let integrated = self.results.loudness.and_then(|l| l.integrated);
        text::level(integrated, "LUFS")
    }
}

/// A report in the making, on standard output.
pub struct RenderReporter<R> {
    form: ReportArg,
    look: Look,
    json: json::Json,
    output: Output,
    inputs: usize,
    failed: usize,
    records: PhantomData<R>,
}

impl<R: Row> RenderReporter<R> {
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
            records: PhantomData,
        };
        reporter.write(|reporter, out| match reporter.form {
            ReportArg::Json => json::begin(out),
            ReportArg::Table => {
                let own = R::HEADING.map(|heading| format!("{heading:>11}"));
                let own = own.unwrap_or_default();
                writeln!(out, "{:<7}{own}{:>10}  {}", "", "Duration", R::RESULT)
            }
            ReportArg::Ndjson => Ok(()),
        })?;
        Ok(reporter)
    }

    /// Takes the record of an input.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn take(&mut self, record: &R) -> io::Result<()> {
        self.inputs += 1;
        self.failed += usize::from(record.rendering().status == Status::Error);
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

    fn row(&self, out: &mut dyn Write, record: &R) -> io::Result<()> {
        let rendering = record.rendering();
        let failed = rendering.status == Status::Error;
        let (word, style) = if failed {
            ("ERROR", Style::new().red())
        } else {
            ("ok", Style::new().green())
        };
        let name = if failed {
            let reason = text::reason(rendering.error.as_deref());
            format!("{}: {reason}", text::printable(&rendering.path))
        } else {
            text::printable(rendering.output.as_deref().unwrap_or(&rendering.path))
        };
        let word = format!("{word:<7}");
        let word = if self.look.colour {
            style.force_styling(true).apply_to(word).to_string()
        } else {
            word
        };
        let own = R::HEADING.map(|_| format!("{:>11}", record.cell()));
        writeln!(
            out,
            "{word}{}{:>10}  {name}",
            own.unwrap_or_default(),
            text::duration(rendering.duration_s),
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
