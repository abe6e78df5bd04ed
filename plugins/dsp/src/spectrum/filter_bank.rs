// SPDX-License-Identifier: MPL-2.0
//! Weighted sums over runs of bins: mel filters, octave bands.
//!
//! Only the bins that a filter weighs are stored, in whole vectors, as many for each of four filters
//! that are summed together; those that would reach beyond the last bin begin earlier instead, with
//! zeros in front. Sums are made in one order at every [`Level`] but the scalar one, so each gives
//! the same bits.
use crate::multiversion;
use crate::simd::Level;

/// Bins that are summed side by side.
const LANES: usize = 8;
/// Filters that are summed side by side.
const TOGETHER: usize = 4;
type Lanes = [f32; LANES];

/// Filters that have equally many vectors of weights, the shorter ones by zeros.
#[derive(Debug, Clone, Copy)]
struct Group {
    /// Where each begins.
    first: [u32; TOGETHER],
    vectors: u32,
}

/// A sparse matrix that takes a power spectrum to one sum per filter.
#[derive(Debug, Clone)]
pub struct FilterBank {
    level: Level,
    bins: usize,
    filters: usize,
    empty: usize,
    groups: Vec<Group>,
    /// Vectors of each filter of a group, then the next ones.
    weights: Vec<[Lanes; TOGETHER]>,
}

/// The bins that a filter weighs.
struct Support {
    first: usize,
    weights: Vec<f32>,
}

impl FilterBank {
    /// A bank for spectra of `bins` values. Each filter is its first bin and the weights from there
    /// on; those beyond the last bin are left out.
    pub fn new(bins: usize, filters: impl IntoIterator<Item = (usize, Vec<f64>)>) -> Self {
        Self::with_level(Level::best(), bins, filters)
    }

    /// As [`FilterBank::new`], on one instruction set.
    pub fn with_level(
        level: Level,
        bins: usize,
        filters: impl IntoIterator<Item = (usize, Vec<f64>)>,
    ) -> Self {
        let supports: Vec<Support> = filters
            .into_iter()
            .map(|(first, weights)| Support::new(bins, first, &weights))
            .collect();
        let mut bank = FilterBank {
            level,
            bins,
            filters: supports.len(),
            empty: supports.iter().filter(|s| s.weights.is_empty()).count(),
            groups: Vec::new(),
            weights: Vec::new(),
        };
        for group in supports.chunks(TOGETHER) {
            bank.add(group);
        }
        bank
    }

    fn add(&mut self, filters: &[Support]) {
        let longest = filters.iter().map(|filter| filter.weights.len()).max();
        let vectors = longest.unwrap_or(0).div_ceil(LANES);
        let begin = self.weights.len();
        self.weights
            .resize(begin + vectors, [[0.0; LANES]; TOGETHER]);
        let mut first = [0; TOGETHER];
        for (j, filter) in filters.iter().enumerate() {
            let earlier = filter.first.min(self.bins.saturating_sub(vectors * LANES));
            first[j] = earlier as u32;
            for (i, &weight) in filter.weights.iter().enumerate() {
                let at = filter.first - earlier + i;
                self.weights[begin + at / LANES][j][at % LANES] = weight;
            }
        }
        self.groups.push(Group {
            first,
            vectors: vectors as u32,
        });
    }

    /// Filters.
    pub fn filters(&self) -> usize {
        self.filters
    }

    /// Values of a spectrum.
    pub fn bins(&self) -> usize {
        self.bins
    }

    /// Filters that weigh no bin, as they come about where filters are narrower than bins: their
    /// sum is always 0.
    pub fn empty(&self) -> usize {
        self.empty
    }

    /// Writes the sum of each filter. `power` has [`FilterBank::bins`] values and `out`
    /// [`FilterBank::filters`]; what a shorter `power` lacks counts as 0.
    pub fn apply(&self, power: &[f32], out: &mut [f32]) {
        if self.level == Level::SCALAR {
            apply_scalar(power, &self.groups, &self.weights, out);
        } else {
            apply(self.level, power, &self.groups, &self.weights, out);
        }
    }

    /// Every weight other than 0, as (filter, bin, weight).
    #[cfg(test)]
    pub(crate) fn weights(&self) -> impl Iterator<Item = (usize, usize, f32)> {
        let mut all = &self.weights[..];
        let groups = self.groups.iter().enumerate().flat_map(move |(g, group)| {
            let (rows, rest) = all.split_at(group.vectors as usize);
            all = rest;
            (0..TOGETHER).flat_map(move |j| {
                let row = rows.iter().flat_map(move |row| row[j]).enumerate();
                row.map(move |(i, weight)| (g * TOGETHER + j, group.first[j] as usize + i, weight))
            })
        });
        groups.filter(|&(_, _, weight)| weight != 0.0)
    }
}

impl Support {
    fn new(bins: usize, first: usize, weights: &[f64]) -> Self {
        let within = &weights[..weights.len().min(bins.saturating_sub(first))];
        let is_weighed = |&w: &f64| w != 0.0;
        let begin = within.iter().position(is_weighed).unwrap_or(0);
        let end = within.iter().rposition(is_weighed).map_or(begin, |i| i + 1);
        Support {
            first: if begin < end { first + begin } else { 0 },
            weights: within[begin..end].iter().map(|&w| w as f32).collect(),
        }
    }
}

/// The reference: one bin at a time, in double precision.
fn apply_scalar(
    power: &[f32],
    groups: &[Group],
    mut weights: &[[Lanes; TOGETHER]],
    out: &mut [f32],
) {
    for (group, out) in groups.iter().zip(out.chunks_mut(TOGETHER)) {
        let (rows, rest) = weights.split_at(group.vectors as usize);
        weights = rest;
        group_scalar(power, group, rows, out);
    }
}

