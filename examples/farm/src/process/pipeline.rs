// SPDX-License-Identifier: MPL-2.0
//! One pipeline from an input to the file of its result.
use super::edge::{Edge, Passed};
use super::target::Encoding;
use crate::cli::PhaseArg;
use crate::engine::chosen::Chosen;
use crate::engine::pipeline::{self, Decode, Running, make};
use crate::engine::source::Decoded;
use crate::engine::watchdog::Watchdog;
use crate::engine::{Failure, Kind, Plan};
use crate::integrity::Facts;
use crate::render::intake;
use auris_support::result_sink::lock;
use gst::prelude::*;
use gstparaeq::ParaEq;
use std::path::Path;
use std::sync::atomic::Ordering;

/// What the equaliser is set to.
#[derive(Debug, Clone)]
pub struct Equaliser {
    /// Equalizer APO's text.
    pub text: String,
    /// dB on top of the text's own.
    pub preamp: f64,
    /// Whether the gain is lowered by the highest point of the response.
    pub auto_headroom: bool,
    /// Phase.
    pub phase: PhaseArg,
}

/// One run.
pub struct Job<'a> {
    /// What to decode.
    pub decode: Decode<'a>,
    /// What it says of itself.
    pub facts: Option<&'a Facts>,
    /// The equaliser.
    pub equaliser: &'a Equaliser,
    /// How to encode it.
    pub encoding: &'a Encoding,
    /// Where to.
    pub target: &'a Path,
}

/// Runs a job to its end; its file is then complete and closed.
///
/// # Errors
/// Why there is no result; the file is then worth nothing.
pub fn run(job: &Job<'_>) -> Result<Passed, Failure> {
    let mut elements = pipeline::decoder(&job.decode)?;
    let convert = make("audioconvert")?;
    pipeline::set(&convert, "dithering", "none");
    let taken = convert.static_pad("sink").map(|pad| intake::watch(&pad));
    let taken = taken.ok_or_else(|| Failure::internal("audioconvert has no sink"))?;
    elements.push(convert);
    if let Some(rates) = job.encoding.rates {
        elements.extend(resampler(rates)?);
    }
    let equaliser = equaliser(job.equaliser);
    let sink = equaliser.static_pad("sink");
    let sink = sink.ok_or_else(|| Failure::internal("paraeq has no sink"))?;
    let fed = intake::count(&sink);
    let mut watchdog = Watchdog::new(Some(sink), job.decode.stall);
    let edge = Edge::new(job.encoding, fed.clone());
    elements.push(equaliser.upcast());
    elements.push(edge.clone().upcast());
    elements.extend(encoders(job.encoding)?);
    let file = make("filesink")?;
    file.set_property("location", job.target);
    file.set_property("async", false);
    elements.push(file);
    let running = Running::new(&elements)?;
    running.start(gst::State::Playing)?;
    let listened = running.listen(job.decode.limits, &mut watchdog, |message| {
        Ok(message.type_() == gst::MessageType::Eos)
    });
    let mut taken = lock(&taken);
    if taken.changed {
        return Err(Failure::new(
            Kind::Damaged,
            "rate, channels or sample format change in the middle: it is no single track",
        ));
    }
    if let Some(refusal) = edge.refusal() {
        return Err(refusal);
    }
    listened?;
    let empty = || Failure::new(Kind::Undecodable, "it holds no audio that can be decoded");
    let info = taken.info.take().ok_or_else(empty)?;
    let decoded = Decoded {
        info: &info,
        frames: Some(taken.frames),
        declared: match job.decode.plan {
            Plan::Chain(_) => None,
            Plan::Auto => Chosen::of(&running.0).duration,
        },
    };
    decoded.check(job.facts)?;
    let passed = edge.passed();
    let fed = fed.load(Ordering::Acquire);
    if passed.frames != fed {
        return Err(Failure::internal(format!(
            "{fed} frames went into the equaliser, {} came out",
            passed.frames
        )));
    }
    Ok(passed)
}

fn resampler(rates: &[i32]) -> Result<[gst::Element; 3], Failure> {
    let wide = make("capsfilter")?;
    let floats = gst_audio::AudioCapsBuilder::new_interleaved()
        .format(gst_audio::AUDIO_FORMAT_F64)
        .build();
    wide.set_property("caps", &floats);
    let resample = make("audioresample")?;
    pipeline::set(&resample, "quality", "10");
    let filter = make("capsfilter")?;
    let mut caps = floats;
    caps.make_mut().set("rate", gst::List::new(rates));
    filter.set_property("caps", caps);
    Ok([wide, resample, filter])
}

fn equaliser(settings: &Equaliser) -> ParaEq {
    let element = ParaEq::new();
    element.set_property("config", &settings.text);
    if settings.preamp != 0.0 {
        let own: f64 = element.property("preamp");
        element.set_property("preamp", own + settings.preamp);
    }
    element.set_property("auto-headroom", settings.auto_headroom);
    if settings.phase == PhaseArg::Linear {
        element.set_property_from_str("phase", "linear");
    }
    element
}

fn encoders(encoding: &Encoding) -> Result<Vec<gst::Element>, Failure> {
    let made = encoding.steps.iter().map(|(factory, properties)| {
        let element = make(factory)?;
        for (name, value) in properties {
            pipeline::set(&element, name, value);
        }
        Ok(element)
    });
    made.collect()
}
