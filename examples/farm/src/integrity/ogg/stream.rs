// SPDX-License-Identifier: MPL-2.0
//! One logical stream of an Ogg file.
use super::kind::{Kind, identify, opus_frames};
use super::page::Page;
use super::setup;
use crate::integrity::{Codec, Damage, Facts, Length};

/// The position that the first page with audio ends at, against the audio that it can hold.
struct Opening {
    granule: u64,
    least: u64,
    most: u64,
}

pub(super) struct Stream {
    kind: Kind,
    rate: Option<u32>,
    channels: Option<u32>,
    /// Offset of the latest page, for messages.
    at: u64,
    sequence: u32,
    /// The latest page ended within a packet.
    open: bool,
    ended: bool,
    /// More than one page is marked as the last.
    ended_again: bool,
    granule: u64,
    opening: Option<Opening>,
    /// Frames in the packets that ended since the last granule position was seen.
    pending: (u64, u64),
    /// A packet that began on an earlier page has this many frames.
    carried: (u64, u64),
    /// The part of a Vorbis setup header that has come so far.
    setup: Vec<u8>,
}

impl Stream {
    /// Begins a stream with its first page.
    pub fn open(page: &Page<'_>) -> Result<Self, Damage> {
        let (packet, _) = page.packets().next().unwrap_or((&[], true));
        let (kind, rate, channels) = identify(packet, page.at)?;
        Ok(Self {
            kind,
            rate,
            channels,
            at: page.at,
            sequence: page.sequence(),
            open: page.is_open(),
            ended: page.ends_stream(),
            ended_again: false,
            granule: 0,
            opening: None,
            pending: (0, 0),
            carried: (0, 0),
            setup: Vec::new(),
        })
    }

    pub fn is_audio(&self) -> bool {
        !matches!(self.kind, Kind::Other(_))
    }

    /// Whether no audio has come yet.
    pub fn is_beginning(&self) -> bool {
        self.granule == 0 && self.opening.is_none()
    }

    /// Checks the next page of the stream against those before.
    pub fn take(&mut self, page: &Page<'_>) -> Result<(), Damage> {
        let at = page.at;
        // Some encoders mark each of the closing pages as the last.
        if self.ended && !page.ends_stream() {
            return Err(damaged!(
                "the page at offset {at} follows the last page of its stream"
            ));
        }
        let expected = self.sequence.wrapping_add(1);
        if page.sequence() != expected {
            return Err(damaged!(
                "the page at offset {at} has the number {} instead of {expected}",
                page.sequence()
            ));
        }
        if page.continues() != self.open && page.packets().next().is_some() {
            return Err(damaged!(
                "a packet breaks off before the page at offset {at}"
            ));
        }
        if self.is_audio() {
            self.count(page);
        }
        if let (Some(granule), true) = (page.granule(), self.is_audio()) {
            // A cut may put the beginning before position zero.
            let position = granule as i64;
            if position < 0 && self.granule == 0 {
                self.step(page);
                return Ok(());
            }
            if position < 0 || granule < self.granule {
                return Err(damaged!(
                    "the position goes from {} back to {position} on the page at offset {at}",
                    self.granule
                ));
            }
            self.granule = granule;
            if self.opening.is_none() && self.pending.1 > 0 {
                let (least, most) = self.pending;
                self.opening = Some(Opening {
                    granule,
                    least,
                    most,
                });
            }
        }
        self.step(page);
        Ok(())
    }

    /// Remembers what the next page is compared with.
    fn step(&mut self, page: &Page<'_>) {
        self.at = page.at;
        self.sequence = page.sequence();
        self.open = page.is_open();
        self.ended_again |= self.ended;
        self.ended = page.ends_stream();
    }

    /// Counts frames until the first page with audio is complete.
    fn count(&mut self, page: &Page<'_>) {
        if self.opening.is_some() {
            return;
        }
        let mut continued = page.continues();
        for (packet, complete) in page.packets() {
            if !continued {
                self.carried = self.frames(packet);
            }
            continued = false;
            if complete {
                self.pending.0 += self.carried.0;
                self.pending.1 += self.carried.1;
            }
        }
    }

