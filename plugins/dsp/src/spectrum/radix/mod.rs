// SPDX-License-Identifier: MPL-2.0
//! Complex transforms whose length is a power of two, in single and double precision.
//!
//! Number j·W + l of the input lies in lane l of vector j, W being the lanes of a vector. So the lanes
//! are W transforms of a W-th of the length that have nothing to do with each other: they take place in
//! registers without any number changing its lane. Then come twiddle factors and, over W vectors at a time,
//! which are made from rows into columns first, transforms of length W (J. W. Cooley and J. W. Tukey,
//! Mathematics of Computation 19, 1965). Real and imaginary parts are kept apart.
// Elsewhere there are no vectors yet that it could be run with.
#![cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
#[cfg(target_arch = "x86_64")]
mod butterfly;
#[cfg(target_arch = "x86_64")]
mod kernel;
mod powers;
#[cfg(test)]
mod tests;

use super::Error;
use super::lanes::Number;
use super::memory::{Aligned, room};
#[cfg(target_arch = "x86_64")]
use super::x86::{Eight, Sixteen};
#[cfg(target_arch = "x86_64")]
use super::x86_double::{EightDouble, FourDouble};
use crate::simd::Level;
use std::f64::consts::{FRAC_1_SQRT_2, TAU};

/// Real parts and imaginary ones, or even numbers and odd ones.
pub(crate) type Parts<T> = [Aligned<T>; 2];

/// A transform of `length` complex numbers.
pub(crate) struct Radix<T> {
    level: Level,
    plan: Plan<T>,
    room: Room<T>,
}

/// How it is done.
pub(crate) struct Plan<T> {
    length: usize,
    /// A window for real parts and one for imaginary ones; or none.
    window: Parts<T>,
    constants: Constants<T>,
    /// Vectors.
    rows: usize,
    /// Of each pass but the first over the rows: what it is transforms of.
    radices: Vec<usize>,
    /// Twiddle factors of these passes, real and imaginary parts in turn.
    factors: Vec<T>,
    /// Where in the rows, after the passes, their k-th number lies.
    places: Vec<u32>,
    /// Twiddle factors of the last step: for every W rows, W − 1 vectors of real and of imaginary parts.
    turns: Aligned<T>,
}

/// What is to be transformed.
#[derive(Clone, Copy)]
pub(crate) enum Input<'a, T> {
    /// Every two samples are a complex number; they are multiplied by the window first.
    Pairs(&'a [f32]),
    /// The same of real and imaginary parts.
    Parts(&'a [f32], &'a [f32]),
    /// Every two numbers are a complex one, as they are.
    Weighed(&'a [T]),
}

impl<T> Input<'_, T> {
    /// Complex numbers.
    fn len(&self) -> usize {
        match self {
            Input::Pairs(samples) => samples.len() / 2,
            Input::Parts(re, im) => re.len().min(im.len()),
            Input::Weighed(numbers) => numbers.len() / 2,
        }
    }
}

/// Numbers on their way, and the result.
pub(crate) struct Room<T> {
    work: Parts<T>,
    out: Parts<T>,
}

/// Numbers that [`butterfly`] takes from memory.
struct Constants<T> {
    root_half: T,
    /// exp(−2πik/16), up to 9.
    sixteenths: [(T, T); 10],
}

/// What turns odd samples before they join the even ones, see
/// [`Twiddle`](super::untangle::Twiddle).
pub(crate) struct Turns<T>(Parts<T>);

