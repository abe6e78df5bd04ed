// SPDX-License-Identifier: MPL-2.0
//! The kernel's inner loops: rows of slots, and the sums that go into them.
use crate::multiversion;
use crate::pcm::Sample;

/// Slots per row.
pub(super) const LANES: usize = 16;

/// The sums of squares and the largest magnitudes of as many slots.
#[derive(Clone, Copy)]
#[repr(align(64))]
pub(super) struct Row<S: Sample> {
    pub(super) sum: [S::Sum; LANES],
    pub(super) peak: [S::Magnitude; LANES],
}

impl<S: Sample> Row<S> {
    pub(super) fn is_finite(&self) -> bool {
        self.sum.iter().all(|&sum| S::is_finite(sum))
    }
}

impl<S: Sample> Default for Row<S> {
    fn default() -> Self {
        Row {
            sum: [Default::default(); LANES],
            peak: [Default::default(); LANES],
        }
    }
}

/// The sums of squares of a [`Row`], had the samples been limited to full scale.
#[derive(Clone, Copy)]
#[repr(align(64))]
pub(super) struct LimitedRow<S: Sample> {
    pub(super) sum: [f64; LANES],
    sample: std::marker::PhantomData<S>,
}

impl<S: Sample> LimitedRow<S> {
    /// Adds a sample that is a number.
    #[inline(always)]
    pub(super) fn add(&mut self, lane: usize, raw: S::Raw) {
        let square = S::sum_to_f64(S::square(raw));
        // In this form it is one instruction.
        self.sum[lane] += if square > 1.0 { 1.0 } else { square };
    }
}

impl<S: Sample> Default for LimitedRow<S> {
    fn default() -> Self {
        LimitedRow {
            sum: [0.0; LANES],
            sample: std::marker::PhantomData,
        }
    }
}

/// The limited sums before the first sample that exceeds full scale are the plain ones.
pub(super) fn begin_limited<S: Sample>(limited: &mut [LimitedRow<S>], rows: &[Row<S>]) {
    for (limited, row) in limited.iter_mut().zip(rows) {
        limited.sum = row.sum.map(S::sum_to_f64);
    }
}

multiversion! {
    /// Adds whole rows, beginning with the row `first` of `state`; the largest magnitude among
    /// them. What is no number ends up in the sums.
    pub(super) fn accumulate<S: Sample>(
        samples: &[[S::Raw; LANES]],
        state: &mut [Row<S>],
        first: usize,
    ) -> S::Magnitude = accumulate_rows::<S>
}

multiversion! {
    /// Adds the limited squares of whole rows, all of them numbers, beginning with the row `first`
    /// of `limited`.
    pub(super) fn accumulate_limited<S: Sample>(
        samples: &[[S::Raw; LANES]],
        limited: &mut [LimitedRow<S>],
        first: usize,
    ) = accumulate_limited_rows
}

#[inline(always)]
fn accumulate_limited_rows<S: Sample>(
    samples: &[[S::Raw; LANES]],
    limited: &mut [LimitedRow<S>],
    first: usize,
) {
    if let [only] = limited {
        // Everything stays in registers, as in `accumulate_rows`.
        let mut row = *only;
        for group in samples {
            let group = std::hint::black_box(group);
            for (lane, &raw) in group.iter().enumerate() {
                row.add(lane, raw);
            }
        }
        *only = row;
        return;
    }
    let mut index = first;
    for group in samples {
        let row = &mut limited[index];
        for (lane, &raw) in group.iter().enumerate() {
            row.add(lane, raw);
        }
        index += 1;
        if index == limited.len() {
            index = 0;
        }
    }
}

#[inline(always)]
fn accumulate_rows<S: Sample>(
    samples: &[[S::Raw; LANES]],
    state: &mut [Row<S>],
    first: usize,
) -> S::Magnitude {
    let mut loudest = [S::Magnitude::default(); LANES];
    if let [only] = state {
        // 1, 2, 4, 8 or 16 channels: everything stays in registers.
        let mut sum = only.sum;
        for group in samples {
            // One row at a time: left alone, the compiler takes several and shuffles their samples.
            let group = std::hint::black_box(group);
            for (lane, &raw) in group.iter().enumerate() {
                sum[lane] += S::square(raw);
                loudest[lane] = S::larger(loudest[lane], S::magnitude(raw));
            }
        }
        only.sum = sum;
        for (peak, &loudest) in only.peak.iter_mut().zip(&loudest) {
            *peak = S::larger(*peak, loudest);
        }
    } else {
        let mut index = first;
        for group in samples {
            let row = &mut state[index];
            for (lane, &raw) in group.iter().enumerate() {
                let magnitude = S::magnitude(raw);
                row.sum[lane] += S::square(raw);
                row.peak[lane] = S::larger(row.peak[lane], magnitude);
                if S::FLOAT {
                    loudest[lane] = S::larger(loudest[lane], magnitude);
                }
            }
            index += 1;
            if index == state.len() {
                index = 0;
            }
        }
    }
    loudest.into_iter().fold(S::Magnitude::default(), S::larger)
}
