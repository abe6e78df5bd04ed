// SPDX-License-Identifier: MPL-2.0
//! Comma-separated values as RFC 4180 has them.
use super::text::finite;
use super::{Layout, Record};
use crate::record::{Album, ChannelDr, Dialect, DynamicRange, Format, Loudness, Status, Track};
use std::io::{self, Write};

/// A header, then one line per record.
pub(super) struct Csv;

/// Name and content of a column. What a record does not have is empty.
type Column = (&'static str, fn(&Record<'_>) -> String);

const COLUMNS: &[Column] = &[
    ("type", |r| match r {
        Record::Track(_) => "track".to_owned(),
        Record::Album(_) => "album".to_owned(),
    }),
    ("path", |r| match r {
        Record::Track(track) => track.path.clone(),
        Record::Album(album) => album.path.clone(),
    }),
    ("status", |r| {
        let status = match r {
            Record::Track(track) => track.status,
            Record::Album(album) => album.status,
        };
        match status {
            Status::Ok => "ok".to_owned(),
            Status::Error => "error".to_owned(),
        }
    }),
    ("error", |r| match r {
        Record::Track(track) => text(track.error.as_ref()),
        Record::Album(album) => text(album.error.as_ref()),
    }),
    ("error_kind", |r| of_track(r, |t| t.error_kind.clone())),
    ("warnings", |r| of_track(r, |t| Some(t.warnings.join("; ")))),
    ("dr_official", |r| match r {
        Record::Track(track) => text(track.dr.as_ref().and_then(|dr| dr.official)),
        Record::Album(album) => text(album.dr.and_then(|dr| dr.official)),
    }),
    ("dr_precise_db", |r| match r {
        Record::Track(track) => number(track.dr.as_ref().and_then(|dr| dr.precise)),
        Record::Album(album) => number(album.dr.and_then(|dr| dr.precise)),
    }),
    ("dr_dialect", |r| {
        let dialect = match r {
            Record::Track(track) => track.dr.as_ref().map(|dr| dr.dialect),
            Record::Album(album) => album.dr.map(|dr| dr.dialect),
        };
        text(dialect.map(|dialect| match dialect {
            Dialect::Foobar => "foobar",
            Dialect::Tt => "tt",
            Dialect::Exact => "exact",
        }))
    }),
    ("dr_foobar_db", |r| of_dr(r, |dr| number(dr.foobar.precise))),
    ("dr_tt_db", |r| of_dr(r, |dr| number(dr.tt.precise))),
    ("dr_exact_db", |r| of_dr(r, |dr| number(dr.exact.precise))),
    ("dr_disagree", |r| of_dr(r, |dr| dr.disagree.to_string())),
    ("dr_boundary_distance_db", |r| {
        of_dr(r, |dr| number(dr.boundary_distance))
    }),
    ("dr_flags", |r| of_dr(r, |dr| dr.flags.join(" "))),
    ("dr_channels_db", |r| of_dr(r, |dr| channels(&dr.channels))),
    ("peak_db", |r| of_track(r, |t| finite(t.peak_db))),
    ("rms_db", |r| of_track(r, |t| finite(t.rms_db))),
    ("over_full_scale", |r| {
        of_track(r, |t| Some(t.over_full_scale))
    }),
    ("non_finite", |r| of_track(r, |t| Some(t.non_finite))),
    ("integrated_lufs", |r| of_loudness(r, |l| l.integrated)),
    ("loudness_range_lu", |r| of_loudness(r, |l| l.range)),
    ("max_momentary_lufs", |r| {
        of_loudness(r, |l| l.max_momentary)
    }),
    ("max_short_term_lufs", |r| {
        of_loudness(r, |l| l.max_short_term)
    }),
    ("true_peak_dbtp", |r| of_loudness(r, |l| l.true_peak)),
    ("duration_s", |r| match r {
        Record::Track(track) => number(track.duration_s),
        Record::Album(album) => number(album.duration_s),
    }),
    ("frames", |r| of_track(r, |t| t.frames)),
    ("rate_hz", |r| of_track(r, |t| t.rate)),
    ("channels", |r| of_track(r, |t| t.channels)),
    ("bytes", |r| of_track(r, |t| t.bytes)),
    ("container", |r| of_format(r, |f| f.container.clone())),
    ("codec", |r| of_format(r, |f| f.codec.clone())),
    ("sample_format", |r| {
        of_format(r, |f| f.sample_format.clone())
    }),
    ("bits", |r| of_format(r, |f| f.bits)),
    ("decoder", |r| of_format(r, |f| f.decoder.clone())),
    ("lossless", |r| of_format(r, |f| Some(f.lossless))),
    ("clipped_by_decoder", |r| {
        of_track(r, |t| t.clipped_by_decoder)
    }),
    ("md5", |r| of_track(r, |t| t.md5.clone())),
    ("title", |r| tag(r, "title")),
    ("artist", |r| match r {
        Record::Track(_) => tag(r, "artist"),
        Record::Album(album) => text(album.artist.as_ref()),
    }),
    ("album", |r| match r {
        Record::Track(_) => tag(r, "album"),
        Record::Album(album) => text(album.title.as_ref()),
    }),
    ("album_artist", |r| tag(r, "album-artist")),
    ("track_number", |r| tag(r, "track-number")),
    ("disc_number", |r| tag(r, "album-disc-number")),
    ("tracks", |r| match r {
        Record::Track(_) => String::new(),
        Record::Album(album) => album.tracks.to_string(),
    }),
];

