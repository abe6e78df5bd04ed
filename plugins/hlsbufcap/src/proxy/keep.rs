// SPDX-License-Identifier: MPL-2.0
//! Where what was fetched is kept: in the cache, in a file without a name, or in memory where no disk takes it.
use super::Session;
use super::download::{Download, Spool};
use crate::budget::lock;
use crate::cache::{Cache, Key};
use crate::upstream::Failure;
use std::io;
use std::sync::{Arc, Mutex};

/// Bytes of the cache that go where the disk is full.
const ROOM: u64 = 32 << 20;

impl Session {
    /// What the cache knows a segment by; `None` for what it does not keep.
    pub(super) fn key(&self, download: &Download) -> Option<Key> {
        let order = &download.order;
        order.is_listed.then(|| {
            let range = order.place.1.map(|range| [range.start, range.length]);
            let range = range.map(|two| two.map(u64::to_le_bytes).concat());
            Key::of(&[
                b"segment",
                order.url.as_str().as_bytes(),
                &range.unwrap_or_default(),
                self.client.identity(),
            ])
        })
    }

    pub(super) fn keep_in_cache(&self, cache: &Cache, key: &Key, download: &Download) {
        let progress = download.progress();
        let kind = progress.about.and_then(|about| about.content_type);
        if let Some(Spool::Part(part)) = progress.spool.as_deref()
            && let Err(error) = cache.keep(key, part, kind.as_deref())
        {
            self.host.note(&format!("{}: {error}", download.order.url));
        }
    }

    pub(super) fn new_spool(&self, download: &Download) -> Spool {
        let part = self
            .settings
            .cache
            .as_ref()
            .filter(|_| download.order.is_listed);
        if let Some(Ok(part)) = part.map(|cache| cache.begin()) {
            return Spool::Part(part);
        }
        match tempfile::tempfile_in(&self.settings.folder) {
            Ok(file) => Spool::File(file),
            Err(error) => {
                self.give_up_disk(&download.order.name, &error);
                Spool::Memory(Mutex::default())
            }
        }
    }

    /// Writes what came; into memory from then on, where the disk does not take it.
    pub(super) fn keep(&self, download: &Download, bytes: &[u8], at: u64) -> Result<(), Failure> {
        let progress = download.progress();
        let Some(spool) = progress.spool else {
            return Err(Failure::Disk("there is nowhere to keep it".into()));
        };
        let write = || spool.write_at(bytes, at);
        let made_room = || {
            let cache = self.settings.cache.as_ref();
            cache.is_some_and(|cache| cache.make_room(ROOM))
        };
        let Err(error) = write().or_else(|error| match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded if made_room() => write(),
            _ => Err(error),
        }) else {
            return Ok(());
        };
        self.give_up_disk(&download.order.name, &error);
        let memory = Spool::Memory(Mutex::new(read_back(&spool, at)?));
        memory
            .write_at(bytes, at)
            .map_err(|error| Failure::Disk(error.to_string()))?;
        download.update(|progress| progress.spool = Some(Arc::new(memory)));
        Ok(())
    }

    /// Nothing is read ahead any more, since it would be into memory.
    fn give_up_disk(&self, name: &str, error: &io::Error) {
        let folder = self.settings.folder.display();
        let is_first = !std::mem::replace(&mut lock(&self.state).is_disk_full, true);
        if is_first {
            self.host.warn(&format!(
                "{name} cannot be kept in {folder} ({error}): nothing is read ahead any more"
            ));
        }
    }
}

fn read_back(spool: &Spool, length: u64) -> Result<Vec<u8>, Failure> {
    let mut all = vec![0; length as usize];
    let mut at = 0;
    while at < all.len() {
        match spool.read_at(&mut all[at..], at as u64) {
            Ok(read) if read > 0 => at += read,
            _ => return Err(Failure::Disk("what was written is gone".into())),
        }
    }
    Ok(all)
}
