// SPDX-License-Identifier: MPL-2.0
//! The audio tower: HTSAT, a Swin transformer over the image of a spectrogram.
//!
//! A few windows at a time go through a whole block, so that what is in between stays in the
//! second-level cache.
use super::Precision;
use super::fusion::Fusion;
use super::image::Image;
use super::load::windows;
use super::shape::{GRID, PATCH, Stage as StageShape};
use super::workspace::Workspace;
use crate::front::LogMel;
use crate::kernel::{
    Bias, Buffer, Isa, Left, Norm, Packed, SIDE, TOKENS, Target, Window, attend, multiply,
    normalise, to_bytes, to_halves,
};

/// Tokens that are worked on at once: four windows.
pub(super) const ROWS: usize = 4 * TOKENS;

pub(super) struct Tower {
    pub image: Image,
    pub patch: Packed,
    pub fusion: Option<Fusion>,
    pub patch_norm: Norm,
    pub stages: Vec<Stage>,
    pub norm: Norm,
    pub projection: [Packed; 2],
}

pub(super) struct Stage {
    side: usize,
    pub width: usize,
    pub blocks: Vec<Block>,
    pub merge: Option<Merge>,
    /// Where the tokens of windows lie: of those that are not shifted, and of those that are.
    windows: [Vec<u32>; 2],
}

/// Attention, then a perceptron; both add to what goes in.
pub(super) struct Block {
    pub before: Norm,
    /// Queries, keys and values.
    pub looks: Packed,
    pub bias: Bias,
    pub shifted: bool,
    pub out: Packed,
    pub after: Norm,
    pub up: Packed,
    pub down: Packed,
}

/// Four neighbouring tokens become one of twice the width.
pub(super) struct Merge {
    pub norm: Norm,
    pub reduction: Packed,
}

/// Rows in the precision of the weights.
pub(super) struct Operand {
    words: Buffer<u32>,
    scales: Vec<f32>,
}

impl Operand {
    /// Room for rows of so many words in all.
    pub fn new(words: usize) -> Operand {
        Operand {
            words: Buffer::new(words),
            scales: vec![0.0; ROWS],
        }
    }

    /// `rows` as they are multiplied by `weights`.
    fn of<'a>(&'a mut self, isa: Isa, weights: &Packed, rows: &'a [f32]) -> Left<'a> {
        let (width, layout) = (weights.inputs(), weights.layout());
        let count = rows.len() / width;
        let words = &mut self.words;
        match weights.precision() {
            Precision::F32 => Left::Single(rows),
            Precision::Bf16 => {
                let words = &mut words[..layout.words(count)];
                to_halves(isa, rows, width, words, layout);
                Left::Half(words)
            }
            Precision::Int8 => {
                let words = &mut words[..layout.words(count)];
                let scales = &mut self.scales[..count];
                to_bytes(isa, rows, width, words, layout, scales);
                Left::Bytes(words, scales)
            }
        }
    }
}

impl Block {
    /// The large products.
    fn products(&self) -> [&Packed; 4] {
        [&self.looks, &self.out, &self.up, &self.down]
    }
}

impl Tower {
    /// The embedding, not normalised, to `space.embedding`.
    pub fn embed(&self, isa: Isa, log_mel: &LogMel, space: &mut Workspace) {
        self.look(isa, log_mel, space);
        for stage in &self.stages {
            for block in &stage.blocks {
                stage.run(isa, block, space);
            }
            if let Some(merge) = &stage.merge {
                stage.merge(isa, merge, space);
            }
        }
        self.project(isa, space);
    }

    /// From the spectrogram to tokens.
    fn look(&self, isa: Isa, log_mel: &LogMel, space: &mut Workspace) {
        let tokens = GRID * GRID;
        let (patches, to) = (tokens * PATCH * PATCH, tokens * self.patch.outputs());
        let patches = &mut space.patches[..patches];
        self.image.patches(log_mel, PATCH, patches);
        let target = Target::Store(&mut space.tokens[..to]);
        multiply(isa, Left::Single(patches), tokens, &self.patch, target);
        if let Some(fusion) = &self.fusion {
            let tokens = &mut space.tokens[..to];
            fusion.mix(isa, &self.image, log_mel, tokens, &mut space.fusion);
        }
        let width = self.patch.outputs();
        for tokens in space.tokens[..to].chunks_mut(ROWS * width) {
            let rows = tokens.len() / width;
            let copy = &mut space.rows[..tokens.len()];
            copy.copy_from_slice(tokens);
            normalise(isa, &self.patch_norm, copy, &space.in_order[..rows], tokens);
        }
    }

