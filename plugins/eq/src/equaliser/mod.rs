// SPDX-License-Identifier: MPL-2.0
//! The whole equaliser on blocks of audio, with every change smoothed.
//!
//! - A parameter that changes moves in a straight line (frequency and width: of its logarithm; gain
//!   in dB), one step per segment of [`GRID`] frames. A filter is designed for the end of the
//!   segment, and coefficients go there in a straight line, through stable filters only.
//! - A structure that changes (kind, order, channels, …) is cross-faded with the one it replaces,
//!   and takes over the past of what they have in common. So is a sharp band that jumps far: gliding,
//!   what it has stored would swing.
//! - A band that begins to do something comes in at 0 dB, where it changes nothing; one that ends
//!   goes to 0 dB, and is taken out when it has rung off. An equaliser in which nothing is left
//!   does not touch a bit.
mod chain;
mod edge;
mod long;
mod motion;
mod plan;
mod recursive;
mod settings;
mod splice;
mod structure;
#[cfg(test)]
mod tests;

pub use settings::{Audio, GRID, Outcome, Pace, Phase, Settings};
pub use splice::Splice;

use auris_dsp::pcm::SampleFormat;
use auris_dsp::simd::Level;
use chain::{Chain, Fade};
use long::{Designer, Job, Long, Made, Shape};
use settings::Context;
use std::sync::Arc;

/// Frames after which a filter at rest is looked after: states that died away, flat bands.
const CARE: u64 = 64 * GRID as u64;
/// Frames between searches for the headroom of many bands that move.
const SEARCH: u64 = 8 * GRID as u64;
/// Samples of f64 that are worked on at once: what the fastest cache holds beside the filter.
const SCRATCH: usize = 2048;

/// An equaliser at work on interleaved audio, in place.
///
/// The output does not depend on how the audio is cut into blocks, not by one bit, as long as
/// changes come at the same grid points, and long filters are designed synchronously
/// ([`Settings::synchronous`]). Nothing is allocated in [`Equaliser::process`] unless an update
/// changed the structure of the curve or a long filter.
///
/// In minimum phase there is no latency. Where `phase`, or `taps` in linear phase, change, latency
/// does: the new filter first takes in as much audio as it is long; then the old one fades out and
/// the new one in, within `ramp_time` in all. [`Equaliser::latency`] changes at the grid point in
/// between, the moment of silence.
pub struct Equaliser {
    context: Arc<Context>,
    format: SampleFormat,
    /// What has been asked for last,
    wanted: Settings,
    /// how often something has been,
    updates: u64,
    /// and how, until the structure there is has set out for it.
    pending: Option<Pace>,
    chain: Chain,
    fade: Option<Fade>,
    designer: Designer,
    /// A long filter for the structure that is to come.
    made: Option<Made>,
    frames: u64,
    scratch: Vec<f64>,
    second: Vec<f64>,
}

impl Equaliser {
    /// Begins with `settings` in force, without a ramp.
    pub fn new(level: Level, audio: Audio, settings: &Settings) -> Self {
        let context = Arc::new(Context {
            level,
            rate: f64::from(audio.rate),
            layout: audio.layout,
        });
        let mut wanted = Settings::default();
        wanted.assign(settings);
        let channels = context.layout.channels().max(1);
        let scratch = vec![0.0; (SCRATCH / channels).max(GRID) * channels];
        Equaliser {
            chain: start(&context, &wanted),
            designer: Designer::new(context.clone()),
            context,
            format: audio.format,
            wanted,
            updates: 0,
            pending: None,
            fade: None,
            made: None,
            frames: 0,
            second: scratch.clone(),
            scratch,
        }
    }

    /// New settings, in force from the next grid point on.
    pub fn update(&mut self, settings: &Settings, pace: Pace) {
        if self.wanted == *settings {
            return;
        }
        self.wanted.assign(settings);
        self.updates += 1;
        self.pending = Some(pace);
        if self.until_grid() == 0 {
            self.apply();
        }
    }

