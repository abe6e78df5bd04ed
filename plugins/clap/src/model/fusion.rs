// SPDX-License-Identifier: MPL-2.0
//! What fused models do with the patches: three further views of the audio, with patches three
//! times as wide, are mixed in under an attention of their own.
//!
//! Here the audio is never longer than the model's window, and all views are the same.
use super::image::Image;
use super::shape::{GRID, PATCH};
use super::tower::rectify;
use crate::front::LogMel;
use crate::kernel::{Isa, Left, Packed, Target, multiply};

/// Further views.
pub(super) const VIEWS: usize = 3;
/// By how much the attention narrows tokens.
pub(super) const REDUCTION: usize = 4;

/// Patches of a view on a row; one column of tokens is left over, and has none.
const ACROSS: usize = GRID / VIEWS;
/// Tokens that are worked on at once.
const ROWS: usize = 256;

pub(super) struct Fusion {
    pub views: Packed,
    /// Narrower, and wide again: for each token,
    pub local: [Packed; 2],
    /// and for the mean of all.
    pub global: [Packed; 2],
}

/// Room for the fusion.
#[derive(Default)]
pub(super) struct Room {
    patches: Vec<f32>,
    view: Vec<f32>,
    sums: Vec<f32>,
    inner: Vec<f32>,
    weights: Vec<f32>,
    mean: Vec<f32>,
    global: Vec<f32>,
}

impl Fusion {
    pub fn room(&self) -> Room {
        let width = self.views.outputs();
        Room {
            patches: vec![0.0; GRID * ACROSS * self.views.inputs()],
            view: vec![0.0; GRID * ACROSS * width],
            sums: vec![0.0; GRID * GRID * width],
            inner: vec![0.0; ROWS * width / REDUCTION],
            weights: vec![0.0; ROWS * width],
            mean: vec![0.0; width],
            global: vec![0.0; width],
        }
    }

    /// Mixes the other views into the tokens of the first.
    pub fn mix(
        &self,
        isa: Isa,
        image: &Image,
        log_mel: &LogMel,
        tokens: &mut [f32],
        room: &mut Room,
    ) {
        let width = self.views.outputs();
        image.patches(log_mel, VIEWS * PATCH, &mut room.patches);
        let patches = Left::Single(&room.patches);
        let view = Target::Store(&mut room.view);
        multiply(isa, patches, GRID * ACROSS, &self.views, view);

        room.mean.fill(0.0);
        let rows = tokens
            .chunks_exact(width)
            .zip(room.sums.chunks_exact_mut(width));
        for (place, (token, sum)) in rows.enumerate() {
            let view = view_of(&room.view, place, width);
            for (i, sum) in sum.iter_mut().enumerate() {
                *sum = token[i] + view.map_or(0.0, |view| view[i]);
                room.mean[i] += *sum / (GRID * GRID) as f32;
            }
        }
        let mean = Left::Single(&room.mean);
        narrow(
            isa,
            &self.global,
            mean,
            1,
            &mut room.inner,
            &mut room.global,
        );

        let blocks = tokens
            .chunks_mut(ROWS * width)
            .zip(room.sums.chunks(ROWS * width));
        for (block, (tokens, sums)) in blocks.enumerate() {
            let rows = tokens.len() / width;
            let sums = Left::Single(sums);
            narrow(
                isa,
                &self.local,
                sums,
                rows,
                &mut room.inner,
                &mut room.weights,
            );
            let weights = room.weights.chunks_exact(width);
            let tokens = tokens.chunks_exact_mut(width).zip(weights);
            for (place, (token, weights)) in (block * ROWS..).zip(tokens) {
                let view = view_of(&room.view, place, width);
                for (i, token) in token.iter_mut().enumerate() {
                    let other = view.map_or(0.0, |view| view[i]);
                    let share = 1.0 / (1.0 + (-(weights[i] + room.global[i])).exp());
                    *token = 2.0 * *token * share + 2.0 * other * (1.0 - share);
                }
            }
        }
    }
}

/// The token of the views, which lie beside each other, that covers a place of the grid.
fn view_of(view: &[f32], place: usize, width: usize) -> Option<&[f32]> {
    let (row, column) = (place / GRID, place % GRID);
    let patch = row * ACROSS + column % ACROSS;
    (column < VIEWS * ACROSS).then(|| &view[patch * width..][..width])
}

fn narrow(
    isa: Isa,
    layers: &[Packed; 2],
    from: Left<'_>,
    rows: usize,
    inner: &mut [f32],
    to: &mut [f32],
) {
    multiply(isa, from, rows, &layers[0], Target::Store(inner));
    rectify(inner);
    multiply(
        isa,
        Left::Single(inner),
        rows,
        &layers[1],
        Target::Store(to),
    );
}
