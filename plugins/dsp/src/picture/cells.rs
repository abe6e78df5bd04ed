// SPDX-License-Identifier: MPL-2.0
//! From the bins of a spectrum to the rows of a picture.
//!
//! Where a row spans a bin or more, the power of all that it spans, and a little beside it, is added up, so
//! that nothing falls between rows; where bins are wider than rows, rows lie on a smooth curve through their levels. What
//! is kept of each column are *cells*: the bins of the latter part and the sums of the former. They
//! depend on power linearly, so it does not matter whether columns are averaged before or after.
use super::scale::FrequencyAxis;

/// How bins become cells, and cells rows.
#[derive(Debug, Clone)]
pub struct Cells {
    /// First of the bins that are kept as they are.
    first_bin: usize,
    /// How many these are.
    bins: usize,
    /// The sums behind them.
    sums: Vec<Sum>,
    weights: Vec<f32>,
    /// Rows between bins, from the bottom; the rest is one sum each.
    curves: Vec<Curve>,
}

#[derive(Debug, Clone, Copy)]
struct Sum {
    first_bin: usize,
    first_weight: usize,
    count: usize,
}

/// A point between cells `first + 1` and `first + 2`.
#[derive(Debug, Clone, Copy)]
struct Curve {
    first: usize,
    weights: [f32; 4],
}

impl Cells {
    /// For so many rows along `axis`, of spectra of transforms of length `size`. `bandwidth` is the
    /// window's equivalent noise bandwidth in bins: as much as a sine's power is spread, so that it has
    /// the same level in rows of any width.
    pub fn new(axis: &FrequencyAxis, rate: u32, size: usize, rows: usize, bandwidth: f64) -> Self {
        let last_bin = size / 2;
        let per_hertz = size as f64 / f64::from(rate.max(1));
        let edge = |row: usize| axis.frequency(row as f64 / rows.max(1) as f64) * per_hertz;
        let centre =
            |row: usize| axis.frequency((row as f64 + 0.5) / rows.max(1) as f64) * per_hertz;
        // Rows become wider upwards, or stay as they are, on every scale.
        let wide = (0..rows).find(|row| edge(row + 1) - edge(*row) >= 1.0);
        let split = wide.unwrap_or(rows);
        let (mut first_bin, mut bins) = (0, 0);
        if split > 0 {
            first_bin = (centre(0).max(0.0) as usize)
                .saturating_sub(1)
                .min(last_bin);
            let last = (centre(split - 1).max(0.0) as usize + 2).clamp(first_bin, last_bin);
            bins = last - first_bin + 1;
        }
        let curves = (0..split).map(|row| {
            let at = (centre(row) - first_bin as f64).clamp(0.0, (bins - 1) as f64);
            Curve::at(at, bins)
        });
        let mut cells = Cells {
            first_bin,
            bins,
            sums: Vec::with_capacity(rows - split),
            weights: Vec::new(),
            curves: curves.collect(),
        };
        for row in split..rows {
            cells.add_sum((edge(row), edge(row + 1)), last_bin, bandwidth);
        }
        cells
    }

    /// Bin k spans k − ½ to k + ½. Neighbouring rows overlap by up to two bins, so that a sine at the edge
    /// of two is not halved.
    fn add_sum(&mut self, (low, high): (f64, f64), last_bin: usize, bandwidth: f64) {
        let more = (0.5 * (high - low - 1.0)).clamp(0.0, 1.0);
        let (low, high) = (low - more, high + more);
        let first = ((low + 0.5).max(0.0) as usize).min(last_bin);
        let last = ((high + 0.5).max(0.0) as usize).clamp(first, last_bin);
        let share = 1.0 / (high - low).min(bandwidth.max(1.0));
        let first_weight = self.weights.len();
        for bin in first..=last {
            let within = high.min(bin as f64 + 0.5) - low.max(bin as f64 - 0.5);
            self.weights.push((within.max(0.0) * share) as f32);
        }
        self.sums.push(Sum {
            first_bin: first,
            first_weight,
            count: last - first + 1,
        });
    }

    /// How many cells a column has.
    pub fn count(&self) -> usize {
        self.bins + self.sums.len()
    }

    /// How many rows they become.
    pub fn rows(&self) -> usize {
        self.curves.len() + self.sums.len()
    }

    /// The cells of a spectrum, multiplied by `scale`.
    pub fn gather(&self, power: &[f32], scale: f32, cells: &mut [f32]) {
        let (bins, sums) = cells.split_at_mut(self.bins);
        let kept = &power[self.first_bin..self.first_bin + self.bins];
        for (cell, power) in bins.iter_mut().zip(kept) {
            *cell = scale * power;
        }
        for (cell, sum) in sums.iter_mut().zip(&self.sums) {
            let weights = &self.weights[sum.first_weight..sum.first_weight + sum.count];
            let power = &power[sum.first_bin..sum.first_bin + sum.count];
            let products = weights
                .iter()
                .zip(power)
                .map(|(weight, power)| weight * power);
            *cell = scale * products.sum::<f32>();
        }
    }

    /// The rows of cells in dB, from the bottom.
    pub fn spread(&self, cells: &[f32], rows: &mut [f32]) {
        let (curved, summed) = rows.split_at_mut(self.curves.len());
        for (row, curve) in curved.iter_mut().zip(&self.curves) {
            *row = curve.value(cells);
        }
        summed.copy_from_slice(&cells[self.bins..]);
    }
}

