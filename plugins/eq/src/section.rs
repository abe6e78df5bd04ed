// SPDX-License-Identifier: MPL-2.0
//! One second-order section.
use rustfft::num_complex::Complex;

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

    /// `numerator` over `denominator`, whose three values must be above 0; that makes it stable.
    pub(super) fn new(numerator: Quadratic, denominator: Quadratic) -> Self {
        let lead = denominator.outer() + denominator.skew;
        Section {
            b0: (numerator.outer() + numerator.skew) / lead,
            b1: (numerator.dc - numerator.nyquist) / lead,
            b2: (numerator.outer() - numerator.skew) / lead,
            a1: (denominator.dc - denominator.nyquist) / lead,
            a2: (denominator.outer() - denominator.skew) / lead,
        }
    }

    /// Numerator and denominator.
    pub(super) fn split(&self) -> (Quadratic, Quadratic) {
        (
            Quadratic::new(self.b0, self.b1, self.b2),
            Quadratic::new(1.0, self.a1, self.a2),
        )
    }

    /// The complex response (re, im) at `w` radians per sample.
    pub fn response(&self, w: f64) -> (f64, f64) {
        let (numerator, denominator) = self.split();
        let tone = Tone::new(w);
        let h = numerator.at(&tone) / denominator.at(&tone);
        (h.re, h.im)
    }

    /// Whether both poles lie inside the unit circle: the stability triangle of (a1, a2).
    pub fn is_stable(&self) -> bool {
        self.a2 < 1.0 && self.a1.abs() < 1.0 + self.a2
    }

    /// Q of the poles; up to 0.5 if they do not ring.
    pub(super) fn resonance(&self) -> f64 {
        let (_, Quadratic { dc, nyquist, skew }) = self.split();
        (dc * nyquist).max(0.0).sqrt() / (2.0 * skew)
    }

    /// Whether output equals input whatever comes, once earlier input has died away.
    pub fn is_identity(&self) -> bool {
        self.b0 == 1.0 && self.b1 == self.a1 && self.b2 == self.a2
    }
}

/// A place on the unit circle.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tone {
    /// cos² of half the angle.
    cos2: f64,
    /// sin² of half the angle.
    pub(super) sin2: f64,
    /// sin of the angle.
    sin: f64,
}

impl Tone {
    /// At `w` radians per sample.
    pub(super) fn new(w: f64) -> Self {
        let (s, c) = (0.5 * w).sin_cos();
        Tone {
            cos2: c * c,
            sin2: s * s,
            sin: 2.0 * s * c,
        }
    }
}

/// A polynomial c0 + c1/z + c2/z², by three values from which its magnitude follows without
/// cancellation however low the frequency: times z, at angle w, it is
/// dc·cos²(w/2) − nyquist·sin²(w/2) + j·skew·sin(w).
///
/// Its zeros are inside the unit circle exactly if all three have the same sign and none is 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Quadratic {
    /// At z = 1: c0 + c1 + c2.
    pub(super) dc: f64,
    /// At z = −1: c0 − c1 + c2.
    pub(super) nyquist: f64,
    /// c0 − c2.
    pub(super) skew: f64,
}

impl Quadratic {
    fn new(c0: f64, c1: f64, c2: f64) -> Self {
        Quadratic {
            dc: c0 + c1 + c2,
            nyquist: c0 - c1 + c2,
            skew: c0 - c2,
        }
    }

    /// A polynomial of first order.
    pub(super) fn first(dc: f64, nyquist: f64) -> Self {
        Quadratic {
            dc,
            nyquist,
            skew: 0.5 * (dc + nyquist),
        }
    }

    /// c0 + c2.
    pub(super) fn outer(&self) -> f64 {
        0.5 * (self.dc + self.nyquist)
    }

    /// Times `by`.
    pub(super) fn scaled(self, by: f64) -> Self {
        Quadratic {
            dc: self.dc * by,
            nyquist: self.nyquist * by,
            skew: self.skew * by,
        }
    }

    /// Its value times z.
    pub(super) fn at(&self, tone: &Tone) -> Complex<f64> {
        Complex::new(
            self.dc * tone.cos2 - self.nyquist * tone.sin2,
            self.skew * tone.sin,
        )
    }

    /// Its squared magnitude.
    pub(super) fn power(&self, tone: &Tone) -> f64 {
        self.at(tone).norm_sqr()
    }

    /// The polynomial with zeros inside the unit circle that has this `dc` and the squared
    /// magnitude `p` at `low` and `high`, as far as there is one; `floor` bounds its nyquist and
    /// skew from below.
    pub(super) fn through(
        dc: f64,
        (low, p_low): (&Tone, f64),
        (high, p_high): (&Tone, f64),
        floor: Quadratic,
    ) -> Self {
        // The squared magnitude is linear in dc², nyquist² and skew² − outer². What is left of the
        // squares' sum is taken apart by `skew` alone, from the lower tone, where the linear
        // form would cancel.
        let rest = |t: &Tone, p: f64| p - dc * dc * t.cos2;
        let (q_low, q_high) = (low.sin * low.sin, high.sin * high.sin);
        let determinant = low.sin2 * q_high - high.sin2 * q_low;
        let nyquist2 = (rest(low, p_low) * q_high - rest(high, p_high) * q_low) / determinant;
        let nyquist = nyquist2.max(0.0).sqrt().max(floor.nyquist);
        let real = dc * low.cos2 - nyquist * low.sin2;
        let skew2 = (p_low - real * real) / q_low;
        Quadratic {
            dc,
            nyquist,
            skew: skew2.max(0.0).sqrt().max(floor.skew),
        }
    }
}
