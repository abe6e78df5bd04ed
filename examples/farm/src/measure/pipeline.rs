// SPDX-License-Identifier: MPL-2.0
//! One pipeline from an input to its measurement.
use super::chain::{Chain, Plan};
use super::chosen::Chosen;
use super::failure::{Failure, Kind};
use super::track;
use super::vorbis::VorbisDecoder;
use super::watchdog::Watchdog;
use crate::inputs::Source;
use auris_dsp::dr14::Measurement;
use gst::prelude::*;
use gstdrmeter::{DrMeter, Loudness};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How often a running pipeline looks whether it should stop.
const LOOK: gst::ClockTime = gst::ClockTime::from_mseconds(200);
/// Warnings of GStreamer that are kept per input.
const MAX_WARNINGS: usize = 8;

/// What the meter is asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asked {
    /// EBU R128.
    pub loudness: bool,
    /// MD5 of the PCM.
    pub checksum: bool,
    /// Threshold of edge trimming in dB.
    pub edge_trim: Option<f64>,
}

/// One run.
pub struct Job<'a> {
    /// What to read.
    pub source: &'a Source,
    /// How to decode it.
    pub plan: &'a Plan,
    /// What to measure.
    pub asked: Asked,
    /// The frames to measure; everything where there is none.
    pub part: Option<(Range<u64>, u32)>,
    /// When to give up.
    pub deadline: Option<Instant>,
    /// How long nothing may arrive at the meter; see [`super::watchdog`].
    pub stall: Duration,
    /// Set when the whole run is to end.
    pub cancelled: &'a AtomicBool,
    /// Whether libav may be loaded by [`Plan::Auto`].
    pub libav: bool,
}

/// What came of it.
pub struct Outcome {
    /// The measurement.
    pub measurement: Measurement,
    /// The meter's own result, which also has loudness and checksum.
    pub result: gst::Structure,
    /// Format of the decoded audio.
    pub info: gst_audio::AudioInfo,
    /// Factory name of the decoder; `None` for PCM.
    pub decoder: Option<String>,
    /// Media types from the container inwards, where GStreamer chose the elements.
    pub media_types: Vec<String>,
    /// The length that the container declares, where only GStreamer reads it.
    pub declared: Option<gst::ClockTime>,
    /// Tags that came along.
    pub tags: gst::TagList,
    /// What elements warned of.
    pub warnings: Vec<String>,
}

/// A pipeline that is taken down whatever happens.
struct Running(gst::Pipeline);

impl Drop for Running {
    fn drop(&mut self) {
        // Without this a dropped pipeline would leave its threads behind.
        let _ = self.0.set_state(gst::State::Null);
        if let Some(bus) = self.0.bus() {
            bus.set_flushing(true);
        }
    }
}

/// Runs a job to its end.
///
/// # Errors
/// Why there is no measurement.
pub fn run(job: &Job<'_>) -> Result<Outcome, Failure> {
    let meter = meter(job);
    let mut watchdog = Watchdog::new(meter.static_pad("sink"), job.stall);
    let running = Running(build(job, &meter)?);
    let pipeline = &running.0;
    if let Some((part, rate)) = &job.part {
        seek(job, pipeline, &mut watchdog, part, *rate)?;
    }
    start(pipeline, gst::State::Playing)?;
    let mut tags = gst::TagList::new();
    let mut warnings = Vec::new();
    let mut results = 0usize;
    listen(job, pipeline, &mut watchdog, |message| {
        match message.view() {
            gst::MessageView::Eos(_) => return Ok(true),
            gst::MessageView::Element(e)
                if e.structure().is_some_and(|s| s.name() == "drmeter") =>
            {
                results += 1;
            }
            gst::MessageView::Tag(tag) => {
                let mut found = tag.tags();
                track::keep_wanted(&mut found);
                tags = tags.merge(&found, gst::TagMergeMode::Append);
            }
            gst::MessageView::Warning(warning) if warnings.len() < MAX_WARNINGS => {
                let text = sentence(&warning.error(), warning.debug().as_deref());
                if !warnings.contains(&text) {
                    warnings.push(text);
                }
            }
            _ => {}
        }
        Ok(false)
    })?;
    if results > 1 {
        return Err(Failure::new(
            Kind::Damaged,
            "rate, channels or sample format change in the middle: it is no single track",
        ));
    }
    let empty = || Failure::new(Kind::Undecodable, "it holds no audio that can be decoded");
    let info = meter
        .static_pad("sink")
        .and_then(|pad| pad.current_caps())
        .and_then(|caps| gst_audio::AudioInfo::from_caps(&caps).ok())
        .ok_or_else(empty)?;
    let chosen = Chosen::of(pipeline);
    Ok(Outcome {
        measurement: meter.take_measurement().ok_or_else(empty)?,
        result: meter
            .property::<Option<gst::Structure>>("last-result")
            .ok_or_else(empty)?,
        info,
        decoder: match job.plan {
            Plan::Chain(chain) => chain.decoder.map(str::to_owned),
            Plan::Auto => chosen.decoder,
        },
        media_types: chosen.media_types,
        declared: match job.plan {
            Plan::Chain(_) => None,
            Plan::Auto => chosen.duration,
        },
        tags,
        warnings,
    })
}

