// SPDX-License-Identifier: MPL-2.0
//! From windows to results: hands windows in, and tells what comes back.
use super::load::Loaded;
use super::message::{self, Reason};
use super::message::{Best, Summary, Timings, Window};
use super::settings::Settings;
use super::times::{Run, Times};
use auris_clap::{Aggregate, Next, Piece, RATE, Stream, Task};
use auris_support::clip::duration_of;
use std::collections::VecDeque;
use std::sync::Arc;

/// Why nothing can go on.
#[derive(Debug)]
pub enum Halt {
    /// Flushing, or being stopped.
    Cancelled,
    Failed(gst::ErrorMessage),
}

/// Where results go.
pub trait Sink {
    /// A result, and the running time at which what it describes has been presented.
    fn emit(&mut self, result: gst::Structure, at: Option<gst::ClockTime>);
}

/// A window that is under way.
#[derive(Debug, Clone, Copy)]
struct Pending {
    index: u64,
    times: Times,
    duration: gst::ClockTime,
    energy: f64,
}

/// What is known of the windows of a stream.
pub struct Output {
    pub settings: Settings,
    loaded: Arc<Loaded>,
    pending: VecDeque<Pending>,
    aggregate: Option<Aggregate>,
    /// Windows so far, and those of them that came back.
    begun: u64,
    count: u64,
    dropped: u64,
    first: Option<Times>,
    best: Vec<(usize, f32)>,
    inference: std::time::Duration,
}

/// The result of a stream.
pub struct Final {
    pub result: gst::Structure,
    pub tags: Option<gst::TagList>,
}

impl Output {
    pub fn new(loaded: Arc<Loaded>, settings: Settings) -> Self {
        let aggregation = settings.aggregate.aggregation();
        let dimensions = loaded.engine.dimensions();
        Output {
            settings,
            loaded,
            pending: VecDeque::with_capacity(16),
            aggregate: aggregation.map(|kind| Aggregate::new(kind, dimensions)),
            begun: 0,
            count: 0,
            dropped: 0,
            first: None,
            best: Vec::new(),
            inference: std::time::Duration::ZERO,
        }
    }

    fn queue(&self) -> &Stream {
        &self.loaded.queue
    }

    /// A window is complete. Waits until there is room for it, and tells meanwhile what comes back.
    pub fn window(
        &mut self,
        piece: &Piece<'_>,
        run: &mut Run,
        sink: &mut dyn Sink,
    ) -> Result<(), Halt> {
        let times = run.times_at(piece.begin);
        self.first.get_or_insert(times);
        let index = self.begun;
        self.begun += 1;
        let Some(mut task) = self.room(sink)? else {
            self.dropped += 1;
            return Ok(());
        };
        let frames = task.log_mel_mut().frames_mut();
        frames.copy_from_slice(piece.log_mel.frames());
        let needs_energy = self.aggregate.as_ref().is_some_and(|a| a.needs_energy());
        self.pending.push_back(Pending {
            index,
            times,
            duration: duration_of(piece.samples.len() as u64, RATE as u32),
            energy: match needs_energy {
                true => energy(piece.samples),
                false => 0.0,
            },
        });
        self.queue().submit(task);
        Ok(())
    }

    fn room(&mut self, sink: &mut dyn Sink) -> Result<Option<Box<Task>>, Halt> {
        if self.settings.live_drop {
            self.ready(sink)?;
            return self.queue().try_room().map_err(|_| Halt::Cancelled);
        }
        loop {
            match self.queue().next().map_err(|_| Halt::Cancelled)? {
                Next::Room(task) => return Ok(Some(task)),
                Next::Done(task) => self.done(task, sink)?,
            }
        }
    }

    /// Tells what has come back.
    pub fn ready(&mut self, sink: &mut dyn Sink) -> Result<(), Halt> {
        while let Some(task) = self.queue().try_done() {
            self.done(task, sink)?;
        }
        Ok(())
    }

