// SPDX-License-Identifier: MPL-2.0
//! The checksums of the formats, sixteen bytes a step.

/// Tables for one polynomial; `TABLES[k][b]` is the remainder of byte `b` followed by `k` zeros.
type Tables = [[u32; 256]; STEP];

/// Bytes a step.
const STEP: usize = 16;

/// Most significant bit first; a shorter checksum takes the upper bits of the register.
const fn forward(polynomial: u32) -> Tables {
    let mut tables = [[0; 256]; STEP];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = (byte as u32) << 24;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 0x8000_0000 != 0 {
                crc << 1 ^ polynomial
            } else {
                crc << 1
            };
            bit += 1;
        }
        tables[0][byte] = crc;
        byte += 1;
    }
    let mut k = 1;
    while k < STEP {
        let mut byte = 0;
        while byte < 256 {
            let before = tables[k - 1][byte];
            tables[k][byte] = before << 8 ^ tables[0][(before >> 24) as usize];
            byte += 1;
        }
        k += 1;
    }
    tables
}

/// Least significant bit first; `polynomial` is bit-reversed.
const fn reflected(polynomial: u32) -> Tables {
    let mut tables = [[0; 256]; STEP];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 != 0 {
                crc >> 1 ^ polynomial
            } else {
                crc >> 1
            };
            bit += 1;
        }
        tables[0][byte] = crc;
        byte += 1;
    }
    let mut k = 1;
    while k < STEP {
        let mut byte = 0;
        while byte < 256 {
            let before = tables[k - 1][byte];
            tables[k][byte] = before >> 8 ^ tables[0][(before & 0xff) as usize];
            byte += 1;
        }
        k += 1;
    }
    tables
}

static OGG: Tables = forward(0x04c1_1db7);
static CRC16: Tables = forward(0x8005_0000);
static CRC8: Tables = forward(0x0700_0000);
static LAME: Tables = reflected(0xa001);

/// What the bytes of `block` leave behind, its first four already holding the register. They come
/// last: all others need not wait for the step before.
fn fold(tables: &Tables, block: [u8; STEP]) -> u32 {
    let mut crc = 0;
    for (place, byte) in block.into_iter().enumerate().rev() {
        crc ^= tables[STEP - 1 - place][usize::from(byte)];
    }
    crc
}

fn run_forward(tables: &Tables, mut crc: u32, bytes: &[u8]) -> u32 {
    let (blocks, rest) = bytes.as_chunks::<STEP>();
    for &block in blocks {
        crc = fold(
            tables,
            (u128::from_be_bytes(block) ^ u128::from(crc) << 96).to_be_bytes(),
        );
    }
    for &byte in rest {
        crc = crc << 8 ^ tables[0][(crc >> 24 ^ u32::from(byte)) as usize];
    }
    crc
}

/// Ogg's CRC-32: not reflected, starting at zero, not inverted.
pub(crate) fn ogg(crc: u32, bytes: &[u8]) -> u32 {
    run_forward(&OGG, crc, bytes)
}

/// CRC-16 with 0x8005, most significant bit first: FLAC frames (from 0), MPEG audio (from 0xffff).
pub(crate) fn crc16(crc: u16, bytes: &[u8]) -> u16 {
    (run_forward(&CRC16, u32::from(crc) << 16, bytes) >> 16) as u16
}

/// CRC-8 with 0x07 of a FLAC frame header.
pub(super) fn crc8(bytes: &[u8]) -> u8 {
    (run_forward(&CRC8, 0, bytes) >> 24) as u8
}

/// The reflected CRC-16 of LAME's tag, from zero.
pub(super) fn lame(crc: u16, bytes: &[u8]) -> u16 {
    let mut crc = u32::from(crc);
    let (blocks, rest) = bytes.as_chunks::<STEP>();
    for &block in blocks {
        crc = fold(
            &LAME,
            (u128::from_le_bytes(block) ^ u128::from(crc)).to_le_bytes(),
        );
    }
    for &byte in rest {
        crc = crc >> 8 ^ LAME[0][((crc ^ u32::from(byte)) & 0xff) as usize];
    }
    crc as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The check values of the catalogue of parametrised CRC algorithms for "123456789".
    #[test]
    fn known_answers() {
        let digits = b"123456789";
        assert_eq!(crc16(0, digits), 0xfee8); // CRC-16/UMTS
        assert_eq!(crc16(0xffff, digits), 0xaee7); // CRC-16/CMS
        assert_eq!(crc8(digits), 0xf4); // CRC-8/SMBUS
        assert_eq!(lame(0, digits), 0xbb3d); // CRC-16/ARC
        // CRC-32/CKSUM is Ogg's polynomial, here without the length that cksum appends.
        assert_eq!(!ogg(0, digits), 0x765e_7680);
    }

    #[test]
    fn the_pieces_of_a_message_add_up() {
        let message: Vec<u8> = (0..100u8).map(|n| n.wrapping_mul(37)).collect();
        for cut in 0..message.len() {
            let (a, b) = message.split_at(cut);
            assert_eq!(ogg(ogg(0, a), b), ogg(0, &message));
            assert_eq!(lame(lame(0, a), b), lame(0, &message));
            assert_eq!(crc16(crc16(7, a), b), crc16(7, &message));
        }
    }
}
