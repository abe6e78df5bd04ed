// SPDX-License-Identifier: MPL-2.0
//! What `process` and `picture` share: every input becomes a file, which appears when it is complete.
//!
//! A command implements [`Renderer`]; [`run`] finds the inputs and the [places](naming) of their results,
//! lets [jobs](job) make these as [drafts](place), and reports.
pub mod intake;
mod job;
mod naming;
mod place;

pub use job::{OPTIONS, Task};
pub use place::Draft;

use crate::cli::RenderArgs;
use crate::engine::drive::{self, Run};
use crate::engine::{Failure, memory, pool, turns};
use crate::inputs;
use crate::integrity::Facts;
use crate::progress::Progress;
use crate::record::{Rendered, Status};
use crate::report::{RenderReporter, Row};
use crate::state::State;
use job::Context;
use naming::Places;
use std::error::Error;
use std::path::Path;
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

/// What a command makes of an input.
pub trait Renderer: Sync {
    /// What is said of it.
    type Record: Row;
    /// What is decided before anything is written.
    type Form;
    /// What there is to say of a result.
    type Product;

    /// How it is spoken of.
    const WORDS: Words;

    /// The form of the result of an input of these facts.
    ///
    /// # Errors
    /// There can be none.
    fn form(&self, facts: Option<&Facts>) -> Result<Self::Form, Failure>;

    /// Writes the result.
    ///
    /// # Errors
    /// Why there is none.
    fn render(
        &self,
        task: &Task<'_>,
        form: &Self::Form,
        draft: &mut Draft,
        warnings: &mut Vec<String>,
    ) -> Result<Self::Product, Failure>;

    /// Completes the record of a result of so many bytes.
    fn describe(
        &self,
        record: &mut Self::Record,
        form: Self::Form,
        product: Self::Product,
        bytes: u64,
    );
}

/// What a run is like.
pub struct Setup<'a> {
    /// The flags.
    pub args: &'a RenderArgs,
    /// What the names of results end in; in what their inputs' do where there is none.
    pub extension: Option<&'static str>,
    /// A file that is read beside the inputs.
    pub beside: Option<&'a Path>,
    /// Whether results may be written with libav.
    pub libav: bool,
    /// The settings that change results.
    pub fingerprint: String,
}

/// Runs a command. Success means that every input succeeded.
///
/// # Errors
/// What keeps the run from beginning or its report from being written.
pub fn run<R: Renderer>(renderer: &R, setup: &Setup<'_>) -> Result<ExitCode, Box<dyn Error>> {
    let args = setup.args;
    let listed = inputs::expand(&args.paths, &mut std::io::stdin().lock())?;
    let say = |text: &str| {
        if !args.quiet {
            eprintln!("auris-farm: {text}");
        }
    };
    listed.warnings.iter().for_each(|warning| say(warning));
    let mut inputs = listed.inputs;
    if naming::leave_out_results(&mut inputs, &args.out) {
        let (out, results) = (args.out.display(), R::WORDS.results);
        say(&format!(
            "what lies in {out} is left out, as {results} go there"
        ));
    }
    let read = [setup.beside, args.resume.as_deref()];
    let read: Vec<_> = read.into_iter().flatten().collect();
    // Of all inputs, as two of one name may fall into different shards.
    let places = Places::new(&inputs, &args.out, setup.extension, &read);
    let in_shard = |index: &usize| {
        let name = inputs[*index].source.as_bytes();
        args.shard.is_none_or(|shard| shard.contains(name))
    };
    let chosen: Vec<usize> = (0..inputs.len()).filter(in_shard).collect();
    if let Some(shard) = args
        .shard
        .filter(|_| chosen.is_empty() && !inputs.is_empty())
    {
        say(&format!("no input falls into part {shard}"));
    }
    drive::tune_allocator(&inputs, setup.libav);
    let workers = args.jobs().min(chosen.len().max(1));
    let state = match &args.resume {
        Some(path) => {
            let version = env!("CARGO_PKG_VERSION");
            let fingerprint = format!("{} version={version}", setup.fingerprint);
            Some(State::open(path, &fingerprint)?)
        }
        None => None,
    };
    let budget = args.mem_budget_mb.map(|mib| mib.get());
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
    let mut reporter = RenderReporter::<R::Record>::open(args.report)?;
    let mut all_well = !inputs.is_empty();
    let ended = drive::on_signal()?;
    // Lines that scroll tell as much as a bar, which they would tear.
    let bar = !args.quiet && !args.no_progress && args.verbose == 0;
    let progress = Progress::new(chosen.len(), bar);
    let run = Run {
        name: R::WORDS.command,
        workers,
        inputs: chosen.len(),
        pool: &context.pool,
        ended: &ended,
        cancelled: &context.cancelled,
    };
    let cut_short = run.drive(
        |number| one(renderer, &context, chosen[number]),
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
fn one<R: Renderer>(renderer: &R, context: &Context<'_>, index: usize) -> Option<R::Record> {
    let done = drive::guarded(|| job::work(renderer, context, index));
    done.unwrap_or_else(|failure: Failure| {
        let mut record = job::blank(&context.inputs[index], None);
        job::fail(&mut record, &failure);
        Some(record)
    })
}
