// SPDX-License-Identifier: MPL-2.0
//! Vectors of length 1.

/// Gives numbers the length 1. False, and they are as they were, if they are zero or not finite.
pub(crate) fn to_unit_length(numbers: &mut [f32]) -> bool {
    let square = |x: &f32| f64::from(*x) * f64::from(*x);
    let factor = 1.0 / numbers.iter().map(square).sum::<f64>().sqrt();
    if factor.is_normal() {
        let numbers = numbers.iter_mut();
        numbers.for_each(|x| *x = (f64::from(*x) * factor) as f32);
    }
    factor.is_normal()
}
