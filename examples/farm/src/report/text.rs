// SPDX-License-Identifier: MPL-2.0
//! Pieces of text that the formats for people share.
use crate::record::{DynamicRange, Track};
use std::path::Path;

/// `3:45`, or `1:02:03` from an hour on; rounded to whole seconds.
pub(super) fn duration(seconds: Option<f64>) -> String {
    let Some(seconds) = finite(seconds) else {
        return "-".to_owned();
    };
    let seconds = seconds.round() as u64; // saturates
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

/// Two decimals and the unit, or a dash.
pub(super) fn level(value: Option<f64>, unit: &str) -> String {
    finite(value).map_or_else(|| "-".to_owned(), |value| format!("{value:.2} {unit}"))
}

/// The official value with its prefix, or a dash for digital silence.
pub(super) fn dr(official: Option<i64>) -> String {
    official.map_or_else(|| "-".to_owned(), |official| format!("DR{official}"))
}

/// The same of a track that was measured.
pub(super) fn track_dr(dr_of: Option<&DynamicRange>) -> String {
    dr(dr_of.and_then(|dr| dr.official))
}

/// The value, unless it is infinite or not a number.
pub(super) fn finite(value: Option<f64>) -> Option<f64> {
    value.filter(|value| value.is_finite())
}

/// Text that stays on its line and cannot command a terminal.
pub(super) fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}

/// Track number and title, or the file name where there is no title.
pub(super) fn title(track: &Track, separator: &str) -> String {
    let tag = |key: &str| {
        track
            .tags
            .get(key)
            .map(|text| text.trim())
            .filter(|text| !text.is_empty())
    };
    match (
        tag("track-number").and_then(|number| number.parse::<u32>().ok()),
        tag("title"),
    ) {
        (Some(number), Some(title)) => printable(&format!("{number:02}{separator}{title}")),
        (None, Some(title)) => printable(title),
        (_, None) => file_name(&track.path),
    }
}

/// The last part of a path or URL.
pub(super) fn file_name(path: &str) -> String {
    printable(
        &Path::new(path)
            .file_name()
            .unwrap_or(path.as_ref())
            .to_string_lossy(),
    )
}

/// Why there is no result.
pub(super) fn reason(error: Option<&str>) -> String {
    printable(error.unwrap_or("unknown error"))
}
