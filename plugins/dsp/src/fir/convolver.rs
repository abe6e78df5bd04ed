// SPDX-License-Identifier: MPL-2.0
//! Long filters over many channels, by partitioned convolution.

/// One path of a [`Filter`]: what goes from an input channel to an output channel.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    /// Input channel.
    pub from: usize,
    /// Output channel.
    pub to: usize,
    /// Impulse response.
    pub taps: Vec<f64>,
}

/// What a [`Convolver`] does: transformed taps. Made aside, then swapped in.
pub struct Filter {
    channels: usize,
}

impl Filter {
    /// `paths` between `channels` channels, of `taps` taps at most (longer is an error of the
    /// caller's and is cut). Paths to the same channel add up; a channel to which none leads is
    /// silent.
    pub fn new(channels: usize, taps: usize, paths: &[Path]) -> Self {
        let _ = (taps, paths);
        Filter { channels }
    }
}

/// Convolution of interleaved audio, f64 inside.
///
/// The output does not depend on how the input is cut into calls, not by one bit. Nothing is
/// allocated in [`Convolver::process`].
pub struct Convolver {
    filter: std::sync::Arc<Filter>,
}

impl Convolver {
    /// A convolver for filters of as many channels and taps as `filter`.
    pub fn new(filter: std::sync::Arc<Filter>) -> Self {
        Convolver { filter }
    }

    /// From the next block on, `filter` is in force, cross-faded over `frames` frames. It has as
    /// many channels and taps as the first one.
    pub fn swap(&mut self, filter: std::sync::Arc<Filter>, frames: usize) {
        let _ = frames;
        self.filter = filter;
    }

    /// Convolves whole frames in place, without delay: output n holds input n times tap 0.
    pub fn process(&mut self, io: &mut [f64]) {
        debug_assert!(io.len().is_multiple_of(self.filter.channels));
    }

    /// Forgets all past input.
    pub fn reset(&mut self) {}
}
