// SPDX-License-Identifier: MPL-2.0
//! What computes embeddings.
use crate::{Bank, Error, LogMel, Model, Workspace};
use std::fmt::{self, Display, Formatter};
use std::sync::Arc;
use std::time::Duration;

/// Computes embeddings, for any number of threads with a [`Session`] each.
pub trait Backend: Send + Sync {
    /// What computes, as text: where it is the same, so are the embeddings.
    fn name(&self) -> String;

    /// Numbers of an embedding.
    fn dimensions(&self) -> usize;

    /// The filter bank that the model was trained with.
    fn bank(&self) -> Bank;

    /// Windows that it takes at once at most; 1 where more are no quicker.
    fn most_windows(&self) -> usize {
        1
    }

    /// What a thread needs.
    ///
    /// # Errors
    /// Where there is no memory for it.
    fn session(&self) -> Result<Box<dyn Session>, Failure>;
}

/// A back end in one thread.
pub trait Session: Send {
    /// Computes the embeddings of a batch, which is not empty. What is wrong with one window alone
    /// goes to [`Task::fail`].
    ///
    /// # Errors
    /// If there are none. A batch that fails is tried again in halves, so that it does not matter what
    /// else was in it.
    fn embed(&mut self, batch: &mut [Box<Task>]) -> Result<(), Failure>;
}

/// Why a batch has no embeddings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// A smaller batch may do.
    OutOfMemory,
    /// Something else, in words.
    Other(String),
}

impl Display for Failure {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Failure::OutOfMemory => f.write_str("there is not enough memory"),
            Failure::Other(problem) => f.write_str(problem),
        }
    }
}

/// A window on its way to its embedding.
pub struct Task {
    pub(super) stream: u64,
    /// Times that its stream was cancelled before.
    pub(super) epoch: u64,
    /// Windows of the stream before this one.
    pub(super) sequence: u64,
    pub(super) elapsed: Duration,
    log_mel: LogMel,
    embedding: Vec<f32>,
    error: Option<Error>,
}

impl Task {
    pub(super) fn new(stream: u64, dimensions: usize) -> Box<Task> {
        Box::new(Task {
            stream,
            epoch: 0,
            sequence: 0,
            elapsed: Duration::ZERO,
            log_mel: LogMel::new(),
            embedding: vec![0.0; dimensions],
            error: None,
        })
    }

    pub(super) fn stream(&self) -> u64 {
        self.stream
    }

    /// What is embedded.
    pub fn log_mel(&self) -> &LogMel {
        &self.log_mel
    }

    /// The same, to be filled.
    pub fn log_mel_mut(&mut self) -> &mut LogMel {
        &mut self.log_mel
    }

    /// Where its embedding goes, of length 1, and what it is computed from.
    pub fn parts(&mut self) -> (&LogMel, &mut [f32]) {
        (&self.log_mel, &mut self.embedding)
    }

    /// There is no embedding.
    pub fn fail(&mut self, error: Error) {
        self.error = Some(error);
    }

    /// Before it is tried.
    pub(super) fn reset(&mut self) {
        self.error = None;
    }

    /// The embedding, of length 1.
    ///
    /// # Errors
    /// Why there is none.
    pub fn embedding(&self) -> Result<&[f32], &Error> {
        match &self.error {
            None => Ok(&self.embedding),
            Some(error) => Err(error),
        }
    }

    /// The same error, to keep.
    pub fn take_error(&mut self) -> Option<Error> {
        self.error.take()
    }

    /// How long a thread computed it; of a batch, its part.
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }
}

/// A [`Model`] on the CPU, a window at a time.
pub struct Native(Arc<Model>);

impl Native {
    /// A back end that shares the model.
    pub fn new(model: Arc<Model>) -> Native {
        Native(model)
    }
}

impl Backend for Native {
    fn name(&self) -> String {
        self.0.instructions()
    }

    fn dimensions(&self) -> usize {
        self.0.dimensions()
    }

    fn bank(&self) -> Bank {
        self.0.bank()
    }

    fn session(&self) -> Result<Box<dyn Session>, Failure> {
        Ok(Box::new(NativeSession {
            workspace: self.0.workspace(),
            model: self.0.clone(),
        }))
    }
}

struct NativeSession {
    model: Arc<Model>,
    workspace: Workspace,
}

impl Session for NativeSession {
    fn embed(&mut self, batch: &mut [Box<Task>]) -> Result<(), Failure> {
        for task in batch {
            let (log_mel, to) = task.parts();
            match self.model.embed(log_mel, &mut self.workspace) {
                Ok(embedding) => to.copy_from_slice(embedding),
                Err(error) => task.fail(error),
            }
        }
        Ok(())
    }
}
