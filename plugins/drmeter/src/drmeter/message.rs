// SPDX-License-Identifier: MPL-2.0
//! The outgoing contract: the structure `drmeter`, and tags. `plugins/drmeter/README.md` lists the
//! fields; a change that removes or redefines one raises [`VERSION`].
use super::stream::Times;
use auris_dsp::checksum::hex;
use auris_dsp::decibel;
use auris_dsp::dr14::{Dialect, Report, Value};
use auris_dsp::loudness::Loudness;
use auris_support::clip::duration_of;
use gst::{glib, prelude::*};

/// Version of the structure.
pub const VERSION: i32 = 1;

/// Loudness that ReplayGain 2 brings everything to, in LUFS.
const REPLAYGAIN_REFERENCE: f64 = -18.0;
/// The same as the sound pressure that the tag speaks of, in dB.
const REPLAYGAIN_LEVEL: f64 = 89.0;

/// Why there is a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// An interval is over; the measurement goes on.
    Interval,
    /// The stream ended.
    Eos,
    /// The application asked.
    Reset,
    /// Another stream began.
    StreamStart,
    /// Rate, channels or format changed.
    Caps,
    /// The element was stopped before the stream ended.
    Stop,
}

impl Reason {
    fn name(self) -> &'static str {
        match self {
            Reason::Interval => "interval",
            Reason::Eos => "eos",
            Reason::Reset => "reset",
            Reason::StreamStart => "stream-start",
            Reason::Caps => "caps",
            Reason::Stop => "stop",
        }
    }
}

/// What goes into a structure.
pub struct Parts<'a> {
    pub reason: Reason,
    pub report: &'a Report,
    pub names: &'a [String],
    pub start: Times,
    /// Stream time of a block, given the index of its first frame.
    pub block_time: &'a dyn Fn(u64) -> Option<gst::ClockTime>,
    pub loudness: Option<Loudness>,
    pub md5: Option<[u8; 16]>,
}

/// The structure `drmeter`.
pub fn structure(parts: &Parts<'_>) -> gst::Structure {
    let report = parts.report;
    let db = decibel::from_amplitude;
    let channel = |value: fn(&auris_dsp::dr14::ChannelReport) -> f64| {
        gst::Array::new(report.channels.iter().map(value))
    };
    let mut s = gst::Structure::builder("drmeter")
        .field("stream-time", parts.start.stream_time)
        .field("running-time", parts.start.running_time)
        .field("duration", duration_of(report.frames, report.rate))
        .field("version", VERSION)
        .field("final", parts.reason != Reason::Interval)
        .field("reason", parts.reason.name())
        .field("rate", report.rate as i32)
        .field("channels", report.channels.len() as i32)
        .field("frames", report.frames)
        .field("dialect", report.dialect.name())
        .build();
    set_value(&mut s, "", report.headline);
    for dialect in Dialect::ALL {
        set_value(
            &mut s,
            &format!("{}-", dialect.name()),
            report.value(dialect),
        );
    }
    s.set("disagree", report.disagree);
    if let Some(clipped) = report.clipped {
        set_value(&mut s, "clipped-", clipped);
    }
    if let Some((with, without)) = report.lfe {
        set_value(&mut s, "with-lfe-", with);
        set_value(&mut s, "without-lfe-", without);
    }
    s.set("channel-names", gst::Array::new(parts.names));
    s.set("channel-dr", channel(|c| c.dr.unwrap_or(f64::NAN)));
    s.set("channel-peak", channel(|c| decibel::from_amplitude(c.peak)));
    s.set("channel-loud", channel(|c| decibel::from_amplitude(c.loud)));
    s.set("channel-rms", channel(|c| decibel::from_amplitude(c.rms)));
    s.set(
        "channel-sample-peak",
        channel(|c| decibel::from_amplitude(c.sample_peak)),
    );
    s.set("peak", db(report.sample_peak()));
    s.set("rms", db(report.rms()));
    s.set("over-full-scale", report.oddities.over_full_scale);
    s.set("non-finite", report.oddities.non_finite);
    s.set("blocks", report.blocks as i32);
    s.set(
        "block-duration",
        duration_of(report.block_frames, report.rate),
    );
    s.set("short", report.short);
    s.set("negative", report.negative);
    set_some(&mut s, "boundary-distance", report.boundary_distance);
    set_some(&mut s, "one-block-less", report.one_block_less);
    set_some(&mut s, "one-block-more", report.one_block_more);
    set_blocks(&mut s, parts);
    if let Some(loudness) = parts.loudness {
        set_some(&mut s, "loudness-integrated", loudness.integrated);
        set_some(&mut s, "loudness-range", loudness.range);
        set_some(&mut s, "loudness-max-momentary", loudness.max_momentary);
        set_some(&mut s, "loudness-max-short-term", loudness.max_short_term);
        set_some(&mut s, "true-peak", loudness.true_peak.map(db));
    }
    if let Some(md5) = parts.md5 {
        s.set("md5", hex(&md5));
    }
    s
}

