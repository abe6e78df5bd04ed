// SPDX-License-Identifier: MPL-2.0
//! Which elements decode an input: the fewest that do it right.
//!
//! `decodebin` would do, at a price: its multiqueue costs half as much again as decoding, it picks
//! decoders that limit samples to full scale, and it loads libav for formats that need none. So
//! the containers that [`crate::integrity`] knows have their chain in the table here, and
//! everything else goes through `uridecodebin`.
use super::failure::{Failure, Kind};
use super::symphonia::{self, Decoder};
use crate::integrity::{Codec, Container, Facts, Length};

/// One element of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Name of the element factory.
    pub factory: &'static str,
    /// Properties in GStreamer's serialized form.
    pub properties: &'static [(&'static str, &'static str)],
}

/// Elements between the source and the meter, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Chain {
    /// The elements.
    pub steps: Vec<Step>,
    /// Which of them decodes; `None` for PCM.
    pub decoder: Option<&'static str>,
    /// What the reader of the report should know of the choice.
    pub note: Option<&'static str>,
}

/// How to decode an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plan {
    /// By these elements.
    Chain(Chain),
    /// By whatever GStreamer finds.
    Auto,
}

/// Which decoders may be used.
#[derive(Clone, Copy)]
pub struct Decoders<'a> {
    /// Whether libav may be loaded: it takes some 45 MB.
    pub libav: bool,
    /// Whether an element factory exists.
    pub exists: &'a dyn Fn(&str) -> bool,
}

const ID3: Step = step("id3demux");
const APE_TAG: Step = step("apedemux");
const CONVERT: Step = Step {
    factory: "audioconvert",
    properties: &[("dithering", "none"), ("noise-shaping", "none")],
};
/// mpg123 offers 16 bit first, which limits samples to full scale; F32, asked for, does not.
const FLOAT: Step = Step {
    factory: "capsfilter",
    properties: &[("caps", "audio/x-raw,format=F32LE")],
};

/// Passes buffers on, but lets nobody pull: the element behind it takes what comes.
const PUSH: Step = step("valve");

/// Passes one stream after the other on, as if they were one.
pub const JOIN: Step = step("concat");

const fn step(factory: &'static str) -> Step {
    Step {
        factory,
        properties: &[],
    }
}

/// A decoder that gives up at the first error instead of concealing it.
const fn strict(factory: &'static str) -> Step {
    Step {
        factory,
        properties: &[("max-errors", "0")],
    }
}

/// Said of AAC and Opus where libav would do better but may not be loaded.
pub const BUDGET_NOTE: &str =
    "decoded without libav to stay within the memory budget, and so limited to full scale";
/// Said of Opus with more than two channels.
const SURROUND_NOTE: &str = "decoded by opusdec, which limits to full scale";
/// Said where libav is not installed.
const NO_LIBAV_NOTE: &str =
    "decoded without libav, which is not installed, and so limited to full scale";

/// Plans how to decode what `facts` describe; `head` are the first bytes of the file.
///
/// # Errors
/// [`Kind::Undecodable`], [`Kind::NoDecoder`] or [`Kind::Budget`], saying what to install or to allow.
pub fn plan(facts: Option<&Facts>, head: &[u8], decoders: Decoders<'_>) -> Result<Plan, Failure> {
    let Some(facts) = facts else {
        return Ok(Plan::Auto);
    };
    if facts.links > 1 && !is_joined(facts) {
        let links = facts.links;
        return Err(Failure::new(
            Kind::Undecodable,
            format!(
                "{links} streams one after the other in one file, which are only measured as one if all are Vorbis \
                 of one rate, of one or two channels and of different serial numbers; split it into files"
            ),
        ));
    }
    let mut steps = Vec::with_capacity(6);
    if head.starts_with(b"ID3") {
        steps.push(ID3);
    } else if head.starts_with(b"APETAGEX") {
        steps.push(APE_TAG);
    }
    let Some(parsers) = parsers(facts) else {
        return Ok(Plan::Auto);
    };
    steps.extend(parsers);
    let Some(Decoding {
        decoder,
        after,
        note,
    }) = decoding(facts, decoders)?
    else {
        return Ok(Plan::Auto);
    };
    steps.extend(decoder);
    steps.extend(after);
    let exists = |name: &str| Decoder::is_one(name) || (decoders.exists)(name);
    let missing = steps.iter().find(|s| !exists(s.factory));
    if let Some(missing) = missing {
        return Err(Failure::new(
            Kind::NoDecoder,
            format!(
                "GStreamer has no element '{}' for it; `auris-farm doctor` tells which package to install",
                missing.factory
            ),
        ));
    }
    Ok(Plan::Chain(Chain {
        steps,
        decoder: decoder.map(|d| d.factory),
        note,
    }))
}

