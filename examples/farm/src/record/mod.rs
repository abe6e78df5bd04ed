// SPDX-License-Identifier: MPL-2.0
//! What is known of one input after it was measured: the data contract of every report format.
//!
//! `docs/measure-schema.md` documents these fields for those who read the JSON; a change that
//! removes or redefines one raises [`SCHEMA`].
mod analyzed;
mod pictured;
mod processed;
mod rendered;

pub use analyzed::{
    Analyzed, ArrayRef, Column, Decoded, Dynamics, Embeddings, ExtractorError, Features, Origin,
    Results, Score, Segment, Versions,
};
pub use pictured::{Drawn, Pictured};
pub use processed::{Processed, Written};
pub use rendered::{Rendered, Rendering};

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Version of the JSON that `measure` writes.
pub const SCHEMA: u32 = 1;

/// Whether an input gave a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Measured to its end, and nothing in the file contradicts that.
    Ok,
    /// Not measured, or not to be trusted: `error` says why and `dr` is null.
    Error,
}

/// One line of a report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Record {
    /// One input.
    Track(Box<Track>),
    /// Several inputs that belong together.
    Album(Box<Album>),
}

/// One input and its measurement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Track {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The input as it was found: a path or a URL.
    pub path: String,
    /// Whether the input gave a result.
    pub status: Status,
    /// Why there is no result, for people; null when `status` is `ok`.
    pub error: Option<String>,
    /// The same for programs: `missing`, `damaged`, `truncated`, `undecodable`, `no-decoder`,
    /// `timeout`, `budget`, `io`, `internal`.
    pub error_kind: Option<String>,
    /// Oddities that do not forbid a result.
    pub warnings: Vec<String>,
    /// Decoded length in seconds.
    pub duration_s: Option<f64>,
    /// Decoded length in sample frames.
    pub frames: Option<u64>,
    /// Sample rate in Hz.
    pub rate: Option<u32>,
    /// Number of channels.
    pub channels: Option<u32>,
    /// Size of the input in bytes, where it is a file.
    pub bytes: Option<u64>,
    /// Container and codec, as GStreamer names their media types.
    pub format: Option<Format>,
    /// True when the decoder could only give samples that it had already limited to full scale.
    pub clipped_by_decoder: Option<bool>,
    /// Dynamic range, or null when there is none to trust.
    pub dr: Option<DynamicRange>,
    /// Highest absolute sample in dB of full scale; null for digital silence.
    pub peak_db: Option<f64>,
    /// Root mean square over all channels in dB, a full-scale sine reading 0 (the `RMS` of foobar2000's log).
    pub rms_db: Option<f64>,
    /// Samples whose absolute value exceeds full scale.
    pub over_full_scale: u64,
    /// NaN and infinite samples, which count as 0.
    pub non_finite: u64,
    /// EBU R128, when asked for.
    pub loudness: Option<Loudness>,
    /// MD5 of the PCM in hexadecimal, when asked for.
    pub md5: Option<String>,
    /// Title, artist, album, … as far as the input has them; keys in lower case:
    /// `title`, `artist`, `album`, `album-artist`, `track-number`, `album-disc-number`.
    pub tags: BTreeMap<String, String>,
}

/// Container, codec and the element that decoded it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Format {
    /// Media type of the container, such as `audio/x-wav` or `video/quicktime`.
    pub container: Option<String>,
    /// Media type of the coded audio, such as `audio/x-flac`.
    pub codec: Option<String>,
    /// GStreamer sample format that was measured, such as `S16LE`.
    pub sample_format: Option<String>,
    /// Bits per sample of the source, where the container knows.
    pub bits: Option<u32>,
    /// Factory name of the decoder; null for PCM.
    pub decoder: Option<String>,
    /// Whether decoding gives the original samples.
    pub lossless: bool,
}

/// Which published tool the headline value follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// foobar2000 DR Meter 1.0.3.
    Foobar,
    /// dr14_t.meter.
    Tt,
    /// As foobar, without its quantisation of block RMS.
    Exact,
}

