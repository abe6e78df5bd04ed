// SPDX-License-Identifier: MPL-2.0
//! One Ogg page.
use crate::integrity::input::{Input, le32, le64};
use crate::integrity::{Damage, crc};
use std::io::{Read, Seek};

const HEADER: usize = 27;

/// A page whose framing and checksum are right.
pub(super) struct Page<'a> {
    /// Offset in the file.
    pub at: u64,
    /// The whole page.
    pub bytes: &'a [u8],
}

impl<'a> Page<'a> {
    /// Reads the page at `at`, which must end by `end`.
    pub fn read<R: Read + Seek>(
        input: &'a mut Input<'_, R>,
        at: u64,
        end: u64,
    ) -> Result<Self, Damage> {
        let room = end - at;
        let header = input.peek(at, HEADER + 255)?;
        if !header.starts_with(&b"OggS"[..header.len().min(4)]) {
            return Err(damaged!("no page begins at offset {at}"));
        }
        let cut = || truncated!("the page at offset {at} goes beyond the end at {end}");
        if room < HEADER as u64 || header.len() < HEADER {
            return Err(cut());
        }
        if header[4] != 0 || header[5] & !7 != 0 {
            return Err(damaged!(
                "the page at offset {at} has version {} and flags {:#04x}",
                header[4],
                header[5]
            ));
        }
        let segments = usize::from(header[26]);
        let lacing = header.get(HEADER..HEADER + segments).ok_or_else(cut)?;
        let length =
            HEADER + segments + lacing.iter().map(|&lace| usize::from(lace)).sum::<usize>();
        if length as u64 > room {
            return Err(cut());
        }
        let bytes = input.bytes(at, length)?;
        let found = crc::ogg(crc::ogg(crc::ogg(0, &bytes[..22]), &[0; 4]), &bytes[26..]);
        if found != le32(bytes, 22) {
            return Err(damaged!("the page at offset {at} fails its checksum"));
        }
        Ok(Self { at, bytes })
    }

    /// Whether the first packet continues one of the page before.
    pub fn continues(&self) -> bool {
        self.bytes[5] & 1 != 0
    }

    pub fn begins_stream(&self) -> bool {
        self.bytes[5] & 2 != 0
    }

    pub fn ends_stream(&self) -> bool {
        self.bytes[5] & 4 != 0
    }

    /// The stream's position at the end of the last packet that ends here, if one does.
    pub fn granule(&self) -> Option<u64> {
        Some(le64(self.bytes, 6)).filter(|&granule| granule != u64::MAX)
    }

    pub fn serial(&self) -> u32 {
        le32(self.bytes, 14)
    }

    pub fn sequence(&self) -> u32 {
        le32(self.bytes, 18)
    }

    fn lacing(&self) -> &'a [u8] {
        &self.bytes[HEADER..HEADER + usize::from(self.bytes[26])]
    }

    /// Whether the last packet goes on in the next page.
    pub fn is_open(&self) -> bool {
        self.lacing().last() == Some(&255)
    }

    /// The packets or parts of packets, each with whether it ends here.
    pub fn packets(&self) -> impl Iterator<Item = (&'a [u8], bool)> + use<'a> {
        let (bytes, mut laces) = (self.bytes, self.lacing().iter());
        let mut at = HEADER + laces.len();
        std::iter::from_fn(move || {
            let from = at;
            let mut lace = *laces.next()?;
            at += usize::from(lace);
            while lace == 255 {
                match laces.next() {
                    Some(&next) => lace = next,
                    None => return Some((&bytes[from..at], false)),
                }
                at += usize::from(lace);
            }
            Some((&bytes[from..at], true))
        })
    }
}
