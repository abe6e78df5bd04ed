// SPDX-License-Identifier: MPL-2.0
//! The latest result, for those who poll.
use super::message::{Shape, Times, Values, structure};

/// Values of a result, in memory that is kept.
#[derive(Debug, Default)]
pub struct Latest {
    result: Option<(Shape, Times)>,
    magnitudes: Vec<f32>,
    phases: Vec<f32>,
    features: Vec<f32>,
    frequencies: Vec<f32>,
}

impl Latest {
    /// Takes note of a result; nothing is allocated while its shape stays the same.
    pub fn set(&mut self, shape: &Shape, times: &Times, values: &dyn Values) {
        match &mut self.result {
            Some((before, then)) if before == shape => *then = *times,
            result => {
                *result = Some((shape.clone(), *times));
                self.frequencies = values.frequencies();
            }
        }
        self.magnitudes.clear();
        self.phases.clear();
        self.features.clear();
        for row in 0..shape.rows {
            if shape.magnitude {
                self.magnitudes.extend_from_slice(values.magnitude(row));
            }
            if shape.phase {
                self.phases.extend_from_slice(values.phase(row));
            }
            self.features.extend_from_slice(values.features(row));
        }
    }

    pub fn structure(&self) -> Option<gst::Structure> {
        let (shape, times) = self.result.as_ref()?;
        Some(structure(shape, times, self, true))
    }

    /// Of as many rows as there are, one.
    fn row<'a>(&self, rows: &'a [f32], row: usize) -> &'a [f32] {
        let count = self.result.as_ref().map_or(1, |(shape, _)| shape.rows);
        let length = rows.len() / count.max(1);
        rows.get(row * length..(row + 1) * length)
            .unwrap_or_default()
    }
}

impl Values for Latest {
    fn magnitude(&self, row: usize) -> &[f32] {
        self.row(&self.magnitudes, row)
    }

    fn phase(&self, row: usize) -> &[f32] {
        self.row(&self.phases, row)
    }

    fn frequencies(&self) -> Vec<f32> {
        self.frequencies.clone()
    }

    fn features(&self, row: usize) -> &[f32] {
        self.row(&self.features, row)
    }
}
