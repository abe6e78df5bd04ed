// SPDX-License-Identifier: MPL-2.0
//! What every command that decodes needs: from a path to a running pipeline, within the budget.
//!
//! - [`drive`]: workers work, the calling thread takes results in order.
//! - [`source`]: what a file says of itself, and whether the decoder kept that.
//! - [`download`]: a file from the network is one here first; [`open`] does that, and looks.
//! - [`chain`]: which elements decode it.
//! - [`symphonia`]: decoders of our own.
//! - [`pipeline`]: builds these, runs them, and ends them whatever happens.
//! - [`memory`], [`pool`], [`turns`]: who may work when; [`registry`]: who is asked what a file is.
pub mod chain;
pub mod chosen;
pub mod download;
pub mod drive;
pub mod failure;
pub mod memory;
pub mod open;
pub mod pipeline;
pub mod pool;
pub mod registry;
pub mod source;
pub mod symphonia;
pub mod turns;
pub mod watchdog;

pub use chain::Plan;
pub use failure::{Failure, Kind};
