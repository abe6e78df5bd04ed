// SPDX-License-Identifier: MPL-2.0
//! The encoding of Protocol Buffers, read from a file field by field.
//!
//! A message is a row of fields: a number and a kind of value in a varint, then the value. What is
//! inside a field with a length is looked at only by who asks, and never beyond that field; large data
//! are passed over. Nothing recurses: who descends does so in code, as deep as that is written.
use crate::Error;
use std::io::{BufReader, Read, Seek, SeekFrom};

/// Bytes of text, names and lists that are kept of a file at most: several times those of a CLAP model.
const MOST_KEPT: u64 = 16 << 20;

/// A part of the file, from `begin` up to `end`, both in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub begin: u64,
    pub end: u64,
}

impl Span {
    pub fn length(self) -> u64 {
        self.end - self.begin
    }
}

/// What a field holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Value {
    Number(u64),
    /// 4 or 8 bytes, which nothing here needs.
    Fixed,
    Span(Span),
}

impl Value {
    /// A field that must be a number.
    pub fn number(self) -> Result<u64, Error> {
        match self {
            Value::Number(number) => Ok(number),
            _ => Err(damaged("text stands where a number should".to_owned())),
        }
    }

    /// A field that must have a length.
    pub fn span(self) -> Result<Span, Error> {
        match self {
            Value::Span(span) => Ok(span),
            _ => Err(damaged("a number stands where text should".to_owned())),
        }
    }
}

pub(super) fn damaged(problem: String) -> Error {
    Error::NotOnnx(problem)
}

/// A file, read from front to back with leaps.
pub(super) struct Wire<R> {
    file: BufReader<R>,
    at: u64,
    length: u64,
    kept: u64,
}

impl<R: Read + Seek> Wire<R> {
    pub fn new(mut file: R) -> Result<Self, Error> {
        let length = file.seek(SeekFrom::End(0))?;
        file.seek(SeekFrom::Start(0))?;
        Ok(Wire {
            file: BufReader::new(file),
            at: 0,
            length,
            kept: 0,
        })
    }

    /// The whole file.
    pub fn whole(&self) -> Span {
        Span {
            begin: 0,
            end: self.length,
        }
    }

    /// Hands every field of a message to `each`, which may look inside; what it leaves is passed over.
    pub fn message(
        &mut self,
        message: Span,
        each: &mut dyn FnMut(&mut Self, u64, Value) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.go_to(message.begin)?;
        while self.at < message.end {
            let (field, value) = self.field(message.end)?;
            let next = match value {
                Value::Span(span) => span.end,
                _ => self.at,
            };
            each(self, field, value)?;
            self.go_to(next)?;
        }
        Ok(())
    }

    fn field(&mut self, end: u64) -> Result<(u64, Value), Error> {
        let at = self.at;
        let key = self.varint(end)?;
        let value = match key & 7 {
            0 => Value::Number(self.varint(end)?),
            1 => self.fixed(8, end)?,
            2 => {
                let length = self.varint(end)?;
                let begin = self.at;
                Value::Span(Span {
                    begin,
                    end: self.within(length, end)?,
                })
            }
            5 => self.fixed(4, end)?,
            kind => return Err(damaged(format!("byte {at} begins a field of kind {kind}"))),
        };
        match key >> 3 {
            0 => Err(damaged(format!("byte {at} begins a field without number"))),
            field => Ok((field, value)),
        }
    }

    fn fixed(&mut self, length: u64, end: u64) -> Result<Value, Error> {
        let next = self.within(length, end)?;
        self.go_to(next)?;
        Ok(Value::Fixed)
    }

    /// Where something of that length ends, which must be inside.
    fn within(&self, length: u64, end: u64) -> Result<u64, Error> {
        let next = self.at.saturating_add(length);
        match next {
            _ if next <= end => Ok(next),
            // What the file lacks is missing at its end.
            _ if end == self.length => Err(Error::Truncated {
                needed: next,
                found: self.length,
            }),
            _ => Err(damaged(format!(
                "{length} bytes from byte {} on do not fit into what they belong to",
                self.at
            ))),
        }
    }

    fn varint(&mut self, end: u64) -> Result<u64, Error> {
        let begin = self.at;
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            self.within(1, end)?;
            let mut byte = [0];
            self.file.read_exact(&mut byte)?;
            self.at += 1;
            number |= u64::from(byte[0] & 0x7f) << shift;
            if byte[0] & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(damaged(format!("byte {begin} begins a number without end")))
    }

    fn go_to(&mut self, to: u64) -> Result<(), Error> {
        // Both are inside the file, the length of which is a signed number to the system.
        let leap = to.wrapping_sub(self.at) as i64;
        self.file.seek_relative(leap)?;
        self.at = to;
        Ok(())
    }

    /// The numbers of a list: packed into one field, or a field each.
    pub fn numbers(&mut self, value: Value, into: &mut Vec<i64>) -> Result<(), Error> {
        match value {
            Value::Number(number) => {
                self.keep(8)?;
                into.push(number as i64);
            }
            _ => {
                let span = value.span()?;
                self.keep(span.length().saturating_mul(8))?;
                self.go_to(span.begin)?;
                while self.at < span.end {
                    into.push(self.varint(span.end)? as i64);
                }
            }
        }
        Ok(())
    }

    /// The lower 16 bits of each number of a packed list, as little-endian bytes.
    pub fn halves(&mut self, span: Span) -> Result<Vec<u8>, Error> {
        self.go_to(span.begin)?;
        let mut bytes = Vec::new();
        while self.at < span.end {
            let number = self.varint(span.end)? as u16;
            bytes.extend(number.to_le_bytes());
        }
        Ok(bytes)
    }

    /// A text.
    pub fn text(&mut self, value: Value) -> Result<String, Error> {
        let span = value.span()?;
        self.keep(span.length())?;
        let bytes = self.bytes(span)?;
        String::from_utf8(bytes).map_err(|_| damaged("a name is no UTF-8".to_owned()))
    }

    /// Counts what is kept.
    pub fn keep(&mut self, bytes: u64) -> Result<(), Error> {
        self.kept = self.kept.saturating_add(bytes);
        match self.kept {
            ..=MOST_KEPT => Ok(()),
            _ => Err(damaged(
                "it has more nodes and names than any CLAP model".to_owned(),
            )),
        }
    }

    /// Bytes of a part, all of them.
    pub fn bytes(&mut self, span: Span) -> Result<Vec<u8>, Error> {
        self.go_to(span.begin)?;
        let mut bytes = Vec::new();
        let read = (&mut self.file)
            .take(span.length())
            .read_to_end(&mut bytes)?;
        self.at += read as u64;
        if read as u64 != span.length() {
            // It was longer when it was opened.
            return Err(Error::Truncated {
                needed: span.end,
                found: self.at,
            });
        }
        Ok(bytes)
    }
}
