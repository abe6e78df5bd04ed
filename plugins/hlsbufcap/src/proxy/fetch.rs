// SPDX-License-Identifier: MPL-2.0
//! Fetches: again where another try may help, and from where it was broken off.
use super::Session;
use super::download::{About, Download};
use super::inspect::Inspector;
use crate::upstream::{Cancel, Failure, Head, Reply};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};
use url::Url;

/// Bytes that are read at a time.
const PIECE: usize = 16 << 10;
/// Longest wait between two tries, whatever a server asks for.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Counts tries, and waits between them.
struct Tries<'a> {
    session: &'a Session,
    cancel: &'a Cancel,
    made: u32,
    /// How often what came was damaged.
    damaged: u32,
}

impl<'a> Tries<'a> {
    fn new(session: &'a Session, cancel: &'a Cancel) -> Self {
        Tries {
            session,
            cancel,
            made: 0,
            damaged: 0,
        }
    }

    /// Waits for the next try, where there is one.
    fn again(&mut self, failure: &Failure, has_progressed: bool) -> bool {
        if has_progressed {
            self.made = 0;
        }
        match failure {
            // Once more, in case that it was the way and not the source.
            Failure::Corrupt(_) if self.damaged == 0 => self.damaged = 1,
            _ if failure.is_transient() && self.made < self.session.settings.retries => {}
            _ => return false,
        }
        let backoff = self.session.settings.backoff * 2u32.saturating_pow(self.made);
        self.made += 1;
        let wait = match failure {
            Failure::Status(_, Some(wait)) => backoff.max(*wait),
            Failure::Corrupt(_) => Duration::ZERO,
            _ => backoff,
        };
        let end = Instant::now() + wait.min(LONGEST_WAIT);
        while Instant::now() < end && !self.cancel.is_cancelled() {
            thread::sleep(Duration::from_millis(20).min(end - Instant::now().min(end)));
        }
        !self.cancel.is_cancelled()
    }
}

impl Session {
    /// Something small, whole: a playlist or a key.
    pub(super) fn fetch_small(
        &self,
        url: &Url,
        range: Option<(u64, Option<u64>)>,
        most: u64,
        cancel: &Cancel,
    ) -> Result<(Vec<u8>, Url, Head), Failure> {
        let mut tries = Tries::new(self, cancel);
        loop {
            let result = self.client.get(url, range, cancel).and_then(|reply| {
                let (from, head) = (reply.url.clone(), reply.head.clone());
                Ok((reply.read_all(most)?, from, head))
            });
            match result {
                Err(failure) if tries.again(&failure, false) => {
                    self.host.note(&format!("{url}: {failure}; once more"));
                }
                result => return result,
            }
        }
    }

    /// All of a segment, into a file.
    pub(super) fn fetch(&self, download: &Download) {
        let key = self.key(download);
        if let (Some(cache), Some(key)) = (&self.settings.cache, key)
            && let Some(hit) = cache.find(&key)
        {
            download.update(|progress| progress.complete(hit));
            return;
        }
        let result = self.fetch_tries(download);
        if let Err(failure) = &result {
            self.host
                .note(&format!("{}: {failure}", download.order.url));
        }
        let is_whole = result.is_ok();
        download.update(|progress| progress.end = Some(result));
        if let (Some(cache), Some(key), true) = (&self.settings.cache, key, is_whole) {
            self.keep_in_cache(cache, &key, download);
        }
    }

    fn fetch_tries(&self, download: &Download) -> Result<(), Failure> {
        let mut tries = Tries::new(self, &download.cancel);
        loop {
            let before = download.progress().ready;
            let Err(failure) = self.fetch_once(download) else {
                return Ok(());
            };
            let has_progressed = download.progress().ready > before;
            let is_final = matches!(failure, Failure::Corrupt(_)) && !download.start_anew();
            if is_final || !tries.again(&failure, has_progressed) {
                return Err(match download.cancel.is_cancelled() {
                    true => Failure::Cancelled,
                    false => failure,
                });
            }
            let url = &download.order.url;
            self.host.note(&format!("{url}: {failure}; once more"));
        }
    }

