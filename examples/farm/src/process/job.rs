// SPDX-License-Identifier: MPL-2.0
//! One input from its path to the file of its result.
use super::Finished;
use super::edge::Passed;
use super::naming::Places;
use super::pipeline::{self, Equaliser, Job};
use super::place::{Draft, Swept};
use super::target::Encoding;
use crate::cli::{ProcessArgs, Target};
use crate::engine::memory::{Memory, Need};
use crate::engine::pipeline::Limits;
use crate::engine::pool::Pool;
use crate::engine::source::{self, Look};
use crate::engine::turns::Turns;
use crate::engine::{Failure, Kind, download, watchdog};
use crate::inputs::{Input, Source};
use crate::integrity::{self, Facts, Length};
use crate::record::{Processed, SCHEMA, Status, Written};
use crate::state::{Stamp, State};
use crate::tags::{TagError, Tags};
use auris_dsp::decibel;
use std::io;
use std::sync::atomic::AtomicBool;

/// What all jobs share.
pub struct Context<'a> {
    /// The command line.
    pub args: &'a ProcessArgs,
    /// The equaliser.
    pub equaliser: Equaliser,
    /// All inputs.
    pub inputs: &'a [Input],
    /// Where their results go.
    pub places: Places,
    /// What is done already.
    pub state: Option<State>,
    /// The budget.
    pub memory: Memory,
    /// The workers.
    pub pool: Pool,
    /// Who may decode what is cached.
    pub turns: Turns,
    /// Where killed runs were swept after.
    pub swept: Swept,
    /// Set when the run is to end.
    pub cancelled: AtomicBool,
}

/// Inputs are read with their checksums: nothing compares the MD5 of what was decoded.
const OPTIONS: integrity::Options<'_> = integrity::Options {
    compares_md5: &|_| false,
};

/// A record of an input of which nothing is known yet.
pub fn blank(input: &Input, output: Option<String>) -> Processed {
    Processed {
        schema: SCHEMA,
        path: input.source.display().into_owned(),
        output,
        status: Status::Error,
        error: None,
        error_kind: None,
        warnings: Vec::new(),
        duration_s: None,
        frames: None,
        rate: None,
        channels: None,
        input_format: None,
        result: None,
    }
}

/// Makes `record` that of a failure.
pub fn fail(record: &mut Processed, failure: &Failure) {
    record.status = Status::Error;
    record.error = Some(failure.message.clone());
    record.error_kind = Some(failure.kind.name().to_owned());
    // What was written has not come to its place.
    (record.duration_s, record.frames) = (None, None);
    (record.rate, record.channels, record.result) = (None, None, None);
}

/// Processes an input. A failure is a record, too; `None` if the run was ended meanwhile.
pub fn process(context: &Context<'_>, index: usize) -> Option<Finished> {
    let input = &context.inputs[index];
    let stamp = input.source.path().and_then(|path| Stamp::of(path).ok());
    if let Some(done) = done_before(context, index, stamp) {
        return Some(done);
    }
    let target = context.places.target(index).display().to_string();
    let mut finished = Finished {
        record: blank(input, Some(target)),
        stamp: None,
    };
    let result = match source::problem(input) {
        Some(failure) => Err(failure),
        None => fill(context, index, stamp, &mut finished),
    };
    match result {
        Ok(()) => Some(finished),
        Err(failure) if failure.kind == Kind::Cancelled => None,
        Err(failure) => {
            fail(&mut finished.record, &failure);
            if let Some(state) = &context.state {
                // A failure that is not remembered is found again.
                let _best_effort = state.store(&input.source, stamp, &finished);
            }
            Some(finished)
        }
    }
}

/// The result of an earlier run, if it is still there.
fn done_before(context: &Context<'_>, index: usize, stamp: Option<Stamp>) -> Option<Finished> {
    let source = &context.inputs[index].source;
    // A URL may give something else by now.
    stamp?;
    let done: Finished = context.state.as_ref()?.lookup(source, stamp).ok()??;
    if done.record.status == Status::Error {
        return Some(done);
    }
    let target = context.places.target(index);
    if done.record.output.as_deref() != Some(&*target.to_string_lossy()) {
        return None;
    }
    // It was announced before it was put in its place; what was changed there since is somebody's
    // work, and only replaced if that is asked for.
    let now = Stamp::of(target).ok()?;
    (done.stamp == Some(now) || !context.args.overwrite).then_some(done)
}

