// SPDX-License-Identifier: MPL-2.0
//! What becomes of finished records: report, albums, tags in the files.
use super::writes_tags;
use crate::album::{Finished, Grouper};
use crate::cli::{AlbumBy, MeasureArgs};
use crate::engine::memory::Memory;
use crate::inputs::Input;
use crate::record::{Status, Track};
use crate::report::Reporter;
use crate::state::State;
use crate::tags::{self, Values};
use std::collections::BTreeMap;
use std::error::Error;

/// Takes records in the order of the inputs.
pub struct Output<'a> {
    reporter: Reporter,
    grouper: Grouper,
    inputs: &'a [Input],
    state: Option<&'a State>,
    memory: &'a Memory,
    /// When tags are written, a record waits until its file has them, so that it can say if not.
    tags: bool,
    albums: bool,
    held: BTreeMap<usize, (Track, Option<String>)>,
    verbose: bool,
    quiet: bool,
    all_well: bool,
}

impl<'a> Output<'a> {
    /// Begins the report of `inputs`, which may be a part of those that there are, if there are `any`.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn new(
        args: &MeasureArgs,
        inputs: &'a [Input],
        any: bool,
        state: Option<&'a State>,
        memory: &'a Memory,
    ) -> Result<Self, Box<dyn Error>> {
        let albums = args.album();
        Ok(Output {
            reporter: Reporter::open(args.format, args.output.as_deref())?,
            grouper: Grouper::new(albums, args.dialect.into(), inputs),
            inputs,
            state,
            memory,
            tags: writes_tags(args),
            albums: albums != AlbumBy::None,
            held: BTreeMap::new(),
            verbose: args.verbose > 0,
            quiet: args.quiet,
            all_well: any,
        })
    }

    /// Takes the record of the input `index`.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn track(&mut self, index: usize, track: Track) -> Result<(), Box<dyn Error>> {
        self.all_well &= track.status == Status::Ok;
        self.tell(&track);
        let album = self.grouper.push(index, &track).map(str::to_owned);
        if self.tags && self.albums && album.is_some() {
            self.held.insert(index, (track, album));
        } else if self.tags {
            let values = track.dr.as_ref().and_then(|dr| dr.official);
            let track = self.write_tags(index, track, values, None);
            self.reporter.track(&track, album.as_deref())?;
        } else {
            self.reporter.track(&track, album.as_deref())?;
        }
        match self.grouper.finished(index) {
            Some(finished) => self.album(&finished),
            None => Ok(()),
        }
    }

    fn tell(&self, track: &Track) {
        if self.verbose {
            let seconds = track.duration_s.unwrap_or(0.0);
            eprintln!("auris-farm: {}: {seconds:.1} s", track.path);
        }
        if !self.quiet {
            for warning in &track.warnings {
                eprintln!("auris-farm: {}: {warning}", track.path);
            }
        }
    }

    fn album(&mut self, finished: &Finished) -> Result<(), Box<dyn Error>> {
        let album = finished.album.dr.and_then(|dr| dr.official);
        for member in &finished.members {
            if let Some((track, key)) = self.held.remove(&member.index) {
                let track = self.write_tags(member.index, track, member.official, album);
                self.reporter.track(&track, key.as_deref())?;
            }
        }
        Ok(self.reporter.album(&finished.album)?)
    }

    fn write_tags(
        &mut self,
        index: usize,
        mut track: Track,
        official: Option<i64>,
        album: Option<i64>,
    ) -> Track {
        let source = &self.inputs[index].source;
        let (Some(path), Some(value)) = (source.path(), official) else {
            return track;
        };
        let values = Values {
            track: value,
            album,
        };
        let memory = self.memory.reserve_rest();
        let written = tags::write(path, values, memory.bytes(), |stamp| match self.state {
            Some(state) => Ok(state.expect(source, stamp)?),
            None => Ok(()),
        });
        if let Err(error) = written {
            self.all_well = false;
            let warning = format!("tags not written: {error}");
            if !self.quiet {
                eprintln!("auris-farm: {}: {warning}", track.path);
            }
            track.warnings.push(warning);
        }
        track
    }

    /// Writes what is left. True if every input succeeded and got the tags that it was to get,
    /// and the run has any.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn finish(mut self, cut_short: bool) -> Result<bool, Box<dyn Error>> {
        let empty = Grouper::new(AlbumBy::None, crate::record::Dialect::Foobar, &[]);
        for finished in std::mem::replace(&mut self.grouper, empty).finish(cut_short) {
            self.album(&finished)?;
        }
        // Of an album that was cut short: their own values are as good as ever.
        for (index, (track, key)) in std::mem::take(&mut self.held) {
            let value = track.dr.as_ref().and_then(|dr| dr.official);
            let track = self.write_tags(index, track, value, None);
            self.reporter.track(&track, key.as_deref())?;
        }
        self.reporter.finish()?;
        Ok(self.all_well)
    }
}
