// SPDX-License-Identifier: MPL-2.0
use super::common::{FORMATS, dft, encode, noise};
use crate::pcm::SampleFormat;
use crate::simd::Level;
use crate::spectrum::Error;
use crate::spectrum::classic::{Classic, Config};
use crate::window::Window;
use proptest::prelude::*;

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
struct Interval {
    frames: u64,
    magnitude: Vec<Vec<f32>>,
    phase: Vec<Vec<f32>>,
}

/// All intervals that end within `bytes`, pushed in pieces of `cuts` frames over and over; a cut of
/// 0 frames is an empty push.
fn run(classic: &mut Classic, config: &Config, bytes: &[u8], cuts: &[usize]) -> Vec<Interval> {
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

fn read(classic: &Classic) -> Interval {
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
type Reference = Vec<(u64, Vec<Vec<f64>>, Vec<Vec<(f64, f64)>>)>;

fn reference(config: &Config, samples: &[f64]) -> Reference {
    let n = 2 * config.bands - 2;
    let window = Window::Hamming.periodic(n);
    let rows = if config.multi_channel {
        config.channels
    } else {
        1
    };
    let mut rings = vec![vec![0.0; n]; rows];
    let product = u128::from(config.interval) * u128::from(config.rate);
    let per_interval = (product / 1_000_000_000).max(1) as u64;
    let (error, mut accumulated) = (product % 1_000_000_000, 0);
    let mut todo = per_interval;
    let (mut done, mut ffts) = (0, 0);
    let mut sums = vec![vec![0.0; config.bands]; rows];
    let mut phases = vec![vec![(0.0, 0.0); config.bands]; rows];
    let mut results = Vec::new();
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
fn assert_close(ours: &[Interval], reference: &Reference) {
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

fn quantised(format: SampleFormat, samples: &[f64]) -> Vec<f64> {
    let most = match format {
        SampleFormat::S16 => 32_767.0,
        SampleFormat::S24 | SampleFormat::S24In32 => 8_388_607.0,
        _ => return samples.to_vec(),
    };
    samples.iter().map(|x| (x * most).trunc() / most).collect()
}

fn any_config() -> impl Strategy<Value = Config> {
    let interval = prop_oneof![1u64..1_000_000, 1_000_000..20_000_000u64];
    (
        0..6usize,
        1000..200_000u32,
        1..6usize,
        2..80usize,
        interval,
        any::<bool>(),
        -140..0,
    )
        .prop_map(
            |(format, rate, channels, bands, interval, multi_channel, threshold)| Config {
                format: FORMATS[format],
                rate,
                channels,
                multi_channel,
                threshold,
                ..config(bands, interval)
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn equals_the_definition(config in any_config(), seed: u64, frames in 1..700usize) {
        let samples = quantised(config.format, &noise(seed, frames * config.channels));
        let bytes = encode(config.format, &samples);
        let expected = reference(&config, &samples);
        for level in Level::available() {
            let mut classic = Classic::with_level(level, config.clone()).unwrap();
            assert_close(&run(&mut classic, &config, &bytes, &[usize::MAX / 64]), &expected);
        }
    }

    #[test]
    fn cuts_do_not_matter(
        config in any_config(),
        seed: u64,
        frames in 1..5000usize,
        cuts in prop::collection::vec(0..400usize, 1..8),
    ) {
        prop_assume!(cuts.iter().any(|&cut| cut > 0));
        let mut bytes = encode(config.format, &noise(seed, frames * config.channels));
        for level in Level::available() {
            let mut whole = Classic::with_level(level, config.clone()).unwrap();
            let mut pieces = Classic::with_level(level, config.clone()).unwrap();
            let expected = run(&mut whole, &config, &bytes, &[frames]);
            prop_assert_eq!(run(&mut pieces, &config, &bytes, &cuts), expected.clone());
            // As if new; and at another alignment.
            pieces.reset();
            bytes.insert(0, 0);
            prop_assert_eq!(run(&mut pieces, &config, &bytes[1..], &[97]), expected);
            bytes.remove(0);
        }
    }

    #[test]
    fn silence_is_as_good_as_zeros(
        config in any_config(),
        seed: u64,
        runs in prop::collection::vec((any::<bool>(), 0..300usize), 1..12),
    ) {
        let mut gaps = Classic::new(config.clone()).unwrap();
        let mut zeros = Classic::new(config.clone()).unwrap();
        let frame = config.channels * config.format.bytes();
        for (is_gap, frames) in runs {
            let noise = encode(config.format, &noise(seed, frames * config.channels));
            let silence = vec![0; frames * frame];
            let bytes = if is_gap { &silence } else { &noise };
            let mut at = 0;
            while at < frames {
                let a = zeros.push(&bytes[at * frame..]);
                let b = match is_gap {
                    true => gaps.push_silence((frames - at) as u64),
                    false => gaps.push(&bytes[at * frame..]),
                };
                prop_assert_eq!(a, b);
                at += a.frames;
                if a.due {
                    let (a, b) = (read(&zeros), read(&gaps));
                    prop_assert_eq!(a.magnitude, b.magnitude);
                }
            }
        }
    }
}

#[test]
fn longer_frames_equal_the_definition() {
    // Half the length odd and composite, even, prime; frames shorter and longer than intervals.
    for bands in [128, 129, 138, 256, 257, 512, 600] {
        for interval in [10_000_000, 100_000_000] {
            let config = Config {
                multi_channel: true,
                threshold: -120,
                ..config(bands, interval)
            };
            let samples = noise(bands as u64, 2 * 5000);
            let bytes = encode(config.format, &samples);
            let expected = reference(&config, &samples);
            for level in Level::available() {
                let mut classic = Classic::with_level(level, config.clone()).unwrap();
                assert_close(&run(&mut classic, &config, &bytes, &[480]), &expected);
            }
        }
    }
}

#[test]
fn digital_silence_is_the_threshold_exactly() {
    for threshold in [-1, -60, -97, -1000, i32::MIN] {
        for interval in [1_000_000, 100_000_000] {
            let config = Config {
                threshold,
                ..config(128, interval)
            };
            let mut classic = Classic::new(config.clone()).unwrap();
            for interval in run(&mut classic, &config, &[0; 8 * 20_000], &[480]) {
                let exact = interval.magnitude.iter().flatten();
                assert!({ exact }.all(|&x| x == threshold as f32));
            }
        }
    }
}

#[test]
fn a_low_threshold_shows_faint_signals() {
    let config = Config {
        threshold: -1000,
        ..config(33, 10_000_000)
    };
    let samples: Vec<f64> = noise(1, 2 * 4800).iter().map(|x| x * 1e-13).collect();
    let mut classic = Classic::new(config.clone()).unwrap();
    let ours = run(
        &mut classic,
        &config,
        &encode(config.format, &samples),
        &[480],
    );
    assert_close(&ours, &reference(&config, &samples));
}

#[test]
fn what_is_no_number_counts_as_nothing() {
    let config = Config {
        multi_channel: true,
        ..config(128, 100_000_000)
    };
    let mut samples = noise(1, 2 * 4800);
    for (i, odd) in [f64::NAN, f64::INFINITY, -f64::INFINITY].iter().enumerate() {
        samples[1000 + 2 * i] = *odd;
    }
    let bytes = encode(config.format, &samples);
    let mut classic = Classic::new(config.clone()).unwrap();
    let ours = run(&mut classic, &config, &bytes, &[480]);
    assert_eq!(classic.non_finite(), 3);
    samples
        .iter_mut()
        .filter(|x| !x.is_finite())
        .for_each(|x| *x = 0.0);
    assert_close(&ours, &reference(&config, &samples));
    // Numbers so large that their squares are none.
    for large in [f64::from(f32::MAX), 1e30, 1e300] {
        let bytes = encode(SampleFormat::F64, &vec![large; 2 * 4800]);
        let config = Config {
            format: SampleFormat::F64,
            ..config.clone()
        };
        let mut classic = Classic::new(config.clone()).unwrap();
        for interval in run(&mut classic, &config, &bytes, &[4800]) {
            assert!(interval.magnitude.iter().flatten().all(|x| x.is_finite()));
        }
    }
}

#[test]
fn discontinuities_leave_nothing_behind() {
    let config = config(33, 10_000_000);
    let bytes = encode(config.format, &noise(1, 2 * 2000));
    let mut fresh = Classic::new(config.clone()).unwrap();
    let expected = run(&mut fresh, &config, &bytes, &[100]);
    // In the middle of an interval, in which frames are summed already.
    let mut classic = Classic::new(config.clone()).unwrap();
    classic.push(&bytes[8..8 * 200]);
    classic.discontinuity();
    assert_eq!(run(&mut classic, &config, &bytes, &[100]), expected);
    classic.push(&bytes[8..8 * 300]);
    classic.reset();
    assert_eq!(run(&mut classic, &config, &bytes, &[100]), expected);
}

#[test]
fn outputs_and_threshold_may_change_at_any_time() {
    let config = Config {
        magnitude: false,
        phase: false,
        ..config(33, 10_000_000)
    };
    let bytes = encode(config.format, &noise(1, 2 * 480));
    let all = &run(
        &mut Classic::new(Config {
            magnitude: true,
            ..config.clone()
        })
        .unwrap(),
        &config,
        &bytes,
        &[480],
    )[0];
    let mut classic = Classic::new(config.clone()).unwrap();
    let none = &run(&mut classic, &config, &bytes, &[480])[0];
    assert!(none.magnitude.iter().flatten().all(|&x| x == -60.0));
    assert!(none.phase.iter().flatten().all(|&x| x == 0.0));
    // Switched on in the middle of a frame: the frames after that count.
    classic.push(&bytes[..8 * 100]);
    classic.set_outputs(true, false);
    classic.push(&bytes[8 * 100..]);
    let some = read(&classic);
    assert_ne!(some.magnitude, all.magnitude);
    assert!(some.magnitude.iter().flatten().all(|&x| x > -60.0));
    classic.push(&bytes);
    assert_eq!(read(&classic).magnitude, all.magnitude);
    // Half of the frames at one threshold, half at another.
    classic.set_threshold(20);
    classic.push(&bytes[..8 * 256]);
    classic.set_threshold(30);
    classic.push(&bytes[8 * 256..]);
    let mean = (4.0 * 20.0 + 3.0 * 30.0) / 7.0;
    for x in &read(&classic).magnitude[0] {
        assert!((x - mean).abs() < 1e-5, "{x}");
    }
}

#[test]
fn sliding_frames_begin_anew_when_they_are_wanted_again() {
    let config = config(257, 1_000_000);
    let bytes = encode(config.format, &noise(1, 2 * 48));
    let mut fresh = Classic::new(config.clone()).unwrap();
    fresh.push(&bytes);
    let mut classic = Classic::new(config).unwrap();
    classic.push(&bytes);
    classic.set_outputs(false, false);
    classic.push(&bytes);
    classic.set_outputs(true, true);
    classic.push(&bytes);
    assert_eq!(read(&classic), read(&fresh));
}

#[test]
fn settings_that_make_no_sense_are_refused_and_so_are_sizes() {
    let good = config(128, 100_000_000);
    let bad: [fn(&mut Config); 4] = [
        |c| c.bands = 1,
        |c| c.rate = 0,
        |c| c.channels = 0,
        |c| c.interval = 0,
    ];
    for spoil in bad {
        let mut config = good.clone();
        spoil(&mut config);
        assert!(matches!(Classic::new(config), Err(Error::Setting(_))));
    }
    for (bands, channels) in [(usize::MAX, 1), (1 << 55, 1), (1 << 24, 1 << 40)] {
        let config = Config {
            bands,
            channels,
            multi_channel: true,
            ..good.clone()
        };
        assert!(matches!(Classic::new(config), Err(Error::Memory)));
    }
}

#[test]
fn a_day_of_silence_takes_no_time() {
    let config = config(128, 3_600_000_000_000);
    let mut classic = Classic::new(config).unwrap();
    let taken = classic.push_silence(86_400 * 48_000);
    assert_eq!((taken.frames, taken.due), (3600 * 48_000, true));
    assert!(classic.magnitude(0).iter().all(|&x| x == -60.0));
}
