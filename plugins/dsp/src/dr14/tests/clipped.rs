// SPDX-License-Identifier: MPL-2.0
//! What the meter says of float samples over full scale.
use super::*;

/// Float samples over full scale: the clipped value is that of the same samples limited.
#[test]
fn clipped_value_is_that_of_limited_samples() {
    let even = noise(7, 40_000, 1.0);
    for (gain, format) in [1.5, 1e3, 1e5, 1e30]
        .into_iter()
        .flat_map(|gain| [SampleFormat::F32, SampleFormat::F64].map(|format| (gain, format)))
    {
        // Loud for one half only, so that there are blocks of both kinds.
        let gain_at = |i: usize| if i < 20_000 { gain } else { 1.0 };
        let samples: Vec<f64> = even
            .iter()
            .enumerate()
            .map(|(i, x)| x * gain_at(i))
            .collect();
        let limited: Vec<f64> = samples.iter().map(|x| x.clamp(-1.0, 1.0)).collect();
        let run = |x: &[f64], edge_trim, window| {
            let config = Config {
                edge_trim,
                window,
                ..Config::new(format, 700, 2)
            };
            let measured = measure(&config, Level::best(), &encode(format, x), &[333]);
            measured.report(&Options::default())
        };
        for (edge_trim, window) in [(None, 0), (Some(0.1), 0), (None, 5000), (Some(0.1), 9000)] {
            let hot = run(&samples, edge_trim, window);
            let cold = run(&limited, edge_trim, window);
            let over = samples.iter().filter(|x| x.abs() > 1.0).count() as u64;
            let counts = [&hot, &cold].map(|r| r.oddities.over_full_scale);
            assert_eq!(counts, [over, 0]);
            assert_eq!(cold.clipped, None);
            assert_eq!(
                hot.clipped,
                Some(cold.headline),
                "{gain} {format:?} {window}"
            );
        }
        assert_ne!(
            run(&samples, None, 0).headline,
            run(&limited, None, 0).headline
        );
    }
}

#[test]
fn a_day_of_stereo_fits_in_two_megabytes_where_every_block_exceeds_full_scale() {
    let (rate, day) = (48_000, 24 * 3600 * 48_000);
    let hot = encode(SampleFormat::F32, &[1.5, -2.0]);
    let mut meter = Meter::new(Config::new(SampleFormat::F32, rate, 2));
    let step = cells::foobar_block(rate);
    for _ in 0..day / step {
        meter.push(&[&hot]);
        meter.push_silence(step - 1);
    }
    let measured = meter.finish();
    let bytes = measured.cells.memory();
    assert!(bytes <= 2_000_000, "{bytes}");
    // Every block of every channel holds one limited sample.
    let expected = (2.0 / step as f64).sqrt();
    for start in (0..day / step).map(|block| block * step) {
        for channel in 0..2 {
            let limited = measured.cells.limited_rms(start, channel, None).unwrap();
            assert!((limited - expected).abs() < 1e-4, "{start} {limited}");
        }
    }
}

#[test]
fn edge_trim_returns_to_limited_sums_of_the_moment() {
    // Blocks end at 2102 and 4204, a cell between them at 4200: the end that is taken back begins
    // before, in and after the short cell, with what exceeds full scale in the long one.
    let config = Config::new(SampleFormat::F64, 700, 1);
    let trimming = Config {
        edge_trim: Some(0.01),
        ..config.clone()
    };
    for loud in (4150..4220).step_by(3) {
        // A short quiet run comes before the one that counts.
        let value = |i| match i {
            10..20 => 0.0,
            0..4000 => 1.8,
            _ => 0.02,
        };
        let mut samples: Vec<f64> = (0..loud).map(value).collect();
        let core = measure(
            &config,
            Level::best(),
            &encode(SampleFormat::F64, &samples),
            &[],
        );
        samples.resize(4 * loud, 0.0);
        let trimmed = measure(
            &trimming,
            Level::best(),
            &encode(SampleFormat::F64, &samples),
            &[500],
        );
        for start in [0, 2102, 4204].into_iter().filter(|start| *start < loud) {
            let [got, expected] =
                [&trimmed, &core].map(|m| m.cells.limited_rms(start as u64, 0, None));
            assert_eq!(got, expected, "{loud} frames, block at {start}");
        }
    }
}
