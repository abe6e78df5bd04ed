// SPDX-License-Identifier: MPL-2.0
//! The weights of a model, under the names that transformers gives them, wherever they lie.
use crate::Error;
use crate::file::{LONGEST_HEADER, Tensors};
use crate::onnx::Export;
use std::io::{Read, Seek, SeekFrom};

/// Tensors by name.
pub(crate) trait Weights {
    /// The names of all tensors, in no order.
    fn names(&self) -> Box<dyn Iterator<Item = &str> + '_>;

    /// The shape of a tensor, if there is one of that name.
    fn found(&self, name: &str) -> Option<&[usize]>;

    /// The numbers of a tensor that there is.
    fn numbers(&mut self, name: &str) -> Result<Vec<f32>, Error>;

    /// Whether a batch normalisation is in the weights of the layer before it, and has none of its own.
    fn folded(&self, _norm: &str) -> bool {
        false
    }

    /// There is no such tensor.
    fn missing(&self, name: &str) -> Error {
        Error::Missing {
            name: name.to_owned(),
        }
    }

    /// Whether there is a tensor of that name.
    fn has(&self, name: &str) -> bool {
        self.found(name).is_some()
    }

    /// One more than the largest number that follows `prefix` in a name.
    fn count(&self, prefix: &str) -> usize {
        let numbers = self.names().filter_map(|name| {
            let (number, _) = name.strip_prefix(prefix)?.split_once('.')?;
            number.parse::<usize>().ok()?.checked_add(1)
        });
        numbers.max().unwrap_or(0)
    }

    /// The shape of a tensor, which must be there.
    fn shape(&self, name: &str) -> Result<&[usize], Error> {
        self.found(name).ok_or_else(|| self.missing(name))
    }

    /// Reads a tensor, which must have this shape and consist of finite numbers.
    fn read(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>, Error> {
        let found = self.shape(name)?;
        if found != shape {
            return Err(Error::Shape {
                name: name.to_owned(),
                found: found.to_vec(),
                expected: format!("{shape:?}"),
            });
        }
        let numbers = self.numbers(name)?;
        if numbers.iter().all(|x| x.is_finite()) {
            Ok(numbers)
        } else {
            Err(Error::WeightNotFinite {
                name: name.to_owned(),
            })
        }
    }
}

/// The weights in a file of either kind, told apart by how it begins.
pub(crate) fn open<'a, R: Read + Seek + 'a>(mut file: R) -> Result<Box<dyn Weights + 'a>, Error> {
    let mut begin = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    (&mut file).take(8).read_to_end(&mut begin)?;
    let onnx = match begin.first_chunk() {
        // A protocol buffer that begins with the number of the format's version; the length of a header
        // that is no longer than it may be has zeros where that has more fields.
        Some(&bytes) => begin[0] == 8 && u64::from_le_bytes(bytes) > LONGEST_HEADER,
        None => false,
    };
    Ok(match onnx {
        true => Box::new(Export::open(file)?),
        false => Box::new(Tensors::open(file)?),
    })
}
