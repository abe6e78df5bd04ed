// SPDX-License-Identifier: MPL-2.0
//! The passes.
#![allow(unsafe_code)]
// Arrays of registers: a loop over their numbers is the plainest that unrolls.
#![allow(clippy::needless_range_loop)]
use super::super::lanes::{Number, Registers};
use super::butterfly::{Complexes, transform};
use super::{Input, Plan, Room};

#[inline(always)]
pub(super) fn run<V: Registers>(
    plan: &Plan<V::Real>,
    input: Input<'_, V::Real>,
    room: &mut Room<V::Real>,
) {
    let (length, rows) = (plan.length, plan.rows);
    assert!(input.len() >= length && rows * V::W == length && rows >= V::W);
    assert!(rows.is_multiple_of(V::W) && rows.is_multiple_of(4));
    assert!(room.work.iter().all(|part| part.len() >= length));
    assert!(room.out.iter().all(|part| part.len() >= length));
    // SAFETY: the instructions are there, or `V` would not have been chosen; the assertions, and
    // those in each step.
    unsafe {
        match input {
            Input::Pairs(samples) => {
                let from = samples.as_ptr();
                first_pass::<V, true>(plan, room, |at| V::load_sample_pairs(from.add(2 * at)));
            }
            Input::Parts(re, im) => {
                let (re, im) = (re.as_ptr(), im.as_ptr());
                let load = |at| (V::load_samples(re.add(at)), V::load_samples(im.add(at)));
                first_pass::<V, true>(plan, room, load);
            }
            Input::Weighed(numbers) => {
                let from = numbers.as_ptr();
                first_pass::<V, false>(plan, room, |at| V::load_pairs(from.add(2 * at)));
            }
        }
        let mut size = rows / 4;
        let mut factors = 2 * 3 * size;
        for &radix in &plan.radices[1..] {
            match radix {
                2 => pass::<V, 2>(plan, size, factors, room),
                8 => pass::<V, 8>(plan, size, factors, room),
                _ => pass::<V, 4>(plan, size, factors, room),
            }
            size /= radix;
            factors += 2 * (radix - 1) * size;
        }
        last_step::<V>(plan, room);
    }
}

/// Transforms of four rows each, of what `load` gives for W numbers from one on, which are below `length`.
#[inline(always)]
unsafe fn first_pass<V: Registers, const WEIGH: bool>(
    plan: &Plan<V::Real>,
    room: &mut Room<V::Real>,
    load: impl Fn(usize) -> (V, V),
) {
    let part = plan.rows / 4;
    assert!(plan.factors.len() >= if part > 1 { 6 * part } else { 0 });
    if WEIGH {
        assert!(plan.window.iter().all(|part| part.len() >= plan.length));
    }
    let [even, odd] = plan.window.each_ref().map(|part| part.as_ptr());
    let [re, im] = room.work.each_mut().map(|part| part.as_mut_ptr());
    let factors = plan.factors.as_ptr();
    for j in 0..part {
        // SAFETY: row j + i·part is one of `rows`, and there are samples for each.
        unsafe {
            let zero = V::splat(V::Real::from_single(0.0));
            let mut x = [Complexes { re: zero, im: zero }; 4];
            for i in 0..4 {
                let at = (j + i * part) * V::W;
                (x[i].re, x[i].im) = load(at);
                if WEIGH {
                    x[i].re = x[i].re.mul(V::load(even.add(at)));
                    x[i].im = x[i].im.mul(V::load(odd.add(at)));
                }
            }
            transform::<V, 4>(&mut x, &plan.constants);
            for i in 0..4 {
                let mut y = x[i];
                if i > 0 && part > 1 {
                    let factor = factors.add(2 * (3 * j + i - 1));
                    y = y.mul(V::splat(*factor), V::splat(*factor.add(1)));
                }
                let at = (j + i * part) * V::W;
                y.re.store(re.add(at));
                y.im.store(im.add(at));
            }
        }
    }
}

