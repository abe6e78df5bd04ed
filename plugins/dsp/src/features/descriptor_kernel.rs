// SPDX-License-Identifier: MPL-2.0
//! The inner loops of the descriptors, with their references.
use crate::multiversion;
use std::f64::consts::LN_2;

/// Bins that are summed side by side.
pub(super) const LANES: usize = 16;
pub(super) type Lanes = [f32; LANES];
const VECTORS: usize = 4;
/// Bins of a block.
pub(super) const BLOCK: usize = LANES * VECTORS;
/// Bins that are summed in single precision.
pub(super) type Block = [Lanes; VECTORS];
pub(super) const EMPTY: Block = [[0.0; LANES]; VECTORS];

multiversion! {
    /// Roots of `power`, and zeros beyond; what is no number, or below 0, counts as 0.
    pub(super) fn roots(power: &[f32], out: &mut [Block]) = roots_body
}

#[inline(always)]
fn roots_body(power: &[f32], out: &mut [Block]) {
    let out = out.as_flattened_mut().as_flattened_mut();
    let (filled, beyond) = out.split_at_mut(power.len());
    for (out, &power) in filled.iter_mut().zip(power) {
        *out = power.max(0.0).sqrt();
    }
    beyond.fill(0.0);
}

/// The sum of the lanes, in halves. What made them is hidden: the compiler would lay out the loop for
/// this sum, in halves of halves of a vector, three times as slow.
#[inline(always)]
fn total(lanes: Lanes) -> f32 {
    let lanes = std::hint::black_box(lanes);
    let eight: [f32; 8] = std::array::from_fn(|i| lanes[i] + lanes[i + 8]);
    let four: [f32; 4] = std::array::from_fn(|i| eight[i] + eight[i + 4]);
    (four[0] + four[2]) + (four[1] + four[3])
}

multiversion! {
    /// The sum, with that of each block, and the sum of values times their places.
    pub(super) fn moments(blocks: &[Block], sums: &mut [f64]) -> (f64, f64) = moments_body
}

#[inline(always)]
fn moments_body(blocks: &[Block], sums: &mut [f64]) -> (f64, f64) {
    let (mut sum, mut moment) = (0.0, 0.0);
    for (i, (block, out)) in blocks.iter().zip(sums).enumerate() {
        let (mut values, mut places) = ([0.0; LANES], [0.0; LANES]);
        for (v, row) in block.iter().enumerate() {
            for lane in 0..LANES {
                values[lane] += row[lane];
                places[lane] += row[lane] * (v * LANES + lane) as f32;
            }
        }
        *out = f64::from(total(values));
        sum += *out;
        moment += f64::from(total(places)) + (i * BLOCK) as f64 * *out;
    }
    (sum, moment)
}

pub(super) fn moments_scalar(blocks: &[Block], sums: &mut [f64]) -> (f64, f64) {
    for (block, out) in blocks.iter().zip(sums.iter_mut()) {
        *out = block.as_flattened().iter().map(|&x| f64::from(x)).sum();
    }
    let values = blocks.as_flattened().as_flattened().iter().enumerate();
    let moment = values.map(|(place, &x)| place as f64 * f64::from(x)).sum();
    (sums.iter().sum(), moment)
}

multiversion! {
    /// The sum of values times the square of their distance from `centre`.
    pub(super) fn second_moment(blocks: &[Block], centre: f32) -> f64 = second_moment_body
}

#[inline(always)]
fn second_moment_body(blocks: &[Block], centre: f32) -> f64 {
    let mut moment = 0.0;
    for (i, block) in blocks.iter().enumerate() {
        let mut sums = [0.0; LANES];
        for (v, row) in block.iter().enumerate() {
            for lane in 0..LANES {
                let away = (i * BLOCK + v * LANES + lane) as f32 - centre;
                sums[lane] += row[lane] * (away * away);
            }
        }
        moment += f64::from(total(sums));
    }
    moment
}

pub(super) fn second_moment_scalar(blocks: &[Block], centre: f64) -> f64 {
    let values = blocks.as_flattened().as_flattened().iter().enumerate();
    values
        .map(|(place, &x)| f64::from(x) * (place as f64 - centre).powi(2))
        .sum()
}

multiversion! {
    /// The sum of squared differences.
    pub(super) fn distance(blocks: &[Block], before: &[Block]) -> f64 = distance_body
}

#[inline(always)]
fn distance_body(blocks: &[Block], before: &[Block]) -> f64 {
    let mut sum = 0.0;
    for (block, before) in blocks.iter().zip(before) {
        let mut sums = [0.0; LANES];
        for (row, before) in block.iter().zip(before) {
            for lane in 0..LANES {
                let by = row[lane] - before[lane];
                sums[lane] += by * by;
            }
        }
        sum += f64::from(total(sums));
    }
    sum
}

pub(super) fn distance_scalar(blocks: &[Block], before: &[Block]) -> f64 {
    let values = blocks.as_flattened().as_flattened().iter();
    let pairs = values.zip(before.as_flattened().as_flattened());
    pairs
        .map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2))
        .sum()
}

/// Rows whose mantissas, each below 2, have a product that is a number.
pub(super) const PRODUCTS: usize = 64;
const MANTISSA: u32 = 0x007f_ffff;
const ONE: u32 = 0x3f80_0000;

/// The exponent of a positive number, 127 too large, and its mantissa, at least 1 and below 2.
#[inline(always)]
fn parts(value: f32) -> (u32, f32) {
    let bits = value.to_bits();
    (bits >> 23, f32::from_bits(bits & MANTISSA | ONE))
}

multiversion! {
    /// The sum of the logarithms of at most `PRODUCTS` rows, and the sum of their values, each at
    /// least `floor`, which is no denormal. Exponents are added and mantissas multiplied: one
    /// logarithm does for all.
    pub(super) fn logarithms(rows: &[Lanes], floor: f32) -> (f64, f64) = logarithms_body
}

#[inline(always)]
fn logarithms_body(rows: &[Lanes], floor: f32) -> (f64, f64) {
    let (mut exponents, mut mantissas, mut sums) = ([0; LANES], [1.0; LANES], [0.0; LANES]);
    for row in rows {
        for lane in 0..LANES {
            let value = row[lane].max(floor);
            let (exponent, mantissa) = parts(value);
            exponents[lane] += exponent;
            mantissas[lane] *= mantissa;
            sums[lane] += value;
        }
    }
    let mut exponent = f64::from(exponents.iter().sum::<u32>());
    let mut mantissa = 1.0;
    for product in mantissas {
        let (e, m) = parts(product);
        exponent += f64::from(e);
        mantissa *= f64::from(m);
    }
    exponent -= (127 * LANES * (rows.len() + 1)) as f64;
    (exponent * LN_2 + mantissa.ln(), f64::from(total(sums)))
}

pub(super) fn logarithms_scalar(values: &[f32], floor: f32) -> (f64, f64) {
    values.iter().fold((0.0, 0.0), |(logarithm, sum), value| {
        let value = f64::from(value.max(floor));
        (logarithm + value.ln(), sum + value)
    })
}
