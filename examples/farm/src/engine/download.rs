// SPDX-License-Identifier: MPL-2.0
//! Files from the network become files here before they are decoded.
//!
//! A stream is decoded to wherever it ends: of a file that was cut on its server, or on the way,
//! nothing would tell. As a file it is inspected like any other, and decoded by the same elements to
//! the same samples. What has no length (a radio station), and what only GStreamer knows (a playlist
//! of segments), is streamed.
use super::failure::{Failure, Kind};
use super::pipeline::{Limits, Running, make};
use super::watchdog::{self, Watchdog};
use crate::integrity;
use gst::prelude::*;
use std::fs::File;
use std::io::Read;
use std::os::fd::AsRawFd;
use std::path::PathBuf;

/// Bytes that tell what a file is.
const HEAD: u64 = 4096;

/// A file that is gone when this is dropped, even if the process is killed.
pub struct Download {
    file: File,
}

impl Download {
    /// Where it can be opened.
    pub fn path(&self) -> PathBuf {
        PathBuf::from(format!("/proc/self/fd/{}", self.file.as_raw_fd()))
    }
}

/// Fetches a file; `None` where it is to be streamed instead.
///
/// # Errors
/// It cannot be fetched, or ends before its length.
pub fn fetch(url: &str, limits: Limits<'_>) -> Result<Option<Download>, Failure> {
    if !cfg!(target_os = "linux") {
        return Ok(None);
    }
    let Ok(source) = gst::Element::make_from_uri(gst::URIType::Src, url, None) else {
        // Whoever plays it says what is missing.
        return Ok(None);
    };
    let download = Download {
        file: tempfile::tempfile()?,
    };
    let sink = make("filesink")?;
    sink.set_property("location", download.path());
    sink.set_property("sync", false);
    let mut watchdog = Watchdog::new(sink.static_pad("sink"), watchdog::URL);
    if source.static_pad("src").is_none() {
        return Ok(None);
    }
    let running = Running::new(&[source.clone(), sink])?;
    running.start(gst::State::Paused)?;
    running.listen(limits, &mut watchdog, |message| {
        Ok(message.type_() == gst::MessageType::AsyncDone)
    })?;
    let length = source.query_duration::<gst::format::Bytes>();
    let Some(length) = length.map(|bytes| *bytes).filter(|&bytes| bytes > 0) else {
        return Ok(None);
    };
    running.start(gst::State::Playing)?;
    let mut known = None;
    let mut finished = false;
    while !finished {
        let message = running.next(limits, &mut watchdog)?;
        finished = message.is_some_and(|message| message.type_() == gst::MessageType::Eos);
        if known.is_none() && (finished || download.file.metadata()?.len() >= HEAD) {
            let mut head = Vec::new();
            File::open(download.path())?
                .take(HEAD)
                .read_to_end(&mut head)?;
            known = Some(integrity::knows(&head));
        }
        if known == Some(false) {
            return Ok(None);
        }
    }
    let arrived = download.file.metadata()?.len();
    if arrived < length {
        let message = format!("truncated: {arrived} of {length} bytes arrived");
        return Err(Failure::new(Kind::Truncated, message));
    }
    Ok(Some(download))
}
