// SPDX-License-Identifier: MPL-2.0
//! The text tower.
use super::{Device, library};
use crate::Error;
use crate::direction::to_unit_length;
use ort::session::Session;
use ort::value::TensorRef;
use std::num::NonZeroUsize;
use std::path::Path;
use std::thread;

/// An exported text tower in ONNX Runtime, on the processor.
pub struct TextTower {
    graph: Session,
    masked: bool,
}

impl TextTower {
    /// The tower in a file.
    ///
    /// # Errors
    /// [`Error::NoRuntime`], and [`Error::Session`] if the file is no text tower.
    pub fn open(path: impl AsRef<Path>) -> Result<TextTower, Error> {
        let path = path.as_ref();
        let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let graph = library::open(path, Device::Cpu, threads)?;
        let inputs: Vec<&str> = graph.inputs().iter().map(|input| input.name()).collect();
        let masked = inputs.contains(&"attention_mask");
        let fits = inputs.contains(&"input_ids") && inputs.len() == 1 + usize::from(masked);
        if !fits || graph.outputs().iter().all(|o| o.name() != "text_embeds") {
            return Err(Error::Session {
                path: path.to_owned(),
                problem: "it does not compute text_embeds from input_ids".to_owned(),
            });
        }
        Ok(TextTower { graph, masked })
    }

    /// The embedding of a text, of length 1, from its tokens. Texts go in one by one: none is padded, so
    /// that none depends on another.
    ///
    /// # Errors
    /// [`Error::Inference`], and [`Error::NoDirection`].
    pub fn embed(&mut self, tokens: &[i64]) -> Result<Vec<f32>, Error> {
        let mut embedding = self
            .compute(tokens)
            .map_err(|error| Error::Inference(error.to_string()))?;
        match to_unit_length(&mut embedding) {
            true => Ok(embedding),
            false => Err(Error::NoDirection),
        }
    }

    fn compute(&mut self, tokens: &[i64]) -> ort::Result<Vec<f32>> {
        let mask = vec![1_i64; tokens.len()];
        let shape = [1, tokens.len()];
        let ids = TensorRef::from_array_view((shape, tokens))?;
        let mut inputs = ort::inputs!["input_ids" => ids];
        if self.masked {
            let mask = TensorRef::from_array_view((shape, &mask[..]))?;
            inputs.extend(ort::inputs!["attention_mask" => mask]);
        }
        let outputs = self.graph.run(inputs)?;
        let (_, numbers) = outputs["text_embeds"].try_extract_tensor::<f32>()?;
        Ok(numbers.to_vec())
    }
}
