// SPDX-License-Identifier: MPL-2.0
//! Long filters: linear phase, and gains that are given point by point. Designing one takes
//! milliseconds, so it is done beside the audio.
use super::plan::{Key, lane};
use super::recursive::is_flat;
use super::settings::{Context, Phase, Settings, assign};
use crate::band::{Band, Curve};
use crate::fir::convolver::{Convolver, Filter, Path};
use crate::fir::design::{linear_phase, minimum_phase};
use crate::response::Response;
use auris_dsp::decibel::to_amplitude;
use std::f64::consts::TAU;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

/// What makes one convolver unlike another, whatever filter is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) phase: Phase,
    pub(super) taps: usize,
}

impl Shape {
    /// The convolver that `settings` need.
    pub(super) fn of(context: &Context, settings: &Settings) -> Option<Shape> {
        let gains = || {
            let some = |bits: &u64| {
                settings
                    .curve
                    .graphics
                    .iter()
                    .any(|g| g.channels & bits != 0)
            };
            !settings.bypass && context.layout.bits.iter().any(some)
        };
        (settings.phase == Phase::Linear || gains()).then_some(Shape {
            phase: settings.phase,
            taps: settings.taps.clamp(64, 65_536).next_power_of_two(),
        })
    }
}

/// A filter to be designed.
pub(super) struct Job {
    /// Number of the update that asked for it.
    update: u64,
    shape: Shape,
    /// What goes into it.
    curve: Curve,
    /// Whether a convolver is to be made for it.
    convolver: bool,
}

/// A filter that is ready.
pub(super) struct Made {
    job: Job,
    filter: Arc<Filter>,
    convolver: Option<Convolver>,
}

impl Job {
    /// The filter that `settings`, of update number `update`, need; `spare` is memory for it.
    pub(super) fn of(
        context: &Context,
        settings: &Settings,
        update: u64,
        convolver: bool,
        spare: &mut Curve,
    ) -> Option<Job> {
        let shape = Shape::of(context, settings)?;
        let mut curve = std::mem::take(spare);
        match shape.phase {
            Phase::Linear if settings.bypass => curve = Curve::default(),
            Phase::Linear => assign(&mut curve, &settings.curve),
            Phase::Minimum => {
                curve = Curve {
                    graphics: settings.curve.graphics.clone(),
                    ..Curve::default()
                }
            }
        }
        Some(Job {
            update,
            shape,
            curve,
            convolver,
        })
    }

    /// Whether this is the filter that `settings`, of update number `update`, need.
    fn is_for(&self, context: &Context, settings: &Settings, update: u64) -> bool {
        // What holds a NaN equals nothing, not even itself.
        self.update == update
            || Shape::of(context, settings) == Some(self.shape)
                && match self.shape.phase {
                    Phase::Linear if settings.bypass => self.curve == Curve::default(),
                    Phase::Linear => self.curve == settings.curve,
                    Phase::Minimum => self.curve.graphics == settings.curve.graphics,
                }
    }

    pub(super) fn make(self, context: &Context) -> Made {
        let channels = context.layout.channels();
        let taps = self.shape.taps;
        let filter = Arc::new(match self.shape.phase {
            Phase::Linear => Filter::blockwise(channels, taps, &linear(context, &self.curve, taps)),
            Phase::Minimum => Filter::new(channels, taps, &minimum(context, &self.curve, taps)),
        });
        let convolver = || Convolver::with_level(context.level, filter.clone());
        Made {
            convolver: self.convolver.then(convolver),
            filter,
            job: self,
        }
    }
}

/// Paths that make the magnitude of all of `curve`, and a delay of `taps` / 2 − 1. Channels on
/// which nothing works get that delay alone.
fn linear(context: &Context, curve: &Curve, taps: usize) -> Vec<Path> {
    let response = Response::new(curve, &context.layout, context.rate);
    let hertz = context.rate / TAU;
    let pair = context.layout.pair.filter(|_| response.is_coupled());
    let mut paths = Vec::new();
    for channel in 0..context.layout.channels() {
        let works = worked_on(context, curve, channel);
        match pair {
            Some((l, r)) if channel == l || channel == r => {
                let to = usize::from(channel == r);
                for (from, input) in [l, r].into_iter().enumerate() {
                    let path = |w| response.pair_magnitudes_at(w * hertz)[to][from];
                    paths.push(Path {
                        from: input,
                        to: channel,
                        taps: linear_phase(taps, path),
                    });
                }
            }
            _ => {
                let gain = |w| response.at(channel, w * hertz).magnitude;
                let mut delay = vec![0.0; taps / 2];
                delay[taps / 2 - 1] = gain(0.0);
                paths.push(Path {
                    from: channel,
                    to: channel,
                    taps: if works {
                        linear_phase(taps, gain)
                    } else {
                        delay
                    },
                });
            }
        }
    }
    paths
}

/// Whether a band or a point-wise gain does something on `channel`.
fn worked_on(context: &Context, curve: &Curve, channel: usize) -> bool {
    let bits = context.layout.bits[channel];
    let band = |band: &Band| {
        Key::new(band, &context.layout).lanes & lane(channel) != 0
            && !is_flat(context, band, curve.design)
    };
    curve.bands.iter().any(band) || curve.graphics.iter().any(|g| g.channels & bits != 0)
}

