// SPDX-License-Identifier: MPL-2.0
//! How channels and sections are dealt out to kernels.
#![allow(unsafe_code)]
use super::kernel;
use super::lanes::{Lanes, Pair, Sample};
use super::rows::Rows;
use super::wide;
use super::work::{PLAIN, RAMP, SCALED, is_padded};
#[cfg(all(target_arch = "x86_64", not(auris_portable)))]
use super::x86::{Eight, Four};
use auris_dsp::simd::Level;

/// Frames from which on a large skew, and the way through scratch where there is one, are worth
/// what they cost per call.
const MANY: usize = 160;

/// A kernel that works in place: rows, samples, stride, frames. Unsafe as [`kernel::run`] is.
pub(super) type Run<T> = unsafe fn(Rows, *mut T, usize, usize);

/// A kernel that reads from one place and writes to another: rows, samples, strides, frames. Unsafe
/// as [`wide::run`] is.
pub(super) type Move<I, O> = unsafe fn(Rows, *const I, *mut O, (usize, usize), usize);

/// The kernels of one shape that read or write f32: all in the scaled form.
#[derive(Clone, Copy)]
pub(super) enum Edges {
    /// In place; for few frames only, where the ones for f64 leave the gain.
    Within(Run<f32>),
    /// Both, one of the two.
    Across {
        both: Move<f32, f32>,
        first: Move<f32, f64>,
        last: Move<f64, f32>,
    },
}

/// The kernels of one shape.
#[derive(Clone, Copy)]
pub(super) struct Kernels {
    pub edges: Edges,
    /// For few frames, and for many.
    scaled: [Run<f64>; 2],
    pub plain: Run<f64>,
    /// On so many sections at a time.
    pub ramp: (usize, Run<f64>),
    /// Whether only the last of them applies the gain.
    pub leaves_gain: bool,
}

impl Kernels {
    /// The one in the scaled form for so many frames.
    pub fn scaled(&self, frames: usize) -> Run<f64> {
        self.scaled[usize::from(frames >= MANY)]
    }

    /// Whether so many frames had better go through scratch.
    pub fn wants_scratch(&self, frames: usize) -> bool {
        self.leaves_gain && frames >= MANY
    }
}

/// What a pass runs on.
#[derive(Clone, Copy)]
pub(super) enum Engine {
    Scalar,
    Lanes(Kernels),
}

/// Some sections of all channels of a group.
#[derive(Clone, Copy)]
pub(super) struct Part {
    /// Sections that are used,
    pub used: usize,
    /// and that there are.
    pub sections: usize,
    pub engine: Engine,
}

/// A group of channels and how its sections are split into passes.
pub(super) struct Shape {
    /// Channels.
    pub width: usize,
    pub parts: Vec<Part>,
}

/// The skew for which the outputs of so many vectors that are waited for fit into registers.
const fn within_registers(vectors: usize, skew: usize) -> usize {
    if vectors > 2 && skew > 4 { 4 } else { skew }
}

/// Lanes of the level, and per width the numbers of vectors that there are kernels for.
struct Table {
    lanes: usize,
    vectors: fn(usize) -> &'static [usize],
    kernels: fn(usize, usize) -> Kernels,
}

