// SPDX-License-Identifier: MPL-2.0
//! The one table of flags: help, man page and completions are all made from it.
mod analyze;
mod cache;
mod labels;
mod merge;
mod pages;
mod picture;
mod process;
mod render;
mod values;

pub use analyze::{
    AggregateArg, AnalyzeArgs, ArrayForm, Extract, Extractor, Hertz, Hours, PrecisionArg, Seconds,
    Sha256Hex,
};
pub use cache::{CacheAction, CacheArgs};
pub use labels::{LabelsArgs, Template};
pub use merge::{MergeArgs, RowsArg};
pub use pages::{write_completions, write_man};
pub use picture::{ChannelsArg, Frequency, PaletteArg, PictureArgs, PoolingArg, ScaleArg, Size};
pub use process::{Bits, Dither, PhaseArg, ProcessArgs, Target};
pub use render::{RenderArgs, ReportArg, RunArgs};
pub use values::{DEFAULT_JOBS_LIMIT, Decibel, Gain, Shard, default_jobs};

use crate::record::Dialect;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::ffi::OsString;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;

/// Measures a music library (dynamic range, peaks, loudness), equalises it, draws its spectrograms, or
/// extracts features and embeddings.
///
/// Exit code: 0 when every input gave a result, 1 when at least one did not, 2 when the command
/// line is wrong, 130 when a signal ended the run early.
#[derive(Debug, Parser)]
#[command(
    name = "auris-farm",
    bin_name = "auris-farm",
    version,
    max_term_width = 100
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

impl Cli {
    /// Reads the process's arguments; prints help or the error and exits where clap says so.
    pub fn from_env() -> Self {
        Self::parse_from(values::join_optional_values(std::env::args_os()))
    }

    /// As [`Cli::from_env`], from any arguments (the first is the program's name).
    ///
    /// # Errors
    /// What clap says is wrong; help and version count as errors.
    pub fn try_from_args<I, T>(args: I) -> Result<Self, clap::Error>
    where
        I: IntoIterator<Item = T>,
        T: Into<OsString>,
    {
        let args = args.into_iter().map(Into::into);
        Self::try_parse_from(values::join_optional_values(args))
    }
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Measure files, folders, playlists and URLs
    Measure(Box<MeasureArgs>),
    /// Equalise files, folders, playlists and URLs, and write the results to a folder
    Process(Box<ProcessArgs>),
    /// Draw spectrograms of files, folders, playlists and URLs into a folder
    Picture(Box<PictureArgs>),
    /// Extract features, loudness and embeddings of files, folders, playlists and URLs into a manifest and arrays
    Analyze(Box<AnalyzeArgs>),
    /// Join manifests of `analyze` and their embeddings into a Parquet file
    Merge(MergeArgs),
    /// Make vectors of labels with the text tower of a CLAP model, for the element clapembed
    Labels(LabelsArgs),
    /// Show which GStreamer and plugins are found, and which decoder and encoder each format will use
    Doctor,
    /// Look after the segment cache of hlscapsrc
    Cache(CacheArgs),
    /// Write shell completions to standard output
    Completions {
        /// Shell to write them for
        shell: clap_complete::Shell,
    },
    /// Write the man page (roff) to standard output
    Man,
}

/// Flags of `measure`.
#[derive(Debug, Clone, Args)]
pub struct MeasureArgs {
    /// Files, folders (searched recursively for audio files), local playlists (.m3u, .m3u8, .pls), URLs,
    /// or `-` for a list on standard input (one per line, or NUL-separated)
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<PathBuf>,

    /// Inputs measured at the same time [default: number of cores, at most 4]
    #[arg(short, long, value_name = "N", help_heading = "Resources")]
    pub jobs: Option<NonZeroUsize>,

    /// Most memory to use, in MiB (1048576 bytes); jobs, queues and decoders are chosen to stay
    /// below it [default: no bound]
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

