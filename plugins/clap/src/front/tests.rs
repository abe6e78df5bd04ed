// SPDX-License-Identifier: MPL-2.0
use super::*;
use std::num::NonZeroUsize;

fn noise(count: usize, seed: u32) -> Vec<f32> {
    let mut state = seed;
    (0..count)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 23) as f32 - 1.0
        })
        .collect()
}

/// The spectrogram by its definition, with a plain Fourier sum at the bins that a band needs.
fn by_definition(samples: &[f32], bank: Bank, frame: usize, band: usize) -> f64 {
    let triangle = &bank.triangles()[band];
    let at = |i: isize| {
        let i = i.unsigned_abs();
        f64::from(samples[if i < WINDOW { i } else { 2 * (WINDOW - 1) - i }])
    };
    let bins = (triangle.first..).zip(&triangle.weights);
    let power = bins.map(|(bin, weight)| {
        let (mut re, mut im) = (0.0, 0.0);
        for i in 0..1024 {
            let turn = std::f64::consts::TAU * i as f64 / 1024.0;
            let x = at((frame * 480 + i) as isize - 512) * (0.5 - 0.5 * turn.cos());
            let phase = turn * bin as f64;
            re += x * phase.cos();
            im -= x * phase.sin();
        }
        weight * (re * re + im * im)
    });
    10.0 * power.sum::<f64>().max(1e-10).log10()
}

#[test]
fn frames_are_what_their_definition_says() {
    let samples = noise(WINDOW, 1);
    for bank in [Bank::Slaney, Bank::Htk] {
        let mut log_mel = LogMel::new();
        let mut front_end = FrontEnd::new(bank);
        front_end
            .compute(&samples, Padding::Pad, &mut log_mel)
            .expect("noise is finite");
        for frame in [0, 1, 2, 500, 998, 999, 1000] {
            for band in [0, 1, 17, 40, 63] {
                let found = f64::from(log_mel.frames()[frame][band]);
                let defined = by_definition(&samples, bank, frame, band);
                assert!(
                    (found - defined).abs() < 1e-5,
                    "{bank:?} {frame} {band}: {found} {defined}"
                );
            }
        }
    }
}

#[test]
fn short_audio_is_padded_in_three_ways() {
    let samples = noise(200_000, 2);
    let padded = |padding| {
        let mut window = Vec::new();
        pad(&samples, padding, &mut window);
        assert_eq!(window.len(), WINDOW);
        window
    };
    let [once, twice, full] = [Padding::Pad, Padding::RepeatPad, Padding::Repeat].map(padded);
    for window in [&once, &twice, &full] {
        assert_eq!(window[..200_000], samples);
    }
    assert!(once[200_000..].iter().all(|&x| x == 0.0));
    assert_eq!(twice[200_000..400_000], samples);
    assert!(twice[400_000..].iter().all(|&x| x == 0.0));
    assert_eq!(full[200_000..400_000], samples);
    assert_eq!(full[400_000..], samples[..80_000]);
}

#[test]
fn one_sample_makes_a_spectrogram_and_none_does_not() {
    let (mut front_end, mut log_mel) = (FrontEnd::new(Bank::Slaney), LogMel::new());
    for padding in [Padding::RepeatPad, Padding::Repeat, Padding::Pad] {
        front_end
            .compute(&[0.5], padding, &mut log_mel)
            .expect("one sample is enough");
        assert!(
            log_mel
                .frames()
                .as_flattened()
                .iter()
                .all(|x| x.is_finite())
        );
    }
    let none = front_end.compute(&[], Padding::Pad, &mut log_mel);
    assert!(matches!(none, Err(Error::NoAudio)));
    let bad = front_end.compute(&[0.0, f32::NAN], Padding::Pad, &mut log_mel);
    assert!(matches!(bad, Err(Error::SampleNotFinite { index: 1 })));
}

#[test]
fn loudest_samples_give_finite_bands() {
    let (mut front_end, mut log_mel) = (FrontEnd::new(Bank::Htk), LogMel::new());
    front_end
        .compute(
            &[f32::MAX, f32::MIN, f32::MAX],
            Padding::Repeat,
            &mut log_mel,
        )
        .expect("the samples are finite");
    assert!(
        log_mel
            .frames()
            .as_flattened()
            .iter()
            .all(|x| x.is_finite())
    );
}

fn cut(window: usize, hop: usize, tail: Tail) -> Cut {
    let positive = |n| NonZeroUsize::new(n).expect("lengths are positive");
    Cut {
        window: positive(window),
        hop: positive(hop),
        padding: Padding::RepeatPad,
        tail,
    }
}

