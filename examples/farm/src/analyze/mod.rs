// SPDX-License-Identifier: MPL-2.0
//! `auris-farm analyze`: decodes each input once for everything that is extracted of it.
//!
//! - `settings`: what is asked for, `origin`: by whom.
//! - `job`: one input; `compute`: what is not cached of it; `pipeline`: the one pass; `extract`: what takes part in that.
//! - `artefact`: what comes of one extractor, `key`: what that depends on, `cache`: where it is kept.
//! - `assemble`: the record of all of them, `arrays`: the files beside the manifest.
mod arrays;
mod artefact;
mod assemble;
mod cache;
mod compute;
mod digest;
mod extract;
mod job;
mod key;
mod origin;
mod pipeline;
pub mod settings;

use crate::cli::{AnalyzeArgs, ArrayForm};
use crate::engine::memory::Need;
use crate::record::Versions;
use crate::render::{self, Ending, Setup};
use crate::report::Lines;
use auris_clap::{Labels, Limits, Scheduler};
use cache::Cache;
use extract::Engine;
use key::ModelIdentity;
use settings::{ClapSettings, Line, Settings};
use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;

/// What a manifest begins with, by which it is known again.
const MANIFEST: &[u8] = b"{\"type\":\"audio_manifest_v1\"";
/// Windows of an input that are under way, per thread.
const WINDOWS_PER_THREAD: usize = 2;

/// The command.
struct Analyze {
    settings: Settings,
    /// Where results go.
    out: PathBuf,
    /// Whether files are replaced that this program has not written.
    overwrite: bool,
    cache: Option<Cache>,
    engine: Option<Engine>,
    model: Option<ModelIdentity>,
    labels: Option<Labels>,
    /// What is the same for all inputs.
    versions: Versions,
}

/// Writes the settings and where each comes from.
///
/// # Errors
/// Those of `out`.
pub fn explain(lines: &[Line], out: &mut dyn Write) -> io::Result<()> {
    let width = |of: fn(&Line) -> usize| lines.iter().map(of).max().unwrap_or(0);
    let (names, values) = (width(|l| l.name.len()), width(|l| l.value.chars().count()));
    for Line {
        name,
        value,
        origin,
    } in lines
    {
        writeln!(out, "{name:names$}  {value:values$}  {origin}")?;
    }
    out.flush()
}

/// Runs the command. Success means that every extractor of every input gave a result.
///
/// # Errors
/// What keeps the run from beginning, or its report or manifest from being written.
pub fn run(args: &AnalyzeArgs, settings: Settings) -> Result<ExitCode, Box<dyn Error>> {
    let render = args.render(settings.jobs);
    fs::create_dir_all(&render.out)
        .map_err(|error| format!("--out {}: {error}", render.out.display()))?;
    let name = match render.run.shard {
        Some(shard) => {
            let part = shard.to_string().replace('/', "-of-");
            format!("manifest-{part}.ndjson")
        }
        None => "manifest.ndjson".to_owned(),
    };
    let manifest = render.out.join(name);
    if !render.overwrite && manifest.exists() && !Lines::begins_with(&manifest, MANIFEST) {
        let manifest = manifest.display();
        return Err(format!("{manifest} is no manifest; --overwrite replaces it").into());
    }
    let beside = [&args.config, &args.model, &args.labels];
    let mut beside: Vec<PathBuf> = beside.into_iter().flatten().cloned().collect();
    if let Some(clap) = &settings.clap {
        beside.push(clap.model.clone());
        beside.extend(clap.labels.clone());
    }
    let analyze = Analyze::new(settings, render.out.clone(), render.overwrite)?;
    let ending = arrays::extension(analyze.settings.arrays);
    let setup = Setup {
        args: &render,
        ending: Ending::Behind(ending),
        beside: beside.iter().map(PathBuf::as_path).collect(),
        libav: false,
        held: analyze.held()?,
        fingerprint: analyze.fingerprint(),
    };
    let mut lines = Lines::open(&manifest)?;
    let code = render::run_maker(&analyze, &setup, |record| lines.take(record))?;
    lines.finish()?;
    if let Some(cache) = &analyze.cache {
        cache.tidy();
    }
    Ok(code)
}

