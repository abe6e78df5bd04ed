// SPDX-License-Identifier: MPL-2.0
//! Real frames of twice an odd length, by the definition of the transform.
//!
//! 2·(2^m − 1) is what a power of two of bands makes, and its factors are large: 127, 11·31, 23·89.
//! General algorithms turn transforms of such a length into convolutions, which takes two transforms
//! of at least its length. But n² products that a processor does 16 or 32 at a time are few up to a
//! hundred or so, and longer lengths come down to that: a·b points are a columns, twiddle factors,
//! and b rows (J. W. Cooley and J. W. Tukey, Mathematics of Computation 19, 1965).
//!
//! The frame's even samples and, i times, its odd ones from the middle on make one complex sequence
//! of odd length p. No twiddle factors lie between its transform and the frame's (I. J. Good's
//! prime factor algorithm).
mod kernel;
#[cfg(test)]
mod tests;

use super::Error;
use super::lanes::PAD;
use super::memory::room;
use crate::simd::Level;

use rustfft::num_complex::Complex;
use std::f64::consts::TAU;

/// A dense transform of 2·p real samples.
pub(super) struct Dense {
    level: Level,
    plan: Plan,
    columns: Option<Columns>,
    rows: Rows,
    room: Room,
    /// Powers, row by row.
    power: Vec<f32>,
}

/// How p points are laid out: input j·b + c is number c of row j, output k + a·c number c of row k.
struct Plan {
    a: usize,
    b: usize,
    /// Numbers of a row, padded: more than b, and a multiple of PAD.
    stride: usize,
}

struct Columns {
    /// Cosine and sine of 2πjk/a, for k and within that j from 1 to a/2.
    factors: Vec<f32>,
    /// exp(−2πikc/p) for row k, number c, `stride` apart.
    twiddle: [Vec<f32>; 2],
}

struct Rows {
    /// Bins up to b/2, padded.
    bins: usize,
    /// cos(2πjk/b) for j from 1 to b/2 and within that for each bin k.
    cos: Vec<f32>,
    sin: Vec<f32>,
}

/// Real and imaginary parts on their way.
struct Room {
    /// p numbers, and a vector more.
    input: [Vec<f32>; 2],
    /// Rows, see [`row`].
    middle: [Vec<f32>; 2],
    folded: Vec<f32>,
}

/// Where a row begins: PAD numbers lie between rows, before the first and behind the last.
fn row(index: usize, stride: usize) -> usize {
    index * (stride + PAD) + PAD
}

impl Dense {
    /// A transform of 2·`length` samples, if that is the best way for this odd length.
    pub(super) fn new(level: Level, length: usize) -> Result<Option<Self>, Error> {
        match factors(level, length) {
            Some((a, b)) => Dense::of(level, a, b).map(Some),
            None => Ok(None),
        }
    }

    fn of(level: Level, a: usize, b: usize) -> Result<Self, Error> {
        let stride = (b + 1).next_multiple_of(PAD);
        let (p, padded) = (a * b, row(a, stride));
        let half = (b / 2).next_multiple_of(PAD);
        Ok(Dense {
            level,
            columns: if a > 1 {
                Some(Columns::new(a, b, stride)?)
            } else {
                None
            },
            rows: Rows::new(level, b)?,
            room: Room {
                input: [room(p + PAD)?, room(p + PAD)?],
                middle: [room(padded)?, room(padded)?],
                folded: room((8 * half).max(a * 2 * PAD).max(4 * PAD))?,
            },
            power: room(padded)?,
            plan: Plan { a, b, stride },
        })
    }

    fn transform(&mut self, frame: &[f32]) {
        let Plan { a, b, stride } = self.plan;
        let begin = if a > 1 { 0 } else { row(0, stride) };
        let to = if a > 1 {
            &mut self.room.input
        } else {
            &mut self.room.middle
        };
        let [re, im] = to.each_mut().map(|part| &mut part[begin..begin + a * b]);
        separate(frame, re, im);
        if let Some(columns) = &self.columns {
            kernel::columns(self.level, &self.plan, columns, &mut self.room);
        }
        kernel::rows(self.level, &self.plan, &self.rows, &mut self.room);
    }

    /// |X|² of the p + 1 bins of a frame of 2·p samples.
    pub(super) fn power(&mut self, frame: &[f32], power: &mut [f32]) {
        self.transform(frame);
        let Plan { a, b, stride } = self.plan;
        let rows = &mut self.power;
        kernel::powers(self.level, &self.plan, &self.room.middle, rows);
        let begin = row(0, stride);
        if a == 1 {
            power.copy_from_slice(&rows[begin..=begin + b]);
            return;
        }
        let step = row(1, stride) - begin;
        for (c, out) in power.chunks_mut(a).enumerate() {
            let column = rows[begin + c..].iter().step_by(step);
            for (out, &power) in out.iter_mut().zip(column) {
                *out = power;
            }
        }
    }