    /// Frames until the next grid point: 0 if the next frame is on it.
    pub fn until_grid(&self) -> usize {
        (GRID - (self.frames % GRID as u64) as usize) % GRID
    }

    /// Whether the next block will leave as it comes, bit for bit: everything is flat or bypassed,
    /// nothing moves, and nothing rings on. [`Equaliser::skip`] may stand for
    /// [`Equaliser::process`] then.
    pub fn is_transparent(&self) -> bool {
        self.chain.is_dry() && !self.is_changing()
    }

    /// Counts `frames` that go past a transparent equaliser.
    pub fn skip(&mut self, frames: usize) {
        self.frames = self.frames.wrapping_add(frames as u64);
    }

    /// Frames by which the output comes late; the first so many are what was before the first
    /// frame: silence.
    pub fn latency(&self) -> usize {
        match &self.fade {
            Some(fade) if fade.is_young() => fade.old.latency(),
            _ => self.chain.latency(),
        }
    }

    /// Filters whole frames in place. Bytes are native-endian, of any alignment.
    pub fn process(&mut self, mut bytes: &mut [u8]) -> Outcome {
        let frame = self.format.bytes() * self.context.layout.channels();
        let mut outcome = Outcome::default();
        while frame > 0 && bytes.len() >= frame {
            let on_grid = self.until_grid() == 0;
            if on_grid && (self.is_changing() || self.frames.is_multiple_of(CARE)) {
                outcome.non_finite |= !self.step();
            }
            let frames = self.stretch().min(bytes.len() / frame);
            let (now, later) = bytes.split_at_mut(frames * frame);
            outcome.non_finite |= !self.run(now);
            self.frames = self.frames.wrapping_add(frames as u64);
            bytes = later;
        }
        outcome
    }

    /// Forgets all past input, as after a seek: pending changes are made, ramps end, the frame
    /// count begins at 0.
    pub fn reset(&mut self) {
        let wanted = (self.chain.long.as_ref())
            .is_none_or(|long| long.is_for(&self.context, &self.wanted, self.updates));
        if wanted && !self.is_changing() {
            self.chain.reset();
        } else {
            self.designer.discard();
            (self.pending, self.fade, self.made) = (None, None, None);
            self.chain = start(&self.context, &self.wanted);
        }
        self.frames = 0;
    }

    /// Whether the next grid point may change something.
    fn is_changing(&self) -> bool {
        self.pending.is_some()
            || self.fade.is_some()
            || self.designer.is_busy()
            || self.chain.recursive.is_moving()
            || self.chain.recursive.owes_headroom()
    }

    /// Frames that can be run without looking after anything.
    fn stretch(&self) -> usize {
        let every = match self.is_changing() {
            true => GRID as u64,
            false => CARE,
        };
        (every - self.frames % every) as usize
    }

    /// What is done on a grid point. Returns false if something was no finite number.
    fn step(&mut self) -> bool {
        if self.fade.as_ref().is_some_and(Fade::is_over) {
            self.fade = None;
        }
        if let Some(made) = self.designer.poll() {
            self.receive(made);
        }
        self.apply();
        let mut finite = true;
        if self.frames.is_multiple_of(CARE) {
            finite = self.chain.recursive.settle(&self.context);
        }
        self.chain.recursive.advance(&self.context);
        if let Some(fade) = &mut self.fade {
            fade.old.recursive.advance(&self.context);
        }
        finite
    }

