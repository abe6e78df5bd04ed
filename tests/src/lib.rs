// SPDX-License-Identifier: MPL-2.0
//! Shared fixtures for the tests that cross elements.
//!
//! A plugin joins by its line in `plugins/plugins.txt` and its dependency in this crate's manifest.
use cargo_metadata::{Metadata, MetadataCommand};
use std::{path::PathBuf, sync::Once};

pub mod edge_cases;
pub mod pcg64;
pub mod reference;
pub mod rig;

include!(concat!(env!("OUT_DIR"), "/plugins.rs"));

/// Initialises GStreamer with every plugin of the project registered; any number of calls.
///
/// # Panics
/// If GStreamer or a plugin refuses.
pub fn init() {
    static INIT: Once = Once::new();
    INIT.call_once(|| {
        gst::init().expect("GStreamer starts");
        register().expect("every plugin registers");
    });
}

/// The root of the repository.
pub fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// What cargo knows of the workspace and its dependencies on this platform.
///
/// # Panics
/// If cargo fails.
pub fn metadata() -> Metadata {
    let options = ["--locked", "--filter-platform", env!("TEST_TARGET")];
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .other_options(options.map(str::to_owned))
        .exec()
        .expect("cargo metadata answers")
}
