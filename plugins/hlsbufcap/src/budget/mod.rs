// SPDX-License-Identifier: MPL-2.0
//! Bytes that any number of elements of a process share.
//!
//! A budget has a name, and lives as long as anybody holds a part of it. Its size is the smallest
//! that any of its members asked for. Shares are worked out when a member comes, goes, or says what
//! it needs; whoever has less than before learns of it when it next asks.
mod share;

pub use share::Claim;
use share::share;

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak};

static BUDGETS: LazyLock<Mutex<HashMap<String, Weak<Budget>>>> = LazyLock::new(Mutex::default);

/// What is behind a lock here is whole after every statement, so a panic elsewhere spoils nothing.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Bytes under one name.
#[derive(Debug, Default)]
struct Budget {
    members: Mutex<Vec<Entry>>,
}

#[derive(Debug)]
struct Entry {
    id: u64,
    /// Size of the budget that it asked for.
    limit: Option<u64>,
    claim: Claim,
    level: u64,
    share: u64,
}

/// A part of a budget, given back when it is dropped.
#[derive(Debug)]
pub struct Member {
    budget: Arc<Budget>,
    id: u64,
}

/// How a budget stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// `None` where nobody set one.
    pub limit: Option<u64>,
    pub members: usize,
    /// Bytes that all of them hold.
    pub level: u64,
}

impl Member {
    /// Joins the budget of this name.
    pub fn join(name: &str, limit: Option<u64>, claim: Claim) -> Member {
        let budget = {
            let mut budgets = lock(&BUDGETS);
            budgets.retain(|_, budget| budget.strong_count() > 0);
            match budgets.get(name).and_then(Weak::upgrade) {
                Some(budget) => budget,
                None => {
                    let budget = Arc::new(Budget::default());
                    budgets.insert(name.to_owned(), Arc::downgrade(&budget));
                    budget
                }
            }
        };
        let mut members = lock(&budget.members);
        let id = members.iter().map(|entry| entry.id + 1).max().unwrap_or(0);
        members.push(Entry {
            id,
            limit,
            claim,
            level: 0,
            share: 0,
        });
        divide(&mut members);
        drop(members);
        Member { budget, id }
    }

    /// Says what it needs and holds now, and learns what it may hold.
    pub fn update(&self, limit: Option<u64>, claim: Claim, level: u64) -> u64 {
        let mut members = lock(&self.budget.members);
        let mut changed = false;
        if let Some(entry) = members.iter_mut().find(|entry| entry.id == self.id) {
            changed = entry.limit != limit || entry.claim != claim;
            (entry.limit, entry.claim, entry.level) = (limit, claim, level);
        }
        if changed {
            divide(&mut members);
        }
        let own = members.iter().find(|entry| entry.id == self.id);
        own.map_or(0, |entry| entry.share)
    }

    /// How its budget stands.
    pub fn standing(&self) -> Standing {
        let members = lock(&self.budget.members);
        Standing {
            limit: limit(&members),
            members: members.len(),
            level: members.iter().map(|entry| entry.level).sum(),
        }
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        let mut members = lock(&self.budget.members);
        members.retain(|entry| entry.id != self.id);
        divide(&mut members);
    }
}

fn limit(members: &[Entry]) -> Option<u64> {
    members.iter().filter_map(|entry| entry.limit).min()
}

fn divide(members: &mut [Entry]) {
    let claims: Vec<Claim> = members.iter().map(|entry| entry.claim).collect();
    let shares = match limit(members) {
        Some(total) => share(total, &claims),
        None => claims.iter().map(|claim| claim.most).collect(),
    };
    for (entry, share) in members.iter_mut().zip(shares) {
        entry.share = share;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Claim = Claim {
        floor: 100,
        most: 1 << 40,
        weight: 1.0,
    };

    #[test]
    fn the_smallest_limit_counts_and_what_is_left_behind_comes_back() {
        let first = Member::join("limits", Some(1000), ALL);
        let second = Member::join("limits", None, ALL);
        assert_eq!(first.update(Some(1000), ALL, 300), 500);
        assert_eq!(second.update(Some(600), ALL, 50), 300);
        let standing = Standing {
            limit: Some(600),
            members: 2,
            level: 350,
        };
        assert_eq!(first.standing(), standing);
        drop(second);
        assert_eq!(first.update(Some(1000), ALL, 300), 1000);
        assert_eq!(first.standing().members, 1);
    }

    #[test]
    fn names_are_apart_and_without_a_limit_everyone_has_what_it_wants() {
        let first = Member::join("apart", Some(10), ALL);
        let other = Member::join("elsewhere", None, ALL);
        assert_eq!(first.update(Some(10), ALL, 0), 10);
        assert_eq!(other.update(None, ALL, 0), ALL.most);
    }

    #[test]
    fn sixty_four_join_and_leave_at_once_and_never_have_more_than_there_is() {
        let total = 1 << 20;
        let watcher = Member::join("crowd", Some(total), ALL);
        std::thread::scope(|scope| {
            for number in 0..64u32 {
                scope.spawn(move || {
                    for turn in 0..50 {
                        let claim = Claim {
                            weight: f64::from(number + turn + 1),
                            ..ALL
                        };
                        let member = Member::join("crowd", Some(total), claim);
                        let share = member.update(Some(total), claim, 1);
                        assert!(share <= total);
                        let members = lock(&member.budget.members);
                        assert!(members.iter().map(|entry| entry.share).sum::<u64>() <= total);
                    }
                });
            }
        });
        assert_eq!(watcher.standing().members, 1);
        assert_eq!(watcher.update(Some(total), ALL, 0), total);
    }
}
