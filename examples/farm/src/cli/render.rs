// SPDX-License-Identifier: MPL-2.0
//! Flags of all commands that write a file per input.
use super::{Shard, default_jobs};
use clap::{Args, ValueEnum};
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;

/// Flags of `process` and `picture` alike.
#[derive(Debug, Clone, Args)]
pub struct RenderArgs {
    /// Files, folders (searched recursively for audio files), local playlists (.m3u, .m3u8, .pls), URLs,
    /// or `-` for a list on standard input (one per line, or NUL-separated)
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<PathBuf>,

    /// Folder for the results; each has its input's name, and its place below the folder that was named
    #[arg(short, long, value_name = "DIR", help_heading = "Output")]
    pub out: PathBuf,

    /// Replace results that exist; an input is never replaced
    #[arg(long, help_heading = "Output")]
    pub overwrite: bool,

    /// How the run goes.
    #[command(flatten)]
    pub run: RunArgs,
}

/// Flags of all commands that write a file per input, whatever they are asked for.
#[derive(Debug, Clone, Args)]
pub struct RunArgs {
    /// Inputs worked on at the same time [default: number of cores, at most 4]
    #[arg(short, long, value_name = "N", help_heading = "Resources")]
    pub jobs: Option<NonZeroUsize>,

    /// Most memory to use, in MiB (1048576 bytes); jobs are chosen to stay below it [default: no bound]
    #[arg(long, value_name = "MIB", help_heading = "Resources")]
    pub mem_budget_mb: Option<NonZeroU32>,

    /// Seconds after which an input is given up as an error; 0 waits for ever
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 0,
        help_heading = "Resources"
    )]
    pub timeout: u32,

    /// Form of the report on standard output
    #[arg(short, long, value_enum, value_name = "FORM", default_value_t = ReportArg::Table, help_heading = "Report")]
    pub report: ReportArg,

    /// Say less: no progress bar, no warnings
    #[arg(short, long, conflicts_with = "verbose", help_heading = "Report")]
    pub quiet: bool,

    /// Say more on standard error; twice for GStreamer's own messages
    #[arg(short, long, action = clap::ArgAction::Count, help_heading = "Report")]
    pub verbose: u8,

    /// No progress bar, even on a terminal
    #[arg(long, help_heading = "Report")]
    pub no_progress: bool,

    /// Remember in the file STATE what is done, and do not do it again in the next run; an input that
    /// changed since is done again, and so is every one after a change of settings. What runs with STATE
    /// made of it is replaced then, unless somebody changed it
    #[arg(long, value_name = "STATE", help_heading = "Library")]
    pub resume: Option<PathBuf>,

    /// Do only part I of N (1-based, such as 2/4); each input always falls into the same part, and
    /// adding files moves no others. Name the paths in the same way in every part
    #[arg(long, value_name = "I/N", help_heading = "Library")]
    pub shard: Option<Shard>,
}

impl RunArgs {
    /// Jobs to run; see [`default_jobs`].
    pub fn jobs(&self) -> usize {
        default_jobs(self.jobs)
    }
}

/// Form of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportArg {
    /// Aligned columns for people
    Table,
    /// One JSON object
    Json,
    /// One JSON object per line, each written as soon as it is known
    Ndjson,
}