fn fill(
    context: &Context<'_>,
    index: usize,
    stamp: Option<Stamp>,
    finished: &mut Finished,
) -> Result<(), Failure> {
    let (args, input) = (context.args, &context.inputs[index]);
    context
        .places
        .check(index, context.inputs, args.overwrite)?;
    if args.verbose > 0 {
        eprintln!("auris-farm: processing {}", finished.record.path);
    }
    let download = match &input.source {
        Source::Url(url) => {
            let _reserved = context.memory.reserve(Need::of_chain(false, 0))?;
            let limits = Limits {
                deadline: crate::engine::pipeline::deadline(args.timeout),
                cancelled: &context.cancelled,
            };
            download::fetch(url, limits)?
        }
        Source::File(_) => None,
    };
    let local = download.as_ref().map(|file| Source::File(file.path()));
    let source = local.as_ref().unwrap_or(&input.source);
    let look = match source.path() {
        Some(path) => Look::at(path, OPTIONS)?,
        None => Look::default(),
    };
    let record = &mut finished.record;
    let facts = look.facts.as_ref();
    if let Some(facts) = facts {
        record.input_format = Some(source::format(facts));
        record.warnings.extend(facts.warnings.iter().cloned());
    }
    let encoding = Encoding::choose(args, facts)?;
    let target = context.places.target(index);
    let draft = Draft::begin(target, args.overwrite, &context.swept);
    let mut draft = draft.map_err(|error| unwritable(context, index, &error))?;
    let passed = encode(context, source, &look, &encoding, &draft)?;
    let channels = passed
        .info
        .as_ref()
        .map_or(0, gst_audio::AudioInfo::channels);
    encoding.check_size(passed.frames, channels)?;
    let dropped = copy_tags(context, source, &mut draft, &mut record.warnings)?;
    verify(&mut draft, &encoding, &passed)?;
    let complete = draft
        .sync()
        .map_err(|error| unwritable(context, index, &error))?;
    describe(record, &encoding, &passed, complete.len(), dropped);
    if let (Some(before), Some(path)) = (stamp, input.source.path())
        && Stamp::of(path).ok() != Some(before)
    {
        let message = "it was changed while it was processed";
        return Err(Failure::new(Kind::Io, message));
    }
    finished.stamp = Some(Stamp::of_metadata(&complete));
    if let Some(state) = &context.state {
        let stored = state.store(&input.source, stamp, finished);
        stored.map_err(|error| Failure::new(Kind::Io, error.to_string()))?;
    }
    draft
        .put()
        .map_err(|error| unwritable(context, index, &error))
}

fn encode(
    context: &Context<'_>,
    source: &Source,
    look: &Look,
    encoding: &Encoding,
    draft: &Draft,
) -> Result<Passed, Failure> {
    let libav = context.memory.libav;
    let plan = look.plan(libav)?;
    let avenc = encoding
        .steps
        .iter()
        .any(|(name, _)| name.starts_with("avenc"));
    if avenc && !libav {
        return Err(Failure::new(
            Kind::Budget,
            "only libav encodes this format; allow more memory with --mem-budget-mb",
        ));
    }
    let _turn = look.is_cached().then(|| context.turns.take());
    let linear = context.args.phase == crate::cli::PhaseArg::Linear;
    let channels = look.facts.as_ref().and_then(|facts| facts.channels);
    let need = look.need(&plan).with_encoder(linear, channels);
    let _reserved = context.memory.reserve(need)?;
    pipeline::run(&Job {
        source,
        facts: look.facts.as_ref(),
        plan: &plan,
        equaliser: &context.equaliser,
        encoding,
        target: draft.path(),
        stall: match source {
            Source::File(_) => watchdog::FILE,
            Source::Url(_) => watchdog::URL,
        },
        limits: Limits {
            deadline: crate::engine::pipeline::deadline(context.args.timeout),
            cancelled: &context.cancelled,
        },
        libav,
    })
}

/// The tags that were left out, as they are no longer true.
fn copy_tags(
    context: &Context<'_>,
    source: &Source,
    draft: &mut Draft,
    warnings: &mut Vec<String>,
) -> Result<Vec<String>, Failure> {
    let Some(path) = source.path() else {
        return Ok(Vec::new());
    };
    // They are there as they were found, as they are written, and as they are read again.
    let copied = Tags::read(path).and_then(|tags| {
        let size = tags.size()?;
        Ok((tags, size))
    });
    let written_to = match copied {
        Ok((tags, size)) => {
            let _reserved = context.memory.reserve(Need::of_tags(size))?;
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

fn describe(
    record: &mut Processed,
    encoding: &Encoding,
    passed: &Passed,
    bytes: u64,
    dropped: Vec<String>,
) {
    record.status = Status::Ok;
    record.frames = Some(passed.frames);
    if let Some(info) = &passed.info {
        record.rate = Some(info.rate());
        record.channels = Some(info.channels());
        record.duration_s = Some(passed.frames as f64 / f64::from(info.rate().max(1)));
    }
    let peak_db = Some(decibel::from_amplitude(passed.peak)).filter(|db| db.is_finite());
    let headroom = "--auto-headroom or a lower --preamp avoids that";
    if passed.clipped > 0 {
        let count = passed.clipped;
        record
            .warnings
            .push(format!("{count} samples were clipped; {headroom}"));
    } else if encoding.target.is_lossy()
        && let Some(peak) = peak_db.filter(|peak| *peak > 0.0)
    {
        let warning = format!("peaks at +{peak:.1} dBFS, which players will clip; {headroom}");
        record.warnings.push(warning);
    }
    if passed.non_finite > 0 {
        let count = passed.non_finite;
        let warning = format!("{count} samples are no numbers and became silence");
        record.warnings.push(warning);
    }
    if !dropped.is_empty() {
        let names = dropped.join(", ");
        let warning = format!("tags left out, as they are no longer true: {names}");
        record.warnings.push(warning);
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

fn unwritable(context: &Context<'_>, index: usize, error: &io::Error) -> Failure {
    let target = context.places.target(index).display();
    let kind = match error.kind() {
        io::ErrorKind::AlreadyExists => Kind::Refused,
        _ => Kind::Io,
    };
    Failure::new(kind, format!("{target}: {error}"))
}

/// Whether a run over these inputs may write with libav.
pub fn may_use_libav(format: Target) -> bool {
    matches!(format, Target::M4a | Target::Alac)
}
