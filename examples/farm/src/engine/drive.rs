// SPDX-License-Identifier: MPL-2.0
//! Workers work, the calling thread takes what they have done in the order of the inputs.
use super::failure::Failure;
use super::pool::Pool;
use crate::allocator;
use crate::inputs::Input;
use std::error::Error;
use std::io;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

/// How often the end of the run is looked for.
const LOOK: Duration = Duration::from_millis(100);

/// How often memory that nobody uses is given back: between two times, what inputs need in turn adds up.
const TIDY: Duration = Duration::from_millis(250);

/// A flag that SIGINT and SIGTERM set. A second signal ends the process at once.
///
/// # Errors
/// The system's.
pub fn on_signal() -> io::Result<Arc<AtomicBool>> {
    let ended = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        signal_hook::flag::register_conditional_shutdown(signal, 130, ended.clone())?;
        signal_hook::flag::register(signal, ended.clone())?;
    }
    Ok(ended)
}

/// Lets libav have an arena of its own where `inputs` need it, or `always`: its decoders allocate for
/// every packet and would wait for each other. The rest hardly allocate, and another arena would only
/// take memory.
pub fn tune_allocator(inputs: &[Input], always: bool) {
    let libav = always || inputs.iter().any(may_need_libav);
    allocator::tune(if libav { 2 } else { 1 });
}

/// Whether an input is called like one that libav decodes best.
fn may_need_libav(input: &Input) -> bool {
    const LIBAV: [&str; 6] = ["m4a", "m4b", "mp4", "aac", "opus", "wma"];
    let extension = input
        .source
        .path()
        .and_then(|path| path.extension()?.to_str());
    extension.is_some_and(|extension| LIBAV.iter().any(|e| e.eq_ignore_ascii_case(extension)))
}

/// Runs `work`; a panic concerns its input only.
///
/// # Errors
/// That it panicked.
pub fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, Failure> {
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
    caught.map_err(|_| Failure::internal("a fault in auris-farm; please report it with this file"))
}

/// What the process answers. Says so of a run that was cut short.
pub fn exit_code(cut_short: bool, all_well: bool) -> ExitCode {
    if cut_short {
        eprintln!("auris-farm: ended early; the report has what was done");
        return ExitCode::from(130);
    }
    if all_well {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// What a run consists of.
pub struct Run<'a> {
    /// Name of the worker threads.
    pub name: &'a str,
    /// How many of them.
    pub workers: usize,
    /// How many inputs.
    pub inputs: usize,
    /// Hands the inputs out.
    pub pool: &'a Pool,
    /// Set when the run is to end; see [`on_signal`].
    pub ended: &'a AtomicBool,
    /// Set for the workers once it ends.
    pub cancelled: &'a AtomicBool,
}

impl Run<'_> {
    /// Calls `work` with the index of every input, on as many threads as there are workers, then
    /// `arrived` with each result as it comes and `write` with each in order, both on this thread.
    /// True if the run was ended early; after that, results that lie behind an input without one are
    /// written, too.
    ///
    /// # Errors
    /// The first of `arrived` and `write`, or that no thread could be started.
    pub fn drive<T: Send>(
        &self,
        work: impl Fn(usize) -> Option<T> + Sync,
        arrived: impl FnMut(usize, &T) -> Result<(), Box<dyn Error>>,
        write: impl FnMut(usize, T) -> Result<(), Box<dyn Error>>,
    ) -> Result<bool, Box<dyn Error>> {
        let (sender, receiver) = mpsc::channel();
        std::thread::scope(|scope| {
            for number in 0..self.workers {
                let (sender, work) = (sender.clone(), &work);
                let worker = move || {
                    self.pool.work(|index| {
                        // The receiver is gone only when the run has failed.
                        let _ = sender.send((index, work(index)));
                    });
                };
                let spawned = std::thread::Builder::new()
                    .name(format!("{}-{number}", self.name))
                    .spawn_scoped(scope, worker);
                if let Err(error) = spawned
                    && number == 0
                {
                    return Err(error.into());
                }
            }
            drop(sender);
            let written = self.receive(&receiver, arrived, write);
            if written.is_err() {
                // Nobody will read what the workers still find.
                self.end();
            }
            written
        })
    }

    fn end(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
        self.pool.close();
    }

    fn receive<T>(
        &self,
        receiver: &mpsc::Receiver<(usize, Option<T>)>,
        mut arrived: impl FnMut(usize, &T) -> Result<(), Box<dyn Error>>,
        mut write: impl FnMut(usize, T) -> Result<(), Box<dyn Error>>,
    ) -> Result<bool, Box<dyn Error>> {
        let mut waiting: Vec<Option<T>> = (0..self.inputs).map(|_| None).collect();
        let mut next = 0;
        let mut cut_short = false;
        let mut tidied = Instant::now();
        loop {
            let done = match receiver.recv_timeout(LOOK) {
                Ok(done) => Some(done),
                Err(mpsc::RecvTimeoutError::Timeout) => None,
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
            };
            if tidied.elapsed() >= TIDY {
                allocator::tidy();
                tidied = Instant::now();
            }
            if self.ended.load(Ordering::Relaxed) && !cut_short {
                cut_short = true;
                self.end();
            }
            let Some((index, Some(result))) = done else {
                continue;
            };
            arrived(index, &result)?;
            waiting[index] = Some(result);
            while let Some(result) = waiting.get_mut(next).and_then(Option::take) {
                write(next, result)?;
                next += 1;
            }
        }
        for (index, result) in waiting.into_iter().enumerate() {
            if let Some(result) = result {
                write(index, result)?;
            }
        }
        Ok(cut_short)
    }
}
