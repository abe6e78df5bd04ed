// SPDX-License-Identifier: MPL-2.0
//! The three passes of the dense transform.
//!
//! In all of them, a sum over j of numbers times exp(−2πijk/n) is folded first: what lies at j and
//! n − j is multiplied by the same cosine and by opposite sines, so that half the products do, and
//! bins k and n − k come of the same two sums.
#![allow(unsafe_code)]
// Arrays of registers: a loop over their numbers is the plainest that unrolls.
#![allow(clippy::needless_range_loop)]
use super::super::arithmetic::by_level;
use super::super::lanes::{Four, Lanes, PAD};
#[cfg(target_arch = "x86_64")]
use super::super::x86::{Eight, Sixteen};
use super::{Columns, Plan, Room, Rows, row};

by_level! {
    /// Transforms the columns of `rows.length` × … numbers in `room.input`, turns them by the
    /// twiddle factors, and leaves them in `room.middle`.
    pub(super) fn columns(plan: &Plan, columns: &Columns, room: &mut Room) = columns_body<Four, Eight, Sixteen>
}

#[inline(always)]
fn columns_body<V: Lanes<Real = f32>>(plan: &Plan, columns: &Columns, room: &mut Room) {
    let (a, b, half) = (plan.a, plan.b, plan.a / 2);
    let stride = plan.stride;
    assert!(room.input.iter().all(|part| part.len() >= a * b + PAD));
    assert!(room.middle.iter().all(|part| part.len() >= row(a, stride)));
    assert!(columns.twiddle.iter().all(|part| part.len() >= a * stride));
    assert!(columns.factors.len() >= half * half * 2 && room.folded.len() >= half.max(1) * 4 * PAD);
    assert!(b <= stride && stride.is_multiple_of(PAD) && half > 0);
    let [re, im] = room.input.each_ref().map(|part| part.as_ptr());
    let [out_re, out_im] = room.middle.each_mut().map(|part| part.as_mut_ptr());
    let [turn_re, turn_im] = columns.twiddle.each_ref().map(|part| part.as_ptr());
    let folded = room.folded.as_mut_ptr();
    let factors = columns.factors.as_ptr();
    let mut column = 0;
    while column < b {
        // SAFETY: the instructions are there, or `V` would not have been chosen. Row j of the input
        // begins at j·b, a·b + PAD is allocated and `column` is below b; row k of the others
        // begins where the assertions have room for `stride` more, a multiple of W, which
        // `column` steps through; `folded` has four vectors for each j, `factors` two for each
        // j and k.
        unsafe {
            let first = (V::load(re.add(column)), V::load(im.add(column)));
            let mut sum = first;
            for j in 1..=half {
                let (low, high) = (j * b + column, (a - j) * b + column);
                let (u, v) = (V::load(re.add(low)), V::load(re.add(high)));
                let (x, y) = (V::load(im.add(low)), V::load(im.add(high)));
                let to = folded.add((j - 1) * 4 * V::W);
                u.add(v).store(to);
                x.add(y).store(to.add(V::W));
                u.sub(v).store(to.add(2 * V::W));
                x.sub(y).store(to.add(3 * V::W));
                sum = (sum.0.add(u.add(v)), sum.1.add(x.add(y)));
            }
            sum.0.store(out_re.add(row(0, stride) + column));
            sum.1.store(out_im.add(row(0, stride) + column));
            let leave = |k: usize, re: V, im: V| {
                let (at, to) = (k * stride + column, row(k, stride) + column);
                let (c, s) = (V::load(turn_re.add(at)), V::load(turn_im.add(at)));
                re.mul(c).sub(im.mul(s)).store(out_re.add(to));
                re.mul(s).plus(im, c).store(out_im.add(to));
            };
            let mut k = 1;
            while k <= half {
                // Two at a time; an odd last one twice.
                let other = (k + 1).min(half);
                let (of_k, of_other) = (
                    factors.add((k - 1) * half * 2),
                    factors.add((other - 1) * half * 2),
                );
                let zero = V::splat(0.0);
                let mut cos = [first.0, first.1, first.0, first.1];
                let mut sin = [zero; 4];
                for j in 0..half {
                    let from = folded.add(j * 4 * V::W).cast_const();
                    let even = [V::load(from), V::load(from.add(V::W))];
                    let odd = [V::load(from.add(2 * V::W)), V::load(from.add(3 * V::W))];
                    let (c, s) = (V::splat(*of_k.add(2 * j)), V::splat(*of_k.add(2 * j + 1)));
                    cos[0] = cos[0].plus(even[0], c);
                    cos[1] = cos[1].plus(even[1], c);
                    sin[0] = sin[0].plus(odd[0], s);
                    sin[1] = sin[1].plus(odd[1], s);
                    let (c, s) = (
                        V::splat(*of_other.add(2 * j)),
                        V::splat(*of_other.add(2 * j + 1)),
                    );
                    cos[2] = cos[2].plus(even[0], c);
                    cos[3] = cos[3].plus(even[1], c);
                    sin[2] = sin[2].plus(odd[0], s);
                    sin[3] = sin[3].plus(odd[1], s);
                }
                for (k, i) in [(k, 0), (other, 2)] {
                    leave(k, cos[i].add(sin[i + 1]), cos[i + 1].sub(sin[i]));
                    leave(a - k, cos[i].sub(sin[i + 1]), cos[i + 1].add(sin[i]));
                }
                k += 2;
            }
        }
        column += V::W;
    }
}

