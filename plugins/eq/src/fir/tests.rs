// SPDX-License-Identifier: MPL-2.0
use super::convolver::{Convolver, Filter, Path};
use auris_dsp::simd::Level;
use proptest::prelude::*;
use std::sync::Arc;

/// Noise that is the same everywhere.
pub(super) fn noise(seed: u64, len: usize) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let next = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as i64 as f64 / i64::MAX as f64
    };
    (0..len).map(next).collect()
}

fn path(from: usize, to: usize, taps: &[f64]) -> Path {
    Path {
        from,
        to,
        taps: taps.to_vec(),
    }
}

fn filter(blockwise: bool, channels: usize, taps: usize, paths: &[Path]) -> Arc<Filter> {
    let new = if blockwise {
        Filter::blockwise
    } else {
        Filter::new
    };
    Arc::new(new(channels, taps, paths))
}

/// The definition, `delay` frames late.
fn naive(channels: usize, paths: &[Path], delay: usize, input: &[f64]) -> Vec<f64> {
    let frames = input.len() / channels;
    let mut out = vec![0.0; input.len()];
    for path in paths {
        for n in delay..frames {
            let taps = path.taps.iter().take(n - delay + 1).enumerate();
            let sum: f64 = taps
                .map(|(k, tap)| tap * input[(n - delay - k) * channels + path.from])
                .sum();
            out[n * channels + path.to] += sum;
        }
    }
    out
}

/// Runs `input` through in calls of these many frames, over and over.
fn run(convolver: &mut Convolver, channels: usize, input: &[f64], cuts: &[usize]) -> Vec<f64> {
    let mut out = input.to_vec();
    let mut rest = &mut out[..];
    for cut in cuts.iter().cycle() {
        let now = rest.len().min(cut * channels);
        convolver.process(&mut rest[..now]);
        rest = &mut rest[now..];
        if rest.is_empty() {
            break;
        }
    }
    out
}

#[track_caller]
fn close(a: &[f64], b: &[f64]) {
    let scale = b.iter().fold(1.0, |m: f64, x| m.max(x.abs()));
    for (i, (a, b)) in a.iter().zip(b).enumerate() {
        assert!((a - b).abs() <= 1e-12 * scale, "at {i}: {a} is not {b}");
    }
}

/// Taps whose sum of squares is about 1.
fn taps(seed: u64, len: usize) -> Vec<f64> {
    let scale = (3.0 / len.max(1) as f64).sqrt();
    noise(seed, len).iter().map(|x| x * scale).collect()
}

#[test]
fn equals_the_definition_for_every_length() {
    for len in [1, 2, 31, 128, 129, 256, 257, 300, 1024, 1500, 4096, 5000] {
        for blockwise in [false, true] {
            let paths = [path(0, 0, &taps(1, len)), path(1, 1, &taps(2, len))];
            let input = noise(3, 2 * (2 * len + 700));
            for level in Level::available() {
                let filter = filter(blockwise, 2, len, &paths);
                let mut convolver = Convolver::with_level(level, filter);
                let expected = naive(2, &paths, convolver.delay(), &input);
                close(&run(&mut convolver, 2, &input, &[480]), &expected);
            }
        }
    }
}

#[test]
fn equals_the_definition_where_partitions_grow() {
    // Sparse, so that the definition is quick.
    for (blockwise, len) in [
        (false, 20_000),
        (false, 65_536),
        (true, 32_768),
        (true, 65_536),
    ] {
        let mut h = vec![0.0; len];
        for (i, x) in taps(1, 40).iter().enumerate() {
            h[(i * i * 41 + 7 * i).min(len - 1)] = *x;
        }
        h[len - 1] = 0.5;
        let filter = filter(blockwise, 1, len, &[path(0, 0, &h)]);
        let mut convolver = Convolver::new(filter);
        let input = noise(2, len + 20_000);
        let out = run(&mut convolver, 1, &input, &[1000, 24]);
        let support: Vec<_> = h.iter().enumerate().filter(|(_, x)| **x != 0.0).collect();
        let expected: Vec<f64> = (0..input.len())
            .map(|n| {
                let at = |k: usize| {
                    n.checked_sub(k + convolver.delay())
                        .map_or(0.0, |i| input[i])
                };
                support.iter().map(|(k, x)| **x * at(*k)).sum()
            })
            .collect();
        close(&out, &expected);
    }
}

