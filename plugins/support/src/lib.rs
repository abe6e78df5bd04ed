// SPDX-License-Identifier: MPL-2.0
//! What every auris element needs from GStreamer.
//!
//! - [`lean`]: virtual methods without a detour.
//! - [`layout`]: from `GstAudioInfo` to the kernels' terms.
//! - [`planes`]: a buffer's samples without a copy.
//! - [`clip`]: which frames of a buffer lie in the segment.
//! - [`result_sink`]: where results go: the bus, now or at presentation time.
pub mod clip;
pub mod layout;
pub mod lean;
pub mod planes;
pub mod result_sink;