/// Windows of `samples`, pushed in pieces, with where they begin.
fn windows(samples: &[f32], cut: Cut, pieces: &[usize]) -> Vec<(u64, LogMel)> {
    let mut windows = Windows::new(Bank::Slaney, cut);
    let mut all = Vec::new();
    let mut keep = |piece: Piece<'_>| {
        let begin = piece.begin as usize;
        assert_eq!(piece.samples, &samples[begin..][..piece.samples.len()]);
        all.push((piece.begin, piece.log_mel.clone()));
    };
    let mut left = samples;
    for &piece in pieces.iter().cycle() {
        let (now, later) = left.split_at(piece.min(left.len()));
        windows
            .push(now, &mut keep)
            .expect("the samples are finite");
        left = later;
        if left.is_empty() {
            break;
        }
    }
    windows.finish(&mut keep);
    all
}

fn begins(windows: &[(u64, LogMel)]) -> Vec<u64> {
    windows.iter().map(|(begin, _)| *begin).collect()
}

#[test]
fn windows_are_the_same_however_the_audio_comes() {
    let samples = noise(1_300_000, 3);
    let (w, align, pad) = (WINDOW, Tail::Align, Tail::Pad);
    for (window, hop, tail, expected) in [
        (
            w,
            240_000,
            align,
            vec![0, 240_000, 480_000, 720_000, 820_000],
        ),
        (w, 480_000, align, vec![0, 480_000, 820_000]),
        (w, 410_000, align, vec![0, 410_000, 820_000]),
        (w, 700_001, align, vec![0, 700_001, 820_000]),
        (w, 2_000_160, align, vec![0, 820_000]),
        (w, 240_000, pad, vec![0, 240_000, 480_000, 720_000, 960_000]),
        (w, 480_000, pad, vec![0, 480_000, 960_000]),
        (w, 410_000, pad, vec![0, 410_000, 820_000]),
        (w, 700_001, pad, vec![0, 700_001]),
        (w, 2_000_160, pad, vec![0]),
        (
            300_000,
            300_000,
            pad,
            vec![0, 300_000, 600_000, 900_000, 1_200_000],
        ),
        (300_000, 500_000, align, vec![0, 500_000, 1_000_000]),
        (300_001, 600_000, align, vec![0, 600_000, 999_999]),
        (300_001, 600_000, pad, vec![0, 600_000, 1_200_000]),
    ] {
        let cut = cut(window, hop, tail);
        let whole = windows(&samples, cut, &[samples.len()]);
        assert_eq!(begins(&whole), expected, "{cut:?}");
        for pieces in [&[480][..], &[1, 99_999, 479_999], &[700_000, 3]] {
            let parts = windows(&samples, cut, pieces);
            assert_eq!(begins(&parts), expected, "{cut:?}, {pieces:?}");
            for ((_, a), (_, b)) in whole.iter().zip(&parts) {
                assert!(a.frames() == b.frames(), "{cut:?}, {pieces:?}");
            }
        }
        let mut front_end = FrontEnd::new(Bank::Slaney);
        for (begin, log_mel) in &whole {
            let mut alone = LogMel::new();
            let from = &samples[*begin as usize..];
            front_end
                .compute(
                    &from[..window.min(from.len())],
                    Padding::RepeatPad,
                    &mut alone,
                )
                .expect("the samples are finite");
            assert!(
                log_mel.frames() == alone.frames(),
                "{cut:?}, window at {begin}"
            );
        }
    }
}

#[test]
fn lengths_around_a_window_make_the_windows_they_should() {
    let samples = noise(WINDOW + 1, 4);
    for (tail, last) in [(Tail::Align, 1), (Tail::Pad, 240_000)] {
        let cut = cut(WINDOW, 240_000, tail);
        let begins_of = |count: usize| begins(&windows(&samples[..count], cut, &[100_000]));
        assert!(begins_of(0).is_empty());
        assert_eq!(begins_of(1), [0]);
        assert_eq!(begins_of(WINDOW - 1), [0]);
        assert_eq!(begins_of(WINDOW), [0]);
        assert_eq!(begins_of(WINDOW + 1), [0, last]);
    }
}

#[test]
fn after_the_end_the_next_audio_begins_anew() {
    let samples = noise(600_000, 5);
    let mut windows = Windows::new(Bank::Slaney, cut(WINDOW, 480, Tail::Align));
    let mut run = || {
        let mut all = Vec::new();
        let mut keep = |piece: Piece<'_>| all.push((piece.begin, piece.log_mel.clone()));
        windows
            .push(&samples[..490_000], &mut keep)
            .expect("finite");
        windows.finish(&mut keep);
        all
    };
    let (first, second) = (run(), run());
    assert_eq!(begins(&first), begins(&second));
    assert!(first.len() > 20);
    for ((_, a), (_, b)) in first.iter().zip(&second) {
        assert!(a.frames() == b.frames());
    }
    let bad = windows.push(&[0.0, 0.0, f32::INFINITY], |_| {});
    assert!(matches!(bad, Err(Error::SampleNotFinite { index: 2 })));
}
