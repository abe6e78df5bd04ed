// SPDX-License-Identifier: MPL-2.0
//! Flags of `merge`.
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Flags of `merge`.
#[derive(Debug, Clone, Args)]
pub struct MergeArgs {
    /// Manifests that `analyze` wrote, or folders of them; of an input that several name, the last one counts
    #[arg(value_name = "MANIFEST", required = true)]
    pub manifests: Vec<PathBuf>,

    /// The Parquet file, which appears when it is complete
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,

    /// What a row is
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = RowsArg::Inputs)]
    pub rows: RowsArg,
}

/// What a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RowsArg {
    /// An input, with its aggregated embedding
    Inputs,
    /// A segment, with its embedding
    Segments,
}