    /// Waits for everything that is under way, and tells it.
    pub fn drain(&mut self, sink: &mut dyn Sink) -> Result<(), Halt> {
        while let Some(task) = self.queue().done().map_err(|_| Halt::Cancelled)? {
            self.done(task, sink)?;
        }
        Ok(())
    }

    /// A window came back.
    fn done(&mut self, mut task: Box<Task>, sink: &mut dyn Sink) -> Result<(), Halt> {
        let pending = self.pending.pop_front();
        let error = task.take_error();
        let told = match (&error, pending) {
            (None, Some(pending)) => Some(self.tell(&task, &pending)),
            _ => None,
        };
        self.loaded.queue.recycle(task);
        if let Some(error) = error {
            return Err(Halt::Failed(gst::error_msg!(
                gst::LibraryError::Failed,
                ("A window cannot be embedded: {error}")
            )));
        }
        if let Some(Some((result, at))) = told {
            sink.emit(result, at);
        }
        Ok(())
    }

    /// Takes in an embedding, and makes a result of it if anybody wants one.
    fn tell(
        &mut self,
        task: &Task,
        pending: &Pending,
    ) -> Option<(gst::Structure, Option<gst::ClockTime>)> {
        let embedding = task.embedding().ok()?;
        self.count += 1;
        self.inference += task.elapsed();
        if let Some(aggregate) = &mut self.aggregate {
            aggregate.add(embedding, pending.energy);
        }
        if !self.settings.emits_windows() {
            return None;
        }
        let best = best(&self.loaded, &self.settings, embedding, &mut self.best);
        let window = Window {
            times: pending.times,
            duration: pending.duration,
            index: pending.index,
            embedding,
            best,
            inference: task.elapsed(),
        };
        let end = pending.times.running_time;
        let end = end.and_then(|begin| begin.checked_add(pending.duration));
        Some((window.structure(self.settings.message_data), end))
    }

    /// Ends the stream, of so much audio.
    pub fn finish(
        mut self,
        reason: Reason,
        duration: gst::ClockTime,
        non_finite: u64,
        timings: Timings,
        upstream: Option<&gst::TagList>,
    ) -> Final {
        let embedding = self.aggregate.as_ref().and_then(Aggregate::value);
        let best = match &embedding {
            Some(embedding) => best(&self.loaded, &self.settings, embedding, &mut self.best),
            None => None,
        };
        let tags = best.as_ref().filter(|_| self.settings.tags);
        let tags = tags.and_then(|best| message::tags(upstream, best));
        let precision: auris_clap::Precision = self.settings.precision.into();
        let summary = Summary {
            times: self.first.unwrap_or_default(),
            duration,
            reason,
            windows: self.count,
            dropped: self.dropped,
            non_finite,
            aggregate: self.settings.aggregate.nick(),
            embedding: embedding.as_deref(),
            best,
            timings: Timings {
                inference: self.inference,
                ..timings
            },
            instructions: self.loaded.engine.name(),
            precision: &precision.to_string(),
            counts: self.loaded.engine.counts(),
        };
        Final {
            result: summary.structure(self.settings.message_data),
            tags,
        }
    }
}

/// The labels that fit, where there are any.
fn best<'a>(
    loaded: &'a Loaded,
    settings: &Settings,
    embedding: &[f32],
    best: &'a mut Vec<(usize, f32)>,
) -> Option<Best<'a>> {
    let labels = loaded.labels.as_ref()?;
    labels.best(embedding, settings.top_k as usize, best);
    Some(Best { labels, best })
}

/// The sum of squares.
fn energy(samples: &[f32]) -> f64 {
    let mut sums = [0.0; 8];
    let (chunks, rest) = samples.as_chunks::<8>();
    for chunk in chunks {
        for (sum, &x) in sums.iter_mut().zip(chunk) {
            *sum += f64::from(x) * f64::from(x);
        }
    }
    let rest: f64 = rest.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
    sums.iter().sum::<f64>() + rest
}
