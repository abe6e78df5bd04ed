// SPDX-License-Identifier: MPL-2.0
//! The bit stream of numpy's `PCG64(seed)`, so that signals which other tools measured can be made
//! again, bit for bit.
//!
//! The generator is O'Neill's PCG XSL RR 128/64; numpy seeds it through `SeedSequence`, which
//! follows her `seed_seq_fe`.

const MULTIPLIER: u128 = 0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645;

/// A permuted congruential generator with 128 bits of state and 64 of output.
pub struct Pcg64 {
    state: u128,
    increment: u128,
}

impl Pcg64 {
    /// The generator that numpy makes of a seed that fits into 32 bits.
    pub fn new(seed: u32) -> Self {
        let [a, b, c, d] = seed_state(seed);
        let wide = |high: u64, low: u64| u128::from(high) << 64 | u128::from(low);
        let mut pcg = Pcg64 {
            state: 0,
            increment: wide(c, d) << 1 | 1,
        };
        pcg.step();
        pcg.state = pcg.state.wrapping_add(wide(a, b));
        pcg.step();
        pcg
    }

    fn step(&mut self) {
        self.state = self
            .state
            .wrapping_mul(MULTIPLIER)
            .wrapping_add(self.increment);
    }
}

impl Iterator for Pcg64 {
    type Item = u64;

    /// Never `None`.
    fn next(&mut self) -> Option<u64> {
        self.step();
        let folded = (self.state >> 64) as u64 ^ self.state as u64;
        Some(folded.rotate_right((self.state >> 122) as u32))
    }
}

/// Multiplies every word by the next of a sequence of odd constants.
struct Hash {
    constant: u32,
    multiplier: u32,
}

impl Hash {
    fn mix(&mut self, word: u32) -> u32 {
        let word = word ^ self.constant;
        self.constant = self.constant.wrapping_mul(self.multiplier);
        fold(word.wrapping_mul(self.constant))
    }
}

fn fold(word: u32) -> u32 {
    word ^ word >> 16
}

/// `SeedSequence(seed).generate_state(4, uint64)`.
fn seed_state(seed: u32) -> [u64; 4] {
    let mut hash = Hash {
        constant: 0x43b0_d7e5,
        multiplier: 0x931e_8875,
    };
    let mut pool = [seed, 0, 0, 0].map(|word| hash.mix(word));
    for from in 0..pool.len() {
        for to in (0..pool.len()).filter(|&to| to != from) {
            let left = pool[to].wrapping_mul(0xca01_f9dd);
            let right = hash.mix(pool[from]).wrapping_mul(0x4973_f715);
            pool[to] = fold(left.wrapping_sub(right));
        }
    }
    let mut hash = Hash {
        constant: 0x8b51_f9dd,
        multiplier: 0x58f3_8ded,
    };
    let mut words = pool.into_iter().cycle().map(|word| hash.mix(word));
    let mut next = || u64::from(words.next().unwrap_or_default());
    [(); 4].map(|()| next() | next() << 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `numpy.random.PCG64(seed).random_raw(1000)` of numpy 1.24.2: the first four and the last.
    const KNOWN: [(u32, [u64; 4], u64); 5] = [
        (
            0,
            [
                0xa30f_ebcf_d9c2_825f,
                0x4510_bdf8_82d9_d721,
                0x0a7d_3da9_4ecd_e8b8,
                0x043b_27b6_1342_f01d,
            ],
            0x6148_3290_42f7_43b0,
        ),
        (
            1,
            [
                0x8306_bdf3_7922_e4ff,
                0xf351_96bb_c152_a866,
                0x24e7_a4f6_08ec_18cd,
                0xf2da_b0ae_d2ac_6fd2,
            ],
            0xf664_a343_c5f5_939f,
        ),
        (
            24,
            [
                0x548c_7f9c_61f7_02c8,
                0x67b9_b357_c04e_206f,
                0x9322_0489_c8de_99b7,
                0x81a3_6a47_2096_8dff,
            ],
            0xabe3_6f88_ed89_c91a,
        ),
        (
            1007,
            [
                0x123b_cc29_0ddc_c5b0,
                0xd0e4_1680_b7d2_a5e1,
                0xa496_f688_a6cb_c427,
                0x3254_10e3_1578_146e,
            ],
            0x0c36_e493_e26b_b20b,
        ),
        (
            u32::MAX,
            [
                0x407f_5fa9_30d8_fd9f,
                0x3814_b22e_b968_4802,
                0x498b_7dce_e8d8_dc95,
                0x9e75_8f03_369e_8515,
            ],
            0x896d_bf69_40e4_5334,
        ),
    ];

    #[test]
    fn gives_what_numpy_gives() {
        for (seed, first, last) in KNOWN {
            let all: Vec<u64> = Pcg64::new(seed).take(1000).collect();
            assert_eq!(all[..4], first, "seed {seed}");
            assert_eq!(all[999], last, "seed {seed}");
        }
    }
}
