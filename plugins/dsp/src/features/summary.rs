// SPDX-License-Identifier: MPL-2.0
//! A whole stream in a few numbers per value: mean, standard deviation, least and most.

/// Accumulates frames after Welford (Technometrics 4, 1962), which loses nothing to large means.
#[derive(Debug, Clone)]
pub struct Summary {
    frames: u64,
    values: Vec<Value>,
}

/// What one value of a frame came to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Value {
    /// The mean.
    pub mean: f64,
    /// The least; infinite if there was no frame.
    pub least: f32,
    /// The most; −infinite if there was no frame.
    pub most: f32,
    squares: f64,
    frames: u64,
}

const NOTHING: Value = Value {
    mean: 0.0,
    least: f32::INFINITY,
    most: f32::NEG_INFINITY,
    squares: 0.0,
    frames: 0,
};

impl Value {
    /// The standard deviation of the frames, being all there are (divided by their number); 0
    /// before the first.
    pub fn deviation(&self) -> f64 {
        (self.squares / self.frames.max(1) as f64).sqrt()
    }

    /// The frames in which it was a number.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    fn push(&mut self, value: f32) {
        if !value.is_finite() {
            return;
        }
        self.frames += 1;
        let away = f64::from(value) - self.mean;
        self.mean += away / self.frames as f64;
        self.squares += away * (f64::from(value) - self.mean);
        self.least = self.least.min(value);
        self.most = self.most.max(value);
    }
}

impl Summary {
    /// For frames of `length` values.
    pub fn new(length: usize) -> Self {
        Summary {
            frames: 0,
            values: vec![NOTHING; length],
        }
    }

    /// Adds a frame. What is no number, or infinite, is left out.
    pub fn push(&mut self, frame: &[f32]) {
        self.frames += 1;
        for (value, &new) in self.values.iter_mut().zip(frame) {
            value.push(new);
        }
    }

    /// Frames so far.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// What each value came to.
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// Begins anew.
    pub fn reset(&mut self) {
        self.frames = 0;
        self.values.fill(NOTHING);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_what_two_passes_give(values in vec(-1e3f32..1e3, 1..300), offset in -1e4f32..1e4) {
            let values: Vec<f32> = values.iter().map(|x| x + offset).collect();
            let mut summary = Summary::new(1);
            for &value in &values {
                summary.push(&[value]);
            }
            let n = values.len() as f64;
            let mean = values.iter().map(|&x| f64::from(x)).sum::<f64>() / n;
            let squares = values.iter().map(|&x| (f64::from(x) - mean).powi(2));
            let deviation = (squares.sum::<f64>() / n).sqrt();
            let found = summary.values()[0];
            prop_assert!((found.mean - mean).abs() < 1e-9 * mean.abs().max(1.0));
            prop_assert!((found.deviation() - deviation).abs() < 1e-7 * deviation.max(1.0));
            prop_assert_eq!(found.least, values.iter().copied().fold(f32::INFINITY, f32::min));
            prop_assert_eq!(found.most, values.iter().copied().fold(f32::NEG_INFINITY, f32::max));
        }
    }

    #[test]
    fn what_is_no_number_is_left_out() {
        let mut summary = Summary::new(2);
        for frame in [[1.0, f32::NAN], [f32::INFINITY, f32::NAN], [3.0, f32::NAN]] {
            summary.push(&frame);
        }
        assert_eq!(summary.frames(), 3);
        let [one, none] = [summary.values()[0], summary.values()[1]];
        assert_eq!((one.mean, one.deviation(), one.frames()), (2.0, 1.0, 2));
        assert_eq!((none.mean, none.deviation(), none.frames()), (0.0, 0.0, 0));
        summary.reset();
        assert_eq!(summary.values(), [NOTHING; 2]);
    }
}
