// SPDX-License-Identifier: MPL-2.0
//! What transforms frames, in the precision that was asked for.
use super::super::Error;
use super::super::double::Double;
use super::super::memory::room;
use super::super::radix::{Input, Radix, Turns};
use super::super::transform::Transform;
use super::super::untangle::{self, weigh};
use super::{Config, Precision, Prepare};
use crate::simd::Level;
use rustfft::num_complex::Complex;

/// Frames through a window to powers, and to phases where those are wanted.
pub(super) struct Engine {
    level: Level,
    frame: usize,
    way: Way,
    /// For phases, which are in single precision always.
    single: Option<Single>,
}

enum Way {
    Single,
    /// Single precision as well, and window and transform at once.
    Radix(Box<Radix<f32>>, Turns<f32>),
    Double(Box<Double>),
}

struct Single {
    transform: Transform,
    window: Vec<f32>,
    frame: Vec<f32>,
    bins: Vec<Complex<f32>>,
}

/// A frame's samples.
#[derive(Clone, Copy)]
pub(super) enum Samples<'a> {
    Plain(&'a [f32]),
    Prepared(&'a [f64]),
}

impl Engine {
    pub(super) fn new(level: Level, config: &Config) -> Result<Self, Error> {
        let (size, window) = (config.size, &config.window);
        let plain = config.prepare == Prepare::Nothing && config.frame == size && !config.phase;
        let way = match config.precision {
            Precision::Double => Way::Double(Box::new(Double::new(level, size, window)?)),
            Precision::Single if plain && level.is_avx512() && size.is_multiple_of(2) => {
                match Radix::new(level, size / 2, window)? {
                    Some(radix) => Way::Radix(radix, Turns::new(size / 2)?),
                    None => Way::Single,
                }
            }
            Precision::Single => Way::Single,
        };
        let single = match config.phase || matches!(way, Way::Single) {
            true => Some(Single::new(level, config)?),
            false => None,
        };
        Ok(Engine {
            level,
            frame: config.frame,
            way,
            single,
        })
    }

    /// Writes the powers of a frame, and if `phase` is not empty its phases.
    pub(super) fn run(&mut self, samples: Samples<'_>, power: &mut [f32], phase: &mut [f32]) {
        if let Some(single) = &mut self.single {
            let (frame, rest) = single.frame.split_at_mut(self.frame);
            rest.fill(0.0);
            match samples {
                Samples::Plain(samples) => weigh(self.level, samples, &single.window, frame),
                Samples::Prepared(samples) => {
                    for ((out, x), w) in frame.iter_mut().zip(samples).zip(&single.window) {
                        *out = *x as f32 * w;
                    }
                }
            }
            if phase.is_empty() {
                single.transform.power(&mut single.frame, power);
            } else {
                single
                    .transform
                    .spectrum(&mut single.frame, &mut single.bins);
                untangle::power(self.level, &single.bins, power);
                untangle::phase(&single.bins, phase);
            }
        }
        match (&mut self.way, samples) {
            (Way::Radix(radix, turns), Samples::Plain(samples)) => {
                turns.powers(self.level, radix.run(Input::Pairs(samples)), power);
            }
            (Way::Double(double), Samples::Plain(samples)) => double.power(samples, power),
            (Way::Double(double), Samples::Prepared(samples)) => {
                double.power_of_prepared(samples, power);
            }
            (Way::Single, _) | (Way::Radix(..), Samples::Prepared(_)) => {}
        }
    }
}

impl Single {
    fn new(level: Level, config: &Config) -> Result<Self, Error> {
        let transform = Transform::new(level, config.size)?;
        Ok(Single {
            window: config.window.iter().map(|&w| w as f32).collect(),
            frame: room(config.size)?,
            bins: room(if config.phase { transform.bins() } else { 0 })?,
            transform,
        })
    }
}
