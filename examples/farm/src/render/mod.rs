// SPDX-License-Identifier: MPL-2.0
//! What `process`, `picture` and `analyze` share: every input becomes files, which appear when they are
//! complete.
//!
//! A command implements [`Renderer`] where each input becomes one file, [`Maker`] where there may be more or
//! none; [`run`] and [`run_maker`] find the inputs and the [places](naming) of their results, let
//! [jobs](job) make these as [drafts](place), and report.
pub mod intake;
mod job;
mod naming;
mod place;
mod single;

pub use job::{OPTIONS, Task, unwritable};
pub use naming::{Ending, Places};
pub use place::Draft;
pub use single::Renderer;

use crate::cli::RenderArgs;
use crate::engine::drive::{self, Run};
use crate::engine::memory::Need;
use crate::engine::{Failure, memory, pool, turns};
use crate::inputs;
use crate::progress::Progress;
use crate::record::{Rendered, Status};
use crate::report::{RenderReporter, Row};
use crate::state::State;
use job::Context;
use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;

/// How a command is spoken of.
pub struct Words {
    /// Its name.
    pub command: &'static str,
    /// What it is doing to an input.
    pub doing: &'static str,
    /// What was done to it.
    pub done: &'static str,
    /// What comes of all of them.
    pub results: &'static str,
}

/// What a command makes of an input, in any number of files.
pub trait Maker: Sync {
    /// What is said of it.
    type Record: Row;

    /// How it is spoken of.
    const WORDS: Words;

    /// The files that a successful record speaks of; `None` if it is not one whose result goes to `target`.
    fn files(&self, record: &Self::Record, target: &Path) -> Option<Vec<PathBuf>>;

    /// That nothing is in the way of a result at `target`, as far as that is known before it is made. `own`: what
    /// lies there is an earlier result of the same input, as the state says.
    ///
    /// # Errors
    /// What is.
    fn check(&self, places: &Places, target: &Path, own: bool) -> Result<(), Failure>;

    /// Makes the result and completes its record. The files are put in their places by the caller.
    ///
    /// # Errors
    /// Why there is none.
    fn make(&self, task: &Task<'_>, record: &mut Self::Record) -> Result<Vec<Draft>, Failure>;
}

/// What a run is like.
pub struct Setup<'a> {
    /// The flags.
    pub args: &'a RenderArgs,
    /// What the names of results end in.
    pub ending: Ending,
    /// Files that are read beside the inputs.
    pub beside: Vec<&'a Path>,
    /// Whether results may be written with libav.
    pub libav: bool,
    /// What is held in memory from beginning to end.
    pub held: Need,
    /// The settings that change results.
    pub fingerprint: String,
}

/// Runs a command. Success means that every input succeeded.
///
/// # Errors
/// What keeps the run from beginning or its report from being written.
pub fn run<R: Renderer>(renderer: &R, setup: &Setup<'_>) -> Result<ExitCode, Box<dyn Error>> {
    let maker = single::Single {
        renderer,
        overwrite: setup.args.overwrite,
    };
    run_maker(&maker, setup, |_| Ok(()))
}

/// Runs a command. `each` gets the records in order, as the report does. Success means that every input
/// succeeded.
///
/// # Errors
/// What keeps the run from beginning or its report from being written, and those of `each`.
pub fn run_maker<M: Maker>(
    maker: &M,
    setup: &Setup<'_>,
    mut each: impl FnMut(&M::Record) -> io::Result<()>,
) -> Result<ExitCode, Box<dyn Error>> {
    let (args, flags) = (setup.args, &setup.args.run);
    let listed = inputs::expand(&args.paths, &mut std::io::stdin().lock())?;
    let say = |text: &str| {
        if !flags.quiet {
            eprintln!("auris-farm: {text}");
        }
    };
    listed.warnings.iter().for_each(|warning| say(warning));
    let mut inputs = listed.inputs;
    if naming::leave_out_results(&mut inputs, &args.out) {
        let (out, results) = (args.out.display(), M::WORDS.results);
        say(&format!(
            "what lies in {out} is left out, as {results} go there"
        ));
    }
    let mut read = setup.beside.clone();
    read.extend(flags.resume.as_deref());
    // Of all inputs, as two of one name may fall into different shards.
    let places = Places::new(&inputs, &args.out, setup.ending, &read);
    let in_shard = |index: &usize| {
        let name = inputs[*index].source.as_bytes();
        flags.shard.is_none_or(|shard| shard.contains(name))
    };
    let chosen: Vec<usize> = (0..inputs.len()).filter(in_shard).collect();
    if let Some(shard) = flags
        .shard
        .filter(|_| chosen.is_empty() && !inputs.is_empty())
    {
        say(&format!("no input falls into part {shard}"));
    }
    drive::tune_allocator(&inputs, setup.libav);
    let workers = flags.jobs().min(chosen.len().max(1));
    let state = match &flags.resume {
        Some(path) => {
            let version = env!("CARGO_PKG_VERSION");
            let fingerprint = format!("{} version={version}", setup.fingerprint);
            Some(State::open(path, &fingerprint)?)
        }
        None => None,
    };
    let budget = flags.mem_budget_mb.map(|mib| mib.get());
    let context = Context {
        args,
        inputs: &inputs,
        places,
        state,
        memory: memory::Memory::new(budget, &inputs, true)?,
        pool: pool::Pool::new(workers, chosen.len()),
        turns: turns::Turns::new(),
        cancelled: AtomicBool::new(false),
    };
    let _held = context.memory.reserve(setup.held)?;
    let mut reporter = RenderReporter::<M::Record>::open(flags.report)?;
    let mut all_well = !inputs.is_empty();
    let ended = drive::on_signal()?;
    // Lines that scroll tell as much as a bar, which they would tear.
    let bar = !flags.quiet && !flags.no_progress && flags.verbose == 0;
    let progress = Progress::new(chosen.len(), bar);
    let run = Run {
        name: M::WORDS.command,
        workers,
        inputs: chosen.len(),
        pool: &context.pool,
        ended: &ended,
        cancelled: &context.cancelled,
    };
    let cut_short = run.drive(
        |number| one(maker, &context, chosen[number]),
        |_, record| {
            progress.advance(record.rendering().duration_s);
            Ok(())
        },
        |_, record| {
            progress.without_bar(|| {
                let rendering = record.rendering();
                all_well &= rendering.status == Status::Ok;
                for warning in &rendering.warnings {
                    say(&format!("{}: {warning}", rendering.path));
                }
                each(&record)?;
                Ok(reporter.take(&record)?)
            })
        },
    );
    progress.finish();
    let cut_short = cut_short?;
    reporter.finish()?;
    Ok(drive::exit_code(cut_short, all_well))
}

/// `None` if the run was ended before it was done.
fn one<M: Maker>(maker: &M, context: &Context<'_>, index: usize) -> Option<M::Record> {
    let done = drive::guarded(|| job::work(maker, context, index));
    done.unwrap_or_else(|failure: Failure| {
        let mut record = job::blank(&context.inputs[index], None);
        job::fail(&mut record, &failure);
        Some(record)
    })
}
