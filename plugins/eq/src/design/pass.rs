// SPDX-License-Identifier: MPL-2.0
//! The sections of low and high passes.
use crate::band::{Alignment, Band};
use std::f64::consts::{PI, SQRT_2};

/// One section of a low or high pass.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Stage {
    /// One real pole.
    First,
    /// Two poles of this Q.
    Second(f64),
    /// Two poles of the Q of the band's width times this.
    Given(f64),
}

/// Order that counts, 1–16.
fn order(band: &Band) -> usize {
    let order = usize::from(band.order.clamp(1, 16));
    match band.alignment {
        Alignment::LinkwitzRiley => order.next_multiple_of(2),
        Alignment::Butterworth | Alignment::Resonant => order,
    }
}

/// Sections of second order that it takes, one of first order counted as such.
pub(super) fn count(band: &Band) -> usize {
    order(band).div_ceil(2)
}

/// Q of the `k`th pair of poles, 1 the sharpest, of a Butterworth filter.
fn butterworth(order: usize, k: usize) -> f64 {
    0.5 / (PI * (2 * k - 1) as f64 / (2 * order) as f64).sin()
}

/// Section `i` of [`count`], the sharpest last: what comes before it has taken away most of what
/// it could ring on.
pub(super) fn stage(band: &Band, i: usize) -> Stage {
    let (order, left) = (order(band), count(band) - i);
    match band.alignment {
        Alignment::LinkwitzRiley => match order / 2 {
            // Twice the pole of first order.
            half if half % 2 == 1 && i == 0 => Stage::Second(0.5),
            half => Stage::Second(butterworth(half, left.div_ceil(2))),
        },
        _ if order % 2 == 1 && i == 0 => Stage::First,
        Alignment::Resonant if left == 1 => Stage::Given(SQRT_2 * butterworth(order, 1)),
        _ => Stage::Second(butterworth(order, left)),
    }
}
