// SPDX-License-Identifier: MPL-2.0
//! The document of the JSON and the JSON itself do not part.
use auris_farm::record::{
    Album, AlbumDr, ChannelDr, Dialect, DrValue, DynamicRange, Format, Loudness, Record, SCHEMA,
    Status, Track,
};
use serde_json::Value;

const DOCUMENT: &str = include_str!("../../../docs/measure-schema.md");

fn full_track() -> Track {
    let value = DrValue::default();
    Track {
        schema: SCHEMA,
        path: String::new(),
        status: Status::Ok,
        error: None,
        error_kind: None,
        warnings: Vec::new(),
        duration_s: None,
        frames: None,
        rate: None,
        channels: None,
        bytes: None,
        format: Some(Format::default()),
        clipped_by_decoder: None,
        dr: Some(DynamicRange {
            official: None,
            precise: None,
            dialect: Dialect::Tt,
            channels: vec![ChannelDr {
                name: String::new(),
                dr: None,
                peak: None,
                loud: None,
            }],
            foobar: value,
            tt: value,
            exact: value,
            disagree: false,
            clipped: Some(value),
            with_lfe: Some(value),
            without_lfe: Some(value),
            boundary_distance: None,
            one_block_less: None,
            one_block_more: None,
            flags: Vec::new(),
        }),
        peak_db: None,
        rms_db: None,
        over_full_scale: 0,
        non_finite: 0,
        loudness: Some(Loudness {
            integrated: None,
            range: None,
            max_momentary: None,
            max_short_term: None,
            true_peak: None,
        }),
        md5: None,
        tags: Default::default(),
    }
}

fn album() -> Album {
    Album {
        schema: SCHEMA,
        path: String::new(),
        status: Status::Ok,
        error: None,
        title: None,
        artist: None,
        tracks: 0,
        duration_s: None,
        dr: Some(AlbumDr {
            official: None,
            precise: None,
            dialect: Dialect::Exact,
        }),
    }
}

/// The names of all fields, at any depth.
fn fields(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                found.push(key.clone());
                fields(value, found);
            }
        }
        Value::Array(array) => array.iter().for_each(|value| fields(value, found)),
        _ => {}
    }
}

#[test]
fn every_field_is_documented() {
    let (tracks, albums) = DOCUMENT.split_once("\n## Album\n").unwrap();
    let records = [
        (Record::Track(Box::new(full_track())), tracks),
        (Record::Album(Box::new(album())), albums),
    ];
    for (record, text) in records {
        let mut names = Vec::new();
        fields(&serde_json::to_value(&record).unwrap(), &mut names);
        assert!(names.len() > 10, "{names:?}");
        for name in names {
            assert!(
                text.contains(&format!("`{name}`")),
                "{name} is not in the document"
            );
        }
    }
    assert!(DOCUMENT.contains(&format!("Version {SCHEMA}.")));
}

#[test]
fn examples_in_the_document_are_records() {
    let (_, examples) = DOCUMENT.split_once("```json\n").unwrap();
    let (examples, _) = examples.split_once("```").unwrap();
    for line in examples.lines() {
        let record: Record =
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        // Nothing left out, nothing made up.
        let (mut written, mut read) = (Vec::new(), Vec::new());
        fields(&serde_json::from_str(line).unwrap(), &mut written);
        fields(&serde_json::to_value(&record).unwrap(), &mut read);
        assert_eq!(written, read);
    }
    assert_eq!(examples.lines().count(), 3);
}
