// SPDX-License-Identifier: MPL-2.0
//! The model.
//!
//! - `shape`: what it is like; `load`: its weights; `workspace`: memory to run it in.
//! - `image`, `fusion`, `tower`: from the spectrogram to the embedding.
//! - `precision`: whether it may be run in less than f32.
mod fusion;
mod image;
mod load;
mod precision;
mod shape;
mod tower;
mod workspace;

pub use precision::Precision;
pub use workspace::Workspace;

use crate::Error;
use crate::direction::to_unit_length;
use crate::front::{Bank, LogMel};
use crate::kernel::{Isa, Level};
use crate::weights;
use load::Loader;
use shape::Shape;
use std::fmt;
use std::fs::File;
use std::io::{Read, Seek};
use std::path::Path;
use tower::Tower;

/// The audio tower of a CLAP model with its projection: `clap-htsat-*` and `larger_clap_*`.
pub struct Model {
    isa: Isa,
    precision: Precision,
    shape: Shape,
    tower: Tower,
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Model")
            .field("instructions", &self.instructions())
            .field("precision", &self.precision)
            .field("shape", &self.shape)
            .finish_non_exhaustive()
    }
}

impl Model {
    /// Reads a `model.safetensors` that transformers saved, or an `audio_model.onnx` that was exported
    /// from it in 32 or 16 bits, for the best instructions of this processor.
    ///
    /// What the model is like follows from its tensors; those of a text tower are not read. Nothing
    /// of the file is kept open or mapped. In a precision other than f32 the model is tried, and
    /// refused if it does not come close to f32.
    pub fn open(path: impl AsRef<Path>, precision: Precision) -> Result<Model, Error> {
        let path = path.as_ref();
        let file = File::open(path).map_err(|source| Error::Open {
            path: path.to_owned(),
            source,
        })?;
        Self::read(file, precision, Level::best())
    }

    /// The same from anything that can be read, for a certain instruction set.
    pub fn read(
        from: impl Read + Seek,
        precision: Precision,
        level: Level,
    ) -> Result<Model, Error> {
        Self::with_isa(from, precision, Isa::new(level))
    }

    fn with_isa(from: impl Read + Seek, precision: Precision, isa: Isa) -> Result<Model, Error> {
        let mut tensors = weights::open(from)?;
        let shape = Shape::of(&*tensors)?;
        let mut load = |precision| -> Result<Model, Error> {
            let mut loader = Loader {
                tensors: &mut *tensors,
                isa,
                precision,
            };
            Ok(Model {
                isa,
                precision,
                tower: loader.tower(&shape)?,
                shape: shape.clone(),
            })
        };
        let model = load(precision)?;
        if precision != Precision::F32 {
            precision::check(&load(Precision::F32)?, &model)?;
        }
        Ok(model)
    }

    /// Numbers of an embedding: 512 in all published models.
    pub fn dimensions(&self) -> usize {
        self.shape.dimensions
    }

    /// The filter bank that the model was trained with.
    pub fn bank(&self) -> Bank {
        match self.shape.fused {
            true => Bank::Htk,
            false => Bank::Slaney,
        }
    }

    /// The numbers that it computes with.
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// The instructions that it runs on, as text: where they are the same, so are the embeddings.
    pub fn instructions(&self) -> String {
        self.isa.name()
    }

    /// Memory for one thread that uses this model.
    pub fn workspace(&self) -> Workspace {
        Workspace::new(&self.shape, self.isa, self.precision, &self.tower)
    }

    /// The embedding of 10 s of audio, of length 1.
    ///
    /// # Errors
    /// [`Error::SpectrogramNotFinite`] if what goes in is not finite, [`Error::NoDirection`] if what
    /// comes out is zero or not finite.
    pub fn embed<'a>(
        &self,
        log_mel: &LogMel,
        workspace: &'a mut Workspace,
    ) -> Result<&'a [f32], Error> {
        let mut bands = log_mel.frames().as_flattened().iter();
        if !bands.all(|band| band.is_finite()) {
            return Err(Error::SpectrogramNotFinite);
        }
        let fits = workspace.shape == self.shape && workspace.isa == self.isa;
        if !fits || workspace.precision != self.precision {
            *workspace = self.workspace();
        }
        self.tower.embed(self.isa, log_mel, workspace);
        let embedding = &mut workspace.embedding;
        match to_unit_length(embedding) {
            true => Ok(embedding),
            false => Err(Error::NoDirection),
        }
    }
}
