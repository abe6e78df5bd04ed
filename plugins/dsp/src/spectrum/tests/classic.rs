// SPDX-License-Identifier: MPL-2.0
//! What the tests of intervals have in common, and the definition they are compared with.
use super::common::dft;
use crate::pcm::SampleFormat;
use crate::spectrum::classic::{Classic, Config};
use crate::window::Window;

pub(super) fn config(bands: usize, interval: u64) -> Config {
    Config {
        format: SampleFormat::F32,
        rate: 48_000,
        channels: 2,
        bands,
        interval,
        multi_channel: false,
        threshold: -60,
        magnitude: true,
        phase: true,
    }
}

/// Results of an interval: frames, and magnitudes and phases of each row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Interval {
    pub(super) frames: u64,
    pub(super) magnitude: Vec<Vec<f32>>,
    pub(super) phase: Vec<Vec<f32>>,
}

/// All intervals that end within `bytes`, pushed in pieces of `cuts` frames over and over; a cut of
/// 0 frames is an empty push.
pub(super) fn run(
    classic: &mut Classic,
    config: &Config,
    bytes: &[u8],
    cuts: &[usize],
) -> Vec<Interval> {
    let frame = config.channels * config.format.bytes();
    let mut results = Vec::new();
    let mut rest = bytes;
    for cut in cuts.iter().cycle() {
        let mut piece = &rest[..rest.len().min(cut * frame)];
        rest = &rest[piece.len()..];
        loop {
            let taken = classic.push(piece);
            piece = &piece[taken.frames * frame..];
            if !taken.due {
                assert!(
                    piece.len() < frame,
                    "takes all that the interval has room for"
                );
                break;
            }
            results.push(read(classic));
            if piece.len() < frame {
                break;
            }
        }
        if rest.len() < frame {
            return results;
        }
    }
    results
}

pub(super) fn read(classic: &Classic) -> Interval {
    let rows = 0..classic.rows();
    Interval {
        frames: classic.frames_in_interval(),
        magnitude: rows
            .clone()
            .map(|r| classic.magnitude(r).to_vec())
            .collect(),
        phase: rows.map(|r| classic.phase(r).to_vec()).collect(),
    }
}

/// What the C element does, sample by sample, in f64 and by the definition of the transform.
/// Phases of the last frame only; with them, the magnitude that each belongs to.
pub(super) type Reference = Vec<(u64, Vec<Vec<f64>>, Vec<Vec<(f64, f64)>>)>;

pub(super) fn reference(config: &Config, samples: &[f64]) -> Reference {
    let n = 2 * config.bands - 2;
    let window = Window::Hamming.periodic(n);
    let rows = if config.multi_channel {
        config.channels
    } else {
        1
    };
    let mut rings = vec![vec![0.0; n]; rows];
    let product = u128::from(config.interval) * u128::from(config.rate);
    let first = (product / 1_000_000_000) as u64;
    let per_interval = first.max(1);
    let (error, mut accumulated) = (product % 1_000_000_000, 0);
    let mut todo = per_interval;
    let (mut done, mut ffts) = (0, 0);
    let mut sums = vec![vec![0.0; config.bands]; rows];
    let mut phases = vec![vec![(0.0, 0.0); config.bands]; rows];
    let mut results = Vec::new();
    if first == 0 && samples.len() >= config.channels {
        // Of no frames: it counts them before it finds that there must be one.
        let silence = vec![vec![f64::from(config.threshold); config.bands]; rows];
        results.push((0, silence, phases.clone()));
        accumulated += error;
    }
    for frame in samples.chunks_exact(config.channels) {
        for (row, ring) in rings.iter_mut().enumerate() {
            ring.rotate_left(1);
            ring[n - 1] = match config.multi_channel {
                true => frame[row],
                false => frame.iter().sum::<f64>() / frame.len() as f64,
            };
        }
        done += 1;
        if done % n as u64 == 0 || (done == todo && ffts == 0) {
            ffts += 1;
            for (row, ring) in rings.iter().enumerate() {
                let frame: Vec<f64> = ring.iter().zip(&window).map(|(x, w)| x * w).collect();
                for k in 0..config.bands {
                    let (re, im) = dft(&frame, k);
                    let power = (re * re + im * im) / (n as f64 * n as f64);
                    sums[row][k] += (10.0 * power.log10()).max(f64::from(config.threshold));
                    phases[row][k] = (im.atan2(re), power.sqrt());
                }
            }
        }
        if done == todo {
            for sum in sums.iter_mut().flatten() {
                *sum /= f64::from(ffts);
            }
            results.push((done, sums.clone(), phases.clone()));
            sums.iter_mut().flatten().for_each(|sum| *sum = 0.0);
            (done, ffts, todo) = (0, 0, per_interval);
            if accumulated >= 1_000_000_000 {
                accumulated -= 1_000_000_000;
                todo += 1;
            }
            accumulated += error;
        }
    }
    results
}

#[track_caller]
pub(super) fn assert_close(ours: &[Interval], reference: &Reference) {
    assert_eq!(ours.len(), reference.len());
    for (ours, (frames, magnitude, phase)) in ours.iter().zip(reference) {
        assert_eq!(ours.frames, *frames);
        for (a, b) in ours
            .magnitude
            .iter()
            .flatten()
            .zip(magnitude.iter().flatten())
        {
            assert!((f64::from(*a) - b).abs() < 5e-4, "{a} dB, not {b}");
        }
        for (ours, phase) in ours.phase.iter().zip(phase) {
            let most = phase.iter().fold(0.0, |m: f64, (_, size)| m.max(*size));
            for (a, (b, size)) in ours.iter().zip(phase) {
                if *size > most * 1e-3 {
                    // The ends of the range are one place.
                    let apart = (f64::from(*a) - b).rem_euclid(std::f64::consts::TAU);
                    let apart = apart.min(std::f64::consts::TAU - apart);
                    assert!(apart < 1e-3, "{a} rad, not {b}");
                }
            }
        }
    }
}

pub(super) fn quantised(format: SampleFormat, samples: &[f64]) -> Vec<f64> {
    let most = match format {
        SampleFormat::S16 => 32_767.0,
        SampleFormat::S24 | SampleFormat::S24In32 => 8_388_607.0,
        _ => return samples.to_vec(),
    };
    samples.iter().map(|x| (x * most).trunc() / most).collect()
}
