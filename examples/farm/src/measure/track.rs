// SPDX-License-Identifier: MPL-2.0
//! From a measurement to the record that goes into the report.
use crate::engine::{Failure, source};
use crate::integrity::Facts;
use crate::record::{ChannelDr, Dialect, DrValue, DynamicRange, Loudness, SCHEMA, Status, Track};
use auris_dsp::decibel;
use auris_dsp::dr14::{self, Report, Value};
use std::collections::BTreeMap;

/// Closer to x.5 than this, in dB, another tool may well round the other way: MacinMeter warns
/// from here on.
const NEAR_BOUNDARY: f64 = 0.051;

/// A record of an input of which nothing is known yet.
pub fn blank(path: &str) -> Track {
    Track {
        schema: SCHEMA,
        path: path.to_owned(),
        status: Status::Error,
        error: None,
        error_kind: None,
        warnings: Vec::new(),
        duration_s: None,
        frames: None,
        rate: None,
        channels: None,
        bytes: None,
        format: None,
        clipped_by_decoder: None,
        dr: None,
        peak_db: None,
        rms_db: None,
        over_full_scale: 0,
        non_finite: 0,
        loudness: None,
        md5: None,
        tags: BTreeMap::new(),
    }
}

/// Makes `track` the record of a failure: nothing measured of it stays.
pub fn fail(track: &mut Track, failure: &Failure) {
    track.status = Status::Error;
    track.error = Some(failure.message.clone());
    track.error_kind = Some(failure.kind.name().to_owned());
    track.duration_s = None;
    track.frames = None;
    track.dr = None;
    track.peak_db = None;
    track.rms_db = None;
    track.over_full_scale = 0;
    track.non_finite = 0;
    track.loudness = None;
    track.md5 = None;
    track.clipped_by_decoder = None;
}

/// What the file's container says, before anything is decoded.
pub fn describe(track: &mut Track, facts: &Facts) {
    track.rate = facts.rate;
    track.channels = facts.channels;
    track.warnings.extend(facts.warnings.iter().cloned());
    track.format = Some(source::format(facts));
}

/// Fills in what was measured.
pub fn complete(track: &mut Track, report: &Report, names: &[String], loudness: Option<Loudness>) {
    track.status = Status::Ok;
    track.frames = Some(report.frames);
    track.rate = Some(report.rate);
    track.channels = Some(report.channels.len() as u32);
    track.duration_s = Some(report.frames as f64 / f64::from(report.rate.max(1)));
    track.peak_db = level(report.sample_peak());
    track.rms_db = level(report.rms());
    track.over_full_scale = report.oddities.over_full_scale;
    track.non_finite = report.oddities.non_finite;
    track.loudness = loudness;
    track.dr = Some(dynamic_range(report, names));
    if report.oddities.non_finite > 0 {
        track.warnings.push(format!(
            "{} samples are no numbers and count as silence",
            report.oddities.non_finite
        ));
    }
}

/// The dynamic range of a report whose channels are called so.
pub fn dynamic_range(report: &Report, names: &[String]) -> DynamicRange {
    let channels = report.channels.iter().zip(names);
    let mut flags = Vec::new();
    let near = report.boundary_distance.is_some_and(|d| d <= NEAR_BOUNDARY);
    for (set, name) in [
        (report.short, "short"),
        (report.negative, "negative"),
        (near, "boundary"),
    ] {
        if set {
            flags.push(name.to_owned());
        }
    }
    DynamicRange {
        official: report.headline.official,
        precise: report.headline.precise,
        dialect: match report.dialect {
            dr14::Dialect::Foobar => Dialect::Foobar,
            dr14::Dialect::Tt => Dialect::Tt,
            dr14::Dialect::Exact => Dialect::Exact,
        },
        channels: channels
            .map(|(c, name)| ChannelDr {
                name: name.clone(),
                dr: c.dr,
                peak: level(c.peak),
                loud: level(c.loud),
            })
            .collect(),
        foobar: value(report.value(dr14::Dialect::Foobar)),
        tt: value(report.value(dr14::Dialect::Tt)),
        exact: value(report.value(dr14::Dialect::Exact)),
        disagree: report.disagree,
        clipped: report.clipped.map(value),
        with_lfe: report.lfe.map(|(with, _)| value(with)),
        without_lfe: report.lfe.map(|(_, without)| value(without)),
        boundary_distance: report.boundary_distance,
        one_block_less: report.one_block_less,
        one_block_more: report.one_block_more,
        flags,
    }
}

fn value(value: Value) -> DrValue {
    DrValue {
        official: value.official,
        precise: value.precise,
    }
}

/// In dB; `None` for silence.
pub fn level(amplitude: f64) -> Option<f64> {
    Some(decibel::from_amplitude(amplitude)).filter(|db| db.is_finite())
}

/// Loudness from the meter's result, where it was asked for.
pub fn loudness(result: &gst::StructureRef) -> Option<Loudness> {
    let get = |name| result.get::<f64>(name).ok().filter(|v| v.is_finite());
    let loudness = Loudness {
        integrated: get("loudness-integrated"),
        range: get("loudness-range"),
        max_momentary: get("loudness-max-momentary"),
        max_short_term: get("loudness-max-short-term"),
        true_peak: get("true-peak"),
    };
    result.has_field("loudness-range").then_some(loudness)
}

const WANTED: [&str; 8] = [
    "title",
    "artist",
    "album",
    "album-artist",
    "track-number",
    "track-count",
    "album-disc-number",
    "album-disc-count",
];

/// Drops the tags that the report does not carry: pictures among them may take many megabytes.
pub fn keep_wanted(list: &mut gst::TagList) {
    let names: Vec<_> = list.iter().map(|(name, _)| name.to_owned()).collect();
    for name in names.iter().filter(|name| !WANTED.contains(&name.as_str())) {
        list.make_mut().remove_generic(name);
    }
}

/// The tags that the report carries, by the names that GStreamer has for them.
pub fn tags(list: &gst::TagListRef) -> BTreeMap<String, String> {
    let found = WANTED.into_iter().filter_map(|name| {
        let value = list.generic(name)?;
        let text = match value.get::<String>() {
            Ok(text) => text,
            Err(_) => value.get::<u32>().ok()?.to_string(),
        };
        Some((name.to_owned(), text))
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Kind;

    #[test]
    fn a_failure_keeps_nothing_that_was_measured() {
        let mut track = blank("x");
        track.duration_s = Some(1.0);
        track.frames = Some(1);
        track.over_full_scale = 1;
        track.non_finite = 1;
        track.md5 = Some(String::new());
        let failure = Failure::new(Kind::Damaged, "broken");
        fail(&mut track, &failure);
        let mut clean = blank("x");
        fail(&mut clean, &failure);
        assert_eq!(track, clean);
    }

    #[test]
    fn only_tags_of_the_report_are_kept() {
        gst::init().unwrap();
        let mut list = gst::TagList::new();
        let all = list.make_mut();
        all.add::<gst::tags::Title>(&"Knolls", gst::TagMergeMode::Append);
        all.add::<gst::tags::Comment>(&"long", gst::TagMergeMode::Append);
        keep_wanted(&mut list);
        assert_eq!(list.n_tags(), 1);
        assert_eq!(tags(&list)["title"], "Knolls");
    }
}
