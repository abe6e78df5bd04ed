// SPDX-License-Identifier: MPL-2.0
//! Filters whose magnitude is matched to the analogue prototype's.
//!
//! After the idea of M. Vicanek's "Matched Second Order Digital Filters" (2016): one of the two
//! polynomials takes its zeros from the prototype by z = exp(s), the other makes the magnitude
//! right. Here it does so at 0 and at two more tones, one of them at the band's frequency as long
//! as that is below a quarter of the rate, the other at 0.4 times the rate; that is closer, all
//! over, than the slope at the band's frequency or the magnitude at half the rate.
use crate::band::Kind;
use crate::section::{Quadratic, Tone};
use std::f64::consts::PI;

/// Where the magnitude is matched, in radians per sample: the lower tone at most, and the upper.
const LOWER: f64 = 0.5 * PI;
const UPPER: f64 = 0.8 * PI;

/// (s/w)² + s/(w·Q) + 1, its zeros carried over by z = exp(s). The scale is that of 1 as leading
/// coefficient.
fn roots(w: f64, q: f64) -> Quadratic {
    let damping = 0.5 / q;
    if damping < 1.0 {
        let angle = 0.5 * w * (1.0 - damping * damping).sqrt();
        let decay = -damping * w;
        let (gap, radius) = (decay.exp_m1().powi(2), decay.exp());
        Quadratic {
            dc: gap + 4.0 * radius * angle.sin().powi(2),
            nyquist: gap + 4.0 * radius * angle.cos().powi(2),
            skew: -(2.0 * decay).exp_m1(),
        }
    } else {
        let fast = damping + (damping * damping - 1.0).sqrt();
        let (near, far) = (-w / fast, -w * fast);
        Quadratic {
            dc: near.exp_m1() * far.exp_m1(),
            nyquist: (1.0 + near.exp()) * (1.0 + far.exp()),
            skew: -(near + far).exp_m1(),
        }
    }
}

/// The squared magnitude of n2·s² + n1·s/Q + n0 at s = j·x.
fn prototype(x: f64, q: f64, [n0, n1, n2]: [f64; 3]) -> f64 {
    (n0 - n2 * x * x).powi(2) + (n1 * x / q).powi(2)
}

/// The polynomial of which `power` is the squared magnitude at the two tones, `low` being the
/// lower one. It is not much sharper than `like`, if there is one, nor much weaker at half the rate,
/// so that it may stand in a denominator.
fn fit(dc: f64, low: f64, power: impl Fn(f64, &Tone) -> f64, like: Option<Quadratic>) -> Quadratic {
    let low = low.min(LOWER);
    let (lower, upper) = (Tone::new(low), Tone::new(UPPER));
    let floor = like.map_or(Quadratic::first(0.0, 0.0), |like| {
        like.scaled(0.25 * dc / like.dc)
    });
    Quadratic::through(
        dc,
        (&lower, power(low, &lower)),
        (&upper, power(UPPER, &upper)),
        floor,
    )
}

