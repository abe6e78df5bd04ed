// SPDX-License-Identifier: MPL-2.0
//! Flags of `analyze`.
use super::{RenderArgs, RunArgs};
use clap::{Args, ValueEnum};
use std::fmt::{self, Display, Formatter};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::str::FromStr;

/// Flags of `analyze`. Those that are not given may be set in the environment or a file: `--explain` tells.
#[derive(Debug, Clone, Args)]
pub struct AnalyzeArgs {
    /// Files, folders (searched recursively for audio files), local playlists (.m3u, .m3u8, .pls), URLs,
    /// or `-` for a list on standard input (one per line, or NUL-separated)
    #[arg(value_name = "PATH", required_unless_present = "explain")]
    pub paths: Vec<PathBuf>,

    /// Folder for the manifest and the arrays; those have their input's name, and its place below the folder
    /// that was named
    #[arg(
        short,
        long,
        value_name = "DIR",
        required_unless_present = "explain",
        help_heading = "Output"
    )]
    pub out: Option<PathBuf>,

    /// Replace files that this program has not written; what it has is always replaced, and an input never
    #[arg(long, help_heading = "Output")]
    pub overwrite: bool,

    /// What is extracted: dr, loudness, mel, mfcc, descriptors, clap [default: all, clap where there is a model]
    #[arg(short, long, value_name = "LIST", help_heading = "Analysis")]
    pub extract: Option<Extract>,

    /// Sample rate in Hz that mel, mfcc and descriptors are computed at; 0 is that of each input
    /// [default: 48000; AUDIO_TARGET_SR]
    #[arg(long, value_name = "HZ", help_heading = "Analysis")]
    pub target_rate: Option<Hertz>,

    /// Form of the arrays beside the manifest [default: safetensors]
    #[arg(long, value_enum, value_name = "FORM", help_heading = "Output")]
    pub arrays: Option<ArrayForm>,

    /// The model.safetensors of a CLAP model, as transformers saves it
    #[arg(long, value_name = "FILE", help_heading = "CLAP")]
    pub model: Option<PathBuf>,

    /// Refuse any other model: its SHA-256 in hexadecimal digits
    #[arg(long, value_name = "DIGITS", help_heading = "CLAP")]
    pub model_sha256: Option<Sha256Hex>,

    /// What large products of the model are computed in [default: f32; bf16 if CLAP_ENABLE_AMP is true]
    #[arg(long, value_enum, value_name = "NAME", help_heading = "CLAP")]
    pub precision: Option<PrecisionArg>,

    /// Seconds of audio in a batch, where the engine makes any [default: 160; CLAP_MAX_BATCH_AUDIO_SECONDS]
    #[arg(long, value_name = "SECONDS", help_heading = "CLAP")]
    pub max_batch_seconds: Option<Seconds>,

    /// Labels to compare with: a file as the element clapembed takes it
    #[arg(long, value_name = "FILE", help_heading = "CLAP")]
    pub labels: Option<PathBuf>,

    /// Labels per segment and input, the best first [default: 5]
    #[arg(long, value_name = "N", help_heading = "CLAP")]
    pub top_k: Option<u32>,

    /// Seconds of audio in a segment, at most the model's 10 [default: 10; SEGMENT_WINDOW_SECONDS]
    #[arg(long, value_name = "SECONDS", help_heading = "CLAP")]
    pub segment_window: Option<Seconds>,

    /// Seconds from one segment to the next; 0 is the segment [default: 0; SEGMENT_HOP_SECONDS]
    #[arg(long, value_name = "SECONDS", help_heading = "CLAP")]
    pub segment_hop: Option<Seconds>,

    /// How the embeddings of segments become one [default: mean; SEGMENT_AGGREGATE_MODE]
    #[arg(long, value_enum, value_name = "MODE", help_heading = "CLAP")]
    pub aggregate: Option<AggregateArg>,

    /// Keep everything that was computed in this folder, which any number of processes may share, and
    /// compute only what is not there [default: none; CACHE_DIR]
    #[arg(long, value_name = "DIR", help_heading = "Cache")]
    pub cache: Option<PathBuf>,

    /// No cache, wherever one was set; so does CACHE_ENABLED=false
    #[arg(long, conflicts_with = "cache", help_heading = "Cache")]
    pub no_cache: bool,

    /// Hours after which what was cached counts no more; 0 for never [default: 0; CACHE_TTL_HOURS]
    #[arg(long, value_name = "HOURS", help_heading = "Cache")]
    pub cache_ttl: Option<Hours>,

    /// Most room for the cache in MiB; what was not used for longest goes first; 0 for no bound [default: 0]
    #[arg(long, value_name = "MIB", help_heading = "Cache")]
    pub cache_max_mb: Option<u64>,

    /// Also cache the audio at 48 kHz, mixed down (11.5 MB per minute): further features and embeddings then
    /// need no decoder
    #[arg(long, help_heading = "Cache")]
    pub cache_audio: bool,

    /// Read settings from this TOML file, by the names of the flags; flags and the environment go before
    #[arg(long, value_name = "FILE", help_heading = "Settings")]
    pub config: Option<PathBuf>,

    /// Print the settings and where each comes from, and do nothing
    #[arg(long, help_heading = "Settings")]
    pub explain: bool,

    /// Processor cores to use: inputs worked on at the same time (at most 4, unless --jobs says more) and
    /// threads of the CLAP engine [default: number of cores; PERF_THREADS]
    #[arg(long, value_name = "N", help_heading = "Resources")]
    pub threads: Option<NonZeroUsize>,

    /// How the run goes.
    #[command(flatten)]
    pub run: RunArgs,
}

