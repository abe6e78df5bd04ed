// SPDX-License-Identifier: MPL-2.0
//! What a row has.
use super::table::{Cell, Column, Kind};
use crate::record::{Analyzed, Dynamics, Features, Format, Loudness, Segment, Status};
use std::rc::Rc;

/// Name of the array of an input's embedding.
pub const AGGREGATE: &str = "clap.aggregate";
/// Name of the array of its segments' embeddings.
pub const WINDOWS: &str = "clap.windows";

/// A row that is an input.
pub struct Input {
    /// Its record.
    pub record: Analyzed,
    /// Its embedding.
    pub embedding: Option<Vec<f32>>,
}

/// A row that is a segment.
pub struct Piece {
    /// The record of its input.
    pub record: Rc<Analyzed>,
    /// It.
    pub segment: Segment,
    /// Its embedding.
    pub embedding: Option<Vec<f32>>,
}

fn text(text: Option<&str>) -> Cell {
    Cell::Text(text.map(str::to_owned))
}

fn whole(number: Option<impl TryInto<i64>>) -> Cell {
    Cell::Whole(number.and_then(|number| number.try_into().ok()))
}

fn format(row: &Input) -> Option<&Format> {
    row.record.rendering.input_format.as_ref()
}

fn dynamics(row: &Input) -> Option<&Dynamics> {
    row.record.results.dr.as_ref()
}

fn loudness(row: &Input, get: impl Fn(&Loudness) -> Option<f64>) -> Cell {
    Cell::Number(row.record.results.loudness.as_ref().and_then(get))
}

/// Statistics of features, one number for each of their values.
fn statistic(features: Option<&Features>, get: impl Fn(&Features) -> &Vec<Option<f64>>) -> Cell {
    let numbers = |features: &Features| {
        let numbers = get(features).iter();
        numbers.map(|x| x.map_or(f32::NAN, |x| x as f32)).collect()
    };
    Cell::Floats(features.map(numbers))
}

/// Anything in JSON, where there is some of it.
fn json(value: &impl serde::Serialize, is_empty: bool) -> Cell {
    let written = || serde_json::to_string(value).ok();
    Cell::Text((!is_empty).then(written).flatten())
}

macro_rules! columns {
    ($($name:ident: $kind:ident = $get:expr;)*) => {
        [$(Column { name: stringify!($name), kind: Kind::$kind, get: $get }),*]
    };
}

/// Columns of inputs.
pub static INPUTS: [Column<Input>; 44] = columns! {
    path: Text = |row| text(Some(&row.record.rendering.path));
    sha256: Text = |row| text(row.record.sha256.as_deref());
    bytes: Whole = |row| whole(row.record.bytes);
    status: Text = |row| text(Some(match row.record.rendering.status {
        Status::Ok => "ok",
        Status::Error => "error",
    }));
    error: Text = |row| text(row.record.rendering.error.as_deref());
    error_kind: Text = |row| text(row.record.rendering.error_kind.as_deref());
    errors: Text = |row| json(&row.record.errors, row.record.errors.is_empty());
    warnings: Text = |row| json(&row.record.rendering.warnings, row.record.rendering.warnings.is_empty());
    duration_s: Number = |row| Cell::Number(row.record.rendering.duration_s);
    frames: Whole = |row| whole(row.record.rendering.frames);
    rate: Whole = |row| whole(row.record.rendering.rate);
    channels: Whole = |row| whole(row.record.rendering.channels);
    container: Text = |row| text(format(row).and_then(|f| f.container.as_deref()));
    codec: Text = |row| text(format(row).and_then(|f| f.codec.as_deref()));
    bits: Whole = |row| whole(format(row).and_then(|f| f.bits));
    sample_format: Text = |row| text(row.record.decoded.as_ref().map(|d| d.sample_format.as_str()));
    decoder: Text = |row| text(row.record.decoded.as_ref().and_then(|d| d.decoder.as_deref()));
    dr: Whole = |row| whole(dynamics(row).and_then(|d| d.range.official));
    dr_precise: Number = |row| Cell::Number(dynamics(row).and_then(|d| d.range.precise));
    peak_db: Number = |row| Cell::Number(dynamics(row).and_then(|d| d.peak_db));
    rms_db: Number = |row| Cell::Number(dynamics(row).and_then(|d| d.rms_db));
    over_full_scale: Whole = |row| whole(dynamics(row).map(|d| d.over_full_scale));
    non_finite: Whole = |row| whole(dynamics(row).map(|d| d.non_finite));
    loudness_integrated: Number = |row| loudness(row, |l| l.integrated);
    loudness_range: Number = |row| loudness(row, |l| l.range);
    loudness_max_momentary: Number = |row| loudness(row, |l| l.max_momentary);
    loudness_max_short_term: Number = |row| loudness(row, |l| l.max_short_term);
    true_peak: Number = |row| loudness(row, |l| l.true_peak);
    mel_mean: Floats = |row| statistic(row.record.results.mel.as_ref(), |f| &f.mean);
    mel_deviation: Floats = |row| statistic(row.record.results.mel.as_ref(), |f| &f.deviation);
    mfcc_mean: Floats = |row| statistic(row.record.results.mfcc.as_ref(), |f| &f.mean);
    mfcc_deviation: Floats = |row| statistic(row.record.results.mfcc.as_ref(), |f| &f.deviation);
    descriptors_mean: Floats = |row| statistic(row.record.results.descriptors.as_ref(), |f| &f.mean);
    descriptors_deviation: Floats =
        |row| statistic(row.record.results.descriptors.as_ref(), |f| &f.deviation);
    clap_segments: Whole = |row| whole(row.record.results.clap.as_ref().map(|c| c.windows));
    clap_embedding: Floats = |row| Cell::Floats(row.embedding.clone());
    clap_labels: Text = |row| {
        let labels = row.record.results.clap.as_ref().and_then(|c| c.labels.as_ref());
        json(&labels, labels.is_none())
    };
    clap_precision: Text = |row| text(row.record.results.clap.as_ref().map(|c| c.precision.as_str()));
    aggregate_strategy: Text = |row| text(row.record.aggregate_strategy.as_deref());
    model_sha256: Text = |row| text(row.record.versions.model_sha256.as_deref());
    engine: Text = |row| text(row.record.versions.engine.as_deref());
    instructions: Text = |row| text(Some(&row.record.versions.instructions));
    gstreamer: Text = |row| text(Some(&row.record.versions.gstreamer));
    auris: Text = |row| text(Some(&row.record.versions.auris));
};

/// Columns of segments.
pub static SEGMENTS: [Column<Piece>; 8] = columns! {
    path: Text = |row| text(Some(&row.record.rendering.path));
    sha256: Text = |row| text(row.record.sha256.as_deref());
    index: Whole = |row| whole(Some(row.segment.index));
    start_s: Number = |row| Cell::Number(Some(row.segment.start_s));
    duration_s: Number = |row| Cell::Number(Some(row.segment.duration_s));
    embedding: Floats = |row| Cell::Floats(row.embedding.clone());
    labels: Text = |row| json(&row.segment.labels, row.segment.labels.is_none());
    model_sha256: Text = |row| text(row.record.versions.model_sha256.as_deref());
};
