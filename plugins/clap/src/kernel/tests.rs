// SPDX-License-Identifier: MPL-2.0
//! Every level against plain loops in f64.
#![allow(unsafe_code)]
mod attention;

use super::math::{exp, gelu};
use super::multiply::VECTORS;
use super::packed::Layout;
use super::*;
use crate::Precision;
use proptest::prelude::*;

/// Numbers from −1 to 1.
fn noise(count: usize, seed: u64) -> Vec<f32> {
    let mut state = seed;
    let next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    std::iter::repeat_with(next).take(count).collect()
}

/// Every level, with and without what only bf16 and bytes have.
fn all() -> impl Iterator<Item = Isa> {
    Level::available().flat_map(|level| [Isa::plain(level), Isa::new(level)])
}

/// Rows as they are multiplied, and the numbers that they stand for.
struct Rows {
    words: Buffer<u32>,
    scales: Vec<f32>,
    numbers: Vec<f32>,
}

impl Rows {
    fn new(isa: Isa, precision: Precision, rows: &[f32], width: usize) -> Rows {
        let tiled = isa.panel(precision).tiled;
        let layout = Layout::new(width / precision.per_word(), tiled);
        let count = rows.len() / width;
        let mut words = Buffer::new(layout.words(count));
        // What was there before must not matter.
        words.fill(u32::MAX);
        let mut scales = vec![0.0; count];
        let places = (0..count).flat_map(|row| {
            (0..width / precision.per_word()).map(move |word| layout.place(row, word))
        });
        let numbers = match precision {
            Precision::F32 => rows.to_vec(),
            Precision::Bf16 => {
                to_halves(isa, rows, width, &mut words, layout);
                let both = |w: u32| [w << 16, w & 0xffff_0000].map(f32::from_bits);
                places.flat_map(|place| both(words[place])).collect()
            }
            Precision::Int8 => {
                to_bytes(isa, rows, width, &mut words, layout, &mut scales);
                let steps = places.flat_map(|place| words[place].to_le_bytes());
                let steps = steps.map(|b| f32::from(b) - 128.0);
                let numbers = steps.enumerate().map(|(i, step)| step * scales[i / width]);
                numbers.collect()
            }
        };
        Rows {
            words,
            scales,
            numbers,
        }
    }

    fn left(&self, precision: Precision) -> Left<'_> {
        match precision {
            Precision::F32 => Left::Single(&self.numbers),
            Precision::Bf16 => Left::Half(&self.words),
            Precision::Int8 => Left::Bytes(&self.words, &self.scales),
        }
    }
}

/// The numbers that weights stand for, rounded as rows are.
fn rounded(precision: Precision, weights: &[f32], inputs: usize) -> Vec<f32> {
    Rows::new(Isa::plain(Level::BASELINE), precision, weights, inputs).numbers
}

fn naive(rows: &[f32], weights: &[f32], bias: &[f32], inputs: usize) -> Vec<f64> {
    let mut products = Vec::new();
    for row in rows.chunks_exact(inputs) {
        for (weights, bias) in weights.chunks_exact(inputs).zip(bias) {
            let terms = row.iter().zip(weights);
            let sum: f64 = terms.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
            products.push(sum + f64::from(*bias));
        }
    }
    products
}

