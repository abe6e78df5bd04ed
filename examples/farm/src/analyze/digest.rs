// SPDX-License-Identifier: MPL-2.0
//! SHA-256 of what is read and written.
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

/// Bytes that are read at once.
const BLOCK: usize = 1 << 16;

/// A digest.
pub type Hash = [u8; 32];

/// In hexadecimal digits.
pub fn hex(hash: &Hash) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Of bytes.
pub fn of(bytes: &[u8]) -> Hash {
    Sha256::digest(bytes).into()
}

/// Of all that is left to read.
///
/// # Errors
/// Those of `from`.
pub fn of_reader(mut from: impl Read) -> io::Result<Hash> {
    let (mut hash, mut block) = (Sha256::new(), vec![0; BLOCK]);
    loop {
        match from.read(&mut block) {
            Ok(0) => return Ok(hash.finalize().into()),
            Ok(count) => hash.update(&block[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Of a file.
///
/// # Errors
/// The system's.
pub fn of_file(path: &Path) -> io::Result<Hash> {
    of_reader(File::open(path)?)
}

/// Passes on what is written, and hashes it.
pub struct Hashing<W> {
    inner: W,
    hash: Sha256,
    /// Bytes so far.
    pub count: u64,
}

impl<W: Write> Hashing<W> {
    /// Before anything is written.
    pub fn new(inner: W) -> Self {
        Hashing {
            inner,
            hash: Sha256::new(),
            count: 0,
        }
    }

    /// What it was passed on to, and the hash of that.
    pub fn finish(self) -> (W, Hash) {
        (self.inner, self.hash.finalize().into())
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(bytes)?;
        self.hash.update(&bytes[..count]);
        self.count += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_ways_give_the_known_value() {
        // FIPS 180-2, appendix B.1.
        let known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hex(&of(b"abc")), known);
        assert_eq!(hex(&of_reader(&b"abc"[..]).unwrap()), known);
        let mut hashing = Hashing::new(Vec::new());
        hashing.write_all(b"a").unwrap();
        hashing.write_all(b"bc").unwrap();
        assert_eq!(hashing.count, 3);
        let (written, hash) = hashing.finish();
        assert_eq!((written, hex(&hash)), (b"abc".to_vec(), known.to_owned()));
    }
}