#[test]
fn paths_add_up_and_what_is_not_there_is_silent() {
    let (a, b) = (taps(1, 700), taps(2, 90));
    let paths = [
        path(0, 0, &a),
        path(1, 0, &b),
        path(1, 0, &[0.0, 0.0, 0.25]),
        path(2, 3, &a),
        path(4, 1, &[-1.0]),
        path(4, 1, &[0.0; 50]),
        path(0, 4, &b),
        path(0, 9, &a),
        path(9, 0, &a),
    ];
    let input = noise(5, 5 * 3000);
    for blockwise in [false, true] {
        let mut convolver = Convolver::new(filter(blockwise, 5, 700, &paths));
        let expected = naive(5, &paths[..7], convolver.delay(), &input);
        let out = run(&mut convolver, 5, &input, &[77]);
        close(&out, &expected);
        assert!(out.iter().skip(2).step_by(5).all(|x| x.to_bits() == 0));
    }
}

#[test]
fn a_single_tap_is_an_exact_delay() {
    for blockwise in [false, true] {
        let mut taps = vec![0.0; 4096];
        taps[2047] = 1.0;
        let other = [path(0, 0, &noise(1, 4096)), path(1, 1, &taps)];
        let mut convolver = Convolver::new(filter(blockwise, 2, 4096, &other));
        let mut input = noise(2, 2 * 9000);
        input[11] = -0.0;
        let out = run(&mut convolver, 2, &input, &[333]);
        let late = 2 * (2047 + convolver.delay());
        for i in (late + 1..out.len()).step_by(2) {
            assert_eq!(out[i].to_bits(), input[i - late].to_bits());
        }
    }
}

#[test]
fn a_long_fade_passes_from_one_filter_to_the_other() {
    let (a, b) = (taps(1, 3000), taps(2, 3000));
    let input = noise(3, 12_000);
    for blockwise in [false, true] {
        for at in [0, 1, 1024, 5000] {
            let [old, new] = [&a, &b].map(|taps| [path(0, 0, taps)]);
            let mut convolver = Convolver::new(filter(blockwise, 1, 3000, &old));
            let delay = convolver.delay();
            let mut out = run(&mut convolver, 1, &input[..at], &[100]);
            assert!(convolver.swap(filter(blockwise, 1, 3000, &new), 999));
            assert!(convolver.is_fading());
            out.extend(run(&mut convolver, 1, &input[at..], &[100]));
            assert!(!convolver.is_fading());
            let (old, new) = (naive(1, &old, delay, &input), naive(1, &new, delay, &input));
            let expected = old.iter().zip(&new).enumerate().map(|(n, (old, new))| {
                let x = ((n + 1).saturating_sub(at) as f64 / 1000.0).min(1.0);
                old + (new - old) * x * x * (3.0 - 2.0 * x)
            });
            close(&out, &expected.collect::<Vec<_>>());
        }
    }
}

#[test]
fn a_channel_that_was_only_delayed_knows_its_past() {
    for (blockwise, len) in [(false, 3000), (true, 3000), (true, 32_768)] {
        let mut delay = vec![0.0; len];
        delay[len / 2] = 1.0;
        let dense = [path(0, 0, &delay), path(0, 0, &taps(1, 500))];
        let only_late = [path(0, 0, &delay)];
        let input = noise(3, 2 * len + 5000);
        let mut always = Convolver::new(filter(blockwise, 1, len, &dense));
        let mut changing = Convolver::new(filter(blockwise, 1, len, &only_late));
        let swap = len + 3333;
        let expected = run(&mut always, 1, &input, &[100]);
        run(&mut changing, 1, &input[..swap], &[100]);
        changing.swap(filter(blockwise, 1, len, &dense), 0);
        assert!(!changing.is_fading());
        let out = run(&mut changing, 1, &input[swap..], &[100]);
        assert_eq!(out, expected[swap..]);
    }
}

#[test]
fn of_the_filters_that_wait_for_a_fade_the_last_one_wins() {
    let gain = |g| filter(false, 1, 1000, &[path(0, 0, &[g])]);
    let mut convolver = Convolver::new(gain(1.0));
    let old = gain(2.0);
    convolver.swap(old.clone(), 500);
    convolver.swap(gain(3.0), 500);
    convolver.swap(gain(4.0), 500);
    let out = run(&mut convolver, 1, &[1.0; 1200], &[64]);
    assert!(out.is_sorted());
    assert!(out[499] < 2.0 && out[500] > 2.0 && out[500] < 2.0001);
    assert!(out[999] < 4.0 && out[1000..].iter().all(|x| *x == 4.0));
    assert_eq!(Arc::strong_count(&old), 1);

    convolver.swap(gain(5.0), 500);
    convolver.swap(gain(6.0), 500);
    convolver.reset();
    assert!(!convolver.is_fading());
    assert_eq!(run(&mut convolver, 1, &[1.0; 3], &[2]), [6.0; 3]);
}

