// SPDX-License-Identifier: MPL-2.0
//! Embeddings of windows.
use super::{Mono, Product, Sheet};
use crate::engine::{Failure, Kind};
use auris_clap::{Cut, Limits, Next, Piece, Scheduler, Stream, Task, Windows};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::sync::Arc;

/// The name of the array of embeddings.
pub const WINDOWS: &str = "windows";

/// What computes embeddings, and how.
#[derive(Clone)]
pub struct Engine {
    /// The model, shared by all inputs.
    pub engine: Arc<auris_clap::Engine>,
    /// What an input may take up.
    pub limits: Limits,
    /// Windows.
    pub cut: Cut,
}

impl Engine {
    fn stream(&self) -> Result<(Windows, Stream), Failure> {
        let windows = Windows::new(self.engine.bank(), self.cut);
        let stream = Stream::new(Scheduler::global(), self.engine.clone(), self.limits);
        let stream = stream.map_err(|error| Failure::new(Kind::Io, error.to_string()))?;
        Ok((windows, stream))
    }
}

/// Where a window lies in audio at 48 kHz.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Span {
    /// Its first sample.
    pub begin: u64,
    /// Its samples, without what it was padded with.
    pub samples: u64,
    /// Their sum of squares.
    pub energy: f64,
}

/// What was found beside the embeddings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// Numbers of an embedding.
    pub dimensions: usize,
    /// The windows, in order.
    pub spans: Vec<Span>,
}

/// Embeds an input.
pub struct Clap {
    windows: Windows,
    output: Output,
}

struct Output {
    sheet: Sheet,
    stream: Stream,
    /// Windows that are under way.
    pending: VecDeque<Span>,
    found: Found,
    failure: Option<Failure>,
}

impl Clap {
    /// Embeds what comes.
    ///
    /// # Errors
    /// The product where there is nothing to do so.
    pub fn new(mut sheet: Sheet, engine: Option<&Engine>) -> Result<Box<Self>, Product> {
        let missing = || Failure::internal("clap without an engine");
        let made = engine.ok_or_else(missing).and_then(|engine| {
            let (windows, stream) = engine.stream()?;
            Ok((windows, stream, engine.engine.dimensions()))
        });
        let (windows, stream, dimensions) = match made {
            Ok(made) => made,
            Err(failure) => return Err(sheet.done(Err(failure))),
        };
        sheet.writer.begin(WINDOWS, Some(dimensions));
        Ok(Box::new(Clap {
            windows,
            output: Output {
                sheet,
                stream,
                pending: VecDeque::new(),
                found: Found {
                    dimensions,
                    spans: Vec::new(),
                },
                failure: None,
            },
        }))
    }
}

impl Mono for Clap {
    fn push(&mut self, samples: &[f32]) {
        let output = &mut self.output;
        let pushed = self.windows.push(samples, |piece| output.window(&piece));
        if let Err(error) = pushed {
            output.fail(error);
        }
    }

    fn finish(mut self: Box<Self>) -> Vec<Product> {
        let output = &mut self.output;
        self.windows.finish(|piece| output.window(&piece));
        // Nobody else has the stream, to cancel it.
        while let Ok(Some(task)) = output.stream.done() {
            output.done(task);
        }
        let Output {
            sheet,
            found,
            failure,
            ..
        } = self.output;
        let result = match failure {
            Some(failure) => Err(failure),
            None => serde_json::to_value(found).map_err(Failure::internal),
        };
        vec![sheet.done(result)]
    }
}

impl Output {
    /// Hands a window in, once there is room.
    fn window(&mut self, piece: &Piece<'_>) {
        while self.failure.is_none() {
            match self.stream.next() {
                Ok(Next::Done(task)) => self.done(task),
                Ok(Next::Room(mut task)) => {
                    let frames = task.log_mel_mut().frames_mut();
                    frames.copy_from_slice(piece.log_mel.frames());
                    let squares = piece.samples.iter().map(|&x| f64::from(x) * f64::from(x));
                    self.pending.push_back(Span {
                        begin: piece.begin,
                        samples: piece.samples.len() as u64,
                        energy: squares.sum(),
                    });
                    self.stream.submit(task);
                    return;
                }
                Err(_) => self.fail("the engine was stopped"),
            }
        }
    }

    /// Takes an embedding.
    fn done(&mut self, task: Box<Task>) {
        match task.embedding() {
            Ok(embedding) => self.sheet.writer.push(embedding),
            Err(error) => {
                let error = error.to_string();
                self.fail(error);
            }
        }
        self.stream.recycle(task);
        self.found.spans.extend(self.pending.pop_front());
    }

    fn fail(&mut self, error: impl std::fmt::Display) {
        let failure = || Failure::new(Kind::Undecodable, format!("no embedding: {error}"));
        self.failure.get_or_insert_with(failure);
    }
}
