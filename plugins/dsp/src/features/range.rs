// SPDX-License-Identifier: MPL-2.0
//! Limits that only the end of a stream can set.

/// Raises the values `of` each frame of `length` values to no less than `range` below the largest
/// of them in all frames: librosa's `top_db` if they are decibels. Values that are no number stay.
pub fn limit_range(frames: &mut [f32], length: usize, of: std::ops::Range<usize>, range: f32) {
    let length = length.max(1);
    let of = of.start.min(length)..of.end.clamp(of.start.min(length), length);
    let values = frames
        .chunks_exact(length)
        .flat_map(|frame| &frame[of.clone()]);
    let floor = values.fold(f32::NEG_INFINITY, |most, &x| most.max(x)) - range;
    for frame in frames.chunks_exact_mut(length) {
        for value in &mut frame[of.clone()] {
            if *value < floor {
                *value = floor;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::limit_range;

    #[test]
    fn only_what_was_named_is_limited() {
        let mut frames = [-90.0, -1.0, 7.0, -3.0, f32::NAN, 8.0, -200.0];
        limit_range(&mut frames, 3, 0..2, 80.0);
        assert_eq!(frames[..4], [-81.0, -1.0, 7.0, -3.0]);
        assert!(frames[4].is_nan());
        // What is no whole frame stays.
        assert_eq!(frames[5..], [8.0, -200.0]);
        limit_range(&mut frames, 0, 5..7, 80.0);
        limit_range(&mut [], 3, 0..3, 80.0);
    }
}
