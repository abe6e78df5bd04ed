// SPDX-License-Identifier: MPL-2.0
//! Commands whose inputs become one file each.
use super::{Draft, Maker, Places, Task, Words};
use crate::engine::Failure;
use crate::integrity::Facts;
use crate::record::Rendered;
use crate::report::Row;
use std::path::{Path, PathBuf};

/// What a command makes of an input.
pub trait Renderer: Sync {
    /// What is said of it.
    type Record: Row;
    /// What is decided before anything is written.
    type Form;
    /// What there is to say of a result.
    type Product;

    /// How it is spoken of.
    const WORDS: Words;

    /// The form of the result of an input of these facts.
    ///
    /// # Errors
    /// There can be none.
    fn form(&self, facts: Option<&Facts>) -> Result<Self::Form, Failure>;

    /// Writes the result.
    ///
    /// # Errors
    /// Why there is none.
    fn render(
        &self,
        task: &Task<'_>,
        form: &Self::Form,
        draft: &mut Draft,
        warnings: &mut Vec<String>,
    ) -> Result<Self::Product, Failure>;

    /// Completes the record of a result of so many bytes.
    fn describe(
        &self,
        record: &mut Self::Record,
        form: Self::Form,
        product: Self::Product,
        bytes: u64,
    );
}

/// Such a command as one whose inputs may become more.
pub struct Single<'a, R> {
    pub renderer: &'a R,
    /// Whether a result that exists is replaced.
    pub overwrite: bool,
}

impl<R: Renderer> Maker for Single<'_, R> {
    type Record = R::Record;

    const WORDS: Words = R::WORDS;

    fn files(&self, record: &R::Record, target: &Path) -> Option<Vec<PathBuf>> {
        let output = record.rendering().output.as_deref();
        (output == Some(&*target.to_string_lossy())).then(|| vec![target.to_owned()])
    }

    fn check(&self, places: &Places, target: &Path, own: bool) -> Result<(), Failure> {
        places.check_file(target, self.overwrite || own)
    }

    fn make(&self, task: &Task<'_>, record: &mut R::Record) -> Result<Vec<Draft>, Failure> {
        let form = self.renderer.form(task.look.facts.as_ref())?;
        let unwritable = |error| task.unwritable(&error);
        let draft = Draft::begin(task.target(), self.overwrite).map_err(unwritable)?;
        let mut draft = draft.replacing(task.own);
        let warnings = &mut record.rendering_mut().warnings;
        let product = self.renderer.render(task, &form, &mut draft, warnings)?;
        let complete = draft.sync().map_err(unwritable)?;
        self.renderer
            .describe(record, form, product, complete.len());
        Ok(vec![draft])
    }
}
