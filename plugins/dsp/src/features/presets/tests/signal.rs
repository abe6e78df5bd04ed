// SPDX-License-Identifier: MPL-2.0
//! Signals as `tests/differential/features.py` makes them: 16-bit samples.
use std::f64::consts::TAU;

/// Sebastiano Vigna's SplitMix64.
struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From −1 to 1.
    fn uniform(&mut self) -> f64 {
        (self.next() >> 11) as f64 * 2f64.powi(-52) - 1.0
    }
}

fn samples(x: impl Iterator<Item = f64>) -> Vec<f32> {
    let sample = |x: f64| ((x.clamp(-1.0, 1.0) * 32_767.0).round_ties_even() / 32_768.0) as f32;
    x.map(sample).collect()
}

/// Every quarter of a second three notes with six overtones that die away, and noise behind.
pub(super) fn music(rate: u32, count: usize) -> Vec<f32> {
    let length = (rate / 4) as usize;
    let mut noise = SplitMix(3);
    let mut x: Vec<f64> = (0..count).map(|_| 0.01 * noise.uniform()).collect();
    for (step, part) in x.chunks_mut(length).enumerate() {
        let mut notes = SplitMix(1000 + step as u64);
        for _ in 0..3 {
            let note = (notes.next() % 48) as f64;
            let frequency = 440.0 * 2f64.powf((note - 33.0) / 12.0);
            for overtone in 1..=6 {
                let overtone = f64::from(overtone);
                for (n, x) in part.iter_mut().enumerate() {
                    let since = n as f64 / f64::from(rate);
                    let tone = (TAU * (frequency * overtone * since)).sin();
                    *x += 0.1 / overtone * (-6.0 * since).exp() * tone;
                }
            }
        }
    }
    samples(x.into_iter())
}

/// From 50 Hz to 0.4 times the rate, one second there, beginning again; noise 40 dB below.
pub(super) fn sweep(rate: u32, count: usize) -> Vec<f32> {
    let rate = f64::from(rate);
    let octaves = (0.4 * rate / 50.0).ln();
    let mut noise = SplitMix(2);
    samples((0..count).map(|n| {
        let t = n as f64 / rate % 1.0;
        let phase = 50.0 / octaves * (octaves * t).exp_m1();
        0.5 * (TAU * phase).sin() + 0.005 * noise.uniform()
    }))
}