impl Curve {
    /// At a place among `count` cells, by Catmull and Rom's cubic.
    fn at(place: f64, count: usize) -> Self {
        let whole = (place as usize).min(count.saturating_sub(2));
        let t = place - whole as f64;
        let cubic = [
            t * (-0.5 + t * (1.0 - 0.5 * t)),
            1.0 + t * t * (-2.5 + 1.5 * t),
            t * (0.5 + t * (2.0 - 1.5 * t)),
            t * t * (-0.5 + 0.5 * t),
        ];
        let first = whole.saturating_sub(1).min(count.saturating_sub(4));
        let mut weights = [0.0; 4];
        for (offset, weight) in cubic.into_iter().enumerate() {
            // At the ends, what lies outside is as the last inside.
            let cell = (whole + offset)
                .saturating_sub(1)
                .min(count.saturating_sub(1));
            weights[cell - first] += weight as f32;
        }
        Curve { first, weights }
    }

    #[inline]
    fn value(&self, cells: &[f32]) -> f32 {
        let cells = &cells[self.first..cells.len().min(self.first + 4)];
        let (mut sum, mut low, mut high) = (0.0, f32::INFINITY, f32::NEG_INFINITY);
        for (cell, weight) in cells.iter().zip(self.weights) {
            sum += weight * cell;
            (low, high) = (low.min(*cell), high.max(*cell));
        }
        // No higher than its neighbours: a cubic would overshoot.
        sum.clamp(low, high)
    }
}

#[cfg(test)]
mod tests {
    use super::super::scale::FrequencyScale;
    use super::*;

    const SCALES: [FrequencyScale; 3] = [
        FrequencyScale::Linear,
        FrequencyScale::Logarithmic,
        FrequencyScale::Mel,
    ];

    fn axis(scale: FrequencyScale, rate: u32) -> FrequencyAxis {
        FrequencyAxis::new(scale, 0.0, 0.0, rate)
    }

    /// Levels of a spectrum that has `value(bin)` as its powers.
    fn rows(cells: &Cells, size: usize, value: impl Fn(usize) -> f32) -> Vec<f32> {
        let power: Vec<f32> = (0..=size / 2).map(value).collect();
        let mut gathered = vec![0.0; cells.count()];
        cells.gather(&power, 1.0, &mut gathered);
        for cell in &mut gathered {
            *cell = 10.0 * cell.max(1e-12).log10();
        }
        let mut rows = vec![0.0; cells.rows()];
        cells.spread(&gathered, &mut rows);
        rows
    }

    #[test]
    fn a_peak_is_highest_in_its_row() {
        for scale in SCALES {
            for (size, height) in [
                (512, 700),
                (4096, 700),
                (4096, 33),
                (16, 100),
                (1 << 16, 480),
            ] {
                let axis = axis(scale, 48_000);
                let cells = Cells::new(&axis, 48_000, size, height, 1.5);
                assert_eq!(cells.rows(), height);
                for bin in [size / 16, size / 7, size / 3] {
                    // What a Hann window makes of a sine.
                    let found = rows(&cells, size, |k| match k.abs_diff(bin) {
                        0 => 1.0,
                        1 => 0.25,
                        _ => 0.0,
                    });
                    let share = axis.share(bin as f64 * 48_000.0 / size as f64);
                    if !(0.0..1.0).contains(&share) {
                        continue;
                    }
                    let wanted = (share * height as f64) as usize;
                    let most = found.iter().copied().fold(f32::MIN, f32::max);
                    assert!(
                        found[wanted] > most - 2.1,
                        "{scale:?} {size} {height} {bin}"
                    );
                    assert!(
                        (-2.1..0.1).contains(&most),
                        "{scale:?} {size} {height}: {most}"
                    );
                }
            }
        }
    }

    #[test]
    fn no_power_falls_between_rows() {
        for scale in SCALES {
            let axis = FrequencyAxis::new(scale, 100.0, 20_000.0, 44_100);
            let (size, height) = (8192, 90);
            let cells = Cells::new(&axis, 44_100, size, height, 1.5);
            for bin in (20..3700).step_by(7) {
                let found = rows(&cells, size, |k| if k == bin { 1.0 } else { 0.0 });
                let most = found.iter().copied().fold(f32::MIN, f32::max);
                // A single bin is a third less than what a window makes of a sine.
                assert!(most > -4.0, "{scale:?} {bin} {most}");
            }
        }
    }

    #[test]
    fn curves_pass_through_bins_and_do_not_overshoot() {
        let axis = FrequencyAxis::new(FrequencyScale::Linear, 0.0, 0.0, 1024);
        let cells = Cells::new(&axis, 1024, 64, 320, 1.5);
        let found = rows(&cells, 64, |k| if k < 16 { 1.0 } else { 1e-6 });
        assert!(found.iter().all(|level| (-60.01..=0.01).contains(level)));
        // Ten rows per bin: the row around bin 20 is number 200.
        assert!((found[200] + 60.0).abs() < 0.1 && found[100].abs() < 0.1);
        assert!(found.windows(2).all(|pair| pair[0] >= pair[1] - 1e-4));
    }

    #[test]
    fn any_size_and_height_will_do() {
        for scale in SCALES {
            for rate in [1, 8000, 768_000] {
                for size in [1, 2, 3, 4, 17, 1024] {
                    for height in [0, 1, 2, 5, 1000] {
                        let cells = Cells::new(&axis(scale, rate), rate, size, height, 1.0);
                        let found = rows(&cells, size, |_| 1.0);
                        assert_eq!(found.len(), height);
                        assert!(found.iter().all(|level| level.is_finite()));
                    }
                }
            }
        }
    }
}
