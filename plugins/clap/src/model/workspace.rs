// SPDX-License-Identifier: MPL-2.0
//! What a thread needs to use a model.
use super::shape::{GRID, PATCH, Shape};
use super::tower::{Operand, ROWS, Tower};
use super::{Precision, fusion};
use crate::kernel::{Buffer, Isa, Scratch};

/// Memory to compute embeddings in: one per thread. Nothing is allocated after it was made.
///
/// From [`Model::workspace`](crate::Model::workspace); with another model it does as well, but has
/// to be made anew inside.
pub struct Workspace {
    pub(super) shape: Shape,
    pub(super) isa: Isa,
    pub(super) precision: Precision,
    pub(super) patches: Buffer<f32>,
    /// The tokens of the image as they are.
    pub(super) tokens: Buffer<f32>,
    /// A block of them, normalised,
    pub(super) rows: Buffer<f32>,
    /// and with queries, keys and values, or in the perceptron.
    pub(super) wide: Buffer<f32>,
    pub(super) operand: Operand,
    pub(super) scratch: Scratch,
    pub(super) fusion: fusion::Room,
    pub(super) mean: Vec<f32>,
    pub(super) projected: Vec<f32>,
    pub(super) embedding: Vec<f32>,
    /// 0, 1, 2 …
    pub(super) in_order: Vec<u32>,
}

impl Workspace {
    pub(super) fn new(shape: &Shape, isa: Isa, precision: Precision, tower: &Tower) -> Workspace {
        let stages = shape.stages.iter();
        let most = |numbers: &mut dyn Iterator<Item = usize>| numbers.max().unwrap_or(0);
        let block = |tokens: usize| tokens.min(ROWS);
        let rows = most(&mut stages.clone().map(|s| block(s.tokens()) * s.width));
        let merged = stages.clone().map(|s| block(s.tokens() / 4) * 4 * s.width);
        let wide = stages
            .clone()
            .map(|s| block(s.tokens()) * s.hidden.max(3 * s.width));
        let rows = rows.max(most(&mut merged.clone()));
        let wide = most(&mut wide.chain(merged));
        let tokens = most(&mut stages.map(|s| s.tokens() * s.width));
        let operand = match precision {
            Precision::F32 => 0,
            _ => most(&mut tower.stages.iter().map(|stage| stage.operand())),
        };
        Workspace {
            shape: shape.clone(),
            isa,
            precision,
            patches: Buffer::new(GRID * GRID * PATCH * PATCH),
            tokens: Buffer::new(tokens),
            rows: Buffer::new(rows),
            wide: Buffer::new(wide),
            operand: Operand::new(operand),
            scratch: Scratch::new(),
            fusion: tower.fusion.as_ref().map(|f| f.room()).unwrap_or_default(),
            mean: vec![0.0; shape.last_width()],
            projected: vec![0.0; shape.dimensions],
            embedding: vec![0.0; shape.dimensions],
            in_order: (0..ROWS as u32).collect(),
        }
    }
}
