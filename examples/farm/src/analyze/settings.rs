// SPDX-License-Identifier: MPL-2.0
//! The settings of a run, and where each comes from: a flag, else the environment, else a file, else here.
use super::origin::Layers;
use crate::cli::{
    AggregateArg, AnalyzeArgs, ArrayForm, DEFAULT_JOBS_LIMIT, Extract, Extractor, Hertz, Hours,
    PrecisionArg, Seconds, Sha256Hex,
};
use auris_clap::{Cut, RATE, WINDOW};
use std::num::NonZeroUsize;
use std::path::PathBuf;

pub use super::origin::{Line, Origin};

/// What a run does.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What is extracted.
    pub extract: Extract,
    /// Sample rate of features in Hz; `None` for that of each input.
    pub target_rate: Option<u32>,
    /// Form of the arrays.
    pub arrays: ArrayForm,
    /// Threads of the CLAP engine.
    pub threads: NonZeroUsize,
    /// Inputs at the same time.
    pub jobs: NonZeroUsize,
    /// The CLAP model, where one is wanted.
    pub clap: Option<ClapSettings>,
    /// The cache, where there is one.
    pub cache: Option<CacheSettings>,
}

/// How embeddings are made.
#[derive(Debug, Clone)]
pub struct ClapSettings {
    /// File of the model.
    pub model: PathBuf,
    /// What it must be.
    pub sha256: Option<String>,
    /// What it is computed in.
    pub precision: auris_clap::Precision,
    /// Windows in a batch.
    pub batch: NonZeroUsize,
    /// File of labels.
    pub labels: Option<PathBuf>,
    /// Labels per segment.
    pub top_k: usize,
    /// Segments.
    pub cut: Cut,
    /// How they become one.
    pub aggregate: AggregateArg,
}

/// Where computed things are kept.
#[derive(Debug, Clone, PartialEq)]
pub struct CacheSettings {
    /// The folder.
    pub dir: PathBuf,
    /// Seconds that they count.
    pub ttl: Option<f64>,
    /// Most bytes of them.
    pub most: Option<u64>,
    /// Whether audio is kept as well.
    pub audio: bool,
}

/// Reads what is set, and where.
///
/// # Errors
/// A sentence that names the setting and its place.
pub fn resolve(args: &AnalyzeArgs) -> Result<(Settings, Vec<Line>), String> {
    let mut layers = Layers::new(args.config.as_deref(), |name| std::env::var_os(name))?;
    let settings = read(args, &mut layers)?;
    Ok((settings, layers.finish()?))
}

/// The same from layers that are already there.
///
/// # Errors
/// As [`resolve`].
pub fn read(args: &AnalyzeArgs, layers: &mut Layers) -> Result<Settings, String> {
    let model = layers.optional::<PathBuf>("model", None, args.model.clone())?;
    let extract = layers.value(
        "extract",
        None,
        args.extract.clone(),
        Extract::all(model.is_some()),
    )?;
    let target_rate = layers.value(
        "target-rate",
        Some("AUDIO_TARGET_SR"),
        args.target_rate,
        Hertz(RATE as u32),
    )?;
    let arrays = layers.value("arrays", None, args.arrays, ArrayForm::Safetensors)?;
    let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let threads = layers.value("threads", Some("PERF_THREADS"), args.threads, cores)?;
    let most_jobs = NonZeroUsize::new(DEFAULT_JOBS_LIMIT).unwrap_or(threads);
    let jobs = layers.value("jobs", None, args.run.jobs, threads.min(most_jobs))?;
    let clap = clap(args, layers, model, extract.has(Extractor::Clap))?;
    let cache = cache(args, layers)?;
    Ok(Settings {
        extract,
        target_rate: (target_rate.0 > 0).then_some(target_rate.0),
        arrays,
        threads,
        jobs,
        clap,
        cache,
    })
}

