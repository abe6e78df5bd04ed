// SPDX-License-Identifier: MPL-2.0
//! Flags of `cache`.
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Flags of `cache`.
#[derive(Debug, Clone, Args)]
pub struct CacheArgs {
    /// What to do with it.
    #[command(subcommand)]
    pub action: CacheAction,
}

/// What is done to a segment cache.
#[derive(Debug, Clone, Subcommand)]
pub enum CacheAction {
    /// Say how many segments and bytes are in it
    Stat {
        /// Folder of the cache
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
    /// Read every segment, and forget those that are damaged; exit code 1 where there were any
    Verify {
        /// Folder of the cache
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
    /// Let go of what was not used for longest, but never of what somebody reads
    Prune {
        /// Folder of the cache
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// Most that is left, in MiB (1048576 bytes)
        #[arg(long, value_name = "MIB")]
        max_mb: Option<u32>,
        /// Let go of what is older than so many days
        #[arg(long, value_name = "DAYS", required_unless_present = "max_mb")]
        days: Option<u32>,
    },
}
