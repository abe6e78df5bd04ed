// SPDX-License-Identifier: MPL-2.0
//! One embedding of many.

/// How the embeddings of windows become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Aggregation {
    /// Their mean.
    #[default]
    Mean,
    /// Their mean, weighted by the energy of the windows; the plain one of silence.
    Weighted,
    /// Of each number the mean without the lowest and the highest tenth.
    Robust,
    /// Of each number the median.
    Median,
}

/// Embeddings that are kept where all have to be: 22 hours of windows 5 s apart.
const MOST: usize = 16_384;

/// Gathers embeddings of length 1, whose aggregate has length 1 as well.
///
/// Memory is bounded: where embeddings have to be kept, of very many every second one counts, then
/// every fourth, and so on.
#[derive(Debug, Clone)]
pub struct Aggregate {
    kind: Aggregation,
    dimensions: usize,
    /// Embeddings so far.
    count: u64,
    /// Sum of the embeddings, and with their weights.
    sums: [Vec<f64>; 2],
    weight: f64,
    /// One after another,
    kept: Vec<f32>,
    /// of which one in so many is there.
    stride: u64,
    most: usize,
}

impl Aggregate {
    /// Of embeddings of so many numbers.
    pub fn new(kind: Aggregation, dimensions: usize) -> Aggregate {
        Aggregate {
            kind,
            dimensions,
            count: 0,
            sums: [vec![0.0; dimensions], vec![0.0; dimensions]],
            weight: 0.0,
            kept: Vec::new(),
            stride: 1,
            most: MOST,
        }
    }

    /// Embeddings so far.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Whether [`Aggregate::add`] looks at energies.
    pub fn needs_energy(&self) -> bool {
        self.kind == Aggregation::Weighted
    }

    /// Takes in the embedding of a window whose samples have this sum of squares.
    pub fn add(&mut self, embedding: &[f32], energy: f64) {
        match self.kind {
            Aggregation::Mean => self.sum(embedding, 0.0),
            Aggregation::Weighted => self.sum(embedding, energy),
            Aggregation::Robust | Aggregation::Median => self.keep(embedding),
        }
        self.count += 1;
    }

    fn sum(&mut self, embedding: &[f32], weight: f64) {
        let [plain, weighted] = &mut self.sums;
        for ((plain, weighted), &x) in plain.iter_mut().zip(weighted).zip(embedding) {
            *plain += f64::from(x);
            *weighted += weight * f64::from(x);
        }
        self.weight += weight;
    }

    fn keep(&mut self, embedding: &[f32]) {
        if !self.count.is_multiple_of(self.stride) || embedding.len() != self.dimensions {
            return;
        }
        let width = self.dimensions;
        if self.kept.len() == self.most * width {
            // Every second one stays.
            for place in 1..self.most / 2 {
                self.kept
                    .copy_within(2 * place * width..(2 * place + 1) * width, place * width);
            }
            self.kept.truncate(self.most / 2 * width);
            self.stride *= 2;
            if !self.count.is_multiple_of(self.stride) {
                return;
            }
        }
        self.kept.extend_from_slice(embedding);
    }

    /// The aggregate; `None` if there is nothing, or it has no direction.
    pub fn value(&self) -> Option<Vec<f32>> {
        let numbers = match self.kind {
            Aggregation::Weighted if self.weight > 0.0 && self.weight.is_finite() => {
                self.sums[1].clone()
            }
            Aggregation::Mean | Aggregation::Weighted => self.sums[0].clone(),
            Aggregation::Robust => self.of_columns(|column| {
                let cut = column.len() / 10;
                let inner = &column[cut..column.len() - cut];
                inner.iter().map(|&x| f64::from(x)).sum::<f64>() / inner.len() as f64
            }),
            Aggregation::Median => self.of_columns(|column| {
                let (low, high) = (column[(column.len() - 1) / 2], column[column.len() / 2]);
                (f64::from(low) + f64::from(high)) / 2.0
            }),
        };
        let length = numbers.iter().map(|x| x * x).sum::<f64>().sqrt();
        let factor = 1.0 / length;
        // Opposite ones may leave nothing but rounding errors.
        (length > 1e-12 && factor.is_normal())
            .then(|| numbers.iter().map(|x| (x * factor) as f32).collect())
    }

    /// What `statistic` makes of each number's values, in ascending order.
    fn of_columns(&self, statistic: impl Fn(&[f32]) -> f64) -> Vec<f64> {
        let rows = self.kept.len() / self.dimensions.max(1);
        if rows == 0 {
            return Vec::new();
        }
        let mut column = Vec::with_capacity(rows);
        (0..self.dimensions)
            .map(|i| {
                column.clear();
                column.extend(self.kept.iter().skip(i).step_by(self.dimensions));
                column.sort_unstable_by(f32::total_cmp);
                statistic(&column)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(kind: Aggregation, rows: &[([f32; 2], f64)]) -> Option<Vec<f32>> {
        let mut aggregate = Aggregate::new(kind, 2);
        for (row, energy) in rows {
            aggregate.add(row, *energy);
        }
        assert_eq!(aggregate.count(), rows.len() as u64);
        aggregate.value()
    }

    fn close(found: Option<Vec<f32>>, expected: [f64; 2]) {
        let found = found.expect("there is an aggregate");
        let length = expected[0].hypot(expected[1]);
        for (found, expected) in found.iter().zip(expected) {
            assert!(
                (f64::from(*found) - expected / length).abs() < 1e-7,
                "{found}"
            );
        }
    }

    #[test]
    fn each_is_what_it_says() {
        let rows = [([1.0, 0.0], 9.0), ([0.0, 1.0], 1.0), ([0.6, 0.8], 0.0)];
        close(of(Aggregation::Mean, &rows), [1.6, 1.8]);
        close(of(Aggregation::Weighted, &rows), [9.0, 1.0]);
        close(of(Aggregation::Median, &rows), [0.6, 0.8]);
        close(of(Aggregation::Median, &rows[..2]), [0.5, 0.5]);
        close(of(Aggregation::Robust, &rows), [1.6, 1.8]);
        // Of ten, the lowest and the highest number go.
        let mut many = vec![([0.6, 0.8], 1.0); 8];
        many.extend([([-1.0, 0.0], 1.0), ([0.0, 1.0], 1.0)]);
        close(of(Aggregation::Robust, &many), [0.6 * 7.0, 0.8 * 8.0]);
        let silent = rows.map(|(row, _)| (row, 0.0));
        close(of(Aggregation::Weighted, &silent), [1.6, 1.8]);
    }

    #[test]
    fn nothing_and_opposites_have_no_aggregate() {
        for kind in [
            Aggregation::Mean,
            Aggregation::Weighted,
            Aggregation::Robust,
            Aggregation::Median,
        ] {
            assert_eq!(of(kind, &[]), None);
            let opposite = [([1.0, 0.0], 1.0), ([-1.0, 0.0], 1.0)];
            assert_eq!(of(kind, &opposite), None, "{kind:?}");
        }
    }

    #[test]
    fn what_is_kept_is_bounded_and_even() {
        let mut aggregate = Aggregate::new(Aggregation::Median, 1);
        aggregate.most = 8;
        for i in 0..100 {
            aggregate.add(&[i as f32], 0.0);
            assert!(aggregate.kept.len() <= 8);
            let step = aggregate.stride as f32;
            let even = aggregate.kept.iter().enumerate();
            assert!(even.into_iter().all(|(place, &x)| x == place as f32 * step));
        }
        assert_eq!(aggregate.stride, 16);
        assert_eq!(aggregate.count(), 100);
    }
}
