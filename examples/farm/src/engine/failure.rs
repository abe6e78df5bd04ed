// SPDX-License-Identifier: MPL-2.0
//! Why an input gave no result.
use crate::integrity::Damage;
use std::fmt;
use std::io;

/// The kinds of failure that a report tells apart; see `docs/measure-schema.md` and
/// `docs/process.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// There is no such input.
    Missing,
    /// The input contradicts itself.
    Damaged,
    /// Something is missing, most often the end.
    Truncated,
    /// Nothing in it to decode, or decoding it fails.
    Undecodable,
    /// This machine has no decoder for it.
    NoDecoder,
    /// It took longer than `--timeout`.
    Timeout,
    /// It does not fit into `--mem-budget-mb`.
    Budget,
    /// It could not be read, or its result not written.
    Io,
    /// Something is in the way of its result.
    Refused,
    /// Its result cannot be made in the format that was asked for.
    Unsupported,
    /// A fault of ours.
    Internal,
    /// The run was ended before the input was measured; not reported.
    Cancelled,
}

impl Kind {
    /// The word in the report.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Missing => "missing",
            Kind::Damaged => "damaged",
            Kind::Truncated => "truncated",
            Kind::Undecodable => "undecodable",
            Kind::NoDecoder => "no-decoder",
            Kind::Timeout => "timeout",
            Kind::Budget => "budget",
            Kind::Io => "io",
            Kind::Refused => "refused",
            Kind::Unsupported => "unsupported",
            Kind::Internal => "internal",
            Kind::Cancelled => "cancelled",
        }
    }
}

/// Why an input gave no result: a kind for programs, a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// For programs.
    pub kind: Kind,
    /// For people.
    pub message: String,
}

impl Failure {
    /// A failure of this kind.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Failure {
            kind,
            message: message.into(),
        }
    }

    /// Something that should not be possible.
    pub fn internal(error: impl fmt::Display) -> Self {
        Self::new(Kind::Internal, error.to_string())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Failure::new(Kind::Missing, "there is no such file"),
            _ => Failure::new(Kind::Io, format!("cannot be read: {error}")),
        }
    }
}

impl From<Damage> for Failure {
    fn from(damage: Damage) -> Self {
        match damage {
            Damage::Io(error) => error.into(),
            Damage::Truncated(_) | Damage::Empty => {
                Failure::new(Kind::Truncated, damage.to_string())
            }
            Damage::Damaged(_) => Failure::new(Kind::Damaged, damage.to_string()),
        }
    }
}