fn clap(
    args: &AnalyzeArgs,
    layers: &mut Layers,
    model: Option<PathBuf>,
    wanted: bool,
) -> Result<Option<ClapSettings>, String> {
    let sha256 = layers.optional::<Sha256Hex>("model-sha256", None, args.model_sha256.clone())?;
    let amp = layers.value("amp", Some("CLAP_ENABLE_AMP"), None, false)?;
    let usual = if amp {
        PrecisionArg::Bf16
    } else {
        PrecisionArg::F32
    };
    let precision = layers.value("precision", None, args.precision, usual)?;
    let batch = layers.value(
        "max-batch-seconds",
        Some("CLAP_MAX_BATCH_AUDIO_SECONDS"),
        args.max_batch_seconds,
        Seconds(160.0),
    )?;
    let labels = layers.optional::<PathBuf>("labels", None, args.labels.clone())?;
    let top_k = layers.value("top-k", None, args.top_k, 5)?;
    let window = layers.value(
        "segment-window",
        Some("SEGMENT_WINDOW_SECONDS"),
        args.segment_window,
        Seconds(WINDOW as f64 / RATE as f64),
    )?;
    let hop = layers.value(
        "segment-hop",
        Some("SEGMENT_HOP_SECONDS"),
        args.segment_hop,
        Seconds(0.0),
    )?;
    let aggregate = layers.value(
        "aggregate",
        Some("SEGMENT_AGGREGATE_MODE"),
        args.aggregate,
        AggregateArg::Mean,
    )?;
    let cut = cut(window, hop)?;
    if !wanted {
        return Ok(None);
    }
    let model =
        model.ok_or("clap needs a model: name one with --model, or leave it out of --extract")?;
    let batch = (batch.0 * RATE as f64 / cut.window.get() as f64) as usize;
    Ok(Some(ClapSettings {
        model,
        sha256: sha256.map(|digits| digits.0),
        precision: match precision {
            PrecisionArg::F32 => auris_clap::Precision::F32,
            PrecisionArg::Bf16 => auris_clap::Precision::Bf16,
            PrecisionArg::Int8 => auris_clap::Precision::Int8,
        },
        batch: NonZeroUsize::new(batch).unwrap_or(NonZeroUsize::MIN),
        labels,
        top_k: top_k as usize,
        cut,
        aggregate,
    }))
}

/// Shortest segment, and least distance between two: a tenth of a second, and the hop of the model's frames.
const SHORTEST: f64 = 0.1;
const LEAST_HOP: f64 = auris_clap::HOP as f64 / RATE as f64;

fn cut(window: Seconds, hop: Seconds) -> Result<Cut, String> {
    let longest = WINDOW as f64 / RATE as f64;
    if !(SHORTEST..=longest).contains(&window.0) {
        let seconds = window.0;
        return Err(format!(
            "segment-window is {seconds} s: the model takes {SHORTEST} to {longest} s"
        ));
    }
    if hop.0 != 0.0 && hop.0 < LEAST_HOP {
        return Err(format!(
            "segment-hop is {} s: write 0 for that of the segment, or {LEAST_HOP} s or more",
            hop.0
        ));
    }
    let samples = |seconds: f64| NonZeroUsize::new((seconds * RATE as f64).round() as usize);
    let window = samples(window.0).unwrap_or(NonZeroUsize::MIN);
    Ok(Cut {
        window,
        hop: samples(hop.0).unwrap_or(window),
        padding: auris_clap::Padding::default(),
        tail: auris_clap::Tail::default(),
    })
}

fn cache(args: &AnalyzeArgs, layers: &mut Layers) -> Result<Option<CacheSettings>, String> {
    let dir = layers.optional::<PathBuf>("cache", Some("CACHE_DIR"), args.cache.clone())?;
    // A folder on the command line is asked for, whatever the environment says.
    let asked = match (args.no_cache, &args.cache) {
        (true, _) => Some(false),
        (false, Some(_)) => Some(true),
        (false, None) => None,
    };
    let enabled = layers.value("cache-enabled", Some("CACHE_ENABLED"), asked, true)?;
    let ttl = layers.value(
        "cache-ttl",
        Some("CACHE_TTL_HOURS"),
        args.cache_ttl,
        Hours(0.0),
    )?;
    let most = layers.value("cache-max-mb", None, args.cache_max_mb, 0)?;
    let audio = args.cache_audio.then_some(true);
    let audio = layers.value("cache-audio", None, audio, false)?;
    Ok(dir.filter(|_| enabled).map(|dir| CacheSettings {
        dir,
        ttl: (ttl.0 > 0.0).then_some(ttl.0 * 3600.0),
        most: (most > 0).then_some(most.saturating_mul(1 << 20)),
        audio,
    }))
}

#[cfg(test)]
mod tests;
