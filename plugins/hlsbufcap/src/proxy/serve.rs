// SPDX-License-Identifier: MPL-2.0
//! A segment, handed on at its pace and never in silence for long.
use super::Session;
use super::download::{About, Progress};
use super::pace::{Level, Pace, Step};
use super::plan::{Planned, Reading};
use super::request::{Answer, Request, is_silence, write_patience};
use super::server::SILENCE;
use super::table::{Id, Kind, Place, Target};
use crate::budget::lock;
use crate::upstream::{ByteRange, Failure};
use std::io::{self, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// Bytes that are held back while more is to come, one for each silence that would last too long.
const RESERVE: u64 = 64;
/// Longest wait for the head of a segment: the client is told to ask again then.
const HEAD: Duration = Duration::from_secs(60);
/// Time between two looks at whether the client is still there.
const LOOK: Duration = Duration::from_millis(200);
/// Bytes that are read at a time.
const PIECE: usize = 32 << 10;

/// What a client wants of a segment.
#[derive(Debug, Clone, PartialEq)]
struct Wanted {
    place: Place,
    planned: Option<Planned>,
    of: Option<Id>,
    kind: Kind,
    is_complete: bool,
    /// Of its playlist.
    is_last: bool,
    /// First and last byte of the place that the client asked for, where it did.
    part: Option<(u64, Option<u64>)>,
}

impl Session {
    /// Whether the connection can go on.
    pub(super) fn serve(
        self: &Arc<Self>,
        mut stream: &TcpStream,
        request: &Request,
        target: &Arc<Target>,
    ) -> io::Result<bool> {
        let Some(wanted) = self.wanted(request, target) else {
            Answer::of(416).write(&mut stream)?;
            return Ok(true);
        };
        let reading = self.demand(target, wanted.place);
        let (start, mut told) = (Instant::now(), Instant::now());
        loop {
            let progress = reading.download.wait(0, LOOK);
            match progress.end {
                Some(Err(failure)) if progress.ready == 0 => {
                    return self.fail_segment(stream, target, &wanted, &failure);
                }
                None if progress.ready == 0 => {}
                _ => {
                    let about = progress.about.unwrap_or_default();
                    return self.send_segment(stream, target, &wanted, &reading, &about);
                }
            }
            if start.elapsed() > HEAD || self.cancel.is_cancelled() {
                Answer::of(503).write(&mut stream)?;
                return Ok(true);
            }
            if told.elapsed() >= SILENCE {
                write_patience(&mut stream)?;
                told = Instant::now();
            }
        }
    }

    fn wanted(&self, request: &Request, target: &Target) -> Option<Wanted> {
        let state = lock(&self.state);
        let track = target.of.and_then(|of| state.tracks.get(&of));
        let find = |place| track?.find(place).map(|(_, planned)| planned.clone());
        let made = |place, part| Wanted {
            place,
            planned: find(place),
            of: target.of,
            kind: track.map_or(Kind::Main, |track| track.kind),
            is_complete: track.is_none_or(|track| track.is_complete),
            is_last: track.is_none_or(|track| {
                track
                    .segments
                    .last()
                    .is_some_and(|last| last.place == place)
            }),
            part,
        };
        let Some(range) = &request.range else {
            return Some(made((target.id, None), None));
        };
        let exact = ByteRange::parse(range);
        let whole = (target.id, None);
        let is_whole = find(whole).is_some()
            || track.is_some_and(|track| track.segments.iter().any(|one| one.map == Some(whole)));
        match exact {
            Some(range) if !is_whole => Some(made((target.id, Some(range)), None)),
            Some(range) => Some(made(whole, Some((range.start, Some(range.last()))))),
            None => {
                let first = range.trim().strip_prefix("bytes=")?.strip_suffix('-')?;
                Some(made(whole, Some((first.parse().ok()?, None))))
            }
        }
    }

    /// There is no such segment.
    fn fail_segment(
        &self,
        mut stream: &TcpStream,
        target: &Target,
        wanted: &Wanted,
        failure: &Failure,
    ) -> io::Result<bool> {
        self.tell_failure(target, wanted, failure);
        Answer::of(failure.status()).write(&mut stream)?;
        Ok(true)
    }

    /// A live stream goes on without what is gone; any other does not.
    fn tell_failure(&self, target: &Target, wanted: &Wanted, failure: &Failure) {
        let is_gone = failure.is_missing() && !wanted.is_complete;
        let is_damaged = matches!(failure, Failure::Corrupt(_));
        // A client that was cut off asks again, but hlsdemux2 does not for the last segment.
        if is_damaged && !wanted.is_last && lock(&self.state).damaged.insert(wanted.place) {
            return;
        }
        if *failure != Failure::Cancelled && !is_gone && !self.cancel.is_cancelled() {
            self.host
                .fail(&format!("The segment {}: {failure}", target.url));
        }
    }

    fn send_segment(
        &self,
        mut stream: &TcpStream,
        target: &Target,
        wanted: &Wanted,
        reading: &Reading,
        about: &About,
    ) -> io::Result<bool> {
        let (first, end) = match (wanted.part, about.length) {
            (None, length) => (0, length),
            (Some((first, _)), Some(length)) if first >= length => {
                Answer::of(416).write(&mut stream)?;
                return Ok(true);
            }
            (Some((first, last)), length) => {
                let last = last.map(|last| last.saturating_add(1));
                (
                    first,
                    last.map(|last| last.min(length.unwrap_or(u64::MAX)))
                        .or(length),
                )
            }
        };
        let base = wanted.place.1.map_or(0, |range| range.start);
        let is_part = wanted.part.is_some() || wanted.place.1.is_some();
        let range = end.filter(|_| is_part).map(|end| {
            let whole = about.length.filter(|_| wanted.place.1.is_none());
            let whole = whole.map_or_else(|| "*".to_owned(), |length| length.to_string());
            format!("bytes {}-{}/{whole}", base + first, base + end - 1)
        });
        let answer = Answer {
            status: if range.is_some() { 206 } else { 200 },
            length: end.map(|end| end - first),
            content_type: about.content_type.clone(),
            content_range: range,
        };
        answer.write(&mut stream)?;
        match self.send_body(stream, wanted, reading, first, end)? {
            Ok(()) => Ok(end.is_some()),
            Err(failure) => {
                self.tell_failure(target, wanted, &failure);
                // Not as long as it was said to be: the client sees that.
                Ok(false)
            }
        }
    }

    fn send_body(
        &self,
        mut stream: &TcpStream,
        wanted: &Wanted,
        reading: &Reading,
        first: u64,
        end: Option<u64>,
    ) -> io::Result<Result<(), Failure>> {
        let mut at = first;
        let seconds = wanted
            .planned
            .as_ref()
            .map_or(0.0, |planned| planned.duration);
        let about = reading.download.progress().about.unwrap_or_default();
        let speed = self.speed(wanted);
        let mut pace = Pace::new(about.length, seconds, self.settings.held, speed);
        let mut buffer = vec![0; PIECE];
        let (mut wrote, mut looked) = (Instant::now(), Instant::now());
        loop {
            let progress = reading.download.progress();
            if self.cancel.is_cancelled() {
                return Ok(Err(Failure::Cancelled));
            }
            if end == Some(at) {
                self.keep_speed(wanted, pace.speed());
                return Ok(Ok(()));
            }
            let there = progress
                .ready
                .min(end.unwrap_or(u64::MAX))
                .saturating_sub(at);
            match &progress.end {
                Some(Err(failure)) => return Ok(Err(failure.clone())),
                Some(Ok(())) if there == 0 => return Ok(Ok(())),
                _ => {}
            }
            // The last bytes wait for the verdict on the whole, unless it was a part that the client asked for.
            let is_part = end < about.length && end == Some(at + there);
            let is_all = progress.end.is_some() || is_part;
            let free = there.saturating_sub(if is_all { 0 } else { RESERVE });
            let mut most = match free {
                0 => {
                    reading.download.wait(at + there, LOOK);
                    0
                }
                free => self.allowance(&mut pace, wanted, free),
            };
            if most == 0 && there > 1 && wrote.elapsed() >= SILENCE {
                most = 1;
            }
            let most = buffer.len().min(most);
            if most > 0 {
                let read = read_at(&progress, &mut buffer[..most], at)?;
                stream.write_all(&buffer[..read])?;
                pace.sent(read);
                at += read as u64;
                wrote = Instant::now();
            } else if looked.elapsed() >= LOOK {
                looked = Instant::now();
                check_client(stream)?;
            }
        }
    }

    /// That of the segment before.
    fn speed(&self, wanted: &Wanted) -> Option<f64> {
        lock(&self.state).tracks.get(&wanted.of?)?.speed
    }

    fn keep_speed(&self, wanted: &Wanted, speed: f64) {
        let mut state = lock(&self.state);
        if let Some(track) = wanted.of.and_then(|of| state.tracks.get_mut(&of)) {
            track.speed = Some(speed);
        }
    }

    /// How many of the bytes that there are may be sent now; waits a moment where none may.
    fn allowance(&self, pace: &mut Pace, wanted: &Wanted, there: u64) -> usize {
        let level = match wanted.kind {
            Kind::Other => Level::Untold,
            kind => self.host.level(kind),
        };
        match pace.step(Instant::now(), level) {
            Step::Send(most) => most.min(usize::try_from(there).unwrap_or(usize::MAX)),
            Step::Wait(time) => {
                thread::sleep(time);
                0
            }
        }
    }
}

fn read_at(progress: &Progress, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    let spool = progress.spool.as_ref();
    let spool = spool.ok_or_else(|| io::Error::other("nothing was kept"))?;
    match spool.read_at(buffer, at)? {
        0 => Err(io::Error::other("what was written is gone")),
        read => Ok(read),
    }
}

/// # Errors
/// Where the client has hung up.
fn check_client(stream: &TcpStream) -> io::Result<()> {
    stream.set_nonblocking(true)?;
    let result = stream.peek(&mut [0]);
    stream.set_nonblocking(false)?;
    match result {
        Ok(0) => Err(io::ErrorKind::ConnectionAborted.into()),
        Err(error) if !is_silence(&error) => Err(error),
        _ => Ok(()),
    }
}
