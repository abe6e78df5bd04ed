// SPDX-License-Identifier: MPL-2.0
use std::fs::Metadata;
use std::time::SystemTime;

/// What tells one file from another, and from what it was before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    place: [u64; 2],
    length: u64,
    modified: Option<SystemTime>,
}

impl Identity {
    pub fn of(metadata: &Metadata) -> Identity {
        #[cfg(unix)]
        let place = {
            use std::os::unix::fs::MetadataExt;
            [metadata.dev(), metadata.ino()]
        };
        // Length and time have to do.
        #[cfg(not(unix))]
        let place = [0, 0];
        Identity {
            place,
            length: metadata.len(),
            modified: metadata.modified().ok(),
        }
    }
}