impl Csv {
    fn line(out: &mut dyn Write, cells: impl Iterator<Item = impl AsRef<[u8]>>) -> io::Result<()> {
        let mut writer = ::csv::WriterBuilder::new()
            .terminator(::csv::Terminator::CRLF)
            .from_writer(out);
        writer.write_record(cells).map_err(io::Error::from)?;
        writer.flush()
    }

    fn record(out: &mut dyn Write, record: &Record<'_>) -> io::Result<()> {
        Self::line(out, COLUMNS.iter().map(|(_, cell)| cell(record)))
    }
}

impl Layout for Csv {
    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()> {
        Self::line(out, COLUMNS.iter().map(|(name, _)| name))
    }

    fn track(
        &mut self,
        out: &mut dyn Write,
        track: &Track,
        _album: Option<&str>,
    ) -> io::Result<()> {
        Self::record(out, &Record::Track(track))
    }

    fn album(&mut self, out: &mut dyn Write, album: &Album) -> io::Result<()> {
        Self::record(out, &Record::Album(album))
    }
}

fn text(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// All digits that are needed to read the same number back.
fn number(value: Option<f64>) -> String {
    text(finite(value))
}

fn of_track<T: ToString>(record: &Record<'_>, field: fn(&Track) -> Option<T>) -> String {
    match record {
        Record::Track(track) => text(field(track)),
        Record::Album(_) => String::new(),
    }
}

fn of_dr(record: &Record<'_>, field: fn(&DynamicRange) -> String) -> String {
    match record {
        Record::Track(track) => text(track.dr.as_ref().map(field)),
        Record::Album(_) => String::new(),
    }
}

fn of_format<T: ToString>(record: &Record<'_>, field: fn(&Format) -> Option<T>) -> String {
    match record {
        Record::Track(track) => text(track.format.as_ref().and_then(field)),
        Record::Album(_) => String::new(),
    }
}

fn of_loudness(record: &Record<'_>, field: fn(&Loudness) -> Option<f64>) -> String {
    match record {
        Record::Track(track) => number(track.loudness.as_ref().and_then(field)),
        Record::Album(_) => String::new(),
    }
}

fn tag(record: &Record<'_>, key: &str) -> String {
    match record {
        Record::Track(track) => text(track.tags.get(key)),
        Record::Album(_) => String::new(),
    }
}

/// `FL=11.52 FR=11.9`; a silent channel is `FL=`.
fn channels(channels: &[ChannelDr]) -> String {
    let cells = channels
        .iter()
        .map(|channel| format!("{}={}", channel.name, number(channel.dr)));
    cells.collect::<Vec<_>>().join(" ")
}
