// SPDX-License-Identifier: MPL-2.0
//! Audio through long filters, by partitioned convolution.
//!
//! The first taps may be applied sample by sample, the others as products of spectra, over blocks
//! that begin where their result can be ready in time (W. G. Gardner, Efficient Convolution without
//! Input-Output Delay, JAES 1995). Spectra of past blocks are kept and multiplied by
//! those of the partitions, summed up, and transformed back once.
pub use super::filter::{Filter, Path};
use super::frames::interleave;
use super::input::Input;
use super::kernel::{Arithmetic, Fused, Plain};
use super::transform::Work;
use super::voice::Voice;
use auris_dsp::simd::Level;
use std::sync::Arc;

/// Convolution of interleaved audio, f64 inside.
///
/// The output does not depend on how the input is cut into calls, not by one bit, as long as
/// [`Convolver::swap`] comes at the same frames. Nothing is allocated after [`Convolver::new`]. A
/// filter that is no longer needed is let go of in `process`, `swap` or `reset`: who wants nothing
/// to be freed there keeps a clone of each until its count is down to one.
pub struct Convolver {
    level: Level,
    input: Input,
    current: Voice,
    /// What the fade leads to. Without a fade, it has the current filter and does nothing.
    incoming: Voice,
    fade: Option<Fade>,
    pending: Option<(Arc<Filter>, usize)>,
    work: Work,
    /// One channel after another.
    out: Vec<f64>,
    fresh: Vec<f64>,
}

#[derive(Clone, Copy)]
struct Fade {
    frames: usize,
    done: usize,
}

/// Calls a method for the arithmetic that the level has.
macro_rules! with_arithmetic {
    ($self:ident.$method:ident($($arg:expr),*)) => {
        if $self.level.is_avx512() || $self.level.is_avx2() {
            $self.$method::<Fused>($($arg),*)
        } else {
            $self.$method::<Plain>($($arg),*)
        }
    };
}

impl Convolver {
    /// A convolver for filters of as many channels, taps and frames of delay as `filter`.
    pub fn new(filter: Arc<Filter>) -> Self {
        Convolver::with_level(Level::best(), filter)
    }

    /// The same on a given instruction set, but for the transforms, which choose theirs
    /// themselves. Levels differ by rounding.
    pub fn with_level(level: Level, filter: Arc<Filter>) -> Self {
        let chunk = filter.plan.layout.chunk();
        Convolver {
            level,
            input: Input::new(&filter),
            work: Work::new(&filter.plan.transforms),
            current: Voice::new(filter.clone()),
            out: vec![0.0; chunk * filter.channels()],
            fresh: vec![0.0; chunk],
            incoming: Voice::new(filter),
            fade: None,
            pending: None,
        }
    }

    /// Frames by which the output is late: 0, or that of [`Filter::blockwise`].
    pub fn delay(&self) -> usize {
        self.current.filter.delay()
    }

    /// From the next frame on, fades over to `filter` in `frames` frames, as if it had been in
    /// force all along. While a fade is under way `filter` has to wait until that ends, and takes
    /// the place of one that waits already.
    ///
    /// One of another number of channels or taps or of another delay changes nothing; whether
    /// `filter` was taken is returned.
    pub fn swap(&mut self, filter: Arc<Filter>, frames: usize) -> bool {
        if !filter.fits(&self.current.filter) {
            return false;
        }
        if self.fade.is_some() {
            self.pending = Some((filter, frames));
        } else {
            with_arithmetic!(self.begin(filter, frames));
        }
        true
    }

    /// Whether a fade is under way.
    pub fn is_fading(&self) -> bool {
        self.fade.is_some()
    }

    /// Convolves whole frames in place: output n holds input n − [`Convolver::delay`] times tap 0,
    /// and so on.
    ///
    /// A sample that is no finite number, or is beyond ±1e100, counts as 0, so that none leaves a
    /// trace in later output; false is returned if there was one.
    pub fn process(&mut self, io: &mut [f64]) -> bool {
        with_arithmetic!(self.process_as(io))
    }

    fn process_as<A: Arithmetic>(&mut self, io: &mut [f64]) -> bool {
        let channels = self.current.filter.channels();
        let mut good = true;
        let mut rest = io;
        while channels > 0 && rest.len() >= channels {
            let fade = self.fade.map_or(usize::MAX, |fade| fade.frames - fade.done);
            let frames = self.input.until_block().min(fade);
            let frames = frames.min(rest.len() / channels);
            let (now, later) = rest.split_at_mut(frames * channels);
            good &= self.input.take::<A>(self.level, now);
            for channel in 0..channels {
                self.emit::<A>(channel, frames);
            }
            interleave::<A>(self.level, &self.out, channels, now);
            self.advance::<A>(frames);
            rest = later;
        }
        good
    }

    /// Makes the next `frames` of one channel, in its part of `out`.
    fn emit<A: Arithmetic>(&mut self, channel: usize, frames: usize) {
        let out = &mut self.out[channel * frames..][..frames];
        self.current
            .emit::<A>(self.level, &self.input, channel, out);
        if let Some(fade) = self.fade {
            let fresh = &mut self.fresh[..frames];
            self.incoming
                .emit::<A>(self.level, &self.input, channel, fresh);
            for (i, (out, fresh)) in out.iter_mut().zip(fresh).enumerate() {
                *out += (*fresh - *out) * fade.weight(i);
            }
        }
    }

    fn advance<A: Arithmetic>(&mut self, frames: usize) {
        self.input.advance::<A>(self.level, frames, &mut self.work);
        if let Some(fade) = &mut self.fade {
            fade.done += frames;
            if fade.done == fade.frames {
                self.end::<A>();
            }
        }
        self.current
            .render::<A>(self.level, &self.input, false, &mut self.work);
        if self.fade.is_some() {
            self.incoming
                .render::<A>(self.level, &self.input, false, &mut self.work);
        }
        if self.fade.is_none()
            && let Some((filter, frames)) = self.pending.take()
        {
            self.begin::<A>(filter, frames);
        }
    }

    fn begin<A: Arithmetic>(&mut self, filter: Arc<Filter>, frames: usize) {
        let filters = [&*self.current.filter, &*filter];
        self.input.serve::<A>(self.level, filters, &mut self.work);
        self.incoming.filter = filter;
        self.incoming
            .render::<A>(self.level, &self.input, true, &mut self.work);
        self.fade = Some(Fade { frames, done: 0 });
        if frames == 0 {
            self.end::<A>();
        }
    }

    fn end<A: Arithmetic>(&mut self) {
        std::mem::swap(&mut self.current, &mut self.incoming);
        self.incoming.filter = self.current.filter.clone();
        let filter = &*self.current.filter;
        self.input
            .serve::<A>(self.level, [filter, filter], &mut self.work);
        self.fade = None;
    }

    /// Forgets all past input, and ends all fades: the newest filter is in force.
    pub fn reset(&mut self) {
        self.input.reset();
        if let Some((filter, _)) = self.pending.take() {
            self.incoming.filter = filter;
        }
        with_arithmetic!(self.end());
        self.current.reset();
    }
}

impl Fade {
    /// Of the incoming filter, `i` frames on: up an S whose slope begins and ends at 0, so that
    /// neither end is heard.
    fn weight(&self, i: usize) -> f64 {
        let x = (self.done + i + 1) as f64 / (self.frames + 1) as f64;
        x * x * (3.0 - 2.0 * x)
    }
}
