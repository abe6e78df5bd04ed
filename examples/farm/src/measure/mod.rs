// SPDX-License-Identifier: MPL-2.0
//! `auris-farm measure`: workers measure, this thread keeps the order and writes.
mod chain;
mod chosen;
mod failure;
mod job;
mod memory;
mod output;
mod pipeline;
mod pool;
mod track;
mod turns;
mod vorbis;
mod watchdog;
mod work;

use crate::cli::{MeasureArgs, TagAction};
use crate::inputs::{self, Input};
use crate::progress::Progress;
use crate::record::Track;
use crate::state::{Stamp, State};
use job::Context;
use output::Output;
use std::error::Error;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};

pub use chain::{Chain, Decoders, Plan, plan};
pub use failure::{Failure, Kind};

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
    if let Some(shard) = args.shard {
        inputs::keep_shard(&mut inputs, shard);
    }
    crate::allocator::tune(arenas(&inputs));
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
        memory: memory::Memory::new(budget, inputs.len())?,
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
    let output = Output::new(args, &inputs, state.as_ref(), &context.memory)?;
    let ended = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        // A second one ends the process at once.
        signal_hook::flag::register_conditional_shutdown(signal, 130, ended.clone())?;
        signal_hook::flag::register(signal, ended.clone())?;
    }
    // Lines that scroll tell as much as a bar, which they would tear.
    let bar = !args.quiet && !args.no_progress && args.verbose == 0;
    let progress = Progress::new(inputs.len(), bar);
    measure_all(
        workers,
        &context,
        &inputs,
        state.as_ref(),
        output,
        &progress,
        &ended,
    )
}

/// libav's decoders allocate for every packet and would wait for each other; the rest hardly
/// allocate, and another arena would only take memory.
fn arenas(inputs: &[Input]) -> u8 {
    const LIBAV: [&str; 6] = ["m4a", "m4b", "mp4", "aac", "opus", "wma"];
    let needs_libav = |input: &Input| {
        let extension = input.source.path()?.extension()?.to_str()?;
        LIBAV.iter().find(|e| e.eq_ignore_ascii_case(extension))
    };
    if inputs.iter().any(|input| needs_libav(input).is_some()) {
        2
    } else {
        1
    }
}

/// A finished input.
struct Done {
    index: usize,
    stamp: Option<Stamp>,
    /// `None` if the run was ended before it was measured.
    track: Option<Track>,
    /// Whether it is in the state already.
    known: bool,
}

fn measure_all(
    workers: usize,
    context: &Arc<Context>,
    inputs: &[Input],
    state: Option<&State>,
    mut output: Output<'_>,
    progress: &Progress,
    ended: &AtomicBool,
) -> Result<ExitCode, Box<dyn Error>> {
    let (sender, receiver) = mpsc::channel::<Done>();
    let result = std::thread::scope(|scope| {
        for number in 0..workers {
            let sender = sender.clone();
            let worker = move || {
                context.pool.work(|index| {
                    // The receiver is gone only when the run has failed.
                    let _ = sender.send(one(context, &inputs[index], index, state));
                });
            };
            let name = format!("measure-{number}");
            if let Err(error) = std::thread::Builder::new()
                .name(name)
                .spawn_scoped(scope, worker)
                && number == 0
            {
                return Err(error.into());
            }
        }
        drop(sender);
        let written = receive(
            &receiver,
            inputs,
            state,
            &mut output,
            progress,
            ended,
            context,
        );
        if written.is_err() {
            // Nobody will read what the workers still find.
            context.cancelled.store(true, Ordering::Relaxed);
            context.pool.close();
        }
        written
    });
    progress.finish();
    let cut_short: bool = result?;
    let all_well = output.finish(cut_short)?;
    if cut_short {
        eprintln!("auris-farm: ended early; the report has what was done");
        return Ok(ExitCode::from(130));
    }
    Ok(if all_well {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn one(context: &Arc<Context>, input: &Input, index: usize, state: Option<&State>) -> Done {
    let stamp = input.source.path().and_then(|path| Stamp::of(path).ok());
    let stored = state.and_then(|state| state.lookup(&input.source, stamp).ok().flatten());
    if let Some(track) = stored {
        return Done {
            index,
            stamp,
            track: Some(track),
            known: true,
        };
    }
    let measured = std::panic::AssertUnwindSafe(|| job::measure(context, input));
    let track = std::panic::catch_unwind(measured).unwrap_or_else(|_| {
        let mut track = track::blank(&input.source.display());
        let fault = "a fault in auris-farm; please report it with this file";
        track::fail(&mut track, &Failure::internal(fault));
        Some(track)
    });
    Done {
        index,
        stamp,
        track,
        known: false,
    }
}

/// Takes results as they come, stores them, and writes them in the order of the inputs. True if
/// the run was cut short.
fn receive(
    receiver: &mpsc::Receiver<Done>,
    inputs: &[Input],
    state: Option<&State>,
    output: &mut Output<'_>,
    progress: &Progress,
    ended: &AtomicBool,
    context: &Context,
) -> Result<bool, Box<dyn Error>> {
    let mut waiting: Vec<Option<Track>> = (0..inputs.len()).map(|_| None).collect();
    let mut next = 0;
    let mut cut_short = false;
    loop {
        let done = match receiver.recv_timeout(std::time::Duration::from_millis(100)) {
            Ok(done) => Some(done),
            Err(mpsc::RecvTimeoutError::Timeout) => None,
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
        };
        if ended.load(Ordering::Relaxed) && !cut_short {
            cut_short = true;
            context.cancelled.store(true, Ordering::Relaxed);
            context.pool.close();
        }
        let Some(Done {
            index,
            stamp,
            track: Some(track),
            known,
        }) = done
        else {
            continue;
        };
        if let Some(state) = state.filter(|_| !known) {
            state.store(&inputs[index].source, stamp, &track)?;
        }
        progress.advance(track.duration_s);
        waiting[index] = Some(track);
        while let Some(track) = waiting.get_mut(next).and_then(Option::take) {
            progress.without_bar(|| output.track(next, track))?;
            next += 1;
        }
    }
    // After an early end, what lies behind an input that was not measured is still a result.
    for (index, track) in waiting.into_iter().enumerate() {
        if let Some(track) = track {
            output.track(index, track)?;
        }
    }
    Ok(cut_short)
}

/// Whether tags are to be written.
fn writes_tags(args: &MeasureArgs) -> bool {
    args.tags == TagAction::Write
}
