// SPDX-License-Identifier: MPL-2.0
//! Which tensor is which weight.
//!
//! Exporters keep the names of biases and of what normalises. A linear layer is a `MatMul` with a
//! transposed weight of a made-up name before the `Add` of its bias; the table of relative positions
//! was looked up, and is what is added to the scores of an attention; a batch normalisation that
//! follows a convolution has gone into that.
use super::graph::{Graph, Node};
use super::links::Links;
use crate::Error;
use crate::kernel::{Bias, TOKENS};
use std::collections::HashMap;

/// By this, a model is known.
const PATCHES: &str = "audio_model.audio_encoder.patch_embed.proj.weight";
/// What the names of the fusion's attentions have in common.
pub(super) const FUSION: &str = "patch_embed.fusion_model.";

/// How a weight is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    Same,
    Transposed,
    /// A table, looked up for every pair of tokens.
    Gathered,
}

/// Where a weight lies.
#[derive(Debug)]
pub(super) struct Place {
    pub tensor: String,
    pub layout: Layout,
    /// Of the weight, not of the tensor.
    pub shape: Vec<usize>,
}

/// All weights under the names that transformers gives them.
#[derive(Debug, Default)]
pub(super) struct Places {
    pub weights: HashMap<String, Place>,
    /// Batch normalisations of the fusion are in its convolutions.
    pub folded: bool,
}

impl Places {
    pub fn of(graph: &Graph) -> Result<Places, Error> {
        let links = Links::of(graph);
        let aliases = graph.nodes.iter().filter(|node| node.op == "Identity");
        let aliases = aliases.flat_map(|node| &node.outputs);
        let names: Vec<&str> = graph
            .tensors
            .keys()
            .chain(aliases)
            .map(String::as_str)
            .collect();
        // A wrapper that was exported with the model puts its own name in front.
        let prefix = names.iter().find_map(|name| name.strip_suffix(PATCHES));
        let Some(prefix) = prefix else {
            return Err(Error::Graph(format!("it has no {PATCHES}")));
        };
        let mut places = Places::default();
        let under =
            |name: &&'_ str| name.starts_with(prefix) && name[prefix.len()..].starts_with("audio_");
        let names: Vec<&str> = names.into_iter().filter(under).collect();
        for &full in &names {
            if let Some(place) = named(&links, full) {
                places
                    .weights
                    .insert(full[prefix.len()..].to_owned(), place);
            }
        }
        for &full in &names {
            if let Some(layer) = full.strip_suffix(".bias") {
                places.follow(&links, full, &layer[prefix.len()..]);
            }
        }
        places.find_fusion(&links);
        Ok(places)
    }

    fn add(&mut self, name: String, place: Option<Place>) {
        if let Some(place) = place
            && !self.weights.contains_key(&name)
        {
            self.weights.insert(name, place);
        }
    }

    /// What can be found from a layer's bias.
    fn follow<'a>(&mut self, links: &Links<'a>, bias: &'a str, layer: &str) {
        self.add(format!("{layer}.weight"), weight_of(links, bias));
        if let Some(merge) = layer.strip_suffix("downsample.norm") {
            let reduction = format!("{merge}downsample.reduction.weight");
            self.add(reduction, product_after(links, bias));
        }
        if let Some(attention) = layer.strip_suffix(".query") {
            let table = format!("{attention}.relative_position_bias_table");
            self.add(table, table_after(links, bias));
        }
    }

    /// Two convolutions in a row for each of the fusion's attentions, one of which looks at a mean.
    fn find_fusion(&mut self, links: &Links<'_>) {
        let pools = links.graph.nodes.iter();
        let pools =
            pools.filter(|node| ["GlobalAveragePool", "ReduceMean"].contains(&node.op.as_str()));
        let mut both = pools.filter_map(|pool| {
            let local = convolutions(links, pool.inputs.first()?)?;
            Some([local, convolutions(links, pool.outputs.first()?)?])
        });
        let Some([local, global]) = both.next() else {
            return;
        };
        let layers = [("local_att", [0, 3], local), ("global_att", [1, 4], global)];
        for (attention, numbers, nodes) in layers {
            for (number, node) in numbers.into_iter().zip(nodes) {
                let layer = format!("audio_model.audio_encoder.{FUSION}{attention}.{number}");
                // Where the layer kept its name, its normalisation is a node of its own.
                self.folded |= !self.weights.contains_key(&format!("{layer}.weight"));
                for (at, part) in [(1, "weight"), (2, "bias")] {
                    let input = node.inputs.get(at);
                    let place = input.and_then(|input| operand(links, input, false));
                    self.add(format!("{layer}.{part}"), place);
                }
            }
        }
    }
}

