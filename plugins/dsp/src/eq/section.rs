// SPDX-License-Identifier: MPL-2.0
//! One second-order section.

/// Coefficients of y = b0·x + b1·x₁ + b2·x₂ − a1·y₁ − a2·y₂.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Section {
    /// Weight of the input.
    pub b0: f64,
    /// Weight of the input one sample ago.
    pub b1: f64,
    /// Weight of the input two samples ago.
    pub b2: f64,
    /// Weight, subtracted, of the output one sample ago.
    pub a1: f64,
    /// Weight, subtracted, of the output two samples ago.
    pub a2: f64,
}

impl Section {
    /// Lets everything through as it is.
    pub const IDENTITY: Section = Section {
        b0: 1.0,
        b1: 0.0,
        b2: 0.0,
        a1: 0.0,
        a2: 0.0,
    };

    /// The complex response (re, im) at `w` radians per sample.
    pub fn response(&self, w: f64) -> (f64, f64) {
        let (s1, c1) = w.sin_cos();
        let (s2, c2) = (2.0 * w).sin_cos();
        let n = (
            self.b0 + self.b1 * c1 + self.b2 * c2,
            -(self.b1 * s1 + self.b2 * s2),
        );
        let d = (
            1.0 + self.a1 * c1 + self.a2 * c2,
            -(self.a1 * s1 + self.a2 * s2),
        );
        let norm = d.0 * d.0 + d.1 * d.1;
        (
            (n.0 * d.0 + n.1 * d.1) / norm,
            (n.1 * d.0 - n.0 * d.1) / norm,
        )
    }

    /// Whether both poles lie inside the unit circle: the stability triangle of (a1, a2).
    pub fn is_stable(&self) -> bool {
        self.a2 < 1.0 && self.a1.abs() < 1.0 + self.a2
    }

    /// Whether output equals input whatever comes, once earlier input has died away.
    pub fn is_identity(&self) -> bool {
        self.b0 == 1.0 && self.b1 == self.a1 && self.b2 == self.a2
    }
}
