// SPDX-License-Identifier: MPL-2.0
//! ISO base media and QuickTime: MP4, M4A, MOV, 3GP.
//!
//! The boxes are walked, never held; the sample tables of the first audio track are read through
//! small windows and compared with each other and with the media data that they point into.
mod boxes;
mod entry;
mod fragment;
mod length;
mod tables;
mod track;

use super::input::Input;
use super::{Codec, Container, Damage, Facts};
use boxes::{Boxes, Header};
use std::io::{Read, Seek};
use std::ops::Range;
use track::Track;

/// Stretches of media data that are remembered; files with more are checked against their size only.
const MOST_MEDIA: usize = 1024;

/// Whether a file begins with a box of QuickTime's early days, before `ftyp` came up.
pub(super) fn opens_without_ftyp(head: &[u8]) -> bool {
    let kinds: [&[u8]; 6] = [b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"];
    head.get(4..8).is_some_and(|kind| kinds.contains(&kind))
        && head.get(..2).is_some_and(|size| size[0] == 0)
}

/// Where media data lies.
#[derive(Default)]
pub(super) struct Media {
    ranges: Vec<Range<u64>>,
    overflow: bool,
}

impl Media {
    fn add(&mut self, range: Range<u64>) {
        if self.ranges.len() < MOST_MEDIA {
            self.ranges.push(range);
        } else {
            self.overflow = true;
        }
    }

    /// Whether all of `range` is media data.
    fn holds(&self, range: &Range<u64>) -> bool {
        let after = self
            .ranges
            .partition_point(|media| media.start <= range.start);
        self.overflow
            || after
                .checked_sub(1)
                .is_some_and(|at| range.end <= self.ranges[at].end)
    }
}

/// The boxes at the top that matter.
#[derive(Default)]
struct Layout {
    movie: Option<Header>,
    media: Media,
    /// The first `moof`; those behind it are found from there.
    fragments: Option<u64>,
    /// Where the last whole box ends.
    end: u64,
}

pub(super) fn inspect<R: Read + Seek>(
    input: &mut Input<'_, R>,
    start: u64,
) -> Result<Option<Facts>, Damage> {
    let mut facts = Facts::new(Container::Mp4, Codec::Other("MP4".into()));
    let layout = survey(input, start, &mut facts)?;
    let Some(movie) = layout.movie else {
        return Err(truncated!("no 'moov' box up to offset {}", layout.end));
    };
    facts.metadata = movie.end - movie.start;
    let mut chosen: Option<Track> = None;
    let mut fragmented = None;
    let mut boxes = Boxes::within(&movie);
    while let Some(header) = boxes.next(input)? {
        match &header.kind {
            b"trak" => {
                let track = Track::read(input, &header)?;
                facts.index_entries = facts.index_entries.saturating_add(track.samples());
                if !track.is_audio() {
                    continue;
                }
                if chosen.is_some() {
                    facts.warn(format!("a further audio track at offset {}", header.start));
                } else {
                    chosen = Some(track);
                }
            }
            b"mvex" => fragmented = Some(fragment::Defaults::read(input, &header)?),
            _ => {}
        }
    }
    let Some(mut track) = chosen else {
        return Err(damaged!(
            "no audio track in the 'moov' box at offset {}",
            movie.start
        ));
    };
    let movie_scale = track::movie_timescale(input, &movie)?;
    let mut totals = tables::check(input, &track, &layout.media)?;
    if let Some(from) = layout.fragments {
        let defaults = fragmented.unwrap_or_default();
        let described = totals.samples;
        fragment::add_runs(input, from..layout.end, &defaults, track.id, &mut totals)?;
        facts.index_entries = facts
            .index_entries
            .saturating_add(totals.samples - described);
    }
    track.entry.take_codec(&mut facts);
    length::declare(&mut facts, &track, &totals, movie_scale);
    Ok(Some(facts))
}

/// Walks the boxes at the top.
fn survey<R: Read + Seek>(
    input: &mut Input<'_, R>,
    start: u64,
    facts: &mut Facts,
) -> Result<Layout, Damage> {
    let mut layout = Layout {
        end: start,
        ..Layout::default()
    };
    let mut boxes = Boxes::new(start, input.size());
    loop {
        let header = match boxes.next(input) {
            Ok(Some(header)) => header,
            Ok(None) => return Ok(layout),
            Err(damage) => {
                // Some tools pad a finished file with zeros; these parse as a box without end.
                let end = layout.end;
                if layout.movie.is_some() && input.skip_zeros(end, input.size())? == input.size() {
                    facts.warn(format!(
                        "{} zero bytes follow the boxes",
                        input.size() - end
                    ));
                    return Ok(layout);
                }
                return Err(damage);
            }
        };
        match &header.kind {
            b"moov" if layout.movie.is_none() => layout.movie = Some(header.clone()),
            b"moov" => facts.warn(format!("a second 'moov' box at offset {}", header.start)),
            b"mdat" => layout.media.add(header.body..header.end),
            b"moof" => {
                layout.fragments.get_or_insert(header.start);
            }
            _ => {}
        }
        layout.end = header.end;
    }
}
