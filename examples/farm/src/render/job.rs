// SPDX-License-Identifier: MPL-2.0
//! One input from its path to the file of its result.
use super::Renderer;
use super::naming::Places;
use super::place::Draft;
use crate::cli::RenderArgs;
use crate::engine::memory::{Memory, Need};
use crate::engine::open::Opened;
use crate::engine::pipeline::{self, Decode, Limits};
use crate::engine::pool::Pool;
use crate::engine::source::{self, Look};
use crate::engine::turns::Turns;
use crate::engine::{Failure, Kind, watchdog};
use crate::inputs::{Input, Source};
use crate::integrity;
use crate::record::{Rendered, Rendering, Status};
use crate::state::{Stamp, State, Stored};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io;
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
            deadline: pipeline::deadline(self.args.timeout),
            cancelled: &self.cancelled,
        }
    }

    fn unwritable(&self, index: usize, error: &io::Error) -> Failure {
        let target = self.places.target(index).display();
        let kind = match error.kind() {
            io::ErrorKind::AlreadyExists => Kind::Refused,
            _ => Kind::Io,
        };
        Failure::new(kind, format!("{target}: {error}"))
    }
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
}

impl Task<'_> {
    /// The budget.
    pub fn memory(&self) -> &Memory {
        &self.context.memory
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
        let plan = self.look.plan(libav)?;
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

    /// The failure to write the result.
    pub fn unwritable(&self, error: &io::Error) -> Failure {
        self.context.unwritable(self.index, error)
    }
}

/// What the state keeps of an input.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(bound = "R: Serialize + DeserializeOwned")]
struct Finished<R> {
    record: R,
    /// What the result was like when it was put in its place.
    stamp: Option<Stamp>,
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
pub fn work<R: Renderer>(renderer: &R, context: &Context<'_>, index: usize) -> Option<R::Record> {
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
        None => fill(renderer, context, index, stamp, &mut finished),
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
fn done_before<R: Rendered>(
    context: &Context<'_>,
    index: usize,
    stamp: Option<Stamp>,
) -> Option<R> {
    let source = &context.inputs[index].source;
    // A URL may give something else by now.
    stamp?;
    let done: Finished<R> = context.state.as_ref()?.lookup(source, stamp).ok()??;
    let rendering = done.record.rendering();
    if rendering.status == Status::Error {
        return Some(done.record);
    }
    let target = context.places.target(index);
    if rendering.output.as_deref() != Some(&*target.to_string_lossy()) {
        return None;
    }
    // It was announced before it was put in its place; what was changed there since is somebody's
    // work, and only replaced if that is asked for.
    let now = Stamp::of(target).ok()?;
    (done.stamp == Some(now) || !context.args.overwrite).then_some(done.record)
}

fn fill<R: Renderer>(
    renderer: &R,
    context: &Context<'_>,
    index: usize,
    stamp: Option<Stamp>,
    finished: &mut Finished<R::Record>,
) -> Result<(), Failure> {
    let (args, input) = (context.args, &context.inputs[index]);
    let (places, inputs) = (&context.places, context.inputs);
    places.check(index, inputs, args.overwrite)?;
    let record = &mut finished.record;
    if args.verbose > 0 {
        let path = &record.rendering().path;
        eprintln!("auris-farm: {} {path}", R::WORDS.doing);
    }
    let limits = || context.limits();
    let opened = Opened::new(&input.source, &context.memory, limits, OPTIONS)?;
    let facts = opened.look.facts.as_ref();
    let rendering = record.rendering_mut();
    if let Some(facts) = facts {
        rendering.input_format = Some(source::format(facts));
        rendering.warnings.extend(facts.warnings.iter().cloned());
    }
    let form = renderer.form(facts)?;
    let unwritable = |error: io::Error| context.unwritable(index, &error);
    let target = places.target(index);
    let mut draft = Draft::begin(target, args.overwrite).map_err(unwritable)?;
    let task = Task {
        context,
        index,
        input: &input.source,
        source: &opened.source,
        look: &opened.look,
    };
    let product = renderer.render(&task, &form, &mut draft, &mut rendering.warnings)?;
    let complete = draft.sync().map_err(unwritable)?;
    renderer.describe(record, form, product, complete.len());
    if let (Some(before), Some(path)) = (stamp, input.source.path())
        && Stamp::of(path).ok() != Some(before)
    {
        let message = format!("it was changed while it was {}", R::WORDS.done);
        return Err(Failure::new(Kind::Io, message));
    }
    finished.stamp = Some(Stamp::of_metadata(&complete));
    if let Some(state) = &context.state {
        let stored = state.store(&input.source, stamp, finished);
        stored.map_err(|error| Failure::new(Kind::Io, error.to_string()))?;
    }
    draft.put().map_err(unwritable)
}
