// SPDX-License-Identifier: MPL-2.0
//! Transforms so short that they are done in registers, as many side by side as a vector has lanes.
#![allow(unsafe_code)]
// Arrays of registers: a loop over their numbers is the plainest that unrolls.
#![allow(clippy::needless_range_loop)]
use super::super::lanes::Lanes;
use super::Constants;

/// Complex numbers.
#[derive(Clone, Copy)]
pub(super) struct Complexes<V> {
    pub(super) re: V,
    pub(super) im: V,
}

impl<V: Lanes> Complexes<V> {
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Complexes {
            re: self.re.add(other.re),
            im: self.im.add(other.im),
        }
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Complexes {
            re: self.re.sub(other.re),
            im: self.im.sub(other.im),
        }
    }

    /// self − i·other
    #[inline(always)]
    fn sub_turned(self, other: Self) -> Self {
        Complexes {
            re: self.re.add(other.im),
            im: self.im.sub(other.re),
        }
    }

    /// self + i·other
    #[inline(always)]
    fn add_turned(self, other: Self) -> Self {
        Complexes {
            re: self.re.sub(other.im),
            im: self.im.add(other.re),
        }
    }

    #[inline(always)]
    pub(super) fn mul(self, re: V, im: V) -> Self {
        Complexes {
            re: self.re.mul(re).minus(self.im, im),
            im: self.re.mul(im).plus(self.im, re),
        }
    }
}

/// Transforms the first `N` of `x`, which may be 2, 4, 8 or 16, in place. As a constant, so that the compiler
/// does not look at the others.
#[inline(always)]
pub(super) fn transform<V: Lanes, const N: usize>(
    x: &mut [Complexes<V>],
    constants: &Constants<V::Real>,
) {
    match N {
        2 => (x[0], x[1]) = (x[0].add(x[1]), x[0].sub(x[1])),
        4 => {
            let y = four([x[0], x[1], x[2], x[3]]);
            x[..4].copy_from_slice(&y);
        }
        8 => eight(x, constants),
        _ => sixteen(x, constants),
    }
}

#[inline(always)]
fn four<V: Lanes>([a, b, c, d]: [Complexes<V>; 4]) -> [Complexes<V>; 4] {
    let (even, odd) = (a.add(c), b.add(d));
    let (even_turned, odd_turned) = (a.sub(c), b.sub(d));
    [
        even.add(odd),
        even_turned.sub_turned(odd_turned),
        even.sub(odd),
        even_turned.add_turned(odd_turned),
    ]
}

/// As twice four.
#[inline(always)]
fn eight<V: Lanes>(x: &mut [Complexes<V>], constants: &Constants<V::Real>) {
    // SAFETY: the invariant of Lanes: there are values of V.
    let root = unsafe { V::splat(constants.root_half) };
    let even = four([
        x[0].add(x[4]),
        x[1].add(x[5]),
        x[2].add(x[6]),
        x[3].add(x[7]),
    ]);
    let (a, c) = (x[0].sub(x[4]), x[2].sub(x[6]));
    let (b, d) = (x[1].sub(x[5]), x[3].sub(x[7]));
    // b and d turned by an eighth and by three, but for the root, and the latter conjugated.
    let (b_re, b_im) = (b.re.add(b.im), b.im.sub(b.re));
    let (d_re, d_im) = (d.im.sub(d.re), d.re.add(d.im));
    let (sum_re, sum_im) = (b_re.add(d_re), b_im.sub(d_im));
    let (by_re, by_im) = (b_re.sub(d_re), b_im.add(d_im));
    let (low, high) = (a.sub_turned(c), a.add_turned(c));
    x[0] = even[0];
    x[1].re = low.re.plus(sum_re, root);
    x[1].im = low.im.plus(sum_im, root);
    x[2] = even[1];
    x[3].re = high.re.plus(by_im, root);
    x[3].im = high.im.minus(by_re, root);
    x[4] = even[2];
    x[5].re = low.re.minus(sum_re, root);
    x[5].im = low.im.minus(sum_im, root);
    x[6] = even[3];
    x[7].re = high.re.minus(by_im, root);
    x[7].im = high.im.plus(by_re, root);
}

/// As four times four.
#[inline(always)]
fn sixteen<V: Lanes>(x: &mut [Complexes<V>], constants: &Constants<V::Real>) {
    for j in 0..4 {
        let mut column = four([x[j], x[j + 4], x[j + 8], x[j + 12]]);
        if j > 0 {
            for k in 1..4 {
                let (re, im) = constants.sixteenths[j * k];
                // SAFETY: as in `eight`.
                column[k] = unsafe { column[k].mul(V::splat(re), V::splat(im)) };
            }
        }
        for k in 0..4 {
            x[j + 4 * k] = column[k];
        }
    }
    // Now row k lies at 4k.
    let mut y = [x[0]; 16];
    for k in 0..4 {
        let row = four([x[4 * k], x[4 * k + 1], x[4 * k + 2], x[4 * k + 3]]);
        for m in 0..4 {
            y[k + 4 * m] = row[m];
        }
    }
    x[..16].copy_from_slice(&y);
}
