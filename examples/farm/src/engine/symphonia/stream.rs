// SPDX-License-Identifier: MPL-2.0
//! A stream of packets, whatever the codec.
use super::{flac, vorbis};
use gst_audio::AudioFormat;
use symphonia_core::audio::{Audio, GenericAudioBufferRef};
use symphonia_core::codecs::audio::AudioDecoder;
use symphonia_core::packet::PacketRef;
use symphonia_core::units::{Duration, Timestamp};

/// What is decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Codec {
    Vorbis,
    Flac,
}

/// What comes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Format {
    pub sample: AudioFormat,
    pub rate: u32,
    pub channels: u32,
}

/// What a packet is.
pub(super) enum News {
    /// A header that changes nothing yet.
    Nothing,
    /// The last header before audio of this format.
    Format(Format),
    Audio,
}

/// A stream.
#[derive(Default)]
pub(super) struct Stream {
    /// Headers that others are awaited for.
    pub headers: Vec<u8>,
    pub decoder: Option<Box<dyn AudioDecoder>>,
}

impl Stream {
    /// Looks at a packet.
    ///
    /// # Errors
    /// It cannot be what it says it is.
    pub fn news(&mut self, codec: Codec, packet: &[u8]) -> Result<News, String> {
        match codec {
            Codec::Vorbis => vorbis::header(self, packet),
            Codec::Flac => flac::header(self, packet),
        }
    }

    /// Decodes a packet of audio.
    ///
    /// # Errors
    /// It is damaged, or comes before its headers.
    pub fn decode(&mut self, packet: &[u8]) -> Result<GenericAudioBufferRef<'_>, String> {
        let decoder = self.decoder.as_mut().ok_or("audio before its headers")?;
        let packet = PacketRef::new(0, Timestamp::default(), Duration::default(), packet);
        decoder.decode_ref(&packet).map_err(|e| e.to_string())
    }
}

/// Bytes of interleaved samples.
pub(super) fn size(samples: &GenericAudioBufferRef<'_>, format: Format) -> usize {
    let bytes = match format.sample {
        AudioFormat::S16le | AudioFormat::S16be => 2,
        _ => 4,
    };
    samples.frames() * format.channels as usize * bytes
}

/// Interleaves samples. Integers come in the upper bits of 32.
///
/// # Errors
/// They are of another kind or number than was said.
pub(super) fn interleave(
    samples: &GenericAudioBufferRef<'_>,
    format: Format,
    out: &mut [u8],
) -> Result<(), String> {
    if samples.spec().channels().count() != format.channels as usize {
        return Err("another number of channels than its header has".to_owned());
    }
    match (samples, format.sample) {
        (GenericAudioBufferRef::S32(buffer), sample) => {
            let plane = |channel| buffer.plane(channel).unwrap_or_default();
            match sample {
                AudioFormat::S16le | AudioFormat::S16be => {
                    weave(plane(0), plane(1), out, |x| {
                        ((x >> 16) as i16).to_ne_bytes()
                    });
                }
                _ => weave(plane(0), plane(1), out, |x| (x >> 8).to_ne_bytes()),
            }
        }
        _ => samples.copy_bytes_interleaved_as::<f32, _>(out),
    }
    Ok(())
}

/// Writes one plane, or two of equal length in turn.
fn weave<const N: usize>(left: &[i32], right: &[i32], out: &mut [u8], of: impl Fn(i32) -> [u8; N]) {
    let out = out.as_chunks_mut::<N>().0;
    if right.is_empty() {
        for (out, &x) in out.iter_mut().zip(left) {
            *out = of(x);
        }
        return;
    }
    for (out, (&l, &r)) in out
        .as_chunks_mut::<2>()
        .0
        .iter_mut()
        .zip(left.iter().zip(right))
    {
        *out = [of(l), of(r)];
    }
}
