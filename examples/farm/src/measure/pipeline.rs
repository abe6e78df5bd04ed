// SPDX-License-Identifier: MPL-2.0
//! One pipeline from an input to its measurement.
use super::track;
use crate::engine::chosen::Chosen;
use crate::engine::pipeline::{self, Decode, Running, make};
use crate::engine::watchdog::Watchdog;
use crate::engine::{Failure, Kind, Plan};
use auris_dsp::dr14::Measurement;
use gst::prelude::*;
use gstdrmeter::{DrMeter, Loudness};
use std::ops::Range;

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
    /// What to decode.
    pub decode: Decode<'a>,
    /// What to measure.
    pub asked: Asked,
    /// The frames to measure; everything where there is none.
    pub part: Option<(Range<u64>, u32)>,
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

/// Runs a job to its end.
///
/// # Errors
/// Why there is no measurement.
pub fn run(job: &Job<'_>) -> Result<Outcome, Failure> {
    let meter = meter(job);
    let mut watchdog = Watchdog::new(meter.static_pad("sink"), job.decode.stall);
    let running = build(job, &meter)?;
    if let Some((part, rate)) = &job.part {
        seek(job, &running, &mut watchdog, part, *rate)?;
    }
    running.start(gst::State::Playing)?;
    let mut tags = gst::TagList::new();
    let mut warnings = Vec::new();
    let mut results = 0usize;
    running.listen(job.decode.limits, &mut watchdog, |message| {
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
                let text = pipeline::sentence(&warning.error(), warning.debug().as_deref());
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
    let chosen = Chosen::of(&running.0);
    Ok(Outcome {
        measurement: meter.take_measurement().ok_or_else(empty)?,
        result: meter
            .property::<Option<gst::Structure>>("last-result")
            .ok_or_else(empty)?,
        info,
        decoder: match job.decode.plan {
            Plan::Chain(chain) => chain.decoder.map(str::to_owned),
            Plan::Auto => chosen.decoder,
        },
        media_types: chosen.media_types,
        declared: match job.decode.plan {
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

fn build(job: &Job<'_>, meter: &DrMeter) -> Result<Running, Failure> {
    let sink = make("fakesink")?;
    sink.set_property("sync", false);
    sink.set_property("enable-last-sample", false);
    let mut elements = pipeline::decoder(&job.decode)?;
    elements.push(meter.clone().upcast());
    elements.push(sink);
    Running::new(&elements)
}

/// Goes to the frames of a part. The times lie a hair inside the frames that they mean, so that
/// whoever rounds on the way rounds to the right one; the meter rounds to the nearest.
fn seek(
    job: &Job<'_>,
    running: &Running,
    watchdog: &mut Watchdog,
    part: &Range<u64>,
    rate: u32,
) -> Result<(), Failure> {
    running.start(gst::State::Paused)?;
    running.listen(job.decode.limits, watchdog, |message| {
        Ok(message.type_() == gst::MessageType::AsyncDone)
    })?;
    let time = |frame: u64| u128::from(frame) * 1_000_000_000 / u128::from(rate.max(1));
    let start = gst::ClockTime::from_nseconds(time(part.start) as u64 + 3);
    let stop = gst::ClockTime::from_nseconds((time(part.end) as u64).saturating_sub(2));
    running
        .0
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::chain::{Chain, Step};
    use crate::engine::pipeline::Limits;
    use crate::inputs::Source;
    use std::sync::atomic::AtomicBool;
    use std::time::Duration;

    #[test]
    fn a_lost_end_of_stream_is_not_waited_for() {
        gst::init().unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), [0; 4000]).unwrap();
        let source = Source::File(file.path().to_owned());
        let parse = Step {
            factory: "rawaudioparse",
            properties: &[],
        };
        let lose = Step {
            factory: "valve",
            properties: &[("drop", "true")],
        };
        let job = |steps| {
            let plan = Plan::Chain(Chain {
                steps,
                ..Chain::default()
            });
            run(&Job {
                decode: Decode {
                    source: &source,
                    plan: &plan,
                    stall: Duration::from_millis(500),
                    limits: Limits {
                        deadline: None,
                        cancelled: &AtomicBool::new(false),
                    },
                    libav: false,
                },
                asked: Asked::default(),
                part: None,
            })
        };
        assert_eq!(job(vec![parse]).ok().unwrap().measurement.frames(), 1000);
        let failure = job(vec![parse, lose]).err().unwrap();
        assert_eq!(failure.kind, Kind::Undecodable);
        assert!(failure.message.contains("standstill"), "{failure}");
    }
}
