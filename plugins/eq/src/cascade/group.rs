// SPDX-License-Identifier: MPL-2.0
//! Some channels that go through the kernel together, pass after pass.
#![allow(unsafe_code)]
use super::lanes::Sample;
use super::pass::{Form, Pass};
use super::plan::{Edges, Engine, Kernels, Part, Shape};
use super::reference;
use super::rows::Rows;
use super::scratch::{LANES, SCRATCH, Scratch, amplify, copy_in, copy_out};
use auris_dsp::simd::Level;
use std::marker::PhantomData;
use std::slice::{from_raw_parts, from_raw_parts_mut};

pub(super) struct Group {
    level: Level,
    /// First channel.
    pub first: usize,
    /// Channels.
    width: usize,
    parts: Vec<Part>,
    /// First section of each part.
    starts: Vec<usize>,
    pub passes: Vec<Pass>,
    scratch: Scratch,
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
    /// Takes a group's only pass over frames that lie `stride` apart; false if it has to go through
    /// f64.
    ///
    /// # Safety
    /// As for the kernels.
    unsafe fn only(
        kernels: &Kernels,
        rows: Rows,
        io: *mut Self,
        stride: usize,
        frames: usize,
    ) -> bool;

    /// Takes the first of several passes, from `io` to `scratch`; false if that has to be f64.
    ///
    /// # Safety
    /// As for the kernels.
    unsafe fn first(
        kernels: &Kernels,
        rows: Rows,
        io: *const Self,
        to: *mut f64,
        strides: (usize, usize),
        frames: usize,
    ) -> bool;

    /// The last, back.
    ///
    /// # Safety
    /// As for the kernels.
    unsafe fn last(
        kernels: &Kernels,
        rows: Rows,
        from: *const f64,
        io: *mut Self,
        strides: (usize, usize),
        frames: usize,
    ) -> bool;
}

impl Direct for f32 {
    unsafe fn only(
        kernels: &Kernels,
        rows: Rows,
        io: *mut f32,
        stride: usize,
        frames: usize,
    ) -> bool {
        // SAFETY: the caller's promise.
        unsafe {
            match kernels.edges {
                Edges::Within(_) if kernels.wants_scratch(frames) => return false,
                Edges::Within(run) => run(rows, io, stride, frames),
                Edges::Across { both, .. } => both(rows, io, io, (stride, stride), frames),
            }
        }
        true
    }

    unsafe fn first(
        kernels: &Kernels,
        rows: Rows,
        io: *const f32,
        to: *mut f64,
        strides: (usize, usize),
        frames: usize,
    ) -> bool {
        let Edges::Across { first, .. } = kernels.edges else {
            return false;
        };
        // SAFETY: the caller's promise.
        unsafe { first(rows, io, to, strides, frames) };
        true
    }

    unsafe fn last(
        kernels: &Kernels,
        rows: Rows,
        from: *const f64,
        io: *mut f32,
        strides: (usize, usize),
        frames: usize,
    ) -> bool {
        let Edges::Across { last, .. } = kernels.edges else {
            return false;
        };
        // SAFETY: the caller's promise.
        unsafe { last(rows, from, io, strides, frames) };
        true
    }
}

impl Direct for f64 {
    unsafe fn only(
        kernels: &Kernels,
        rows: Rows,
        io: *mut f64,
        stride: usize,
        frames: usize,
    ) -> bool {
        if kernels.leaves_gain {
            return false;
        }
        // SAFETY: the caller's promise.
        unsafe { kernels.scaled(frames)(rows, io, stride, frames) };
        true
    }

    unsafe fn first(
        _: &Kernels,
        _: Rows,
        _: *const f64,
        _: *mut f64,
        _: (usize, usize),
        _: usize,
    ) -> bool {
        false
    }

    unsafe fn last(
        _: &Kernels,
        _: Rows,
        _: *const f64,
        _: *mut f64,
        _: (usize, usize),
        _: usize,
    ) -> bool {
        false
    }
}