/// Paths that make the point-wise gains of `curve`, without delay.
fn minimum(context: &Context, curve: &Curve, taps: usize) -> Vec<Path> {
    let hertz = context.rate / TAU;
    let path = |(channel, bits): (usize, &u64)| {
        let here = || curve.graphics.iter().filter(|g| g.channels & bits != 0);
        let gain = |w| to_amplitude(here().map(|g| g.gain(w * hertz)).sum());
        Path {
            from: channel,
            to: channel,
            taps: match here().next() {
                Some(_) => minimum_phase(taps, gain),
                None => vec![1.0],
            },
        }
    };
    context.layout.bits.iter().enumerate().map(path).collect()
}

impl Made {
    /// Whether a convolver of this shape came with it.
    pub(super) fn has(&self, shape: Shape) -> bool {
        self.job.shape == shape && self.convolver.is_some()
    }

    /// Whether this is a filter, and no more, for a convolver that is at work.
    pub(super) fn replaces(&self, long: &Long) -> bool {
        self.job.shape == long.job.shape && self.convolver.is_none()
    }
}

/// A long filter at work.
pub(super) struct Long {
    job: Job,
    convolver: Convolver,
}

impl Long {
    /// What was made, if a convolver was.
    pub(super) fn new(made: Made) -> Option<Long> {
        Some(Long {
            job: made.job,
            convolver: made.convolver?,
        })
    }

    pub(super) fn shape(&self) -> Shape {
        self.job.shape
    }

    /// Frames by which the output comes late.
    pub(super) fn latency(&self) -> usize {
        match self.job.shape.phase {
            Phase::Linear => self.job.shape.taps / 2 - 1 + self.convolver.delay(),
            Phase::Minimum => 0,
        }
    }

    /// Frames that it remembers.
    pub(super) fn memory(&self) -> usize {
        self.job.shape.taps + self.convolver.delay()
    }

    /// Whether the filter is the one that `settings` need, or is on its way to it.
    pub(super) fn is_for(&self, context: &Context, settings: &Settings, update: u64) -> bool {
        self.job.is_for(context, settings, update)
    }

    /// Changes over to another filter within `frames`. Returns memory for another [`Job`].
    pub(super) fn swap(&mut self, made: Made, frames: usize) -> Curve {
        self.convolver.swap(made.filter, frames);
        std::mem::replace(&mut self.job, made.job).curve
    }

    pub(super) fn process(&mut self, io: &mut [f64]) {
        self.convolver.process(io);
    }

    pub(super) fn reset(&mut self) {
        self.convolver.reset();
    }
}

/// A thread that designs one filter at a time; begun when the first one is ordered.
pub(super) struct Designer {
    context: Arc<Context>,
    thread: Option<(SyncSender<Job>, Receiver<Made>, JoinHandle<()>)>,
    busy: bool,
    /// Memory for a job.
    pub(super) spare: Curve,
}

impl Designer {
    pub(super) fn new(context: Arc<Context>) -> Self {
        Designer {
            context,
            thread: None,
            busy: false,
            spare: Curve::default(),
        }
    }

    pub(super) fn is_busy(&self) -> bool {
        self.busy
    }

    /// Has `job` made: here and at once if `synchronous` or no thread can be had.
    pub(super) fn order(&mut self, job: Job, synchronous: bool) -> Option<Made> {
        if synchronous {
            return Some(job.make(&self.context));
        }
        if self.thread.is_none() {
            self.thread = start(self.context.clone());
        }
        match &self.thread {
            Some((jobs, ..)) => match jobs.send(job) {
                Ok(()) => {
                    self.busy = true;
                    None
                }
                Err(job) => Some(job.0.make(&self.context)),
            },
            None => Some(job.make(&self.context)),
        }
    }

    /// What has been made meanwhile.
    pub(super) fn poll(&mut self) -> Option<Made> {
        let (_, made, _) = self.thread.as_ref().filter(|_| self.busy)?;
        let made = made.try_recv().ok()?;
        self.busy = false;
        Some(made)
    }

    /// Waits for what was ordered, and forgets it.
    pub(super) fn discard(&mut self) {
        if let Some((_, made, _)) = self.thread.as_ref().filter(|_| self.busy) {
            let _ = made.recv();
        }
        self.busy = false;
    }
}

impl Drop for Designer {
    fn drop(&mut self) {
        if let Some((jobs, made, thread)) = self.thread.take() {
            drop((jobs, made));
            let _ = thread.join();
        }
    }
}

fn start(context: Arc<Context>) -> Option<(SyncSender<Job>, Receiver<Made>, JoinHandle<()>)> {
    // There is one job at a time: room for that allocates nothing when it is sent.
    let (jobs, orders) = sync_channel::<Job>(1);
    let (results, made) = sync_channel(1);
    std::thread::Builder::new()
        .name("eq-design".into())
        .spawn(move || {
            for job in orders {
                if results.send(job.make(&context)).is_err() {
                    break;
                }
            }
        })
        .ok()
        .map(|thread| (jobs, made, thread))
}
