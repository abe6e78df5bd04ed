// SPDX-License-Identifier: MPL-2.0
//! One input from its path to its record.
use super::pipeline::{Asked, Outcome};
use super::track;
use super::work::Work;
use crate::cli::Verify;
use crate::engine::memory::Memory;
use crate::engine::open::Opened;
use crate::engine::pipeline::{self, Limits};
use crate::engine::pool::Pool;
use crate::engine::source::{self, Decoded};
use crate::engine::turns::Turns;
use crate::engine::{Failure, Kind, Plan};
use crate::inputs::{Input, Source};
use crate::integrity::{self, Codec, Facts, Length};
use crate::record::{Format, Track};
use auris_dsp::decibel;
use auris_dsp::dr14::Options;
use auris_support::layout;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};

/// Settings of a run.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What the meter is asked for.
    pub asked: Asked,
    /// How results are evaluated; `lfe` is filled in per input.
    pub options: Options,
    /// When a FLAC file's MD5 is compared.
    pub verify: Verify,
    /// Seconds per input; 0 for no limit.
    pub timeout: u32,
    /// Whether idle workers may share a long input.
    pub split: bool,
    /// Whether to say on standard error what is done.
    pub verbose: bool,
}

/// What all jobs share.
pub struct Context {
    /// The settings.
    pub settings: Settings,
    /// The budget.
    pub memory: Memory,
    /// The workers.
    pub pool: Pool,
    /// Who may decode what is cached.
    pub turns: Turns,
    /// Set when the run is to end.
    pub cancelled: AtomicBool,
}

/// Inputs up to this many seconds have their MD5 compared with `--verify auto`.
const SHORT: u64 = 60;

/// Measures an input. A failure is a record, too; `None` if the run was ended meanwhile.
pub fn measure(context: &Arc<Context>, input: &Input) -> Option<Track> {
    let mut track = track::blank(&input.source.display());
    let result = match source::problem(input) {
        Some(failure) => Err(failure),
        None => {
            if context.settings.verbose {
                eprintln!("auris-farm: measuring {}", track.path);
            }
            fill(context, &input.source, &mut track)
        }
    };
    match result {
        Ok(()) => Some(track),
        Err(failure) if failure.kind == Kind::Cancelled => None,
        Err(failure) => {
            track::fail(&mut track, &failure);
            Some(track)
        }
    }
}

fn fill(context: &Arc<Context>, source: &Source, track: &mut Track) -> Result<(), Failure> {
    let verify = context.settings.verify;
    let deadline = Arc::new(OnceLock::new());
    let timeout = context.settings.timeout;
    let limits = || Limits {
        deadline: *deadline.get_or_init(|| pipeline::deadline(timeout)),
        cancelled: &context.cancelled,
    };
    let options = integrity::Options {
        compares_md5: &|facts| md5_to_compare(verify, facts).is_some(),
    };
    let opened = Opened::new(source, &context.memory, limits, options)?;
    let look = &opened.look;
    track.bytes = look.bytes.filter(|_| !opened.is_download());
    let facts = look.facts.as_ref();
    if let Some(facts) = facts {
        track::describe(track, facts);
    }
    let plan = look.plan(context.memory.libav)?;
    let mut asked = context.settings.asked;
    let md5 = facts.and_then(|facts| md5_to_compare(verify, facts));
    asked.checksum |= md5.is_some();
    let mut need = look.need(&plan);
    if asked.loudness {
        let samples = facts
            .and_then(|facts| Some(u64::from(facts.rate?).saturating_mul(facts.channels?.into())));
        need = need.with_loudness(samples);
    }
    let work = Work {
        context: context.clone(),
        source: opened.source.clone(),
        plan,
        asked,
        need,
        cached: look.is_cached(),
        deadline,
    };
    let (outcome, measurement) = work.run_shared(facts)?;
    let names = layout::channel_names(&outcome.info);
    let options = Options {
        lfe: layout::lfe_channels(&outcome.info),
        ..context.settings.options.clone()
    };
    let decoded = Decoded {
        info: &outcome.info,
        // Trimmed edges are not among the measured frames.
        frames: asked.edge_trim.is_none().then(|| measurement.frames()),
        declared: outcome.declared,
    };
    decoded.check(facts)?;
    let report = measurement.report(&options);
    annotate(track, facts, &work.plan, &outcome);
    track::complete(track, &report, &names, track::loudness(&outcome.result));
    let found = outcome.result.get::<String>("md5").ok();
    if let (Some(declared), Some(found)) = (md5, &found) {
        let declared = auris_dsp::checksum::hex(&declared);
        if declared != *found {
            return Err(Failure::new(
                Kind::Damaged,
                format!("damaged: its samples have the MD5 {found}, it declares {declared}"),
            ));
        }
    }
    if context.settings.asked.checksum {
        if facts.is_none_or(sums_up_as_declared) {
            track.md5 = found;
        } else {
            let warning = "no MD5: FLAC sums up such samples in another form";
            track.warnings.push(warning.to_owned());
        }
    }
    Ok(())
}

