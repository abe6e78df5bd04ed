// SPDX-License-Identifier: MPL-2.0
//! Weights from an ONNX file that was exported from transformers.
//!
//! - `wire`: the file, field by field; `graph`: nodes; `tensor`: numbers.
//! - `links`: which node goes where; `find`: which tensor is which weight.
//!
//! The graph is not run: the engine knows what a CLAP model computes. But an exporter gives most
//! weights other names, transposed or worked out further, and what they are follows from the nodes
//! around them.
mod find;
mod graph;
mod links;
mod tensor;
mod wire;

use crate::Error;
use crate::kernel::{Bias, SIDE, TOKENS};
use crate::weights::Weights;
use find::{Layout, Place, Places};
use graph::{Graph, Input};
use std::collections::HashMap;
use std::io::{Read, Seek};
use tensor::Tensor;
use wire::Wire;

/// What the audio tower wants, and what it gives.
const FEATURES: &str = "input_features";
const LONGER: &str = "is_longer";
const EMBEDDING: &str = "audio_embeds";

/// The weights of an exported model.
pub(crate) struct Export<R> {
    wire: Wire<R>,
    tensors: HashMap<String, Tensor>,
    places: Places,
}

impl<R: Read + Seek> Export<R> {
    /// Reads the graph, and finds the weights in it.
    pub fn open(file: R) -> Result<Self, Error> {
        let mut wire = Wire::new(file)?;
        let graph = Graph::read(&mut wire)?;
        check_operators(&graph)?;
        check_ends(&graph)?;
        let places = Places::of(&graph)?;
        Ok(Export {
            wire,
            tensors: graph.tensors,
            places,
        })
    }
}

impl<R: Read + Seek> Weights for Export<R> {
    fn names(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        Box::new(self.places.weights.keys().map(String::as_str))
    }

    fn found(&self, name: &str) -> Option<&[usize]> {
        self.places.weights.get(name).map(|place| &place.shape[..])
    }

    fn numbers(&mut self, name: &str) -> Result<Vec<f32>, Error> {
        let place = self.places.weights.get(name);
        let tensor = place.and_then(|place| self.tensors.get(&place.tensor));
        let (Some(place), Some(tensor)) = (place, tensor) else {
            return Err(self.missing(name));
        };
        let numbers = tensor.numbers(&mut self.wire, &place.tensor)?;
        match place.layout {
            Layout::Same => Ok(numbers),
            Layout::Transposed => Ok(transposed(&numbers, place)),
            Layout::Gathered => table(&numbers, place),
        }
    }

    fn folded(&self, norm: &str) -> bool {
        self.places.folded && norm.contains(find::FUSION)
    }

    fn missing(&self, name: &str) -> Error {
        Error::Graph(format!("no node of it leads to {name}"))
    }
}

/// Weights in bytes or less are other weights: `QuantizeLinear`, `DequantizeLinear`, `MatMulInteger` …
fn check_operators(graph: &Graph) -> Result<(), Error> {
    let coarse = |op: &str| {
        ["uantize", "Integer", "NBits", "Bnb4", "QLinear"]
            .iter()
            .any(|part| op.contains(part))
    };
    match graph.nodes.iter().find(|node| coarse(&node.op)) {
        Some(node) => Err(Error::Quantized {
            operator: node.op.clone(),
        }),
        None => Ok(()),
    }
}

/// What goes in and comes out is that of an audio tower.
fn check_ends(graph: &Graph) -> Result<(), Error> {
    // Files of old list initialisers among what goes in.
    let inputs = graph.inputs.iter();
    let inputs: Vec<&Input> = inputs
        .filter(|input| !graph.tensors.contains_key(&input.name))
        .collect();
    let known = |input: &&Input| [FEATURES, LONGER].contains(&input.name.as_str());
    let features = inputs.iter().find(|input| input.name == FEATURES);
    let embeds = graph.outputs.iter().any(|output| output == EMBEDDING);
    let (Some(features), true, true) = (features, embeds, inputs.iter().all(known)) else {
        let names: Vec<&str> = inputs.iter().map(|input| input.name.as_str()).collect();
        return Err(Error::Graph(format!(
            "it computes {} from {}, not {EMBEDDING} from {FEATURES}",
            listed(graph.outputs.iter().map(String::as_str)),
            listed(names),
        )));
    };
    let fits = |(found, wanted): (&Option<u64>, &Option<u64>)| {
        found.is_none() || wanted.is_none() || found == wanted
    };
    let wanted = [
        None,
        None,
        Some(crate::FRAMES as u64),
        Some(crate::MELS as u64),
    ];
    match &features.shape {
        Some(shape) if shape.len() != wanted.len() || !shape.iter().zip(&wanted).all(fits) => {
            Err(Error::Graph(format!(
                "{FEATURES} are not {} frames of {} bands",
                crate::FRAMES,
                crate::MELS
            )))
        }
        _ => Ok(()),
    }
}

fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.into_iter().take(8).collect();
    match names.is_empty() {
        true => "nothing".to_owned(),
        false => names.join(", "),
    }
}

/// Numbers of a matrix that is stored as its transpose; `place.shape` is that of the matrix.
fn transposed(numbers: &[f32], place: &Place) -> Vec<f32> {
    let [rows, columns] = place.shape[..] else {
        return numbers.to_vec();
    };
    let mut matrix = Vec::with_capacity(numbers.len());
    for row in 0..rows {
        matrix.extend((0..columns).map(|column| numbers[column * rows + row]));
    }
    matrix
}

/// The table of relative positions that was looked up for each pair of tokens, for each head.
fn table(numbers: &[f32], place: &Place) -> Result<Vec<f32>, Error> {
    let mut table = vec![None; place.shape.iter().product()];
    let heads = place.shape[1];
    for (at, &number) in numbers.iter().enumerate() {
        let (head, pair) = (at / (TOKENS * TOKENS), at % (TOKENS * TOKENS));
        let (i, j) = (pair / TOKENS, pair % TOKENS);
        let down = i / SIDE + SIDE - 1 - j / SIDE;
        let right = i % SIDE + SIDE - 1 - j % SIDE;
        let entry = &mut table[(down * (2 * SIDE - 1) + right) * heads + head];
        if entry
            .replace(number)
            .is_some_and(|n| n.to_bits() != number.to_bits())
        {
            return Err(Error::Graph(format!(
                "{} depends on more than relative positions",
                place.tensor
            )));
        }
    }
    debug_assert_eq!(place.shape[0], Bias::TABLE);
    // Every difference of positions occurs.
    Ok(table.into_iter().map(Option::unwrap_or_default).collect())
}
