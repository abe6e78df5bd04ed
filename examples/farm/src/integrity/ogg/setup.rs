// SPDX-License-Identifier: MPL-2.0
//! What a decoder builds of a Vorbis setup header.
//!
//! A codebook is stored in a few bytes if its code words get longer in order, and unpacked to every
//! entry's vector: a header of ten kilobytes can stand for gigabytes. So the codebooks are read here as
//! sections 3.2.1 and 4.2.4 of the Vorbis I specification have them, and added up instead of unpacked.

/// Longest setup header: real ones have some kilobytes.
pub const LONGEST: usize = 1 << 18;

/// Most that its tables may take, in bytes: those of libvorbis' own encoder come to about one megabyte.
const MOST: u64 = 16 << 20;

/// An entry's code in the decoder's tree: at worst, nine entries share a block of 256 nodes.
const CODE: u64 = 256;

/// What the headers of audio begin with.
const START: &[u8] = b"\x05vorbis";
/// What a codebook begins with.
const SYNC: u32 = 0x56_4342;
/// Longest code word.
const LONGEST_CODE: u32 = 32;

/// Bytes of the tables that a setup header stands for.
///
/// # Errors
/// What is wrong with it.
pub fn tables(header: &[u8]) -> Result<u64, String> {
    let packet = header.strip_prefix(START);
    let mut bits = Bits {
        bytes: packet.ok_or("it is none")?,
        at: 0,
    };
    let count = bits.take(8)? + 1;
    let mut sum = 0u64;
    for number in 0..count {
        sum += codebook(&mut bits).map_err(|why| format!("codebook {number}: {why}"))?;
        if sum > MOST {
            return Err(format!("its tables would take more than {MOST} bytes"));
        }
    }
    Ok(sum)
}

/// Bytes of one codebook's tables.
fn codebook(bits: &mut Bits<'_>) -> Result<u64, &'static str> {
    if bits.take(24)? != SYNC {
        return Err("it does not begin as one");
    }
    let dimensions = u64::from(bits.take(16)?);
    let entries = bits.take(24)?;
    let used = if bits.flag()? {
        ordered(bits, entries)?
    } else if bits.flag()? {
        sparse(bits, entries)?
    } else {
        bits.skip(5 * u64::from(entries))?;
        entries
    };
    let entries = u64::from(entries);
    let values = match bits.take(4)? {
        0 => return Ok(u64::from(used) * CODE),
        1 => root(entries, dimensions),
        2 => entries * dimensions,
        _ => return Err("a lookup of unknown type"),
    };
    bits.skip(64)?;
    let width = u64::from(bits.take(4)? + 1);
    bits.skip(1 + values * width)?;
    Ok(u64::from(used) * CODE + entries * dimensions * size_of::<f32>() as u64)
}

/// Entries with a code word, where these get longer from one to the next: all.
fn ordered(bits: &mut Bits<'_>, entries: u32) -> Result<u32, &'static str> {
    let mut length = bits.take(5)? + 1;
    let mut done = 0;
    while done < entries {
        if length > LONGEST_CODE {
            return Err("a code word of more than 32 bits");
        }
        done += bits.take(u32::BITS - (entries - done).leading_zeros())?;
        length += 1;
    }
    if done > entries {
        return Err("more code words than entries");
    }
    Ok(entries)
}

/// Entries with a code word, where each says whether it has one.
fn sparse(bits: &mut Bits<'_>, entries: u32) -> Result<u32, &'static str> {
    let mut used = 0;
    for _ in 0..entries {
        if bits.flag()? {
            bits.skip(5)?;
            used += 1;
        }
    }
    Ok(used)
}

/// The largest number whose power of `dimensions` is not more than `entries`.
fn root(entries: u64, dimensions: u64) -> u64 {
    let exponent = u32::try_from(dimensions).unwrap_or(u32::MAX);
    let fits = |base: u64| {
        base.checked_pow(exponent)
            .is_some_and(|power| power <= entries)
    };
    // Of 24 bits: as many steps find it.
    let (mut least, mut beyond) = (0, entries + 1);
    while beyond - least > 1 {
        let middle = least.midpoint(beyond);
        if fits(middle) {
            least = middle;
        } else {
            beyond = middle;
        }
    }
    least
}

/// Bits from the least significant of each byte on.
struct Bits<'a> {
    bytes: &'a [u8],
    at: u64,
}

impl Bits<'_> {
    /// The next `count` bits, at most 32.
    fn take(&mut self, count: u32) -> Result<u32, &'static str> {
        let first = (self.at / 8) as usize;
        let shift = self.at % 8;
        self.skip(count.into())?;
        let mut word = [0; 8];
        let end = self.bytes.len().min(first + 5);
        let found = self.bytes.get(first..end).unwrap_or_default();
        word[..found.len()].copy_from_slice(found);
        let mask = (1u64 << count) - 1;
        Ok((u64::from_le_bytes(word) >> shift & mask) as u32)
    }

    fn flag(&mut self) -> Result<bool, &'static str> {
        Ok(self.take(1)? == 1)
    }

    fn skip(&mut self, count: u64) -> Result<(), &'static str> {
        self.at += count;
        if self.at > 8 * self.bytes.len() as u64 {
            return Err("it goes beyond the header");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn roots_are_the_largest() {
        assert_eq!(root(131_072, 32), 1);
        assert_eq!(root(0xff_ffff, 1), 0xff_ffff);
        assert_eq!(root(0, 3), 0);
        assert_eq!(root(7, 0), 7);
        for (entries, dimensions) in [(6561u64, 4u64), (6560, 4), (1 << 24, 24), (728, 3)] {
            let found = root(entries, dimensions);
            assert!(found.pow(dimensions as u32) <= entries);
            assert!((found + 1).pow(dimensions as u32) > entries);
        }
    }

    #[test]
    fn code_words_have_32_bits_at_most() {
        let list = |bytes| ordered(&mut Bits { bytes, at: 0 }, 2);
        // Two of 32 bits; none of 32 bits, and two of 33.
        assert_eq!(list(&[0b10_11111, 0]), Ok(2));
        assert_eq!(
            list(&[0b00_11111, 1]),
            Err("a code word of more than 32 bits")
        );
        assert_eq!(list(&[0b11_00000]), Err("more code words than entries"));
    }

    proptest! {
        #[test]
        fn bits_are_those_of_the_bytes(bytes: [u8; 16], widths in prop::collection::vec(0u32..=32, 1..12)) {
            let all = u128::from_le_bytes(bytes);
            let mut bits = Bits { bytes: &bytes, at: 0 };
            let mut at = 0;
            for width in widths {
                let end = at + width;
                match bits.take(width) {
                    Ok(found) => {
                        let expected = if width == 0 { 0 } else { all << (128 - end) >> (128 - width) };
                        prop_assert_eq!(u128::from(found), expected);
                    }
                    Err(_) => {
                        prop_assert!(end > 128);
                        break;
                    }
                }
                at = end;
            }
        }

        #[test]
        fn anything_is_read_to_an_end(bytes: Vec<u8>) {
            let header = [START, &bytes].concat();
            if let Ok(sum) = tables(&header) {
                prop_assert!(sum <= MOST);
            }
        }
    }
}