fn meter(job: &Job<'_>) -> DrMeter {
    let meter = DrMeter::new();
    meter.set_property("tags", false);
    meter.set_property("explain", false);
    meter.set_property("checksum", job.asked.checksum);
    if job.asked.loudness {
        meter.set_property("loudness", Loudness::all());
    }
    if let Some(threshold) = job.asked.edge_trim {
        meter.set_property("edge-trim", true);
        meter.set_property("edge-threshold", threshold);
    }
    if let Some((part, _)) = &job.part {
        meter.set_property("first-frame", part.start);
    }
    meter
}

fn make(factory: &str) -> Result<gst::Element, Failure> {
    if factory == VorbisDecoder::NAME {
        return Ok(VorbisDecoder::new().upcast());
    }
    gst::ElementFactory::make(factory).build().map_err(|_| {
        Failure::new(
            Kind::NoDecoder,
            format!("GStreamer's element '{factory}' cannot be made; see `auris-farm doctor`"),
        )
    })
}

fn build(job: &Job<'_>, meter: &DrMeter) -> Result<gst::Pipeline, Failure> {
    let pipeline = gst::Pipeline::new();
    let sink = make("fakesink")?;
    sink.set_property("sync", false);
    sink.set_property("enable-last-sample", false);
    let mut elements = match (job.plan, job.source) {
        (Plan::Chain(chain), Source::File(path)) => {
            let file = make("filesrc")?;
            file.set_property("location", path);
            let mut elements = vec![file];
            elements.extend(decoders(chain)?);
            elements
        }
        (_, source) => vec![auto_decoder(job, source)?, make("audioconvert")?],
    };
    elements.push(meter.clone().upcast());
    elements.push(sink);
    pipeline.add_many(&elements).map_err(Failure::internal)?;
    for pair in elements.windows(2) {
        link(&pair[0], &pair[1])?;
    }
    Ok(pipeline)
}

fn decoders(chain: &Chain) -> Result<Vec<gst::Element>, Failure> {
    let made = chain.steps.iter().map(|step| {
        let element = make(step.factory)?;
        for (name, value) in step.properties {
            // Older versions of an element may lack a property; it does without.
            if element.find_property(name).is_some() {
                element.set_property_from_str(name, value);
            }
        }
        Ok(element)
    });
    made.collect()
}

fn auto_decoder(job: &Job<'_>, source: &Source) -> Result<gst::Element, Failure> {
    let uri = match source {
        Source::Url(url) => url.clone(),
        Source::File(path) => {
            let path = std::path::absolute(path)?;
            gst::glib::filename_to_uri(&path, None)
                .map_err(Failure::internal)?
                .to_string()
        }
    };
    let decoder = make("uridecodebin")?;
    decoder.set_property("uri", uri);
    decoder.set_property("caps", gst::Caps::new_empty_simple("audio/x-raw"));
    decoder.set_property("expose-all-streams", false);
    if !job.libav {
        // 2 is GST_AUTOPLUG_SELECT_SKIP, in an enumeration of the plugin's own.
        decoder.connect("autoplug-select", false, |values| {
            let factory = values.get(3)?.get::<gst::ElementFactory>().ok()?;
            let select = gst::glib::Type::from_name("GstAutoplugSelectResult")?;
            let class = gst::glib::EnumClass::with_type(select)?;
            let skip = factory.plugin_name().is_some_and(|name| name == "libav");
            class.to_value(if skip { 2 } else { 0 })
        });
    }
    Ok(decoder)
}

/// Links two elements now, or as soon as the first has an audio pad.
fn link(from: &gst::Element, to: &gst::Element) -> Result<(), Failure> {
    if from.static_pad("src").is_some() {
        return from.link(to).map_err(Failure::internal);
    }
    let to = to.downgrade();
    from.connect_pad_added(move |_, pad| {
        let Some(sink) = to.upgrade().and_then(|to| to.static_pad("sink")) else {
            return;
        };
        let caps = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
        let is_audio = caps.structure(0).is_none_or(|s| {
            let name = s.name();
            name.starts_with("audio/") || !name.starts_with("video/") && !name.starts_with("image/")
        });
        if is_audio && !sink.is_linked() {
            // If it fails, the pad stays unlinked and the demuxer reports that.
            let _ = pad.link(&sink);
        }
    });
    Ok(())
}