    /// Its p + 1 bins.
    pub(super) fn spectrum(&mut self, frame: &[f32], bins: &mut [Complex<f32>]) {
        self.transform(frame);
        let Plan { a, b, stride } = self.plan;
        let [re, im] = &self.room.middle;
        let p = a * b;
        let at = |k: usize| {
            let at = row(k % a, stride) + k / a % b;
            Complex::new(re[at], im[at])
        };
        let mut sign = 1.0;
        for (k, bin) in bins.iter_mut().enumerate() {
            let (x, y) = (at(k % p), at((p - k) % p));
            // The last bin is the first with the odd samples' sign turned.
            let re = x.re + y.re + sign * (x.im + y.im);
            let im = x.im - y.im - sign * (x.re - y.re);
            *bin = Complex::new(0.5 * re, 0.5 * im);
            sign = -sign;
        }
    }
}

/// Even samples, and odd ones from the middle on.
fn separate(frame: &[f32], re: &mut [f32], im: &mut [f32]) {
    let pairs = frame.as_chunks::<2>().0;
    for (re, pair) in re.iter_mut().zip(pairs) {
        *re = pair[0];
    }
    let middle = pairs.len() / 2;
    let (end, begin) = im.split_at_mut(middle + 1);
    for (im, pair) in end.iter_mut().zip(&pairs[middle..]) {
        *im = pair[1];
    }
    for (im, pair) in begin.iter_mut().zip(pairs) {
        *im = pair[1];
    }
}

impl Columns {
    fn new(a: usize, b: usize, stride: usize) -> Result<Self, Error> {
        let half = a / 2;
        let mut factors = room(half * half * 2)?;
        for (i, factor) in factors.as_chunks_mut::<2>().0.iter_mut().enumerate() {
            *factor = turn((i / half + 1) * (i % half + 1), a);
        }
        let mut twiddle = [room(a * stride)?, room(a * stride)?];
        for (k, c) in (0..a).flat_map(|k| (0..b).map(move |c| (k, c))) {
            let [cos, sin] = turn(k * c, a * b);
            twiddle[0][k * stride + c] = cos;
            twiddle[1][k * stride + c] = -sin;
        }
        Ok(Columns { factors, twiddle })
    }
}

impl Rows {
    fn new(level: Level, b: usize) -> Result<Self, Error> {
        let (half, bins) = (b / 2, (b / 2 + 1).next_multiple_of(lanes(level)));
        let (mut cos, mut sin) = (room(half * bins)?, room(half * bins)?);
        for (i, (cos, sin)) in cos.iter_mut().zip(&mut sin).enumerate() {
            [*cos, *sin] = turn((i / bins + 1) * (i % bins), b);
        }
        Ok(Rows { bins, cos, sin })
    }
}

/// Cosine and sine of so many n-ths of a turn.
fn turn(times: usize, n: usize) -> [f32; 2] {
    let (sin, cos) = (TAU * (times % n) as f64 / n as f64).sin_cos();
    [cos as f32, sin as f32]
}

/// The longest part: beyond, its table of cosines leaves the nearest cache, and n² wins.
const MOST: usize = 131;

/// The two lengths that make `length`, the first of which may be 1, or none if another algorithm
/// is as quick: that is so unless the length has a large prime factor. The limits are measured.
fn factors(level: Level, length: usize) -> Option<(usize, usize)> {
    let wide = level.is_avx2() || level.is_avx512();
    let worth = if wide { 17 } else { 37 };
    if length.is_multiple_of(2) || length < 25 || largest_prime(length) < worth {
        return None;
    }
    let pairs = (1..=MOST).filter(|a| length.is_multiple_of(*a));
    let pairs = pairs.map(|a| (a, length / a)).filter(|&(_, b)| b <= MOST);
    pairs.min_by_key(|&(a, b)| products(level, a, b))
}

/// Products of numbers that `a` columns and `b` rows take, in vectors filled up.
fn products(level: Level, a: usize, b: usize) -> usize {
    let columns = b.next_multiple_of(lanes(level)) * (a / 2).next_multiple_of(2) * (a / 2);
    columns + a * (b / 2) * (b / 2 + 1).next_multiple_of(lanes(level))
}

fn lanes(level: Level) -> usize {
    match (level.is_avx512(), level.is_avx2()) {
        (true, _) => 16,
        (_, true) => 8,
        _ => 4,
    }
}

fn largest_prime(mut n: usize) -> usize {
    let mut largest = 1;
    let mut factor = 2;
    while factor * factor <= n {
        while n.is_multiple_of(factor) {
            (largest, n) = (factor, n / factor);
        }
        factor += 1;
    }
    largest.max(n)
}
