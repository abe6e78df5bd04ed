// SPDX-License-Identifier: MPL-2.0
//! One input: what is cached of it is taken, the rest computed in one pass.
use super::Analyze;
use super::arrays::{self, Array, Numbers};
use super::artefact::Artefact;
use super::assemble;
use super::cache::Lookup;
use super::digest;
use super::extract::{CLAP_WINDOWS, What};
use super::key::{self, Basis, Key};
use crate::cli::{ArrayForm, Extractor};
use crate::engine::Failure;
use crate::record::{Analyzed, Origin, Status};
use crate::render::{Draft, Maker, Places, Task, Words, unwritable};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Artefacts of an input.
pub type Artefacts = BTreeMap<What, Artefact>;

impl Maker for Analyze {
    type Record = Analyzed;

    const WORDS: Words = Words {
        command: "analyze",
        doing: "analysing",
        done: "analysed",
        results: "arrays",
    };

    fn files(&self, record: &Analyzed, target: &Path) -> Option<Vec<PathBuf>> {
        let mut files = Vec::new();
        for array in &record.arrays {
            let file = arrays::place(self.settings.arrays, target, &array.name);
            let named = file.strip_prefix(&self.out).unwrap_or(&file);
            if named.to_string_lossy() != array.file {
                return None;
            }
            if !files.contains(&file) {
                files.push(file);
            }
        }
        Some(files)
    }

    fn check(&self, places: &Places, target: &Path, _own: bool) -> Result<(), Failure> {
        if self.settings.arrays == ArrayForm::None {
            return Ok(());
        }
        for name in array_names(self) {
            let path = arrays::place(self.settings.arrays, target, name);
            places.check_file(&path, self.may_replace(&path))?;
        }
        Ok(())
    }

    fn make(&self, task: &Task<'_>, record: &mut Analyzed) -> Result<Vec<Draft>, Failure> {
        let mut artefacts = Artefacts::new();
        let basis = self.identify(task, record)?;
        self.look_up(&basis, record, &mut artefacts);
        let missing = self.settings.extract.iter().map(What::Extracted);
        let missing: Vec<What> = missing
            .filter(|what| !artefacts.contains_key(what))
            .collect();
        if !missing.is_empty() {
            self.compute(task, &basis, missing, record, &mut artefacts)?;
        }
        self.complete(record, &artefacts);
        let mut aggregate = None;
        for (what, artefact) in &mut artefacts {
            let clap = self.clap();
            aggregate = assemble::take(record, *what, artefact, clap.as_ref())?.or(aggregate);
        }
        self.write(task, record, &mut artefacts, aggregate)
    }
}

/// The arrays that may come of what is extracted.
fn array_names(analyze: &Analyze) -> Vec<&'static str> {
    let names = analyze.settings.extract.iter().flat_map(|extractor| {
        let names: &[&str] = match extractor {
            Extractor::Dr | Extractor::Loudness => &[],
            Extractor::Mel => &["mel"],
            Extractor::Mfcc => &["mfcc"],
            Extractor::Descriptors => &["descriptors"],
            Extractor::Clap => &["clap.windows", "clap.aggregate"],
        };
        names.iter().copied()
    });
    names.collect()
}

impl Analyze {
    fn may_replace(&self, path: &Path) -> bool {
        self.overwrite || arrays::is_ours(path)
    }

    pub(super) fn key(&self, what: What, basis: &Basis) -> Key {
        Key::new(what, basis, &self.settings, self.model.as_ref())
    }

    /// Finds out what the input is.
    fn identify(&self, task: &Task<'_>, record: &mut Analyzed) -> Result<Basis, Failure> {
        let plan = task.plan()?;
        let decoders = key::decoders(&plan, task.memory().libav);
        if let Some(path) = task.source.path() {
            let begin = Instant::now();
            record.sha256 = Some(digest::hex(&digest::of_file(path)?));
            record.bytes = task.look.bytes;
            note(record, "hash", begin);
        }
        record.versions = self.versions.clone();
        record.versions.decoders = Some(decoders.clone());
        Ok(Basis {
            input: record.sha256.clone().unwrap_or_default(),
            decoders,
        })
    }

