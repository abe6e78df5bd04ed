// SPDX-License-Identifier: MPL-2.0
//! What became of one input of `process`.
use super::{Format, Status};
use serde::{Deserialize, Serialize};

/// One line of the report of `process`; `docs/process.md` documents the fields.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename = "processed")]
pub struct Processed {
    /// [`SCHEMA`](super::SCHEMA).
    pub schema: u32,
    /// The input as it was found: a path or a URL.
    pub path: String,
    /// Where its result lies, or would.
    pub output: Option<String>,
    /// Whether there is a result.
    pub status: Status,
    /// Why there is none, for people; null when `status` is `ok`.
    pub error: Option<String>,
    /// The same for programs: as in [`Track`](super::Track), and `refused` (something is in the
    /// way), `unsupported` (the format cannot be made of this input).
    pub error_kind: Option<String>,
    /// What the user should know of the result.
    pub warnings: Vec<String>,
    /// Length of the result in seconds.
    pub duration_s: Option<f64>,
    /// Length of the result in sample frames.
    pub frames: Option<u64>,
    /// Sample rate of the result in Hz.
    pub rate: Option<u32>,
    /// Number of channels.
    pub channels: Option<u32>,
    /// The input's container and codec.
    pub input_format: Option<Format>,
    /// The result.
    pub result: Option<Written>,
}

/// The file that was written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Written {
    /// Its format, as `--format` calls it.
    pub format: String,
    /// Factory name of the encoder; null for PCM.
    pub encoder: Option<String>,
    /// Sample format at the encoder's input, as GStreamer calls it.
    pub sample_format: String,
    /// Significant bits of its samples.
    pub bits: u32,
    /// Size in bytes.
    pub bytes: u64,
    /// Highest sample after the equaliser, in dBFS; null for silence.
    pub peak_db: Option<f64>,
    /// Samples that were limited to full scale.
    pub clipped: u64,
    /// Samples that were no number and became silence.
    pub non_finite: u64,
    /// Tags that are no longer true and were left out.
    pub dropped_tags: Vec<String>,
}
