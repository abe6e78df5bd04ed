// SPDX-License-Identifier: MPL-2.0
//! What every auris element needs from GStreamer.
//!
//! - [`lean`]: virtual methods without a detour.
//! - [`layout`]: from `GstAudioInfo` to the kernels' terms.
//! - [`planes`]: a buffer's samples without a copy.
//! - [`blocks`]: numbers as `GBytes`, in memory that is used again.
//! - [`clip`]: which frames of a buffer lie in the segment.
//! - [`recycle`]: element messages that are used again.
//! - [`result_sink`]: where results go: the bus, now or at presentation time.
pub mod blocks;
pub mod clip;
pub mod layout;
pub mod lean;
pub mod planes;
pub mod recycle;
pub mod result_sink;
