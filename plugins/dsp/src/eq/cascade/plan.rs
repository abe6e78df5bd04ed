// SPDX-License-Identifier: MPL-2.0
//! How channels and sections are dealt out to kernels.
#![allow(unsafe_code)]
use super::kernel;
use super::lanes::{Lanes, Pair, Sample};
use super::rows::Rows;
use super::work::{PLAIN, RAMP, SCALED};
#[cfg(all(target_arch = "x86_64", not(auris_portable)))]
use super::x86::{Eight, Four};
use crate::simd::Level;

/// A kernel: rows, samples, stride, frames. Unsafe as [`kernel::run`] is.
pub(super) type Run<T> = unsafe fn(Rows, *mut T, usize, usize);

/// The kernels of one shape: in the scaled form for f32 and f64, and others.
#[derive(Clone, Copy)]
pub(super) struct Kernels {
    pub f32: Run<f32>,
    pub f64: Run<f64>,
    pub plain: Run<f64>,
    /// On so many sections at a time.
    pub ramp: (usize, Run<f64>),
}

/// What a group of channels runs on.
#[derive(Clone, Copy)]
pub(super) enum Engine {
    Scalar,
    Lanes(Kernels),
}

/// A group of channels and how its sections are split into passes.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    /// Channels.
    pub width: usize,
    /// Sections of a pass that are used.
    pub used: usize,
    /// Sections of a pass.
    pub sections: usize,
    pub passes: usize,
    pub engine: Engine,
}

/// Lanes of the level, and per width the numbers of vectors that there are kernels for.
struct Table {
    lanes: usize,
    vectors: fn(usize) -> &'static [usize],
    kernels: fn(usize, usize) -> Kernels,
}

macro_rules! table {
    ($name:ident, $lanes:ty, $($feature:literal)?, { $($width:literal: [$($vectors:literal)*] skew $skew:literal),* $(,)? }) => {
        mod $name {
            use super::*;

            $(#[target_feature(enable = $feature)])?
            unsafe fn entry<T: Sample, const C: usize, const NV: usize, const D: usize, const FORM: u8>(
                rows: Rows,
                io: *mut T,
                stride: usize,
                frames: usize,
            ) {
                // SAFETY: the caller's promise.
                unsafe { kernel::run::<$lanes, T, C, NV, D, FORM>(rows, io, stride, frames) }
            }

            pub const TABLE: Table = Table {
                lanes: <$lanes>::W,
                vectors: |width| match width {
                    $($width => &[$($vectors),*],)*
                    _ => &[],
                },
                kernels: |width, vectors| match (width, vectors) {
                    $($(($width, $vectors) => Kernels {
                        f32: entry::<f32, $width, $vectors, $skew, SCALED>,
                        f64: entry::<f64, $width, $vectors, $skew, SCALED>,
                        plain: entry::<f64, $width, $vectors, $skew, PLAIN>,
                        ramp: {
                            // Without a skew, sections need not come together, and pairs are the
                            // fastest.
                            const TOGETHER: usize = match ($skew, $vectors % 2) {
                                (0, 0) => 2,
                                (0, _) => 1,
                                _ => $vectors,
                            };
                            let kernel: Run<f64> = entry::<f64, $width, TOGETHER, $skew, RAMP>;
                            (TOGETHER * <$lanes>::W / $width, kernel)
                        },
                    },)*)*
                    _ => unreachable!("a shape that the table does not list"),
                },
            };
        }
    };
}

table!(portable, Pair, , { 1: [2 4 8] skew 1, 2: [2 4 8 10] skew 0 });
#[cfg(all(target_arch = "x86_64", not(auris_portable)))]
table!(avx2, Four, "avx2,fma", { 1: [1 2 4] skew 1, 2: [1 2 4 5] skew 1, 4: [2 5] skew 0 });
#[cfg(all(target_arch = "x86_64", not(auris_portable)))]
table!(avx512, Eight, "avx2,fma,avx512f,avx512bw,avx512dq,avx512vl", {
    1: [1 2] skew 4, 2: [1 2 3] skew 4, 4: [1 2 3 4] skew 4, 8: [2 6 10] skew 0
});

fn table(level: Level) -> Table {
    #[cfg(all(target_arch = "x86_64", not(auris_portable)))]
    {
        if level.is_avx512() {
            return avx512::TABLE;
        }
        if level.is_avx2() {
            return avx2::TABLE;
        }
    }
    let _ = level;
    portable::TABLE
}

/// The groups for `channels` channels of `sections` sections each.
pub(super) fn shapes(level: Level, channels: usize, sections: usize) -> Vec<Shape> {
    let sections = sections.max(1);
    if level == Level::SCALAR {
        let alone = Shape {
            width: 1,
            used: sections,
            sections,
            passes: 1,
            engine: Engine::Scalar,
        };
        return vec![alone; channels];
    }
    let table = table(level);
    let mut shapes = Vec::new();
    let mut left = channels;
    let mut width = table.lanes;
    while left > 0 {
        while width > left {
            width /= 2;
        }
        shapes.push(shape(&table, width, sections));
        left -= width;
    }
    shapes
}

fn shape(table: &Table, width: usize, sections: usize) -> Shape {
    let choice = (table.vectors)(width);
    let fit = |vectors: usize| vectors * table.lanes / width;
    let most = choice.last().map_or(1, |vectors| fit(*vectors));
    let passes = sections.div_ceil(most);
    let used = sections.div_ceil(passes);
    let vectors = *choice
        .iter()
        .find(|vectors| fit(**vectors) >= used)
        .unwrap_or(&1);
    Shape {
        width,
        used,
        sections: fit(vectors),
        passes,
        engine: Engine::Lanes((table.kernels)(width, vectors)),
    }
}