/// A dynamic range in whole and in fractional dB.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct DrValue {
    /// The whole number that is published; null without a measurable channel.
    pub official: Option<i64>,
    /// Before rounding, in dB.
    pub precise: Option<f64>,
}

/// Dynamic range of one input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DynamicRange {
    /// Headline value, rounded as `dialect` rounds; null for digital silence.
    pub official: Option<i64>,
    /// Headline value before rounding, in dB.
    pub precise: Option<f64>,
    /// What `official`, `precise` and `channels` follow.
    pub dialect: Dialect,
    /// Per channel, in the order of the stream.
    pub channels: Vec<ChannelDr>,
    /// All three dialects.
    pub foobar: DrValue,
    /// See [`Dialect::Tt`].
    pub tt: DrValue,
    /// See [`Dialect::Exact`].
    pub exact: DrValue,
    /// True when the three official values are not all the same.
    pub disagree: bool,
    /// `foobar` as it would be had the samples been limited to full scale; null when nothing exceeds it.
    pub clipped: Option<DrValue>,
    /// With the LFE channels, in `dialect`; null when there is none.
    pub with_lfe: Option<DrValue>,
    /// Without the LFE channels, in `dialect`; null when there is none.
    pub without_lfe: Option<DrValue>,
    /// Distance of `precise` to the nearest x.5, where the official value would change, in dB.
    pub boundary_distance: Option<f64>,
    /// `precise` had the loud part one block less / one block more.
    pub one_block_less: Option<f64>,
    /// See `one_block_less`.
    pub one_block_more: Option<f64>,
    /// `short` (too few blocks to mean much), `negative` (a lone loud block), `boundary` (within 0.051 dB of x.5).
    pub flags: Vec<String>,
}

/// Dynamic range of one channel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChannelDr {
    /// Short speaker name such as `FL`, or `ch0` where positions are unknown.
    pub name: String,
    /// Dynamic range in dB; null for a silent channel.
    pub dr: Option<f64>,
    /// The block peak that counts, in dB; null for a silent channel.
    pub peak: Option<f64>,
    /// RMS of the loudest fifth of the blocks in dB (a full-scale sine reads 0); null for a silent channel.
    pub loud: Option<f64>,
}

/// EBU R128 values.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Loudness {
    /// Integrated loudness in LUFS; null below the absolute gate.
    pub integrated: Option<f64>,
    /// Loudness range in LU.
    pub range: Option<f64>,
    /// Highest momentary loudness (400 ms) in LUFS.
    pub max_momentary: Option<f64>,
    /// Highest short-term loudness (3 s) in LUFS.
    pub max_short_term: Option<f64>,
    /// Highest true peak over the channels in dBTP.
    pub true_peak: Option<f64>,
}

/// Several inputs that belong together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Album {
    /// [`SCHEMA`].
    pub schema: u32,
    /// Folder or tag value that groups them.
    pub path: String,
    /// `error` when any of the inputs failed: the album's value would not be the album's.
    pub status: Status,
    /// Which inputs failed; null when `status` is `ok`.
    pub error: Option<String>,
    /// Album title, where the inputs agree on one.
    pub title: Option<String>,
    /// Album artist, where the inputs agree on one.
    pub artist: Option<String>,
    /// Number of inputs, failed ones included.
    pub tracks: usize,
    /// Total decoded length in seconds.
    pub duration_s: Option<f64>,
    /// Album value; null when `status` is `error`.
    pub dr: Option<AlbumDr>,
}

/// Dynamic range of an album.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AlbumDr {
    /// Rounded as `dialect` rounds; null when every track is silent.
    pub official: Option<i64>,
    /// foobar, exact: mean of the tracks' precise values. tt: mean of their official values.
    pub precise: Option<f64>,
    /// What the two follow.
    pub dialect: Dialect,
}