fn group_scalar(power: &[f32], group: &Group, rows: &[[Lanes; TOGETHER]], out: &mut [f32]) {
    for (j, out) in out.iter_mut().enumerate() {
        let bins = power.get(group.first[j] as usize..).unwrap_or_default();
        let products = bins.iter().zip(rows.iter().flat_map(|row| &row[j]));
        let sum: f64 = products.map(|(&p, &w)| f64::from(p) * f64::from(w)).sum();
        *out = sum as f32;
    }
}

multiversion! {
    fn apply(power: &[f32], groups: &[Group], weights: &[[Lanes; TOGETHER]], out: &mut [f32]) = apply_body
}

#[inline(always)]
fn apply_body(power: &[f32], groups: &[Group], mut weights: &[[Lanes; TOGETHER]], out: &mut [f32]) {
    for (group, out) in groups.iter().zip(out.chunks_mut(TOGETHER)) {
        let (rows, rest) = weights.split_at(group.vectors as usize);
        weights = rest;
        let bins = group.first.map(|first| {
            let first = first as usize;
            power.get(first..first + rows.len() * LANES)
        });
        let [Some(a), Some(b), Some(c), Some(d)] = bins else {
            // A filter over nearly all bins, or a spectrum that is too short.
            group_scalar(power, group, rows, out);
            continue;
        };
        let [a, b, c, d] = [a, b, c, d].map(|bins| bins.as_chunks::<LANES>().0);
        let mut sums = [[0.0; LANES]; TOGETHER];
        for ((((row, a), b), c), d) in rows.iter().zip(a).zip(b).zip(c).zip(d) {
            for i in 0..LANES {
                sums[0][i] += a[i] * row[0][i];
                sums[1][i] += b[i] * row[1][i];
                sums[2][i] += c[i] * row[2][i];
                sums[3][i] += d[i] * row[3][i];
            }
        }
        let halves = sums.map(|sums| std::array::from_fn(|i| sums[i] + sums[i + LANES / 2]));
        let totals = totals(halves);
        match <&mut [f32; TOGETHER]>::try_from(&mut *out) {
            Ok(out) => *out = totals,
            Err(_) => out.copy_from_slice(&totals[..out.len()]),
        }
    }
}

/// (0 + 2) + (1 + 3) of each row.
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
#[inline(always)]
fn totals(rows: [[f32; 4]; TOGETHER]) -> [f32; TOGETHER] {
    use std::arch::x86_64::*;
    // SAFETY: SSE2 is part of x86-64, and arrays of four are good for four reads or writes. Written
    // out, since compilers lay out the loop before it for this sum, which takes three times as long.
    unsafe {
        let [a, b, c, d] = rows.each_ref().map(|row| _mm_loadu_ps(row.as_ptr()));
        let ab = _mm_add_ps(_mm_unpacklo_ps(a, b), _mm_unpackhi_ps(a, b));
        let cd = _mm_add_ps(_mm_unpacklo_ps(c, d), _mm_unpackhi_ps(c, d));
        let sums = _mm_add_ps(_mm_movelh_ps(ab, cd), _mm_movehl_ps(cd, ab));
        let mut out = [0.0; TOGETHER];
        _mm_storeu_ps(out.as_mut_ptr(), sums);
        out
    }
}

#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
fn totals(rows: [[f32; 4]; TOGETHER]) -> [f32; TOGETHER] {
    rows.map(|row| (row[0] + row[2]) + (row[1] + row[3]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    proptest! {
        /// Rows anywhere, overlapping, empty or reaching beyond the spectrum: every level against
        /// sums that were worked out from the filters as they were given.
        #[test]
        fn every_level_sums_what_the_filters_say(
            power in vec(0.0f32..1e6, 1..200),
            filters in vec((0usize..210, vec(prop_oneof![Just(0.0), 0.0f64..2.0], 0..150)), 0..40),
        ) {
            let expected: Vec<f64> = filters.iter().map(|(first, weights)| {
                let bins = power.iter().skip(*first).zip(weights);
                bins.map(|(&p, &w)| f64::from(p) * f64::from(w as f32)).sum()
            }).collect();
            let mut bits = None;
            for level in Level::available() {
                let bank = FilterBank::with_level(level, power.len(), filters.clone());
                prop_assert_eq!(bank.filters(), filters.len());
                let mut out = vec![f32::NAN; filters.len()];
                bank.apply(&power, &mut out);
                for (&out, &expected) in out.iter().zip(&expected) {
                    prop_assert!((f64::from(out) - expected).abs() <= 3e-6 * expected);
                }
                if level != Level::SCALAR {
                    prop_assert_eq!(bits.get_or_insert_with(|| out.clone()), &out);
                }
            }
        }
    }

    #[test]
    fn a_short_spectrum_counts_as_followed_by_silence() {
        for level in Level::available() {
            let bank = FilterBank::with_level(level, 20, [(0, vec![1.0; 20]), (15, vec![2.0; 5])]);
            let mut out = [f32::NAN; 2];
            bank.apply(&[1.0; 9], &mut out);
            assert_eq!(out, [9.0, 0.0]);
        }
    }

    #[test]
    fn filters_without_a_bin_are_counted() {
        let bank = FilterBank::new(10, [(2, vec![0.0, 0.0]), (3, vec![1.0]), (10, vec![1.0])]);
        assert_eq!(bank.empty(), 2);
        let weights: Vec<_> = bank.weights().collect();
        assert_eq!(weights, [(1, 3, 1.0)]);
    }
}
