// SPDX-License-Identifier: MPL-2.0
//! Frequency weightings A and C of IEC 61672-1.

/// A frequency weighting.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Weighting {
    /// None: as it is.
    #[default]
    None,
    /// A: −19.1 dB at 100 Hz.
    A,
    /// C: −0.3 dB at 100 Hz.
    C,
}

/// The poles of IEC 61672-1:2013, annex E, in Hz, from the roots of its equations.
const POLES: [f64; 4] = [
    20.598_997_057_568_145,
    107.652_648_643_041_52,
    737.862_230_748_638_1,
    12_194.217_147_998_012,
];

impl Weighting {
    /// What power at `hertz` is multiplied by; 1 at 1 kHz.
    pub fn power(self, hertz: f64) -> f64 {
        self.shape(hertz) / self.shape(1000.0)
    }

    /// The formulas of annex E, squared, without their constants.
    fn shape(self, hertz: f64) -> f64 {
        let square = hertz * hertz;
        let pole = |i: usize| square / (square + POLES[i] * POLES[i]);
        let top = square + POLES[3] * POLES[3];
        let c = (pole(0) / top).powi(2);
        match self {
            Weighting::None => 1.0,
            Weighting::A => c * pole(1) * pole(2),
            Weighting::C => c,
        }
    }

    /// [`Weighting::power`] of every bin of transforms of `size` at `rate` Hz.
    pub fn factors(self, rate: f64, size: usize) -> Vec<f64> {
        let spacing = rate / size as f64;
        let bins = 0..=size / 2;
        bins.map(|bin| self.power(bin as f64 * spacing)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tenths of a decade from 1 kHz, A and C in dB: table 3 of IEC 61672-1:2013, which rounds to a
    /// tenth.
    const TABLE: [(i32, f64, f64); 12] = [
        (-20, -70.4, -14.3),
        (-17, -50.5, -6.2),
        (-15, -39.4, -3.0),
        (-12, -26.2, -0.8),
        (-10, -19.1, -0.3),
        (-6, -8.6, 0.0),
        (-3, -3.2, 0.0),
        (0, 0.0, 0.0),
        (3, 1.2, -0.2),
        (6, 1.0, -0.8),
        (10, -2.5, -4.4),
        (13, -9.3, -11.2),
    ];

    #[test]
    fn the_table_of_the_standard() {
        for (tenths, a, c) in TABLE {
            let hertz = 1000.0 * 10f64.powf(f64::from(tenths) / 10.0);
            for (weighting, expected) in [(Weighting::A, a), (Weighting::C, c)] {
                let decibel = 10.0 * weighting.power(hertz).log10();
                assert!(
                    (decibel - expected).abs() < 0.0501,
                    "{weighting:?} {hertz}: {decibel}"
                );
            }
        }
    }

    #[test]
    fn the_formula_at_100_hertz() {
        let decibel = |weighting: Weighting| 10.0 * weighting.power(100.0).log10();
        assert!((decibel(Weighting::A) + 19.14).abs() < 0.01);
        assert!((decibel(Weighting::C) + 0.30).abs() < 0.005);
        assert_eq!(Weighting::A.factors(48_000.0, 64)[0], 0.0);
        assert!(
            Weighting::None
                .factors(48_000.0, 64)
                .iter()
                .all(|&x| x == 1.0)
        );
    }
}