/// Numerator and denominator of second order at the angle `w` with the prototype's Q and the
/// Cookbook's A. None for an all-pass filter: its magnitude is right anyway, and the bilinear
/// transform keeps it so, and the phase at `w` exact.
pub(super) fn second(kind: Kind, w: f64, q: f64, a: f64) -> Option<(Quadratic, Quadratic)> {
    let poles = || roots(w, q);
    let unit = |v: f64| prototype(v / w, q, [1.0, 1.0, 1.0]);
    Some(match kind {
        Kind::Peak => peak(w, q, a),
        Kind::HighShelf | Kind::LowShelf | Kind::Tilt => {
            let (numerator, denominator) = high_shelf(w, q, a);
            match kind {
                Kind::LowShelf => (denominator.scaled(a * a), numerator),
                Kind::HighShelf => (numerator, denominator),
                _ => (numerator, denominator.scaled(a)),
            }
        }
        Kind::LowPass => {
            let poles = poles();
            let power = |v: f64, tone: &Tone| poles.power(tone) / unit(v);
            (fit(poles.dc, w, power, None), poles)
        }
        Kind::BandPass => {
            let poles = poles();
            let power = |v: f64, tone: &Tone| poles.power(tone) * (v / (w * q)).powi(2) / unit(v);
            (fit(0.0, w, power, None), poles)
        }
        // Both zeros stay at 0, for the slope; what is left to match is one magnitude.
        Kind::HighPass => {
            let (poles, tone) = (poles(), Tone::new(w));
            let zeros = Quadratic {
                dc: 0.0,
                nyquist: poles.power(&tone).sqrt() * q / tone.sin2,
                skew: 0.0,
            };
            (zeros, poles)
        }
        // The zeros lie on the unit circle and are right as they are. The power that the poles
        // must have is written so that it is finite there.
        Kind::Notch => {
            let (s, c) = (0.5 * w).sin_cos();
            let zeros = Quadratic {
                dc: 4.0 * s * s,
                nyquist: 4.0 * c * c,
                skew: 0.0,
            };
            let sinc = |x: f64| if x == 0.0 { 1.0 } else { x.sin() / x };
            let power = |v: f64, _: &Tone| {
                (w * w * sinc(0.5 * (w - v)) * sinc(0.5 * (w + v))).powi(2) * unit(v)
            };
            (zeros, fit(zeros.dc, w, power, Some(poles())))
        }
        Kind::AllPass => return None,
    })
}

/// A boost; a cut is its inverse.
fn peak(w: f64, q: f64, a: f64) -> (Quadratic, Quadratic) {
    let boost = a.max(1.0 / a);
    let poles = roots(w, q * boost);
    let power = |v: f64, tone: &Tone| {
        let x = v / w;
        poles.power(tone) * prototype(x, q, [1.0, boost, 1.0])
            / prototype(x, q, [1.0, 1.0 / boost, 1.0])
    };
    let zeros = fit(poles.dc, w, power, Some(roots(w, q / boost)));
    match a < 1.0 {
        true => (poles, zeros),
        false => (zeros, poles),
    }
}

/// 0 dB at 0, a⁴ in power above. Close to the prototype up to a Q of 1.2; above, the resonances of
/// shelves at high frequencies come out several dB too weak or too strong. The lower zeros, of a cut the poles, are the prototype's.
fn high_shelf(w: f64, q: f64, a: f64) -> (Quadratic, Quadratic) {
    let boost = a.max(1.0 / a);
    let root = boost.sqrt();
    let lower = roots(w / root, q);
    let power = |v: f64, tone: &Tone| {
        let x = v / w;
        lower.power(tone) * prototype(x, q, [1.0, root / boost, 1.0 / boost])
            / prototype(x, q, [1.0, root, boost])
    };
    let upper = fit(lower.dc, w * root, power, Some(roots(w * root, q)));
    match a < 1.0 {
        true => (upper, lower),
        false => (lower, upper),
    }
}

/// Numerator and denominator of a pass of first order, matched at 0 and at the upper tone.
pub(super) fn first(high: bool, w: f64) -> (Quadratic, Quadratic) {
    let tone = Tone::new(UPPER);
    let x2 = (UPPER / w).powi(2);
    // Squared magnitude of a polynomial of first order: dc²·cos² + nyquist²·sin².
    let nyquist = |power: f64, dc: f64| {
        let cos2 = 1.0 - tone.sin2;
        ((power - dc * dc * cos2) / tone.sin2).max(0.0).sqrt()
    };
    if high {
        let (zero, dc) = (Quadratic::first(0.0, 2.0), w);
        let power = 4.0 * tone.sin2 * (1.0 + x2) / x2;
        (zero, Quadratic::first(dc, nyquist(power, dc)))
    } else {
        let dc = -(-w).exp_m1();
        let pole = Quadratic::first(dc, 2.0 - dc);
        let power = pole.power(&tone) / (1.0 + x2);
        (Quadratic::first(dc, nyquist(power, dc)), pole)
    }
}
