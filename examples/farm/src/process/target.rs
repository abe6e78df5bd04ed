// SPDX-License-Identifier: MPL-2.0
//! Which elements encode a result, and of which samples.
use super::layout;
use crate::cli::{Bits, Dither, ProcessArgs, Target};
use crate::engine::{Failure, Kind, source};
use crate::integrity::{Codec, Container, Facts, Length};
use gst_audio::AudioFormat;

/// Bits of a result whose input has no such notion: more than any lossy coder keeps.
const LOSSY_BITS: u32 = 24;
/// kbit/s of Opus and of AAC, per channel.
const OPUS_RATE: u32 = 96;
const AAC_RATE: u32 = 128;
/// What a chunk size of WAV and AIFF can count, less room for headers and tags.
const LONGEST_RIFF: u64 = u32::MAX as u64 - (64 << 20);

/// Rates that the lossy encoders take; anything else is resampled before the equaliser.
const MP3_RATES: &[i32] = &[8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000];
const OPUS_RATES: &[i32] = &[8000, 12000, 16000, 24000, 48000];
const AAC_RATES: &[i32] = &[
    8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000,
];

/// How one result is encoded.
#[derive(Debug, Clone, PartialEq)]
pub struct Encoding {
    /// Never `keep`.
    pub target: Target,
    /// Samples at the encoder's input.
    pub format: AudioFormat,
    /// How many bits of them count.
    pub bits: u32,
    /// Whether they are dithered.
    pub dither: bool,
    /// Rates that the encoder takes; `None` for any.
    pub rates: Option<&'static [i32]>,
    /// Factories and properties from encoder to muxer.
    pub steps: Vec<(&'static str, Vec<(&'static str, String)>)>,
}

/// Elements that write `target`, encoder first.
pub fn factories(target: Target) -> &'static [&'static str] {
    match target {
        Target::Keep => &[],
        Target::Flac => &["flacenc"],
        Target::Wav => &["wavenc"],
        Target::Aiff => &["aiffmux"],
        Target::Wavpack => &["wavpackenc"],
        Target::Alac => &["avenc_alac", "mp4mux"],
        Target::Mp3 => &["lamemp3enc", "xingmux"],
        Target::Ogg => &["vorbisenc", "oggmux"],
        Target::Opus => &["opusenc", "oggmux"],
        Target::M4a => &["avenc_aac", "mp4mux"],
    }
}

/// File name extension of a format that was asked for by name.
pub fn extension(target: Target) -> Option<&'static str> {
    Some(match target {
        Target::Keep => return None,
        Target::Flac => "flac",
        Target::Wav => "wav",
        Target::Aiff => "aiff",
        Target::Wavpack => "wv",
        Target::Alac | Target::M4a => "m4a",
        Target::Mp3 => "mp3",
        Target::Ogg => "ogg",
        Target::Opus => "opus",
    })
}

impl Encoding {
    /// Chooses for an input of these `facts`.
    ///
    /// # Errors
    /// [`Kind::Unsupported`]: the format cannot be made of this input.
    pub fn choose(args: &ProcessArgs, facts: Option<&Facts>) -> Result<Self, Failure> {
        let target = match args.format {
            Target::Keep => kept(facts)?,
            named => named,
        };
        let channels = facts.and_then(|facts| facts.channels);
        if facts.is_some_and(source::mixes_up_channels) {
            let why = "GStreamer mixes up more than six channels of FLAC";
            return Err(unsupported(why));
        }
        let rate = facts.and_then(|facts| facts.rate);
        layout::check(target, channels, rate)?;
        let bits = bits(target, args.bits, facts);
        let encoding = Encoding {
            target,
            format: sample_format(target, bits),
            bits: bits.unwrap_or(32),
            dither: args.dither == Dither::Auto && bits.is_some_and(|bits| bits < 32),
            rates: match target {
                Target::Mp3 => Some(MP3_RATES),
                Target::Opus => Some(OPUS_RATES),
                Target::M4a => Some(AAC_RATES),
                _ => None,
            },
            steps: steps(target, args, channels.unwrap_or(2)),
        };
        if let Some(Facts {
            length: Length::Exact(frames),
            ..
        }) = facts
        {
            encoding.check_size(*frames, channels.unwrap_or(1))?;
        }
        Ok(encoding)
    }

    /// Refuses what the container cannot count.
    ///
    /// # Errors
    /// [`Kind::Unsupported`].
    pub fn check_size(&self, frames: u64, channels: u32) -> Result<(), Failure> {
        let limited = matches!(self.target, Target::Wav | Target::Aiff);
        let info = gst_audio::AudioFormatInfo::from_format(self.format);
        let frame = u64::from(info.width() / 8) * u64::from(channels);
        let bytes = frames.saturating_mul(frame);
        if limited && bytes > LONGEST_RIFF {
            return Err(unsupported(format!(
                "{} holds at most 4 GiB; choose another --format",
                self.target.name()
            )));
        }
        Ok(())
    }

