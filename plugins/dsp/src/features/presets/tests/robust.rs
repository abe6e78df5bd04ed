// SPDX-License-Identifier: MPL-2.0
//! What goes in and out, whatever it is.
use super::super::{FrontEnd, Plan, Preset, WHISPER_RATE, WhisperChunks};
use super::signal::{music, sweep};
use crate::features::FeatureSet;

fn frames(front_end: &mut FrontEnd, rows: &[&[f32]], piece: usize) -> Vec<Vec<f32>> {
    let mut found = Vec::new();
    let length = rows[0].len();
    let all: Vec<usize> = (0..rows.len()).collect();
    for begin in (0..length).step_by(piece) {
        let end = (begin + piece).min(length);
        let rows: Vec<&[f32]> = rows.iter().map(|row| &row[begin..end]).collect();
        front_end.push(&rows, &mut |frame| {
            found.push(
                all.iter()
                    .flat_map(|&row| frame.values(row).to_vec())
                    .collect(),
            );
        });
    }
    front_end.finish(&mut |frame| {
        found.push(
            all.iter()
                .flat_map(|&row| frame.values(row).to_vec())
                .collect(),
        );
    });
    found
}

fn make(preset: Preset, rate: u32, rows: usize) -> FrontEnd {
    let plan = preset
        .plan(rate, rows, FeatureSet::ALL)
        .expect("it knows the rate");
    FrontEnd::new(plan).expect("it can be")
}

#[test]
fn numbers_of_frames() {
    // librosa: 1 + n / 512, Kaldi: whole frames only, Whisper: n / 160.
    for n in [1, 399, 400, 560, 1600, 3201] {
        let x = music(16_000, n);
        for (preset, expected) in [
            (Preset::Librosa, 1 + n / 512),
            (Preset::Whisper, n / 160),
            (Preset::Kaldi, if n < 400 { 0 } else { 1 + (n - 400) / 160 }),
        ] {
            let found = frames(&mut make(preset, 16_000, 1), &[&x], 100);
            assert_eq!(found.len(), expected, "{preset:?} of {n}");
        }
    }
}

#[test]
fn channels_do_not_know_of_each_other_nor_of_pieces_nor_of_the_stream_before() {
    let (a, b) = (music(16_000, 9000), sweep(16_000, 9000));
    for preset in Preset::ALL {
        let alone = [&a, &b].map(|x| frames(&mut make(preset, 16_000, 1), &[x], 9000));
        let mut both = make(preset, 16_000, 2);
        for piece in [9000, 777, 1] {
            let found = frames(&mut both, &[&a, &b], piece);
            assert_eq!(found.len(), alone[0].len());
            for (i, frame) in found.iter().enumerate() {
                let apart = alone[0][i].iter().chain(&alone[1][i]);
                for (x, y) in frame.iter().zip(apart) {
                    // Two rows may go through one transform: rounding differs. What is close to 0
                    // is a sum of decibels.
                    assert!(
                        (x - y).abs() <= 2e-3 + 1e-4 * y.abs(),
                        "{preset:?} {i}: {x} {y}"
                    );
                }
            }
        }
    }
}

#[test]
fn what_is_no_number_ends_with_its_frames() {
    let mut x = music(16_000, 16_000);
    let clean = x.clone();
    for (n, odd) in [
        (1000, f32::NAN),
        (1001, f32::INFINITY),
        (1002, 3e38),
        (1003, -3e38),
    ] {
        x[n] = odd;
    }
    for preset in Preset::ALL {
        let mut front_end = make(preset, 16_000, 1);
        let expected = frames(&mut front_end, &[&clean], 500);
        let found = frames(&mut front_end, &[&x], 500);
        // From the first frame on that is behind them, with one before it and librosa's delay.
        let behind = 10 + 3100 / if preset == Preset::Librosa { 512 } else { 160 };
        for (a, b) in found[behind..].iter().zip(&expected[behind..]) {
            assert_eq!(a, b, "{preset:?}");
        }
    }
}

