// SPDX-License-Identifier: MPL-2.0
//! One input, equalised and encoded into the file of its result.
use super::Process;
use super::edge::Passed;
use super::pipeline::{self, Job};
use super::target::Encoding;
use crate::cli::{PhaseArg, Target};
use crate::engine::memory::Need;
use crate::engine::{Failure, Kind};
use crate::integrity::{self, Facts, Length};
use crate::record::{Processed, Rendered, Written};
use crate::render::{Draft, OPTIONS, Task};
use crate::tags::{TagError, Tags};
use auris_dsp::decibel;
use gst_audio::AudioInfo;
use std::io;

/// What came of it.
pub struct Product {
    passed: Passed,
    /// The tags that were left out, as they are no longer true.
    dropped: Vec<String>,
}

/// Makes the result and checks it.
///
/// # Errors
/// Why there is none.
pub fn make(
    process: &Process<'_>,
    task: &Task<'_>,
    encoding: &Encoding,
    draft: &mut Draft,
    warnings: &mut Vec<String>,
) -> Result<Product, Failure> {
    let passed = encode(process, task, encoding, draft)?;
    let channels = passed.info.as_ref().map_or(0, AudioInfo::channels);
    encoding.check_size(passed.frames, channels)?;
    let dropped = copy_tags(task, draft, warnings)?;
    verify(draft, encoding, &passed)?;
    Ok(Product { passed, dropped })
}

fn encode(
    process: &Process<'_>,
    task: &Task<'_>,
    encoding: &Encoding,
    draft: &Draft,
) -> Result<Passed, Failure> {
    let mut steps = encoding.steps.iter();
    if steps.any(|(name, _)| name.starts_with("avenc")) && !task.memory().libav {
        return Err(Failure::new(
            Kind::Budget,
            "only libav encodes this format; allow more memory with --mem-budget-mb",
        ));
    }
    let facts = task.look.facts.as_ref();
    let linear = process.equaliser.phase == PhaseArg::Linear;
    let channels = facts.and_then(|facts| facts.channels);
    let more = |need: Need| need.with_encoder(linear, channels);
    task.decode(more, |decode| {
        pipeline::run(&Job {
            decode,
            facts,
            equaliser: &process.equaliser,
            encoding,
            target: draft.path(),
        })
    })
}

/// The tags that were left out, as they are no longer true.
fn copy_tags(
    task: &Task<'_>,
    draft: &mut Draft,
    warnings: &mut Vec<String>,
) -> Result<Vec<String>, Failure> {
    let Some(path) = task.source.path() else {
        return Ok(Vec::new());
    };
    // They are there as they were found, as they are written, and as they are read again.
    let copied = Tags::read(path).and_then(|tags| {
        let size = tags.size()?;
        Ok((tags, size))
    });
    let written_to = match copied {
        Ok((tags, size)) => {
            let _reserved = task.memory().reserve(Need::of_tags(size))?;
            let dropped = tags.dropped.clone();
            tags.write(draft.file()).map(|()| dropped)
        }
        Err(error) => Err(error),
    };
    match written_to {
        Ok(dropped) => Ok(dropped),
        Err(TagError::Io(error)) => Err(written(&error)),
        Err(TagError::Refused(why) | TagError::Unsupported(why)) => {
            warnings.push(format!("tags not kept: {why}"));
            Ok(Vec::new())
        }
    }
}

/// That the result is what it is meant to be.
fn verify(draft: &mut Draft, encoding: &Encoding, passed: &Passed) -> Result<(), Failure> {
    let wrong = |why: String| Failure::internal(format!("the result is wrong: {why}"));
    let facts = integrity::inspect(draft.file(), OPTIONS).map_err(|damage| match damage {
        integrity::Damage::Io(error) => written(&error),
        other => wrong(other.to_string()),
    })?;
    let length = facts.as_ref().map(|facts: &Facts| facts.length);
    match length {
        Some(Length::Exact(frames)) if !encoding.target.is_lossy() && frames != passed.frames => {
            Err(wrong(format!(
                "{} frames instead of {}",
                frames, passed.frames
            )))
        }
        Some(_) => Ok(()),
        None => Err(wrong("it is not recognised".to_owned())),
    }
}

/// Completes the record of a result of so many bytes.
pub fn describe(record: &mut Processed, encoding: &Encoding, product: Product, bytes: u64) {
    let Product { passed, dropped } = product;
    let info = passed.info.as_ref();
    let rendering = record.rendering_mut();
    rendering.succeed(
        passed.frames,
        info.map(AudioInfo::rate),
        info.map(AudioInfo::channels),
    );
    let peak_db = Some(decibel::from_amplitude(passed.peak)).filter(|db| db.is_finite());
    let headroom = "--auto-headroom or a lower --preamp avoids that";
    if passed.clipped > 0 {
        let count = passed.clipped;
        rendering
            .warnings
            .push(format!("{count} samples were clipped; {headroom}"));
    } else if encoding.target.is_lossy()
        && let Some(peak) = peak_db.filter(|peak| *peak > 0.0)
    {
        let warning = format!("peaks at +{peak:.1} dBFS, which players will clip; {headroom}");
        rendering.warnings.push(warning);
    }
    if passed.non_finite > 0 {
        let count = passed.non_finite;
        let warning = format!("{count} samples are no numbers and became silence");
        rendering.warnings.push(warning);
    }
    if !dropped.is_empty() {
        let names = dropped.join(", ");
        let warning = format!("tags left out, as they are no longer true: {names}");
        rendering.warnings.push(warning);
    }
    record.result = Some(Written {
        format: encoding.target.name().to_owned(),
        encoder: encoding.encoder().map(str::to_owned),
        sample_format: encoding.format.to_string(),
        bits: encoding.bits,
        bytes,
        peak_db,
        clipped: passed.clipped,
        non_finite: passed.non_finite,
        dropped_tags: dropped,
    });
}

fn written(error: &io::Error) -> Failure {
    Failure::new(Kind::Io, format!("the result cannot be written: {error}"))
}

/// Whether a run over these inputs may write with libav.
pub fn may_use_libav(format: Target) -> bool {
    matches!(format, Target::M4a | Target::Alac)
}
