// SPDX-License-Identifier: MPL-2.0
//! Mel spectra, cepstra and descriptors, of one transform.
use super::{Mono, Product, Sheet, What};
use crate::cli::Extractor;
use crate::engine::{Failure, Kind};
use crate::record::{Column, Features};
use auris_dsp::features::presets::{FrontEnd, Plan, Preset};
use auris_dsp::features::summary::{Summary, Value};
use auris_dsp::features::{Feature, FeatureSet};
use std::ops::Range;

/// Whose definitions are followed.
pub const PRESET: Preset = Preset::Librosa;

/// What is computed frame by frame.
pub struct Frames {
    front_end: FrontEnd,
    parts: Vec<Part>,
    rate: u32,
    frame: usize,
    hop: usize,
}

/// What goes to one sheet.
struct Part {
    sheet: Sheet,
    /// Its values in those of a frame.
    values: Range<usize>,
    columns: Vec<Column>,
    summary: Summary,
}

/// The features that an extractor stands for.
fn features_of(what: What) -> FeatureSet {
    let single = |feature| FeatureSet::NONE.with(feature);
    match what {
        What::Extracted(Extractor::Mel) => single(Feature::Mel),
        What::Extracted(Extractor::Mfcc) => single(Feature::Mfcc),
        What::Extracted(Extractor::Descriptors) => {
            let tables = [Feature::Mel, Feature::Mfcc];
            let all = Feature::ALL.into_iter();
            all.filter(|feature| !tables.contains(feature)).collect()
        }
        _ => FeatureSet::NONE,
    }
}

impl Frames {
    /// Those of all sheets, at a sample rate.
    ///
    /// # Errors
    /// The products of sheets that cannot be.
    pub fn new(sheets: Vec<Sheet>, rate: u32) -> Result<Self, Vec<Product>> {
        let wanted = sheets.iter().flat_map(|sheet| {
            let set = features_of(sheet.what);
            Feature::ALL.into_iter().filter(move |&f| set.has(f))
        });
        let made = PRESET
            .plan(rate, 1, wanted.collect())
            .and_then(|plan: Plan| {
                let sizes = (plan.stft.size, plan.stft.hop);
                Ok((FrontEnd::new(plan)?, sizes))
            });
        match made {
            Ok((front_end, (frame, hop))) => {
                let parts = sheets.into_iter().map(|sheet| Part::new(sheet, &front_end));
                Ok(Frames {
                    parts: parts.collect(),
                    front_end,
                    rate,
                    frame,
                    hop,
                })
            }
            Err(why) => {
                let failed = sheets.into_iter().map(|sheet| {
                    let failure = Failure::new(Kind::Unsupported, why.clone());
                    sheet.done(Err(failure))
                });
                Err(failed.collect())
            }
        }
    }
}

impl Part {
    fn new(mut sheet: Sheet, front_end: &FrontEnd) -> Self {
        let set = features_of(sheet.what);
        let mine = || {
            let outputs = front_end.outputs().iter();
            outputs.filter(|output| set.has(output.feature))
        };
        // In the order of a frame's values, descriptors follow each other.
        let begin = mine().map(|output| output.offset).min().unwrap_or(0);
        let end = mine().map(|output| output.offset + output.length).max();
        let values = begin..end.unwrap_or(begin);
        sheet.writer.begin(&sheet.what.name(), Some(values.len()));
        let columns = mine().map(|output| Column {
            name: output.feature.name().to_owned(),
            length: output.length,
        });
        Part {
            columns: columns.collect(),
            summary: Summary::new(values.len()),
            values,
            sheet,
        }
    }
}

fn take(parts: &mut [Part], values: &[f32]) {
    for part in parts {
        let mine = &values[part.values.clone()];
        part.sheet.writer.push(mine);
        part.summary.push(mine);
    }
}

impl Mono for Frames {
    fn push(&mut self, samples: &[f32]) {
        let parts = &mut self.parts;
        self.front_end
            .push(&[samples], &mut |frame| take(parts, frame.values(0)));
    }

    fn finish(mut self: Box<Self>) -> Vec<Product> {
        let parts = &mut self.parts;
        self.front_end
            .finish(&mut |frame| take(parts, frame.values(0)));
        let (rate, frame, hop) = (self.rate, self.frame, self.hop);
        let parts = self.parts.into_iter();
        let products = parts.map(|part| {
            let of = |statistic: fn(&Value) -> f64| {
                let values = part.summary.values().iter();
                let numbers = values.map(|value| (value.frames() > 0).then(|| statistic(value)));
                numbers.collect()
            };
            let features = Features {
                preset: PRESET.name().to_owned(),
                rate,
                frame,
                hop,
                frames: part.summary.frames(),
                mean: of(|value| value.mean),
                deviation: of(Value::deviation),
                least: of(|value| f64::from(value.least)),
                most: of(|value| f64::from(value.most)),
                columns: part.columns,
            };
            let result = serde_json::to_value(features).map_err(Failure::internal);
            part.sheet.done(result)
        });
        products.collect()
    }
}
