// SPDX-License-Identifier: MPL-2.0
//! Some channels that go through the kernel together, pass after pass.
#![allow(unsafe_code)]
use super::lanes::Sample;
use super::pass::{Form, Pass};
use super::plan::{Engine, Kernels, Run, Shape};
use super::reference;
use std::marker::PhantomData;

/// Samples that are worked on at once where there are several passes: they stay in the first-level
/// cache.
const SCRATCH: usize = 2048;

pub(super) struct Group {
    /// First channel.
    pub first: usize,
    pub shape: Shape,
    pub passes: Vec<Pass>,
    scratch: Vec<f64>,
}

/// Frames on which groups work at the same time.
#[derive(Clone, Copy)]
pub(super) struct Samples<'a, T> {
    io: *mut T,
    /// Samples of a frame.
    stride: usize,
    frames: usize,
    borrowed: PhantomData<&'a mut [T]>,
}

// SAFETY: a pointer to samples that are borrowed as long as this lives; `Group::run` is unsafe
// because two threads could use the same one.
unsafe impl<T: Send> Send for Samples<'_, T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Samples<'_, T> {}

impl<'a, T> Samples<'a, T> {
    pub fn new(io: &'a mut [T], stride: usize) -> Self {
        Samples {
            io: io.as_mut_ptr(),
            stride,
            frames: io.len() / stride,
            borrowed: PhantomData,
        }
    }
}

/// Samples that some kernels take as they are.
pub(super) trait Direct: Sample + Send {
    /// For a pass that is scaled.
    fn kernel(kernels: &Kernels) -> Run<Self>;
}

impl Direct for f32 {
    fn kernel(kernels: &Kernels) -> Run<f32> {
        kernels.f32
    }
}

impl Direct for f64 {
    fn kernel(kernels: &Kernels) -> Run<f64> {
        kernels.f64
    }
}

/// Calls a function that has the number of channels as a constant.
macro_rules! by_width {
    ($width:expr, $copy:ident($($arg:expr),*)) => {
        match $width {
            1 => $copy::<T, 1>($($arg),*),
            2 => $copy::<T, 2>($($arg),*),
            4 => $copy::<T, 4>($($arg),*),
            _ => $copy::<T, 8>($($arg),*),
        }
    };
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

    /// Filters its channels.
    ///
    /// # Safety
    /// `all` has these channels, and nobody else uses their samples meanwhile.
    pub unsafe fn run<T: Direct>(&mut self, all: Samples<'_, T>) {
        let Samples { stride, frames, .. } = all;
        debug_assert!(self.first + self.shape.width <= stride);
        // SAFETY: a frame has these channels.
        let io = unsafe { all.io.add(self.first) };
        // SAFETY: the caller's promise; shapes have kernels for this processor and as many slots as
        // these need.
        unsafe {
            let kernels = match &self.shape.engine {
                Engine::Lanes(kernels) => kernels,
                Engine::Scalar => {
                    for pass in &mut self.passes {
                        reference::run(pass.rows(), self.shape.sections, io, stride, frames);
                    }
                    return;
                }
            };
            self.passes.iter_mut().for_each(Pass::prepare);
            if let [pass] = &mut self.passes[..]
                && pass.form() == Form::Scaled
            {
                T::kernel(kernels)(pass.rows(), io, stride, frames);
                return;
            }
            let width = self.shape.width;
            let mut done = 0;
            while done < frames {
                let count = (frames - done).min(SCRATCH / width);
                let io = io.add(done * stride);
                let scratch = &mut self.scratch[..count * width];
                by_width!(width, copy_in(io, stride, scratch));
                for pass in &mut self.passes {
                    let io = scratch.as_mut_ptr();
                    match pass.form() {
                        Form::Scaled => (kernels.f64)(pass.rows(), io, width, count),
                        Form::Plain => (kernels.plain)(pass.rows(), io, width, count),
                        Form::Ramp => {
                            let (together, kernel) = kernels.ramp;
                            for first in (0..self.shape.sections).step_by(together) {
                                kernel(pass.rows_from(first), io, width, count);
                            }
                        }
                    }
                }
                by_width!(width, copy_out(io, stride, scratch));
                done += count;
            }
        }
    }
}

/// # Safety
/// As for [`Group::run`].
unsafe fn copy_in<T: Sample, const C: usize>(io: *const T, stride: usize, to: &mut [f64]) {
    for (t, frame) in to.as_chunks_mut::<C>().0.iter_mut().enumerate() {
        // SAFETY: the caller's promise.
        *frame = unsafe { io.add(t * stride).cast::<[T; C]>().read() }.map(T::widen);
    }
}

/// # Safety
/// As for [`Group::run`].
unsafe fn copy_out<T: Sample, const C: usize>(io: *mut T, stride: usize, from: &[f64]) {
    for (t, frame) in from.as_chunks::<C>().0.iter().enumerate() {
        // SAFETY: the caller's promise.
        unsafe {
            io.add(t * stride)
                .cast::<[T; C]>()
                .write(frame.map(T::narrow))
        };
    }
}
