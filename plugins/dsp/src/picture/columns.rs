// SPDX-License-Identifier: MPL-2.0
//! Spectra gathered into columns: bounded memory for input of any length, known or not, and no
//! spectrum left out.
use crate::multiversion;
use crate::simd::Level;

/// What a column shows of the spectra that fall into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Gather {
    /// The mean of their powers.
    #[default]
    Mean,
    /// The highest power in each row.
    Peak,
}

/// Columns of equally many cells, each of the same span of time.
#[derive(Debug, Clone)]
pub struct Columns {
    gather: Gather,
    cells: usize,
    /// Columns that there is room for; even.
    most: usize,
    /// Samples that a column spans.
    span: f64,
    values: Vec<f32>,
    /// Spectra in each.
    spectra: Vec<u32>,
}

impl Columns {
    /// Room for `most` columns of so many cells, rounded up to an even number; each spans so many
    /// samples until there are more.
    pub fn new(gather: Gather, cells: usize, most: usize, span: f64) -> Self {
        Columns {
            gather,
            cells,
            most: most.max(1).next_multiple_of(2),
            span: if span > 0.0 { span } else { 1.0 },
            values: Vec::new(),
            spectra: Vec::new(),
        }
    }

    /// Samples that each spans by now.
    pub fn span(&self) -> f64 {
        self.span
    }

    /// Number of columns.
    pub fn count(&self) -> usize {
        self.spectra.len()
    }

    /// The column that a sample falls into.
    pub fn index(&self, sample: u64) -> usize {
        (sample as f64 / self.span) as usize
    }

    /// Takes what `spectra` spectra around `sample` have come to, and folds columns by two as often as it
    /// takes to have room for it.
    pub fn put(&mut self, sample: u64, cells: &[f32], spectra: u32) {
        while self.index(sample) >= self.most {
            self.fold();
        }
        let index = self.index(sample);
        if index >= self.count() {
            // Once for all: the room is bounded.
            if self.values.capacity() == 0 {
                self.values.reserve_exact(self.most * self.cells);
                self.spectra.reserve_exact(self.most);
            }
            self.values.resize((index + 1) * self.cells, 0.0);
            self.spectra.resize(index + 1, 0);
        }
        let there = self.spectra[index];
        let column = &mut self.values[index * self.cells..(index + 1) * self.cells];
        join(self.gather, column, there, cells, spectra);
        self.spectra[index] = there.saturating_add(spectra);
    }

    fn fold(&mut self) {
        self.span *= 2.0;
        let count = self.count();
        for to in 0..count.div_ceil(2) {
            let from = 2 * to;
            self.values
                .copy_within(from * self.cells..(from + 1) * self.cells, to * self.cells);
            let mut spectra = self.spectra[from];
            if from + 1 < count {
                let (done, rest) = self.values.split_at_mut((from + 1) * self.cells);
                let column = &mut done[to * self.cells..(to + 1) * self.cells];
                join(
                    self.gather,
                    column,
                    spectra,
                    &rest[..self.cells],
                    self.spectra[from + 1],
                );
                spectra = spectra.saturating_add(self.spectra[from + 1]);
            }
            self.spectra[to] = spectra;
        }
        self.values.truncate(count.div_ceil(2) * self.cells);
        self.spectra.truncate(count.div_ceil(2));
    }

    /// A column; one without spectra is as the one before it.
    pub fn column(&self, index: usize) -> &[f32] {
        let last = index.min(self.count().saturating_sub(1));
        let full = (0..=last)
            .rev()
            .find(|i| self.spectra.get(*i).is_some_and(|n| *n > 0));
        let index = full.unwrap_or(last);
        self.values
            .get(index * self.cells..(index + 1) * self.cells)
            .unwrap_or_default()
    }

    /// What columns come to between two places, counted in columns; `out` has as many cells.
    pub fn between(&self, from: f64, to: f64, out: &mut [f32]) {
        let (first, last) = (
            from.max(0.0) as usize,
            (to.ceil() as usize).saturating_sub(1),
        );
        let first = first.min(self.count().saturating_sub(1));
        let last = last.clamp(first, self.count().saturating_sub(1).max(first));
        out.fill(0.0);
        let mut sum = 0.0;
        for index in first..=last {
            let share = to.min((index + 1) as f64) - from.max(index as f64);
            // The last column may be asked for beyond its end.
            let share = if first == last { 1.0 } else { share.max(0.0) };
            sum += share;
            let column = self.column(index);
            match self.gather {
                Gather::Mean => out
                    .iter_mut()
                    .zip(column)
                    .for_each(|(out, value)| *out += share as f32 * value),
                Gather::Peak => out
                    .iter_mut()
                    .zip(column)
                    .for_each(|(out, value)| *out = out.max(*value)),
            }
        }
        if self.gather == Gather::Mean && sum > 0.0 {
            let scale = (1.0 / sum) as f32;
            out.iter_mut().for_each(|out| *out *= scale);
        }
    }
}

