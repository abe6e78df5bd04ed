// SPDX-License-Identifier: MPL-2.0
//! Vorbis: from its headers to a decoder.
use super::MAX_CHANNELS;
use super::stream::{Format, News, Stream};
use auris_support::result_sink::lock;
use std::sync::Mutex;
use symphonia_codec_vorbis::VorbisDecoder;
use symphonia_core::codecs::audio::well_known::CODEC_ID_VORBIS;
use symphonia_core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};

/// First bytes of the headers that decoding needs; audio packets are even.
const IDENTIFICATION: u8 = 1;
const SETUP: u8 = 5;
/// Real setup headers have some KiB; this bounds what is kept of a wrong one.
const MAX_HEADER: usize = 1 << 20;

/// Takes a packet, if it is a header.
pub(super) fn header(stream: &mut Stream, packet: &[u8]) -> Result<News, String> {
    let Some(&kind) = packet.first() else {
        // A packet without a byte means nothing, says the specification.
        return Ok(News::Nothing);
    };
    match kind {
        kind if kind & 1 == 0 => Ok(News::Audio),
        // Comments may be as long as the pictures in them.
        IDENTIFICATION | SETUP if packet.len() > MAX_HEADER => {
            Err("a Vorbis header of absurd size".to_owned())
        }
        IDENTIFICATION => {
            stream.decoder = None;
            stream.headers = packet.to_vec();
            Ok(News::Nothing)
        }
        SETUP if !stream.headers.is_empty() => {
            let rate = rate(&stream.headers).ok_or("no rate in the Vorbis header")?;
            stream.headers.extend_from_slice(packet);
            let parameters = AudioCodecParameters {
                codec: CODEC_ID_VORBIS,
                extra_data: Some(std::mem::take(&mut stream.headers).into()),
                ..AudioCodecParameters::default()
            };
            let decoder = build(&parameters)?;
            let channels = decoder.last_decoded().spec().channels().count();
            if !(1..=MAX_CHANNELS as usize).contains(&channels) {
                return Err("more channels than are decoded rightly".to_owned());
            }
            stream.decoder = Some(Box::new(decoder));
            Ok(News::Format(Format {
                sample: gst_audio::AUDIO_FORMAT_F32,
                rate,
                channels: channels as u32,
            }))
        }
        _ => Ok(News::Nothing),
    }
}

/// A decoder's tables are built out of as much memory again: one decoder after the other, and what it
/// took is given back before the next one.
fn build(parameters: &AudioCodecParameters) -> Result<VorbisDecoder, String> {
    static ONE: Mutex<()> = Mutex::new(());
    let _one = lock(&ONE);
    crate::allocator::tidy();
    let options = AudioDecoderOptions::default();
    let built = VorbisDecoder::try_new(parameters, &options).map_err(|e| e.to_string());
    crate::allocator::tidy();
    built
}

/// The sample rate in an identification header.
fn rate(header: &[u8]) -> Option<u32> {
    let bytes = header.get(12..16)?.try_into().ok()?;
    Some(u32::from_le_bytes(bytes)).filter(|&rate| rate > 0)
}
