// SPDX-License-Identifier: MPL-2.0
//! Tells whether an audio file is whole before anything decodes it.
//!
//! GStreamer plays what it can: a file cut short, a lost Ogg page or a hole between MP3 frames
//! ends in a normal end of stream. [`inspect`] reads the container (never the audio) and turns
//! everything that it declares and does not keep into [`Damage`]; [`Length::check`] does the same
//! for the number of frames that came out of the decoder.
//!
//! Ogg, MP3, ADTS, WavPack and FLAC whose MD5 nobody compares are read once from end to end, as
//! their checks run over every byte; of the others only the structure is read. Memory is one window of fixed
//! size, whatever a file claims.
//!
//! What remains unseen is a changed bit in audio that nothing sums up (WAV, AIFF, AAC, ALAC, MP3
//! without LAME's tag) and that its decoder does not stumble over; one in FLAC shows in its MD5
//! where the caller compares it ([`Options::compares_md5`]), and else in a frame's checksum.
use std::fmt;
use std::io::{self, Read, Seek};

/// Builds a [`Damage::Damaged`] from a format string.
macro_rules! damaged {
    ($($part:tt)*) => { $crate::integrity::Damage::Damaged(format!($($part)*)) };
}
/// Builds a [`Damage::Truncated`] from a format string.
macro_rules! truncated {
    ($($part:tt)*) => { $crate::integrity::Damage::Truncated(format!($($part)*)) };
}

mod aiff;
mod au;
pub(crate) mod crc;
mod flac;
mod input;
mod mp4;
mod mpeg;
mod ogg;
mod riff;
mod tags;
mod wave64;
mod wavpack;

#[cfg(test)]
mod tests;

use input::Input;

/// The wrapping of the audio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Container {
    /// RIFF, RF64 or BW64 WAVE.
    Wav,
    /// AIFF or AIFF-C.
    Aiff,
    /// Native FLAC.
    Flac,
    /// Ogg, whatever it carries.
    Ogg,
    /// A bare stream of MPEG audio frames, layer I to III.
    Mp3,
    /// ISO base media: MP4, M4A, MOV, 3GP.
    Mp4,
    /// WavPack.
    WavPack,
    /// A bare stream of AAC frames in ADTS.
    Adts,
    /// Sony Wave64.
    Wave64,
    /// Sun or NeXT audio.
    Au,
}

impl Container {
    /// Whether [`inspect`] reads such a file from end to end.
    pub fn is_read_whole(self) -> bool {
        matches!(self, Self::Ogg | Self::Mp3 | Self::Adts | Self::WavPack)
    }
}

/// The coding of the audio.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Codec {
    /// Uncompressed samples.
    Pcm {
        /// IEEE floating point instead of integers.
        float: bool,
        /// Most significant byte first.
        big_endian: bool,
    },
    /// FLAC, in any container.
    Flac,
    /// MPEG-1, 2 or 2.5 audio, layer I to III.
    Mp3,
    /// AAC of any profile.
    Aac,
    /// Apple Lossless.
    Alac,
    /// Vorbis.
    Vorbis,
    /// Opus.
    Opus,
    /// Speex.
    Speex,
    /// WavPack; hybrid blocks without their correction file are lossy.
    WavPack {
        /// Some blocks are hybrid.
        hybrid: bool,
    },
    /// Something else, by the name that the container gives it.
    Other(String),
}

impl Codec {
    /// Whether decoding gives back exactly the samples that were encoded.
    pub fn lossless(&self) -> bool {
        match self {
            Self::Pcm { .. } | Self::Flac | Self::Alac => true,
            Self::WavPack { hybrid } => !hybrid,
            _ => false,
        }
    }
}

/// How many sample frames (one sample of every channel) a sound decoder gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// The file does not say.
    Unknown,
    /// This many.
    Exact(u64),
    /// Within these bounds, both included: decoders rightly differ on priming, padding or
    /// rounding.
    Between(u64, u64),
}

impl Length {
    /// Compares with the number of frames that were decoded.
    ///
    /// # Errors
    /// [`Damage::Truncated`] if too few frames came, [`Damage::Damaged`] if too many.
    pub fn check(&self, decoded: u64) -> Result<(), Damage> {
        let (least, most) = match *self {
            Self::Unknown => return Ok(()),
            Self::Exact(frames) => (frames, frames),
            Self::Between(least, most) => (least, most),
        };
        if decoded < least {
            Err(truncated!(
                "only {decoded} of the {least} declared frames could be decoded"
            ))
        } else if decoded > most {
            Err(damaged!(
                "{decoded} frames were decoded where {most} were declared"
            ))
        } else {
            Ok(())
        }
    }

    /// The length of two stretches in a row.
    fn plus(self, other: Self) -> Self {
        let bounds = |length| match length {
            Self::Unknown => None,
            Self::Exact(frames) => Some((frames, frames)),
            Self::Between(least, most) => Some((least, most)),
        };
        match (bounds(self), bounds(other)) {
            (Some(a), Some(b)) => Self::within(a.0.saturating_add(b.0), a.1.saturating_add(b.1)),
            _ => Self::Unknown,
        }
    }

    /// `Exact` if the bounds meet.
    fn within(least: u64, most: u64) -> Self {
        if least == most {
            Self::Exact(least)
        } else {
            Self::Between(least, most)
        }
    }
}

