// SPDX-License-Identifier: MPL-2.0
//! The audio itself, for those who come later.
use super::{Mono, Product, Sheet};

/// The name of its array.
pub const NAME: &str = "audio";

/// Writes what comes.
pub struct Audio(Sheet);

impl Audio {
    pub fn new(mut sheet: Sheet) -> Self {
        sheet.writer.begin(NAME, None);
        Audio(sheet)
    }
}

impl Mono for Audio {
    fn push(&mut self, samples: &[f32]) {
        self.0.writer.push(samples);
    }

    fn finish(self: Box<Self>) -> Vec<Product> {
        vec![self.0.done(Ok(serde_json::Value::Null))]
    }
}
