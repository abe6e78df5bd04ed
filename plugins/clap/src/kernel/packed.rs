// SPDX-License-Identifier: MPL-2.0
//! Weights in the order in which the product reads them.
use super::multiply::VECTORS;
use super::quantise::{half, pair};
use super::{Buffer, Isa};
use crate::Precision;

/// A matrix of weights with its bias, in panels of as many columns as a tile has: word by word of
/// depth, a panel's columns side by side.
pub(crate) struct Packed {
    precision: Precision,
    lanes: usize,
    outputs: usize,
    /// Words of a column.
    depth: usize,
    words: Buffer<u32>,
    bias: Vec<f32>,
    /// Per column, for bytes: what a step stands for,
    scales: Vec<f32>,
    /// and what a sum begins at.
    starts: Vec<u32>,
}

impl Packed {
    /// `weights` has a row for each output, `inputs` long: a multiple of what a word holds. No bias
    /// is one of zeros.
    pub fn new(
        isa: Isa,
        precision: Precision,
        weights: &[f32],
        inputs: usize,
        bias: Option<&[f32]>,
    ) -> Packed {
        assert!(inputs > 0 && inputs.is_multiple_of(precision.per_word()));
        let outputs = weights.len() / inputs;
        let lanes = isa.lanes();
        let columns = outputs.next_multiple_of(lanes);
        let depth = inputs / precision.per_word();
        let mut padded_bias = bias.unwrap_or_default().to_vec();
        padded_bias.resize(columns, 0.0);
        let mut packed = Packed {
            precision,
            lanes,
            outputs,
            depth,
            words: Buffer::new(columns * depth),
            bias: padded_bias,
            scales: Vec::new(),
            starts: Vec::new(),
        };
        if precision == Precision::Int8 {
            packed.scales.resize(columns, 0.0);
            packed.starts.resize(columns, 0);
        }
        for (column, weights) in weights.chunks_exact(inputs).enumerate() {
            packed.column(column, weights);
        }
        packed
    }

    fn column(&mut self, column: usize, weights: &[f32]) {
        let panel = VECTORS * self.lanes;
        let first = column - column % panel;
        let width = panel.min(self.bias.len() - first);
        let begin = first * self.depth + column - first;
        let slots = self.words[begin..].iter_mut().step_by(width);
        match self.precision {
            Precision::F32 => {
                for (slot, weight) in slots.zip(weights) {
                    *slot = weight.to_bits();
                }
            }
            Precision::Bf16 => {
                for (slot, weights) in slots.zip(weights.as_chunks::<2>().0) {
                    *slot = pair(half(weights[0]), half(weights[1]));
                }
            }
            Precision::Int8 => {
                let largest = weights.iter().fold(0.0, |a: f32, w| a.max(w.abs()));
                let scale = largest.max(f32::MIN_POSITIVE) / 127.0;
                let step = |w: f32| (w / scale).round_ties_even().clamp(-127.0, 127.0) as i8;
                let mut sum = 0;
                for (slot, weights) in slots.zip(weights.as_chunks::<4>().0) {
                    let steps = weights.map(step);
                    sum += steps.iter().map(|&s| i32::from(s)).sum::<i32>();
                    *slot = u32::from_le_bytes(steps.map(|s| s as u8));
                }
                self.scales[column] = scale;
                self.starts[column] = (-128 * sum) as u32;
            }
        }
    }

    /// Index of each panel, and how many vectors of columns it has.
    pub(super) fn panels(&self) -> impl DoubleEndedIterator<Item = (usize, usize)> + use<> {
        let vectors = self.bias.len() / self.lanes;
        (0..vectors.div_ceil(VECTORS)).map(move |p| (p, VECTORS.min(vectors - p * VECTORS)))
    }

    pub(super) fn words(&self) -> &[u32] {
        &self.words
    }
    pub(super) fn bias(&self) -> &[f32] {
        &self.bias
    }
    pub(super) fn scales(&self) -> &[f32] {
        &self.scales
    }
    pub(super) fn starts(&self) -> &[u32] {
        &self.starts
    }
    pub(super) fn lanes(&self) -> usize {
        self.lanes
    }
    pub(super) fn depth(&self) -> usize {
        self.depth
    }
    /// Columns.
    pub fn outputs(&self) -> usize {
        self.outputs
    }
    /// Rows of weights.
    pub fn inputs(&self) -> usize {
        self.depth * self.precision.per_word()
    }
    pub fn precision(&self) -> Precision {
        self.precision
    }
}
