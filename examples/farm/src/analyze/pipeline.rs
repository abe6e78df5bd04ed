// SPDX-License-Identifier: MPL-2.0
//! One pipeline from an input to everything that is extracted of it.
use super::artefact::Artefact;
use super::extract::{AUDIO, Extracted, Pass, Recipe};
use crate::engine::chosen::Chosen;
use crate::engine::drive;
use crate::engine::pipeline::{self, Decode, Limits, Running, make};
use crate::engine::watchdog::Watchdog;
use crate::engine::{Failure, Kind, Plan, source};
use crate::integrity::Facts;
use crate::record::Decoded;
use crate::render::intake;
use auris_support::layout;
use auris_support::planes::Planes;
use auris_support::result_sink::lock;
use gst::prelude::*;
use gst_audio::AudioInfo;
use std::sync::{Arc, Mutex};

/// Warnings of GStreamer that are kept per input.
const MAX_WARNINGS: usize = 8;
/// Samples that are read at once of audio that was cached.
const BLOCK: usize = 1 << 14;

/// Where the samples go.
enum Stage {
    /// None have come yet.
    Waiting(Box<Recipe>),
    Running(Box<Pass>),
    Failed(Failure),
}

/// Decodes an input once, for all.
///
/// # Errors
/// Why nothing can be trusted that was found.
pub fn run(
    decode: &Decode<'_>,
    facts: Option<&Facts>,
    recipe: Recipe,
) -> Result<(Extracted, Decoded), Failure> {
    let mut elements = pipeline::decoder(decode)?;
    let filter = make("capsfilter")?;
    filter.set_property("caps", layout::caps());
    let end = make("fakesink")?;
    end.set_property("sync", false);
    end.set_property("async", false);
    end.set_property("enable-last-sample", false);
    let sink = end.static_pad("sink");
    let sink = sink.ok_or_else(|| Failure::internal("fakesink has no sink"))?;
    let taken = intake::watch(&sink);
    let stage = feed(&sink, recipe);
    let mut watchdog = Watchdog::new(Some(sink), decode.stall);
    elements.extend([filter, end]);
    let running = Running::new(&elements)?;
    running.start(gst::State::Playing)?;
    let mut warnings = Vec::new();
    let listened = running.listen(decode.limits, &mut watchdog, |message| {
        match message.view() {
            gst::MessageView::Eos(_) => return Ok(true),
            gst::MessageView::Warning(warning) if warnings.len() < MAX_WARNINGS => {
                let text = pipeline::sentence(&warning.error(), warning.debug().as_deref());
                if !warnings.contains(&text) {
                    warnings.push(text);
                }
            }
            _ => {}
        }
        Ok(false)
    });
    let (info, frames) = {
        let mut taken = lock(&taken);
        if taken.changed {
            return Err(Failure::new(
                Kind::Damaged,
                "rate, channels or sample format change in the middle: it is no single track",
            ));
        }
        (taken.info.take(), taken.frames)
    };
    listened?;
    let empty = || Failure::new(Kind::Undecodable, "it holds no audio that can be decoded");
    let info = info.ok_or_else(empty)?;
    let chosen = Chosen::of(&running.0);
    let (decoder, declared) = match decode.plan {
        Plan::Chain(chain) => {
            warnings.extend(chain.note.map(str::to_owned));
            (chain.decoder.map(str::to_owned), None)
        }
        Plan::Auto => (chosen.decoder, chosen.duration),
    };
    let decoded = source::Decoded {
        info: &info,
        frames: Some(frames),
        declared,
    };
    decoded.check(facts)?;
    let pass = match std::mem::replace(&mut *lock(&stage), Stage::Failed(empty())) {
        Stage::Running(pass) => pass,
        Stage::Waiting(_) => return Err(empty()),
        Stage::Failed(failure) => return Err(failure),
    };
    let decoded = Decoded {
        frames,
        rate: info.rate(),
        channels: info.channels(),
        sample_format: info.format().to_string(),
        decoder,
        warnings,
    };
    Ok((pass.finish(), decoded))
}

/// Lets `recipe` have what comes to a pad.
fn feed(pad: &gst::Pad, recipe: Recipe) -> Arc<Mutex<Stage>> {
    let stage = Arc::new(Mutex::new(Stage::Waiting(Box::new(recipe))));
    let fed = stage.clone();
    let format: Mutex<Option<AudioInfo>> = Mutex::new(None);
    pad.add_probe(gst::PadProbeType::BUFFER, move |pad, probe| {
        let Some(buffer) = probe.buffer() else {
            return gst::PadProbeReturn::Ok;
        };
        let mut format = lock(&format);
        if format.is_none() {
            let caps = pad.current_caps();
            *format = caps.and_then(|caps| AudioInfo::from_caps(&caps).ok());
        }
        let Some(info) = format.as_ref() else {
            return gst::PadProbeReturn::Ok;
        };
        let mut stage = lock(&fed);
        // A fault of ours must not unwind into the decoder.
        let pushed = drive::guarded(|| push(&mut stage, buffer, info));
        if let Err(failure) = pushed.and_then(|pushed| pushed) {
            *stage = Stage::Failed(failure);
        }
        gst::PadProbeReturn::Ok
    });
    stage
}

fn push(stage: &mut Stage, buffer: &gst::BufferRef, info: &AudioInfo) -> Result<(), Failure> {
    if let Stage::Waiting(recipe) = stage {
        let recipe = std::mem::take(&mut **recipe);
        *stage = Stage::Running(Box::new(Pass::new(recipe, info)?));
    }
    let Stage::Running(pass) = stage else {
        return Ok(());
    };
    let map = buffer.map_readable();
    let map = map.map_err(|_| Failure::internal("a buffer cannot be read"))?;
    let planes = Planes::new(buffer, &map, info).map_err(Failure::internal)?;
    pass.push(&planes);
    Ok(())
}

/// The same from audio that was cached.
///
/// # Errors
/// It cannot be read, or the run was ended.
pub fn run_audio(
    audio: &mut Artefact,
    limits: Limits<'_>,
    recipe: Recipe,
) -> Result<(Extracted, Decoded), Failure> {
    let mut pass = Pass::of_audio(recipe);
    audio.rows(AUDIO, BLOCK, |samples| {
        limits.check()?;
        pass.push_mono(samples);
        Ok::<(), Failure>(())
    })?;
    Ok((pass.finish(), audio.footer.decoded.clone()))
}