by_level! {
    /// Transforms each row of `room.middle`, in place.
    pub(super) fn rows(plan: &Plan, rows: &Rows, room: &mut Room) = rows_body<Four, Eight, Sixteen>
}

#[inline(always)]
fn rows_body<V: Lanes<Real = f32>>(plan: &Plan, rows: &Rows, room: &mut Room) {
    let (a, b, half) = (plan.a, plan.b, plan.b / 2);
    assert!(
        room.middle
            .iter()
            .all(|part| part.len() >= row(a, plan.stride))
    );
    assert!(rows.cos.len() >= half * rows.bins && rows.sin.len() >= half * rows.bins);
    assert!(rows.bins.is_multiple_of(V::W) && rows.bins <= plan.stride.min(b + PAD));
    assert!(b < plan.stride && plan.stride.is_multiple_of(PAD));
    assert!(room.folded.len() >= 8 * half.next_multiple_of(PAD));
    let vectors = rows.bins / V::W;
    // SAFETY: the instructions are there, or `V` would not have been chosen; the assertions.
    unsafe {
        let mut r = 0;
        while r < a {
            if vectors.is_multiple_of(4) && V::W == 16 {
                some_rows::<V, 1, 4>(plan, rows, room, r);
                r += 1;
            } else if vectors.is_multiple_of(2) {
                some_rows::<V, 1, 2>(plan, rows, room, r);
                r += 1;
            } else if r + 1 < a {
                some_rows::<V, 2, 1>(plan, rows, room, r);
                r += 2;
            } else {
                some_rows::<V, 1, 1>(plan, rows, room, r);
                r += 1;
            }
        }
    }
}

