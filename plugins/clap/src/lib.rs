// SPDX-License-Identifier: MPL-2.0
//! CLAP audio embeddings on the CPU: what [`transformers`] computes, without what it needs; or, where
//! ONNX Runtime is installed, any exported model in that ([`OnnxRuntime`]).
//!
//! A [`Model`] is read once, checked, packed for the processor's instructions, and then shared by
//! as many threads as like, each with a [`Workspace`] of its own. A [`FrontEnd`] turns 10 s of audio
//! into the [`LogMel`] that the model looks at; [`Windows`] cuts audio of any length into such
//! pieces, [`Mixer`] and [`Resampler`] make what they want of other audio. An [`Engine`] is a model
//! that many users have at once, each with a [`Stream`] of windows, and a [`Scheduler`] has threads
//! compute them: it alone starts any. Nothing here knows a GStreamer type or panics on bad input.
//!
//! ```no_run
//! use auris_clap::{FrontEnd, LogMel, Model, Padding, Precision};
//!
//! # fn main() -> Result<(), auris_clap::Error> {
//! let model = Model::open("clap-htsat-unfused/model.safetensors", Precision::F32)?;
//! let mut workspace = model.workspace();
//! let mut front_end = FrontEnd::new(model.bank());
//! let mut log_mel = LogMel::new();
//! let samples = vec![0.0; 3 * auris_clap::RATE]; // mono, 48 kHz
//! front_end.compute(&samples, Padding::RepeatPad, &mut log_mel)?;
//! let embedding = model.embed(&log_mel, &mut workspace)?;
//! assert_eq!(embedding.len(), model.dimensions());
//! # Ok(())
//! # }
//! ```
//!
//! The same input gives the same bits, whatever was computed before, on every processor that has
//! the same [`Model::instructions`].
//!
//! [`transformers`]: https://huggingface.co/docs/transformers/model_doc/clap
mod aggregate;
mod direction;
mod error;
mod file;
mod front;
mod identity;
mod kernel;
mod labels;
mod model;
mod numbers;
mod onnx;
mod parity;
mod runtime;
mod schedule;
mod shared;
mod weights;

pub use aggregate::{Aggregate, Aggregation};
pub use error::Error;
pub use front::{
    Bank, Cut, FRAMES, FrontEnd, HOP, LogMel, MELS, Mixer, Padding, Piece, RATE, Resampler, Tail,
    WINDOW, Windows,
};
pub use kernel::Level;
pub use labels::Labels;
pub use model::{Model, Precision, Workspace};
pub use parity::through_int16;
pub use runtime::{Device, OnnxRuntime, TextTower};
pub use schedule::{
    Backend, Cancelled, Counts, Engine, Failure, Limits, Native, Next, Scheduler, Session, Stream,
    Task,
};
