// SPDX-License-Identifier: MPL-2.0
//! `auris-farm merge`: manifests and their embeddings as one Parquet file.
//!
//! - `manifests`: their records; `floats`: the arrays beside them.
//! - `columns`: what a row has of these; `table`: the file.
mod columns;
mod floats;
mod manifests;
mod table;

use crate::cli::{MergeArgs, RowsArg};
use crate::scratch;
use manifests::Manifests;
use std::error::Error;
use std::path::Path;
use std::process::ExitCode;
use std::rc::Rc;
use table::Table;

/// Runs the command.
///
/// # Errors
/// What cannot be read or written, with its name.
pub fn run(args: &MergeArgs) -> Result<ExitCode, Box<dyn Error>> {
    let mut manifests = Manifests::open(&args.manifests)?;
    if manifests.contains(&args.output) {
        let output = args.output.display();
        return Err(format!("--output {output}: it is a manifest; name another file").into());
    }
    let told = |error: &dyn std::fmt::Display| format!("{}: {error}", args.output.display());
    let file = scratch::beside(&args.output, 0o666).map_err(|error| told(&error))?;
    let written = match args.rows {
        RowsArg::Inputs => inputs(&mut manifests, file.as_file()),
        RowsArg::Segments => segments(&mut manifests, file.as_file()),
    };
    written?;
    file.as_file().sync_all().map_err(|error| told(&error))?;
    file.persist(&args.output).map_err(|error| told(&error))?;
    Ok(ExitCode::SUCCESS)
}

fn inputs(manifests: &mut Manifests, file: &std::fs::File) -> Result<(), Box<dyn Error>> {
    let mut table = Table::new(file, &columns::INPUTS)?;
    manifests.each(&mut |folder: &Path, record| {
        let embedding = match floats::find(&record, columns::AGGREGATE) {
            Some(array) => Some(floats::read(folder, array)?),
            None => None,
        };
        table.push(&columns::Input { record, embedding })?;
        Ok(())
    })?;
    Ok(table.finish()?)
}

fn segments(manifests: &mut Manifests, file: &std::fs::File) -> Result<(), Box<dyn Error>> {
    let mut table = Table::new(file, &columns::SEGMENTS)?;
    manifests.each(&mut |folder: &Path, record| {
        let mut rows = match floats::find(&record, columns::WINDOWS) {
            Some(array) => Some(floats::Rows::open(folder, array)?),
            None => None,
        };
        let record = Rc::new(record);
        for segment in &record.segments {
            let embedding = rows.as_mut().map(floats::Rows::next).transpose()?;
            table.push(&columns::Piece {
                record: record.clone(),
                segment: segment.clone(),
                embedding,
            })?;
        }
        Ok(())
    })?;
    Ok(table.finish()?)
}
