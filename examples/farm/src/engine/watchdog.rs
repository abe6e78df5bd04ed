// SPDX-License-Identifier: MPL-2.0
//! Notices when a pipeline has come to a standstill: some demuxers lose the end of a damaged
//! stream, and would be waited for for ever.
use super::failure::{Failure, Kind};
use crate::inputs::Source;
use gst::prelude::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Longest time without a sample from a file.
const FILE: Duration = Duration::from_secs(60);
/// The same for a URL, where the network may have a pause.
pub const URL: Duration = Duration::from_secs(120);

/// How long nothing may arrive from a source.
pub fn limit(source: &Source) -> Duration {
    match source {
        Source::File(_) => FILE,
        Source::Url(_) => URL,
    }
}

/// Watches the buffers that reach a pad.
pub struct Watchdog {
    limit: Duration,
    buffers: Arc<AtomicU64>,
    seen: u64,
    quiet: Duration,
}

impl Watchdog {
    /// Begins to watch; without a pad nothing ever arrives.
    pub fn new(pad: Option<gst::Pad>, limit: Duration) -> Self {
        let buffers = Arc::new(AtomicU64::new(0));
        if let Some(pad) = pad {
            let counted = buffers.clone();
            pad.add_probe(gst::PadProbeType::BUFFER, move |_, _| {
                counted.fetch_add(1, Ordering::Relaxed);
                gst::PadProbeReturn::Ok
            });
        }
        Watchdog {
            limit,
            buffers,
            seen: 0,
            quiet: Duration::ZERO,
        }
    }

    /// Told how long one look lasted. Time between the looks does not count: the process may
    /// have been stopped for as long.
    ///
    /// # Errors
    /// Nothing has arrived for too long.
    pub fn look(&mut self, lasted: Duration) -> Result<(), Failure> {
        let buffers = self.buffers.load(Ordering::Relaxed);
        if buffers != self.seen {
            self.seen = buffers;
            self.quiet = Duration::ZERO;
            return Ok(());
        }
        self.quiet += lasted;
        if self.quiet < self.limit {
            return Ok(());
        }
        Err(Failure::new(
            Kind::Undecodable,
            "decoding came to a standstill",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_is_left_alone() {
        let second = Duration::from_secs(1);
        let mut watchdog = Watchdog::new(None, 2 * second);
        for _ in 0..10 {
            watchdog.buffers.fetch_add(1, Ordering::Relaxed);
            assert!(watchdog.look(second).is_ok());
            assert!(watchdog.look(second).is_ok());
        }
        assert!(watchdog.look(second).is_err());
    }
}
