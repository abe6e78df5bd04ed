// SPDX-License-Identifier: MPL-2.0
//! A response at one frequency.
use super::{Matrix, Reach, Response, Step, amplitude, bit};
use crate::section::Tone;
use rustfft::num_complex::Complex;
use std::f64::consts::TAU;
use std::ops::{Add, Mul, Sub};

/// A response at one frequency, without the preamp.
pub(super) struct View<'a> {
    response: &'a Response,
    tone: Tone,
    frequency: f64,
}

impl<'a> View<'a> {
    /// At `w` radians per sample.
    pub(super) fn new(response: &'a Response, w: f64) -> Self {
        View {
            response,
            tone: Tone::new(w),
            frequency: w / TAU * response.rate,
        }
    }

    fn transfer(&self, step: &Step) -> Complex<f64> {
        let factors = self.response.factors[step.factors.clone()].iter();
        factors.fold(Complex::new(1.0, 0.0), |product, f| {
            product * (f.numerator.at(&self.tone) / f.denominator.at(&self.tone))
        })
    }

    fn power(&self, step: &Step) -> f64 {
        let factors = self.response.factors[step.factors.clone()].iter();
        factors
            .map(|f| f.numerator.power(&self.tone) / f.denominator.power(&self.tone))
            .product()
    }

    /// What comes before the bands.
    fn before(&self, channel: usize) -> f64 {
        self.response.gains.get(channel).copied().unwrap_or(1.0)
    }

    /// What comes after the bands.
    fn after(&self, channel: usize) -> f64 {
        let graphics = self.response.graphics.iter();
        graphics
            .filter(|(_, reach)| reach & bit(channel) != 0)
            .map(|(graphic, _)| amplitude(graphic.gain(self.frequency)))
            .product()
    }

    /// Steps that work on `channel` alone.
    fn steps(&self, channel: usize) -> impl Iterator<Item = &'a Step> {
        let steps = self.response.steps.iter();
        steps.filter(move |step| step.reach.includes(channel))
    }

    /// The response of a channel that gets nothing from others.
    pub(super) fn channel(&self, channel: usize) -> Complex<f64> {
        let gain = self.before(channel) * self.after(channel);
        let steps = self.steps(channel).map(|step| self.transfer(step));
        steps.fold(gain.into(), |product, h| product * h)
    }

    /// Its squared magnitude.
    pub(super) fn channel_power(&self, channel: usize) -> f64 {
        let gain = self.before(channel) * self.after(channel);
        let power: f64 = self.steps(channel).map(|step| self.power(step)).product();
        power * gain * gain
    }

    /// See [`Response::pair_at`].
    pub(super) fn pair(&self) -> Matrix<Complex<f64>> {
        self.product(|step| self.transfer(step))
    }

    /// See [`Response::pair_magnitudes_at`].
    pub(super) fn pair_magnitudes(&self) -> Matrix<f64> {
        self.product(|step| self.power(step).sqrt())
    }

    /// All that works on the pair, in its order, a band being `of(step)` to what it works on.
    fn product<T>(&self, of: impl Fn(&Step) -> T) -> Matrix<T>
    where
        T: Copy + From<f64> + Add<Output = T> + Sub<Output = T> + Mul<Output = T>,
    {
        let [zero, one, half] = [0.0, 1.0, 0.5].map(T::from);
        let Some((left, right)) = self.response.pair else {
            return [[one, zero], [zero, one]];
        };
        // What one unit of each input has become.
        let mut columns = [
            [T::from(self.before(left)), zero],
            [zero, T::from(self.before(right))],
        ];
        for step in &self.response.steps {
            let [on_left, on_right] = [left, right].map(|channel| step.reach.includes(channel));
            let is_single = matches!(step.reach, Reach::Channels(_));
            if is_single && !on_left && !on_right {
                continue;
            }
            let h = of(step);
            for column in &mut columns {
                let [l, r] = *column;
                let (mid, side) = (half * (l + r), half * (l - r));
                *column = match step.reach {
                    Reach::Mid => [h * mid + side, h * mid - side],
                    Reach::Side => [mid + h * side, mid - h * side],
                    Reach::Channels(_) => [
                        if on_left { l * h } else { l },
                        if on_right { r * h } else { r },
                    ],
                };
            }
        }
        let after = [left, right].map(|channel| T::from(self.after(channel)));
        [0, 1].map(|output| columns.map(|column| column[output] * after[output]))
    }
}
