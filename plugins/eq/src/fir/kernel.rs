// SPDX-License-Identifier: MPL-2.0
//! The inner loops of convolution around the transform.
use auris_dsp::multiversion;
use rustfft::num_complex::Complex;

/// Complex numbers of a [`Tile`].
pub(super) const TILE: usize = 16;

/// Consecutive bins of a spectrum. A row of spectra is kept tile by tile, the same tile of all
/// spectra side by side, so that a sum of products over partitions runs through memory in order
/// and stays in registers.
#[derive(Clone, Copy)]
#[repr(align(64))]
pub(super) struct Tile {
    re: [f64; TILE],
    im: [f64; TILE],
}

impl Tile {
    pub(super) const ZERO: Tile = Tile {
        re: [0.0; TILE],
        im: [0.0; TILE],
    };
}

/// How a·b + c is done: the one thing that cannot be left to the compiler.
pub(super) trait Arithmetic {
    fn mul_add(a: f64, b: f64, c: f64) -> f64;
}

/// With one rounding, for levels that have an instruction for it.
pub(super) struct Fused;
/// With two.
pub(super) struct Plain;

impl Arithmetic for Fused {
    #[inline(always)]
    fn mul_add(a: f64, b: f64, c: f64) -> f64 {
        a.mul_add(b, c)
    }
}

impl Arithmetic for Plain {
    #[inline(always)]
    fn mul_add(a: f64, b: f64, c: f64) -> f64 {
        a * b + c
    }
}

multiversion! {
    /// Turns a block and the one before it into what the complex transform takes.
    pub(super) fn twist<A: Arithmetic>(
        before: &[f64],
        block: &[f64],
        twist: &[Complex<f64>],
        out: &mut [Complex<f64>],
    ) = twist_body::<A>
}

#[inline(always)]
fn twist_body<A: Arithmetic>(
    before: &[f64],
    block: &[f64],
    twist: &[Complex<f64>],
    out: &mut [Complex<f64>],
) {
    for (((out, w), &re), &im) in out.iter_mut().zip(twist).zip(before).zip(block) {
        out.re = A::mul_add(re, w.re, -(im * w.im));
        out.im = A::mul_add(re, w.im, im * w.re);
    }
}

multiversion! {
    /// Writes what the complex transform gave as spectrum `slot` of a row of `slots`.
    pub(super) fn store<A: Arithmetic>(
        spectrum: &[Complex<f64>],
        row: &mut [Tile],
        slots: usize,
        slot: usize,
    ) = store_body::<A>
}

#[inline(always)]
fn store_body<A: Arithmetic>(
    spectrum: &[Complex<f64>],
    row: &mut [Tile],
    slots: usize,
    slot: usize,
) {
    let (spectrum, _) = spectrum.as_chunks::<TILE>();
    for (bins, tiles) in spectrum.iter().zip(row.chunks_exact_mut(slots)) {
        let tile = &mut tiles[slot];
        tile.re = bins.map(|bin| bin.re);
        tile.im = bins.map(|bin| bin.im);
    }
}

/// The spectra whose products [`multiply`] sums up.
#[derive(Clone, Copy)]
pub(super) struct Factors<'a> {
    /// A row of spectra of the input, used in turn, each newer one below the last.
    pub(super) past: &'a [Tile],
    /// Spectra of `past`.
    pub(super) slots: usize,
    /// Where in `past` the newest is now: what the first partition is multiplied by.
    pub(super) newest: usize,
    /// The partitions of an impulse response.
    pub(super) response: &'a [Tile],
    /// Partitions, at most `slots`.
    pub(super) parts: usize,
}

multiversion! {
    /// The sum over partitions of their spectra times those of the input. Adds to `re` and `im` if
    /// `add`, else replaces them.
    pub(super) fn multiply<A: Arithmetic>(
        factors: Factors<'_>,
        re: &mut [f64],
        im: &mut [f64],
        add: bool,
    ) = multiply_body::<A>
}

