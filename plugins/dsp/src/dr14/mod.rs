// SPDX-License-Identifier: MPL-2.0
//! DR14 dynamic range: the distance between the peak and the RMS of the loudest fifth, over blocks
//! of about three seconds.
//!
//! [`Meter`] takes samples and keeps, per block and channel, a sum of squares and a peak
//! ([`cells`]); [`Measurement`] holds them, can be joined with that of the next part of the same
//! file, and is evaluated into a [`Report`] in three [`Dialect`]s that published tools use.
//!
//! The algorithm is the one of the Pleasurize Music Foundation's TT meter as those tools implement
//! it; `ARCHITECTURE.md` names them and `tests/data/dr_reference.csv` holds their figures.
mod accumulate;
mod blocks;
pub mod cells;
mod core;
mod limited;
mod measurement;
mod meter;
mod report;
mod rows;

pub use accumulate::{Kernel, Oddities, kernel};
pub use blocks::Dialect;
pub use measurement::{JoinError, Measurement};
pub use meter::{Config, MIN_QUIET_SECONDS, Meter};
pub use report::{ChannelReport, Options, Report, Value};

#[cfg(test)]
mod tests;
