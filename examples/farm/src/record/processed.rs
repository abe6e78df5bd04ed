// SPDX-License-Identifier: MPL-2.0
//! What became of one input of `process`.
use super::Rendering;
use super::rendered::rendered;
use serde::{Deserialize, Serialize};

/// One line of the report of `process`; `docs/process.md` documents the fields.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename = "processed")]
pub struct Processed {
    /// What it has in common with others.
    #[serde(flatten)]
    pub rendering: Rendering,
    /// The result.
    pub result: Option<Written>,
}

rendered!(Processed, result);

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
