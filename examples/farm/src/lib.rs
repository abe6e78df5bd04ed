// SPDX-License-Identifier: MPL-2.0
//! The parts of `auris-farm`.
//!
//! Arrows run one way: [`record`], the data contract, and [`integrity`], the reading of containers,
//! know nobody; [`cli`], [`inputs`], [`album`], [`report`], [`state`], [`tags`] and [`progress`] know
//! no GStreamer; `engine` decodes; [`measure`], and [`doctor`] use them all.
pub mod album;
pub mod allocator;
pub mod cli;
pub mod doctor;
mod engine;
pub mod inputs;
pub mod integrity;
pub mod measure;
pub mod picture;
pub mod process;
pub mod progress;
pub mod record;
pub mod report;
#[cfg(test)]
mod samples;
pub mod state;
pub mod tags;
