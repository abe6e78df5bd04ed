// SPDX-License-Identifier: MPL-2.0
//! `auris-farm process`: decodes, equalises, encodes; each result appears when it is complete.
mod edge;
pub(crate) mod intake;
mod job;
mod layout;
pub(crate) mod naming;
mod pipeline;
pub(crate) mod place;
mod quantise;
mod target;

pub use pipeline::Equaliser;
pub use target::factories;

use crate::cli::ProcessArgs;
use crate::engine::drive::{self, Run};
use crate::engine::{Failure, memory, pool, turns};
use crate::inputs;
use crate::progress::Progress;
use crate::record::{Processed, Status};
use crate::report::ProcessReporter;
use crate::state::{Stamp, State, Stored};
use job::Context;
use naming::Places;
use serde::{Deserialize, Serialize};
use std::error::Error;
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;

/// What the state keeps of an input.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Finished {
    record: Processed,
    /// What the result was like when it was put in its place.
    stamp: Option<Stamp>,
}

impl Stored for Finished {
    fn failure(&self) -> Option<&str> {
        let kind = self.record.error_kind.as_deref().unwrap_or_default();
        (self.record.status == Status::Error).then_some(kind)
    }
}

/// Reads and checks the settings of the equaliser.
///
/// # Errors
/// A sentence with the file, and where it can be told the line and what is wrong with it.
pub fn read_equaliser(args: &ProcessArgs) -> Result<Equaliser, String> {
    let name = args.eq.display();
    let bytes = std::fs::read(&args.eq).map_err(|error| format!("{name}: {error}"))?;
    if bytes.contains(&0) {
        return Err(format!(
            "{name}: it is no text, or one in UTF-16; save it in UTF-8"
        ));
    }
    // A comment in an older encoding harms nobody.
    let text = String::from_utf8_lossy(&bytes).into_owned();
    auris_dsp::eq::text::parse(&text).map_err(|error| format!("{name}: {error}"))?;
    Ok(Equaliser {
        text,
        preamp: args.preamp.0,
        auto_headroom: args.auto_headroom,
        phase: args.phase,
    })
}

/// Runs the command. Success means that every input succeeded.
///
/// # Errors
/// What keeps the run from beginning or its report from being written.
pub fn run(args: &ProcessArgs, equaliser: Equaliser) -> Result<ExitCode, Box<dyn Error>> {
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
            "what lies in {out} is left out, as results go there"
        ));
    }
    let read: Vec<_> = [Some(args.eq.as_path()), args.resume.as_deref()]
        .into_iter()
        .flatten()
        .collect();
    // Of all inputs, as two of one name may fall into different shards.
    let places = Places::new(&inputs, &args.out, target::extension(args.format), &read);
    let in_shard = |index: &usize| {
        let name = inputs[*index].source.as_bytes();
        args.shard.is_none_or(|shard| shard.contains(name))
    };
    let chosen: Vec<usize> = (0..inputs.len()).filter(in_shard).collect();
    drive::tune_allocator(&inputs, job::may_use_libav(args.format));
    let workers = args.jobs().min(chosen.len().max(1));
    let state = match &args.resume {
        Some(path) => {
            let version = env!("CARGO_PKG_VERSION");
            let fingerprint = format!("{} version={version}", args.fingerprint(&equaliser.text));
            Some(State::open(path, &fingerprint)?)
        }
        None => None,
    };
    let budget = args.mem_budget_mb.map(|mib| mib.get());
    let context = Context {
        args,
        equaliser,
        inputs: &inputs,
        places,
        state,
        memory: memory::Memory::new(budget, &inputs, true)?,
        pool: pool::Pool::new(workers, chosen.len()),
        turns: turns::Turns::new(),
        swept: place::Swept::default(),
        cancelled: AtomicBool::new(false),
    };
    let mut reporter = ProcessReporter::open(args.report)?;
    let mut all_well = !chosen.is_empty();
    let ended = drive::on_signal()?;
    // Lines that scroll tell as much as a bar, which they would tear.
    let bar = !args.quiet && !args.no_progress && args.verbose == 0;
    let progress = Progress::new(chosen.len(), bar);
    let run = Run {
        name: "process",
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
fn one(context: &Context<'_>, index: usize) -> Option<Processed> {
    let done = drive::guarded(|| job::process(context, index).map(|done| done.record));
    done.unwrap_or_else(|failure: Failure| {
        let mut record = job::blank(&context.inputs[index], None);
        job::fail(&mut record, &failure);
        Some(record)
    })
}
