// SPDX-License-Identifier: MPL-2.0
//! `auris-farm` as a program: what it answers, and what it does when something goes wrong.
//!
//! Media are made by GStreamer at test time; every child has a time limit.
mod analyze_place;
mod clap_model;
mod farm;
mod json_schema;
mod media;
mod server;

mod analyze;
mod analyze_cache;
mod analyze_kill;
mod analyze_runs;
mod analyze_settings;
mod endings;
mod footprint;
mod formats;
mod inputs;
mod memory;
mod merge;
mod mutants;
mod network;
mod picture;
mod process;
mod process_formats;
mod process_safety;
mod process_tags;
mod resume;
mod split;
mod tagging;
mod vorbis;
