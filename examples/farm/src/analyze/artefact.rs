// SPDX-License-Identifier: MPL-2.0
//! What one extractor made of one input, as a file: in the cache, or only until it went into the results.
//!
//! The file has eight bytes that say what it is; arrays of 32-bit little-endian floats, which are written as
//! they are computed; a footer in JSON, which says what they are; the length of the footer; and the SHA-256
//! of everything before it.
use super::digest::{self, Hash, Hashing};
use crate::record::Decoded;
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;
use tempfile::{NamedTempFile, SpooledTempFile};

const MAGIC: [u8; 8] = *b"AURISA01";
/// The length of the footer, and the hash.
const TRAILER: u64 = 8 + size_of::<Hash>() as u64;
/// A footer is no longer than this: that of a day in windows of a tenth of a second.
const LONGEST_FOOTER: u64 = 1 << 28;

/// Where an artefact lies.
#[derive(Debug)]
pub enum Storage {
    /// For as long as it is needed.
    Passing(SpooledTempFile),
    /// To be kept.
    Draft(NamedTempFile),
    /// Kept.
    Kept(File),
    /// Nowhere any more.
    Gone,
}

macro_rules! each {
    ($storage:expr, $file:ident => $act:expr) => {
        match $storage {
            Storage::Passing($file) => $act,
            Storage::Draft($file) => $act,
            Storage::Kept($file) => $act,
            Storage::Gone => Err(io::ErrorKind::NotFound.into()),
        }
    };
}

impl Write for Storage {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        each!(self, file => file.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        each!(self, file => file.flush())
    }
}

impl Read for Storage {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        each!(self, file => file.read(bytes))
    }
}

impl Seek for Storage {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        each!(self, file => file.seek(to))
    }
}

/// An array in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Array {
    /// Its name.
    pub name: String,
    /// Its dimensions, of which the last lies densest.
    pub shape: Vec<u64>,
    /// Where it begins.
    offset: u64,
}

impl Array {
    /// Its bytes.
    pub fn bytes(&self) -> Option<u64> {
        let count = self.shape.iter().try_fold(1_u64, |n, &d| n.checked_mul(d));
        count?.checked_mul(size_of::<f32>() as u64)
    }
}

/// What the end of the file says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Footer {
    /// What it was computed from and how, in JSON: what the name of the file is the hash of.
    pub key: String,
    /// When, in seconds since 1970.
    pub created: u64,
    /// How the input was decoded.
    pub decoded: Decoded,
    /// What the extractor found.
    pub result: serde_json::Value,
    /// The arrays, in order.
    pub arrays: Vec<Array>,
}

/// An artefact in the making.
pub struct Writer {
    out: BufWriter<Hashing<Storage>>,
    /// Bytes so far.
    written: u64,
    arrays: Vec<Array>,
    /// Numbers in a row of the last array.
    width: u64,
    /// Numbers in it.
    numbers: u64,
    bytes: Vec<u8>,
    /// The first one; what is written afterwards is lost.
    error: Option<io::Error>,
}

impl Writer {
    /// Begins one.
    ///
    /// # Errors
    /// The system's.
    pub fn new(storage: Storage) -> io::Result<Self> {
        let mut out = BufWriter::with_capacity(1 << 16, Hashing::new(storage));
        out.write_all(&MAGIC)?;
        Ok(Writer {
            out,
            written: MAGIC.len() as u64,
            arrays: Vec::new(),
            width: 0,
            numbers: 0,
            bytes: Vec::new(),
            error: None,
        })
    }

    /// Begins an array of rows of that many numbers; of single ones if there is no width.
    pub fn begin(&mut self, name: &str, width: Option<usize>) {
        self.end();
        self.width = width.map_or(0, |width| width as u64);
        self.arrays.push(Array {
            name: name.to_owned(),
            shape: Vec::new(),
            offset: self.written,
        });
    }

    /// Appends to the array. What goes wrong is told by [`Writer::finish`].
    pub fn push(&mut self, numbers: &[f32]) {
        self.bytes.clear();
        let bytes = numbers.iter().flat_map(|number| number.to_le_bytes());
        self.bytes.extend(bytes);
        self.numbers += numbers.len() as u64;
        self.written += self.bytes.len() as u64;
        if self.error.is_none() {
            self.error = self.out.write_all(&self.bytes).err();
        }
    }

    fn end(&mut self) {
        let numbers = std::mem::take(&mut self.numbers);
        if let Some(array) = self.arrays.last_mut() {
            array.shape = match self.width {
                0 => vec![numbers],
                width => vec![numbers / width, width],
            };
        }
    }

