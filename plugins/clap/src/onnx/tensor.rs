// SPDX-License-Identifier: MPL-2.0
//! A tensor of an ONNX file, and where its numbers lie.
use super::graph::RECORD;
use super::wire::{Span, Value, Wire, damaged};
use crate::Error;
use crate::numbers::Kind;
use std::io::{Read, Seek};

/// Dimensions of a tensor at most.
const MOST_DIMENSIONS: usize = 8;

/// Numbers that are stored in the file.
#[derive(Debug, Default)]
pub(super) struct Tensor {
    pub shape: Vec<usize>,
    /// `TensorProto.DataType`.
    kind: u64,
    /// Little-endian bytes, in `raw_data` or in `float_data`.
    raw: Option<Span>,
    floats: Option<Span>,
    /// A varint for the bits of each, in `int32_data`.
    bits: Option<Span>,
    /// The data are kept in another file.
    outside: bool,
}

impl Tensor {
    /// `TensorProto`, and its name.
    pub fn read<R: Read + Seek>(
        wire: &mut Wire<R>,
        value: Value,
    ) -> Result<(String, Tensor), Error> {
        wire.keep(RECORD)?;
        let (mut name, mut tensor, mut shape) = (String::new(), Tensor::default(), Vec::new());
        wire.message(value.span()?, &mut |wire, field, value| {
            match field {
                1 => wire.numbers(value, &mut shape)?,
                2 => tensor.kind = value.number()?,
                8 => name = wire.text(value)?,
                // Without a length: a list that is not packed, as nobody writes it.
                4 => tensor.floats = Some(value.span()?),
                5 => tensor.bits = Some(value.span()?),
                9 => tensor.raw = Some(value.span()?),
                13 => tensor.outside = true,
                14 => tensor.outside |= value.number()? != 0,
                _ => {}
            }
            Ok(())
        })?;
        let shape = shape.into_iter().map(|n| usize::try_from(n).ok());
        let shape: Option<Vec<usize>> = shape.collect();
        match shape {
            Some(shape) if shape.len() <= MOST_DIMENSIONS => tensor.shape = shape,
            _ => return Err(damaged(format!("{name} has a shape that cannot be"))),
        }
        Ok((name, tensor))
    }

    /// Whether the data are where they are said to be, and as many.
    pub fn check(&self, name: &str) -> Result<(), Error> {
        if self.outside {
            return Err(Error::ExternalData {
                name: name.to_owned(),
            });
        }
        let (Some(kind), Some(span)) = (self.kind(), self.bytes()) else {
            return Ok(());
        };
        let shape = &self.shape;
        let size = shape
            .iter()
            .try_fold(kind.size(), |size, &n| size.checked_mul(n as u64));
        match size {
            Some(size) if size == span.length() => Ok(()),
            _ => Err(damaged(format!(
                "{name}: {shape:?} of {} do not fill {} bytes",
                self.kind_name(),
                span.length()
            ))),
        }
    }

    fn kind(&self) -> Option<Kind> {
        match self.kind {
            1 => Some(Kind::F32),
            10 => Some(Kind::F16),
            16 => Some(Kind::Bf16),
            _ => None,
        }
    }

    fn kind_name(&self) -> String {
        let known = [
            "nothing", "FLOAT", "UINT8", "INT8", "UINT16", "INT16", "INT32", "INT64", "STRING",
            "BOOL", "FLOAT16", "DOUBLE",
        ];
        let name = usize::try_from(self.kind).ok().and_then(|i| known.get(i));
        name.map_or_else(|| format!("type {}", self.kind), |name| (*name).to_owned())
    }

    /// Where the bytes of all numbers lie, if they lie so.
    fn bytes(&self) -> Option<Span> {
        self.raw.or(match self.kind {
            1 => self.floats,
            _ => None,
        })
    }

    /// All numbers.
    pub fn numbers<R: Read + Seek>(
        &self,
        wire: &mut Wire<R>,
        name: &str,
    ) -> Result<Vec<f32>, Error> {
        let Some(kind) = self.kind() else {
            return Err(Error::Type {
                name: name.to_owned(),
                found: self.kind_name(),
            });
        };
        if let Some(span) = self.bytes() {
            return Ok(kind.decode(&wire.bytes(span)?));
        }
        let bits = match (self.bits, kind) {
            (Some(span), Kind::F16 | Kind::Bf16) => wire.halves(span)?,
            _ => Vec::new(),
        };
        let numbers = kind.decode(&bits);
        let count = self
            .shape
            .iter()
            .try_fold(1_usize, |n, &m| n.checked_mul(m));
        match count {
            Some(count) if count == numbers.len() => Ok(numbers),
            _ => Err(damaged(format!(
                "{name} has {} numbers for the shape {:?}",
                numbers.len(),
                self.shape
            ))),
        }
    }
}
