// SPDX-License-Identifier: MPL-2.0
//! SIMD of x86-64.
mod eight;
mod sixteen;

pub(crate) use eight::Eight;
pub(crate) use sixteen::Sixteen;
