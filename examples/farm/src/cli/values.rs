// SPDX-License-Identifier: MPL-2.0
//! Values that clap has no parser for.
use super::AlbumBy;
use clap::ValueEnum;
use std::ffi::OsString;
use std::num::{NonZeroU32, NonZeroUsize};
use std::str::FromStr;

/// Most jobs that are started unless the user asks for more.
pub const DEFAULT_JOBS_LIMIT: usize = 4;

/// Jobs to run: as asked, or one per core up to [`DEFAULT_JOBS_LIMIT`].
pub fn default_jobs(asked: Option<NonZeroUsize>) -> usize {
    asked.map_or_else(
        || {
            std::thread::available_parallelism()
                .map_or(1, NonZeroUsize::get)
                .min(DEFAULT_JOBS_LIMIT)
        },
        NonZeroUsize::get,
    )
}

/// Part `index` of `count` of a library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// 1 to `count`.
    index: NonZeroU32,
    count: NonZeroU32,
}

impl Shard {
    /// Part `index` (1-based) of `count`; `None` unless 1 ≤ `index` ≤ `count`.
    pub fn new(index: u32, count: u32) -> Option<Self> {
        let (index, count) = (NonZeroU32::new(index)?, NonZeroU32::new(count)?);
        (index <= count).then_some(Self { index, count })
    }

    /// Whether an input of this name belongs to this part. It depends on the name alone and never
    /// changes between versions, so that shards measured on different machines and days fit together.
    pub fn contains(self, name: &[u8]) -> bool {
        let part = mix(fnv1a(name)) % u64::from(self.count.get());
        part + 1 == u64::from(self.index.get())
    }
}

fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// FNV's low bits are poor and a remainder reads nothing else: spread the high ones over them.
fn mix(mut hash: u64) -> u64 {
    for factor in [0xff51_afd7_ed55_8ccd, 0xc4ce_b9fe_1a85_ec53] {
        hash = (hash ^ (hash >> 33)).wrapping_mul(factor);
    }
    hash ^ (hash >> 33)
}

impl std::fmt::Display for Shard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.split_once('/')
            .and_then(|(index, count)| Self::new(index.parse().ok()?, count.parse().ok()?))
            .ok_or_else(|| "write I/N with 1 ≤ I ≤ N, such as 2/4".to_owned())
    }
}

/// A level in dB of full scale, −200 to 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Decibel(pub f64);

impl FromStr for Decibel {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse::<f64>() {
            Ok(db) if (-200.0..=0.0).contains(&db) => Ok(Self(db)),
            _ => Err("write a level in dBFS from -200 to 0, such as -60".to_owned()),
        }
    }
}

/// A gain in dB, −120 to 120.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gain(pub f64);

impl FromStr for Gain {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse::<f64>() {
            Ok(db) if (-120.0..=120.0).contains(&db) => Ok(Self(db)),
            _ => Err("write a gain in dB from -120 to 120, such as -6.5".to_owned()),
        }
    }
}

/// Lets a flag whose value is optional take it as a word of its own.
///
/// clap can only read `--album=tag` without also reading the first path of `--album music/` as a
/// value. So a following word is joined to its flag where it can only be a value; a folder that is
/// called `tag` is still reached as `./tag`.
pub(super) fn join_optional_values(args: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut joined = Vec::<OsString>::new();
    let mut only_paths = false;
    for arg in args {
        let flag = joined.last().and_then(|last| last.to_str());
        let is_value = match (flag, arg.to_str()) {
            (Some("--album"), Some(word)) => AlbumBy::from_str(word, false).is_ok(),
            (Some("--silence-filter" | "--edge-trim"), Some(word)) => word.parse::<f64>().is_ok(),
            _ => false,
        };
        match joined.last_mut() {
            Some(flag) if is_value && !only_paths => {
                flag.push("=");
                flag.push(arg);
            }
            _ => {
                only_paths |= arg == "--";
                joined.push(arg);
            }
        }
    }
    joined
}
