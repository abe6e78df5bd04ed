// SPDX-License-Identifier: MPL-2.0
//! A whole stream in one result: what its results came to; or each part of it whose results are alike.
use super::message::{Shape, Times, Values, set_lists};
use auris_dsp::features::summary::{Summary, Value};

/// The results of a stream, added up.
#[derive(Default)]
pub struct Whole {
    /// Of the first result, with the duration of all.
    times: Option<Times>,
    /// As the latest result had it: results of another shape begin anew.
    shape: Option<Shape>,
    summary: Option<Summary>,
    /// Magnitudes and features of a result, row after row.
    values: Vec<f32>,
    /// Running time at which the latest result ends.
    presented: Option<gst::ClockTime>,
}

/// What is told of results of one shape.
pub struct Part {
    /// `spectrum-summary`.
    pub structure: gst::Structure,
    /// Running time at which it ends.
    pub presented: Option<gst::ClockTime>,
}

impl Whole {
    /// Adds a result; nothing is allocated while their shape stays the same. Where it changes, what was
    /// so far is a part of its own, which is returned.
    pub fn push(&mut self, shape: &Shape, times: &Times, values: &dyn Values) -> Option<Part> {
        let is_other = self.shape.as_ref() != Some(shape);
        let before = is_other.then(|| std::mem::take(self).part()).flatten();
        self.values.clear();
        for row in 0..shape.rows {
            if shape.magnitude {
                self.values.extend_from_slice(values.magnitude(row));
            }
            self.values.extend_from_slice(values.features(row));
        }
        if is_other {
            self.shape = Some(shape.clone());
            self.summary = Some(Summary::new(self.values.len()));
            self.times = None;
        }
        if let Some(summary) = &mut self.summary {
            summary.push(&self.values);
        }
        match &mut self.times {
            Some(first) => first.duration = first.duration.saturating_add(times.duration),
            first => *first = Some(*times),
        }
        self.presented = times.presented();
        before
    }

    /// What it came to; `None` where there was no result.
    pub fn part(self) -> Option<Part> {
        Some(Part {
            structure: self.structure()?,
            presented: self.presented,
        })
    }

    /// The structure `spectrum-summary`.
    fn structure(&self) -> Option<gst::Structure> {
        let (times, shape) = (self.times?, self.shape.as_ref()?);
        let summary = self.summary.as_ref()?;
        let mut s = times.structure("spectrum-summary");
        s.set("results", summary.frames());
        // Phases have no mean.
        let shape = Shape {
            phase: false,
            ..shape.clone()
        };
        let kinds: [(&str, Of); 4] = [
            ("-mean", |value| value.mean as f32),
            ("-deviation", |value| value.deviation() as f32),
            ("-min", |value| value.least),
            ("-max", |value| value.most),
        ];
        for (suffix, of) in kinds {
            let values = summary.values().iter().map(of).collect();
            let statistic = Statistic {
                values,
                rows: shape.rows,
                bands: if shape.magnitude { shape.bands } else { 0 },
            };
            set_lists(&mut s, &shape, &statistic, suffix);
        }
        Some(s)
    }
}

/// One number of what a value came to.
type Of = fn(&Value) -> f32;

/// One number of each value.
struct Statistic {
    values: Vec<f32>,
    rows: usize,
    bands: usize,
}

impl Statistic {
    fn row(&self, row: usize) -> &[f32] {
        let length = self.values.len() / self.rows.max(1);
        let range = row * length..(row + 1) * length;
        self.values.get(range).unwrap_or_default()
    }
}

impl Values for Statistic {
    fn magnitude(&self, row: usize) -> &[f32] {
        self.row(row).get(..self.bands).unwrap_or_default()
    }

    fn phase(&self, _row: usize) -> &[f32] {
        &[]
    }

    fn frequencies(&self) -> Vec<f32> {
        Vec::new()
    }

    fn features(&self, row: usize) -> &[f32] {
        self.row(row).get(self.bands..).unwrap_or_default()
    }
}
