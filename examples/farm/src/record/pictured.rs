// SPDX-License-Identifier: MPL-2.0
//! What became of one input of `picture`.
use super::{Format, Status};
use serde::{Deserialize, Serialize};

/// One line of the report of `picture`; `docs/picture.md` documents the fields.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename = "pictured")]
pub struct Pictured {
    /// [`SCHEMA`](super::SCHEMA).
    pub schema: u32,
    /// The input as it was found: a path or a URL.
    pub path: String,
    /// Where its picture lies, or would.
    pub output: Option<String>,
    /// Whether there is a picture.
    pub status: Status,
    /// Why there is none, for people; null when `status` is `ok`.
    pub error: Option<String>,
    /// The same for programs: as in [`Track`](super::Track), and `refused` (something is in the
    /// way).
    pub error_kind: Option<String>,
    /// What the user should know of the picture.
    pub warnings: Vec<String>,
    /// Length of the audio in seconds.
    pub duration_s: Option<f64>,
    /// Length of the audio in sample frames.
    pub frames: Option<u64>,
    /// Sample rate in Hz.
    pub rate: Option<u32>,
    /// Number of channels.
    pub channels: Option<u32>,
    /// The input's container and codec.
    pub input_format: Option<Format>,
    /// The picture.
    pub picture: Option<Drawn>,
}

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
