// SPDX-License-Identifier: MPL-2.0
//! What the first packet of a stream says.
use crate::integrity::Damage;
use crate::integrity::flac::StreamInfo;
use crate::integrity::input::{le16, le32};

/// What a stream carries, and what counting its frames needs.
pub(super) enum Kind {
    Vorbis { long_block: u64 },
    Opus { pre_skip: u64 },
    Flac(Box<StreamInfo>),
    Speex { packet: u64 },
    Other(String),
}

/// What a stream's first packet says: kind, rate in Hz, channels.
pub(super) fn identify(packet: &[u8], at: u64) -> Result<(Kind, Option<u32>, Option<u32>), Damage> {
    let invalid = |what: &str| damaged!("the {what} header on the page at offset {at} is invalid");
    let (kind, rate, channels) = if packet.starts_with(b"\x01vorbis") {
        if packet.len() < 30 || packet[29] & 1 == 0 {
            return Err(invalid("Vorbis"));
        }
        let (short, long) = (packet[28] & 15, packet[28] >> 4);
        if !(6..=13).contains(&short) || !(short..=13).contains(&long) {
            return Err(invalid("Vorbis"));
        }
        (
            Kind::Vorbis {
                long_block: 1 << long,
            },
            le32(packet, 12),
            u32::from(packet[11]),
        )
    } else if packet.starts_with(b"OpusHead") {
        if packet.len() < 19 || packet[8] & 0xf0 != 0 {
            return Err(invalid("Opus"));
        }
        let pre_skip = u64::from(le16(packet, 10));
        (Kind::Opus { pre_skip }, 48_000, u32::from(packet[9]))
    } else if packet.starts_with(b"\x7fFLAC") {
        let info = packet
            .get(17..)
            .filter(|_| packet[9..13] == *b"fLaC")
            .and_then(|block| block.first_chunk::<{ StreamInfo::LENGTH }>())
            .ok_or_else(|| invalid("FLAC"))?;
        let info = StreamInfo::parse(info)?;
        let (rate, channels) = (info.rate, info.channels);
        (Kind::Flac(Box::new(info)), rate, channels)
    } else if packet.starts_with(b"Speex   ") {
        if packet.len() < 80 {
            return Err(invalid("Speex"));
        }
        let packet_frames = u64::from(le32(packet, 56)) * u64::from(le32(packet, 64).max(1));
        if !(1..=1 << 16).contains(&packet_frames) {
            return Err(invalid("Speex"));
        }
        (
            Kind::Speex {
                packet: packet_frames,
            },
            le32(packet, 36),
            le32(packet, 48),
        )
    } else {
        let name = packet.get(..8).unwrap_or(packet).escape_ascii().to_string();
        return Ok((Kind::Other(name), None, None));
    };
    if rate == 0 || channels == 0 {
        return Err(damaged!(
            "the page at offset {at} declares {channels} channels at {rate} Hz"
        ));
    }
    Ok((kind, Some(rate), Some(channels)))
}

/// Frames at 48 kHz that an Opus packet decodes to.
pub(super) fn opus_frames(packet: &[u8]) -> u64 {
    let Some(&toc) = packet.first() else {
        return 0;
    };
    let config = toc >> 3;
    let size = match config {
        0..=11 => [480, 960, 1920, 2880][usize::from(config & 3)],
        12..=15 => [480, 960][usize::from(config & 1)],
        _ => [120, 240, 480, 960][usize::from(config & 3)],
    };
    let count = match toc & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => packet.get(1).map_or(0, |count| u64::from(count & 63)),
    };
    size * count
}
