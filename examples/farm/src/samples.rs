// SPDX-License-Identifier: MPL-2.0
//! Records that the tests of several modules start from.
use crate::record::{
    ChannelDr, Dialect, DrValue, DynamicRange, Format, Loudness, SCHEMA, Status, Track,
};
use std::collections::BTreeMap;

/// A measured stereo FLAC file in which every field has a value.
pub(crate) fn track(path: &str, precise: f64) -> Track {
    let value = DrValue {
        official: Some(precise.round() as i64),
        precise: Some(precise),
    };
    let channel = |name: &str| ChannelDr {
        name: name.to_owned(),
        dr: Some(precise),
        peak: Some(-0.25),
        loud: Some(-0.25 - precise),
    };
    Track {
        schema: SCHEMA,
        path: path.to_owned(),
        status: Status::Ok,
        error: None,
        error_kind: None,
        warnings: Vec::new(),
        duration_s: Some(225.4),
        frames: Some(9_940_140),
        rate: Some(44_100),
        channels: Some(2),
        bytes: Some(25_000_000),
        format: Some(Format {
            container: Some("audio/x-flac".to_owned()),
            codec: Some("audio/x-flac".to_owned()),
            sample_format: Some("S16LE".to_owned()),
            bits: Some(16),
            decoder: Some("symphonia-flac".to_owned()),
            lossless: true,
        }),
        clipped_by_decoder: Some(false),
        dr: Some(DynamicRange {
            official: value.official,
            precise: value.precise,
            dialect: Dialect::Foobar,
            channels: vec![channel("FL"), channel("FR")],
            foobar: value,
            tt: value,
            exact: value,
            disagree: false,
            clipped: Some(value),
            with_lfe: Some(value),
            without_lfe: Some(value),
            boundary_distance: Some(0.3),
            one_block_less: Some(precise - 0.01),
            one_block_more: Some(precise + 0.01),
            flags: vec!["short".to_owned()],
        }),
        peak_db: Some(-0.2),
        rms_db: Some(-14.55),
        over_full_scale: 0,
        non_finite: 0,
        loudness: Some(Loudness {
            integrated: Some(-12.3),
            range: Some(5.5),
            max_momentary: Some(-8.0),
            max_short_term: Some(-9.5),
            true_peak: Some(0.1),
        }),
        md5: Some("d41d8cd98f00b204e9800998ecf8427e".to_owned()),
        tags: BTreeMap::from([
            ("title".to_owned(), "Knolls".to_owned()),
            ("artist".to_owned(), "Band".to_owned()),
            ("album".to_owned(), "Hills".to_owned()),
            ("album-artist".to_owned(), "Band".to_owned()),
            ("track-number".to_owned(), "3".to_owned()),
            ("album-disc-number".to_owned(), "1".to_owned()),
        ]),
    }
}

/// An input that gave no result.
pub(crate) fn failed(path: &str, error: &str) -> Track {
    Track {
        status: Status::Error,
        error: Some(error.to_owned()),
        error_kind: Some("truncated".to_owned()),
        warnings: vec!["odd".to_owned()],
        dr: None,
        loudness: None,
        peak_db: None,
        rms_db: None,
        duration_s: None,
        tags: BTreeMap::new(),
        ..track(path, 0.0)
    }
}
