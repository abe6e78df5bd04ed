// SPDX-License-Identifier: MPL-2.0
//! Ogg: every page, of every logical stream.
//!
//! Streams may be multiplexed (several between one set of beginnings and ends) and chained (sets
//! in a row). The length is that of the first audio stream of each set, added up.
mod kind;
mod page;
mod setup;
mod stream;

use super::input::Input;
use super::{Codec, Container, Damage, Facts, Length, tags};
use page::Page;
use std::collections::{HashMap, HashSet};
use std::io::{Read, Seek};
use stream::Stream;

/// Streams open at a time; real files have a handful.
const MOST_STREAMS: usize = 256;

/// Links of a chain whose serial numbers are compared; real ones have a few.
const MOST_LINKS: usize = 4096;

/// The state of the walk.
struct Walk {
    /// The streams of the current set, open or closed, by serial number.
    streams: HashMap<u32, Stream>,
    /// Serial number of the set's first audio stream.
    chosen: Option<u32>,
    /// All pages of the set so far begin a stream.
    beginning: bool,
    facts: Facts,
    /// Sets that have ended.
    sets: u64,
    /// Bytes of the current set's headers.
    headers: u64,
    /// Each set so far is one stream, of what the first one is of, and of a serial number of its own, by
    /// which demuxers tell them apart.
    alike: bool,
    /// The serial numbers of the sets so far.
    serials: HashSet<u32>,
}

pub(super) fn inspect<R: Read + Seek>(
    input: &mut Input<'_, R>,
    start: u64,
) -> Result<Facts, Damage> {
    let mut walk = Walk {
        streams: HashMap::new(),
        chosen: None,
        beginning: true,
        facts: Facts::new(Container::Ogg, Codec::Other("Ogg".into())),
        sets: 0,
        headers: 0,
        alike: true,
        serials: HashSet::new(),
    };
    let end = tags::end_of_audio(input, start)?;
    let mut at = start;
    while at < end {
        let page = match Page::read(input, at, end) {
            Ok(page) => page,
            Err(damage) => {
                if at > start && input.skip_zeros(at, end)? == end {
                    walk.facts
                        .warn(format!("{} zero bytes follow the last page", end - at));
                    break;
                }
                return Err(damage);
            }
        };
        at += page.bytes.len() as u64;
        walk.take(&page)?;
    }
    walk.finish_set()?;
    if end < input.size() {
        walk.facts.warn(format!(
            "{} bytes of tags follow the last page",
            input.size() - end
        ));
    }
    walk.facts.links = walk.sets.max(1);
    walk.facts.links_alike = walk.alike;
    if walk.sets > 1 {
        walk.facts.warn(format!("a chain of {} streams", walk.sets));
    }
    Ok(walk.facts)
}

impl Walk {
    fn take(&mut self, page: &Page<'_>) -> Result<(), Damage> {
        if page.begins_stream() {
            if !self.beginning {
                // The next link of a chain; all streams of the one before must have ended.
                self.finish_set()?;
            }
            return self.open(page);
        }
        self.beginning = false;
        match self.streams.get_mut(&page.serial()) {
            Some(stream) => {
                if stream.is_beginning() && page.granule().unwrap_or(0) == 0 {
                    let length = page.bytes.len() as u64;
                    self.headers = self.headers.saturating_add(length);
                    self.facts.metadata = self.facts.metadata.max(self.headers);
                }
                stream.take(page)?;
                if self.chosen == Some(page.serial()) {
                    let tables = stream.take_setup(page)?;
                    self.facts.tables = self.facts.tables.max(tables);
                }
                Ok(())
            }
            None => Err(damaged!(
                "the page at offset {} belongs to a stream ({:#010x}) that never began",
                page.at,
                page.serial()
            )),
        }
    }

    fn open(&mut self, page: &Page<'_>) -> Result<(), Damage> {
        let serial = page.serial();
        if self.streams.len() >= MOST_STREAMS || self.streams.contains_key(&serial) {
            return Err(damaged!(
                "the page at offset {} begins a stream ({serial:#010x}) once more or too many",
                page.at
            ));
        }
        let stream = Stream::open(page)?;
        if stream.is_audio() && self.chosen.is_none() {
            self.chosen = Some(serial);
        } else {
            self.alike = false;
            self.facts
                .warn(format!("a further stream at offset {}", page.at));
        }
        self.streams.insert(serial, stream);
        Ok(())
    }

    /// Checks that all streams of the set have ended and adds the chosen one to the facts.
    fn finish_set(&mut self) -> Result<(), Damage> {
        for stream in self.streams.values() {
            stream.check_end()?;
        }
        self.headers = 0;
        let chosen = self.chosen.take();
        if let Some(serial) = chosen
            && let Some(stream) = self.streams.remove(&serial)
        {
            self.alike &= self.serials.len() < MOST_LINKS && self.serials.insert(serial);
            let length = stream.length();
            if self.sets == 0 {
                stream.describe(&mut self.facts);
                self.facts.length = length;
            } else {
                if !stream.is_alike(&self.facts) {
                    self.alike = false;
                    let text = "codec, rate or channels change between the links of a chain";
                    self.facts.warn(text.into());
                }
                self.facts.length = self.facts.length.plus(length);
                self.facts.md5 = None;
            }
        } else {
            self.alike = false;
            self.facts.length = Length::Unknown;
            self.facts.warn("no audio stream of a known kind".into());
        }
        self.sets += 1;
        self.streams.clear();
        self.beginning = true;
        Ok(())
    }
}