/// `R` rows from the given one on, `N` vectors of bins at a time.
///
/// # Safety
/// What [`rows_body`] asserts; rows and vectors of a row are multiples of `R` and `N`.
#[inline(always)]
unsafe fn some_rows<V: Lanes<Real = f32>, const R: usize, const N: usize>(
    plan: &Plan,
    rows: &Rows,
    room: &mut Room,
    first_row: usize,
) {
    let (b, half) = (plan.b, plan.b / 2);
    let [re, im] = room.middle.each_mut().map(|part| part.as_mut_ptr());
    let padded = half.next_multiple_of(PAD);
    let folded = room.folded.as_mut_ptr();
    let (all_cos, all_sin) = (rows.cos.as_ptr(), rows.sin.as_ptr());
    // SAFETY: see above. Each row has PAD numbers in front of it and up to its stride behind, so
    // that a vector may begin before it or end after it; `folded` has four parts per row.
    unsafe {
        let zero = V::splat(0.0);
        let mut first = [[zero; 2]; R];
        for r in 0..R {
            let begin = row(first_row + r, plan.stride);
            for (part, from) in [re, im].into_iter().enumerate() {
                let from = from.add(begin).cast_const();
                first[r][part] = V::splat(*from);
                let even = folded.add((4 * r + part) * padded);
                let odd = folded.add((4 * r + 2 + part) * padded);
                let mut j = 0;
                while j < half {
                    let u = V::load(from.add(1 + j));
                    let v = V::load(from.add(b - j).sub(V::W)).reverse();
                    u.add(v).store(even.add(j));
                    u.sub(v).store(odd.add(j));
                    j += V::W;
                }
            }
        }
        let mut bin = 0;
        while bin < rows.bins {
            let mut cos = [[[zero; 2]; N]; R];
            let mut sin = [[[zero; 2]; N]; R];
            for r in 0..R {
                cos[r] = [first[r]; N];
            }
            for j in 0..half {
                let at = j * rows.bins + bin;
                let mut c = [zero; N];
                let mut s = [zero; N];
                for n in 0..N {
                    c[n] = V::load(all_cos.add(at + n * V::W));
                    s[n] = V::load(all_sin.add(at + n * V::W));
                }
                for r in 0..R {
                    for part in 0..2 {
                        let even = V::splat(*folded.add((4 * r + part) * padded + j));
                        let odd = V::splat(*folded.add((4 * r + 2 + part) * padded + j));
                        for n in 0..N {
                            cos[r][n][part] = cos[r][n][part].plus(c[n], even);
                            sin[r][n][part] = sin[r][n][part].plus(s[n], odd);
                        }
                    }
                }
            }
            for r in 0..R {
                let begin = row(first_row + r, plan.stride);
                for n in 0..N {
                    let k = bin + n * V::W;
                    let ([c_re, c_im], [s_re, s_im]) = (cos[r][n], sin[r][n]);
                    // Bins are right whatever their number, those past the end as well.
                    let back = begin + b + 1 - k - V::W;
                    c_re.sub(s_im).reverse().store(re.add(back));
                    c_im.add(s_re).reverse().store(im.add(back));
                    c_re.add(s_im).store(re.add(begin + k));
                    c_im.sub(s_re).store(im.add(begin + k));
                }
            }
            bin += N * V::W;
        }
    }
}

by_level! {
    /// Powers of the real frame's bins: row r, number c is that of bin r + a·c, row 0 has one more.
    pub(super) fn powers(plan: &Plan, middle: &[Vec<f32>; 2], power: &mut [f32]) = powers_body<Four, Eight, Sixteen>
}

#[inline(always)]
fn powers_body<V: Lanes<Real = f32>>(plan: &Plan, middle: &[Vec<f32>; 2], power: &mut [f32]) {
    let (a, b, stride) = (plan.a, plan.b, plan.stride);
    assert!(middle.iter().all(|part| part.len() >= row(a, stride)));
    assert!(power.len() >= row(a, stride) && b < stride);
    let [re, im] = middle.each_ref().map(|part| part.as_ptr());
    let out = power.as_mut_ptr();
    for r in 0..=a / 2 {
        // Number c of row r goes with number last − c of row `other`.
        let (other, last) = match r {
            0 => (0, b),
            _ => (a - r, b - 1),
        };
        let (near, far) = (row(r, stride), row(other, stride));
        // Of row 0, each half is the mirror of the other.
        let count = if r == 0 { b / 2 + 1 } else { b };
        let mut c = 0;
        while c < count {
            // SAFETY: the instructions are there, or `V` would not have been chosen. A row has PAD
            // numbers in front of it and PAD or more behind its `last`.
            unsafe {
                let back = far + last + 1 - c - V::W;
                let (x_re, x_im) = (V::load(re.add(near + c)), V::load(im.add(near + c)));
                let y_re = V::load(re.add(back)).reverse();
                let y_im = V::load(im.add(back)).reverse();
                let (even_re, odd_re) = (x_re.add(y_re), x_re.sub(y_re));
                let (odd_im, even_im) = (x_im.add(y_im), x_im.sub(y_im));
                // The sign of bin r + a·c is that of r + c, as a is odd; c is even here.
                let (mut s_re, mut s_im) = (odd_re.alternate(), odd_im.alternate());
                if r % 2 == 1 {
                    let zero = V::splat(0.0);
                    (s_re, s_im) = (zero.sub(s_re), zero.sub(s_im));
                }
                let quarter = V::splat(0.25);
                let (p, q) = (even_re.add(s_im), even_im.sub(s_re));
                let (t, u) = (even_re.sub(s_im), even_im.add(s_re));
                let forward = p.mul(p).plus(q, q).mul(quarter);
                let backward = t.mul(t).plus(u, u).mul(quarter);
                backward.reverse().store(out.add(back));
                forward.store(out.add(near + c));
            }
            c += V::W;
        }
    }
}
