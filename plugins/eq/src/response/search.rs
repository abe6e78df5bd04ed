// SPDX-License-Identifier: MPL-2.0
//! The largest gain over all frequencies.
use super::{Matrix, Response, View};
use crate::band::{Curve, Layout, MAX_BANDS};
use crate::design::MAX_SECTIONS;
use crate::section::Quadratic;
use rustfft::num_complex::Complex;
use std::f64::consts::{PI, TAU};

/// Points of the grid that is searched beside what the curve itself suggests.
const GRID: i32 = 256;
/// Steps of the golden section: to 10⁻³ of a bracket, within which the response is a parabola.
const STEPS: usize = 16;

/// Angles per factor that are searched beside the grid.
const PER_FACTOR: usize = 10;

/// What a search works on.
#[derive(Debug, Clone, Default)]
pub(super) struct Search {
    tones: Vec<f64>,
    values: Vec<f64>,
    channels: Vec<usize>,
}

/// The preamp that a curve needs, again and again as it changes: in memory that is there after the
/// first time, whatever bands the curve has.
#[derive(Default)]
pub(crate) struct Headroom {
    response: Response,
    search: Search,
}

impl Headroom {
    /// [`Response::preamp`] of `curve`.
    pub(crate) fn preamp(&mut self, curve: &Curve, layout: &Layout, rate: f64) -> f64 {
        let (most, channels) = (MAX_BANDS * MAX_SECTIONS, layout.bits.len());
        let points: usize = curve.graphics.iter().map(|g| g.points.len()).sum();
        let tones = GRID as usize + 2 + PER_FACTOR * most + points;
        reserve(&mut self.search.tones, tones);
        reserve(&mut self.search.values, tones);
        reserve(&mut self.search.channels, channels);
        reserve(&mut self.response.gains, channels);
        reserve(&mut self.response.factors, most);
        reserve(&mut self.response.steps, MAX_BANDS);
        self.response.assign(curve, layout, rate, &mut self.search);
        self.response.preamp()
    }

    /// About how many sections at how many frequencies the last search looked at.
    pub(crate) fn effort(&self) -> usize {
        let factors = self.response.factors.len();
        let sides = if self.response.coupled { 2 } else { 1 };
        factors * (GRID as usize + PER_FACTOR * factors) * sides
    }
}

/// Makes room for `len` in all.
fn reserve<T>(memory: &mut Vec<T>, len: usize) {
    memory.reserve_exact(len.saturating_sub(memory.len()));
}

impl Response {
    /// The largest gain in dB, preamp left out, that any signal of one frequency gets from 0 to
    /// half the rate: of a channel or, where the channels of the pair get something from each
    /// other, the pair's largest singular value.
    pub fn maximum(&self) -> f64 {
        self.largest(&mut Search::default(), |view| singular(view.pair()))
    }

    /// The largest gain in dB, preamp left out, of the output of one channel over the loudest of
    /// the inputs, each of one frequency, in minimum and in linear phase. What the pair's channels
    /// get from each other may add up to more than the largest singular value.
    pub(super) fn overshoot(&self, search: &mut Search) -> f64 {
        self.largest(search, |view| {
            let minimum = view.pair().map(|row| row[0].norm() + row[1].norm());
            let linear = view
                .pair_magnitudes()
                .map(|row| row[0].abs() + row[1].abs());
            let rows = minimum.into_iter().chain(linear);
            rows.fold(0.0, f64::max).powi(2)
        })
    }