    /// Ends it.
    ///
    /// # Errors
    /// The system's.
    pub fn finish(
        mut self,
        key: &str,
        created: u64,
        decoded: &Decoded,
        result: serde_json::Value,
    ) -> io::Result<Artefact> {
        self.end();
        if let Some(error) = self.error {
            return Err(error);
        }
        let footer = Footer {
            key: key.to_owned(),
            created,
            decoded: decoded.clone(),
            result,
            arrays: self.arrays,
        };
        let text = serde_json::to_vec(&footer)?;
        self.out.write_all(&text)?;
        self.out.write_all(&(text.len() as u64).to_le_bytes())?;
        let hashing = self.out.into_inner();
        let (mut storage, hash) = hashing.map_err(io::IntoInnerError::into_error)?.finish();
        storage.write_all(&hash)?;
        storage.flush()?;
        Ok(Artefact { footer, storage })
    }
}

/// A complete artefact.
#[derive(Debug)]
pub struct Artefact {
    /// What it says of itself.
    pub footer: Footer,
    storage: Storage,
}

impl Artefact {
    /// Reads one, once all its bytes are what was written.
    ///
    /// # Errors
    /// The system's; [`io::ErrorKind::InvalidData`] if it is none, or not what it was.
    pub fn open(mut file: File) -> io::Result<Self> {
        let wrong = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what);
        let length = file.metadata()?.len();
        let body = length.checked_sub(size_of::<Hash>() as u64);
        let body = body.ok_or_else(|| wrong("it is too short"))?;
        let found = digest::of_reader((&mut file).take(body))?;
        let mut hash: Hash = [0; 32];
        file.read_exact(&mut hash)?;
        if hash != found {
            return Err(wrong("its hash is another"));
        }
        file.rewind()?;
        let mut magic = [0; MAGIC.len()];
        file.read_exact(&mut magic)?;
        if magic != MAGIC || length < MAGIC.len() as u64 + TRAILER {
            return Err(wrong("it is no artefact"));
        }
        file.seek(SeekFrom::Start(length - TRAILER))?;
        let mut bytes = [0; 8];
        file.read_exact(&mut bytes)?;
        let text = u64::from_le_bytes(bytes);
        let room = length - TRAILER - MAGIC.len() as u64;
        if text > room.min(LONGEST_FOOTER) {
            return Err(wrong("its footer is too long"));
        }
        let end = length - TRAILER - text;
        file.seek(SeekFrom::Start(end))?;
        let reader = BufReader::new((&mut file).take(text));
        let footer: Footer = serde_json::from_reader(reader)?;
        let fits = |array: &Array| {
            let stop = array.bytes().and_then(|b| array.offset.checked_add(b));
            array.offset >= MAGIC.len() as u64 && stop.is_some_and(|stop| stop <= end)
        };
        if !footer.arrays.iter().all(fits) {
            return Err(wrong("an array lies outside"));
        }
        Ok(Artefact {
            footer,
            storage: Storage::Kept(file),
        })
    }

    /// The array of that name.
    pub fn array(&self, name: &str) -> Option<&Array> {
        self.footer.arrays.iter().find(|array| array.name == name)
    }

    /// Its bytes, to be read.
    ///
    /// # Errors
    /// The system's; [`io::ErrorKind::NotFound`] if there is no such array.
    pub fn read(&mut self, name: &str) -> io::Result<impl Read + '_> {
        let array = self.array(name);
        let place = array.and_then(|array| Some((array.offset, array.bytes()?)));
        let (offset, bytes) = place.ok_or(io::ErrorKind::NotFound)?;
        self.storage.seek(SeekFrom::Start(offset))?;
        Ok(BufReader::with_capacity(
            1 << 16,
            (&mut self.storage).take(bytes),
        ))
    }

    /// Calls `each` with rows of `width` numbers of an array, one after the other.
    ///
    /// # Errors
    /// As [`Artefact::read`], and what `each` says.
    pub fn rows<E: From<io::Error>>(
        &mut self,
        name: &str,
        width: usize,
        mut each: impl FnMut(&[f32]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut left = self.array(name).and_then(Array::bytes).unwrap_or(0);
        let mut from = self.read(name)?;
        let mut bytes = vec![0; width * size_of::<f32>()];
        let mut row = Vec::with_capacity(width);
        while left > 0 {
            let now = left.min(bytes.len() as u64) as usize;
            if now == 0 {
                break;
            }
            from.read_exact(&mut bytes[..now])?;
            left -= now as u64;
            row.clear();
            let (numbers, _) = bytes[..now].as_chunks::<4>();
            row.extend(numbers.iter().map(|&number| f32::from_le_bytes(number)));
            each(&row)?;
        }
        Ok(())
    }

    /// Puts one that is a draft in its place, for good, and tells its size. Others stay where they are.
    ///
    /// # Errors
    /// The system's; the artefact can then be read no more.
    pub fn put(&mut self, path: &Path) -> io::Result<u64> {
        let storage = std::mem::replace(&mut self.storage, Storage::Gone);
        self.storage = match storage {
            Storage::Draft(file) => {
                if let Some(folder) = path.parent() {
                    fs::create_dir_all(folder)?;
                }
                Storage::Kept(file.persist(path)?)
            }
            other => other,
        };
        self.storage.seek(SeekFrom::End(0))
    }
}

#[cfg(test)]
mod tests;
