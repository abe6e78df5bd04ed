// SPDX-License-Identifier: MPL-2.0
//! From frame to frame through a stream of MPEG audio.
use super::header::{Header, Kind};
use super::info::{Info, Lame};
use crate::integrity::input::{Input, be16};
use crate::integrity::{Codec, Container, Damage, Facts, Length, crc, tags};
use std::io::{Read, Seek};

/// No frame is longer but in free format, where this is a generous bound.
const LONGEST: usize = 8192;

/// What the walk has seen.
struct Walk {
    kind: Kind,
    samples: u64,
    /// Frames with audio.
    frames: u64,
    /// Frames whose own checksum is right, and is wrong, and the first of these.
    intact: u64,
    broken: u64,
    first_broken: u64,
    /// CRC-16 of everything behind the info frame.
    music_crc: u16,
    /// Something other than frames lies between them: several files in one.
    joined: bool,
}

/// Walks the frames from `first` to `end`; `start` is where leading tags end and `free` the length
/// of an unpadded frame in free format, zero for other streams.
pub(super) fn inspect<R: Read + Seek>(
    input: &mut Input<'_, R>,
    start: u64,
    first: u64,
    end: u64,
    free: u64,
) -> Result<Facts, Damage> {
    let header = Header::parse(input.array(first)?)
        .ok_or_else(|| damaged!("no MPEG frame begins at offset {first}"))?;
    let mut facts = Facts::new(Container::Mp3, Codec::Mp3);
    facts.rate = Some(header.kind().rate);
    facts.channels = Some(header.kind().channels);
    if first > start {
        facts.warn(format!(
            "{} zero bytes before the first frame",
            first - start
        ));
    }
    let length = header.length(free);
    let info = if header.kind().layer == 3 {
        Info::parse(&header, input.peek(first, length as usize)?)
    } else {
        None
    };
    let mut walk = Walk {
        kind: header.kind(),
        samples: header.samples(),
        frames: 0,
        intact: 0,
        broken: 0,
        first_broken: 0,
        music_crc: 0,
        joined: false,
    };
    let from = if info.is_some() {
        first + length
    } else {
        first
    };
    let stop = walk.run(input, from, end, free, &mut facts)?;
    walk.check_frames(&mut facts)?;
    let audio = first..stop;
    facts.length = match &info {
        Some(info) => walk.check_info(input, info, audio, &mut facts)?,
        None => walk.length(0),
    };
    Ok(facts)
}

impl Walk {
    /// Goes to the end of the frames, at `end` or where only zeros follow.
    fn run<R: Read + Seek>(
        &mut self,
        input: &mut Input<'_, R>,
        from: u64,
        end: u64,
        free: u64,
        facts: &mut Facts,
    ) -> Result<u64, Damage> {
        let mut at = from;
        while at < end {
            let bytes = input.peek(at, LONGEST)?;
            let header = bytes.first_chunk().copied().and_then(Header::parse);
            let Some(header) = header.filter(|header| header.length(free) > 4) else {
                match self.interlude(input, at, end, facts)? {
                    Some(next) if next == end => return Ok(at),
                    Some(next) => at = next,
                    None if end - at < 4 => {
                        return Err(truncated!(
                            "the last MPEG frame ends within its header, at {end}"
                        ));
                    }
                    None => return Err(damaged!("no MPEG frame begins at offset {at}")),
                }
                continue;
            };
            if header.kind() != self.kind {
                return Err(damaged!("layer, rate or channels change at offset {at}"));
            }
            let length = header.length(free);
            if length > end - at {
                return Err(truncated!(
                    "the last MPEG frame (offset {at}) needs {length} bytes and has {}",
                    end - at
                ));
            }
            let frame = &bytes[..length as usize];
            self.music_crc = crc::lame(self.music_crc, frame);
            if let Some(covered) = header.protected_bytes()
                && let Some(side_info) = frame.get(6..6 + covered)
            {
                if crc::crc16(crc::crc16(0xffff, &frame[2..4]), side_info) == be16(frame, 4) {
                    self.intact += 1;
                } else {
                    if self.broken == 0 {
                        self.first_broken = at;
                    }
                    self.broken += 1;
                }
            }
            self.frames += 1;
            at += length;
        }
        Ok(at)
    }

    /// Where frames go on behind what is not one of them: padding at the end, or the tags of files
    /// that were put in a row. `None` if it is neither.
    fn interlude<R: Read + Seek>(
        &mut self,
        input: &mut Input<'_, R>,
        at: u64,
        end: u64,
        facts: &mut Facts,
    ) -> Result<Option<u64>, Damage> {
        let next = if input.peek(at, 3)? == b"TAG" {
            at + 128
        } else {
            tags::skip_leading(input, at)?
        };
        if next > at && next < end {
            facts.warn(format!("a tag between frames at offset {at}"));
            self.joined = true;
            return Ok(Some(next));
        }
        if input.skip_zeros(at, end)? == end {
            facts.warn(format!("{} zero bytes follow the last frame", end - at));
            return Ok(Some(end));
        }
        Ok(None)
    }