    /// From the last tokens to the embedding.
    fn project(&self, isa: Isa, space: &mut Workspace) {
        let width = self.norm.width();
        let tokens = self
            .stages
            .last()
            .map_or(0, |stage| stage.side * stage.side);
        space.mean.fill(0.0);
        for tokens in space.tokens[..tokens * width].chunks(ROWS * width) {
            let rows = tokens.len() / width;
            let to = &mut space.rows[..tokens.len()];
            normalise(isa, &self.norm, tokens, &space.in_order[..rows], to);
            for row in to.chunks_exact(width) {
                for (mean, x) in space.mean.iter_mut().zip(row) {
                    *mean += x;
                }
            }
        }
        let factor = 1.0 / tokens as f32;
        space.mean.iter_mut().for_each(|x| *x *= factor);
        let [first, second] = &self.projection;
        let mean = Left::Single(&space.mean);
        multiply(isa, mean, 1, first, Target::Store(&mut space.projected));
        rectify(&mut space.projected);
        let projected = Left::Single(&space.projected);
        multiply(
            isa,
            projected,
            1,
            second,
            Target::Store(&mut space.embedding),
        );
    }
}

/// Makes what is negative zero. What is no number stays so, and is found in the embedding.
pub(super) fn rectify(numbers: &mut [f32]) {
    for number in numbers {
        *number = if *number < 0.0 { 0.0 } else { *number };
    }
}

impl Stage {
    pub fn new(shape: &StageShape, blocks: Vec<Block>, merge: Option<Merge>) -> Stage {
        Stage {
            side: shape.side,
            width: shape.width,
            blocks,
            merge,
            windows: [false, true].map(|shifted| windows(shape.side, shifted)),
        }
    }

    fn run(&self, isa: Isa, block: &Block, space: &mut Workspace) {
        let width = self.width;
        let tokens = &mut space.tokens[..self.side * self.side * width];
        let windows = &self.windows[usize::from(block.shifted)];
        for (first, map) in windows.chunks(ROWS).enumerate() {
            let rows = map.len();
            let narrow = &mut space.rows[..rows * width];
            normalise(isa, &block.before, tokens, map, narrow);
            let wide = &mut space.wide[..rows * 3 * width];
            let left = space.operand.of(isa, &block.looks, narrow);
            multiply(isa, left, rows, &block.looks, Target::Store(wide));
            let windows = wide.chunks_exact(TOKENS * 3 * width);
            let windows = windows.zip(narrow.chunks_exact_mut(TOKENS * width));
            for (index, (from, to)) in (first * ROWS / TOKENS..).zip(windows) {
                let window = self.window(index, block.shifted);
                attend(isa, from, window, &block.bias, &mut space.scratch, to);
            }
            let left = space.operand.of(isa, &block.out, narrow);
            multiply(isa, left, rows, &block.out, Target::Add(tokens, map));

            normalise(isa, &block.after, tokens, map, narrow);
            let hidden = block.up.outputs();
            let wide = &mut space.wide[..rows * hidden];
            let left = space.operand.of(isa, &block.up, narrow);
            multiply(isa, left, rows, &block.up, Target::Gelu(wide));
            let left = space.operand.of(isa, &block.down, wide);
            multiply(isa, left, rows, &block.down, Target::Add(tokens, map));
        }
    }

    /// Words of the most that a product's left-hand side has.
    pub fn operand(&self) -> usize {
        let tokens = self.side * self.side;
        let products = self.blocks.iter().flat_map(Block::products);
        let words = products.map(|p| p.layout().words(tokens.min(ROWS)));
        let merge = self.merge.iter().map(|merge| {
            let layout = merge.reduction.layout();
            layout.words((tokens / 4).min(ROWS))
        });
        words.chain(merge).max().unwrap_or(0)
    }

    fn window(&self, index: usize, shifted: bool) -> Window {
        let across = self.side / SIDE;
        Window {
            rows_apart: shifted && index / across == across - 1,
            columns_apart: shifted && index % across == across - 1,
        }
    }

    /// Halves the image each way, in place: a token goes where all that was there has been read.
    fn merge(&self, isa: Isa, merge: &Merge, space: &mut Workspace) {
        let (width, half) = (self.width, self.side / 2);
        let merged = half * half;
        for first in (0..merged).step_by(ROWS) {
            let rows = ROWS.min(merged - first);
            let wide = &mut space.wide[..rows * 4 * width];
            for (place, to) in (first..).zip(wide.chunks_exact_mut(4 * width)) {
                let (down, right) = (2 * (place / half), 2 * (place % half));
                let corners = [(0, 0), (1, 0), (0, 1), (1, 1)];
                for ((y, x), to) in corners.into_iter().zip(to.chunks_exact_mut(width)) {
                    let token = (down + y) * self.side + right + x;
                    to.copy_from_slice(&space.tokens[token * width..][..width]);
                }
            }
            let normal = &mut space.rows[..rows * 4 * width];
            normalise(isa, &merge.norm, wide, &space.in_order[..rows], normal);
            let left = space.operand.of(isa, &merge.reduction, normal);
            let to = &mut space.tokens[first * 2 * width..][..rows * 2 * width];
            multiply(isa, left, rows, &merge.reduction, Target::Store(to));
        }
    }
}
