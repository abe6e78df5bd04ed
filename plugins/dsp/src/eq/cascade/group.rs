// SPDX-License-Identifier: MPL-2.0
//! Some channels that go through the kernel together, pass after pass.
#![allow(unsafe_code)]
use super::lanes::Sample;
use super::pass::Pass;
use super::plan::{Engine, Kernels, Run, Shape};
use super::reference;

/// Samples that are worked on at once where there are several passes: they stay in the first-level
/// cache.
const SCRATCH: usize = 2048;

/// Frames from which on the kernel of more skew is the faster one.
const MANY: usize = 256;

pub(super) struct Group {
    /// First channel.
    pub first: usize,
    pub shape: Shape,
    pub passes: Vec<Pass>,
    scratch: Vec<f64>,
}

/// Which of a shape's kernels takes samples of a type as they are.
pub(super) trait Direct: Sample {
    fn kernel(kernels: &Kernels, frames: usize) -> Run<Self>;
    /// The general kernel, if it takes these samples.
    fn general(kernels: &Kernels) -> Option<Run<Self>>;
}

impl Direct for f32 {
    fn kernel(kernels: &Kernels, frames: usize) -> Run<f32> {
        kernels.f32[usize::from(frames >= MANY)]
    }
    fn general(_: &Kernels) -> Option<Run<f32>> {
        None
    }
}

impl Direct for f64 {
    fn kernel(kernels: &Kernels, frames: usize) -> Run<f64> {
        kernels.f64[usize::from(frames >= MANY)]
    }
    fn general(kernels: &Kernels) -> Option<Run<f64>> {
        Some(kernels.general)
    }
}

impl Group {
    pub fn new(first: usize, shape: Shape) -> Self {
        Group {
            first,
            shape,
            passes: (0..shape.passes)
                .map(|_| Pass::new(shape.width, shape.sections))
                .collect(),
            scratch: match shape.engine {
                Engine::Scalar => Vec::new(),
                Engine::Lanes(_) => vec![0.0; SCRATCH],
            },
        }
    }

    /// Pass and slot of a section of a lane.
    pub fn locate(&self, lane: usize, section: usize) -> (usize, usize) {
        let Shape { width, used, .. } = self.shape;
        (section / used, section % used * width + lane)
    }

    /// Filters `frames` frames, `stride` samples apart; `io` is the first sample of the first channel.
    ///
    /// # Safety
    /// Samples of this group's channels are good for reads and writes, and nobody else uses them.
    pub unsafe fn run<T: Direct>(&mut self, io: *mut T, stride: usize, frames: usize) {
        for pass in &mut self.passes {
            pass.prepare();
        }
        // SAFETY: the caller's promise; shapes have kernels for this processor and as many slots as
        // these need.
        unsafe {
            match (&self.shape.engine, &mut self.passes[..]) {
                (Engine::Scalar, passes) => {
                    for pass in passes {
                        reference::run(pass.rows(), self.shape.sections, io, stride, frames);
                    }
                }
                (Engine::Lanes(kernels), [pass]) if !pass.is_general() => {
                    T::kernel(kernels, frames)(pass.rows(), io, stride, frames);
                }
                (Engine::Lanes(kernels), [pass]) if T::general(kernels).is_some() => {
                    if let Some(kernel) = T::general(kernels) {
                        kernel(pass.rows(), io, stride, frames);
                    }
                }
                (Engine::Lanes(kernels), passes) => {
                    let width = self.shape.width;
                    let scratch = &mut self.scratch[..];
                    let mut done = 0;
                    while done < frames {
                        let count = (frames - done).min(scratch.len() / width);
                        let io = io.add(done * stride);
                        copy_in(io, stride, width, &mut scratch[..count * width]);
                        for pass in &mut *passes {
                            let kernel = match pass.is_general() {
                                true => kernels.general,
                                false => f64::kernel(kernels, count),
                            };
                            kernel(pass.rows(), scratch.as_mut_ptr(), width, count);
                        }
                        copy_out(io, stride, width, &scratch[..count * width]);
                        done += count;
                    }
                }
            }
        }
    }
}

/// # Safety
/// As for [`Group::run`].
unsafe fn copy_in<T: Sample>(io: *const T, stride: usize, width: usize, to: &mut [f64]) {
    for (t, frame) in to.chunks_exact_mut(width).enumerate() {
        for (c, wide) in frame.iter_mut().enumerate() {
            // SAFETY: the caller's promise.
            *wide = unsafe { *io.add(t * stride + c) }.widen();
        }
    }
}

/// # Safety
/// As for [`Group::run`].
unsafe fn copy_out<T: Sample>(io: *mut T, stride: usize, width: usize, from: &[f64]) {
    for (t, frame) in from.chunks_exact(width).enumerate() {
        for (c, wide) in frame.iter().enumerate() {
            // SAFETY: the caller's promise.
            unsafe { *io.add(t * stride + c) = T::narrow(*wide) };
        }
    }
}