const PRECISIONS: [Precision; 3] = [Precision::F32, Precision::Bf16, Precision::Int8];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn products_are_sums_of_products(
        rows in 1_usize..20,
        inputs in 1_usize..40,
        outputs in 1_usize..120,
        seed: u64,
        precision in 0_usize..3,
    ) {
        let (precision, inputs) = (PRECISIONS[precision], inputs * 4);
        let from = noise(rows * inputs, seed);
        let weights = noise(outputs * inputs, seed ^ 1);
        let bias = noise(outputs, seed ^ 2);
        let map: Vec<u32> = (0..rows as u32).rev().collect();
        let old = noise(rows * outputs, seed ^ 3);
        for isa in all() {
            let left = Rows::new(isa, precision, &from, inputs);
            let packed = Packed::new(isa, precision, &weights, inputs, Some(&bias));
            let expected = naive(
                &left.numbers, &rounded(precision, &weights, inputs), &bias, inputs,
            );
            let near = |found: f32, expected: f64| {
                (f64::from(found) - expected).abs() < 4e-6 * (1.0 + inputs as f64).sqrt()
            };
            let mut stored = vec![f32::NAN; rows * outputs];
            let target = Target::Store(&mut stored);
            multiply(isa, left.left(precision), rows, &packed, target);
            for (found, expected) in stored.iter().zip(&expected) {
                prop_assert!(near(*found, *expected), "{isa:?}: {found} for {expected}");
            }
            let mut active = vec![f32::NAN; rows * outputs];
            multiply(isa, left.left(precision), rows, &packed, Target::Gelu(&mut active));
            for (found, expected) in active.iter().zip(&expected) {
                prop_assert!(near(*found, exact_gelu(*expected)), "{isa:?}: GELU {found}");
            }
            let mut added = old.clone();
            multiply(isa, left.left(precision), rows, &packed, Target::Add(&mut added, &map));
            for (i, found) in added.iter().enumerate() {
                let (row, column) = (rows - 1 - i / outputs, i % outputs);
                let expected = f64::from(old[i]) + expected[row * outputs + column];
                prop_assert!(near(*found, expected), "{isa:?}: added {found} for {expected}");
            }
            // A row alone gives the same bits.
            let last = Rows::new(isa, precision, &from[(rows - 1) * inputs..], inputs);
            let mut alone = vec![f32::NAN; outputs];
            multiply(isa, last.left(precision), 1, &packed, Target::Store(&mut alone));
            prop_assert_eq!(&alone[..], &stored[(rows - 1) * outputs..]);
        }
    }

    #[test]
    fn sums_of_bytes_are_the_same_on_every_level(seed: u64, inputs in 1_usize..300) {
        let inputs = inputs * 4;
        let (from, weights) = (noise(9 * inputs, seed), noise(50 * inputs, seed ^ 1));
        let mut first: Option<Vec<f32>> = None;
        for isa in all() {
            let left = Rows::new(isa, Precision::Int8, &from, inputs);
            let packed = Packed::new(isa, Precision::Int8, &weights, inputs, None);
            let mut found = vec![f32::NAN; 9 * 50];
            let target = Target::Store(&mut found);
            multiply(isa, left.left(Precision::Int8), 9, &packed, target);
            prop_assert_eq!(first.get_or_insert_with(|| found.clone()), &found);
        }
    }

    #[test]
    fn rows_are_normalised(width in 1_usize..100, seed: u64) {
        let from: Vec<f32> = noise(3 * width, seed).iter().map(|x| 5.0 * x + 2.0).collect();
        let (gain, offset) = (noise(width, seed ^ 1), noise(width, seed ^ 2));
        let norm = Norm::new(gain.clone(), offset.clone());
        for isa in all() {
            let mut to = vec![f32::NAN; 2 * width];
            normalise(isa, &norm, &from, &[2, 0], &mut to);
            for (row, to) in [2, 0].into_iter().zip(to.chunks_exact(width)) {
                let row: Vec<f64> =
                    from[row * width..][..width].iter().map(|&x| f64::from(x)).collect();
                let mean = row.iter().sum::<f64>() / width as f64;
                let square = row.iter().map(|x| (x - mean).powi(2)).sum::<f64>();
                let deviation = (square / width as f64 + 1e-5).sqrt();
                for (i, found) in to.iter().enumerate() {
                    let expected = (row[i] - mean) / deviation * f64::from(gain[i]);
                    let expected = expected + f64::from(offset[i]);
                    prop_assert!((f64::from(*found) - expected).abs() < 2e-5, "{isa:?}");
                }
            }
        }
    }
}

/// x·Φ(x), by Simpson's rule over the normal density.
fn exact_gelu(x: f64) -> f64 {
    const STEPS: usize = 200;
    let density = |t: f64| (-t * t / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
    let end = x.clamp(-9.0, 9.0);
    let step = end / STEPS as f64;
    let inner: f64 = (1..STEPS)
        .map(|i| density(i as f64 * step) * if i % 2 == 1 { 4.0 } else { 2.0 })
        .sum();
    x * (0.5 + (density(0.0) + inner + density(end)) * step / 3.0)
}

struct Functions<'a>(&'a mut [[f32; 3]]);

