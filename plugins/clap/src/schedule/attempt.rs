// SPDX-License-Identifier: MPL-2.0
//! A batch that becomes smaller until it succeeds.
use super::worker::Sessions;
use super::{Backend, Engine, Failure, Task};
use crate::Error;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// Computes a batch: whole, in halves, down to single windows, and those that there is no memory for
/// with the other back end. Whatever happens, each window has an embedding or an error of its own.
pub(super) fn compute(engine: &Engine, sessions: &mut Sessions, batch: &mut [Box<Task>]) {
    let counters = engine.counters();
    let windows = batch.len();
    let begin = Instant::now();
    let done = attempt(engine.backend(), engine, sessions, batch);
    let Err(failure) = done else {
        let each = begin.elapsed() / windows as u32;
        batch.iter_mut().for_each(|task| task.elapsed = each);
        let failed = batch.iter().filter(|task| task.embedding().is_err());
        let failed = failed.count() as u64;
        counters.batches.fetch_add(1, Ordering::Relaxed);
        counters.failed.fetch_add(failed, Ordering::Relaxed);
        let good = windows as u64 - failed;
        counters.windows.fetch_add(good, Ordering::Relaxed);
        return;
    };
    if failure == Failure::OutOfMemory {
        count(&counters.out_of_memory);
        engine.limit(windows);
    }
    if windows > 1 {
        count(&counters.halved);
        let (first, second) = batch.split_at_mut(windows / 2);
        compute(engine, sessions, first);
        compute(engine, sessions, second);
        return;
    }
    let failure = match engine.fallback() {
        Some(fallback) if failure == Failure::OutOfMemory => {
            count(&counters.fallbacks);
            attempt(fallback, engine, sessions, batch).err()
        }
        _ => Some(failure),
    };
    let elapsed = begin.elapsed();
    for task in batch {
        task.elapsed = elapsed;
        if let Some(failure) = &failure {
            task.fail(Error::Inference(failure.to_string()));
        }
        let failed = task.embedding().is_err();
        count(if failed {
            &counters.failed
        } else {
            &counters.windows
        });
    }
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

fn attempt(
    backend: &Arc<dyn Backend>,
    engine: &Engine,
    sessions: &mut Sessions,
    batch: &mut [Box<Task>],
) -> Result<(), Failure> {
    batch.iter_mut().for_each(|task| task.reset());
    // A panic leaves nothing behind that is used again: not the session, nor embeddings.
    let done = catch_unwind(AssertUnwindSafe(|| sessions.of(backend)?.embed(batch)));
    done.unwrap_or_else(|panic| {
        count(&engine.counters().panics);
        sessions.forget(backend);
        let problem = format!("the engine panicked ({})", reason(&*panic));
        Err(Failure::Other(problem))
    })
}

fn reason(panic: &(dyn Any + Send)) -> &str {
    let literal = panic.downcast_ref::<&str>().copied();
    let formatted = || panic.downcast_ref::<String>().map(String::as_str);
    literal.or_else(formatted).unwrap_or("for no known reason")
}
