// SPDX-License-Identifier: MPL-2.0
use crate::pcm::SampleFormat;
use std::f64::consts::TAU;

pub(super) const FORMATS: [SampleFormat; 6] = [
    SampleFormat::S16,
    SampleFormat::S24,
    SampleFormat::S24In32,
    SampleFormat::S32,
    SampleFormat::F32,
    SampleFormat::F64,
];

/// Noise within ±1 that is the same everywhere.
pub(in crate::spectrum) fn noise(seed: u64, len: usize) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let next = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as i64 as f64 / i64::MAX as f64
    };
    (0..len).map(next).collect()
}

/// Samples as bytes of a format.
pub(super) fn encode(format: SampleFormat, samples: &[f64]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for &x in samples {
        match format {
            SampleFormat::S16 => bytes.extend(((x * 32_767.0) as i16).to_ne_bytes()),
            SampleFormat::S24 => {
                let whole = ((x * 8_388_607.0) as i32).to_ne_bytes();
                match cfg!(target_endian = "little") {
                    true => bytes.extend(&whole[..3]),
                    false => bytes.extend(&whole[1..]),
                }
            }
            // The high byte means nothing.
            SampleFormat::S24In32 => {
                let low = (x * 8_388_607.0) as i32 & 0x00ff_ffff;
                bytes.extend((low | 0x5a00_0000).to_ne_bytes());
            }
            SampleFormat::S32 => bytes.extend(((x * 2_147_483_647.0) as i32).to_ne_bytes()),
            SampleFormat::F32 => bytes.extend((x as f32).to_ne_bytes()),
            SampleFormat::F64 => bytes.extend(x.to_ne_bytes()),
        }
    }
    bytes
}

/// The definition of bin `k`.
pub(super) fn dft(frame: &[f64], k: usize) -> (f64, f64) {
    let n = frame.len();
    let (mut re, mut im) = (0.0, 0.0);
    for (i, x) in frame.iter().enumerate() {
        let (sin, cos) = (TAU * ((i * k) % n) as f64 / n as f64).sin_cos();
        re += x * cos;
        im -= x * sin;
    }
    (re, im)
}

/// The length that a prime factor or two make awkward, and others.
pub(super) const SIZES: [usize; 21] = [
    1, 2, 3, 4, 5, 6, 8, 14, 15, 16, 62, 63, 64, 128, 254, 256, 274, 400, 510, 512, 1022,
];

/// Samples of 16 bits, as the generator of golden values makes them.
pub(super) fn noise_16() -> impl FnMut() -> i16 {
    let mut state = 1u32;
    move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((state >> 16) as i32 - 32_768) as i16
    }
}
