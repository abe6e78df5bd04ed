// SPDX-License-Identifier: MPL-2.0
//! What an input says of itself, and whether its decoder kept it.
use super::chain::{self, Decoders, Plan};
use super::failure::{Failure, Kind};
use super::memory::Need;
use crate::inputs::Input;
use crate::integrity::{self, Codec, Container, Facts};
use crate::record::Format;
use std::fs::{self, File};
use std::io::{Read, Seek};
use std::path::Path;

/// What a file says of itself before it is decoded. Nothing of what is no file.
#[derive(Default)]
pub struct Look {
    /// What its container declares, where that is known here.
    pub facts: Option<Facts>,
    /// Its first bytes.
    pub head: Vec<u8>,
    /// Its size.
    pub bytes: Option<u64>,
}

/// Why an input cannot be read, where that was seen while listing.
pub fn problem(input: &Input) -> Option<Failure> {
    let problem = input.problem.as_ref()?;
    let gone = input.source.path().is_some_and(|path| !path.exists());
    let kind = if gone { Kind::Missing } else { Kind::Io };
    Some(Failure::new(kind, problem.clone()))
}

impl Look {
    /// Inspects the file at `path`.
    ///
    /// # Errors
    /// It cannot be read, or is damaged.
    pub fn at(path: &Path, options: integrity::Options<'_>) -> Result<Self, Failure> {
        // Before it is opened: a pipe without a writer would keep us waiting.
        let metadata = fs::metadata(path)?;
        if metadata.is_dir() {
            return Err(Failure::new(Kind::Io, "it is a folder"));
        }
        if !metadata.is_file() {
            return Err(Failure::new(Kind::Io, "it is no regular file"));
        }
        let mut file = File::open(path)?;
        let mut head = Vec::with_capacity(16);
        (&mut file).take(16).read_to_end(&mut head)?;
        file.rewind()?;
        let facts = integrity::inspect(&mut file, options)?;
        Ok(Look {
            facts,
            head,
            bytes: Some(metadata.len()),
        })
    }

    /// How to decode it, with libav or without.
    ///
    /// # Errors
    /// See [`chain::plan`].
    pub fn plan(&self, libav: bool) -> Result<Plan, Failure> {
        let exists = |name: &str| gst::ElementFactory::find(name).is_some();
        let decoders = Decoders {
            libav,
            exists: &exists,
        };
        chain::plan(self.facts.as_ref(), &self.head, decoders)
    }

    /// What decoding it takes.
    pub fn need(&self, plan: &Plan) -> Need {
        let need = match plan {
            Plan::Chain(chain) => {
                let libav = chain.decoder.is_some_and(|d| d.starts_with("avdec"));
                let entries = self.facts.as_ref().map_or(0, |facts| facts.index_entries);
                Need::of_chain(libav, entries)
            }
            Plan::Auto => Need::of_auto(),
        };
        need.with_metadata(self.facts.as_ref())
            .with_tags(id3_length(&self.head))
    }

    /// Whether its inspection has read all of it: decoding is then a matter of computing.
    pub fn is_cached(&self) -> bool {
        let facts = self.facts.as_ref();
        facts.is_some_and(|facts| facts.container.is_read_whole())
    }
}

/// Whether GStreamer's decoder gives the channels in another order than they have: of more than six
/// FLAC has had an order since 2013, and GStreamer one of its own.
pub fn mixes_up_channels(facts: &Facts) -> bool {
    facts.codec == Codec::Flac && facts.channels.is_some_and(|channels| channels > 6)
}

/// What a file's container says of its format, for the report.
pub fn format(facts: &Facts) -> Format {
    let container = match facts.container {
        Container::Wav => "audio/x-wav",
        Container::Aiff => "audio/x-aiff",
        Container::Flac => "audio/x-flac",
        Container::Ogg => "application/ogg",
        Container::Mp3 => "audio/mpeg",
        Container::Mp4 => "video/quicktime",
        Container::WavPack => "audio/x-wavpack",
        Container::Adts => "audio/mpeg",
        Container::Wave64 => "audio/x-w64",
        Container::Au => "audio/x-au",
    };
    let codec = match &facts.codec {
        Codec::Pcm { .. } => Some("audio/x-raw"),
        Codec::Flac => Some("audio/x-flac"),
        Codec::Mp3 | Codec::Aac => Some("audio/mpeg"),
        Codec::Alac => Some("audio/x-alac"),
        Codec::Vorbis => Some("audio/x-vorbis"),
        Codec::Opus => Some("audio/x-opus"),
        Codec::Speex => Some("audio/x-speex"),
        Codec::WavPack { .. } => Some("audio/x-wavpack"),
        // Its name is no media type.
        Codec::Other(_) => None,
    };
    Format {
        container: Some(container.to_owned()),
        codec: codec.map(str::to_owned),
        sample_format: None,
        bits: facts.bits,
        decoder: None,
        lossless: facts.codec.lossless(),
    }
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

/// What came out of a decoder.
#[derive(Clone, Copy)]
pub struct Decoded<'a> {
    /// Its format.
    pub info: &'a gst_audio::AudioInfo,
    /// All frames of it; `None` where they were not all counted.
    pub frames: Option<u64>,
    /// The length that the container declares, where only GStreamer reads it.
    pub declared: Option<gst::ClockTime>,
}

impl Decoded<'_> {
    /// Compares with what was declared.
    ///
    /// # Errors
    /// What does not fit.
    pub fn check(&self, facts: Option<&Facts>) -> Result<(), Failure> {
        if self.frames == Some(0) {
            return Err(Failure::new(Kind::Undecodable, "it holds no samples"));
        }
        self.check_duration()?;
        let Some(facts) = facts else {
            return Ok(());
        };
        if let Some(channels) = facts.channels
            && facts.codec.lossless()
            && self.info.channels() != channels
        {
            let decoded = self.info.channels();
            let message = format!("damaged: {channels} channels declared, {decoded} decoded");
            return Err(Failure::new(Kind::Damaged, message));
        }
        let mut frames = self.frames;
        if let (Some(declared), decoded) = (facts.rate, self.info.rate())
            && declared > 0
            && declared != decoded
        {
            // Spectral band replication doubles the rate of the core that the container speaks of.
            if facts.codec != Codec::Aac || decoded != 2 * declared {
                let message = format!("damaged: {declared} Hz declared, {decoded} Hz decoded");
                return Err(Failure::new(Kind::Damaged, message));
            }
            frames = frames.map(|frames| frames / 2);
        }
        match frames {
            Some(frames) => facts.length.check(frames).map_err(Failure::from),
            None => Ok(()),
        }
    }

    /// The same where only GStreamer knows what was declared; it rounds more than our inspection.
    fn check_duration(&self) -> Result<(), Failure> {
        const TOLERANCE: f64 = 0.5;
        let (Some(frames), Some(declared)) = (self.frames, self.declared) else {
            return Ok(());
        };
        let decoded = frames as f64 / f64::from(self.info.rate().max(1));
        let declared = declared.nseconds() as f64 / 1e9;
        if decoded + TOLERANCE < declared {
            return Err(Failure::new(
                Kind::Truncated,
                format!(
                    "truncated: only {decoded:.1} s of the declared {declared:.1} s could be decoded"
                ),
            ));
        }
        Ok(())
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