    fn check_frames(&self, facts: &mut Facts) -> Result<(), Damage> {
        if self.broken > 0 && self.intact > 0 {
            return Err(damaged!(
                "{} MPEG frames fail their checksum, the first at offset {}",
                self.broken,
                self.first_broken
            ));
        }
        if self.broken > 0 {
            // Some encoders never knew how to sum up: no single frame is right.
            facts.warn("no frame's checksum is right: the encoder's own error".into());
        }
        Ok(())
    }

    /// Compares what the first frame declares with the frames in `audio`, which begins with it.
    fn check_info<R: Read + Seek>(
        &self,
        input: &mut Input<'_, R>,
        info: &Info,
        audio: std::ops::Range<u64>,
        facts: &mut Facts,
    ) -> Result<Length, Damage> {
        if let Some(Lame {
            intact: Some(false),
            ..
        }) = info.lame
        {
            return Err(damaged!(
                "the info frame at offset {} fails its own checksum",
                audio.start
            ));
        }
        // Encoders that write to a pipe leave zeros; whether the info frame counts, is undecided.
        let declared = info.frames.map_or(0, u64::from);
        if declared > self.frames + 1 {
            return Err(truncated!(
                "{declared} MPEG frames are declared, {} found",
                self.frames
            ));
        }
        let bytes = info.bytes.map_or(0, u64::from);
        let found = audio.end - audio.start;
        // Encoders other than LAME may count tags.
        let most = if info.lame.is_some() {
            found
        } else {
            input.size()
        };
        if bytes > most {
            return Err(truncated!(
                "{bytes} bytes of audio are declared, {found} found"
            ));
        }
        if declared > 0 && declared < self.frames {
            let text = format!("{declared} MPEG frames are declared, {} found", self.frames);
            if !self.joined {
                return Err(Damage::Damaged(text));
            }
            facts.warn(text);
        } else if let Some(lame) = &info.lame {
            self.check_music(input, lame, audio, facts)?;
        }
        let trimmed = info
            .lame
            .as_ref()
            .map_or(0, |lame| lame.delay + lame.padding);
        Ok(self.length(u64::from(trimmed)))
    }

    /// Verifies LAME's checksum over the audio.
    fn check_music<R: Read + Seek>(
        &self,
        input: &mut Input<'_, R>,
        lame: &Lame,
        audio: std::ops::Range<u64>,
        facts: &mut Facts,
    ) -> Result<(), Damage> {
        let covers_all = u64::from(lame.music_length) == audio.end - audio.start;
        if !covers_all || lame.music_crc == 0 || lame.music_crc == self.music_crc {
            return Ok(());
        }
        if !tags::gain_was_rewritten(input, audio)? {
            return Err(damaged!(
                "the audio has the checksum {:#06x} instead of {:#06x}",
                self.music_crc,
                lame.music_crc
            ));
        }
        facts.warn("the audio fails its checksum: its gain was rewritten".into());
        Ok(())
    }

    /// Decoders differ: some drop what the encoder declares as `trimmed`, some give the info frame
    /// as one of silence, all lose the first frames of a piece cut out of a longer file.
    fn length(&self, trimmed: u64) -> Length {
        const LOST: u64 = 2;
        let all = self.frames * self.samples;
        Length::Between(
            all.saturating_sub(trimmed + LOST * self.samples),
            all + self.samples,
        )
    }
}

/// Length of an unpadded frame of the free-format stream that begins at `at`, if the next frame
/// and the one behind it confirm it.
pub(super) fn free_format_length<R: Read + Seek>(
    input: &mut Input<'_, R>,
    at: u64,
    first: &Header,
) -> Result<Option<u64>, Damage> {
    let bytes = input.peek(at, 2 * LONGEST + 8)?;
    let same = |at: usize| -> Option<Header> {
        let header = bytes
            .get(at..)?
            .first_chunk()
            .copied()
            .and_then(Header::parse)?;
        (header.is_free_format() && header.kind() == first.kind()).then_some(header)
    };
    for next in 24..(LONGEST - 4).min(bytes.len()) {
        let base = next as u64 - first.padding().min(next as u64);
        if let Some(header) = same(next)
            && same(next + header.length(base) as usize).is_some()
        {
            return Ok(Some(base));
        }
    }
    Ok(None)
}