/// Demuxer and parser; `None` where the table has none.
fn parsers(facts: &Facts) -> Option<Vec<Step>> {
    Some(match (facts.container, &facts.codec) {
        (Container::Wav, Codec::Pcm { .. }) if is_odd(facts) || !facts.warnings.is_empty() => {
            vec![PUSH, step("wavparse")]
        }
        (Container::Wav, Codec::Pcm { .. }) => vec![step("wavparse")],
        (Container::Wav, Codec::Mp3) => vec![step("wavparse"), step("mpegaudioparse")],
        (Container::Aiff, Codec::Pcm { .. }) => vec![step("aiffparse")],
        (Container::Flac, _) => vec![step("flacparse")],
        (Container::Ogg, Codec::Flac) => vec![step("oggdemux"), step("flacparse")],
        // The parser breaks packets of more than one stream.
        (Container::Ogg, Codec::Opus) if is_surround(facts) => vec![step("oggdemux")],
        (Container::Mp4, Codec::Opus) if is_surround(facts) => vec![step("qtdemux")],
        // libav's decoder takes Opus' headers for audio; the parser keeps them back.
        (Container::Ogg, Codec::Opus) => vec![step("oggdemux"), step("opusparse")],
        // Of a chain each link comes from a pad of its own.
        (Container::Ogg, _) if facts.links > 1 => vec![step("oggdemux"), JOIN],
        (Container::Ogg, _) => vec![step("oggdemux")],
        (Container::Mp3, _) => vec![step("mpegaudioparse")],
        (Container::Mp4, Codec::Flac) => vec![step("qtdemux"), step("flacparse")],
        (Container::Mp4, Codec::Mp3) => vec![step("qtdemux"), step("mpegaudioparse")],
        (Container::Mp4, Codec::Opus) => vec![step("qtdemux"), step("opusparse")],
        (Container::Mp4, _) => vec![step("qtdemux")],
        (Container::WavPack, _) => vec![step("wavpackparse")],
        (Container::Adts, _) => vec![step("aacparse")],
        _ => return None,
    })
}

/// Whether a chain of streams is decoded as one: our decoder begins anew with each.
fn is_joined(facts: &Facts) -> bool {
    facts.links_alike && facts.codec == Codec::Vorbis && is_ours(facts)
}

/// Whether Vorbis or FLAC is left to our decoder. Elsewhere than in Ogg, and in FLAC's own files, the headers
/// may not be among the packets, where it looks for them.
fn is_ours(facts: &Facts) -> bool {
    let in_its_own = match facts.codec {
        Codec::Flac => {
            let bits = facts
                .bits
                .is_some_and(|bits| symphonia::FLAC_BITS.contains(&bits));
            facts.container == Container::Flac && bits
        }
        _ => facts.container == Container::Ogg,
    };
    let few = |channels| channels <= symphonia::MAX_CHANNELS;
    in_its_own && facts.channels.is_some_and(few)
}

/// Whether the samples fill an odd number of bytes. Where `wavparse` pulls, it looks for the next
/// chunk in the padding behind them, and gives up without a sample if the file ends there; so it
/// does over a few stray bytes at the end, of which the inspection has warned.
fn is_odd(facts: &Facts) -> bool {
    let frame =
        u64::from(facts.channels.unwrap_or(1)) * u64::from(facts.bits.unwrap_or(8)).div_ceil(8);
    match facts.length {
        Length::Exact(frames) => !frames.saturating_mul(frame).is_multiple_of(2),
        _ => true,
    }
}

/// Whether there are more channels than one Opus stream carries.
fn is_surround(facts: &Facts) -> bool {
    facts.channels.is_some_and(|channels| channels > 2)
}

#[derive(Default)]
struct Decoding {
    decoder: Option<Step>,
    after: Option<Step>,
    note: Option<&'static str>,
}

/// Decoder and what must follow it; `Ok(None)` where the table has none.
fn decoding(facts: &Facts, decoders: Decoders<'_>) -> Result<Option<Decoding>, Failure> {
    // What the meter does not read in place: 8 bit, and the other byte order.
    let narrow = facts.bits.is_some_and(|bits| bits <= 8);
    let convert_if = |needed: bool| needed.then_some(CONVERT);
    let only = |factory, after| Decoding {
        decoder: Some(strict(factory)),
        after,
        note: None,
    };
    Ok(Some(match &facts.codec {
        Codec::Pcm { big_endian, .. } => Decoding {
            after: convert_if(narrow || *big_endian != cfg!(target_endian = "big")),
            ..Decoding::default()
        },
        Codec::Flac if is_ours(facts) => only(symphonia::FLAC, None),
        Codec::Flac => only("flacdec", convert_if(narrow)),
        Codec::WavPack { .. } => only("wavpackdec", convert_if(narrow)),
        Codec::Mp3 if (decoders.exists)("mpg123audiodec") => only("mpg123audiodec", Some(FLOAT)),
        Codec::Mp3 => only("avdec_mp3float", None),
        Codec::Vorbis if is_ours(facts) => only(symphonia::VORBIS, None),
        Codec::Vorbis => only("vorbisdec", None),
        Codec::Aac => libav_or(decoders, "avdec_aac", "faad"),
        // libav's decoder does not negotiate more.
        Codec::Opus if is_surround(facts) => Decoding {
            decoder: Some(strict("opusdec")),
            after: None,
            note: Some(SURROUND_NOTE),
        },
        Codec::Opus => libav_or(decoders, "avdec_opus", "opusdec"),
        Codec::Alac if decoders.libav => only("avdec_alac", None),
        Codec::Alac => {
            return Err(Failure::new(
                Kind::Budget,
                "only libav decodes Apple Lossless; allow more memory with --mem-budget-mb",
            ));
        }
        _ => return Ok(None),
    }))
}

/// libav's decoder gives float samples beyond full scale; the other one limits them.
fn libav_or(decoders: Decoders<'_>, libav: &'static str, other: &'static str) -> Decoding {
    let installed = (decoders.exists)(libav);
    if installed && decoders.libav {
        return Decoding {
            decoder: Some(strict(libav)),
            ..Decoding::default()
        };
    }
    Decoding {
        decoder: Some(strict(other)),
        after: None,
        note: Some(if installed {
            BUDGET_NOTE
        } else {
            NO_LIBAV_NOTE
        }),
    }
}

#[cfg(test)]
mod tests;
