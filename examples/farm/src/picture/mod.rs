// SPDX-License-Identifier: MPL-2.0
//! `auris-farm picture`: decodes and draws; each picture appears when it is complete.
mod encode;
mod job;
mod pipeline;

use crate::cli::PictureArgs;
use crate::engine::drive::{self, Run};
use crate::engine::{Failure, memory, pool, turns};
use crate::inputs;
use crate::process::naming::{self, Places};
use crate::process::place;
use crate::progress::Progress;
use crate::record::{Pictured, Status};
use crate::report::PictureReporter;
use crate::state::{Stamp, State, Stored};
use job::Context;
use serde::{Deserialize, Serialize};
use std::error::Error;
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;

/// What the state keeps of an input.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Finished {
    record: Pictured,
    /// What the result was like when it was put in its place.
    stamp: Option<Stamp>,
}

impl Stored for Finished {
    fn failure(&self) -> Option<&str> {
        let kind = self.record.error_kind.as_deref().unwrap_or_default();
        (self.record.status == Status::Error).then_some(kind)
    }
}

/// Runs the command. Success means that every input succeeded.
///
/// # Errors
/// What keeps the run from beginning or its report from being written.
pub fn run(args: &PictureArgs) -> Result<ExitCode, Box<dyn Error>> {
    let listed = inputs::expand(&args.paths, &mut std::io::stdin().lock())?;
    let say = |text: &str| {
        if !args.quiet {
            eprintln!("auris-farm: {text}");
        }
    };
    listed.warnings.iter().for_each(|warning| say(warning));
    let mut inputs = listed.inputs;
    if naming::leave_out_results(&mut inputs, &args.out) {
        let out = args.out.display();
        say(&format!(
            "what lies in {out} is left out, as pictures go there"
        ));
    }
    let read: Vec<_> = args.resume.as_deref().into_iter().collect();
    // Of all inputs, as two of one name may fall into different shards.
    let places = Places::new(&inputs, &args.out, Some("png"), &read);
    let in_shard = |index: &usize| {
        let name = inputs[*index].source.as_bytes();
        args.shard.is_none_or(|shard| shard.contains(name))
    };
    let chosen: Vec<usize> = (0..inputs.len()).filter(in_shard).collect();
    drive::tune_allocator(&inputs, false);
    let workers = args.jobs().min(chosen.len().max(1));
    let state = match &args.resume {
        Some(path) => {
            let version = env!("CARGO_PKG_VERSION");
            let fingerprint = format!("{} version={version}", args.fingerprint());
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
        swept: place::Swept::default(),
        cancelled: AtomicBool::new(false),
    };
    let mut reporter = PictureReporter::open(args.report)?;
    let mut all_well = !chosen.is_empty();
    let ended = drive::on_signal()?;
    // Lines that scroll tell as much as a bar, which they would tear.
    let bar = !args.quiet && !args.no_progress && args.verbose == 0;
    let progress = Progress::new(chosen.len(), bar);
    let run = Run {
        name: "picture",
        workers,
        inputs: chosen.len(),
        pool: &context.pool,
        ended: &ended,
        cancelled: &context.cancelled,
    };
    let cut_short = run.drive(
        |number| one(&context, chosen[number]),
        |_, record| {
            progress.advance(record.duration_s);
            Ok(())
        },
        |_, record| {
            progress.without_bar(|| {
                all_well &= record.status == Status::Ok;
                for warning in &record.warnings {
                    say(&format!("{}: {warning}", record.path));
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
fn one(context: &Context<'_>, index: usize) -> Option<Pictured> {
    let done = drive::guarded(|| job::draw(context, index).map(|done| done.record));
    done.unwrap_or_else(|failure: Failure| {
        let mut record = job::blank(&context.inputs[index], None);
        job::fail(&mut record, &failure);
        Some(record)
    })
}