fn start(pipeline: &gst::Pipeline, state: gst::State) -> Result<(), Failure> {
    match pipeline.set_state(state) {
        Ok(_) => Ok(()),
        // The reason is on the bus.
        Err(error) => Err(first_error(pipeline).unwrap_or_else(|| Failure::internal(error))),
    }
}

fn first_error(pipeline: &gst::Pipeline) -> Option<Failure> {
    let message = pipeline.bus()?.pop_filtered(&[gst::MessageType::Error])?;
    match message.view() {
        gst::MessageView::Error(error) => Some(failure(error)),
        _ => None,
    }
}

/// Goes to the frames of a part. The times lie a hair inside the frames that they mean, so that
/// whoever rounds on the way rounds to the right one; the meter rounds to the nearest.
fn seek(
    job: &Job<'_>,
    pipeline: &gst::Pipeline,
    watchdog: &mut Watchdog,
    part: &Range<u64>,
    rate: u32,
) -> Result<(), Failure> {
    start(pipeline, gst::State::Paused)?;
    listen(job, pipeline, watchdog, |message| {
        Ok(message.type_() == gst::MessageType::AsyncDone)
    })?;
    let time = |frame: u64| u128::from(frame) * 1_000_000_000 / u128::from(rate.max(1));
    let start = gst::ClockTime::from_nseconds(time(part.start) as u64 + 3);
    let stop = gst::ClockTime::from_nseconds((time(part.end) as u64).saturating_sub(2));
    pipeline
        .seek(
            1.0,
            gst::SeekFlags::FLUSH,
            gst::SeekType::Set,
            start,
            gst::SeekType::Set,
            stop,
        )
        .map_err(|_| Failure::new(Kind::Undecodable, "it cannot be measured in parts"))
}

/// Takes messages until `done` says so.
fn listen(
    job: &Job<'_>,
    pipeline: &gst::Pipeline,
    watchdog: &mut Watchdog,
    mut done: impl FnMut(&gst::Message) -> Result<bool, Failure>,
) -> Result<(), Failure> {
    let bus = pipeline
        .bus()
        .ok_or_else(|| Failure::internal("a pipeline without a bus"))?;
    loop {
        let began = Instant::now();
        if let Some(message) = bus.timed_pop(LOOK) {
            if let gst::MessageView::Error(error) = message.view() {
                return Err(failure(error));
            }
            if done(&message)? {
                return Ok(());
            }
        }
        watchdog.look(began.elapsed().min(LOOK.into()))?;
        if job.cancelled.load(Ordering::Relaxed) {
            return Err(Failure::new(Kind::Cancelled, "the run was ended"));
        }
        if job
            .deadline
            .is_some_and(|deadline| Instant::now() > deadline)
        {
            return Err(Failure::new(
                Kind::Timeout,
                "it took longer than --timeout allows",
            ));
        }
    }
}

fn failure(message: &gst::message::Error) -> Failure {
    let error = message.error();
    let kind = if error.matches(gst::ResourceError::NotFound) {
        Kind::Missing
    } else if error.is::<gst::ResourceError>() {
        Kind::Io
    } else if error.matches(gst::StreamError::CodecNotFound)
        || error.matches(gst::CoreError::MissingPlugin)
    {
        Kind::NoDecoder
    } else if error.matches(gst::StreamError::TypeNotFound)
        || error.matches(gst::StreamError::WrongType)
    {
        Kind::Undecodable
    } else {
        Kind::Damaged
    };
    Failure::new(kind, sentence(&error, message.debug().as_deref()))
}

/// GStreamer's message, and the part of the debug text that says what happened.
fn sentence(error: &gst::glib::Error, debug: Option<&str>) -> String {
    // "file.c(123): function (): /path/of/element:\nwhat happened"
    let detail = debug.and_then(|d| d.split_once('\n')).map(|(_, rest)| rest);
    match detail.map(|d| d.split_whitespace().collect::<Vec<_>>().join(" ")) {
        Some(detail) if !detail.is_empty() => format!("{} ({detail})", error.message()),
        _ => error.message().to_owned(),
    }
}

/// A deadline this far away.
pub fn deadline(seconds: u32) -> Option<Instant> {
    (seconds > 0).then(|| Instant::now() + Duration::from_secs(u64::from(seconds)))
}