    /// The largest, in dB, of the channels' gains and of the squared gain `of` a coupled pair.
    fn largest(&self, search: &mut Search, of: impl Fn(&View<'_>) -> f64) -> f64 {
        let Search {
            tones,
            values,
            channels,
        } = search;
        self.find_tones(tones);
        self.find_distinct(channels);
        let mut power: f64 = 0.0;
        for &channel in channels.iter() {
            let at = |w| View::new(self, w).channel_power(channel);
            power = power.max(maximum(tones, values, at));
        }
        if self.coupled {
            power = power.max(maximum(tones, values, |w| of(&View::new(self, w))));
        }
        10.0 * power.log10()
    }

    /// One of each kind of channel that gets nothing from others.
    fn find_distinct(&self, distinct: &mut Vec<usize>) {
        let coupled = self.pair.filter(|_| self.coupled);
        let alike = |a: usize, b: usize| {
            let of = |channel| self.touched(channel);
            self.gains[a] == self.gains[b] && of(a).eq(of(b))
        };
        distinct.clear();
        for channel in 0..self.gains.len() {
            let is_coupled = coupled.is_some_and(|(l, r)| channel == l || channel == r);
            if !is_coupled && !distinct.iter().any(|&other| alike(channel, other)) {
                distinct.push(channel);
            }
        }
    }

    /// Angles, ascending from 0 to π, near all local maxima.
    fn find_tones(&self, tones: &mut Vec<f64>) {
        // In terms of tan(w/2), both ends of the spectrum look alike.
        tones.clear();
        tones.extend([0.0, PI]);
        tones.extend((0..GRID).map(|i| {
            let decades = f64::from(2 * i + 1 - GRID) / f64::from(GRID) * 5.0;
            2.0 * 10f64.powf(decades).atan()
        }));
        for factor in &self.factors {
            for Quadratic { dc, nyquist, skew } in [factor.numerator, factor.denominator] {
                // Where the real part is 0 and where it is some multiple of the imaginary part:
                // the resonance, and its flanks.
                for steep in [0.0, 0.5, -0.5, 1.0, -1.0] {
                    let lean = 2.0 * steep * skew;
                    let t = (0.5 * lean + (0.25 * lean * lean + dc * nyquist).sqrt()) / nyquist;
                    tones.push(2.0 * t.atan());
                }
            }
        }
        let points = self
            .graphics
            .iter()
            .flat_map(|(graphic, _)| &graphic.points);
        tones.extend(points.map(|(frequency, _)| TAU * frequency / self.rate));
        tones.retain(|w| (0.0..=PI).contains(w));
        tones.sort_unstable_by(f64::total_cmp);
        tones.dedup();
    }
}

/// The square of the largest singular value.
fn singular(matrix: Matrix<Complex<f64>>) -> f64 {
    let [[a, b], [c, d]] = matrix;
    let sum = a.norm_sqr() + b.norm_sqr() + c.norm_sqr() + d.norm_sqr();
    let determinant = (a * d - b * c).norm_sqr();
    0.5 * (sum + (sum * sum - 4.0 * determinant).max(0.0).sqrt())
}

/// The largest value of `f` from the first to the last of `tones`, which are ascending and lie so
/// close that `f` has at most one maximum worth finding between any two next but one.
fn maximum(tones: &[f64], values: &mut Vec<f64>, f: impl Fn(f64) -> f64) -> f64 {
    values.clear();
    values.extend(tones.iter().map(|w| f(*w)));
    let seen = values.iter().copied().fold(0.0, f64::max);
    let mut best = seen;
    for i in 1..tones.len().saturating_sub(1) {
        // 3 dB: more than a maximum can rise above its next neighbours.
        let rises = values[i] >= values[i - 1] && values[i] >= values[i + 1];
        if rises && values[i] > 0.5 * seen {
            best = best.max(refine(tones[i - 1], tones[i + 1], &f));
        }
    }
    best
}

/// The maximum of `f`, which has one, between `a` and `b`, by the golden section.
fn refine(mut a: f64, mut b: f64, f: &impl Fn(f64) -> f64) -> f64 {
    const GOLDEN: f64 = 0.618_033_988_749_894_9;
    let (mut c, mut d) = (b - GOLDEN * (b - a), a + GOLDEN * (b - a));
    let (mut fc, mut fd) = (f(c), f(d));
    for _ in 0..STEPS {
        if fc > fd {
            (b, d, fd) = (d, c, fc);
            c = b - GOLDEN * (b - a);
            fc = f(c);
        } else {
            (a, c, fc) = (c, d, fd);
            d = a + GOLDEN * (b - a);
            fd = f(d);
        }
    }
    fc.max(fd)
}
