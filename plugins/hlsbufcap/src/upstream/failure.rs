// SPDX-License-Identifier: MPL-2.0
//! Why something could not be fetched.
use std::fmt;
use std::time::Duration;

/// Why something could not be fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// Nobody wants it any more.
    Cancelled,
    /// The server was silent for too long.
    Timeout,
    /// The server's answer, and how long it asks to wait before the next try.
    Status(u16, Option<Duration>),
    /// The connection.
    Network(String),
    /// More redirects than anybody means.
    Redirects,
    /// What came is not what it should be.
    Corrupt(String),
    /// What came could not be kept.
    Disk(String),
    /// The address.
    Address(String),
}

impl Failure {
    /// Whether another try may help.
    pub fn is_transient(&self) -> bool {
        match self {
            Failure::Timeout | Failure::Network(_) => true,
            Failure::Status(code, _) => matches!(code, 408 | 425 | 429 | 500 | 502 | 503 | 504),
            _ => false,
        }
    }

    /// Whether the server says that there is no such thing (any more).
    pub fn is_missing(&self) -> bool {
        matches!(self, Failure::Status(404 | 410, _))
    }

    /// The status that tells a client of ours.
    pub fn status(&self) -> u16 {
        match self {
            Failure::Status(code, _) if (400..600).contains(code) => *code,
            Failure::Timeout | Failure::Cancelled => 503,
            _ => 502,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Cancelled => f.write_str("it is no longer wanted"),
            Failure::Timeout => f.write_str("the server is silent"),
            Failure::Status(code, _) => write!(f, "the server answers {code}"),
            Failure::Network(why) => write!(f, "the connection failed: {why}"),
            Failure::Redirects => f.write_str("the server redirects without end"),
            Failure::Corrupt(why) => write!(f, "it is damaged: {why}"),
            Failure::Disk(why) => write!(f, "it cannot be kept: {why}"),
            Failure::Address(why) => write!(f, "the address is wrong: {why}"),
        }
    }
}
