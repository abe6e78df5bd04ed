// SPDX-License-Identifier: MPL-2.0
//! One structure of the equaliser, and the change from one to another.
use super::long::{Long, Made, Shape};
use super::recursive::Recursive;
use super::settings::{Context, GRID, Pace, Phase, Settings};

/// One structure: second-order sections, a long filter, one after the other, or nothing.
pub(super) struct Chain {
    pub(super) recursive: Recursive,
    pub(super) long: Option<Long>,
}

impl Chain {
    /// What `settings` ask for, at rest, without a past. `made` is the long filter, if they need
    /// one.
    pub(super) fn new(context: &Context, settings: &Settings, made: Option<Made>) -> Self {
        Chain {
            recursive: match settings.phase {
                Phase::Linear => Recursive::bypass(context, settings),
                Phase::Minimum => Recursive::new(context, settings),
            },
            long: made.and_then(Long::new),
        }
    }

    /// Sets out for `settings` except for what a long filter does. Returns false, with nothing
    /// changed, if they need another structure. On a grid point only.
    pub(super) fn follow(
        &mut self,
        context: &Context,
        settings: &Settings,
        pace: Pace,
        may_search: bool,
    ) -> bool {
        let shape = self.long.as_ref().map(Long::shape);
        let recursive = &mut self.recursive;
        shape == Shape::of(context, settings)
            && (settings.phase == Phase::Linear
                || recursive.follow(context, settings, pace, may_search))
    }

    /// Whether it lets everything through as it is.
    pub(super) fn is_dry(&self) -> bool {
        self.long.is_none() && self.recursive.is_dry()
    }

    pub(super) fn latency(&self) -> usize {
        self.long.as_ref().map_or(0, Long::latency)
    }

    /// Filters whole frames in place.
    pub(super) fn process(&mut self, context: &Context, io: &mut [f64]) {
        self.recursive.process(context, io);
        if let Some(long) = &mut self.long {
            long.process(io);
        }
    }

    /// Forgets all past input.
    pub(super) fn reset(&mut self) {
        self.recursive.reset();
        if let Some(long) = &mut self.long {
            long.reset();
        }
    }
}

/// A structure on its way out while another comes in.
pub(super) struct Fade {
    pub(super) old: Chain,
    /// Frames until it begins: a long filter is heard when it knows all that it works on.
    wait: usize,
    /// Frames that it takes.
    frames: usize,
    /// Frames that are done.
    done: usize,
    /// Through silence, for signals that come at different times.
    silence: bool,
}

impl Fade {
    pub(super) fn new(old: Chain, new: &Chain, segments: u32) -> Self {
        let silence = old.latency() != new.latency();
        let segments = segments as usize;
        Fade {
            wait: (new.long.as_ref()).map_or(0, |long| long.memory().next_multiple_of(GRID)),
            frames: GRID
                * if silence {
                    segments.next_multiple_of(2)
                } else {
                    segments
                },
            done: 0,
            silence,
            old,
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.done >= self.frames
    }

    /// Whether more of the old structure is heard than of the new one.
    pub(super) fn is_young(&self) -> bool {
        self.wait > 0 || self.done * 2 < self.frames
    }

    /// Makes `new` what is heard of it and of `old`.
    pub(super) fn mix(&mut self, channels: usize, new: &mut [f64], old: &[f64]) {
        let smooth = |t: f64| t * t * (3.0 - 2.0 * t);
        for (new, old) in new
            .chunks_exact_mut(channels)
            .zip(old.chunks_exact(channels))
        {
            if self.wait > 0 {
                self.wait -= 1;
                new.copy_from_slice(old);
                continue;
            }
            let t = (self.done as f64 + 0.5) / self.frames as f64;
            self.done += 1;
            let (out, coming) = match self.silence {
                false => (smooth(1.0 - t), smooth(t)),
                true => (
                    smooth((1.0 - 2.0 * t).max(0.0)),
                    smooth((2.0 * t - 1.0).max(0.0)),
                ),
            };
            for (new, old) in new.iter_mut().zip(old) {
                *new = *new * coming + *old * out;
            }
        }
    }
}