    /// Sets out for what is wanted, as far as that is possible now. On a grid point only.
    fn apply(&mut self) {
        let may_search = self.frames.is_multiple_of(SEARCH);
        let owed = may_search && self.chain.recursive.owes_headroom();
        let Some(pace) = self.pending.or(owed.then_some(Pace::Follow)) else {
            return;
        };
        if (self.chain).follow(&self.context, &self.wanted, pace, may_search) {
            (self.pending, self.made) = (None, None);
            return self.refit();
        }
        if self.fade.is_some() {
            return;
        }
        if let Some(shape) = Shape::of(&self.context, &self.wanted) {
            if self.made.as_ref().is_none_or(|made| !made.has(shape)) {
                self.made = None;
                self.order(true);
            }
            if self.made.is_none() {
                return;
            }
        }
        self.pending = None;
        let mut new = Chain::new(&self.context, &self.wanted, self.made.take());
        if new.is_dry() && self.chain.is_dry() {
            self.chain = new;
            return;
        }
        new.recursive.inherit(&self.chain.recursive);
        let segments = self.context.segments(self.wanted.ramp_time);
        let old = std::mem::replace(&mut self.chain, new);
        self.fade = Some(Fade::new(old, &self.chain, segments));
        self.refit();
    }

    /// Sees to it that the long filter becomes the one that is wanted.
    fn refit(&mut self) {
        let stale = |long: &Long| !long.is_for(&self.context, &self.wanted, self.updates);
        if self.chain.long.as_ref().is_some_and(stale) {
            self.order(false);
        }
    }

    /// Has the long filter made that is wanted now, unless another one still is being made.
    fn order(&mut self, convolver: bool) {
        if self.designer.is_busy() {
            return;
        }
        let spare = &mut self.designer.spare;
        if let Some(job) = Job::of(&self.context, &self.wanted, self.updates, convolver, spare)
            && let Some(made) = self.designer.order(job, self.wanted.synchronous)
        {
            self.receive(made);
        }
    }

    /// Takes a long filter: into the structure there is, or for the one to come.
    fn receive(&mut self, made: Made) {
        let frames = self.context.segments(self.wanted.ramp_time) as usize * GRID;
        match &mut self.chain.long {
            Some(long) if made.replaces(long) => {
                self.designer.spare = long.swap(made, frames);
                self.refit();
            }
            _ => self.made = Some(made),
        }
    }

    /// Filters a stretch. Returns false if something in it was no finite number.
    fn run(&mut self, bytes: &mut [u8]) -> bool {
        let context = &*self.context;
        if self.chain.is_dry() && self.fade.is_none() {
            return true;
        }
        if self.format == SampleFormat::F32
            && self.fade.is_none()
            && self.chain.long.is_none()
            && let Some(cascade) = self.chain.recursive.single()
            && let Some(samples) = edge::as_f32(bytes)
        {
            cascade.process_f32(samples);
            let odd = edge::clean(context.level, samples);
            if odd {
                cascade.reset();
            }
            return !odd;
        }
        let channels = context.layout.channels();
        let mut finite = true;
        let mut index = self.frames.wrapping_mul(channels as u64);
        for bytes in bytes.chunks_mut(self.scratch.len() * self.format.bytes()) {
            let io = &mut self.scratch[..bytes.len() / self.format.bytes()];
            edge::load(self.format, bytes, io);
            // A long filter would have to forget all that it took in: better not let it in.
            finite &= !self.format.is_float() || !edge::clean(context.level, io);
            if let Some(fade) = &mut self.fade {
                let old = &mut self.second[..io.len()];
                old.copy_from_slice(io);
                fade.old.process(context, old);
                self.chain.process(context, io);
                fade.mix(channels, io, old);
            } else {
                self.chain.process(context, io);
            }
            let odd = edge::clean(context.level, io)
                | edge::store(context.level, self.format, io, index, bytes);
            if odd {
                finite = false;
                self.chain.reset();
                if let Some(fade) = &mut self.fade {
                    fade.old.reset();
                }
            }
            index = index.wrapping_add(io.len() as u64);
        }
        finite
    }
}

/// The structure that `settings` ask for.
fn start(context: &Context, settings: &Settings) -> Chain {
    let made =
        Job::of(context, settings, 0, true, &mut Default::default()).map(|job| job.make(context));
    Chain::new(context, settings, made)
}
