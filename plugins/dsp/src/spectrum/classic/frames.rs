// SPDX-License-Identifier: MPL-2.0
//! From samples to frames, and from frames to the result of an interval.
use super::super::untangle::{mean, weigh_in_place};
use super::row::reference;
use super::{Classic, Source};

impl Classic {
    /// Frames that begin with the interval, one after another.
    pub(super) fn tile(&mut self, frames: u64, source: Source<'_>) {
        let size = self.size as u64;
        let end = self.schedule.todo() / size * size;
        let first = self.schedule.done();
        let mut position = first;
        while position < end.min(first + frames) {
            let at = (position % size) as usize;
            let now = (size - at as u64).min(first + frames - position);
            let last = position + now == end;
            let begin = position - at as u64;
            let wanted = self.config.magnitude || (self.config.phase && begin + size == end);
            if at == 0 {
                (self.kept, self.silent) = (true, true);
                if let Source::Silence = source {
                    let whole = (end.min(first + frames) - position) / size;
                    if whole > 0 {
                        self.count_magnitudes(whole, self.config.threshold);
                        position += whole * size;
                        continue;
                    }
                }
            }
            self.kept &= wanted;
            if self.kept {
                self.fill_frame(at, now as usize, source, (position - first) as usize);
            }
            position += now;
            if self.kept && position.is_multiple_of(size) {
                self.analyse_tile(last);
            }
        }
    }

    /// Puts samples times the window into the present frame.
    fn fill_frame(&mut self, at: usize, frames: usize, source: Source<'_>, skip: usize) {
        let here = at..at + frames;
        match source {
            Source::Silence => {
                for row in &mut self.rows {
                    row.samples[here.clone()].fill(0.0);
                }
            }
            Source::Bytes(bytes) => {
                self.silent = false;
                let frame = self.converter.frame();
                let bytes = &bytes[skip * frame..][..frames * frame];
                let (rows, window, level) = (&mut self.rows, &self.window, self.work.level);
                self.converter.pieces(bytes, &mut |first, piece| {
                    let here = at + first..at + first + piece.frames();
                    for (index, row) in rows.iter_mut().enumerate() {
                        let samples = &mut row.samples[here.clone()];
                        piece.row(index, samples);
                        weigh_in_place(level, samples, &window[here.clone()]);
                    }
                });
            }
        }
    }

    /// Puts samples into the rings, also while nothing is wanted: what comes later reaches back to them.
    pub(super) fn slide(&mut self, frames: usize, source: Source<'_>) {
        self.quiet = match source {
            Source::Silence => self.quiet.saturating_add(frames as u64),
            Source::Bytes(_) => 0,
        };
        // An interval is at most as long as the rings.
        let mut done = 0;
        while done < frames {
            let now = (frames - done).min(self.size - self.at);
            let here = self.at..self.at + now;
            match source {
                Source::Silence => {
                    for row in &mut self.rows {
                        row.samples[here.clone()].fill(0.0);
                    }
                }
                Source::Bytes(bytes) => {
                    let frame = self.converter.frame();
                    let bytes = &bytes[done * frame..][..now * frame];
                    let (rows, at) = (&mut self.rows, self.at);
                    self.converter.pieces(bytes, &mut |first, piece| {
                        let here = at + first..at + first + piece.frames();
                        for (index, row) in rows.iter_mut().enumerate() {
                            piece.row(index, &mut row.samples[here.clone()]);
                        }
                    });
                }
            }
            done += now;
            self.at = (self.at + now) % self.size;
        }
    }

    /// Makes the rings silent.
    pub(super) fn forget(&mut self) {
        for row in &mut self.rows {
            row.samples.fill(0.0);
        }
        (self.at, self.kept) = (0, true);
        self.quiet = self.size as u64;
    }

    /// Counts frames whose magnitudes are in the sums, above `reference`, if they are wanted.
    fn count_magnitudes(&mut self, frames: u64, reference: i32) {
        if self.config.magnitude {
            self.summed += frames;
            self.base += f64::from(reference) * frames as f64;
        }
    }

    fn analyse_tile(&mut self, last: bool) {
        if self.silent {
            self.count_magnitudes(1, self.config.threshold);
            return;
        }
        for row in &mut self.rows {
            self.work.analyse(&self.config, row, None, last, self.fresh);
        }
        self.analysed(last);
    }

    pub(super) fn analyse_ring(&mut self) {
        if !(self.config.magnitude || self.config.phase) {
            return;
        }
        if self.quiet >= self.size as u64 {
            self.count_magnitudes(1, self.config.threshold);
            return;
        }
        for row in &mut self.rows {
            let ring = Some((&*self.window, self.at));
            self.work.analyse(&self.config, row, ring, true, true);
        }
        self.analysed(true);
    }

    fn analysed(&mut self, last: bool) {
        self.fresh &= !self.config.magnitude;
        self.phased |= self.config.phase && last;
        self.count_magnitudes(1, reference(self.config.threshold));
    }

    pub(super) fn begin_interval(&mut self) {
        if std::mem::take(&mut self.phased) {
            for row in &mut self.rows {
                row.phase.fill(0.0);
            }
        }
        (self.fresh, self.summed, self.base) = (true, 0, 0.0);
    }

    pub(super) fn finish_interval(&mut self) {
        let floor = match self.summed {
            0 => self.config.threshold as f32,
            summed => (self.base / summed as f64) as f32,
        };
        let share = 1.0 / self.summed.max(1) as f32;
        for row in &mut self.rows {
            match self.fresh {
                true => row.magnitude.fill(floor),
                false => mean(self.work.level, &row.sum, share, floor, &mut row.magnitude),
            }
        }
    }
}
