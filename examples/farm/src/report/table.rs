// SPDX-License-Identifier: MPL-2.0
//! Aligned columns for people, written as the results come.
use super::{Layout, text};
use crate::record::{Album, Status, Track};
use console::{Style, Term};
use std::borrow::Cow;
use std::io::{self, Write};

/// Narrowest last column: on a narrower terminal lines wrap instead of losing all of the name.
const NARROWEST_NAME: usize = 16;

/// How a table may look.
#[derive(Debug, Clone, Copy, Default)]
pub struct Look {
    /// Columns of the terminal; `None` where there is none, and nothing is cut.
    pub width: Option<usize>,
    /// Whether to use ANSI colours.
    pub colour: bool,
}

impl Look {
    /// What standard output allows: nothing unless it is a terminal.
    pub fn of_stdout() -> Self {
        let terminal = Term::stdout();
        let width = terminal
            .size_checked()
            .map(|(_rows, columns)| usize::from(columns));
        Self {
            width: width.filter(|_| terminal.is_term()),
            colour: terminal.is_term() && console::colors_enabled(),
        }
    }
}

/// The layout.
pub(super) struct Table {
    look: Look,
    /// Album of the track before, to say once which one begins.
    album: Option<String>,
    /// Set with the first track, which knows whether loudness is measured.
    loudness: Option<bool>,
    tracks: usize,
    failed: usize,
}

/// One line's content.
struct Row<'a> {
    dr: &'a str,
    peak: String,
    rms: String,
    loudness: String,
    duration: String,
    name: Cow<'a, str>,
}

impl Table {
    pub(super) fn new(look: Look) -> Self {
        Self {
            look,
            album: None,
            loudness: None,
            tracks: 0,
            failed: 0,
        }
    }

    fn paint<'a>(&self, style: Style, text: &'a str) -> Cow<'a, str> {
        if self.look.colour {
            style.force_styling(true).apply_to(text).to_string().into()
        } else {
            text.into()
        }
    }

    /// A line whose name is cut to the terminal unless it is `whole`.
    fn row(&self, row: &Row<'_>, style: Style, whole: bool) -> String {
        let loudness = match self.loudness {
            Some(true) => format!("{:>13}", row.loudness),
            _ => String::new(),
        };
        let numbers = format!(
            "{:>11}{:>11}{loudness}{:>10}  ",
            row.peak, row.rms, row.duration
        );
        let dr = format!("{:<5}", row.dr);
        let room = self.look.width.map(|width| {
            let taken = dr.len() + numbers.len();
            width.saturating_sub(taken).max(NARROWEST_NAME)
        });
        let name = match room {
            Some(room) if !whole => console::truncate_str(&row.name, room, "…"),
            _ => Cow::Borrowed(&*row.name),
        };
        format!("{}{numbers}{name}", self.paint(style, &dr))
    }

    /// The header before the first track, and the album's name before its first one.
    fn headings(
        &mut self,
        out: &mut dyn Write,
        track: &Track,
        album: Option<&str>,
    ) -> io::Result<()> {
        if self.loudness.is_none() {
            self.loudness = Some(track.loudness.is_some());
            let row = Row {
                dr: "DR",
                peak: "Peak".to_owned(),
                rms: "RMS".to_owned(),
                loudness: "Loudness".to_owned(),
                duration: "Duration".to_owned(),
                name: "Track".into(),
            };
            let header = self.row(&row, Style::new(), true);
            writeln!(out, "{}", self.paint(Style::new().bold(), &header))?;
        }
        if self.album.as_deref() != album {
            if let Some(album) = album {
                writeln!(
                    out,
                    "{}",
                    self.paint(Style::new().bold(), &text::printable(album))
                )?;
            }
            self.album = album.map(str::to_owned);
        }
        Ok(())
    }
}

impl Layout for Table {
    fn track(&mut self, out: &mut dyn Write, track: &Track, album: Option<&str>) -> io::Result<()> {
        self.headings(out, track, album)?;
        self.tracks += 1;
        // Below its album's name a title says enough; alone, only the path says which file it is.
        let name = if album.is_some() {
            text::title(track, " ")
        } else {
            text::printable(&track.path)
        };
        let failed = track.status == Status::Error;
        let (dr, style, name) = if failed {
            self.failed += 1;
            let reason = text::reason(track.error.as_deref());
            (
                "ERROR".to_owned(),
                Style::new().red(),
                format!("{name}: {reason}"),
            )
        } else {
            let flags = track
                .dr
                .as_ref()
                .map(|dr| dr.flags.join(", "))
                .filter(|flags| !flags.is_empty());
            let name = flags.map_or(name.clone(), |flags| format!("{name} [{flags}]"));
            (
                text::track_dr(track.dr.as_ref()),
                Style::new().green(),
                name,
            )
        };
        let row = Row {
            dr: &dr,
            peak: text::level(track.peak_db, "dB"),
            rms: text::level(track.rms_db, "dB"),
            loudness: text::level(track.loudness.and_then(|l| l.integrated), "LUFS"),
            duration: text::duration(track.duration_s),
            name: name.into(),
        };
        writeln!(out, "{}", self.row(&row, style, failed))
    }

    fn album(&mut self, out: &mut dyn Write, album: &Album) -> io::Result<()> {
        let names = [album.artist.as_deref(), album.title.as_deref()];
        let names: Vec<_> = names.into_iter().flatten().map(text::printable).collect();
        let name = if names.is_empty() {
            text::file_name(&album.path)
        } else {
            names.join(" – ")
        };
        let tracks = if album.tracks == 1 { "track" } else { "tracks" };
        let name = format!("album: {name} ({} {tracks})", album.tracks);
        let failed = album.status == Status::Error;
        let (dr, style, name) = if failed {
            let reason = text::reason(album.error.as_deref());
            (
                "ERROR".to_owned(),
                Style::new().red().bold(),
                format!("{name}: {reason}"),
            )
        } else {
            (
                text::dr(album.dr.and_then(|dr| dr.official)),
                Style::new().green().bold(),
                name,
            )
        };
        let row = Row {
            dr: &dr,
            peak: String::new(),
            rms: String::new(),
            loudness: String::new(),
            duration: text::duration(album.duration_s),
            name: name.into(),
        };
        // The next track says again which album it belongs to.
        self.album = None;
        writeln!(out, "{}\n", self.row(&row, style, failed))
    }

    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if self.failed > 0 {
            writeln!(out, "{} of {} inputs failed", self.failed, self.tracks)?;
        }
        Ok(())
    }
}
