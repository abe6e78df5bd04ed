// SPDX-License-Identifier: MPL-2.0
//! Weights in the order in which the product reads them.
use super::quantise::{half, pair};
use super::{Buffer, Isa};
use crate::Precision;

/// How wide panels are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Panel {
    /// Columns of a vector: there are always whole ones.
    pub lanes: usize,
    /// Vectors of all panels but the last, which may have fewer where products are not by tiles.
    pub vectors: usize,
    /// Whether they are.
    pub tiled: bool,
}

impl Panel {
    fn columns(self) -> usize {
        self.lanes * self.vectors
    }
}

/// How rows lie in memory that are multiplied by weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Layout {
    /// Words of a row: what is more than its numbers is filled up with zeros.
    depth: usize,
    /// Whether 32 rows make a block that has 16 words of each, then 16 more of each; if not, rows
    /// lie one behind the other.
    tiled: bool,
}

impl Layout {
    /// Rows of a block.
    const BLOCK: usize = 32;
    /// Words of a row that lie side by side in a block.
    const LINE: usize = 16;

    /// That of rows of `words` words, or of a few more.
    pub(super) fn new(words: usize, tiled: bool) -> Layout {
        let multiple = if tiled { Self::LINE } else { 1 };
        Layout {
            depth: words.next_multiple_of(multiple),
            tiled,
        }
    }

    /// Words that `rows` rows take.
    pub fn words(self, rows: usize) -> usize {
        let multiple = if self.tiled { Self::BLOCK } else { 1 };
        rows.next_multiple_of(multiple) * self.depth
    }

    /// Words of a row.
    #[inline(always)]
    pub fn depth(self) -> usize {
        self.depth
    }

    /// Where a word of a row lies. As many as are left of the 16 that begin at a multiple of 16
    /// follow it.
    #[inline(always)]
    pub fn place(self, row: usize, word: usize) -> usize {
        if self.tiled {
            let (block, row) = (row / Self::BLOCK, row % Self::BLOCK);
            let (line, word) = (word / Self::LINE, word % Self::LINE);
            block * Self::BLOCK * self.depth + (line * Self::BLOCK + row) * Self::LINE + word
        } else {
            row * self.depth + word
        }
    }
}

/// A matrix of weights with its bias, in panels of as many columns as a tile has: word by word of
/// depth, a panel's columns side by side.
pub(crate) struct Packed {
    precision: Precision,
    panel: Panel,
    inputs: usize,
    outputs: usize,
    /// Of rows that are multiplied.
    layout: Layout,
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
        let panel = isa.panel(precision);
        let columns = outputs.next_multiple_of(match panel.tiled {
            true => panel.columns(),
            false => panel.lanes,
        });
        let layout = Layout::new(inputs / precision.per_word(), panel.tiled);
        let mut padded_bias = bias.unwrap_or_default().to_vec();
        padded_bias.resize(columns, 0.0);
        let mut packed = Packed {
            precision,
            panel,
            inputs,
            outputs,
            layout,
            words: Buffer::new(columns * layout.depth),
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
        let panel = self.panel.columns();
        let first = column - column % panel;
        let width = panel.min(self.bias.len() - first);
        let begin = first * self.layout.depth + column - first;
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

    /// The first column of each panel, and how many vectors of columns it has.
    pub(super) fn panels(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let (columns, lanes, panel) = (self.bias.len(), self.panel.lanes, self.panel.columns());
        let firsts = (0..columns).step_by(panel);
        firsts.map(move |first| (first, panel.min(columns - first) / lanes))
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
    pub(super) fn panel(&self) -> Panel {
        self.panel
    }
    /// Words of a column, and of a row on the left.
    pub(super) fn depth(&self) -> usize {
        self.layout.depth
    }
    /// How rows lie that are multiplied by these weights.
    pub fn layout(&self) -> Layout {
        self.layout
    }
    /// Columns.
    pub fn outputs(&self) -> usize {
        self.outputs
    }
    /// Rows of weights.
    pub fn inputs(&self) -> usize {
        self.inputs
    }
    pub fn precision(&self) -> Precision {
        self.precision
    }
}
