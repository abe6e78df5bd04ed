// SPDX-License-Identifier: MPL-2.0
//! A thread that computes what waits.
use super::attempt::compute;
use super::queue::Batch;
use super::{Backend, Failure, Scheduler, Session, State};
use std::sync::{Arc, MutexGuard};
use std::{io, thread};

pub(super) fn spawn(scheduler: Arc<Scheduler>) -> io::Result<()> {
    let worker = thread::Builder::new().name("auris-clap".to_owned());
    worker.spawn(move || work(&scheduler)).map(drop)
}

/// What a thread needs of the back ends that it has worked with, as long as a stream does.
#[derive(Default)]
pub(super) struct Sessions(Vec<(Arc<dyn Backend>, Box<dyn Session>)>);

impl Sessions {
    pub fn of(&mut self, backend: &Arc<dyn Backend>) -> Result<&mut dyn Session, Failure> {
        let known = self.0.iter().position(|(b, _)| Arc::ptr_eq(b, backend));
        let place = match known {
            Some(place) => place,
            None => {
                self.0.push((backend.clone(), backend.session()?));
                self.0.len() - 1
            }
        };
        Ok(&mut *self.0[place].1)
    }

    /// What a panic left behind is not used again.
    pub fn forget(&mut self, backend: &Arc<dyn Backend>) {
        self.0.retain(|(known, _)| !Arc::ptr_eq(known, backend));
    }

    /// Takes out what no stream needs, to be dropped when no lock is held.
    fn unneeded(&mut self, state: &State) -> Sessions {
        let needed = |backend: &Arc<dyn Backend>| {
            let mut engines = state.streams.iter().map(|stream| &stream.engine);
            engines.any(|engine| {
                let fallback = engine.fallback();
                Arc::ptr_eq(engine.backend(), backend)
                    || fallback.is_some_and(|fallback| Arc::ptr_eq(fallback, backend))
            })
        };
        let gone = self.0.extract_if(.., |(backend, _)| !needed(backend));
        Sessions(gone.collect())
    }
}

fn work(scheduler: &Scheduler) {
    let (mut sessions, mut batch) = (Sessions::default(), Batch::new());
    let mut state = scheduler.lock();
    loop {
        if state.workers > scheduler.wanted(&state) {
            state.workers -= 1;
            return;
        }
        let gone = sessions.unneeded(&state);
        state = match state.pick(&mut batch) {
            Some(engine) => {
                drop(state);
                drop(gone);
                compute(&engine, &mut sessions, &mut batch);
                drop(engine);
                let mut state = scheduler.lock();
                state.deliver(&mut batch);
                state
            }
            None if gone.0.is_empty() => wait(scheduler, state),
            None => {
                drop(state);
                drop(gone);
                scheduler.lock()
            }
        };
    }
}

fn wait<'a>(scheduler: &'a Scheduler, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
    let woken = scheduler.work.wait(state);
    woken.unwrap_or_else(|poisoned| poisoned.into_inner())
}