#[test]
fn a_filter_of_another_shape_is_not_taken() {
    let id = |channels, taps| Arc::new(Filter::new(channels, taps, &[path(0, 0, &[1.0])]));
    let mut convolver = Convolver::new(id(2, 1000));
    for other in [
        id(1, 1000),
        id(2, 1001),
        filter(true, 2, 1000, &[path(0, 0, &[1.0])]),
    ] {
        assert!(!convolver.swap(other, 10));
    }
    assert!(convolver.swap(id(2, 1000), 10));
}

#[test]
fn reset_leaves_nothing() {
    let input = noise(1, 6000);
    for blockwise in [false, true] {
        let make = || filter(blockwise, 1, 2000, &[path(0, 0, &taps(1, 2000))]);
        let mut convolver = Convolver::new(make());
        let first = run(&mut convolver, 1, &input, &[129]);
        convolver.swap(make(), 5000);
        run(&mut convolver, 1, &input[..1234], &[129]);
        convolver.reset();
        assert_eq!(run(&mut convolver, 1, &input, &[1000]), first);
    }
}

#[test]
fn what_is_no_sample_counts_as_zero() {
    for blockwise in [false, true] {
        let paths = [path(0, 0, &taps(1, 900)), path(1, 1, &[0.0, 1.0])];
        let filter = filter(blockwise, 2, 900, &paths);
        let bad = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, -1e200];
        let mut input = noise(2, 2 * 3000);
        let mut clean = input.clone();
        for (i, x) in bad.iter().cycle().take(40).enumerate() {
            input[2000 + 3 * i] = *x;
            clean[2000 + 3 * i] = 0.0;
        }
        let mut convolver = Convolver::new(filter.clone());
        assert!(convolver.process(&mut clean[..]));
        convolver.reset();
        assert!(!convolver.process(&mut input[..]));
        assert_eq!(input, clean);
        assert!(convolver.process(&mut [0.0; 200]));
    }
    let odd = [path(0, 0, &[f64::NAN, 1.0, f64::INFINITY, 0.5, 1e300])];
    let mut convolver = Convolver::new(filter(false, 1, 5, &odd));
    let out = run(&mut convolver, 1, &[1.0, 0.0, 0.0, 0.0, 0.0], &[5]);
    close(&out, &[0.0, 1.0, 0.0, 0.5, 0.0]);
}

#[test]
fn nothing_at_all_is_no_trouble() {
    for blockwise in [false, true] {
        let mut none = Convolver::new(filter(blockwise, 0, 100, &[path(0, 0, &[1.0, 2.0])]));
        assert!(none.process(&mut []));
        let mut short = Convolver::new(filter(blockwise, 1, 0, &[path(0, 0, &[1.0, 2.0])]));
        assert_eq!(run(&mut short, 1, &[1.0; 99], &[0, 50]), [0.0; 99]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_cut_does_not_change_one_bit(
        blockwise: bool,
        len in prop_oneof![1usize..600, 600usize..10_000, Just(33_000)],
        channels in 1usize..4,
        cuts in prop::collection::vec(0usize..1500, 1..8),
        swap in 0usize..6000,
        fade in 0usize..3000,
        seed: u64,
    ) {
        prop_assume!(cuts.iter().sum::<usize>() > 10);
        let h = |seed| {
            let dense = (0..channels).map(|c| path(c, (c + 1) % channels, &taps(seed, len)));
            let late = path(0, 0, &[0.0, 1.0]);
            filter(blockwise, channels, len, &dense.chain([late]).collect::<Vec<_>>())
        };
        let (old, new) = (h(seed), h(seed ^ 0x5555));
        let input = noise(seed, 12_000 * channels);
        let (before, after) = input.split_at(swap * channels);
        for level in Level::available() {
            let out = [&[64][..], &cuts].map(|cuts| {
                let mut convolver = Convolver::with_level(level, old.clone());
                let mut out = run(&mut convolver, channels, before, cuts);
                convolver.swap(new.clone(), fade);
                convolver.swap(old.clone(), fade);
                out.extend(run(&mut convolver, channels, after, cuts));
                out
            });
            prop_assert!(out[0].iter().zip(&out[1]).all(|(a, b)| a.to_bits() == b.to_bits()));
        }
    }
}
