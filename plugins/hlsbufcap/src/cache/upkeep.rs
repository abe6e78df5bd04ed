// SPDX-License-Identifier: MPL-2.0
//! What is done to a cache rather than with it.
use super::files::Found;
use super::{Cache, Error, now};
use crate::budget::lock;
use std::collections::HashSet;
use std::time::Duration;

/// What is in a cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stat {
    pub segments: u64,
    pub bytes: u64,
    /// Seconds since 1970, of the segment that was not used for longest, and of the latest.
    pub oldest_use: Option<i64>,
    pub latest_use: Option<i64>,
}

/// What came of reading everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Check {
    /// Segments that are what they should be.
    pub right: u64,
    /// Those that were not, and are gone.
    pub wrong: u64,
    /// Those that somebody is just removing.
    pub busy: u64,
}

impl Cache {
    /// What is in it.
    ///
    /// # Errors
    /// Of the index.
    pub fn stat(&self) -> Result<Stat, Error> {
        self.write();
        let all = lock(&self.index).all()?;
        Ok(Stat {
            segments: all.len() as u64,
            bytes: all.iter().map(|one| one.length).sum(),
            oldest_use: all.first().map(|one| one.used),
            latest_use: all.last().map(|one| one.used),
        })
    }

    /// Reads everything, and forgets what is not what the index says.
    ///
    /// # Errors
    /// Of the index.
    pub fn verify(&self) -> Result<Check, Error> {
        self.write();
        let all = lock(&self.index).all()?;
        let mut check = Check::default();
        for one in all {
            let row = lock(&self.index).find(&one.key)?;
            let Some(row) = row else { continue };
            match self.files.read(&one.key, &row) {
                Found::Right(_) => check.right += 1,
                Found::Busy => check.busy += 1,
                Found::Wrong => {
                    check.wrong += 1;
                    self.forget(&one.key, &row);
                }
            }
        }
        Ok(check)
    }

    /// Lets go of what is older than `age`, and of what was not used for longest until no more than `bytes` are left, but
    /// never of what somebody reads. How many segments went.
    ///
    /// # Errors
    /// Of the index.
    pub fn prune(&self, bytes: u64, age: Option<Duration>) -> Result<u64, Error> {
        self.write();
        let mut gone = 0;
        if let Some(age) = age {
            let oldest = now().saturating_sub_unsigned(age.as_secs());
            let all = lock(&self.index).all()?;
            for one in all.iter().filter(|one| one.stored < oldest) {
                gone += u64::from(self.let_go(one));
            }
        }
        gone += self.evict(bytes);
        self.sweep(false)?;
        Ok(gone)
    }

    /// Lets go of what was not used for longest, until no more than `bytes` are left. How many went.
    pub(super) fn evict(&self, bytes: u64) -> u64 {
        let all = lock(&self.index).all().unwrap_or_default();
        let mut total: u64 = all.iter().map(|one| one.length).sum();
        let mut gone = 0;
        for one in &all {
            if total <= bytes {
                break;
            }
            if self.let_go(one) {
                total -= one.length;
                gone += 1;
            }
        }
        lock(&self.pending).total = Some(total);
        gone
    }

    /// Whether it is gone: not where somebody reads it.
    fn let_go(&self, one: &super::index::Listed) -> bool {
        let is_gone = self.files.remove(&one.key, one.nonce);
        is_gone && lock(&self.index).remove(&one.key).is_ok()
    }

    /// Removes files that the index knows nothing of.
    pub(super) fn sweep(&self, at_once: bool) -> Result<(), Error> {
        let all = lock(&self.index).all()?;
        let known: HashSet<_> = all.iter().map(|one| (one.key, one.nonce)).collect();
        let is_known = |key: &super::Key, nonce| known.contains(&(*key, nonce));
        self.files.sweep(is_known, at_once);
        Ok(())
    }
}