macro_rules! table {
    (
        $name:ident, $lanes:ty, $($feature:literal)?,
        { $($width:literal: [$($vectors:literal)*] skew $few:literal $skew:literal),* $(,)? }
        $(wide $whole:literal: [$($many:literal)*])?
    ) => {
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

            $(
                const WHOLE: usize = $whole;

                #[target_feature(enable = $feature)]
                unsafe fn across<I: Sample, O: Sample, const NV: usize, const FORM: u8>(
                    rows: Rows,
                    from: *const I,
                    to: *mut O,
                    strides: (usize, usize),
                    frames: usize,
                ) {
                    // SAFETY: the caller's promise.
                    unsafe { wide::run::<$lanes, I, O, WHOLE, NV, FORM>(rows, from, to, strides, frames) }
                }

                #[target_feature(enable = $feature)]
                unsafe fn within<T: Sample, const NV: usize, const FORM: u8>(
                    rows: Rows,
                    io: *mut T,
                    stride: usize,
                    frames: usize,
                ) {
                    // SAFETY: the caller's promise.
                    unsafe { across::<T, T, NV, FORM>(rows, io, io, (stride, stride), frames) }
                }
            )?

            pub const TABLE: Table = Table {
                lanes: <$lanes>::W,
                vectors: |width| match width {
                    $($width => &[$($vectors),*],)*
                    $($whole => &[$($many),*],)?
                    _ => &[],
                },
                kernels: |width, vectors| match (width, vectors) {
                    $($(($width, $vectors) => Kernels {
                        edges: Edges::Within(entry::<f32, $width, $vectors, $few, SCALED>),
                        scaled: [
                            entry::<f64, $width, $vectors, $few, SCALED>,
                            entry::<f64, $width, $vectors, { within_registers($vectors, $skew) }, SCALED>,
                        ],
                        plain: entry::<f64, $width, $vectors, { within_registers($vectors, $skew) }, PLAIN>,
                        ramp: {
                            // Without a skew, sections need not come together, and pairs are the
                            // fastest.
                            const TOGETHER: usize = match ($skew, $vectors % 2) {
                                (0, 0) => 2,
                                (0, _) => 1,
                                _ => $vectors,
                            };
                            let kernel: Run<f64> = entry::<f64, $width, TOGETHER, $few, RAMP>;
                            (TOGETHER * <$lanes>::W / $width, kernel)
                        },
                        leaves_gain: is_padded::<$lanes, f64, $width>(),
                    },)*)*
                    $($(($whole, $many) => Kernels {
                        edges: Edges::Across {
                            both: across::<f32, f32, $many, SCALED>,
                            first: across::<f32, f64, $many, SCALED>,
                            last: across::<f64, f32, $many, SCALED>,
                        },
                        scaled: [within::<f64, $many, SCALED>; 2],
                        plain: within::<f64, $many, PLAIN>,
                        ramp: (1, entry::<f64, $whole, 1, 0, RAMP>),
                        leaves_gain: false,
                    },)*)?
                    _ => unreachable!("a shape that the table does not list"),
                },
            };
        }
    };
}

table!(portable, Pair, , { 1: [2 4 8] skew 1 1, 2: [2 4 8 10] skew 0 0 });
#[cfg(all(target_arch = "x86_64", not(auris_portable)))]
table!(avx2, Four, "avx2,fma", { 1: [1 2 4] skew 1 1, 2: [1 2 4 5] skew 1 1 } wide 4: [1 2 3]);
#[cfg(all(target_arch = "x86_64", not(auris_portable)))]
table!(avx512, Eight, "avx2,fma,avx512f,avx512bw,avx512dq,avx512vl", {
    1: [1 2] skew 4 6, 2: [1 2 3] skew 4 6, 4: [1 2 3] skew 4 6
} wide 8: [1 2 3 4]);

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
        let part = Part {
            used: sections,
            sections,
            engine: Engine::Scalar,
        };
        let alone = || Shape {
            width: 1,
            parts: vec![part],
        };
        return std::iter::repeat_with(alone).take(channels).collect();
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

/// As few passes as there can be, as alike as they can be.
fn shape(table: &Table, width: usize, sections: usize) -> Shape {
    let choice = (table.vectors)(width);
    let fit = |vectors: usize| vectors * table.lanes / width;
    let most = choice.last().map_or(1, |vectors| fit(*vectors));
    let passes = sections.div_ceil(most);
    let part = |i: usize| {
        let used = sections * (i + 1) / passes - sections * i / passes;
        let vectors = *choice
            .iter()
            .find(|vectors| fit(**vectors) >= used)
            .unwrap_or(&1);
        Part {
            used,
            sections: fit(vectors),
            engine: Engine::Lanes((table.kernels)(width, vectors)),
        }
    };
    Shape {
        width,
        parts: (0..passes).map(part).collect(),
    }
}
