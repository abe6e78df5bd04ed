// SPDX-License-Identifier: MPL-2.0
//! The sample description: codec, rate, channels.
use super::boxes::{Boxes, Header};
use crate::integrity::flac::StreamInfo;
use crate::integrity::input::{Input, be16, be32, be64, fourcc};
use crate::integrity::{Codec, Damage, Facts};
use std::io::{Read, Seek};

/// The first sample description.
#[derive(Debug, Default)]
pub(super) struct Entry {
    kind: [u8; 4],
    codec: Option<Codec>,
    rate: u32,
    channels: u32,
    bits: u32,
    flac: Option<StreamInfo>,
    /// Sample frames in one AAC frame, at the rate of the core coder.
    pub aac_frame: u64,
    /// AAC that declares spectral band replication, or whose core has so low a rate that it may
    /// come with one undeclared: decoders then give twice the frames.
    pub aac_doubles: bool,
}

impl Entry {
    /// Reads an `stsd` box.
    pub fn read<R: Read + Seek>(input: &mut Input<'_, R>, header: &Header) -> Result<Self, Damage> {
        let count = be32(header.bytes(input, 8)?, 4);
        let first = Header {
            body: header.body + 8,
            ..header.clone()
        };
        let Some(entry) = Boxes::within(&first).next(input)? else {
            return Err(damaged!(
                "the 'stsd' box at offset {} is empty",
                header.start
            ));
        };
        if count == 0 {
            return Err(damaged!(
                "the 'stsd' box at offset {} declares no entry",
                header.start
            ));
        }
        let bytes = entry.bytes(input, 28)?;
        let version = be16(bytes, 8);
        let mut found = Self {
            kind: entry.kind,
            channels: u32::from(be16(bytes, 16)),
            bits: u32::from(be16(bytes, 18)),
            rate: be32(bytes, 24) >> 16,
            aac_frame: 1024,
            ..Self::default()
        };
        // QuickTime's longer descriptions; in MP4 the version is zero.
        let fixed = match version {
            0 => 28,
            1 => 44,
            2 => {
                let bytes = entry.bytes(input, 64)?;
                found.rate = f64::from_bits(be64(bytes, 32)) as u32;
                found.channels = be32(bytes, 40);
                found.bits = be32(bytes, 48);
                64
            }
            other => return Err(damaged!("a sound description of version {other}")),
        };
        found.codec = Some(found.codec_of_kind(version == 2));
        if entry.length() < fixed {
            return Err(entry.too_short(fixed));
        }
        let inner = Header {
            body: entry.body + fixed,
            ..entry.clone()
        };
        found.read_extensions(input, &inner, true)?;
        if found.rate == 0 || found.channels == 0 {
            return Err(damaged!(
                "the sound description at offset {} declares {} channels at {} Hz",
                entry.start,
                found.channels,
                found.rate
            ));
        }
        Ok(found)
    }

    pub fn is_missing(&self) -> bool {
        self.codec.is_none()
    }

    /// STREAMINFO's number of frames, if the track is FLAC and tells.
    pub fn flac_total(&self) -> Option<u64> {
        self.flac
            .as_ref()
            .map(|info| info.total)
            .filter(|&total| total > 0)
    }

    /// Moves what the entry says into `facts`.
    pub fn take_codec(&mut self, facts: &mut Facts) {
        if let Some(info) = &self.flac {
            info.describe(facts);
        } else {
            facts.rate = Some(self.rate);
            facts.channels = Some(self.channels);
        }
        if let Some(codec) = &self.codec {
            if matches!(codec, Codec::Pcm { .. } | Codec::Alac) {
                facts.bits = Some(self.bits).filter(|&bits| bits > 0);
            }
            facts.codec = codec.clone();
        }
    }

    fn codec_of_kind(&mut self, lpcm_is_described: bool) -> Codec {
        let pcm = |float, big_endian| Codec::Pcm { float, big_endian };
        match &self.kind {
            b"in24" => self.bits = 24,
            b"in32" | b"fl32" => self.bits = 32,
            b"fl64" => self.bits = 64,
            b"Opus" => self.rate = 48_000,
            _ => {}
        }
        match &self.kind {
            b"mp4a" => Codec::Aac,
            b"alac" => Codec::Alac,
            b"Opus" => Codec::Opus,
            b"fLaC" => Codec::Flac,
            b".mp3" | b"ms\0\x55" => Codec::Mp3,
            b"twos" => pcm(false, true),
            b"sowt" => pcm(false, false),
            b"in24" => pcm(false, true),
            b"in32" => pcm(false, true),
            b"fl32" => pcm(true, true),
            b"fl64" => pcm(true, true),
            b"lpcm" if lpcm_is_described => pcm(false, false),
            kind => Codec::Other(fourcc(kind)),
        }
    }