    /// The encoder's name for the report; none for PCM.
    pub fn encoder(&self) -> Option<&'static str> {
        let pcm = matches!(self.target, Target::Wav | Target::Aiff);
        self.steps.first().map(|step| step.0).filter(|_| !pcm)
    }
}

pub(super) fn unsupported(why: impl Into<String>) -> Failure {
    Failure::new(Kind::Unsupported, why)
}

/// The format of the input itself.
fn kept(facts: Option<&Facts>) -> Result<Target, Failure> {
    let other = "only GStreamer knows its format; name a --format";
    let facts = facts.ok_or_else(|| unsupported(other))?;
    Ok(match (facts.container, &facts.codec) {
        (Container::Flac, Codec::Flac) => Target::Flac,
        (Container::Wav, Codec::Pcm { .. }) => Target::Wav,
        (Container::Aiff, Codec::Pcm { .. }) => Target::Aiff,
        (Container::WavPack, _) => Target::Wavpack,
        (Container::Mp3, Codec::Mp3) => Target::Mp3,
        (Container::Ogg, Codec::Vorbis) => Target::Ogg,
        (Container::Ogg, Codec::Opus) => Target::Opus,
        (Container::Mp4, Codec::Aac) => Target::M4a,
        (Container::Mp4, Codec::Alac) => Target::Alac,
        (container, codec) => {
            return Err(unsupported(format!(
                "{codec:?} in {container:?} cannot be written; name a --format"
            )));
        }
    })
}

/// Bits of an integer at the encoder's input; `None` for float.
fn bits(target: Target, asked: Option<Bits>, facts: Option<&Facts>) -> Option<u32> {
    let most = match target {
        Target::Ogg | Target::M4a => return None,
        Target::Mp3 | Target::Opus => return Some(16),
        Target::Flac | Target::Alac => 24,
        _ => 32,
    };
    let own = || match facts.map(|facts| (&facts.codec, facts.bits)) {
        Some((Codec::Pcm { float: true, .. }, _)) => None,
        Some((codec, Some(bits))) if codec.lossless() => Some(bits),
        _ => Some(LOSSY_BITS),
    };
    let wanted = match asked {
        Some(Bits::B16) => Some(16),
        Some(Bits::B24) => Some(24),
        Some(Bits::B32) => Some(32),
        Some(Bits::Float) => None,
        None => own(),
    };
    match wanted {
        None if target == Target::Wav => None,
        None => Some(most),
        Some(bits) => Some(
            [16, 24, 32]
                .into_iter()
                .find(|b| bits <= *b)
                .unwrap_or(32)
                .min(most),
        ),
    }
}

fn sample_format(target: Target, bits: Option<u32>) -> AudioFormat {
    match (target, bits) {
        (_, None) => AudioFormat::F32le,
        (Target::Aiff, Some(16)) => AudioFormat::S16be,
        (Target::Aiff, Some(24)) => AudioFormat::S24be,
        (Target::Aiff, Some(_)) => AudioFormat::S32be,
        // These take narrower samples at the upper end of wide ones.
        (Target::Wavpack, Some(_)) | (Target::Alac, Some(24)) => AudioFormat::S32le,
        (_, Some(16)) => AudioFormat::S16le,
        (_, Some(24)) => AudioFormat::S24le,
        (_, Some(_)) => AudioFormat::S32le,
    }
}

fn steps(
    target: Target,
    args: &ProcessArgs,
    channels: u32,
) -> Vec<(&'static str, Vec<(&'static str, String)>)> {
    let per_second = |kbit: u32| (kbit * 1000).to_string();
    // With `keep`, not every input's format may take so much.
    let most = target.most_kbit();
    let bitrate = args.bitrate.map(|kbit| kbit.min(most));
    let properties = match (target, bitrate, args.quality) {
        (Target::Mp3, Some(kbit), _) => vec![
            ("target", "bitrate".to_owned()),
            ("cbr", "true".to_owned()),
            ("bitrate", kbit.to_string()),
        ],
        (Target::Mp3, None, q) => vec![("quality", q.unwrap_or(0.0).to_string())],
        (Target::Ogg, Some(kbit), _) => vec![("bitrate", per_second(kbit))],
        (Target::Ogg, None, q) => vec![("quality", (q.unwrap_or(7.0) / 10.0).to_string())],
        (Target::Opus, kbit, _) => {
            let kbit = kbit.unwrap_or((OPUS_RATE * channels).min(most));
            vec![("bitrate", per_second(kbit))]
        }
        (Target::M4a, kbit, _) => {
            vec![("bitrate", per_second(kbit.unwrap_or(AAC_RATE * channels)))]
        }
        // The samples need not be searched for what is lost in dither.
        (Target::Flac, ..) => vec![("streamable-subset", "false".to_owned())],
        _ => Vec::new(),
    };
    let mut properties = Some(properties);
    let factories = factories(target).iter();
    factories
        .map(|factory| (*factory, properties.take().unwrap_or_default()))
        .collect()
}
