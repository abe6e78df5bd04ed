// SPDX-License-Identifier: MPL-2.0
//! `auris-farm measure`: workers measure, this thread keeps the order and writes.
mod job;
mod output;
mod pipeline;
pub(crate) mod track;
mod work;

use crate::allocator;
use crate::cli::{MeasureArgs, TagAction};
use crate::engine::drive::{self, Run};
use crate::engine::{memory, pool, registry, turns};
use crate::inputs::{self, Input};
use crate::progress::Progress;
use crate::record::Track;
use crate::state::{Stamp, State};
use job::Context;
use output::Output;
use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Runs the command. Success means that every input succeeded.
///
/// # Errors
/// What keeps the run from beginning or its report from being written.
pub fn run(args: &MeasureArgs) -> Result<ExitCode, Box<dyn Error>> {
    let listed = inputs::expand(&args.paths, &mut std::io::stdin().lock())?;
    if !args.quiet {
        for warning in &listed.warnings {
            eprintln!("auris-farm: {warning}");
        }
    }
    let mut inputs = listed.inputs;
    if let Some(output) = &args.output
        && let Some(why) =
            inputs::refuse_output(output, &args.paths, &inputs, args.resume.as_deref())
    {
        return Err(why.into());
    }
    let any = !inputs.is_empty();
    if let Some(shard) = args.shard {
        inputs::keep_shard(&mut inputs, shard);
        if any && inputs.is_empty() && !args.quiet {
            eprintln!("auris-farm: no input falls into part {shard}");
        }
    }
    drive::tune_allocator(&inputs, false);
    let settings = job::settings(args);
    // Who has no input of its own can only help with another's.
    let workers = if settings.split {
        args.jobs()
    } else {
        args.jobs().min(inputs.len().max(1))
    };
    let budget = args.mem_budget_mb.map(|mib| mib.get());
    let context = Arc::new(Context {
        settings,
        memory: memory::Memory::new(budget, &inputs, false)?,
        pool: pool::Pool::new(workers, inputs.len()),
        turns: turns::Turns::new(),
        cancelled: AtomicBool::new(false),
    });
    let state = match &args.resume {
        Some(path) => {
            let libav = context.memory.libav;
            let fingerprint = format!(
                "{} libav={libav} version={}",
                args.fingerprint(),
                env!("CARGO_PKG_VERSION")
            );
            Some(State::open(path, &fingerprint)?)
        }
        None => None,
    };
    let mut output = Output::new(args, &inputs, any, state.as_ref(), &context.memory)?;
    let ended = drive::on_signal()?;
    // Lines that scroll tell as much as a bar, which they would tear.
    let bar = !args.quiet && !args.no_progress && args.verbose == 0;
    let progress = Progress::new(inputs.len(), bar);
    let run = Run {
        name: "measure",
        workers,
        inputs: inputs.len(),
        pool: &context.pool,
        ended: &ended,
        cancelled: &context.cancelled,
    };
    registry::dismiss_recognisers();
    allocator::forget_code();
    let cut_short = run.drive(
        |index| one(&context, &inputs[index], state.as_ref()),
        |index, done| {
            if let Some(state) = state.as_ref().filter(|_| !done.known) {
                state.store(&inputs[index].source, done.stamp, &done.track)?;
            }
            progress.advance(done.track.duration_s);
            Ok(())
        },
        |index, done| progress.without_bar(|| output.track(index, done.track)),
    );
    progress.finish();
    let cut_short = cut_short?;
    let all_well = output.finish(cut_short)?;
    Ok(drive::exit_code(cut_short, all_well))
}

/// A finished input.
struct Done {
    stamp: Option<Stamp>,
    track: Track,
    /// Whether it is in the state already.
    known: bool,
}

/// `None` if the run was ended before it was measured.
fn one(context: &Arc<Context>, input: &Input, state: Option<&State>) -> Option<Done> {
    let stamp = input.source.path().and_then(|path| Stamp::of(path).ok());
    let stored = state.and_then(|state| state.lookup(&input.source, stamp).ok().flatten());
    let known = stored.is_some();
    let measured = || job::measure(context, input);
    let track = stored.map_or_else(
        || {
            drive::guarded(measured).unwrap_or_else(|failure| {
                let mut track = track::blank(&input.source.display());
                track::fail(&mut track, &failure);
                Some(track)
            })
        },
        Some,
    )?;
    Some(Done {
        stamp,
        track,
        known,
    })
}

/// Whether tags are to be written.
fn writes_tags(args: &MeasureArgs) -> bool {
    args.tags == TagAction::Write
}
