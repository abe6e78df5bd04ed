// SPDX-License-Identifier: MPL-2.0
//! Filters of finite length: designed from a magnitude, applied by partitioned convolution.
//!
//! - [`design`]: taps from a magnitude response.
//! - [`filter`]: taps made ready, for many channels.
//! - [`convolver`]: audio through such a filter.
pub mod convolver;
pub mod design;
pub mod filter;
mod frames;
mod input;
mod kernel;
mod layout;
#[cfg(test)]
mod tests;
mod transform;
mod voice;
