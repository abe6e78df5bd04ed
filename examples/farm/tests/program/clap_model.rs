// SPDX-License-Identifier: MPL-2.0
//! The small made-up model of the CLAP engine's own tests.
#[path = "../../../../plugins/clap/tests/common/mod.rs"]
mod common;

use std::fs;
use std::path::{Path, PathBuf};

/// Writes it into a folder.
pub fn write(folder: &Path) -> PathBuf {
    let path = folder.join("model.safetensors");
    fs::write(&path, common::model(&common::TINY)).unwrap();
    path
}
