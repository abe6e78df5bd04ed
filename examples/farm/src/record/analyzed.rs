// SPDX-License-Identifier: MPL-2.0
//! What was extracted of one input: a line of an `audio_manifest_v1`.
//!
//! `docs/analyze.md` documents the fields, `docs/audio_manifest_v1.schema.json` is their JSON schema.
use super::{DynamicRange, Loudness, Rendered, Rendering};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A line of a manifest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename = "audio_manifest_v1")]
pub struct Analyzed {
    /// What it has in common with other records. Its `status` is `ok` if every extractor gave a result.
    #[serde(flatten)]
    pub rendering: Rendering,
    /// SHA-256 of the input's bytes in hexadecimal; null where it is no file and cannot be one.
    pub sha256: Option<String>,
    /// Size of the input in bytes.
    pub bytes: Option<u64>,
    /// How it was decoded.
    pub decoded: Option<Decoded>,
    /// What each extractor found.
    pub results: Results,
    /// The segments of which there are embeddings, in order.
    pub segments: Vec<Segment>,
    /// How their embeddings became one; null where they did not.
    pub aggregate_strategy: Option<String>,
    /// Where the arrays lie.
    pub arrays: Vec<ArrayRef>,
    /// Seconds that each stage took in this run; those that were not run are missing.
    pub timings: BTreeMap<String, f64>,
    /// Per extractor: `computed`, or `cached`. `audio` is there if decoded audio was cached, or taken from there.
    pub origins: BTreeMap<String, Origin>,
    /// Extractors without a result, and why.
    pub errors: BTreeMap<String, ExtractorError>,
    /// What computed it.
    pub versions: Versions,
}

impl From<Rendering> for Analyzed {
    fn from(rendering: Rendering) -> Self {
        Self {
            rendering,
            sha256: None,
            bytes: None,
            decoded: None,
            results: Results::default(),
            segments: Vec::new(),
            aggregate_strategy: None,
            arrays: Vec::new(),
            timings: BTreeMap::new(),
            origins: BTreeMap::new(),
            errors: BTreeMap::new(),
            versions: Versions::default(),
        }
    }
}

impl Rendered for Analyzed {
    fn rendering(&self) -> &Rendering {
        &self.rendering
    }

    fn rendering_mut(&mut self) -> &mut Rendering {
        &mut self.rendering
    }

    fn forget_result(&mut self) {
        self.decoded = None;
        self.results = Results::default();
        self.segments.clear();
        self.aggregate_strategy = None;
        self.arrays.clear();
        self.origins.clear();
    }
}

/// How an input was decoded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decoded {
    /// Sample frames.
    pub frames: u64,
    /// Sample rate in Hz.
    pub rate: u32,
    /// Channels.
    pub channels: u32,
    /// Sample format, as GStreamer calls it.
    pub sample_format: String,
    /// Factory name of the decoder; null for PCM.
    pub decoder: Option<String>,
    /// What elements warned of.
    pub warnings: Vec<String>,
}

/// What was found; what was not asked for, or failed, is null.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Results {
    /// Dynamic range.
    pub dr: Option<Dynamics>,
    /// EBU R128.
    pub loudness: Option<Loudness>,
    /// Mel spectrum.
    pub mel: Option<Features>,
    /// Cepstral coefficients.
    pub mfcc: Option<Features>,
    /// Descriptors.
    pub descriptors: Option<Features>,
    /// Embeddings.
    pub clap: Option<Embeddings>,
}

/// Dynamic range and levels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dynamics {
    /// As `measure` has it.
    #[serde(flatten)]
    pub range: DynamicRange,
    /// Highest absolute sample in dB of full scale; null for digital silence.
    pub peak_db: Option<f64>,
    /// RMS over all channels in dB, a full-scale sine reading 0; null for digital silence.
    pub rms_db: Option<f64>,
    /// Samples whose absolute value exceeds full scale.
    pub over_full_scale: u64,
    /// NaN and infinite samples, which count as 0.
    pub non_finite: u64,
}

/// Features frame by frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Features {
    /// The package whose definitions they follow.
    pub preset: String,
    /// Sample rate in Hz of what they were computed of.
    pub rate: u32,
    /// Samples of a frame.
    pub frame: usize,
    /// Samples from one frame to the next.
    pub hop: usize,
    /// Frames.
    pub frames: u64,
    /// The values of a frame, in their order.
    pub columns: Vec<Column>,
    /// Mean of each value over all frames; null where it was never a number.
    pub mean: Vec<Option<f64>>,
    /// Standard deviation.
    pub deviation: Vec<Option<f64>>,
    /// Least.
    pub least: Vec<Option<f64>>,
    /// Most.
    pub most: Vec<Option<f64>>,
}

/// Values of a frame that belong together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// What they are.
    pub name: String,
    /// How many.
    pub length: usize,
}

/// Embeddings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Embeddings {
    /// Numbers of an embedding.
    pub dimensions: usize,
    /// Segments.
    pub windows: u64,
    /// What the model was computed in.
    pub precision: String,
    /// Labels that fit the aggregate best, with their cosines, the best first; null without labels or aggregate.
    pub labels: Option<Vec<Score>>,
}

/// A label and how well it fits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// The label.
    pub label: String,
    /// The cosine, −1 to 1.
    pub score: f32,
}

/// A piece of an input that has an embedding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    /// Its number, from 0: the row of the embedding.
    pub index: u64,
    /// Where it begins, in seconds.
    pub start_s: f64,
    /// How long it is, in seconds, without what it was padded with.
    pub duration_s: f64,
    /// Labels that fit best, the best first; null without labels.
    pub labels: Option<Vec<Score>>,
}

/// Where an array lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArrayRef {
    /// Its name: `mel`, `mfcc`, `descriptors`, `clap.windows`, `clap.aggregate`.
    pub name: String,
    /// The file, as seen from the folder of the manifest.
    pub file: String,
    /// Type of its numbers: `float32`.
    pub dtype: String,
    /// Its dimensions, of which the last lies densest.
    pub shape: Vec<u64>,
}

/// Whether something was computed in this run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// In this run.
    Computed,
    /// In an earlier one, or another process.
    Cached,
}

/// Why an extractor has no result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExtractorError {
    /// For programs, as `error_kind`.
    pub kind: String,
    /// For people.
    pub message: String,
}

/// What computed a result.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versions {
    /// This program.
    pub auris: String,
    /// GStreamer.
    pub gstreamer: String,
    /// Instruction set of the kernels.
    pub instructions: String,
    /// SHA-256 of what may decode the input: element factories, their ranks and versions.
    pub decoders: Option<String>,
    /// SHA-256 of the CLAP model's file.
    pub model_sha256: Option<String>,
    /// What the CLAP model runs on: where it is the same, so are the embeddings.
    pub engine: Option<String>,
}
