// SPDX-License-Identifier: MPL-2.0
//! What an ONNX file says: tensors, and the nodes that they go into.
//!
//! Fields are those of the format's `onnx.proto`; those that say nothing about weights are passed over.
use super::tensor::Tensor;
use super::wire::{Value, Wire, damaged};
use crate::Error;
use std::collections::HashMap;
use std::io::{Read, Seek};

/// What a node or tensor takes beside its names.
pub(super) const RECORD: u64 = 128;

/// An operation.
#[derive(Debug, Default)]
pub(super) struct Node {
    pub op: String,
    pub inputs: Vec<String>,
    pub outputs: Vec<String>,
    /// Of `Transpose`.
    pub perm: Vec<i64>,
    /// Of `Gemm`: its second input is transposed.
    pub trans_b: bool,
}

/// What goes into a graph.
#[derive(Debug)]
pub(super) struct Input {
    pub name: String,
    /// Of a tensor whose rank is known, those dimensions that are fixed.
    pub shape: Option<Vec<Option<u64>>>,
}

#[derive(Debug, Default)]
pub(super) struct Graph {
    /// Initialisers and constants.
    pub tensors: HashMap<String, Tensor>,
    pub nodes: Vec<Node>,
    pub inputs: Vec<Input>,
    pub outputs: Vec<String>,
}

impl Graph {
    pub fn read<R: Read + Seek>(wire: &mut Wire<R>) -> Result<Graph, Error> {
        let (mut span, mut versions) = (None, 0);
        wire.message(wire.whole(), &mut |_, field, value| {
            match field {
                7 if span.replace(value.span()?).is_some() => {
                    return Err(damaged("it has two graphs".to_owned()));
                }
                8 => versions += 1,
                _ => {}
            }
            Ok(())
        })?;
        let Some(span) = span else {
            return Err(damaged("it has no graph".to_owned()));
        };
        // It stands behind the graph: without it, the file was cut off.
        if versions == 0 {
            return Err(damaged(
                "it does not say which operators it means".to_owned(),
            ));
        }
        let mut graph = Graph::default();
        wire.message(span, &mut |wire, field, value| {
            graph.add(wire, field, value)
        })?;
        Ok(graph)
    }

    fn add<R: Read + Seek>(
        &mut self,
        wire: &mut Wire<R>,
        field: u64,
        value: Value,
    ) -> Result<(), Error> {
        match field {
            1 => self.add_node(wire, value)?,
            5 => {
                let (name, tensor) = Tensor::read(wire, value)?;
                self.add_tensor(name, tensor)?;
            }
            11 => self.inputs.push(Input::read(wire, value)?),
            12 => self.outputs.push(Input::read(wire, value)?.name),
            _ => {}
        }
        Ok(())
    }

    fn add_node<R: Read + Seek>(&mut self, wire: &mut Wire<R>, value: Value) -> Result<(), Error> {
        wire.keep(RECORD)?;
        let (mut node, mut constant) = (Node::default(), None);
        wire.message(value.span()?, &mut |wire, field, value| {
            match field {
                1 => node.inputs.push(wire.text(value)?),
                2 => node.outputs.push(wire.text(value)?),
                4 => node.op = wire.text(value)?,
                5 => {
                    let attribute = Attribute::read(wire, value)?;
                    match attribute.name.as_str() {
                        "perm" => node.perm = attribute.numbers,
                        "transB" => node.trans_b = attribute.number != 0,
                        "value" => constant = attribute.tensor,
                        _ => {}
                    }
                }
                _ => {}
            }
            Ok(())
        })?;
        match (node.op.as_str(), constant, node.outputs.first()) {
            ("Constant", Some(tensor), Some(name)) => {
                let name = name.clone();
                self.add_tensor(name, tensor)
            }
            _ => {
                self.nodes.push(node);
                Ok(())
            }
        }
    }

    fn add_tensor(&mut self, name: String, tensor: Tensor) -> Result<(), Error> {
        tensor.check(&name)?;
        match self.tensors.insert(name.clone(), tensor) {
            Some(_) => Err(damaged(format!("{name} is there twice"))),
            None => Ok(()),
        }
    }
}

/// A property of a node.
#[derive(Default)]
struct Attribute {
    name: String,
    number: u64,
    numbers: Vec<i64>,
    tensor: Option<Tensor>,
}

impl Attribute {
    fn read<R: Read + Seek>(wire: &mut Wire<R>, value: Value) -> Result<Attribute, Error> {
        let mut attribute = Attribute::default();
        wire.message(value.span()?, &mut |wire, field, value| {
            match field {
                1 => attribute.name = wire.text(value)?,
                3 => attribute.number = value.number()?,
                5 => attribute.tensor = Some(Tensor::read(wire, value)?.1),
                8 => wire.numbers(value, &mut attribute.numbers)?,
                _ => {}
            }
            Ok(())
        })?;
        Ok(attribute)
    }
}

impl Input {
    fn read<R: Read + Seek>(wire: &mut Wire<R>, value: Value) -> Result<Input, Error> {
        wire.keep(RECORD)?;
        let (mut name, mut shape) = (String::new(), None);
        wire.message(value.span()?, &mut |wire, field, value| {
            match field {
                1 => name = wire.text(value)?,
                // A type, of which tensors have field 1, and in that their shape in field 2.
                2 => wire.message(value.span()?, &mut |wire, field, value| match field {
                    1 => wire.message(value.span()?, &mut |wire, field, value| {
                        if field == 2 {
                            shape = Some(dimensions(wire, value)?);
                        }
                        Ok(())
                    }),
                    _ => Ok(()),
                })?,
                _ => {}
            }
            Ok(())
        })?;
        Ok(Input { name, shape })
    }
}

/// `TensorShapeProto`.
fn dimensions<R: Read + Seek>(wire: &mut Wire<R>, value: Value) -> Result<Vec<Option<u64>>, Error> {
    let mut dimensions = Vec::new();
    wire.message(value.span()?, &mut |wire, field, value| {
        if field != 1 {
            return Ok(());
        }
        wire.keep(16)?;
        let mut fixed = None;
        wire.message(value.span()?, &mut |_, field, value| {
            if field == 1 {
                fixed = Some(value.number()?);
            }
            Ok(())
        })?;
        dimensions.push(fixed);
        Ok(())
    })?;
    Ok(dimensions)
}