/// Makes a column of `there` spectra one of `there` + `more`.
fn join(gather: Gather, column: &mut [f32], there: u32, cells: &[f32], more: u32) {
    match gather {
        Gather::Peak => {
            for (column, cell) in column.iter_mut().zip(cells) {
                *column = column.max(*cell);
            }
        }
        Gather::Mean => {
            let share = more as f32 / (there as f32 + more as f32).max(1.0);
            if there == 0 {
                column.copy_from_slice(cells);
                return;
            }
            for (column, cell) in column.iter_mut().zip(cells) {
                *column += share * (cell - *column);
            }
        }
    }
}

/// Adds powers to sums, each as long as the shorter.
pub fn add(level: Level, sums: &mut [f32], powers: &[f32]) {
    add_on::<()>(level, sums, powers);
}

/// Nothing to choose: `multiversion` wants a type to be generic over.
trait Anything {}
impl Anything for () {}

multiversion! {
    fn add_on<T: Anything>(sums: &mut [f32], powers: &[f32]) = add_body
}

#[inline(always)]
fn add_body(sums: &mut [f32], powers: &[f32]) {
    for (sum, power) in sums.iter_mut().zip(powers) {
        *sum += power;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_length_fits_and_every_spectrum_counts() {
        for count in [1usize, 2, 7, 8, 9, 64, 1000, 12_345] {
            let mut mean = Columns::new(Gather::Mean, 2, 8, 10.0);
            let mut peak = Columns::new(Gather::Peak, 2, 8, 10.0);
            for i in 0..count {
                let cells = [i as f32, 1.0];
                mean.put(i as u64 * 10, &cells, 1);
                peak.put(i as u64 * 10, &cells, 1);
            }
            assert!(mean.count() <= 8 && mean.count() * 2 >= count.min(8));
            let spectra: u32 = mean.spectra.iter().sum();
            assert_eq!(spectra as usize, count);
            let weighted = (0..mean.count()).map(|i| mean.column(i)[0] * mean.spectra[i] as f32);
            let (sum, wanted) = (weighted.sum::<f32>(), (count * (count - 1) / 2) as f32);
            assert!(
                (sum - wanted).abs() <= 1e-4 * wanted.max(1.0),
                "{count} {sum} {wanted}"
            );
            assert_eq!(peak.column(peak.count() - 1)[0], (count - 1) as f32);
            assert!((0..mean.count()).all(|i| (mean.column(i)[1] - 1.0).abs() < 1e-5));
        }
    }

    #[test]
    fn a_length_known_before_needs_no_folding() {
        let mut columns = Columns::new(Gather::Mean, 1, 100, 123.4);
        for i in 0..100u64 {
            columns.put((i as f64 * 123.4).ceil() as u64, &[i as f32], 1);
        }
        assert_eq!((columns.count(), columns.span()), (100, 123.4));
        let mut out = [0.0];
        columns.between(41.0, 42.0, &mut out);
        assert_eq!(out, [41.0]);
        columns.between(41.5, 43.0, &mut out);
        assert!((out[0] - (0.5 * 41.0 + 42.0) / 1.5).abs() < 1e-5);
    }

    #[test]
    fn gaps_are_as_what_is_before_them() {
        let mut columns = Columns::new(Gather::Peak, 1, 100, 1.0);
        columns.put(2, &[5.0], 1);
        columns.put(7, &[6.0], 1);
        assert_eq!(columns.column(4), [5.0]);
        assert_eq!(columns.column(99), [6.0]);
        let empty = Columns::new(Gather::Peak, 1, 100, 1.0);
        assert!(empty.column(0).is_empty());
        let mut out = [1.0];
        empty.between(0.0, 1.0, &mut out);
        assert_eq!(out, [0.0]);
    }

    #[test]
    fn sums_are_the_same_at_every_level() {
        let powers: Vec<f32> = (0..1027).map(|i| (i as f32).sin().abs()).collect();
        for level in Level::available() {
            let mut sums = vec![0.5; 1027];
            add(level, &mut sums, &powers);
            assert!(
                sums.iter()
                    .zip(&powers)
                    .all(|(sum, power)| *sum == 0.5 + power)
            );
        }
    }
}