fn set_value(s: &mut gst::StructureRef, prefix: &str, value: Value) {
    if let Some(official) = value.official {
        s.set(format!("{prefix}dr"), official as i32);
    }
    set_some(s, &format!("{prefix}precise"), value.precise);
}

fn set_some(s: &mut gst::StructureRef, name: &str, value: Option<f64>) {
    if let Some(value) = value {
        s.set(name, value);
    }
}

/// Stream times of the blocks that explain the headline; `GST_CLOCK_TIME_NONE` where unknown.
fn set_blocks(s: &mut gst::StructureRef, parts: &Parts<'_>) {
    let time = |block: u64| (parts.block_time)(block).map_or(u64::MAX, |t| t.nseconds());
    let channels = &parts.report.channels;
    let peaks = channels.iter().map(|c| c.peak_block.map_or(u64::MAX, time));
    s.set("channel-peak-time", gst::Array::new(peaks));
    if channels.iter().any(|c| !c.loud_blocks.is_empty()) {
        let loud = channels.iter().map(|c| {
            let times = c.loud_blocks.iter().map(|&block| time(block));
            gst::Array::new(times).to_send_value()
        });
        s.set("channel-loud-times", gst::Array::from_values(loud));
    }
}

/// Tags for a final result; `None` where there is nothing to say.
pub fn tags(report: &Report, loudness: Option<Loudness>) -> Option<gst::TagList> {
    let mut list = gst::TagList::new();
    {
        let list = list.make_mut();
        if let Some(official) = report.headline.official {
            let comment = format!("DYNAMIC RANGE={official}");
            list.add::<gst::tags::ExtendedComment>(&comment.as_str(), gst::TagMergeMode::Append);
        }
        if let Some(loudness) = loudness
            && let Some(integrated) = loudness.integrated
        {
            let gain = REPLAYGAIN_REFERENCE - integrated;
            let peak = loudness.true_peak.unwrap_or(report.sample_peak());
            let mode = gst::TagMergeMode::Replace;
            list.add::<gst::tags::TrackGain>(&gain, mode);
            list.add::<gst::tags::TrackPeak>(&peak, mode);
            list.add::<gst::tags::ReferenceLevel>(&REPLAYGAIN_LEVEL, mode);
        }
    }
    (list.n_tags() > 0).then_some(list)
}

/// `ours` on top of what came from upstream, where an older value of ours is replaced.
pub fn merge_tags(upstream: Option<&gst::TagList>, ours: &gst::TagList) -> gst::TagList {
    let Some(upstream) = upstream else {
        return ours.clone();
    };
    let mut merged = upstream.clone();
    let list = merged.make_mut();
    let comments: Vec<glib::GString> = list
        .iter_tag::<gst::tags::ExtendedComment>()
        .map(|value| glib::GString::from(value.get()))
        .filter(|comment| !is_ours(comment))
        .collect();
    list.remove::<gst::tags::ExtendedComment>();
    for comment in &comments {
        list.add::<gst::tags::ExtendedComment>(&comment.as_str(), gst::TagMergeMode::Append);
    }
    for value in ours.iter_tag::<gst::tags::ExtendedComment>() {
        list.add::<gst::tags::ExtendedComment>(&value.get(), gst::TagMergeMode::Append);
    }
    let mode = gst::TagMergeMode::Replace;
    if let Some(gain) = ours.get::<gst::tags::TrackGain>() {
        list.add::<gst::tags::TrackGain>(&gain.get(), mode);
    }
    if let Some(peak) = ours.get::<gst::tags::TrackPeak>() {
        list.add::<gst::tags::TrackPeak>(&peak.get(), mode);
    }
    if let Some(level) = ours.get::<gst::tags::ReferenceLevel>() {
        list.add::<gst::tags::ReferenceLevel>(&level.get(), mode);
    }
    merged
}

fn is_ours(comment: &str) -> bool {
    let key = comment.split('=').next().unwrap_or_default();
    let key = key.split('[').next().unwrap_or_default();
    key.eq_ignore_ascii_case("DYNAMIC RANGE")
}