impl Group {
    pub fn new(level: Level, first: usize, shape: Shape) -> Self {
        let Shape { width, parts } = shape;
        let mut begin = 0;
        let mut starts = Vec::with_capacity(parts.len());
        for part in &parts {
            starts.push(begin);
            begin += part.used;
        }
        let lanes = parts
            .iter()
            .any(|part| matches!(part.engine, Engine::Lanes(_)));
        Group {
            level,
            first,
            width,
            starts,
            passes: parts
                .iter()
                .map(|part| Pass::new(width, part.sections))
                .collect(),
            scratch: if lanes {
                Scratch::new()
            } else {
                Scratch::default()
            },
            parts,
        }
    }

    /// Pass and slot of a section of a lane.
    pub fn locate(&self, lane: usize, section: usize) -> (usize, usize) {
        let pass = self.starts.partition_point(|start| *start <= section) - 1;
        (pass, (section - self.starts[pass]) * self.width + lane)
    }

    /// Filters its channels.
    ///
    /// # Safety
    /// `all` has these channels, and nobody else uses their samples meanwhile.
    pub unsafe fn run<T: Direct>(&mut self, all: Samples<'_, T>) {
        let Samples { stride, frames, .. } = all;
        debug_assert!(self.first + self.width <= stride);
        // SAFETY: a frame has these channels.
        let io = unsafe { all.io.add(self.first) };
        // SAFETY: the caller's promise; parts have kernels for this processor, and passes as many
        // slots as these need.
        unsafe {
            if let ([part], [pass]) = (&self.parts[..], &mut self.passes[..]) {
                match &part.engine {
                    Engine::Scalar => {
                        return reference::run(pass.rows(), part.sections, io, stride, frames);
                    }
                    Engine::Lanes(kernels) => {
                        pass.prepare();
                        let form = pass.form();
                        if form == Form::Scaled && T::only(kernels, pass.rows(), io, stride, frames)
                        {
                            return;
                        }
                    }
                }
            }
            self.passes.iter_mut().for_each(Pass::prepare);
            let mut done = 0;
            while done < frames {
                let count = (frames - done).min(SCRATCH / self.width);
                self.pass_through(io.add(done * stride), stride, count);
                done += count;
            }
        }
    }

    /// Filters as many frames as there is scratch for.
    ///
    /// # Safety
    /// As for [`Group::run`].
    unsafe fn pass_through<T: Direct>(&mut self, io: *mut T, stride: usize, frames: usize) {
        let (level, width) = (self.level, self.width);
        let last = self.passes.len() - 1;
        let inner = self.scratch.start();
        let len = frames * width;
        let mut gains = [1.0; LANES];
        // SAFETY: the caller's promise; there is scratch for `len` samples, and some ahead of it.
        unsafe {
            for (i, (part, pass)) in self.parts.iter().zip(&mut self.passes).enumerate() {
                let Engine::Lanes(kernels) = &part.engine else {
                    continue;
                };
                let (form, rows) = (pass.form(), pass.rows());
                let scaled = form == Form::Scaled;
                if i == 0
                    && !(last > 0
                        && scaled
                        && T::first(kernels, rows, io, inner, (stride, width), frames))
                {
                    copy_in(level, width, io, stride, from_raw_parts_mut(inner, len));
                } else if i == 0 {
                    continue;
                }
                if i == last
                    && last > 0
                    && scaled
                    && T::last(kernels, rows, inner, io, (width, stride), frames)
                {
                    return;
                }
                match form {
                    Form::Scaled => kernels.scaled(frames)(rows, inner, width, frames),
                    Form::Plain => (kernels.plain)(rows, inner, width, frames),
                    Form::Ramp => {
                        let (together, kernel) = kernels.ramp;
                        for first in (0..part.sections).step_by(together) {
                            kernel(pass.rows_from(first), inner, width, frames);
                        }
                    }
                }
                if kernels.leaves_gain && form != Form::Ramp {
                    gains = pass.gains();
                    if i < last {
                        amplify(level, from_raw_parts_mut(inner, len), &gains);
                        gains = [1.0; LANES];
                    }
                }
            }
            copy_out(level, width, io, stride, from_raw_parts(inner, len), &gains);
        }
    }
}
