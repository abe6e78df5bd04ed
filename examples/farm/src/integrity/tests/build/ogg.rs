// SPDX-License-Identifier: MPL-2.0
//! Ogg with Vorbis and Opus.
use super::crc;

/// An Ogg page with whole packets.
pub fn page(flags: u8, granule: u64, serial: u32, number: u32, packets: &[&[u8]]) -> Vec<u8> {
    let mut page = [&b"OggS"[..], &[0, flags], &granule.to_le_bytes()].concat();
    page.extend(serial.to_le_bytes());
    page.extend(number.to_le_bytes());
    page.extend([0; 4]);
    let lacing: Vec<u8> = packets
        .iter()
        .flat_map(|packet| {
            let whole = std::iter::repeat_n(255, packet.len() / 255);
            whole.chain([(packet.len() % 255) as u8])
        })
        .collect();
    page.push(lacing.len() as u8);
    page.extend(lacing);
    page.extend(packets.concat());
    seal(&mut page);
    page
}

/// Writes a page's checksum.
pub fn seal(page: &mut [u8]) {
    page[22..26].fill(0);
    let sum = crc(32, 0x04c1_1db7, 0, page);
    page[22..26].copy_from_slice(&sum.to_le_bytes());
}

/// Pages from the number `first` on, with these packets and no position.
fn pages(serial: u32, first: u32, packets: &[&[u8]]) -> Vec<Vec<u8>> {
    const MOST: usize = 255;
    let bytes = packets.concat();
    let laces: Vec<u8> = packets
        .iter()
        .flat_map(|packet| {
            let whole = std::iter::repeat_n(255, packet.len() / 255);
            whole.chain([(packet.len() % 255) as u8])
        })
        .collect();
    let (mut at, mut open) = (0, false);
    let made = laces.chunks(MOST).zip(first..).map(|(laces, number)| {
        let length: usize = laces.iter().map(|&lace| usize::from(lace)).sum();
        let ends = laces.iter().any(|&lace| lace < 255);
        let granule = if ends { 0 } else { u64::MAX };
        let mut page = [&b"OggS"[..], &[0, open.into()], &granule.to_le_bytes()].concat();
        page.extend(serial.to_le_bytes());
        page.extend(number.to_le_bytes());
        page.extend([0, 0, 0, 0, laces.len() as u8]);
        page.extend(laces);
        page.extend(&bytes[at..at + length]);
        seal(&mut page);
        at += length;
        open = laces.last() == Some(&255);
        page
    });
    made.collect()
}

/// Stereo Vorbis at 44.1 kHz: `pages` of one packet that count for 1024 frames each.
pub fn vorbis(pages: u32) -> Vec<u8> {
    vorbis_with(7, b"\x03vorbis", &setup(&[Codebook::new(1, 1)]), pages)
}

/// The same with this serial number and these headers.
pub fn vorbis_with(serial: u32, comments: &[u8], setup: &[u8], audio: u32) -> Vec<u8> {
    let mut head = b"\x01vorbis\0\0\0\0\x02".to_vec();
    head.extend(44_100u32.to_le_bytes());
    head.extend([0; 12]);
    head.extend([0xb8, 1]);
    let headers = pages(serial, 1, &[comments, setup]);
    let first = headers.len() as u32;
    let mut file = [page(2, 0, serial, 0, &[&head]), headers.concat()].concat();
    for number in 1..=audio {
        let flags = if number == audio { 4 } else { 0 };
        let granule = 1024 * u64::from(number);
        file.extend(page(
            flags,
            granule,
            serial,
            first + number,
            &[&[0x40; 300]],
        ));
    }
    file
}

/// A Vorbis codebook of 2 to the power of `exponent` code words of the same length, in a list by
/// length.
#[derive(Clone, Copy)]
pub struct Codebook {
    pub dimensions: u32,
    pub exponent: u32,
}

impl Codebook {
    pub fn new(dimensions: u32, exponent: u32) -> Self {
        Self {
            dimensions,
            exponent,
        }
    }

    /// Its fields, each with its width in bits. One value stands for every vector.
    fn fields(self) -> Vec<(u32, u32)> {
        let entries = 1u32 << self.exponent;
        let fits = |value: &u32| {
            let power = value.checked_pow(self.dimensions);
            power.is_some_and(|power| power <= entries)
        };
        // As many values as the root of the entries, of one bit each.
        let values = (1..=entries).take_while(fits).map(|_| (1, 0));
        let head = [
            (24, 0x56_4342),
            (16, self.dimensions),
            (24, entries),
            (1, 1),
            (5, self.exponent - 1),
            (self.exponent + 1, entries),
            (4, 1),
            (32, 0),
            (32, 0),
            (4, 0),
            (1, 0),
        ];
        head.into_iter().chain(values).collect()
    }
}

/// A Vorbis setup header that ends with its codebooks.
pub fn setup(codebooks: &[Codebook]) -> Vec<u8> {
    let count = codebooks.len() as u32 - 1;
    let fields = codebooks.iter().flat_map(|codebook| codebook.fields());
    let mut header = b"\x05vorbis".to_vec();
    let (mut word, mut filled) = (0u64, 0);
    for (width, value) in [(8, count)].into_iter().chain(fields) {
        word |= u64::from(value) << filled;
        filled += width;
        while filled >= 8 {
            header.push(word as u8);
            word >>= 8;
            filled -= 8;
        }
    }
    header.push(word as u8);
    header
}

/// Stereo Opus with 312 frames of pre-skip: `pages` of one packet of 20 ms each.
pub fn opus(pages: u32) -> Vec<u8> {
    let mut head = b"OpusHead\x01\x02".to_vec();
    head.extend(312u16.to_le_bytes());
    head.extend(44_100u32.to_le_bytes());
    head.extend([0, 0, 0]);
    let mut file = page(2, 0, 9, 0, &[&head]);
    file.extend(page(0, 0, 9, 1, &[b"OpusTags\0\0\0\0\0\0\0\0"]));
    for number in 1..=pages {
        let flags = if number == pages { 4 } else { 0 };
        file.extend(page(
            flags,
            960 * u64::from(number),
            9,
            number + 1,
            &[&[0x98, 1, 2]],
        ));
    }
    file
}