#[test]
fn silence_is_finite() {
    for preset in Preset::ALL {
        for level in [0.0, 1e-38, 1.0] {
            let found = frames(&mut make(preset, 16_000, 1), &[&[level; 5000]], 500);
            assert!(
                found.iter().flatten().all(|x| x.is_finite()),
                "{preset:?} {level}"
            );
        }
    }
}

#[test]
fn a_feature_is_the_same_whatever_else_is_asked_for() {
    let x = sweep(16_000, 8000);
    for preset in Preset::ALL {
        let mut all = make(preset, 16_000, 1);
        let together = frames(&mut all, &[&x], 8000);
        for output in all.outputs() {
            let one = FeatureSet::NONE.with(output.feature);
            let plan = preset.plan(16_000, 1, one).expect("it knows the rate");
            let alone = frames(&mut FrontEnd::new(plan).expect("it can be"), &[&x], 8000);
            for (all, alone) in together.iter().zip(&alone) {
                assert_eq!(
                    all[output.offset..][..output.length],
                    alone[..],
                    "{output:?}"
                );
            }
        }
    }
}

#[test]
fn odd_rates_and_plans() {
    for rate in [0, 1, 99, 8000, 11_025, 44_100, 192_000, u32::MAX] {
        for preset in Preset::ALL {
            let plan = preset.plan(rate, 1, FeatureSet::ALL);
            assert!(preset != Preset::Whisper || plan.is_ok() == (rate == WHISPER_RATE));
            if let Ok(plan) = plan {
                // As far as it can be: at 1 Hz there is nothing from 20 Hz on.
                let _ = FrontEnd::new(plan);
            }
        }
    }
    let plan = |change: fn(&mut Plan)| {
        let mut plan = Preset::Librosa
            .plan(48_000, 2, FeatureSet::ALL)
            .expect("any rate");
        change(&mut plan);
        FrontEnd::new(plan)
    };
    assert!(plan(|_| {}).is_ok());
    let odd: [fn(&mut Plan); 9] = [
        |plan| plan.features.rows = 1,
        |plan| plan.features.size = 1024,
        |plan| plan.features.mel.bands = 0,
        |plan| plan.features.coefficients = 129,
        |plan| plan.features.coefficients = 0,
        |plan| plan.features.rolloff = f64::NAN,
        |plan| plan.features.floor = 0.0,
        |plan| plan.features.full_scale = 0.0,
        |plan| plan.stft.hop = 0,
    ];
    for change in odd {
        assert!(plan(change).is_err());
    }
    for preset in Preset::ALL {
        assert_eq!(Preset::from_name(preset.name()), Some(preset));
    }
}

#[test]
fn whisper_chunks_are_limited_one_by_one() {
    // Loud for half a minute, then quiet: the quiet part keeps its own range.
    let mut x = sweep(16_000, 34 * 16_000);
    x[30 * 16_000..].iter_mut().for_each(|x| *x *= 1e-3);
    let mut found: Vec<(u64, usize, Vec<f32>)> = Vec::new();
    let mut chunks = WhisperChunks::new(2, 80).expect("it can be");
    for piece in x.chunks(12_345) {
        chunks.push(&[piece, piece], &mut |chunk| {
            found.push((chunk.index, chunk.samples, chunk.values(1).to_vec()));
        });
    }
    chunks.finish(&mut |chunk| found.push((chunk.index, chunk.samples, chunk.values(1).to_vec())));
    let seen: Vec<_> = found
        .iter()
        .map(|(index, samples, _)| (*index, *samples))
        .collect();
    assert_eq!(seen, [(0, 480_000), (1, 64_000)]);
    let range = |values: &[f32]| {
        let most = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        (
            most,
            most - values.iter().copied().fold(f32::INFINITY, f32::min),
        )
    };
    let [(loud, _), (quiet, quiet_range)] = [range(&found[0].2), range(&found[1].2)];
    assert!(
        (loud - quiet - 1.5).abs() < 0.01,
        "60 dB are 1.5: {loud} {quiet}"
    );
    assert!(quiet_range <= 2.0 + 1e-6);
    assert!(found.iter().all(|chunk| chunk.2.len() == 3000 * 80));
    chunks.finish(&mut |_| panic!("there is nothing left"));
    assert!(WhisperChunks::new(1, 0).is_err());
}
