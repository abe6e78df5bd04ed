// SPDX-License-Identifier: MPL-2.0
//! Signal to error against a reference of twice the precision.
use super::super::*;
use super::{bell, noise};
use std::f64::consts::TAU;

/// A number as the sum of two f64 of which the second is below the precision of the first.
#[derive(Clone, Copy, Default)]
struct Double(f64, f64);

impl Double {
    fn sum(a: f64, b: f64) -> Double {
        let sum = a + b;
        let part = sum - a;
        Double(sum, (a - (sum - part)) + (b - part))
    }

    fn plus(self, other: Double) -> Double {
        let Double(high, low) = Double::sum(self.0, other.0);
        let Double(next, least) = Double::sum(self.1, other.1);
        let Double(high, low) = Double::sum(high, low + next);
        Double::sum(high, low + least)
    }

    fn times(self, b: f64) -> Double {
        let product = self.0 * b;
        Double::sum(product, self.0.mul_add(b, -product) + self.1 * b)
    }
}

/// `section` over `x`, exactly for all purposes.
fn filter(section: Section, x: &[f64]) -> Vec<Double> {
    let Section { b0, b1, b2, a1, a2 } = section;
    let [mut x1, mut x2] = [Double::default(); 2];
    let [mut y1, mut y2] = [Double::default(); 2];
    x.iter()
        .map(|x| {
            let x = Double(*x, 0.0);
            let zeros = x.times(b0).plus(x1.times(b1)).plus(x2.times(b2));
            let y = zeros.plus(y1.times(-a1)).plus(y2.times(-a2));
            (x1, x2, y1, y2) = (x, x1, y, y1);
            y
        })
        .collect()
}

#[test]
fn signal_to_error_is_200_db() {
    for (freq, q, rate) in [(20.0, 10.0, 192_000.0), (30.0, 4.0, 48_000.0)] {
        let section = bell(TAU * freq / rate, q, 12.0);
        let mut input = noise(2 * rate as usize);
        for (t, x) in input.iter_mut().enumerate() {
            *x = *x / 2.0 + 0.25 * (TAU * freq * t as f64 / rate).sin();
        }
        let should = filter(section, &input);
        for level in Level::available() {
            for (channels, sections) in [(1, 1), (2, 8), (8, 10)] {
                let mut cascade = Cascade::new(level, channels, sections);
                cascade.set(channels - 1, sections / 2, section);
                let mut audio = vec![0.0; input.len() * channels];
                for (frame, x) in audio.chunks_mut(channels).zip(&input) {
                    frame[channels - 1] = *x;
                }
                cascade.process(&mut audio);
                let (mut signal, mut error) = (0.0, 0.0);
                for (frame, should) in audio.chunks(channels).zip(&should) {
                    signal += should.0 * should.0;
                    let off = (frame[channels - 1] - should.0) - should.1;
                    error += off * off;
                }
                let ratio = 10.0 * (signal / error).log10();
                assert!(
                    ratio >= 200.0,
                    "{} {freq} Hz, {channels} channels: {ratio:.1} dB",
                    level.name()
                );
            }
        }
    }
}
