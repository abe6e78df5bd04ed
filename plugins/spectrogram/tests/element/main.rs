// SPDX-License-Identifier: MPL-2.0
//! The element between two pads, and in pipelines.
mod caps;
mod formats;
mod live;
mod pace;
mod pipelines;
mod rig;
mod threads;
mod whole;
