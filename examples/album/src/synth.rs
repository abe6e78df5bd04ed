// SPDX-License-Identifier: MPL-2.0
//! The instruments: each function renders one mono note or drum stroke near full scale.
use std::f32::consts::TAU;

/// Sample rate in Hz.
pub const RATE: f32 = 44_100.0;

/// Renders `seconds` of a function of the time in seconds.
fn render(seconds: f32, mut at: impl FnMut(f32) -> f32) -> Vec<f32> {
    let frames = (seconds * RATE) as usize;
    (0..frames).map(|i| at(i as f32 / RATE)).collect()
}

/// White noise in ±1 (xorshift32): the same for the same seed on every machine.
pub struct Noise(u32);

impl Noise {
    pub fn new(seed: u32) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9) | 1)
    }

    pub fn sample(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0 as i32 as f32 / i32::MAX as f32
    }
}

/// A sawtooth whose step is rounded over two samples, so that it aliases little.
struct Saw {
    phase: f32,
    step: f32,
}

impl Saw {
    fn new(frequency: f32, phase: f32) -> Self {
        Self {
            phase,
            step: frequency / RATE,
        }
    }

    fn sample(&mut self) -> f32 {
        self.phase = (self.phase + self.step).fract();
        let corner = if self.phase < self.step {
            let t = self.phase / self.step;
            t + t - t * t - 1.0
        } else if self.phase > 1.0 - self.step {
            let t = (self.phase - 1.0) / self.step;
            t * t + t + t + 1.0
        } else {
            0.0
        };
        2.0 * self.phase - 1.0 - corner
    }
}

/// Two-pole low-pass (state variable, trapezoidal), whose cutoff may move with every sample.
#[derive(Default)]
struct LowPass {
    band: f32,
    low: f32,
}

impl LowPass {
    fn sample(&mut self, input: f32, cutoff: f32, resonance: f32) -> f32 {
        let g = (std::f32::consts::PI * cutoff / RATE).tan();
        let k = 1.0 / resonance;
        let high = (input - self.low - (g + k) * self.band) / (1.0 + g * (g + k));
        let band = self.band + g * high;
        let low = self.low + g * band;
        self.band = band + g * high;
        self.low = low + g * band;
        low
    }
}

/// Rises over `attack` seconds, stays, and falls over the last `release` of `length`.
fn envelope(t: f32, length: f32, attack: f32, release: f32) -> f32 {
    (t / attack).min((length - t) / release).clamp(0.0, 1.0)
}

pub fn kick() -> Vec<f32> {
    let mut phase = 0.0;
    render(0.4, |t| {
        phase += TAU * (46.0 + 190.0 * (-t * 38.0).exp()) / RATE;
        phase.sin() * (-t * 8.0).exp() * envelope(t, 0.4, 0.001, 0.05)
    })
}

pub fn snare(noise: &mut Noise) -> Vec<f32> {
    let mut last = 0.0;
    render(0.3, |t| {
        let white = noise.sample();
        let bright = white - 0.6 * last;
        last = white;
        let body = (TAU * (180.0 + 60.0 * (-t * 60.0).exp()) * t).sin() * (-t * 24.0).exp();
        (0.6 * body + 0.4 * bright * (-t * 17.0).exp()) * envelope(t, 0.3, 0.0005, 0.05)
    })
}

/// Closed, or open and ringing for `seconds`.
pub fn hat(noise: &mut Noise, seconds: f32) -> Vec<f32> {
    let (mut a, mut b) = (0.0, 0.0);
    render(seconds, |t| {
        let white = noise.sample();
        let bright = white - 2.0 * a + b;
        (b, a) = (a, white);
        0.25 * bright * (-t * 4.0 / seconds).exp()
    })
}

pub fn bass(frequency: f32, length: f32) -> Vec<f32> {
    let (mut saw, mut filter) = (Saw::new(frequency, 0.0), LowPass::default());
    render(length, |t| {
        let cutoff = 140.0 + 900.0 * (-t * 9.0).exp();
        let tone = filter.sample(saw.sample(), cutoff, 1.2) + 0.5 * (TAU * frequency * t).sin();
        0.7 * tone * envelope(t, length, 0.004, 0.03)
    })
}

/// An electric piano: a sine whose phase is moved by another, the brighter the harder it is hit.
pub fn keys(frequency: f32, length: f32, velocity: f32) -> Vec<f32> {
    let ring = length + 0.25;
    render(ring, |t| {
        let decay = (-t * 2.2).exp();
        let tine = (TAU * frequency * 14.0 * t).sin() * (-t * 22.0).exp();
        let bend = 1.8 * velocity * decay * (TAU * frequency * t).sin() + 0.3 * velocity * tine;
        velocity * decay * (TAU * frequency * t + bend).sin() * envelope(t, ring, 0.002, 0.25)
    })
}

/// Three saws slightly apart in pitch behind a filter that opens and closes once.
pub fn pad(frequency: f32, length: f32) -> Vec<f32> {
    let ring = length + 0.4;
    let mut saws = [(0.996, 0.1), (1.0, 0.4), (1.005, 0.8)]
        .map(|(detune, phase)| Saw::new(frequency * detune, phase));
    let mut filter = LowPass::default();
    render(ring, |t| {
        let sum: f32 = saws.iter_mut().map(Saw::sample).sum();
        let cutoff = 500.0 + 900.0 * (t / ring * std::f32::consts::PI).sin();
        0.33 * filter.sample(sum, cutoff, 0.8) * envelope(t, ring, 0.35, 0.5)
    })
}

/// A whistle-like voice: few harmonics, vibrato that sets in late.
pub fn lead(frequency: f32, length: f32) -> Vec<f32> {
    let mut phase = 0.0;
    render(length, |t| {
        let vibrato = 1.0 + 0.006 * (t * 3.0).min(1.0) * (TAU * 5.2 * t).sin();
        phase += TAU * frequency * vibrato / RATE;
        let tone = phase.sin() + 0.35 * (2.0 * phase).sin() + 0.2 * (3.0 * phase).sin();
        0.65 * tone * envelope(t, length, 0.02, 0.06)
    })
}

/// A plucked string after Karplus and Strong: noise that a delay line averages away.
pub fn pluck(frequency: f32, length: f32, noise: &mut Noise) -> Vec<f32> {
    let period = (RATE / frequency).max(2.0) as usize;
    let mut string: Vec<f32> = (0..period).map(|_| noise.sample()).collect();
    for i in 1..period {
        string[i] = 0.5 * (string[i] + string[i - 1]);
    }
    let (mut i, ring) = (0, length + 0.3);
    render(ring, |t| {
        let sample = string[i];
        let next = (i + 1) % period;
        string[i] = 0.4985 * (sample + string[next]);
        i = next;
        sample * envelope(t, ring, 0.001, 0.3)
    })
}

/// A distorted guitar's power chord: root, fifth and octave through a soft clipper.
pub fn power_chord(frequency: f32, length: f32) -> Vec<f32> {
    let mut saws = [1.0, 1.4983, 2.003].map(|ratio| Saw::new(frequency * ratio, ratio.fract()));
    let mut cabinet = LowPass::default();
    render(length, |t| {
        let sum: f32 = saws.iter_mut().map(Saw::sample).sum();
        let clipped = (3.0 * sum * (0.6 + 0.4 * (-t * 3.0).exp())).tanh();
        0.8 * cabinet.sample(clipped, 3200.0, 0.7) * envelope(t, length, 0.003, 0.02)
    })
}
