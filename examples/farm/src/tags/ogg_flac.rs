// SPDX-License-Identifier: MPL-2.0
//! Tags of FLAC in Ogg, which lofty does not know: its metadata blocks are those of a FLAC file, one to a
//! packet (FLAC to Ogg mapping, version 1).
use super::attach::page;
use super::audio::invalid;
use std::io::{self, Read};

/// What the first packet begins with, before version, number of headers, and the beginning of a FLAC file.
const MARK: &[u8] = b"\x7fFLAC";
/// How long that is.
const PREFIX: usize = 9;
/// Headers longer than this are none: a block has at most 16 MiB, and a file few pictures.
const MOST: usize = 64 << 20;
/// Of a block's first byte: it is the last.
const LAST: u8 = 0x80;

/// The beginning of the stream as that of a FLAC file, up to the first frame; `None` if this is no FLAC in Ogg.
///
/// # Errors
/// It cannot be read, or is not as it should be.
pub(super) fn header(reader: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut begin = [0; 4];
    if reader.read_exact(&mut begin).is_err() || begin != *b"OggS" {
        return Ok(None);
    }
    let mut reader = begin.chain(reader);
    let mut packets = Packets::default();
    let Some(first) = packets.next(&mut reader)? else {
        return Ok(None);
    };
    if !first.starts_with(MARK) {
        return Ok(None);
    }
    let Some(begin) = first
        .get(PREFIX..)
        .filter(|b| b.starts_with(b"fLaC") && b.len() > 4)
    else {
        return Err(invalid("no FLAC stream"));
    };
    let mut header = begin.to_vec();
    // Where the latest block begins.
    let mut at = 4;
    while header[at] & LAST == 0 {
        let packet = packets.next(&mut reader)?.unwrap_or_default();
        // The first frame, where no block says that it is the last.
        if packet.first().is_none_or(|&first| first == 0xff) {
            header[at] |= LAST;
            break;
        }
        if header.len() + packet.len() > MOST {
            return Err(invalid("too long a header"));
        }
        at = header.len();
        header.extend(packet);
    }
    Ok(Some(header))
}

/// The packets of the stream that the first page belongs to.
#[derive(Default)]
struct Packets {
    serial: Option<[u8; 4]>,
    /// What is left of the page: lengths and bytes.
    lacing: Vec<u8>,
    body: Vec<u8>,
}

impl Packets {
    fn next(&mut self, reader: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
        let mut packet = Vec::new();
        loop {
            while self.lacing.is_empty() {
                let Some(page) = page(reader)? else {
                    return Ok(None);
                };
                let serial = [page[14], page[15], page[16], page[17]];
                if *self.serial.get_or_insert(serial) == serial {
                    let (head, body) = page.split_at(27 + usize::from(page[26]));
                    (self.lacing, self.body) = (head[27..].to_vec(), body.to_vec());
                }
            }
            let ends = self.lacing.iter().position(|&length| length < 255);
            let count = ends.map_or(self.lacing.len(), |end| end + 1);
            let length: usize = self.lacing.drain(..count).map(usize::from).sum();
            packet.extend(self.body.drain(..length));
            if ends.is_some() {
                return Ok(Some(packet));
            }
            if packet.len() > MOST {
                return Err(invalid("too long a header"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page of a stream: whole packets, but for the last where it goes on.
    fn page_of(serial: u8, packets: &[&[u8]], goes_on: bool) -> Vec<u8> {
        let (mut lacing, mut body) = (Vec::new(), Vec::new());
        for (i, packet) in packets.iter().enumerate() {
            lacing.extend(std::iter::repeat_n(255, packet.len() / 255));
            if !(goes_on && i + 1 == packets.len()) {
                lacing.push((packet.len() % 255) as u8);
            }
            body.extend_from_slice(packet);
        }
        let mut page = b"OggS".to_vec();
        page.extend([0; 22]);
        page[14] = serial;
        page.push(lacing.len() as u8);
        page.extend(lacing);
        page.extend(body);
        page
    }

    fn first(last: u8) -> Vec<u8> {
        let mut packet = b"\x7fFLAC\x01\x00\x00\x02fLaC".to_vec();
        packet.extend([last, 0, 0, 34]);
        packet.extend([7; 34]);
        packet
    }

    #[test]
    fn blocks_are_put_together_from_packets_over_pages() {
        let long = [&[4u8][..], &[9; 510]].concat();
        let mut file = page_of(1, &[&first(0)], false);
        file.extend(page_of(2, &[b"of another stream"], false));
        file.extend(page_of(1, &[&long[..510]], true));
        file.extend(page_of(1, &[&long[510..], &[LAST | 6, 5, 5]], false));
        file.extend(page_of(1, &[&[0xff, 0xf8]], false));
        let expected = [&first(0)[PREFIX..], &long, &[LAST | 6, 5, 5]].concat();
        assert_eq!(header(&mut &file[..]).unwrap(), Some(expected));
    }

    #[test]
    fn a_frame_or_the_end_makes_the_block_before_the_last() {
        for rest in [page_of(1, &[&[0xff, 0xf8]], false), Vec::new()] {
            let file = [page_of(1, &[&first(0)], false), rest].concat();
            assert_eq!(
                header(&mut &file[..]).unwrap(),
                Some(first(LAST)[PREFIX..].to_vec())
            );
        }
    }

    #[test]
    fn others_are_none_and_damage_is_told() {
        for other in [
            &b""[..],
            b"Ogg",
            b"RIFF and more",
            &page_of(1, &[b"\x01vorbis"], false),
        ] {
            assert_eq!(header(&mut &*other).unwrap(), None);
        }
        let whole = [
            page_of(1, &[&first(0)], false),
            page_of(1, &[&[4; 200]], false),
        ]
        .concat();
        for length in [20, 40, whole.len() - 1] {
            assert!(header(&mut &whole[..length]).is_err(), "{length}");
        }
        let short = page_of(1, &[b"\x7fFLAC\x01\x00\x00\x02fLaC"], false);
        assert!(header(&mut &short[..]).is_err());
    }
}
