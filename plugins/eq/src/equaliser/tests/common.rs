// SPDX-License-Identifier: MPL-2.0
//! Signals, settings, and ways to run them.
use crate::band::{Band, Curve, Kind, Layout, Width};
use crate::equaliser::{Audio, Equaliser, GRID, Outcome, Pace, Settings};
use auris_dsp::pcm::SampleFormat;
use auris_dsp::simd::Level;

pub const RATE: u32 = 48_000;

pub fn audio(format: SampleFormat, channels: usize) -> Audio {
    Audio {
        format,
        rate: RATE,
        layout: Layout::unpositioned(channels),
    }
}

pub fn peak(freq: f64, gain: f64, q: f64) -> Band {
    Band {
        freq,
        gain,
        width: Width::Q(q),
        ..Band::default()
    }
}

pub fn pass(kind: Kind, freq: f64) -> Band {
    Band {
        kind,
        freq,
        ..Band::default()
    }
}

pub fn with(bands: &[Band]) -> Settings {
    Settings {
        curve: Curve {
            bands: bands.to_vec(),
            ..Curve::default()
        },
        synchronous: true,
        ..Settings::default()
    }
}

pub fn equaliser(format: SampleFormat, channels: usize, settings: &Settings) -> Equaliser {
    Equaliser::new(Level::best(), audio(format, channels), settings)
}

/// Deterministic noise within ±1.
pub fn noise(len: usize) -> Vec<f64> {
    let mut x = 0x2545_F491_4F6C_DD1Du64;
    (0..len)
        .map(|_| {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            (x >> 11) as f64 / (1u64 << 52) as f64 - 1.0
        })
        .collect()
}

/// A sine of `freq` Hz and a peak of `amplitude`, on every one of `channels`.
pub fn sine(freq: f64, amplitude: f64, frames: usize, channels: usize) -> Vec<f64> {
    let w = std::f64::consts::TAU * freq / f64::from(RATE);
    (0..frames * channels)
        .map(|i| amplitude * (w * (i / channels) as f64).sin())
        .collect()
}

pub fn bytes(format: SampleFormat, samples: &[f64]) -> Vec<u8> {
    let each = |x: &f64| match format {
        SampleFormat::S16 => ((x * 32_767.0) as i16).to_ne_bytes().to_vec(),
        SampleFormat::S32 => ((x * 2_147_483_647.0) as i32).to_ne_bytes().to_vec(),
        SampleFormat::F32 => (*x as f32).to_ne_bytes().to_vec(),
        _ => x.to_ne_bytes().to_vec(),
    };
    samples.iter().flat_map(each).collect()
}

pub fn samples(format: SampleFormat, bytes: &[u8]) -> Vec<f64> {
    let mut samples = vec![0.0; bytes.len() / format.bytes()];
    crate::equaliser::edge::load(format, bytes, &mut samples);
    samples
}

/// Runs f64 samples through in one call.
pub fn run(eq: &mut Equaliser, io: &mut [f64]) -> Outcome {
    let mut raw = bytes(SampleFormat::F64, io);
    let outcome = eq.process(&mut raw);
    io.copy_from_slice(&samples(SampleFormat::F64, &raw));
    outcome
}

/// Runs f64 samples through, with `change` of (grid point) made at every one of them.
pub fn sweep(
    eq: &mut Equaliser,
    io: &mut [f64],
    channels: usize,
    mut change: impl FnMut(usize) -> Option<(Settings, Pace)>,
) {
    for (i, segment) in io.chunks_mut(GRID * channels).enumerate() {
        if let Some((settings, pace)) = change(i) {
            eq.update(&settings, pace);
        }
        run(eq, segment);
    }
}

/// Energy of `x` above `freq` Hz: windowed after Blackman and Harris, so that what lies below does
/// not leak, and transformed.
pub fn energy_above(x: &[f64], freq: f64) -> f64 {
    let n = x.len();
    let fft = auris_fft::real_forward_f64(n);
    let mut input: Vec<f64> = x
        .iter()
        .enumerate()
        .map(|(i, x)| {
            let t = std::f64::consts::TAU * i as f64 / n as f64;
            // Nuttall's five-term window of least side lobes, −125 dB, squared.
            let w = 0.323_215_4 - 0.471_492_1 * t.cos() + 0.175_534_1 * (2.0 * t).cos()
                - 0.028_497_0 * (3.0 * t).cos()
                + 0.001_261_4 * (4.0 * t).cos();
            x * w * w
        })
        .collect();
    let mut spectrum = fft.make_output_vec();
    fft.process(&mut input, &mut spectrum).expect("sizes match");
    let first = (freq / f64::from(RATE) * n as f64).ceil() as usize;
    spectrum[first..].iter().map(|c| c.norm_sqr()).sum::<f64>() / (n * n) as f64
}

/// The largest difference between neighbours of one channel.
pub fn steepest(x: &[f64], channels: usize) -> f64 {
    x.iter()
        .zip(&x[channels..])
        .map(|(a, b)| (b - a).abs())
        .fold(0.0, f64::max)
}

pub fn decibel(ratio: f64) -> f64 {
    10.0 * ratio.max(1e-40).log10()
}
