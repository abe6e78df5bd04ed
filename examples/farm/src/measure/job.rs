// SPDX-License-Identifier: MPL-2.0
//! One input from its path to its record.
use super::chain::{self, Decoders, Plan};
use super::failure::{Failure, Kind};
use super::memory::{Memory, Need};
use super::pipeline::{Asked, Outcome};
use super::pool::Pool;
use super::track;
use super::turns::Turns;
use super::work::Work;
use crate::cli::Verify;
use crate::inputs::{Input, Source};
use crate::integrity::{self, Codec, Facts, Length};
use crate::record::{Format, Track};
use auris_dsp::decibel;
use auris_dsp::dr14::{Measurement, Options};
use auris_support::layout;
use std::fs::{self, File};
use std::io::{Read, Seek};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

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
    let result = match &input.problem {
        Some(problem) => {
            let gone = input.source.path().is_some_and(|path| !path.exists());
            let kind = if gone { Kind::Missing } else { Kind::Io };
            Err(Failure::new(kind, problem.clone()))
        }
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

/// What a file says of itself before it is decoded.
struct Look {
    facts: Option<Facts>,
    head: Vec<u8>,
}

fn look(source: &Source, verify: Verify, track: &mut Track) -> Result<Look, Failure> {
    let Some(path) = source.path() else {
        return Ok(Look {
            facts: None,
            head: Vec::new(),
        });
    };
    // Before it is opened: a pipe without a writer would keep us waiting.
    let metadata = fs::metadata(path)?;
    if metadata.is_dir() {
        return Err(Failure::new(Kind::Io, "it is a folder"));
    }
    if !metadata.is_file() {
        return Err(Failure::new(Kind::Io, "it is no regular file"));
    }
    track.bytes = Some(metadata.len());
    let mut file = File::open(path)?;
    let mut head = Vec::with_capacity(16);
    (&mut file).take(16).read_to_end(&mut head)?;
    file.rewind()?;
    let options = integrity::Options {
        compares_md5: &|facts| md5_to_compare(verify, facts).is_some(),
    };
    let facts = integrity::inspect(&mut file, options)?;
    if let Some(facts) = &facts {
        track::describe(track, facts);
    }
    Ok(Look { facts, head })
}

fn fill(context: &Arc<Context>, source: &Source, track: &mut Track) -> Result<(), Failure> {
    let verify = context.settings.verify;
    let Look { facts, head } = look(source, verify, track)?;
    let exists = |name: &str| gst::ElementFactory::find(name).is_some();
    let decoders = Decoders {
        libav: context.memory.libav,
        exists: &exists,
    };
    let plan = chain::plan(facts.as_ref(), &head, decoders)?;
    let mut asked = context.settings.asked;
    let md5 = facts
        .as_ref()
        .and_then(|facts| md5_to_compare(verify, facts));
    asked.checksum |= md5.is_some();
    let chain_libav = matches!(&plan, Plan::Chain(chain)
        if chain.decoder.is_some_and(|d| d.starts_with("avdec")));
    let need = match &plan {
        Plan::Chain(_) => {
            let entries = facts.as_ref().map_or(0, |facts| facts.index_entries);
            Need::of_chain(chain_libav, entries)
        }
        Plan::Auto => Need::of_auto(),
    };
    let need = need.with_tags(id3_length(&head));
    let need = if asked.loudness {
        let samples = facts
            .as_ref()
            .and_then(|facts| Some(u64::from(facts.rate?).saturating_mul(facts.channels?.into())));
        need.with_loudness(samples)
    } else {
        need
    };
    let work = Work {
        context: context.clone(),
        source: source.clone(),
        plan,
        asked,
        need,
        cached: facts
            .as_ref()
            .is_some_and(|facts| facts.container.is_read_whole()),
        deadline: Arc::default(),
    };
    let (outcome, measurement) = work.run_shared(facts.as_ref())?;
    let names = layout::channel_names(&outcome.info);
    let options = Options {
        lfe: layout::lfe_channels(&outcome.info),
        ..context.settings.options.clone()
    };
    check(facts.as_ref(), &outcome, &measurement, &asked)?;
    let report = measurement.report(&options);
    annotate(track, facts.as_ref(), &work.plan, &outcome);
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
        if facts.as_ref().is_none_or(sums_up_as_declared) {
            track.md5 = found;
        } else {
            let warning = "no MD5: FLAC sums up samples of this width in another form";
            track.warnings.push(warning.to_owned());
        }
    }
    Ok(())
}

