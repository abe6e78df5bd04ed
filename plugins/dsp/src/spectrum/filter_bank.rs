// SPDX-License-Identifier: MPL-2.0
//! Weighted sums over runs of bins: mel filters, octave bands.
//!
//! Only the bins that a filter weighs are stored, in whole vectors; those that would reach beyond
//! the last bin begin earlier instead, with zeros in front. Sums are made in one order at every
//! [`Level`] but the scalar one, so each gives the same bits.
use crate::multiversion;
use crate::simd::Level;

/// Bins that are summed side by side.
const LANES: usize = 8;
type Lanes = [f32; LANES];

/// Where a filter begins, and how many vectors of weights it has.
#[derive(Debug, Clone, Copy)]
struct Run {
    first: u32,
    vectors: u32,
}

/// A sparse matrix that takes a power spectrum to one sum per filter.
#[derive(Debug, Clone)]
pub struct FilterBank {
    level: Level,
    bins: usize,
    runs: Vec<Run>,
    weights: Vec<Lanes>,
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
        let mut bank = FilterBank {
            level,
            bins,
            runs: Vec::new(),
            weights: Vec::new(),
        };
        for (first, weights) in filters {
            bank.add(first, &weights);
        }
        bank
    }

    fn add(&mut self, first: usize, weights: &[f64]) {
        let within = &weights[..weights.len().min(self.bins.saturating_sub(first))];
        let begin = within.iter().position(|&w| w != 0.0).unwrap_or(0);
        let end = within
            .iter()
            .rposition(|&w| w != 0.0)
            .map_or(begin, |i| i + 1);
        let within = &within[begin..end];
        if within.is_empty() {
            self.runs.push(Run {
                first: 0,
                vectors: 0,
            });
            return;
        }
        let vectors = within.len().div_ceil(LANES);
        let begin = first + begin;
        let earlier = begin.min(self.bins.saturating_sub(vectors * LANES));
        let mut row = vec![0.0; vectors * LANES];
        for (lane, &weight) in row[begin - earlier..].iter_mut().zip(within) {
            *lane = weight as f32;
        }
        self.weights.extend(row.as_chunks::<LANES>().0);
        self.runs.push(Run {
            first: earlier as u32,
            vectors: vectors as u32,
        });
    }

    /// Filters.
    pub fn filters(&self) -> usize {
        self.runs.len()
    }

    /// Values of a spectrum.
    pub fn bins(&self) -> usize {
        self.bins
    }

    /// Filters that weigh no bin, as they come about where filters are narrower than bins: their
    /// sum is always 0.
    pub fn empty(&self) -> usize {
        self.runs.iter().filter(|run| run.vectors == 0).count()
    }

    /// Writes the sum of each filter. `power` has [`FilterBank::bins`] values and `out`
    /// [`FilterBank::filters`]; what a shorter `power` lacks counts as 0.
    pub fn apply(&self, power: &[f32], out: &mut [f32]) {
        if self.level == Level::SCALAR {
            apply_scalar(power, &self.runs, &self.weights, out);
        } else {
            apply(self.level, power, &self.runs, &self.weights, out);
        }
    }

    /// Every weight other than 0, as (filter, bin, weight).
    #[cfg(test)]
    pub(crate) fn weights(&self) -> impl Iterator<Item = (usize, usize, f32)> {
        let mut at = 0;
        self.runs.iter().enumerate().flat_map(move |(filter, run)| {
            let row = &self.weights[at..at + run.vectors as usize];
            at += row.len();
            let bins = row.as_flattened().iter().enumerate();
            bins.filter(|&(_, &weight)| weight != 0.0)
                .map(move |(i, &weight)| (filter, run.first as usize + i, weight))
        })
    }
}

/// The reference: one bin at a time, in double precision.
fn apply_scalar(power: &[f32], runs: &[Run], mut weights: &[Lanes], out: &mut [f32]) {
    for (run, out) in runs.iter().zip(out) {
        let (row, rest) = weights.split_at(run.vectors as usize);
        weights = rest;
        *out = sum_scalar(power.get(run.first as usize..).unwrap_or_default(), row);
    }
}

fn sum_scalar(bins: &[f32], row: &[Lanes]) -> f32 {
    let products = bins.iter().zip(row.as_flattened());
    let sum: f64 = products.map(|(&p, &w)| f64::from(p) * f64::from(w)).sum();
    sum as f32
}

multiversion! {
    fn apply(power: &[f32], runs: &[Run], weights: &[Lanes], out: &mut [f32]) = apply_body
}

#[inline(always)]
fn apply_body(power: &[f32], runs: &[Run], mut weights: &[Lanes], out: &mut [f32]) {
    for (run, out) in runs.iter().zip(out) {
        let (row, rest) = weights.split_at(run.vectors as usize);
        weights = rest;
        let first = run.first as usize;
        let Some(bins) = power.get(first..first + row.len() * LANES) else {
            // A filter over nearly all bins, or a spectrum that is too short.
            *out = sum_scalar(power.get(first..).unwrap_or_default(), row);
            continue;
        };
        let mut sums = [0.0; LANES];
        for (bins, weights) in bins.as_chunks::<LANES>().0.iter().zip(row) {
            for i in 0..LANES {
                sums[i] += bins[i] * weights[i];
            }
        }
        *out = total(sums);
    }
}

/// The sum of the lanes, in halves. What made them is hidden: the compiler would lay out the loop for
/// this sum, in halves of halves of a vector, three times as slow.
#[inline(always)]
fn total(sums: Lanes) -> f32 {
    let sums = std::hint::black_box(sums);
    let four: [f32; 4] = std::array::from_fn(|i| sums[i] + sums[i + 4]);
    (four[0] + four[2]) + (four[1] + four[3])
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
