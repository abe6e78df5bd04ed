// SPDX-License-Identifier: MPL-2.0
//! Reading at any offset through one window of fixed size.
use super::Damage;
use std::io::{self, Read, Seek, SeekFrom};

/// Most bytes that the window holds; no single request may be larger.
pub(super) const WINDOW: usize = 256 << 10;
/// What reading on takes at a time, and the window holds until more is asked for: several files are
/// inspected at once, and few need more.
const STEP: usize = 64 << 10;
/// What a jump elsewhere reads: enough for a header, little enough to be cheap.
const JUMP: usize = 4 << 10;

/// A source of known size with a window over it.
pub(super) struct Input<'a, R> {
    source: &'a mut R,
    size: u64,
    window: Vec<u8>,
    /// Offset in the file of the window's first byte.
    start: u64,
    /// Valid bytes in the window.
    filled: usize,
}

impl<'a, R: Read + Seek> Input<'a, R> {
    pub(super) fn new(source: &'a mut R) -> io::Result<Self> {
        let size = source.seek(SeekFrom::End(0))?;
        Ok(Self {
            source,
            size,
            window: vec![0; STEP],
            start: 0,
            filled: 0,
        })
    }

    /// Bytes in the file.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Up to `wanted` bytes (at most [`WINDOW`]) from `offset` on; fewer only at the file's end.
    pub(super) fn peek(&mut self, offset: u64, wanted: usize) -> Result<&[u8], Damage> {
        let wanted = wanted.min(WINDOW) as u64;
        let wanted = wanted.min(self.size.saturating_sub(offset)) as usize;
        let held = offset
            .checked_sub(self.start)
            .filter(|&skip| skip <= self.filled as u64);
        let skip = match held {
            Some(skip) if skip as usize + wanted <= self.filled => skip as usize,
            _ => {
                self.refill(offset, wanted, held.is_some())?;
                0
            }
        };
        Ok(&self.window[skip..skip + wanted])
    }

    /// Exactly `wanted` bytes (at most [`WINDOW`]) from `offset` on.
    pub(super) fn bytes(&mut self, offset: u64, wanted: usize) -> Result<&[u8], Damage> {
        let size = self.size;
        let bytes = self.peek(offset, wanted)?;
        if bytes.len() < wanted {
            return Err(truncated!(
                "{wanted} bytes are needed at offset {offset}, the file ends at {size}"
            ));
        }
        Ok(bytes)
    }

    /// Exactly `N` bytes from `offset` on.
    pub(super) fn array<const N: usize>(&mut self, offset: u64) -> Result<[u8; N], Damage> {
        let mut array = [0; N];
        array.copy_from_slice(self.bytes(offset, N)?);
        Ok(array)
    }

    /// Fills `target` from `offset` on without moving the window.
    pub(super) fn read_aside(&mut self, offset: u64, target: &mut [u8]) -> Result<(), Damage> {
        self.source.seek(SeekFrom::Start(offset))?;
        self.source
            .read_exact(target)
            .map_err(|error| match error.kind() {
                io::ErrorKind::UnexpectedEof => {
                    truncated!("{} bytes are needed at offset {offset}", target.len())
                }
                _ => error.into(),
            })
    }

    /// Offset of the first byte in `from..to` that is not zero.
    pub(super) fn skip_zeros(&mut self, from: u64, to: u64) -> Result<u64, Damage> {
        let mut at = from;
        while at < to {
            let chunk = self.peek(at, (to - at).min(64 << 10) as usize)?;
            if chunk.is_empty() {
                break;
            }
            match chunk.iter().position(|&byte| byte != 0) {
                Some(zeros) => return Ok(at + zeros as u64),
                None => at += chunk.len() as u64,
            }
        }
        Ok(to)
    }

    fn refill(&mut self, offset: u64, wanted: usize, onwards: bool) -> Result<(), Damage> {
        let kept = if onwards {
            let skip = (offset - self.start) as usize;
            self.window.copy_within(skip..self.filled, 0);
            self.filled - skip
        } else {
            0
        };
        let aim = wanted.max(if onwards { STEP } else { JUMP });
        if self.window.len() < aim {
            self.window.resize(aim, 0);
        }
        self.start = offset;
        self.filled = kept;
        self.source.seek(SeekFrom::Start(offset + kept as u64))?;
        while self.filled < aim {
            match self.source.read(&mut self.window[self.filled..aim]) {
                Ok(0) => break,
                Ok(read) => self.filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        if self.filled < wanted {
            return Err(truncated!(
                "the file shrank below {} bytes while it was read",
                self.size
            ));
        }
        Ok(())
    }
}

/// A table of equal entries, read in order through a small window of its own.
pub(super) struct Column {
    next: u64,
    left: u64,
    width: usize,
    chunk: Vec<u8>,
    at: usize,
}

impl Column {
    /// `entries` entries of `width` bytes from `offset` on; the caller has checked that they fit.
    pub(super) fn new(offset: u64, entries: u64, width: usize) -> Self {
        Self {
            next: offset,
            left: entries,
            width,
            chunk: Vec::new(),
            at: 0,
        }
    }

    /// The next entry, `None` past the last.
    pub(super) fn next<R: Read + Seek>(
        &mut self,
        input: &mut Input<'_, R>,
    ) -> Result<Option<&[u8]>, Damage> {
        const ROWS: u64 = 1024;
        if self.at == self.chunk.len() {
            let rows = self.left.min(ROWS);
            if rows == 0 {
                return Ok(None);
            }
            self.chunk.resize(rows as usize * self.width, 0);
            input.read_aside(self.next, &mut self.chunk)?;
            self.next += self.chunk.len() as u64;
            self.left -= rows;
            self.at = 0;
        }
        let row = &self.chunk[self.at..self.at + self.width];
        self.at += self.width;
        Ok(Some(row))
    }
}

/// Integers out of byte slices; the caller has checked the length.
pub(super) fn be16(bytes: &[u8], at: usize) -> u16 {
    u16::from_be_bytes([bytes[at], bytes[at + 1]])
}
pub(super) fn be32(bytes: &[u8], at: usize) -> u32 {
    u32::from(be16(bytes, at)) << 16 | u32::from(be16(bytes, at + 2))
}
pub(super) fn be64(bytes: &[u8], at: usize) -> u64 {
    u64::from(be32(bytes, at)) << 32 | u64::from(be32(bytes, at + 4))
}
pub(super) fn le16(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}
pub(super) fn le32(bytes: &[u8], at: usize) -> u32 {
    u32::from(le16(bytes, at)) | u32::from(le16(bytes, at + 2)) << 16
}
pub(super) fn le64(bytes: &[u8], at: usize) -> u64 {
    u64::from(le32(bytes, at)) | u64::from(le32(bytes, at + 4)) << 32
}

/// A four-character code for messages, with unprintable bytes escaped.
pub(super) fn fourcc(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}
