// SPDX-License-Identifier: MPL-2.0
//! Filters of finite length: designed from a magnitude, applied by partitioned convolution.
//!
//! - [`design`]: taps from a magnitude response.
//! - [`convolver`]: many channels through long filters.
pub mod convolver;
pub mod design;
