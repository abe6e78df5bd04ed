// SPDX-License-Identifier: MPL-2.0
//! FLAC: from STREAMINFO to a decoder, and what it does not look at.
use super::MAX_CHANNELS;
use super::stream::{Format, News, Stream};
use crate::integrity::crc;
use symphonia_bundle_flac::FlacDecoder;
use symphonia_core::codecs::audio::well_known::CODEC_ID_FLAC;
use symphonia_core::codecs::audio::{AudioCodecParameters, AudioDecoderOptions};

/// What a file begins with, and a stream in Ogg before that.
const MARKER: &[u8] = b"fLaC";
const OGG: &[u8] = b"\x7fFLAC";
const OGG_PREFIX: usize = 9;
/// Bytes of a metadata block's header, and of STREAMINFO.
const BLOCK_HEADER: usize = 4;
const INFO: usize = 34;

/// Takes a packet, if it is a header, and looks whether a frame is whole.
pub(super) fn header(stream: &mut Stream, packet: &[u8]) -> Result<News, String> {
    if packet.len() > 2 && packet[0] == 0xff && packet[1] & 0xfe == 0xf8 {
        // Symphonia leaves that to its own parser.
        return match crc::crc16(0, packet) {
            0 => Ok(News::Audio),
            _ => Err("a FLAC frame fails its checksum".to_owned()),
        };
    }
    let packet = match packet.starts_with(OGG) {
        true => packet.get(OGG_PREFIX..).unwrap_or_default(),
        false => packet,
    };
    let block = packet.strip_prefix(MARKER).unwrap_or(packet);
    match block.get(BLOCK_HEADER..BLOCK_HEADER + INFO) {
        Some(info) if block[0] & 0x7f == 0 => {
            let (decoder, format) = build(info)?;
            stream.decoder = Some(Box::new(decoder));
            Ok(News::Format(format))
        }
        _ => Ok(News::Nothing),
    }
}

fn build(info: &[u8]) -> Result<(FlacDecoder, Format), String> {
    // Rate, channels less one and bits less one have 20, 3 and 5 bits.
    let fields = info
        .get(10..14)
        .and_then(|bytes| bytes.try_into().ok())
        .map_or(0, u32::from_be_bytes);
    let (rate, channels, bits) = (fields >> 12, (fields >> 9 & 7) + 1, (fields >> 4 & 31) + 1);
    let sample = match bits {
        16 => gst_audio::AUDIO_FORMAT_S16,
        24 => gst_audio::AUDIO_FORMAT_S2432,
        _ => return Err(format!("FLAC of {bits} bits is not decoded here")),
    };
    if rate == 0 || channels > MAX_CHANNELS {
        return Err("more channels than are decoded here, or no rate".to_owned());
    }
    let parameters = AudioCodecParameters {
        codec: CODEC_ID_FLAC,
        extra_data: Some(info.into()),
        ..AudioCodecParameters::default()
    };
    let options = AudioDecoderOptions::default();
    let decoder = FlacDecoder::try_new(&parameters, &options).map_err(|e| e.to_string())?;
    let format = Format {
        sample,
        rate,
        channels,
    };
    Ok((decoder, format))
}