/// Whether the MD5 of the decoded samples is what STREAMINFO would have; FLAC sums up the samples
/// in their own width, which the decoder widens where it is none of these.
fn sums_up_as_declared(facts: &Facts) -> bool {
    facts.codec != Codec::Flac || matches!(facts.bits, Some(16 | 24 | 32))
}

/// The MD5 that the decoded samples must have, where that is to be found out.
fn md5_to_compare(verify: Verify, facts: &Facts) -> Option<[u8; 16]> {
    let wanted = match verify {
        Verify::Never => false,
        Verify::Always => true,
        Verify::Auto => seconds(facts).is_some_and(|s| s < SHORT),
    };
    // FLAC sums up the samples in their own width, which the decoder keeps for these.
    facts
        .md5
        .filter(|_| wanted && matches!(facts.bits, Some(16 | 24)))
}

/// Bytes of the ID3v2 tag that a file begins with.
fn id3_length(head: &[u8]) -> u64 {
    match head {
        // Seven bits of each byte count.
        [b'I', b'D', b'3', _, _, _, size @ ..] if size.len() >= 4 => size[..4]
            .iter()
            .fold(0, |sum, byte| sum << 7 | u64::from(byte & 0x7f)),
        _ => 0,
    }
}

fn seconds(facts: &Facts) -> Option<u64> {
    match (facts.length, facts.rate) {
        (Length::Exact(frames), Some(rate)) if rate > 0 => Some(frames / u64::from(rate)),
        _ => None,
    }
}

/// What was decoded against what was declared.
fn check(
    facts: Option<&Facts>,
    outcome: &Outcome,
    measurement: &Measurement,
    asked: &Asked,
) -> Result<(), Failure> {
    if measurement.frames() == 0 && asked.edge_trim.is_none() {
        return Err(Failure::new(Kind::Undecodable, "it holds no samples"));
    }
    if asked.edge_trim.is_none() {
        check_duration(outcome, measurement)?;
    }
    let Some(facts) = facts else {
        return Ok(());
    };
    if let Some(channels) = facts.channels
        && facts.codec.lossless()
        && outcome.info.channels() != channels
    {
        let decoded = outcome.info.channels();
        let message = format!("damaged: {channels} channels declared, {decoded} decoded");
        return Err(Failure::new(Kind::Damaged, message));
    }
    let mut frames = measurement.frames();
    if let (Some(declared), decoded) = (facts.rate, outcome.info.rate())
        && declared > 0
        && declared != decoded
    {
        // Spectral band replication doubles the rate of the core that the container speaks of.
        if facts.codec != Codec::Aac || decoded != 2 * declared {
            let message = format!("damaged: {declared} Hz declared, {decoded} Hz decoded");
            return Err(Failure::new(Kind::Damaged, message));
        }
        frames /= 2;
    }
    // Trimmed edges are not among the measured frames.
    if asked.edge_trim.is_some() {
        return Ok(());
    }
    facts.length.check(frames).map_err(Failure::from)
}

/// The same where only GStreamer knows what was declared; it rounds more than our inspection.
fn check_duration(outcome: &Outcome, measurement: &Measurement) -> Result<(), Failure> {
    const TOLERANCE: f64 = 0.5;
    let decoded = measurement.frames() as f64 / f64::from(outcome.info.rate().max(1));
    let declared = outcome.declared.map(|d| d.nseconds() as f64 / 1e9);
    match declared {
        Some(declared) if decoded + TOLERANCE < declared => Err(Failure::new(
            Kind::Truncated,
            format!(
                "truncated: only {decoded:.1} s of the declared {declared:.1} s could be decoded"
            ),
        )),
        _ => Ok(()),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_of_an_id3_tag_is_read() {
        assert_eq!(id3_length(b"ID3\x04\0\0\0\x01\x02\x03rest"), 16_643);
        assert_eq!(id3_length(b"ID3\x04\0\0\0"), 0);
        assert_eq!(id3_length(b"RIFF\x04\0\0\0\x01\x02\x03"), 0);
    }
}