impl AnalyzeArgs {
    /// What it has in common with other commands; `jobs` where the command line does not say.
    pub fn render(&self, jobs: NonZeroUsize) -> RenderArgs {
        RenderArgs {
            paths: self.paths.clone(),
            out: self.out.clone().unwrap_or_default(),
            overwrite: self.overwrite,
            run: RunArgs {
                jobs: self.run.jobs.or(Some(jobs)),
                ..self.run.clone()
            },
        }
    }
}

/// The text of a value that [`ValueEnum`] reads, both ways.
macro_rules! word {
    ($name:ident) => {
        impl Display for $name {
            fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
                let value = self.to_possible_value();
                f.write_str(value.as_ref().map_or("", |value| value.get_name()))
            }
        }

        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                <$name as ValueEnum>::from_str(text.trim(), true).map_err(|_| {
                    let all = Self::value_variants().iter().map(Self::to_string);
                    format!("write one of {}", all.collect::<Vec<_>>().join(", "))
                })
            }
        }
    };
}

/// Something that is computed of an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ValueEnum)]
pub enum Extractor {
    /// Dynamic range, peak and RMS
    Dr,
    /// EBU R128
    Loudness,
    /// Mel spectrum, as librosa has it
    Mel,
    /// Mel-frequency cepstral coefficients, as librosa has them
    Mfcc,
    /// Chroma, centroid, bandwidth, roll-off, flatness, flux, onset strength
    Descriptors,
    /// CLAP embeddings
    Clap,
}

word!(Extractor);

/// A list of extractors, each once and in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extract(Vec<Extractor>);

impl Extract {
    /// All of them, CLAP where there is a model.
    pub fn all(model: bool) -> Self {
        let all = Extractor::value_variants().iter().copied();
        Self(all.filter(|e| model || *e != Extractor::Clap).collect())
    }

    /// Whether it is among them.
    pub fn has(&self, extractor: Extractor) -> bool {
        self.0.contains(&extractor)
    }

    /// Those in it.
    pub fn iter(&self) -> impl Iterator<Item = Extractor> + '_ {
        self.0.iter().copied()
    }
}

impl Display for Extract {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.0.iter().map(Extractor::to_string).collect();
        f.write_str(&names.join(","))
    }
}

impl FromStr for Extract {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let named = text.split(',').map(FromStr::from_str);
        let mut all = named.collect::<Result<Vec<Extractor>, String>>()?;
        all.sort_unstable();
        all.dedup();
        Ok(Self(all))
    }
}

/// Form of the arrays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ArrayForm {
    /// One file per input with all its arrays
    Safetensors,
    /// One file per array, for `numpy.load`
    Npy,
    /// None: only the manifest
    None,
}

word!(ArrayForm);

/// What a model is computed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PrecisionArg {
    /// 32-bit floats
    F32,
    /// bfloat16
    Bf16,
    /// 8-bit integers
    Int8,
}

word!(PrecisionArg);

/// How embeddings become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AggregateArg {
    /// Not at all
    None,
    /// Mean
    Mean,
    /// Mean, weighted by the segments' energy
    Weighted,
    /// Mean of each number without its lowest and highest tenth
    Robust,
    /// Median of each number
    Median,
}

word!(AggregateArg);

/// A number within bounds, with its unit in its name.
macro_rules! bounded {
    ($(#[$about:meta])* $name:ident, $kind:ty, $valid:expr, $wanted:literal) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
        pub struct $name(pub $kind);

        impl Display for $name {
            fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                let number = text.trim().parse::<$kind>().ok();
                number.filter($valid).map(Self).ok_or_else(|| $wanted.to_owned())
            }
        }
    };
}

bounded!(
    /// Seconds, 0 to a day.
    Seconds, f64, |n| (0.0..=86_400.0).contains(n), "write seconds from 0 to 86400, such as 10 or 2.5"
);
bounded!(
    /// Hours, 0 to a hundred years.
    Hours, f64, |n| (0.0..=876_000.0).contains(n), "write hours from 0 to 876000, such as 24 or 0.5"
);
bounded!(
    /// A sample rate in Hz, 1000 to 768000, or 0.
    Hertz, u32, |n| *n == 0 || (1000..=768_000).contains(n),
    "write a sample rate from 1000 to 768000 Hz, such as 22050, or 0 for the input's own"
);

/// A SHA-256 in hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sha256Hex(pub String);

impl Display for Sha256Hex {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Sha256Hex {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = text.trim().to_ascii_lowercase();
        let valid = digits.len() == 64 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        valid
            .then_some(Self(digits))
            .ok_or_else(|| "write the 64 hexadecimal digits of a SHA-256".to_owned())
    }
}
