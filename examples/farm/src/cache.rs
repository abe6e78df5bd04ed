// SPDX-License-Identifier: MPL-2.0
//! `cache`: looks after the segment cache of `hlscapsrc`.
use crate::cli::{CacheAction, CacheArgs};
use gsthlsbufcap::cache::{Cache, Stat};
use std::error::Error;
use std::io::Write;
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Seconds of a day.
const DAY: u64 = 86_400;

/// Does what `args` say, and writes what came of it, as `name value` on a line each.
///
/// # Errors
/// Where there is no cache, of its index, or of `out`.
pub fn run(args: &CacheArgs, out: &mut dyn Write) -> Result<ExitCode, Box<dyn Error>> {
    match &args.action {
        CacheAction::Stat { folder } => {
            let cache = Cache::open_existing(folder)?;
            write_stat(&cache.stat()?, out)?;
        }
        CacheAction::Verify { folder } => {
            let check = Cache::open_existing(folder)?.verify()?;
            writeln!(
                out,
                "right {}\nwrong {}\nbusy {}",
                check.right, check.wrong, check.busy
            )?;
            if check.wrong > 0 {
                return Ok(ExitCode::FAILURE);
            }
        }
        CacheAction::Prune {
            folder,
            max_mb,
            days,
        } => {
            let cache = Cache::open_existing(folder)?;
            let bytes = max_mb.map_or(u64::MAX, |mib| u64::from(mib) << 20);
            let age = days.map(|days| Duration::from_secs(u64::from(days) * DAY));
            let gone = cache.prune(bytes, age)?;
            writeln!(out, "gone {gone}")?;
            write_stat(&cache.stat()?, out)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn write_stat(stat: &Stat, out: &mut dyn Write) -> std::io::Result<()> {
    writeln!(out, "segments {}\nbytes {}", stat.segments, stat.bytes)?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.map_or(0, |now| now.as_secs() as i64);
    for (name, used) in [
        ("oldest-use", stat.oldest_use),
        ("latest-use", stat.latest_use),
    ] {
        if let Some(used) = used {
            writeln!(out, "{name} {} s ago", now.saturating_sub(used).max(0))?;
        }
    }
    Ok(())
}
