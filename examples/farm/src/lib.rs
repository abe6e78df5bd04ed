// SPDX-License-Identifier: MPL-2.0
//! The parts of `auris-farm`.
//!
//! Arrows run one way: [`record`], the data contract, [`integrity`], the reading of containers, and
//! [`scratch`], files in the making, know nobody; [`cli`], [`inputs`], [`album`], [`report`], [`labels`], [`state`],
//! [`tags`] and [`progress`] know no GStreamer; `engine` decodes; `render` writes files per input with it,
//! for [`process`], [`picture`] and [`analyze`]; these, [`measure`] and [`doctor`] use them all.
//! [`cache`] uses the plugin alone.
pub mod album;
pub mod allocator;
pub mod analyze;
pub mod cache;
pub mod cli;
pub mod doctor;
mod engine;
pub mod inputs;
pub mod integrity;
pub mod labels;
pub mod measure;
pub mod merge;
mod output;
pub mod picture;
pub mod process;
pub mod progress;
pub mod record;
mod render;
pub mod report;
#[cfg(test)]
mod samples;
pub mod scratch;
pub mod state;
pub mod tags;