    /// Reads what follows the fixed part; QuickTime wraps it once more, in `wave`.
    fn read_extensions<R: Read + Seek>(
        &mut self,
        input: &mut Input<'_, R>,
        inner: &Header,
        outermost: bool,
    ) -> Result<(), Damage> {
        let mut boxes = Boxes::within(inner);
        // Old files have loose bytes here: what is no box ends the list.
        while let Ok(Some(header)) = boxes.next(input) {
            match &header.kind {
                b"wave" if outermost => self.read_extensions(input, &header, false)?,
                b"esds" => self.read_descriptors(header.content(input)?),
                b"alac" if header.length() >= 28 => {
                    let bytes = header.bytes(input, 28)?;
                    self.bits = u32::from(bytes[9]);
                    self.channels = u32::from(bytes[13]);
                    self.rate = be32(bytes, 24);
                }
                b"dfLa" => {
                    let bytes = header.bytes(input, 8 + StreamInfo::LENGTH)?;
                    let block = bytes[8..]
                        .first_chunk()
                        .map(StreamInfo::parse)
                        .transpose()?;
                    self.flac = block;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Reads the elementary stream descriptor: what `mp4a` really is.
    fn read_descriptors(&mut self, bytes: &[u8]) {
        const ES: u8 = 3;
        const CONFIG: u8 = 4;
        const SPECIFIC: u8 = 5;
        let mut rest = bytes.get(4..).unwrap_or(&[]);
        while let Some((tag, body)) = descriptor(rest) {
            let skip = match tag {
                // Flags tell which optional fields follow the identifier.
                ES => {
                    let flags = body.get(2).copied().unwrap_or(0);
                    let url = body.get(3).map_or(0, |&length| usize::from(length) + 1);
                    3 + if flags & 0x80 != 0 { 2 } else { 0 }
                        + if flags & 0x40 != 0 { url } else { 0 }
                        + if flags & 0x20 != 0 { 2 } else { 0 }
                }
                CONFIG => {
                    match body.first() {
                        Some(0x69 | 0x6b) => self.codec = Some(Codec::Mp3),
                        Some(0x40 | 0x66..=0x68) | None => {}
                        Some(0xdd) => self.codec = Some(Codec::Vorbis),
                        Some(0xad) => self.codec = Some(Codec::Opus),
                        Some(other) => {
                            self.codec = Some(Codec::Other(format!("mp4a type {other:#04x}")));
                        }
                    }
                    13
                }
                // Other codecs keep something else there.
                SPECIFIC if self.codec.is_none() => return self.read_aac(body),
                _ => return,
            };
            rest = body.get(skip..).unwrap_or(&[]);
        }
    }

    /// Reads the AAC configuration.
    fn read_aac(&mut self, bytes: &[u8]) {
        const SBR: u32 = 5;
        const PS: u32 = 29;
        // From this place in the table of rates on, these are 24 kHz and less.
        const LOW: u32 = 6;
        let mut bits = Bits { bytes, at: 0 };
        let kind = match bits.take(5) {
            31 => 32 + bits.take(6),
            kind => kind,
        };
        let rate = bits.take(4);
        if rate == 15 {
            bits.take(24);
        }
        match bits.take(4) {
            0 => {}
            7 => self.channels = 8,
            // Parametric stereo makes two channels of one.
            1 if kind == PS => self.channels = 2,
            count => self.channels = count,
        }
        self.aac_doubles = kind == SBR || kind == PS || rate >= LOW;
        if kind != SBR && kind != PS && bits.take(1) == 1 {
            self.aac_frame = 960;
        }
        // Backward compatible signalling, behind the configuration of the core.
        const SYNC: u32 = 0x2b7;
        while bits.at + 16 <= bytes.len() * 8 {
            let at = bits.at;
            if bits.take(11) == SYNC && bits.take(5) == SBR {
                self.aac_doubles |= bits.take(1) == 1;
                return;
            }
            bits.at = at + 1;
        }
    }
}

/// The first descriptor's tag and content.
fn descriptor(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let (&tag, mut rest) = bytes.split_first()?;
    let mut length = 0;
    for _ in 0..4 {
        let (&byte, after) = rest.split_first()?;
        rest = after;
        length = length << 7 | usize::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            break;
        }
    }
    Some((tag, &rest[..length.min(rest.len())]))
}

/// Bits from the top; zeros past the end.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn take(&mut self, count: usize) -> u32 {
        (0..count).fold(0, |value, _| {
            let byte = self.bytes.get(self.at / 8).copied().unwrap_or(0);
            let bit = byte >> (7 - self.at % 8) & 1;
            self.at += 1;
            value << 1 | u32::from(bit)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is read of an elementary stream of that type with AAC's configuration for two channels.
    fn read(kind: u8) -> Entry {
        let config = [5, 2, 0x12, 0x10];
        let decoder = [&[4, 17, kind, 0x15][..], &[0; 11], &config].concat();
        let bytes = [&[0; 4], &[3, 22, 0, 0, 0][..], &decoder].concat();
        let mut entry = Entry {
            channels: 6,
            ..Entry::default()
        };
        entry.read_descriptors(&bytes);
        entry
    }

    #[test]
    fn only_aac_is_read_as_aac() {
        assert_eq!(read(0x40).channels, 2);
        let vorbis = read(0xdd);
        assert_eq!((vorbis.codec, vorbis.channels), (Some(Codec::Vorbis), 6));
    }
}
