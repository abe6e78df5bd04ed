// SPDX-License-Identifier: MPL-2.0
//! The frame without audio that describes the file: Xing's, Fraunhofer's, and LAME's addition.
use super::header::Header;
use crate::integrity::crc;
use crate::integrity::input::{be16, be32};

/// Length of LAME's addition.
const LAME: usize = 36;

/// What the first frame declares of all that follow.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Info {
    /// MPEG frames, with or without this one.
    pub frames: Option<u32>,
    /// Bytes from the beginning of this frame on.
    pub bytes: Option<u32>,
    pub lame: Option<Lame>,
}

/// LAME's addition, which libavformat writes, too.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Lame {
    /// Frames that the encoder put before and behind the audio.
    pub delay: u16,
    pub padding: u16,
    /// Bytes from the beginning of this frame on.
    pub music_length: u32,
    /// CRC-16 of the bytes behind this frame.
    pub music_crc: u16,
    /// Whether the CRC-16 of this frame's own fields is right, where its meaning is certain.
    pub intact: Option<bool>,
}

impl Info {
    /// Reads the frame; `None` if it is one with audio.
    pub fn parse(header: &Header, frame: &[u8]) -> Option<Self> {
        let at = 4 + header.side_info();
        // Some writers place the tag as if there were a checksum before it.
        [at, at + 2]
            .into_iter()
            .find_map(|at| Self::xing(frame, at))
            .or_else(|| Self::vbri(frame))
    }

    fn xing(frame: &[u8], at: usize) -> Option<Self> {
        let tag = frame.get(at..)?;
        if !tag.starts_with(b"Xing") && !tag.starts_with(b"Info") {
            return None;
        }
        let flags = tag.get(4..8).map(|flags| be32(flags, 0))?;
        let mut next = 8;
        let mut field = |bit: u32, length: usize| {
            let present = flags & bit != 0;
            let value = present.then(|| tag.get(next..next + 4)).flatten();
            next += if present { length } else { 0 };
            value.map(|bytes| be32(bytes, 0))
        };
        let (frames, bytes) = (field(1, 4), field(2, 4));
        field(4, 100);
        field(8, 4);
        Some(Self {
            frames,
            bytes,
            lame: Lame::parse(frame, at + next),
        })
    }

    fn vbri(frame: &[u8]) -> Option<Self> {
        const AT: usize = 36;
        let tag = frame
            .get(AT..AT + 26)
            .filter(|tag| tag.starts_with(b"VBRI"))?;
        Some(Self {
            frames: Some(be32(tag, 14)),
            bytes: Some(be32(tag, 10)),
            lame: None,
        })
    }
}

impl Lame {
    fn parse(frame: &[u8], at: usize) -> Option<Self> {
        let tag = frame.get(at..at + LAME)?;
        let by_lame = tag.starts_with(b"LAME");
        if !by_lame && !tag.starts_with(b"Lavc") && !tag.starts_with(b"Lavf") {
            return None;
        }
        let stored = be16(tag, 34);
        let found = crc::lame(0, &frame[..at + LAME - 2]);
        // libavformat always sums up 190 bytes, which is right for MPEG-1 stereo only.
        let certain = stored != 0 && (by_lame || at + LAME == 192);
        Some(Self {
            delay: be16(tag, 21) >> 4,
            padding: be16(tag, 22) & 0xfff,
            music_length: be32(tag, 28),
            music_crc: be16(tag, 32),
            intact: certain.then_some(stored == found),
        })
    }
}
