// SPDX-License-Identifier: MPL-2.0
//! Parametric equalisation in pure Rust. Nothing here knows a GStreamer type.
//!
//! - [`band`]: what a user sets: bands, point-wise gains, the curve they make.
//! - [`design`]: from a band to second-order sections.
//! - [`section`]: one of these.
//! - [`response`]: what a curve does, without audio.
//! - [`cascade`]: the kernel that runs sections over audio.
//! - [`equaliser`]: all of it on blocks of audio, with every change smoothed.
//! - [`text`]: Equalizer APO's configuration files.
//! - [`fir`]: long filters by partitioned convolution.
//! - [`crew`]: threads that share work out without allocating.
pub mod band;
pub mod cascade;
pub mod crew;
pub mod design;
pub mod equaliser;
pub mod fir;
pub mod response;
pub mod section;
pub mod text;
