// SPDX-License-Identifier: MPL-2.0
//! One input from its path to the file of its result.
use super::naming::Places;
use super::{Draft, Maker};
use crate::cli::RenderArgs;
use crate::engine::memory::{Memory, Need};
use crate::engine::open::Opened;
use crate::engine::pipeline::{self, Decode, Limits};
use crate::engine::pool::Pool;
use crate::engine::source::{self, Look};
use crate::engine::turns::Turns;
use crate::engine::{Failure, Kind, Plan, watchdog};
use crate::inputs::{Input, Source};
use crate::integrity;
use crate::record::{Rendered, Rendering, Status};
use crate::state::{Stamp, State, Stored};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::Path;
use std::sync::atomic::AtomicBool;

/// Inputs are read with their checksums: nothing compares the MD5 of what was decoded.
pub const OPTIONS: integrity::Options<'_> = integrity::Options {
    compares_md5: &|_| false,
};

/// What all jobs share.
pub struct Context<'a> {
    /// The command line.
    pub args: &'a RenderArgs,
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
    /// Set when the run is to end.
    pub cancelled: AtomicBool,
}

impl Context<'_> {
    fn limits(&self) -> Limits<'_> {
        Limits {
            deadline: pipeline::deadline(self.args.run.timeout),
            cancelled: &self.cancelled,
        }
    }

    /// The stamp of a file that an earlier run made of this input, as the state says, and nobody changed since.
    fn own(&self, source: &Source, file: &Path) -> Option<Stamp> {
        self.state.as_ref()?.written(source, file).ok()?
    }
}

/// The failure to write the file at `target`.
pub fn unwritable(target: &Path, error: &io::Error) -> Failure {
    let kind = match error.kind() {
        io::ErrorKind::AlreadyExists => Kind::Refused,
        _ => Kind::Io,
    };
    Failure::new(kind, format!("{}: {error}", target.display()))
}

/// An input whose result is being made.
pub struct Task<'a> {
    context: &'a Context<'a>,
    index: usize,
    /// As it was named.
    pub input: &'a Source,
    /// Where it can be read.
    pub source: &'a Source,
    /// What it says of itself.
    pub look: &'a Look,
    /// What its result replaces in any case.
    pub own: Option<Stamp>,
    /// What its file was like before it was looked at.
    stamp: Option<Stamp>,
    done: &'static str,
}

impl Task<'_> {
    /// The budget.
    pub fn memory(&self) -> &Memory {
        &self.context.memory
    }

    /// How it is decoded.
    ///
    /// # Errors
    /// It cannot be.
    pub fn plan(&self) -> Result<Plan, Failure> {
        self.look.plan(self.context.memory.libav)
    }

    /// What may end the work on it.
    pub fn limits(&self) -> Limits<'_> {
        self.context.limits()
    }

    /// Calls `work` with how to decode the input, once it may: `more` says what it takes beside the
    /// decoder.
    ///
    /// # Errors
    /// It cannot be decoded within the budget; and what `work` says.
    pub fn decode<T>(
        &self,
        more: impl FnOnce(Need) -> Need,
        work: impl FnOnce(Decode<'_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let context = self.context;
        let libav = context.memory.libav;
        let plan = self.plan()?;
        let _turn = self.look.is_cached().then(|| context.turns.take());
        let _reserved = context.memory.reserve(more(self.look.need(&plan)))?;
        work(Decode {
            source: self.source,
            plan: &plan,
            stall: watchdog::limit(self.source),
            limits: context.limits(),
            libav,
        })
    }

    /// Where its result goes.
    pub fn target(&self) -> &Path {
        self.context.places.target(self.index)
    }

    /// The failure to write the result.
    pub fn unwritable(&self, error: &io::Error) -> Failure {
        unwritable(self.target(), error)
    }

    /// That its file is still what it was when it was looked at.
    ///
    /// # Errors
    /// It is not.
    pub fn check_unchanged(&self) -> Result<(), Failure> {
        if let (Some(before), Some(path)) = (self.stamp, self.input.path())
            && Stamp::of(path).ok() != Some(before)
        {
            let message = format!("it was changed while it was {}", self.done);
            return Err(Failure::new(Kind::Io, message));
        }
        Ok(())
    }
}

/// What the state keeps of an input.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(bound = "R: Serialize + DeserializeOwned")]
struct Finished<R> {
    record: R,
    /// What the files of the result were like when they were put in their places.
    stamps: Vec<Stamp>,
}

impl<R: Rendered> Stored for Finished<R> {
    fn failure(&self) -> Option<&str> {
        let rendering = self.record.rendering();
        let kind = rendering.error_kind.as_deref().unwrap_or_default();
        (rendering.status == Status::Error).then_some(kind)
    }
}

