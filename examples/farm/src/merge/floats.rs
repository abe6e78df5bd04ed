// SPDX-License-Identifier: MPL-2.0
//! Reads the arrays that lie beside a manifest.
use crate::record::{Analyzed, ArrayRef};
use serde::Deserialize;
use serde_json::Value;
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Take};
use std::path::Path;

/// Longest header that is read.
const LONGEST_HEADER: u64 = 1 << 20;
/// Most numbers in a row.
const WIDEST: u64 = 1 << 20;

/// The array of that name.
pub fn find<'a>(record: &'a Analyzed, name: &str) -> Option<&'a ArrayRef> {
    record.arrays.iter().find(|array| array.name == name)
}

/// All numbers of an array of one dimension.
///
/// # Errors
/// A sentence with the file's name.
pub fn read(folder: &Path, array: &ArrayRef) -> Result<Vec<f32>, String> {
    Rows::open(folder, array)?.next()
}

/// Rows of an array: its last dimension.
pub struct Rows {
    name: String,
    file: Take<BufReader<File>>,
    bytes: Vec<u8>,
}

/// What safetensors say of an array.
#[derive(Deserialize)]
struct Entry {
    dtype: String,
    data_offsets: [u64; 2],
}

impl Rows {
    /// Before the first one.
    ///
    /// # Errors
    /// A sentence with the file's name.
    pub fn open(folder: &Path, array: &ArrayRef) -> Result<Self, String> {
        let path = folder.join(&array.file);
        let name = format!("{}, {}", path.display(), array.name);
        let width = array.shape.last().copied().unwrap_or(0);
        if width > WIDEST {
            return Err(format!("{name}: rows of {width} numbers are none of ours"));
        }
        let file = open(&path, array).map_err(|error| format!("{name}: {error}"))?;
        Ok(Rows {
            name,
            file,
            bytes: vec![0; width as usize * size_of::<f32>()],
        })
    }

    /// The next one.
    ///
    /// # Errors
    /// A sentence with the file's name.
    pub fn next(&mut self) -> Result<Vec<f32>, String> {
        let read = self.file.read_exact(&mut self.bytes);
        read.map_err(|error| format!("{}: {error}", self.name))?;
        let (numbers, _) = self.bytes.as_chunks::<4>();
        Ok(numbers.iter().map(|&n| f32::from_le_bytes(n)).collect())
    }
}

/// A file at the data of an array.
fn open(path: &Path, array: &ArrayRef) -> io::Result<Take<BufReader<File>>> {
    let wrong = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what);
    let mut file = BufReader::new(File::open(path)?);
    let mut begin = [0; 8];
    file.read_exact(&mut begin)?;
    if begin.starts_with(b"\x93NUMPY\x01") {
        let mut length = [0; 2];
        file.read_exact(&mut length)?;
        file.seek_relative(u16::from_le_bytes(length).into())?;
        return Ok(file.take(u64::MAX));
    }
    let length = u64::from_le_bytes(begin);
    if length > LONGEST_HEADER {
        return Err(wrong("it is neither safetensors nor NPY"));
    }
    let header: HashMap<String, Value> = serde_json::from_reader((&mut file).take(length))?;
    let entry = header.get(&array.name).cloned().unwrap_or_default();
    let entry: Entry = serde_json::from_value(entry)?;
    let [from, to] = entry.data_offsets;
    if entry.dtype != "F32" || from > to {
        return Err(wrong("it has another type than 32-bit floats"));
    }
    let place = from.checked_add(8 + length);
    let place = place.ok_or_else(|| wrong("it lies outside"))?;
    file.seek(SeekFrom::Start(place))?;
    Ok(file.take(to - from))
}