/// f32 or f64.
#[allow(private_bounds)] // nobody else is to make one
pub(crate) trait Real: Number + Default {
    fn of(x: f64) -> Self;
    /// Lanes of a level's vectors, if it has any.
    fn width(level: Level) -> usize;
    fn run(level: Level, plan: &Plan<Self>, input: Input<'_, Self>, room: &mut Room<Self>);
    fn powers(level: Level, z: &Parts<Self>, turns: &Parts<Self>, power: &mut [f32]);
}

impl Real for f32 {
    fn of(x: f64) -> Self {
        x as f32
    }
    fn width(level: Level) -> usize {
        match () {
            () if level.is_avx512() => 16,
            () if level.is_avx2() => 8,
            () => 0,
        }
    }
    fn run(level: Level, plan: &Plan<f32>, input: Input<'_, f32>, room: &mut Room<f32>) {
        run_single(level, plan, input, room);
    }
    fn powers(level: Level, z: &Parts<f32>, turns: &Parts<f32>, power: &mut [f32]) {
        powers_single(level, z, turns, power);
    }
}

impl Real for f64 {
    fn of(x: f64) -> Self {
        x
    }
    fn width(level: Level) -> usize {
        match () {
            () if level.is_avx512() => 8,
            () if level.is_avx2() => 4,
            () => 0,
        }
    }
    fn run(level: Level, plan: &Plan<f64>, input: Input<'_, f64>, room: &mut Room<f64>) {
        run_double(level, plan, input, room);
    }
    fn powers(level: Level, z: &Parts<f64>, turns: &Parts<f64>, power: &mut [f32]) {
        powers_double(level, z, turns, power);
    }
}

/// Defines a function that runs `$body` with the vectors of its first argument, compiled for their
/// instruction set, or `$otherwise` where it has none.
macro_rules! on_vectors {
    (
        fn $name:ident($($arg:ident: $ty:ty),* $(,)?)
            = $($body:ident)::+[$avx2:ty, $avx512:ty] or $otherwise:expr
    ) => {
        #[allow(unsafe_code)]
        fn $name(level: Level, $($arg: $ty),*) {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2,fma")]
                fn avx2($($arg: $ty),*) {
                    $($body)::+::<$avx2>($($arg),*)
                }
                #[target_feature(enable = "avx2,fma,avx512f,avx512bw,avx512dq,avx512vl")]
                fn avx512($($arg: $ty),*) {
                    $($body)::+::<$avx512>($($arg),*)
                }
                if level.is_avx512() {
                    // SAFETY: such a Level exists only where the features were detected.
                    return unsafe { avx512($($arg),*) };
                }
                if level.is_avx2() {
                    // SAFETY: such a Level exists only where the features were detected.
                    return unsafe { avx2($($arg),*) };
                }
            }
            let _ = level;
            $otherwise($($arg),*)
        }
    };
}