/// In each run of `size` rows, transforms of `R` rows each, in place; twiddle factors begin at
/// `factors`.
#[inline(always)]
unsafe fn pass<V: Registers, const R: usize>(
    plan: &Plan<V::Real>,
    size: usize,
    factors: usize,
    room: &mut Room<V::Real>,
) {
    let part = size / R;
    assert!(part > 0 && plan.rows.is_multiple_of(size) && size.is_multiple_of(R));
    let needed = if part > 1 { 2 * (R - 1) * part } else { 0 };
    assert!(plan.factors.len() >= factors + needed);
    let [re, im] = room.work.each_mut().map(|part| part.as_mut_ptr());
    for j in 0..part {
        // SAFETY: row run + j + i·part is one of the run's, and that one of `rows`.
        unsafe {
            let factors = plan
                .factors
                .as_ptr()
                .add(factors + if part > 1 { 2 * (R - 1) * j } else { 0 });
            let mut run = 0;
            while run < plan.rows {
                let zero = V::splat(V::Real::from_single(0.0));
                let mut x = [Complexes { re: zero, im: zero }; R];
                for i in 0..R {
                    let at = (run + j + i * part) * V::W;
                    x[i].re = V::load(re.add(at));
                    x[i].im = V::load(im.add(at));
                }
                transform::<V, R>(&mut x, &plan.constants);
                for i in 0..R {
                    let mut y = x[i];
                    if i > 0 && part > 1 {
                        let factor = factors.add(2 * (i - 1));
                        y = y.mul(V::splat(*factor), V::splat(*factor.add(1)));
                    }
                    let at = (run + j + i * part) * V::W;
                    y.re.store(re.add(at));
                    y.im.store(im.add(at));
                }
                run += size;
            }
        }
    }
}

/// Over the lanes of W rows at a time.
#[inline(always)]
unsafe fn last_step<V: Registers>(plan: &Plan<V::Real>, room: &mut Room<V::Real>) {
    assert!(plan.places.len() >= plan.rows);
    assert!(plan.turns.len() >= 2 * plan.rows * (V::W - 1));
    let [re, im] = room.work.each_ref().map(|part| part.as_ptr());
    let [out_re, out_im] = room.out.each_mut().map(|part| part.as_mut_ptr());
    let mut turns = plan.turns.as_ptr();
    for (block, places) in plan.places.chunks_exact(V::W).enumerate() {
        // SAFETY: places lie below `rows`, as they are a permutation; of the output, number
        // m·rows + block·W is followed by W − 1 others that belong to it.
        unsafe {
            let zero = V::splat(V::Real::from_single(0.0));
            let (mut rows_re, mut rows_im) = ([zero; 16], [zero; 16]);
            for i in 0..V::W {
                let at = places[i] as usize * V::W;
                rows_re[i] = V::load(re.add(at));
                rows_im[i] = V::load(im.add(at));
            }
            V::transpose(&mut rows_re[..V::W]);
            V::transpose(&mut rows_im[..V::W]);
            let mut x = [Complexes { re: zero, im: zero }; 16];
            for i in 0..V::W {
                x[i] = Complexes {
                    re: rows_re[i],
                    im: rows_im[i],
                };
                if i > 0 {
                    x[i] = x[i].mul(V::load(turns), V::load(turns.add(V::W)));
                    turns = turns.add(2 * V::W);
                }
            }
            match V::W {
                4 => transform::<V, 4>(&mut x, &plan.constants),
                8 => transform::<V, 8>(&mut x, &plan.constants),
                _ => transform::<V, 16>(&mut x, &plan.constants),
            }
            for i in 0..V::W {
                let at = i * plan.rows + block * V::W;
                x[i].re.store(out_re.add(at));
                x[i].im.store(out_im.add(at));
            }
        }
    }
}
