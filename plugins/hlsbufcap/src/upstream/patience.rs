// SPDX-License-Identifier: MPL-2.0
//! For how long a thread waits for a server, and how it is told to stop waiting.
//!
//! ureq limits the time of a whole body. A stream's bodies take as long as they take, as long as something comes:
//! this transport limits the silence instead, and looks now and then whether anybody still wants the answer.
use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, NextTimeout, Transport, time,
};

/// Time between two looks at whether an answer is still wanted.
const LOOK: Duration = Duration::from_millis(100);

/// Tells threads that what they do is no longer wanted; clones are the same.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<Flag>);

#[derive(Debug, Default)]
struct Flag {
    is_set: AtomicBool,
    parent: Option<Cancel>,
}

impl Cancel {
    /// One that is cancelled with this one, and on its own.
    pub fn child(&self) -> Cancel {
        Cancel(Arc::new(Flag {
            is_set: AtomicBool::new(false),
            parent: Some(self.clone()),
        }))
    }

    /// For good.
    pub fn cancel(&self) {
        self.0.is_set.store(true, Ordering::SeqCst);
    }

    /// Whether somebody did.
    pub fn is_cancelled(&self) -> bool {
        self.0.is_set.load(Ordering::SeqCst)
            || self.0.parent.as_ref().is_some_and(Cancel::is_cancelled)
    }
}

thread_local! {
    static PATIENCE: RefCell<Option<(Cancel, Duration)>> = const { RefCell::new(None) };
}

/// Does `work`, which may talk to a server: until it is cancelled, or the server is silent for as long as `silence`.
pub fn with<T>(cancel: &Cancel, silence: Duration, work: impl FnOnce() -> T) -> T {
    let before = PATIENCE.replace(Some((cancel.clone(), silence)));
    let result = work();
    PATIENCE.set(before);
    result
}

/// Makes connections patient, and no more.
#[derive(Debug)]
pub struct PatientConnector;

impl<In: Transport> Connector<In> for PatientConnector {
    type Out = Patient<In>;

    fn connect(
        &self,
        _: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Patient<In>>, ureq::Error> {
        Ok(chained.map(Patient))
    }
}

/// A connection on which nobody waits longer than [`with`] says.
#[derive(Debug)]
pub struct Patient<T>(T);

impl<T: Transport> Transport for Patient<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.0.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        self.0.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        let Some((cancel, silence)) = PATIENCE.with_borrow(Clone::clone) else {
            return self.0.await_input(timeout);
        };
        let end = Instant::now() + silence;
        loop {
            if cancel.is_cancelled() {
                let why = std::io::Error::other("no longer wanted");
                return Err(ureq::Error::Io(why));
            }
            let mut step = timeout;
            step.after = step.after.min(time::Duration::from(LOOK));
            let has_time = step.after < timeout.after && Instant::now() < end;
            match self.0.await_input(step) {
                Err(ureq::Error::Timeout(_)) if has_time => {}
                result => return result,
            }
        }
    }

    fn is_open(&mut self) -> bool {
        self.0.is_open()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_are_cancelled_with_their_parents_and_not_the_other_way() {
        let parent = Cancel::default();
        let (one, two) = (parent.child(), parent.child());
        one.cancel();
        assert!(one.is_cancelled() && !two.is_cancelled() && !parent.is_cancelled());
        parent.cancel();
        assert!(two.is_cancelled() && one.child().is_cancelled());
    }
}