#[inline(always)]
fn multiply_body<A: Arithmetic>(factors: Factors<'_>, re: &mut [f64], im: &mut [f64], add: bool) {
    let (re, _) = re.as_chunks_mut::<TILE>();
    let (im, _) = im.as_chunks_mut::<TILE>();
    let past = factors.past.chunks_exact(factors.slots);
    let response = factors.response.chunks_exact(factors.parts);
    let newest = factors.newest;
    let first = factors.parts.min(factors.slots - newest);
    for ((past, response), (re, im)) in past.zip(response).zip(re.iter_mut().zip(im)) {
        let mut sum = Tile::ZERO;
        if add {
            sum = Tile { re: *re, im: *im };
        }
        let (before, after) = response.split_at(first);
        for (x, h) in past[newest..].iter().zip(before) {
            multiply_tile::<A>(x, h, &mut sum);
        }
        for (x, h) in past.iter().zip(after) {
            multiply_tile::<A>(x, h, &mut sum);
        }
        *re = sum.re;
        *im = sum.im;
    }
}

#[inline(always)]
fn multiply_tile<A: Arithmetic>(x: &Tile, h: &Tile, sum: &mut Tile) {
    for i in 0..TILE {
        sum.re[i] = A::mul_add(x.re[i], h.re[i], sum.re[i]);
        sum.im[i] = A::mul_add(x.re[i], h.im[i], sum.im[i]);
    }
    for i in 0..TILE {
        sum.re[i] = A::mul_add(-x.im[i], h.im[i], sum.re[i]);
        sum.im[i] = A::mul_add(x.im[i], h.re[i], sum.im[i]);
    }
}

multiversion! {
    /// Makes complex numbers of their parts.
    pub(super) fn join<A: Arithmetic>(
        re: &[f64],
        im: &[f64],
        out: &mut [Complex<f64>],
    ) = join_body
}

#[inline(always)]
fn join_body(re: &[f64], im: &[f64], out: &mut [Complex<f64>]) {
    for ((out, &re), &im) in out.iter_mut().zip(re).zip(im) {
        *out = Complex::new(re, im);
    }
}

multiversion! {
    /// The second half of the real sequence that the inverse complex transform gave. Adds to `out`
    /// if `add`, else replaces it.
    pub(super) fn untwist<A: Arithmetic>(
        spectrum: &[Complex<f64>],
        twist: &[Complex<f64>],
        out: &mut [f64],
        add: bool,
    ) = untwist_body::<A>
}

#[inline(always)]
fn untwist_body<A: Arithmetic>(
    spectrum: &[Complex<f64>],
    twist: &[Complex<f64>],
    out: &mut [f64],
    add: bool,
) {
    for ((out, z), w) in out.iter_mut().zip(spectrum).zip(twist) {
        let y = A::mul_add(z.im, w.re, -(z.re * w.im));
        *out = if add { *out + y } else { y };
    }
}

/// Outputs that [`direct`] makes at a time; it may read that many inputs too many.
pub(super) const LANES: usize = 32;

multiversion! {
    /// Adds to `out` the sum over k of tap k times input `at` − k, and so on from there.
    pub(super) fn direct<A: Arithmetic>(
        input: &[f64],
        at: usize,
        taps: &[f64],
        out: &mut [f64],
    ) = direct_body::<A>
}

#[inline(always)]
fn direct_body<A: Arithmetic>(input: &[f64], at: usize, taps: &[f64], out: &mut [f64]) {
    for (i, out) in out.chunks_mut(LANES).enumerate() {
        // Windows in order of time; the newest belongs to tap 0. Lanes beyond `out` do not matter.
        let end = at + i * LANES + LANES;
        let inputs = &input[end + 1 - LANES - taps.len()..end];
        let mut sum = [0.0; LANES];
        for (window, &tap) in inputs.windows(LANES).rev().zip(taps) {
            for (sum, &x) in sum.iter_mut().zip(window) {
                *sum = A::mul_add(x, tap, *sum);
            }
        }
        for (out, sum) in out.iter_mut().zip(sum) {
            *out += sum;
        }
    }
}
