// SPDX-License-Identifier: MPL-2.0
//! What became of one input of `picture`.
use super::Rendering;
use super::rendered::rendered;
use serde::{Deserialize, Serialize};

/// One line of the report of `picture`; `docs/picture.md` documents the fields.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename = "pictured")]
pub struct Pictured {
    /// What it has in common with others.
    #[serde(flatten)]
    pub rendering: Rendering,
    /// The picture.
    pub picture: Option<Drawn>,
}

rendered!(Pictured, picture);

/// The file that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drawn {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// The text above it; empty for none.
    pub title: String,
    /// Size of the file in bytes.
    pub bytes: u64,
}