/// What a sound file says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The wrapping.
    pub container: Container,
    /// The coding of the first audio stream.
    pub codec: Codec,
    /// Sampling rate in Hz.
    pub rate: Option<u32>,
    /// Number of channels.
    pub channels: Option<u32>,
    /// Bits per sample of the source, where the coding has such a notion.
    pub bits: Option<u32>,
    /// Number of sample frames to expect of the decoder.
    pub length: Length,
    /// MD5 of the decoded samples from FLAC's STREAMINFO, unless the encoder left it out.
    pub md5: Option<[u8; 16]>,
    /// Entries in the sample tables of all tracks (MP4 only): a demuxer holds each in memory.
    pub index_entries: u64,
    /// Bytes of metadata that a demuxer holds as a whole: FLAC's blocks, the headers of Ogg streams,
    /// the `moov` box of MP4. Pictures are among them.
    pub metadata: u64,
    /// Bytes of the tables that a decoder builds of what the file's headers declare (Vorbis only).
    pub tables: u64,
    /// Streams one after the other in one file, as Ogg can have them; else 1.
    pub links: u64,
    /// Whether all of these are of the same codec, rate and channels, and nothing lies beside them.
    pub links_alike: bool,
    /// Oddities that do not touch the audio.
    pub warnings: Vec<String>,
}

impl Facts {
    fn new(container: Container, codec: Codec) -> Self {
        Self {
            container,
            codec,
            rate: None,
            channels: None,
            bits: None,
            length: Length::Unknown,
            md5: None,
            index_entries: 0,
            metadata: 0,
            tables: 0,
            links: 1,
            links_alike: true,
            warnings: Vec::new(),
        }
    }

    /// Notes an oddity; a file full of them is not repeated without end.
    fn warn(&mut self, text: String) {
        const MOST: usize = 16;
        if self.warnings.len() < MOST {
            self.warnings.push(text);
        }
    }
}

/// Why a file is not to be trusted.
#[derive(Debug)]
pub enum Damage {
    /// Something is missing, most often the end.
    Truncated(String),
    /// The file contradicts itself.
    Damaged(String),
    /// The file has no bytes.
    Empty,
    /// The file could not be read.
    Io(io::Error),
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated(text) => write!(f, "truncated: {text}"),
            Self::Damaged(text) => write!(f, "damaged: {text}"),
            Self::Empty => f.write_str("the file is empty"),
            Self::Io(error) => write!(f, "cannot be read: {error}"),
        }
    }
}

impl std::error::Error for Damage {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            _ => None,
        }
    }
}

impl From<io::Error> for Damage {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// What the caller does itself.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// Whether it decodes a file of these facts and compares its MD5: nothing is surer, so nothing
    /// else needs to look at every byte.
    pub compares_md5: &'a dyn Fn(&Facts) -> bool,
}

/// Whether a file that begins with `head` is one that [`inspect`] reads.
pub fn knows(head: &[u8]) -> bool {
    const BEGINNINGS: [&[u8]; 11] = [
        b"RIFF", b"RF64", b"BW64", b"FORM", b"riff", b".snd", b"dns.", b"fLaC", b"OggS", b"wvpk",
        b"ID3",
    ];
    let is_mpeg = matches!(head, [0xff, second, ..] if second & 0xe0 == 0xe0);
    let is_mp4 = head.get(4..8) == Some(b"ftyp") || mp4::opens_without_ftyp(head);
    is_mpeg
        || is_mp4
        || BEGINNINGS
            .iter()
            .any(|beginning| head.starts_with(beginning))
}

/// Reads `source` and says what it is; `Ok(None)` if it is of no kind known here.
///
/// # Errors
/// [`Damage`] says why the file is not to be trusted.
pub fn inspect<R: Read + Seek>(
    source: &mut R,
    options: Options<'_>,
) -> Result<Option<Facts>, Damage> {
    let mut input = Input::new(source)?;
    if input.size() == 0 {
        return Err(Damage::Empty);
    }
    // Some tool or other writes tags before every format.
    let start = tags::skip_leading(&mut input, 0)?;
    let head = input.peek(start, 16)?;
    let is = |at: usize, magic: &[u8]| head.get(at..at + magic.len()) == Some(magic);
    if is(0, b"RIFF") || is(0, b"RF64") || is(0, b"BW64") {
        if !is(8, b"WAVE") && head.len() >= 12 {
            return Ok(None);
        }
        riff::inspect(&mut input, start).map(Some)
    } else if is(0, b"FORM") {
        if !is(8, b"AIFF") && !is(8, b"AIFC") && head.len() >= 12 {
            return Ok(None);
        }
        aiff::inspect(&mut input, start).map(Some)
    } else if is(0, &wave64::RIFF) {
        wave64::inspect(&mut input, start).map(Some)
    } else if is(0, b".snd") || is(0, b"dns.") {
        au::inspect(&mut input, start).map(Some)
    } else if is(0, b"fLaC") {
        flac::inspect(&mut input, start, options).map(Some)
    } else if is(0, b"OggS") {
        ogg::inspect(&mut input, start).map(Some)
    } else if is(0, b"wvpk") {
        wavpack::inspect(&mut input, start).map(Some)
    } else if is(4, b"ftyp") || (start == 0 && mp4::opens_without_ftyp(head)) {
        mp4::inspect(&mut input, start)
    } else {
        mpeg::inspect(&mut input, start)
    }
}