impl Kernel for Functions<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Lanes>(self) {
        for [x, e, g] in self.0 {
            let mut out = [0.0; WIDEST];
            // SAFETY: the caller's promise; there is room for the widest vector.
            unsafe {
                let lanes = V::splat(*x);
                exp([lanes])[0].store(out.as_mut_ptr());
                *e = out[V::W - 1];
                gelu([lanes])[0].store(out.as_mut_ptr());
                *g = out[V::W - 1];
            }
        }
    }
}

#[test]
fn functions_are_precise() {
    for level in Level::available() {
        let mut points: Vec<[f32; 3]> = (-87_000..88_000)
            .step_by(7)
            .map(|x| [x as f32 / 1000.0, 0.0, 0.0])
            .collect();
        Isa::new(level).run(Functions(&mut points));
        for [x, e, g] in points {
            let exact = f64::from(x).exp();
            let off = (f64::from(e) / exact - 1.0).abs();
            assert!(off < 2.4e-7, "{level:?}: e^{x} off by {off:e}");
            let off = (f64::from(g) - exact_gelu(f64::from(x))).abs();
            let limit = 1.6e-7 * (1.0 + f64::from(x.abs()));
            assert!(off < limit, "{level:?}: GELU({x}) off by {off:e}");
        }
        let mut far = [[-1e30, 0.0, 0.0], [1e30, 0.0, 0.0], [f32::NAN, 0.0, 0.0]];
        Isa::new(level).run(Functions(&mut far));
        assert!(far[0][1] < 1e-37 && far[0][2] == 0.0, "{level:?}: {far:?}");
        assert_eq!(far[1][2], 1e30);
    }
}

#[test]
fn rounding_is_the_same_on_every_level() {
    let mut rows = noise(40 * 52, 9);
    rows[..52].fill(0.0);
    rows[52] = 1e30;
    rows[3 * 52] = 1e-42;
    let expected = [Precision::Bf16, Precision::Int8]
        .map(|precision| Rows::new(Isa::plain(Level::BASELINE), precision, &rows, 52));
    for isa in all() {
        for (precision, expected) in [Precision::Bf16, Precision::Int8]
            .into_iter()
            .zip(&expected)
        {
            let found = Rows::new(isa, precision, &rows, 52);
            assert_eq!(found.numbers, expected.numbers, "{isa:?} {precision}");
            assert_eq!(found.scales, expected.scales, "{isa:?} {precision}");
        }
    }
    let [halves, bytes] = expected;
    for (number, half) in rows.iter().zip(&halves.numbers) {
        assert!((number - half).abs() <= number.abs() / 256.0 + 1e-40);
    }
    for (row, numbers) in rows.chunks(52).zip(bytes.numbers.chunks(52)) {
        let largest = row.iter().fold(0.0_f32, |a, x| a.max(x.abs()));
        for (number, byte) in row.iter().zip(numbers) {
            assert!((number - byte).abs() <= largest / 253.0 + 1e-36);
        }
    }
}

#[test]
fn buffers_begin_at_a_line() {
    for len in [0, 1, 16, 17, 1000] {
        let mut buffer = Buffer::<f32>::new(len);
        buffer.fill(1.0);
        assert_eq!((buffer.len(), buffer.as_ptr().align_offset(64)), (len, 0));
    }
}

#[test]
fn panels_are_as_wide_as_a_tile() {
    for (isa, precision) in all().flat_map(|isa| PRECISIONS.map(|precision| (isa, precision))) {
        let packed = Packed::new(isa, precision, &noise(8 * 100, 1), 8, None);
        let panels: Vec<_> = packed.panels().collect();
        let tiled = isa.panel(precision).tiled;
        let (vectors, columns) = (if tiled { 2 } else { VECTORS }, isa.lanes());
        for (index, (first, _)) in panels.iter().enumerate() {
            assert_eq!(*first, index * vectors * columns, "{isa:?} {precision}");
        }
        let (last, before) = panels.split_last().expect("there are columns");
        assert!(before.iter().all(|panel| panel.1 == vectors));
        let whole = last.0 + last.1 * columns;
        assert!(
            whole >= 100 && (tiled || whole < 100 + columns),
            "{isa:?} {precision}"
        );
    }
}