    /// Whether idle jobs may share one long lossless file; the result is the same (DR only: off with
    /// --loudness or --checksum)
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = Split::Auto, help_heading = "Resources")]
    pub split: Split,

    /// Form of the report
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value_t = Format::Table, help_heading = "Report")]
    pub format: Format,

    /// Write the report to FILE instead of standard output; FILE is replaced only when the report is
    /// complete
    #[arg(short, long, value_name = "FILE", help_heading = "Report")]
    pub output: Option<PathBuf>,

    /// Group tracks into albums and report each album's value; `--album` alone means `folder`
    /// [default: folder for table and foo_dr, none for json, ndjson and csv and with --shard]
    #[arg(
        long,
        value_enum,
        value_name = "BY",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "folder",
        help_heading = "Report"
    )]
    pub album: Option<AlbumBy>,

    /// Say less: no progress bar, no warnings
    #[arg(short, long, conflicts_with = "verbose", help_heading = "Report")]
    pub quiet: bool,

    /// Say more on standard error; twice for GStreamer's own messages
    #[arg(short, long, action = clap::ArgAction::Count, help_heading = "Report")]
    pub verbose: u8,

    /// No progress bar, even on a terminal
    #[arg(long, help_heading = "Report")]
    pub no_progress: bool,

    /// Whose published values the headline value follows: foobar (foobar2000 DR Meter 1.0.3), tt
    /// (dr14_t.meter) or exact (foobar without its quantisation)
    #[arg(long, value_enum, value_name = "NAME", default_value_t = DialectArg::Foobar, help_heading = "Measurement")]
    pub dialect: DialectArg,

    /// Leave LFE channels out of the headline value
    #[arg(long, help_heading = "Measurement")]
    pub exclude_lfe: bool,

    /// Leave blocks quieter than DB (dBFS, negative) out [default when given alone: -70]
    #[arg(
        long,
        value_name = "DB",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "-70",
        allow_negative_numbers = true,
        help_heading = "Measurement"
    )]
    pub silence_filter: Option<Decibel>,

    /// Leave out start and end where they are quieter than DB (dBFS, negative) [default when given alone: -60]
    #[arg(
        long,
        value_name = "DB",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "-60",
        allow_negative_numbers = true,
        help_heading = "Measurement"
    )]
    pub edge_trim: Option<Decibel>,

    /// Also measure EBU R128 loudness (LUFS), loudness range (LU) and true peak (dBTP); costs CPU
    #[arg(long, help_heading = "Measurement")]
    pub loudness: bool,

    /// Also compute the MD5 of the decoded samples (a FLAC file's own checksum)
    #[arg(long, help_heading = "Measurement")]
    pub checksum: bool,

    /// Whether a FLAC file's samples are compared with the MD5 that it carries; auto: inputs shorter
    /// than one minute
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = Verify::Auto, help_heading = "Measurement")]
    pub verify: Verify,

    /// `write`: store DYNAMIC RANGE (and, where --album gives a value, ALBUM DYNAMIC RANGE) in each
    /// measured FLAC, Ogg, MP3, M4A and WavPack file; the audio is never touched
    #[arg(long, value_enum, value_name = "ACTION", default_value_t = TagAction::None, help_heading = "Library")]
    pub tags: TagAction,

    /// Keep finished results in the file STATE and take them from it in the next run; an input whose
    /// size or time changed is measured again
    #[arg(long, value_name = "STATE", help_heading = "Library")]
    pub resume: Option<PathBuf>,

    /// Measure only part I of N (1-based, such as 2/4); each input always falls into the same part, and
    /// adding files moves no others. Name the paths in the same way in every part. No album values: an album's tracks fall into several parts
    #[arg(long, value_name = "I/N", help_heading = "Library")]
    pub shard: Option<Shard>,
}

impl MeasureArgs {
    /// Checks what clap's table cannot say.
    ///
    /// # Errors
    /// Album values asked of a part of the library, which would not be the albums' values. Show it with
    /// [`clap::Error::exit`], which ends with code 2.
    pub fn check(&self) -> Result<(), clap::Error> {
        if self.shard.is_some() && !matches!(self.album, None | Some(AlbumBy::None)) {
            return Err(clap::Error::raw(
                clap::error::ErrorKind::ArgumentConflict,
                "--album needs every track of an album, but --shard leaves some out: drop one of the two\n",
            ));
        }
        Ok(())
    }

    /// Jobs to run; see [`default_jobs`].
    pub fn jobs(&self) -> usize {
        default_jobs(self.jobs)
    }

    /// How tracks are grouped: as asked, or by folder where the report shows albums to people.
    pub fn album(&self) -> AlbumBy {
        match (self.album, self.shard, self.format) {
            (Some(by), ..) => by,
            (None, None, Format::Table | Format::FooDr) => AlbumBy::Folder,
            _ => AlbumBy::None,
        }
    }

    /// The settings of this command line that change what is stored of an input, for
    /// [`State::open`](crate::state::State::open).
    pub fn fingerprint(&self) -> String {
        let db = |value: Option<Decibel>| value.map_or("off".to_owned(), |db| db.0.to_string());
        format!(
            "dialect={:?} exclude-lfe={} loudness={} checksum={} verify={:?} silence-filter={} edge-trim={}",
            Dialect::from(self.dialect),
            self.exclude_lfe,
            self.loudness,
            self.checksum,
            self.verify,
            db(self.silence_filter),
            db(self.edge_trim),
        )
    }
}

/// Form of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Aligned columns for people
    Table,
    /// One JSON object
    Json,
    /// One JSON object per line, each written as soon as it is known
    Ndjson,
    /// RFC 4180 with a header line
    Csv,
    /// The log of foobar2000's DR Meter (foo_dr.txt)
    #[value(name = "foo_dr", alias = "foo-dr")]
    FooDr,
}

/// What makes tracks an album.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AlbumBy {
    /// No albums
    None,
    /// The folder that the files lie in
    Folder,
    /// Album and album artist tags; the discs of a set belong together
    Tag,
}

/// See [`Dialect`], whose command-line form this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DialectArg {
    /// foobar2000 DR Meter 1.0.3
    Foobar,
    /// dr14_t.meter
    Tt,
    /// As foobar, without its quantisation
    Exact,
}

impl From<DialectArg> for Dialect {
    fn from(arg: DialectArg) -> Self {
        match arg {
            DialectArg::Foobar => Self::Foobar,
            DialectArg::Tt => Self::Tt,
            DialectArg::Exact => Self::Exact,
        }
    }
}

/// When a FLAC file's MD5 is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Verify {
    /// Inputs shorter than one minute
    Auto,
    /// Every input that carries one
    Always,
    /// No input
    Never,
}

/// Whether a long file is shared between jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Split {
    /// When jobs are idle
    Auto,
    /// Never
    Never,
}

/// What is done to the measured files' tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TagAction {
    /// Nothing
    None,
    /// Store the values
    Write,
}

#[cfg(test)]
mod tests;