    fn fetch_once(&self, download: &Download) -> Result<(), Failure> {
        let order = &download.order;
        let range = order.place.1;
        let ready = download.progress().ready;
        let base = range.map_or(0, |range| range.start);
        let asked =
            (ready > 0 || range.is_some()).then(|| (base + ready, range.map(|range| range.last())));
        let under_way = self.rate.begin();
        let mut reply = self.client.get(&order.url, asked, &download.cancel)?;
        let start = match reply.head.status {
            // From the beginning, whatever was asked for.
            200 => 0,
            206 => reply.head.range_start.unwrap_or(base + ready),
            status => return Err(Failure::Status(status, None)),
        };
        if start > base + ready {
            return Err(Failure::Corrupt(
                "another part came than was asked for".into(),
            ));
        }
        let skip = base + ready - start;
        let length = match (range, reply.head.length) {
            (Some(range), _) => Some(range.length),
            (None, length) => length.map(|length| (start + length).saturating_sub(base)),
        };
        self.note_head(download, &reply.head, length)?;
        let received = |bytes: usize| {
            under_way.received(bytes);
            if let Some(rate) = self.rate.bits_per_second() {
                self.host.measured(rate);
            }
        };
        self.receive(download, &mut reply, skip, length, received)
    }

    /// What is known of it must stay true.
    fn note_head(
        &self,
        download: &Download,
        head: &Head,
        length: Option<u64>,
    ) -> Result<(), Failure> {
        let progress = download.progress();
        let is_other = |about: &About| about.length != length;
        if progress.ready > 0 && progress.about.as_ref().is_some_and(is_other) {
            return Err(Failure::Corrupt("its length is another than before".into()));
        }
        let about = About {
            length,
            content_type: head.content_type.clone(),
        };
        let spool = match progress.spool {
            Some(spool) => spool,
            None => Arc::new(self.new_spool(download)),
        };
        download.update(|progress| {
            progress.about = Some(about);
            progress.spool = Some(spool);
        });
        Ok(())
    }

    fn receive(
        &self,
        download: &Download,
        reply: &mut Reply,
        mut skip: u64,
        length: Option<u64>,
        received: impl Fn(usize),
    ) -> Result<(), Failure> {
        let mut inspector = self.inspector(download)?;
        let mut at = download.progress().ready;
        let mut buffer = vec![0; PIECE];
        loop {
            let read = reply.receive(&mut buffer)?;
            if read == 0 {
                break;
            }
            received(read);
            let skipped = skip.min(read as u64);
            skip -= skipped;
            let left = length.map_or(u64::MAX, |length| length.saturating_sub(at));
            let piece = &buffer[skipped as usize..read];
            let piece = &piece[..piece.len().min(usize::try_from(left).unwrap_or(usize::MAX))];
            inspector.look(piece).map_err(Failure::Corrupt)?;
            self.keep(download, piece, at)?;
            at += piece.len() as u64;
            download.update(|progress| progress.ready = at);
            if length == Some(at) {
                break;
            }
        }
        if length.is_some_and(|length| at < length) {
            return Err(Failure::Network("it ended early".into()));
        }
        inspector.end().map_err(Failure::Corrupt)
    }

    /// One that knows what is there already.
    fn inspector(&self, download: &Download) -> Result<Inspector, Failure> {
        let order = &download.order;
        // Part of a resource may begin anywhere in it.
        if order.is_sealed {
            return Ok(Inspector::off());
        }
        let mut inspector = Inspector::new(&order.name);
        let progress = download.progress();
        let Some(spool) = progress.spool else {
            return Ok(inspector);
        };
        let mut buffer = vec![0; PIECE];
        let mut at = 0;
        while at < progress.ready {
            let most = buffer.len().min((progress.ready - at) as usize);
            let read = spool.read_at(&mut buffer[..most], at);
            let read = read.map_err(|error| Failure::Disk(error.to_string()))?;
            if read == 0 {
                return Err(Failure::Disk("what was written is gone".into()));
            }
            inspector.look(&buffer[..read]).map_err(Failure::Corrupt)?;
            at += read as u64;
        }
        Ok(inspector)
    }
}
