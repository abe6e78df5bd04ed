// SPDX-License-Identifier: MPL-2.0
//! Attention on every level against plain loops in f64.
use super::{PRECISIONS, all, noise};
use crate::kernel::{Bias, Scratch, TOKENS, Window, attend};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn attention_is_a_mean_by_exponentials(
        heads in 1_usize..4,
        head in 1_usize..65,
        rows_apart: bool,
        columns_apart: bool,
        seed: u64,
    ) {
        let width = heads * head;
        let rows = noise(TOKENS * 3 * width, seed);
        let table = noise(Bias::TABLE * heads, seed ^ 1);
        let window = Window { rows_apart, columns_apart };
        let expected = naive_attention(&rows, window, &table, heads, head);
        for (isa, precision) in all().flat_map(|isa| PRECISIONS.map(|precision| (isa, precision))) {
            let bias = Bias::new(isa, precision, &table, heads, true);
            // By tiles, all that goes in is rounded to eight bits.
            let limit = if bias.tiled() { 2e-2 } else { 5e-6 };
            let mut scratch = Scratch::new();
            // A wider head, and what is no number, leave nothing behind.
            let wide = Bias::new(isa, precision, &[f32::NAN; Bias::TABLE], 1, true);
            let (from, to) = (vec![f32::NAN; TOKENS * 3 * 64], &mut vec![0.0; TOKENS * 64]);
            attend(isa, &from, window, &wide, &mut scratch, to);
            let mut out = vec![f32::NAN; TOKENS * width];
            attend(isa, &rows, window, &bias, &mut scratch, &mut out);
            for (found, expected) in out.iter().zip(&expected) {
                let off = (f64::from(*found) - expected).abs();
                prop_assert!(off < limit, "{isa:?} {precision}: {found} for {expected}");
            }
        }
    }
}

fn naive_attention(
    rows: &[f32],
    window: Window,
    table: &[f32],
    heads: usize,
    head: usize,
) -> Vec<f64> {
    let width = heads * head;
    let at = |token: usize, part: usize, h: usize, e: usize| {
        f64::from(rows[token * 3 * width + part * width + h * head + e])
    };
    let mut out = vec![0.0; TOKENS * width];
    for (i, h) in (0..TOKENS).flat_map(|i| (0..heads).map(move |h| (i, h))) {
        let score = |j: usize| {
            let dot: f64 = (0..head).map(|e| at(i, 0, h, e) * at(j, 1, h, e)).sum();
            let (down, right) = (i / 8 + 7 - j / 8, i % 8 + 7 - j % 8);
            let apart = (window.rows_apart && (i / 8 < 4) != (j / 8 < 4))
                || (window.columns_apart && (i % 8 < 4) != (j % 8 < 4));
            let place = f64::from(table[(down * 15 + right) * heads + h]);
            dot + place - if apart { 100.0 } else { 0.0 }
        };
        let weights: Vec<f64> = (0..TOKENS).map(|j| score(j).exp()).collect();
        let sum: f64 = weights.iter().sum();
        for e in 0..head {
            let terms = weights.iter().enumerate().map(|(j, w)| w * at(j, 2, h, e));
            out[i * width + h * head + e] = terms.sum::<f64>() / sum;
        }
    }
    out
}