    /// Takes what is cached.
    fn look_up(&self, basis: &Basis, record: &mut Analyzed, artefacts: &mut Artefacts) {
        let Some(cache) = self.cache.as_ref().filter(|_| !basis.input.is_empty()) else {
            return;
        };
        let begin = Instant::now();
        for extractor in self.settings.extract.iter() {
            let what = What::Extracted(extractor);
            match cache.lookup(&self.key(what, basis)) {
                Lookup::Found(artefact) => {
                    artefacts.insert(what, *artefact);
                    record.origins.insert(what.name(), Origin::Cached);
                }
                Lookup::Damaged => {
                    let warning = format!("the cached {} was damaged: computed again", what.name());
                    record.rendering.warnings.push(warning);
                }
                Lookup::Missing => {}
            }
        }
        note(record, "cache", begin);
    }

    /// What is known once all artefacts are there.
    fn complete(&self, record: &mut Analyzed, artefacts: &Artefacts) {
        if let Some(artefact) = artefacts.values().next() {
            record.decoded = Some(artefact.footer.decoded.clone());
        }
        if let Some(decoded) = &record.decoded {
            let (rate, channels) = (Some(decoded.rate), Some(decoded.channels));
            let warnings = decoded.warnings.clone();
            record.rendering.succeed(decoded.frames, rate, channels);
            record.rendering.warnings.extend(warnings);
        }
        if let Some((name, error)) = record.errors.iter().next() {
            let rendering = &mut record.rendering;
            rendering.status = Status::Error;
            rendering.error = Some(format!("{name}: {}", error.message));
            rendering.error_kind = Some(error.kind.clone());
        }
    }

    fn write(
        &self,
        task: &Task<'_>,
        record: &mut Analyzed,
        artefacts: &mut Artefacts,
        aggregate: Option<Vec<f32>>,
    ) -> Result<Vec<Draft>, Failure> {
        let begin = Instant::now();
        let mut all = Vec::new();
        for (what, artefact) in artefacts.iter_mut() {
            let stored = match what {
                What::Extracted(Extractor::Mel) => Array::stored("mel", artefact, "mel"),
                What::Extracted(Extractor::Mfcc) => Array::stored("mfcc", artefact, "mfcc"),
                What::Extracted(Extractor::Descriptors) => {
                    Array::stored("descriptors", artefact, "descriptors")
                }
                What::Extracted(Extractor::Clap) => {
                    Array::stored("clap.windows", artefact, CLAP_WINDOWS)
                }
                _ => None,
            };
            all.extend(stored);
        }
        all.extend(aggregate.map(|numbers| Array {
            name: "clap.aggregate".to_owned(),
            shape: vec![numbers.len() as u64],
            numbers: Numbers::Made(numbers),
        }));
        let target = task.target();
        let (form, sha256) = (self.settings.arrays, record.sha256.as_deref());
        let replace = |path: &Path| self.may_replace(path);
        let written = arrays::write(form, target, &self.out, sha256, &mut all, replace);
        let (drafts, places) = written.map_err(|(path, error)| unwritable(&path, &error))?;
        record.rendering.output = match places.as_slice() {
            [] => None,
            [single] => Some(self.out.join(&single.file).display().to_string()),
            _ => Some(target.display().to_string()),
        };
        record.arrays = places;
        note(record, "write", begin);
        Ok(drafts)
    }
}

/// Takes note of how long a stage took.
pub fn note(record: &mut Analyzed, stage: &str, begin: Instant) {
    let seconds = begin.elapsed().as_secs_f64();
    record.timings.insert(stage.to_owned(), seconds);
}