    /// Looks for setup headers of Vorbis, of which a decoder takes one wherever it stands. The bytes that
    /// its tables take.
    pub fn take_setup(&mut self, page: &Page<'_>) -> Result<u64, Damage> {
        const SETUP: u8 = 5;
        let Kind::Vorbis { .. } = self.kind else {
            return Ok(0);
        };
        let invalid = |why: String| {
            let at = page.at;
            damaged!(
                "the Vorbis setup header that ends on the page at offset {at} is invalid: {why}"
            )
        };
        let mut continued = page.continues();
        let mut most = 0;
        for (packet, complete) in page.packets() {
            let begins = !continued && packet.first() == Some(&SETUP);
            if begins || continued && !self.setup.is_empty() {
                if self.setup.len() + packet.len() > setup::LONGEST {
                    return Err(invalid("it is of absurd size".to_owned()));
                }
                self.setup.extend_from_slice(packet);
                if complete {
                    let header = std::mem::take(&mut self.setup);
                    most = most.max(setup::tables(&header).map_err(invalid)?);
                }
            }
            continued = false;
        }
        Ok(most)
    }

    /// Whether another stream can follow this one as if it were one.
    pub fn is_alike(&self, facts: &Facts) -> bool {
        let mut own = Facts::new(facts.container, Codec::Other(String::new()));
        self.describe(&mut own);
        (own.codec, own.rate, own.channels) == (facts.codec.clone(), facts.rate, facts.channels)
    }

    /// The fewest and the most frames that a packet decodes to; none for headers.
    fn frames(&self, packet: &[u8]) -> (u64, u64) {
        match self.kind {
            // Odd types are headers; a long block overlaps half of each neighbour.
            Kind::Vorbis { long_block } => match packet.first() {
                Some(kind) if kind & 1 == 0 => (0, long_block / 2),
                _ => (0, 0),
            },
            Kind::Opus { .. } if packet.starts_with(b"OpusTags") => (0, 0),
            Kind::Opus { .. } => {
                let frames = opus_frames(packet);
                (frames, frames)
            }
            Kind::Speex { packet } => (packet, packet),
            // A block's size stands in its header, which positions from zero make needless.
            Kind::Flac(_) | Kind::Other(_) => (0, 0),
        }
    }

    /// Checks that the stream came to its end.
    pub fn check_end(&self) -> Result<(), Damage> {
        let at = self.at;
        if !self.ended {
            Err(truncated!(
                "the stream whose last page is at offset {at} has no end mark"
            ))
        } else if self.open {
            Err(truncated!(
                "the last packet, begun on the page at offset {at}, is not complete"
            ))
        } else {
            Ok(())
        }
    }

    /// Frames that the decoder gives.
    pub fn length(&self) -> Length {
        // A stream that was cut out of another keeps its positions: what lies before is not there.
        // Or it begins before position zero, and then GStreamer gives what was to be dropped.
        let (early, late) = self.opening.as_ref().map_or((0, 0), |opening| {
            (
                opening.most.saturating_sub(opening.granule),
                opening.granule,
            )
        });
        let (missing_least, missing_most) = match &self.opening {
            Some(opening) if late > opening.most => (late - opening.most, late - opening.least),
            _ => (0, 0),
        };
        let frames = |skip: u64| {
            let least = self.granule.saturating_sub(missing_most + skip);
            (
                least,
                (self.granule + early).saturating_sub(missing_least + skip),
            )
        };
        match &self.kind {
            // GStreamer cuts the end at a time in nanoseconds, which may be a frame late.
            Kind::Vorbis { long_block } => {
                let (least, most) = frames(0);
                // Where pages beside the last have the end mark, it does not cut at all.
                let uncut = if self.ended_again { *long_block } else { 0 };
                Length::within(least.saturating_sub(1), most + uncut + 1)
            }
            Kind::Opus { pre_skip } => {
                let (least, most) = frames(*pre_skip);
                Length::within(least.saturating_sub(1), most + 1)
            }
            Kind::Flac(info) if info.total > 0 => Length::Exact(info.total),
            Kind::Flac(_) => Length::Exact(self.granule),
            // GStreamer keeps what encoders count as their look-ahead and the last packet's padding.
            Kind::Speex { packet } => {
                let (least, most) = frames(0);
                Length::within(least.saturating_sub(2 * packet), most + 2 * packet)
            }
            Kind::Other(_) => Length::Unknown,
        }
    }

    /// Writes codec, rate and channels into `facts`.
    pub fn describe(&self, facts: &mut Facts) {
        facts.codec = match &self.kind {
            Kind::Vorbis { .. } => Codec::Vorbis,
            Kind::Opus { .. } => Codec::Opus,
            Kind::Flac(info) => {
                info.describe(facts);
                Codec::Flac
            }
            Kind::Speex { .. } => Codec::Speex,
            Kind::Other(name) => Codec::Other(name.clone()),
        };
        facts.rate = self.rate;
        facts.channels = self.channels;
    }
}