/// Whether the MD5 of the decoded samples is what STREAMINFO would have; FLAC sums up the samples
/// in their own width, which the decoder widens where it is none of these, and in their own order.
fn sums_up_as_declared(facts: &Facts) -> bool {
    let keeps_width = matches!(facts.bits, Some(16 | 24 | 32));
    facts.codec != Codec::Flac || keeps_width && !source::mixes_up_channels(facts)
}

/// The MD5 that the decoded samples must have, where that is to be found out.
fn md5_to_compare(verify: Verify, facts: &Facts) -> Option<[u8; 16]> {
    let wanted = match verify {
        Verify::Never => false,
        Verify::Always => true,
        Verify::Auto => seconds(facts).is_some_and(|s| s < SHORT),
    };
    // FLAC sums up the samples in their own width, which the decoder keeps for these.
    let as_decoded = matches!(facts.bits, Some(16 | 24)) && !source::mixes_up_channels(facts);
    facts.md5.filter(|_| wanted && as_decoded)
}

fn seconds(facts: &Facts) -> Option<u64> {
    match (facts.length, facts.rate) {
        (Length::Exact(frames), Some(rate)) if rate > 0 => Some(frames / u64::from(rate)),
        _ => None,
    }
}

fn annotate(track: &mut Track, facts: Option<&Facts>, plan: &Plan, outcome: &Outcome) {
    let mut format = track.format.take().unwrap_or_default();
    if facts.is_none() {
        let mut types = outcome.media_types.iter();
        format.codec = types.next_back().cloned();
        format.container = types.next().cloned().or_else(|| format.codec.clone());
        format.lossless = keeps_samples(&format, outcome.decoder.as_deref());
    }
    format.decoder = outcome.decoder.clone();
    format.sample_format = Some(outcome.info.format().to_string());
    let lossy = !format.lossless && format.decoder.is_some();
    track.clipped_by_decoder = lossy.then(|| outcome.info.format_info().is_integer());
    track.format = Some(format);
    track.tags = track::tags(&outcome.tags);
    if let Plan::Chain(chain) = plan {
        track.warnings.extend(chain.note.map(str::to_owned));
    }
    track.warnings.extend(outcome.warnings.iter().cloned());
}

/// Whether decoding gives the original samples, where only GStreamer knows the format.
fn keeps_samples(format: &Format, decoder: Option<&str>) -> bool {
    const LOSSLESS: [&str; 7] = [
        "audio/x-flac",
        "audio/x-alac",
        "audio/x-wavpack",
        "audio/x-tta",
        "audio/x-ape",
        "audio/x-au",
        "audio/x-ffmpeg-parsed-ape",
    ];
    // libsndfile reads containers of PCM, Wave64 among them.
    decoder.is_none_or(|decoder| decoder == "sfdec")
        || format
            .codec
            .as_deref()
            .is_some_and(|codec| LOSSLESS.contains(&codec))
}

/// Settings from the command line.
pub fn settings(args: &crate::cli::MeasureArgs) -> Settings {
    let amplitude = |db: crate::cli::Decibel| decibel::to_amplitude(db.0);
    Settings {
        asked: Asked {
            loudness: args.loudness,
            checksum: args.checksum,
            edge_trim: args.edge_trim.map(|db| db.0),
        },
        options: Options {
            dialect: match crate::record::Dialect::from(args.dialect) {
                crate::record::Dialect::Foobar => auris_dsp::dr14::Dialect::Foobar,
                crate::record::Dialect::Tt => auris_dsp::dr14::Dialect::Tt,
                crate::record::Dialect::Exact => auris_dsp::dr14::Dialect::Exact,
            },
            lfe: Vec::new(),
            exclude_lfe: args.exclude_lfe,
            silence_filter: args.silence_filter.map(amplitude),
            explain: false,
        },
        verify: args.verify,
        timeout: args.timeout,
        split: args.split == crate::cli::Split::Auto,
        verbose: args.verbose > 0,
    }
}
