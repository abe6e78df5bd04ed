// SPDX-License-Identifier: MPL-2.0
use super::common::{SIZES, dft, noise};
use crate::simd::Level;
use crate::spectrum::Error;
use crate::spectrum::stft::{Config, Frame, Padding, Precision, Prepare, Stft};
use proptest::prelude::*;

pub(super) fn config(size: usize, frame: usize, hop: usize, padding: Padding) -> Config {
    let window = (0..frame).map(|n| 1.0 - 0.3 * (n as f64).cos());
    Config {
        rate: 48_000,
        rows: 1,
        size,
        frame,
        window: window.collect(),
        hop,
        padding,
        prepare: Prepare::Nothing,
        whole_only: false,
        phase: true,
        precision: Precision::Single,
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Seen {
    index: u64,
    start: i64,
    partial: bool,
    power: Vec<Vec<f32>>,
    phase: Vec<Vec<f32>>,
    energy: Vec<f32>,
}

pub(super) fn run(stft: &mut Stft, rows: &[Vec<f32>], cuts: &[usize]) -> Vec<Seen> {
    let mut seen = Vec::new();
    let count = rows.len();
    let mut emit = |frame: &Frame<'_>| {
        seen.push(Seen {
            index: frame.index,
            start: frame.start,
            partial: frame.partial,
            power: (0..count).map(|r| frame.power(r).to_vec()).collect(),
            phase: (0..count).map(|r| frame.phase(r).to_vec()).collect(),
            energy: (0..count).map(|r| frame.energy(r)).collect(),
        });
    };
    let mut at = 0;
    for cut in cuts.iter().cycle() {
        let end = rows[0].len().min(at + cut);
        let slices: Vec<&[f32]> = rows.iter().map(|row| &row[at..end]).collect();
        stft.push(&slices, &mut emit);
        at = end;
        if at == rows[0].len() {
            break;
        }
    }
    stft.finish(&mut emit);
    seen
}

/// Frames by their definition: number, first sample, whether partial, samples.
fn frames(config: &Config, row: &[f32]) -> Vec<(i64, bool, Vec<f64>)> {
    if row.is_empty() {
        return Vec::new();
    }
    let (length, size) = (row.len() as i64, config.size as i64);
    let sample = |i: i64| -> f64 {
        let reflect = config.padding == Padding::Reflect;
        let i = match (0..length).contains(&i) || !reflect {
            true => i,
            false if length == 1 => 0,
            false => {
                let turn = i.rem_euclid(2 * (length - 1));
                turn.min(2 * (length - 1) - turn)
            }
        };
        usize::try_from(i)
            .ok()
            .and_then(|i| row.get(i))
            .map_or(0.0, |&x| f64::from(x))
    };
    let hop = config.hop as i64;
    let padded = config.padding != Padding::None;
    let pad = if padded { size / 2 } else { 0 };
    let extent = if padded { size } else { config.frame as i64 };
    let lead = if padded {
        (size - config.frame as i64) / 2
    } else {
        0
    };
    let mut list = Vec::new();
    let take = |begin: i64| {
        (0..config.frame as i64)
            .map(|n| sample(begin + n))
            .collect()
    };
    let mut position = 0;
    while position + extent <= length + 2 * pad {
        let begin = position - pad + lead;
        list.push((begin, false, take(begin)));
        position += hop;
    }
    let seen = if list.is_empty() {
        0
    } else {
        position - hop + extent
    };
    if !padded && !config.whole_only && seen < length && position < length {
        list.push((position, true, take(position)));
    }
    list
}

fn prepared(config: &Config, mut frame: Vec<f64>) -> (Vec<f64>, f64) {
    if let Prepare::Kaldi {
        scale,
        remove_dc,
        preemphasis,
    } = config.prepare
    {
        let mean = frame.iter().sum::<f64>() / frame.len() as f64;
        for x in &mut frame {
            *x = (*x - if remove_dc { mean } else { 0.0 }) * scale;
        }
        let energy = frame.iter().map(|x| x * x).sum();
        let before = frame.clone();
        for (n, x) in frame.iter_mut().enumerate() {
            *x -= preemphasis * before[n.saturating_sub(1)];
        }
        return (frame, energy);
    }
    let energy = frame.iter().map(|x| x * x).sum();
    (frame, energy)
}

fn check(config: &Config, seen: &[Seen], rows: &[Vec<f32>]) {
    for (r, row) in rows.iter().enumerate() {
        let expected = frames(config, row);
        assert_eq!(
            seen.len(),
            expected.len(),
            "{config:?}, {} samples",
            row.len()
        );
        for (i, (seen, (start, partial, frame))) in seen.iter().zip(expected).enumerate() {
            assert_eq!(
                (seen.index, seen.start, seen.partial),
                (i as u64, start, partial)
            );
            let (mut frame, energy) = prepared(config, frame);
            let ours = f64::from(seen.energy[r]);
            assert!(
                (ours - energy).abs() <= 2e-6 * energy + 1e-30,
                "{ours} {energy}"
            );
            let weight: f64 = frame.iter().map(|x| x.abs()).sum();
            for (x, w) in frame.iter_mut().zip(&config.window) {
                *x *= w;
            }
            frame.resize(config.size, 0.0);
            for k in 0..=config.size / 2 {
                let (re, im) = dft(&frame, k);
                let size = re.hypot(im);
                let ours = f64::from(seen.power[r][k]).sqrt();
                // Powers are f32 whatever comes before.
                let within = match config.precision {
                    Precision::Single => 2e-6 * weight,
                    Precision::Double => 1e-13 * weight + 1e-7 * size,
                };
                assert!((ours - size).abs() <= within + 1e-18, "{ours}, not {size}");
                if config.phase && size > 1e-2 * weight {
                    let apart = (f64::from(seen.phase[r][k]) - im.atan2(re)).abs();
                    assert!(apart.min(std::f64::consts::TAU - apart) < 1e-3);
                }
            }
        }
    }
}

pub(super) fn rows(seed: u64, count: usize, length: usize) -> Vec<Vec<f32>> {
    let row = |r| {
        noise(seed + r as u64, length)
            .iter()
            .map(|x| *x as f32 + 0.1)
            .collect()
    };
    (0..count).map(row).collect()
}

fn any_config() -> impl Strategy<Value = (Config, usize)> {
    let padding = prop_oneof![
        Just(Padding::None),
        Just(Padding::Zero),
        Just(Padding::Reflect)
    ];
    let kaldi = (any::<bool>(), prop_oneof![Just(0.0), Just(0.97f64)]);
    (
        1..70usize,
        0..20usize,
        1..100usize,
        padding,
        1..4usize,
        prop::option::of(kaldi),
        any::<bool>(),
        any::<(bool, bool)>(),
    )
        .prop_map(
            |(size, shorter, hop, padding, rows, kaldi, whole_only, (double, phase))| {
                let frame = size.saturating_sub(shorter).max(1);
                let prepare = kaldi.map_or(Prepare::Nothing, |(remove_dc, preemphasis)| {
                    Prepare::Kaldi {
                        scale: 32_768.0,
                        remove_dc,
                        preemphasis,
                    }
                });
                let config = Config {
                    rows,
                    prepare,
                    whole_only,
                    phase,
                    precision: if double {
                        Precision::Double
                    } else {
                        Precision::Single
                    },
                    ..config(size, frame, hop, padding)
                };
                (config, rows)
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn equals_the_definition((config, count) in any_config(), seed: u32, length in 0..400usize) {
        let rows = rows(u64::from(seed), count, length);
        for level in Level::available() {
            let mut stft = Stft::with_level(level, config.clone()).unwrap();
            check(&config, &run(&mut stft, &rows, &[length.max(1)]), &rows);
        }
    }

    #[test]
    fn cuts_do_not_matter(
        (config, count) in any_config(),
        seed: u32,
        length in 0..6000usize,
        cuts in prop::collection::vec(0..700usize, 1..6),
    ) {
        prop_assume!(cuts.iter().any(|&cut| cut > 0));
        let rows = rows(u64::from(seed), count, length);
        let mut stft = Stft::new(config).unwrap();
        let whole = run(&mut stft, &rows, &[length.max(1)]);
        prop_assert_eq!(run(&mut stft, &rows, &cuts), whole);
    }
}

#[test]
fn every_kind_of_size() {
    for size in SIZES {
        for padding in [Padding::None, Padding::Zero, Padding::Reflect] {
            let config = config(size, size, size.div_ceil(3), padding);
            let rows = rows(size as u64, 1, 3 * size + 1);
            for level in Level::available() {
                for (precision, phase) in [
                    (Precision::Single, true),
                    (Precision::Single, false),
                    (Precision::Double, false),
                ] {
                    let config = Config {
                        precision,
                        phase,
                        ..config.clone()
                    };
                    let mut stft = Stft::with_level(level, config.clone()).unwrap();
                    check(&config, &run(&mut stft, &rows, &[100]), &rows);
                }
            }
        }
    }
}

#[test]
fn gaps_between_frames_and_no_samples() {
    let config = config(16, 8, 5000, Padding::None);
    let rows = rows(1, 1, 20_003);
    let mut stft = Stft::new(config.clone()).unwrap();
    let seen = run(&mut stft, &rows, &[1000]);
    check(&config, &seen, &rows);
    assert_eq!(seen.len(), 5);
    assert!(run(&mut stft, &[Vec::new()], &[1]).is_empty());
    let far = Config {
        hop: usize::MAX,
        ..config
    };
    assert_eq!(run(&mut Stft::new(far).unwrap(), &rows, &[1000]).len(), 1);
}

#[test]
fn rows_may_be_missing_or_differ_in_length() {
    let config = Config {
        rows: 2,
        ..config(16, 16, 8, Padding::None)
    };
    let mut stft = Stft::new(config).unwrap();
    let mut frames = 0;
    let mut emit = |frame: &Frame<'_>| {
        frames += 1;
        assert!(frame.power(0).iter().any(|&x| x > 0.0));
        assert!(frame.power(1).iter().all(|&x| x == 0.0));
        assert!(frame.power(2).is_empty() && frame.phase(2).is_empty());
    };
    stft.push(&[&[1.0; 20]], &mut emit);
    stft.push(&[&[1.0; 20], &[0.0; 12], &[]], &mut emit);
    stft.push(&[], &mut emit);
    assert_eq!(frames, 3);
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    let good = config(16, 16, 8, Padding::None);
    let bad: [fn(&mut Config); 6] = [
        |c| c.rows = 0,
        |c| c.size = 0,
        |c| c.frame = 0,
        |c| c.frame = 17,
        |c| c.hop = 0,
        |c| c.window.clear(),
    ];
    for spoil in bad {
        let mut config = good.clone();
        spoil(&mut config);
        assert!(matches!(Stft::new(config), Err(Error::Setting(_))));
    }
    for rows in [1 << 60, usize::MAX] {
        let config = Config {
            rows,
            ..good.clone()
        };
        assert!(matches!(Stft::new(config), Err(Error::Memory)));
    }
}
