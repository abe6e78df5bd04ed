// SPDX-License-Identifier: MPL-2.0
//! An input where it can be read: a file as it is, a URL as a file if it can be one.
use super::download::{self, Download};
use super::failure::Failure;
use super::memory::{Memory, Need};
use super::pipeline::Limits;
use super::source::Look;
use crate::inputs::Source;
use crate::integrity;

/// An input that was looked at. What was fetched for it is gone when this is dropped.
pub struct Opened {
    download: Option<Download>,
    /// What to decode.
    pub source: Source,
    /// What it says of itself.
    pub look: Look,
}

impl Opened {
    /// Fetches `source` if it is a URL, once there is memory for that and within `limits`, and inspects
    /// what is a file then.
    ///
    /// # Errors
    /// It cannot be fetched or read, or is damaged.
    pub fn new<'a>(
        source: &Source,
        memory: &Memory,
        limits: impl FnOnce() -> Limits<'a>,
        options: integrity::Options<'_>,
    ) -> Result<Self, Failure> {
        let download = match source {
            Source::Url(url) => {
                let _reserved = memory.reserve(Need::of_chain(false, 0))?;
                download::fetch(url, limits())?
            }
            Source::File(_) => None,
        };
        let source = match &download {
            Some(download) => Source::File(download.path()),
            None => source.clone(),
        };
        let look = match source.path() {
            Some(path) => Look::at(path, options)?,
            None => Look::default(),
        };
        Ok(Opened {
            download,
            source,
            look,
        })
    }

    /// Whether it came from the network.
    pub fn is_download(&self) -> bool {
        self.download.is_some()
    }
}
