// SPDX-License-Identifier: MPL-2.0
//! The outgoing contract: the structure `clapembed`. `plugins/clapembed/README.md` lists the fields; a
//! change that removes or redefines one raises [`VERSION`].
use super::kinds::DataForm;
use super::times::Times;
use auris_clap::{Counts, Labels};
use gst::glib;
use std::time::Duration;

/// Version of the structure.
pub const VERSION: i32 = 1;
/// The meta that `attach-meta` attaches.
pub const META: &str = "AurisClapEmbedMeta";

/// Why a stream has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// End of stream.
    Eos,
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
            Reason::Eos => "eos",
            Reason::StreamStart => "stream-start",
            Reason::Caps => "caps",
            Reason::Stop => "stop",
        }
    }
}

/// How long each stage took, in the thread that it ran in.
#[derive(Debug, Clone, Copy, Default)]
pub struct Timings {
    /// Mixing down and resampling.
    pub resample: Duration,
    pub mel: Duration,
    pub inference: Duration,
}

/// The labels that are most like an embedding.
pub struct Best<'a> {
    pub labels: &'a Labels,
    pub best: &'a [(usize, f32)],
}

/// What goes into the result of a window.
pub struct Window<'a> {
    pub times: Times,
    pub duration: gst::ClockTime,
    pub index: u64,
    pub embedding: &'a [f32],
    pub best: Option<Best<'a>>,
    pub inference: Duration,
}

/// What goes into the result of a stream.
pub struct Summary<'a> {
    pub times: Times,
    pub duration: gst::ClockTime,
    pub reason: Reason,
    pub windows: u64,
    pub dropped: u64,
    pub non_finite: u64,
    pub aggregate: &'static str,
    pub embedding: Option<&'a [f32]>,
    pub best: Option<Best<'a>>,
    pub timings: Timings,
    pub instructions: String,
    pub precision: &'a str,
    pub counts: Counts,
}

impl Window<'_> {
    pub fn structure(&self, form: DataForm) -> gst::Structure {
        let mut s = head(self.times, self.duration, "window");
        s.set("index", self.index);
        set_embedding(&mut s, self.embedding, form);
        set_best(&mut s, self.best.as_ref());
        s.set("inference-time", nanoseconds(self.inference));
        s
    }
}

impl Summary<'_> {
    pub fn structure(&self, form: DataForm) -> gst::Structure {
        let mut s = head(self.times, self.duration, "aggregate");
        s.set("reason", self.reason.name());
        s.set("windows", self.windows);
        s.set("dropped", self.dropped);
        s.set("non-finite", self.non_finite);
        s.set("aggregate", self.aggregate);
        if let Some(embedding) = self.embedding {
            set_embedding(&mut s, embedding, form);
        }
        set_best(&mut s, self.best.as_ref());
        s.set("resample-time", nanoseconds(self.timings.resample));
        s.set("mel-time", nanoseconds(self.timings.mel));
        s.set("inference-time", nanoseconds(self.timings.inference));
        s.set("instructions", &self.instructions);
        s.set("precision", self.precision);
        s.set("out-of-memory", self.counts.out_of_memory);
        s.set("halved", self.counts.halved);
        s.set("fallbacks", self.counts.fallbacks);
        s.set("panics", self.counts.panics);
        s
    }
}

fn head(times: Times, duration: gst::ClockTime, kind: &str) -> gst::Structure {
    gst::Structure::builder("clapembed")
        .field("stream-time", times.stream_time)
        .field("running-time", times.running_time)
        .field("duration", duration)
        .field("version", VERSION)
        .field("kind", kind)
        .build()
}

fn set_embedding(s: &mut gst::StructureRef, embedding: &[f32], form: DataForm) {
    if form != DataForm::List {
        let bytes: Vec<u8> = embedding.iter().flat_map(|x| x.to_le_bytes()).collect();
        s.set("embedding", glib::Bytes::from_owned(bytes));
    }
    if form != DataForm::Bytes {
        s.set("embedding-list", gst::Array::new(embedding));
    }
}

fn set_best(s: &mut gst::StructureRef, best: Option<&Best<'_>>) {
    if let Some(best) = best {
        let names = best.best.iter().map(|(label, _)| best.labels.name(*label));
        s.set("labels", gst::Array::new(names));
        let scores = best.best.iter().map(|(_, score)| score);
        s.set("scores", gst::Array::new(scores));
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Tags with the labels as keywords, on top of what came from upstream.
pub fn tags(upstream: Option<&gst::TagList>, best: &Best<'_>) -> Option<gst::TagList> {
    if best.best.is_empty() {
        return None;
    }
    let names = best.best.iter().map(|(label, _)| best.labels.name(*label));
    let keywords = names.collect::<Vec<_>>().join(",");
    let mut tags = upstream.cloned().unwrap_or_default();
    let list = tags.make_mut();
    list.add::<gst::tags::Keywords>(&keywords.as_str(), gst::TagMergeMode::Append);
    Some(tags)
}

/// Makes the meta known to GStreamer.
pub fn register_meta() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        if !gst::meta::CustomMeta::is_registered(META) {
            // It belongs to no part of the audio, and is copied along.
            gst::meta::CustomMeta::register(META, &[]);
        }
    });
}

/// Attaches a result to a buffer.
pub fn attach(buffer: &mut gst::BufferRef, result: &gst::StructureRef) {
    if let Ok(mut meta) = gst::meta::CustomMeta::add(buffer, META) {
        let to = meta.mut_structure();
        for (name, value) in result.iter() {
            to.set_value(name, value.clone());
        }
    }
}