/// A record of an input of which nothing is known yet.
pub fn blank<R: Rendered>(input: &Input, output: Option<String>) -> R {
    Rendering::blank(input.source.display().into_owned(), output).into()
}

/// Makes `record` that of a failure.
pub fn fail(record: &mut impl Rendered, failure: &Failure) {
    record.forget_result();
    let rendering = record.rendering_mut();
    rendering.fail(failure.message.clone(), failure.kind.name());
}

/// Makes the result of an input. A failure is a record, too; `None` if the run was ended meanwhile.
pub fn work<M: Maker>(maker: &M, context: &Context<'_>, index: usize) -> Option<M::Record> {
    let input = &context.inputs[index];
    let stamp = input.source.path().and_then(|path| Stamp::of(path).ok());
    if let Some(done) = done_before(maker, context, index, stamp) {
        return Some(done);
    }
    let target = context.places.target(index).display().to_string();
    let mut finished = Finished {
        record: blank(input, Some(target)),
        stamps: Vec::new(),
    };
    let result = match source::problem(input) {
        Some(failure) => Err(failure),
        None => fill(maker, context, index, stamp, &mut finished),
    };
    match result {
        Ok(()) => Some(finished.record),
        Err(failure) if failure.kind == Kind::Cancelled => None,
        Err(failure) => {
            fail(&mut finished.record, &failure);
            if let Some(state) = &context.state {
                // A failure that is not remembered is found again.
                let _best_effort = state.store(&input.source, stamp, &finished);
            }
            Some(finished.record)
        }
    }
}

/// The record of an earlier run, if its result is still there.
fn done_before<M: Maker>(
    maker: &M,
    context: &Context<'_>,
    index: usize,
    stamp: Option<Stamp>,
) -> Option<M::Record> {
    let source = &context.inputs[index].source;
    // A URL may give something else by now.
    stamp?;
    let done: Finished<M::Record> = context.state.as_ref()?.lookup(source, stamp).ok()??;
    if done.record.rendering().status == Status::Error {
        return Some(done.record);
    }
    let files = maker.files(&done.record, context.places.target(index))?;
    // It was announced before it was put in its place; what was changed there since is somebody's
    // work, and only replaced if that is asked for.
    let now = files.iter().map(|file| Stamp::of(file).ok());
    let now: Vec<Stamp> = now.collect::<Option<_>>()?;
    if done.stamps == now {
        return Some(done.record);
    }
    // A result of other settings, or one that a killed run was about to replace.
    let own = || files.iter().all(|file| context.own(source, file).is_some());
    (!context.args.overwrite && !own()).then_some(done.record)
}

fn fill<M: Maker>(
    maker: &M,
    context: &Context<'_>,
    index: usize,
    stamp: Option<Stamp>,
    finished: &mut Finished<M::Record>,
) -> Result<(), Failure> {
    let input = &context.inputs[index];
    context.places.check(index, context.inputs)?;
    let target = context.places.target(index);
    let own = context.own(&input.source, target);
    maker.check(&context.places, target, own.is_some())?;
    let record = &mut finished.record;
    if context.args.run.verbose > 0 {
        let path = &record.rendering().path;
        eprintln!("auris-farm: {} {path}", M::WORDS.doing);
    }
    let limits = || context.limits();
    let opened = Opened::new(&input.source, &context.memory, limits, OPTIONS)?;
    let rendering = record.rendering_mut();
    if let Some(facts) = &opened.look.facts {
        rendering.input_format = Some(source::format(facts));
        rendering.warnings.extend(facts.warnings.iter().cloned());
    }
    let task = Task {
        context,
        index,
        input: &input.source,
        source: &opened.source,
        look: &opened.look,
        own,
        stamp,
        done: M::WORDS.done,
    };
    let drafts = maker.make(&task, record)?;
    task.check_unchanged()?;
    for draft in &drafts {
        let stamped = draft.sync().and_then(|_| draft.stamp());
        let stamped = stamped.map_err(|error| unwritable(draft.target(), &error))?;
        finished.stamps.push(stamped);
    }
    if let Some(state) = &context.state {
        let places = drafts.iter().map(Draft::target);
        let files: Vec<_> = places.zip(finished.stamps.iter().copied()).collect();
        let stored = state.store_with_files(&input.source, stamp, finished, &files);
        stored.map_err(|error| Failure::new(Kind::Io, error.to_string()))?;
    }
    for draft in drafts {
        let target = draft.target().to_owned();
        draft.put().map_err(|error| unwritable(&target, &error))?;
    }
    Ok(())
}
