// SPDX-License-Identifier: MPL-2.0
//! What is not cached of an input, computed in one pass.
use super::artefact::{Artefact, Storage, Writer};
use super::cache::Lookup;
use super::extract::{Extracted, Product, Recipe, Sheet, What};
use super::job::{Artefacts, note};
use super::key::Basis;
use super::{Analyze, pipeline};
use crate::cli::Extractor;
use crate::engine::memory::Need;
use crate::engine::{Failure, Kind};
use crate::record::{Analyzed, Decoded, ExtractorError, Origin};
use crate::render::{Task, unwritable};
use auris_clap::RATE;
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use tempfile::spooled_tempfile_in;

/// Of an artefact that is not cached, so many bytes are held in memory.
const SPOOL: usize = 1 << 20;
/// What a transform and its tables take, and the audio that windows are cut of.
const FEATURES: u64 = 4 << 20;
const WINDOWS: u64 = 8 << 20;
/// A window under way: its spectrogram.
const WINDOW: u64 = 300 << 10;

impl Analyze {
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

    /// Computes what is missing.
    ///
    /// # Errors
    /// Why nothing can be trusted that came of it.
    pub(super) fn compute(
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
            let writer = storage.and_then(Writer::new).map(Box::new);
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
}
