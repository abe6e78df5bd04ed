// SPDX-License-Identifier: MPL-2.0
//! How files store numbers.

/// A type that weights may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    F32,
    F16,
    Bf16,
}

impl Kind {
    /// Bytes of a number.
    pub fn size(self) -> u64 {
        match self {
            Kind::F32 => 4,
            Kind::F16 | Kind::Bf16 => 2,
        }
    }

    /// Numbers from little-endian bytes; what is left over is ignored.
    pub fn decode(self, bytes: &[u8]) -> Vec<f32> {
        match self {
            Kind::F32 => decode(bytes, f32::from_le_bytes),
            Kind::F16 => decode(bytes, |b| from_f16(u16::from_le_bytes(b))),
            Kind::Bf16 => decode(bytes, |[a, b]| f32::from_le_bytes([0, 0, a, b])),
        }
    }
}

fn decode<const N: usize>(bytes: &[u8], number: impl Fn([u8; N]) -> f32) -> Vec<f32> {
    let (numbers, _) = bytes.as_chunks::<N>();
    numbers.iter().map(|&b| number(b)).collect()
}

/// IEEE 754 binary16.
fn from_f16(bits: u16) -> f32 {
    let (sign, rest) = (u32::from(bits >> 15) << 31, u32::from(bits & 0x7fff));
    let magnitude = match rest >> 10 {
        0 => rest as f32 * (-24_f32).exp2(),
        31 => f32::from_bits(0x7f80_0000 | (rest & 0x3ff) << 13),
        _ => f32::from_bits((rest << 13) + (112 << 23)),
    };
    f32::from_bits(magnitude.to_bits() | sign)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f16_is_read_as_it_is() {
        let known = [
            (0x0000, 0.0),
            (0x8000, -0.0),
            (0x0001, 5.960_464_5e-8),
            (0x03ff, 6.097_555e-5),
            (0x0400, 6.103_515_6e-5),
            (0x3555, 0.333_251_95),
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65504.0),
            (0x7c00, f32::INFINITY),
        ];
        for (bits, number) in known {
            assert_eq!(from_f16(bits).to_bits(), f32::to_bits(number), "{bits:#x}");
        }
        assert!(from_f16(0x7e00).is_nan());
    }
}
