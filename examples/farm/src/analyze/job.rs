// SPDX-License-Identifier: MPL-2.0
//! One input: what is cached of it is taken, the rest computed in one pass.
use super::arrays::{self, Array, Numbers};
use super::artefact::{Artefact, Storage, Writer};
use super::assemble;
use super::cache::Lookup;
use super::digest;
use super::extract::{CLAP_WINDOWS, Extracted, Product, Recipe, Sheet, What};
use super::key::{self, Basis, Key};
use super::{Analyze, pipeline};
use crate::cli::{ArrayForm, Extractor};
use crate::engine::memory::Need;
use crate::engine::{Failure, Kind};
use crate::record::{Analyzed, Decoded, ExtractorError, Origin, Status};
use crate::render::{Draft, Maker, Places, Task, Words, unwritable};
use auris_clap::RATE;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use tempfile::spooled_tempfile_in;

/// Of an artefact that is not cached, so many bytes are held in memory.
const SPOOL: usize = 1 << 20;
/// What a transform and its tables take, and the audio that windows are cut of.
const FEATURES: u64 = 4 << 20;
const WINDOWS: u64 = 8 << 20;
/// A window under way: its spectrogram.
const WINDOW: u64 = 300 << 10;

/// Artefacts of an input.
type Artefacts = BTreeMap<What, Artefact>;

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

    fn check(&self, places: &Places, target: &Path) -> Result<(), Failure> {
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

    fn key(&self, what: What, basis: &Basis) -> Key {
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

    /// The audio that was cached, where it is enough for all that is missing.
    fn cached_audio(&self, basis: &Basis, missing: &[What]) -> Option<Box<Artefact>> {
        let cache = self.cache.as_ref().filter(|_| !basis.input.is_empty())?;
        let needs_channels = |what: &What| {
            let what = *what;
            what == What::Extracted(Extractor::Dr) || what == What::Extracted(Extractor::Loudness)
        };
        if missing.iter().any(needs_channels) {
            return None;
        }
        let Lookup::Found(audio) = cache.lookup(&self.key(What::Audio, basis)) else {
            return None;
        };
        // Features may be wanted at another rate.
        let rate = self.settings.target_rate;
        let rate = rate.unwrap_or(audio.footer.decoded.rate);
        let embeds = |what: &What| *what == What::Extracted(Extractor::Clap);
        (rate == RATE as u32 || missing.iter().all(embeds)).then_some(audio)
    }

    fn compute(
        &self,
        task: &Task<'_>,
        basis: &Basis,
        mut missing: Vec<What>,
        record: &mut Analyzed,
        artefacts: &mut Artefacts,
    ) -> Result<(), Failure> {
        let begin = Instant::now();
        let audio = self.cached_audio(basis, &missing);
        let (extracted, decoded) = match audio {
            Some(mut audio) => {
                record.origins.insert(What::Audio.name(), Origin::Cached);
                let recipe = self.recipe(task, basis, &missing)?;
                let _reserved = task.memory().reserve(self.need(Need::NOTHING))?;
                pipeline::run_audio(&mut audio, task.limits(), recipe)?
            }
            None => {
                if self.keeps_audio(basis) {
                    missing.push(What::Audio);
                }
                let recipe = self.recipe(task, basis, &missing)?;
                let facts = task.look.facts.as_ref();
                task.decode(
                    |need| self.need(need),
                    |decode| pipeline::run(&decode, facts, recipe),
                )?
            }
        };
        let Extracted { products, times } = extracted;
        let mut rest = begin.elapsed();
        for (stage, time) in times {
            rest = rest.saturating_sub(time);
            record.timings.insert(stage.to_owned(), time.as_secs_f64());
        }
        record
            .timings
            .insert("decode".to_owned(), rest.as_secs_f64());
        // Nothing is kept of a file that was another one in the end.
        task.check_unchanged()?;
        let begin = Instant::now();
        for product in products {
            let what = product.what;
            match self.keep(product, basis, &decoded) {
                Ok(artefact) if what != What::Audio => {
                    artefacts.insert(what, artefact);
                    record.origins.insert(what.name(), Origin::Computed);
                }
                Ok(_) => {
                    record.origins.insert(what.name(), Origin::Computed);
                }
                Err(failure) if what == What::Audio => {
                    let warning = format!("the audio was not cached: {failure}");
                    record.rendering.warnings.push(warning);
                }
                Err(failure) => {
                    let error = ExtractorError {
                        kind: failure.kind.name().to_owned(),
                        message: failure.message,
                    };
                    record.errors.insert(what.name(), error);
                }
            }
        }
        note(record, "store", begin);
        // Where every extractor failed, there is no artefact to say so.
        record.decoded = Some(decoded);
        Ok(())
    }

    fn keeps_audio(&self, basis: &Basis) -> bool {
        let asked = self
            .settings
            .cache
            .as_ref()
            .is_some_and(|cache| cache.audio);
        let cache = self
            .cache
            .as_ref()
            .filter(|_| asked && !basis.input.is_empty());
        cache.is_some_and(|cache| {
            !matches!(
                cache.lookup(&self.key(What::Audio, basis)),
                Lookup::Found(_)
            )
        })
    }

    fn recipe(&self, task: &Task<'_>, basis: &Basis, wanted: &[What]) -> Result<Recipe, Failure> {
        let sheets = wanted.iter().map(|&what| {
            let storage = match self.cache.as_ref().filter(|_| !basis.input.is_empty()) {
                Some(cache) => cache.draft(),
                None => Ok(Storage::Passing(spooled_tempfile_in(SPOOL, &self.out))),
            };
            let writer = storage.and_then(Writer::new);
            let writer = writer.map_err(|error| unwritable(task.target(), &error))?;
            Ok(Sheet { what, writer })
        });
        Ok(Recipe {
            sheets: sheets.collect::<Result<_, Failure>>()?,
            target_rate: self.settings.target_rate,
            clap: self.engine.clone(),
        })
    }

    fn need(&self, need: Need) -> Need {
        let spools = (self.settings.extract.iter().count() * SPOOL) as u64;
        let windows = self.engine.as_ref().map_or(0, |engine| {
            WINDOWS + WINDOW * engine.limits.windows.get() as u64
        });
        need.with_bytes(FEATURES + spools + windows)
    }

    /// Completes an artefact, and caches it.
    fn keep(
        &self,
        product: Product,
        basis: &Basis,
        decoded: &Decoded,
    ) -> Result<Artefact, Failure> {
        let result = product.result?;
        let key = self.key(product.what, basis);
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.map_or(0, |now| now.as_secs());
        let told =
            |error: std::io::Error| Failure::new(Kind::Io, format!("cannot be kept: {error}"));
        let made = product.writer.finish(&key.text, now, decoded, result);
        let mut artefact = made.map_err(told)?;
        if let Some(cache) = &self.cache {
            cache.store(&key, &mut artefact).map_err(told)?;
        }
        Ok(artefact)
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

fn note(record: &mut Analyzed, stage: &str, begin: Instant) {
    let seconds = begin.elapsed().as_secs_f64();
    record.timings.insert(stage.to_owned(), seconds);
}