/// What leaves a value as it is.
const SAME: [&str; 2] = ["Identity", "Cast"];

/// The stored tensor that a value is, as a weight; `transposed` says how the layer takes it.
fn operand<'a>(links: &Links<'a>, value: &'a str, transposed: bool) -> Option<Place> {
    let (name, tensor, flipped) = links.stored(value)?;
    let mut shape = tensor.shape.clone();
    let layout = match transposed ^ flipped {
        true if shape.len() == 2 => {
            shape.reverse();
            Layout::Transposed
        }
        true => return None,
        false => Layout::Same,
    };
    Some(Place {
        tensor: name.to_owned(),
        layout,
        shape,
    })
}

/// The weight that a node multiplies by.
fn factor<'a>(links: &Links<'a>, node: &'a Node) -> Option<Place> {
    let transposed = match node.op.as_str() {
        "MatMul" => true,
        "Gemm" => !node.trans_b,
        "Conv" => false,
        _ => return None,
    };
    operand(links, node.inputs.get(1)?, transposed)
}

/// A tensor that kept its name; not all exporters that transpose it give it another.
fn named<'a>(links: &Links<'a>, name: &'a str) -> Option<Place> {
    let multiplies = |node: &&Node| {
        let product = ["MatMul", "Gemm"].contains(&node.op.as_str());
        product && node.inputs.get(1).is_some_and(|input| input == name)
    };
    let user = links.users(name).find(multiplies);
    user.and_then(|node| factor(links, node))
        .or_else(|| operand(links, name, false))
}

/// The weight of the layer that has this bias.
fn weight_of<'a>(links: &Links<'a>, bias: &'a str) -> Option<Place> {
    links.follow(bias, &SAME, |node| match node.op.as_str() {
        "Add" => {
            let mut makers = node.inputs.iter().filter_map(|input| links.maker(input));
            let product = makers.find(|maker| maker.op == "MatMul")?;
            factor(links, product)
        }
        _ => factor(links, node),
    })
}

/// The weight of the product that follows what has this bias.
fn product_after<'a>(links: &Links<'a>, bias: &'a str) -> Option<Place> {
    let through = ["Identity", "Cast", "Add", "LayerNormalization", "Reshape"];
    links.follow(bias, &through, |node| factor(links, node))
}

/// The table that is added to the scores of the queries with this bias.
fn table_after<'a>(links: &Links<'a>, bias: &'a str) -> Option<Place> {
    let through = [
        "Identity",
        "Cast",
        "Add",
        "Reshape",
        "Transpose",
        "Mul",
        "Div",
        "MatMul",
    ];
    links.follow(bias, &through, |node| {
        let mut inputs = node.inputs.iter().filter(|_| node.op == "Add");
        inputs.find_map(|input| gathered(links, input))
    })
}

fn gathered<'a>(links: &Links<'a>, value: &'a str) -> Option<Place> {
    let (name, tensor, flipped) = links.stored(value)?;
    match tensor.shape[..] {
        [heads, TOKENS, TOKENS] | [1, heads, TOKENS, TOKENS] if !flipped => Some(Place {
            tensor: name.to_owned(),
            layout: Layout::Gathered,
            shape: vec![Bias::TABLE, heads],
        }),
        _ => None,
    }
}

/// Two convolutions with what rectifies between them.
fn convolutions<'a>(links: &Links<'a>, value: &str) -> Option<[&'a Node; 2]> {
    let first = links.user(value, "Conv")?;
    let rectified = links.user(first.outputs.first()?, "Relu")?;
    let second = links.user(rectified.outputs.first()?, "Conv")?;
    Some([first, second])
}
