// SPDX-License-Identifier: MPL-2.0
//! One input from its path to its picture.
use super::Finished;
use super::encode;
use super::pipeline::{self, Job, Seen};
use crate::cli::PictureArgs;
use crate::engine::memory::{Memory, Need};
use crate::engine::pipeline::Limits;
use crate::engine::pool::Pool;
use crate::engine::source::{self, Look};
use crate::engine::turns::Turns;
use crate::engine::{Failure, Kind, download, watchdog};
use crate::inputs::{Input, Source};
use crate::integrity;
use crate::process::naming::Places;
use crate::process::place::{Draft, Swept};
use crate::record::{Drawn, Pictured, SCHEMA, Status};
use crate::state::{Stamp, State};
use std::io;
use std::path::Path;
use std::sync::atomic::AtomicBool;

/// What all jobs share.
pub struct Context<'a> {
    /// The command line.
    pub args: &'a PictureArgs,
    /// All inputs.
    pub inputs: &'a [Input],
    /// Where their pictures go.
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
pub fn blank(input: &Input, output: Option<String>) -> Pictured {
    Pictured {
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
        picture: None,
    }
}

/// Makes `record` that of a failure.
pub fn fail(record: &mut Pictured, failure: &Failure) {
    record.status = Status::Error;
    record.error = Some(failure.message.clone());
    record.error_kind = Some(failure.kind.name().to_owned());
    // What was written has not come to its place.
    (record.duration_s, record.frames) = (None, None);
    (record.rate, record.channels, record.picture) = (None, None, None);
}

/// Draws an input. A failure is a record, too; `None` if the run was ended meanwhile.
pub fn draw(context: &Context<'_>, index: usize) -> Option<Finished> {
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
        eprintln!("auris-farm: drawing {}", finished.record.path);
    }
    let download = match &input.source {
        Source::Url(url) => {
            let _reserved = context.memory.reserve(Need::of_chain(false, 0))?;
            download::fetch(url, limits(context))?
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
    if let Some(facts) = &look.facts {
        record.input_format = Some(source::format(facts));
        record.warnings.extend(facts.warnings.iter().cloned());
    }
    let target = context.places.target(index);
    let draft = Draft::begin(target, args.overwrite, &context.swept);
    let mut draft = draft.map_err(|error| unwritable(context, index, &error))?;
    let seen = see(context, source, name(&input.source), &look)?;
    let written = encode::png(draft.file(), &seen);
    written.map_err(|error| unwritable(context, index, &error))?;
    let complete = draft
        .sync()
        .map_err(|error| unwritable(context, index, &error))?;
    describe(record, &seen, complete.len());
    if let (Some(before), Some(path)) = (stamp, input.source.path())
        && Stamp::of(path).ok() != Some(before)
    {
        let message = "it was changed while it was drawn";
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

fn limits<'a>(context: &'a Context<'_>) -> Limits<'a> {
    Limits {
        deadline: crate::engine::pipeline::deadline(context.args.timeout),
        cancelled: &context.cancelled,
    }
}

fn see(context: &Context<'_>, source: &Source, name: String, look: &Look) -> Result<Seen, Failure> {
    let args = context.args;
    let libav = context.memory.libav;
    let plan = look.plan(libav)?;
    let _turn = look.is_cached().then(|| context.turns.take());
    let pixels = u64::from(args.size.width) * u64::from(args.size.height);
    let need = look.need(&plan).with_picture(pixels);
    let _reserved = context.memory.reserve(need)?;
    pipeline::run(&Job {
        source,
        facts: look.facts.as_ref(),
        plan: &plan,
        args,
        name,
        stall: match source {
            Source::File(_) => watchdog::FILE,
            Source::Url(_) => watchdog::URL,
        },
        limits: limits(context),
        libav,
    })
}

/// What a picture is called where tags say nothing.
fn name(source: &Source) -> String {
    let stem = source.path().and_then(Path::file_stem);
    match stem {
        Some(stem) => stem.to_string_lossy().into_owned(),
        None => source.display().into_owned(),
    }
}

fn describe(record: &mut Pictured, seen: &Seen, bytes: u64) {
    record.status = Status::Ok;
    record.frames = Some(seen.frames);
    record.rate = Some(seen.info.rate());
    record.channels = Some(seen.info.channels());
    record.duration_s = Some(seen.frames as f64 / f64::from(seen.info.rate().max(1)));
    record.warnings.extend(seen.warnings.iter().cloned());
    record.picture = Some(Drawn {
        width: seen.width,
        height: seen.height,
        title: seen.title.clone(),
        bytes,
    });
}

fn unwritable(context: &Context<'_>, index: usize, error: &io::Error) -> Failure {
    let target = context.places.target(index).display();
    let kind = match error.kind() {
        io::ErrorKind::AlreadyExists => Kind::Refused,
        _ => Kind::Io,
    };
    Failure::new(kind, format!("{target}: {error}"))
}