impl Analyze {
    fn new(settings: Settings, out: PathBuf, overwrite: bool) -> Result<Self, String> {
        let cache = settings.cache.as_ref().map(Cache::open).transpose()?;
        let opened = settings
            .clap
            .as_ref()
            .map(|clap| open(clap, settings.threads));
        let (engine, model, labels) = match opened.transpose()? {
            Some((engine, model, labels)) => (Some(engine), Some(model), labels),
            None => (None, None, None),
        };
        let versions = Versions {
            auris: env!("CARGO_PKG_VERSION").to_owned(),
            gstreamer: gst::version_string().into(),
            instructions: auris_dsp::simd::Level::best().name().to_owned(),
            decoders: None,
            model_sha256: model.as_ref().map(|model| model.sha256.clone()),
            engine: model.as_ref().map(|model| model.engine.clone()),
        };
        Ok(Analyze {
            settings,
            out,
            overwrite,
            cache,
            engine,
            model,
            labels,
            versions,
        })
    }

    fn clap(&self) -> Option<assemble::Clap<'_>> {
        let settings = self.settings.clap.as_ref()?;
        let labels = self.labels.as_ref();
        Some(assemble::Clap { settings, labels })
    }

    /// What the model takes: its file and as much again, for the threads and for what is tried while it is
    /// loaded.
    fn held(&self) -> io::Result<Need> {
        match &self.settings.clap {
            Some(clap) => Ok(Need::of_bytes(2 * fs::metadata(&clap.model)?.len())),
            None => Ok(Need::NOTHING),
        }
    }

    /// The settings that change what is remembered of an input.
    fn fingerprint(&self) -> String {
        let Settings {
            extract,
            target_rate,
            arrays,
            clap,
            ..
        } = &self.settings;
        let form = match arrays {
            ArrayForm::None => "none",
            form => arrays::extension(*form),
        };
        let clap = clap.as_ref().map(|clap| {
            let labels = clap.labels.as_ref().map(|path| digest::of_file(path).ok());
            let labels = labels.flatten().map(|hash| digest::hex(&hash));
            (clap.cut, clap.aggregate, clap.precision, clap.top_k, labels)
        });
        let versions = &self.versions;
        format!("analyze {extract} rate={target_rate:?} arrays={form} clap={clap:?} {versions:?}")
    }
}

/// Loads a model and what goes with it.
fn open(
    clap: &ClapSettings,
    threads: NonZeroUsize,
) -> Result<(Engine, ModelIdentity, Option<Labels>), String> {
    let told = |error: &dyn std::fmt::Display| format!("model {}: {error}", clap.model.display());
    let sha256 = digest::hex(&digest::of_file(&clap.model).map_err(|error| told(&error))?);
    let expected = clap.sha256.as_ref().unwrap_or(&sha256);
    let engine = auris_clap::Engine::open(&clap.model, clap.precision, Some(expected));
    let engine = engine.map_err(|error| told(&error))?;
    let labels = clap.labels.as_ref().map(|path| {
        let labels = Labels::open(path, engine.dimensions());
        labels.map_err(|error| format!("labels {error}"))
    });
    let labels = labels.transpose()?;
    let scheduler = Scheduler::global();
    let threads = threads.get().min(scheduler.most_threads());
    let positive = |n: usize| NonZeroUsize::new(n).unwrap_or(NonZeroUsize::MIN);
    let identity = ModelIdentity {
        sha256,
        engine: engine.name(),
    };
    let engine = Engine {
        engine,
        limits: Limits {
            threads: positive(threads),
            windows: positive(WINDOWS_PER_THREAD * threads),
            batch: clap.batch,
        },
        cut: clap.cut,
    };
    Ok((engine, identity, labels))
}