on_vectors! {
    fn run_single(plan: &Plan<f32>, input: Input<'_, f32>, room: &mut Room<f32>) = kernel::run[Eight, Sixteen] or nothing
}
on_vectors! {
    fn run_double(plan: &Plan<f64>, input: Input<'_, f64>, room: &mut Room<f64>) = kernel::run[FourDouble, EightDouble] or nothing
}
on_vectors! {
    fn powers_single(z: &Parts<f32>, turns: &Parts<f32>, power: &mut [f32]) = powers::with_vectors[Eight, Sixteen] or powers::scalar
}
on_vectors! {
    fn powers_double(z: &Parts<f64>, turns: &Parts<f64>, power: &mut [f32]) = powers::with_vectors[FourDouble, EightDouble] or powers::scalar
}

/// Without vectors there is no plan.
fn nothing<T>(_: &Plan<T>, _: Input<'_, T>, _: &mut Room<T>) {}

impl<T: Real> Radix<T> {
    /// A transform of `length` numbers, if it can do that. Of a window, which may be empty, there are
    /// either as many numbers, for complex ones, or twice as many, for samples that are paired.
    pub(crate) fn new(
        level: Level,
        length: usize,
        window: &[f64],
    ) -> Result<Option<Box<Self>>, Error> {
        let width = T::width(level);
        if width == 0 || !length.is_power_of_two() || length < width * width {
            return Ok(None);
        }
        let step = if window.len() == length { 1 } else { 2 };
        let part = |first: usize| -> Result<Aligned<T>, Error> {
            let mut part = Aligned::<T>::new(window.len() / step)?;
            for (to, &w) in part.iter_mut().zip(window.iter().skip(first).step_by(step)) {
                *to = T::of(w);
            }
            Ok(part)
        };
        let plan = Plan::new(length, width, [part(0)?, part(step - 1)?])?;
        Ok(Some(Box::new(Radix {
            level,
            plan,
            room: Room {
                work: [Aligned::new(length)?, Aligned::new(length)?],
                out: [Aligned::new(length)?, Aligned::new(length)?],
            },
        })))
    }

    /// The transform as real and imaginary parts.
    pub(crate) fn run(&mut self, input: Input<'_, T>) -> &Parts<T> {
        T::run(self.level, &self.plan, input, &mut self.room);
        &self.room.out
    }
}

impl<T: Real> Turns<T> {
    /// For transforms of `length` complex numbers.
    pub(crate) fn new(length: usize) -> Result<Self, Error> {
        let mut turns = [Aligned::<T>::new(length)?, Aligned::<T>::new(length)?];
        let [re, im] = &mut turns;
        for (k, (re, im)) in re.iter_mut().zip(im.iter_mut()).enumerate() {
            let angle = TAU * k as f64 / (2 * length) as f64;
            (*re, *im) = (T::of(-angle.sin()), T::of(-angle.cos()));
        }
        Ok(Turns(turns))
    }

    /// |X|² of the bins of a real frame; `z` is the transform of its even samples plus i times that
    /// of its odd ones.
    pub(crate) fn powers(&self, level: Level, z: &Parts<T>, power: &mut [f32]) {
        T::powers(level, z, &self.0, power);
    }
}

/// exp(−2πi·k/n), with k below n.
fn factor<T: Real>(k: usize, n: usize) -> (T, T) {
    let angle = -TAU * (k % n) as f64 / n as f64;
    (T::of(angle.cos()), T::of(angle.sin()))
}

impl<T: Real> Plan<T> {
    fn new(length: usize, width: usize, window: Parts<T>) -> Result<Self, Error> {
        let rows = length / width;
        let radices = radices(rows);
        let mut factors = Vec::new();
        factors.try_reserve(2 * rows).map_err(|_| Error::Memory)?;
        let mut size = rows;
        for &radix in &radices {
            // The last pass has none.
            for j in 0..if size > radix { size / radix } else { 0 } {
                for k in 1..radix {
                    let (re, im): (T, T) = factor(j * k, size);
                    factors.extend([re, im]);
                }
            }
            size /= radix;
        }
        let mut places: Vec<u32> = room(rows)?;
        for (k, place) in places.iter_mut().enumerate() {
            *place = place_of(k, &radices, rows) as u32;
        }
        let mut turns = Aligned::<T>::new(2 * length / width * (width - 1))?;
        for (block, turns) in turns.chunks_exact_mut(2 * (width - 1) * width).enumerate() {
            for (lane, turns) in turns.chunks_exact_mut(2 * width).enumerate() {
                let (re, im) = turns.split_at_mut(width);
                for (i, (re, im)) in re.iter_mut().zip(im).enumerate() {
                    (*re, *im) = factor::<T>((lane + 1) * (block * width + i), length);
                }
            }
        }
        Ok(Plan {
            length,
            window,
            constants: Constants {
                root_half: T::of(FRAC_1_SQRT_2),
                sixteenths: std::array::from_fn(|k| factor(k, 16)),
            },
            rows,
            radices,
            factors,
            places,
            turns,
        })
    }
}

/// What transforms of `rows` numbers, at least 4, are made of: fours, and a two or an eight at the
/// end.
fn radices(rows: usize) -> Vec<usize> {
    let mut radices = vec![4];
    let mut rest = rows / 4;
    while rest > 1 {
        let radix = match rest {
            2 | 8 => rest,
            _ => 4,
        };
        radices.push(radix);
        rest /= radix;
    }
    radices
}

/// Where number k of a transform of `size` lies that was done in place.
fn place_of(k: usize, radices: &[usize], size: usize) -> usize {
    match radices {
        [] => 0,
        [radix, rest @ ..] => {
            let part = size / radix;
            k % radix * part + place_of(k / radix, rest, part)
        }
    }
}
