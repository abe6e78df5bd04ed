// SPDX-License-Identifier: MPL-2.0
//! Walking boxes within bounds.
use crate::integrity::Damage;
use crate::integrity::input::{Input, WINDOW, be32, be64, fourcc};
use std::io::{Read, Seek};

/// A box: `start..body` is its header, `body..end` its content.
#[derive(Clone, Debug)]
pub(super) struct Header {
    pub kind: [u8; 4],
    pub start: u64,
    pub body: u64,
    pub end: u64,
}

impl Header {
    /// Bytes of content.
    pub fn length(&self) -> u64 {
        self.end - self.body
    }

    /// The first `wanted` bytes of the content.
    pub fn bytes<'a, R: Read + Seek>(
        &self,
        input: &'a mut Input<'_, R>,
        wanted: usize,
    ) -> Result<&'a [u8], Damage> {
        if self.length() < wanted as u64 {
            return Err(self.too_short(wanted as u64));
        }
        input.bytes(self.body, wanted)
    }

    /// The content, up to what the window holds.
    pub fn content<'a, R: Read + Seek>(
        &self,
        input: &'a mut Input<'_, R>,
    ) -> Result<&'a [u8], Damage> {
        input.peek(self.body, self.length().min(WINDOW as u64) as usize)
    }

    pub fn too_short(&self, wanted: u64) -> Damage {
        damaged!(
            "the '{}' box at offset {} has {} bytes of content, {wanted} are needed",
            fourcc(&self.kind),
            self.start,
            self.length()
        )
    }
}

/// The boxes of a stretch of the file, one after the other.
pub(super) struct Boxes {
    at: u64,
    end: u64,
}

impl Boxes {
    pub fn new(at: u64, end: u64) -> Self {
        Self { at, end }
    }

    /// The boxes inside another.
    pub fn within(parent: &Header) -> Self {
        Self::new(parent.body, parent.end)
    }

    pub fn next<R: Read + Seek>(
        &mut self,
        input: &mut Input<'_, R>,
    ) -> Result<Option<Header>, Damage> {
        let (start, room) = (self.at, self.end - self.at);
        let at_top = self.end == input.size();
        if room == 0 {
            return Ok(None);
        }
        let head = input.peek(start, 16.min(room) as usize)?;
        // QuickTime closes lists of boxes with four zero bytes.
        if room < 8 && !at_top && head.iter().all(|&byte| byte == 0) {
            self.at = self.end;
            return Ok(None);
        }
        if head.len() < 8 {
            return Err(truncated!(
                "{room} bytes at offset {start} are too few for a box"
            ));
        }
        let mut kind = [0; 4];
        kind.copy_from_slice(&head[4..8]);
        let (size, header) = match be32(head, 0) {
            0 => (room, 8),
            1 if head.len() < 16 => {
                return Err(truncated!(
                    "the box header at offset {start} is not complete"
                ));
            }
            1 => (be64(head, 8), 16),
            size => (u64::from(size), 8),
        };
        let name = fourcc(&kind);
        if kind.iter().all(|byte| byte.is_ascii_control()) || size < header {
            return Err(damaged!(
                "the box '{name}' at offset {start} has {size} bytes"
            ));
        }
        if size > room {
            let text =
                format!("the box '{name}' at offset {start} has {size} bytes, {room} are there");
            return Err(if at_top {
                Damage::Truncated(text)
            } else {
                Damage::Damaged(text)
            });
        }
        self.at = start + size;
        Ok(Some(Header {
            kind,
            start,
            body: start + header,
            end: self.at,
        }))
    }
}
