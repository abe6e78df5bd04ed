// SPDX-License-Identifier: MPL-2.0
//! Properties of the meter, and comparison with a direct transcription of the published algorithm.
use super::*;
use crate::pcm::SampleFormat;
use crate::simd::Level;
use proptest::prelude::*;

mod clipped;

const FORMATS: [SampleFormat; 6] = [
    SampleFormat::S16,
    SampleFormat::S24,
    SampleFormat::S24In32,
    SampleFormat::S32,
    SampleFormat::F32,
    SampleFormat::F64,
];

/// Noise with a level that wanders, so that blocks differ; deterministic.
fn noise(seed: u64, samples: usize, amplitude: f64) -> Vec<f64> {
    let mut state = seed | 1;
    (0..samples)
        .map(|i| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let white = (state >> 11) as f64 / (1u64 << 52) as f64 - 1.0;
            white * amplitude * (0.2 + 0.8 * (i as f64 * 1e-4).sin().abs())
        })
        .collect()
}

fn encode(format: SampleFormat, samples: &[f64]) -> Vec<u8> {
    let int = |x: f64, bits: u32| {
        let scale = (1u64 << (bits - 1)) as f64;
        (x * scale).round().clamp(-scale, scale - 1.0) as i64 as i32
    };
    let low = |v: i32| {
        let bytes = v.to_ne_bytes();
        if cfg!(target_endian = "little") {
            [bytes[0], bytes[1], bytes[2]]
        } else {
            [bytes[1], bytes[2], bytes[3]]
        }
    };
    samples
        .iter()
        .flat_map(|&x| match format {
            SampleFormat::S16 => (int(x, 16) as i16).to_ne_bytes().to_vec(),
            SampleFormat::S24 => low(int(x, 24)).to_vec(),
            SampleFormat::S24In32 => int(x, 24).to_ne_bytes().to_vec(),
            SampleFormat::S32 => int(x, 32).to_ne_bytes().to_vec(),
            SampleFormat::F32 => (x as f32).to_ne_bytes().to_vec(),
            SampleFormat::F64 => x.to_ne_bytes().to_vec(),
        })
        .collect()
}

fn measure(config: &Config, level: Level, bytes: &[u8], cuts: &[usize]) -> Measurement {
    let mut meter = Meter::with_level(config.clone(), level);
    let frame = config.channels * config.format.bytes();
    let mut rest = bytes;
    for &cut in cuts.iter().cycle() {
        let take = (cut * frame).min(rest.len());
        meter.push(&[&rest[..take]]);
        rest = &rest[take..];
        if rest.is_empty() || cuts.is_empty() {
            break;
        }
    }
    meter.push(&[rest]);
    meter.finish()
}

fn bits(measurement: &Measurement) -> Vec<u64> {
    let tail = measurement.tail.iter().map(|t| t.as_cell());
    let cells = measurement.cells.iter().chain(tail);
    cells
        .flat_map(|c| {
            let values = c.sums.iter().chain(c.peaks).map(|v| v.to_bits());
            std::iter::once(c.frames).chain(values).collect::<Vec<_>>()
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Any level, any partition, any channel count: the same bits.
    #[test]
    fn every_level_and_every_partition_give_the_same_bits(
        format in 0usize..6, channels in 1usize..=64, frames in 0usize..3000, seed: u64,
        // At 1 Hz cells are 3 frames long: up to a thousand of them.
        rate in prop_oneof![Just(1u32), 100u32..600],
        cuts in prop::collection::vec(1usize..700, 1..6),
        edge_trim in prop::option::of(Just(0.05)), quiet in any::<prop::sample::Index>(),
        window in prop_oneof![Just(0u64), 1u64..2500],
        amplitude in prop_oneof![Just(0.7), Just(1.6)],
        odd in prop::collection::vec(any::<prop::sample::Index>(), 0..5),
    ) {
        let format = FORMATS[format];
        let mut samples = noise(seed, frames * channels, amplitude);
        // An end that an edge trim may take back.
        let quiet = quiet.index(frames + 1) * channels;
        samples[quiet..].fill(0.01);
        if format.is_float() && !samples.is_empty() {
            for (i, index) in odd.iter().enumerate() {
                let at = index.index(samples.len());
                samples[at] = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e200][i % 4];
            }
        }
        let bytes = encode(format, &samples);
        let config = Config { edge_trim, window, ..Config::new(format, rate, channels) };
        let reference = measure(&config, Level::SCALAR, &bytes, &[]);
        if edge_trim.is_none() && window == 0 {
            prop_assert_eq!(reference.frames(), frames as u64);
        }
        for level in Level::available() {
            let other = measure(&config, level, &bytes, &cuts);
            prop_assert_eq!(bits(&other), bits(&reference), "{}", level.name());
            prop_assert_eq!(other.oddities, reference.oddities);
            prop_assert_eq!(
                other.report(&Options::default()).clipped,
                reference.report(&Options::default()).clipped
            );
        }
    }

    /// Measured in parts that end on block boundaries and joined: the same bits.
    #[test]
    fn parts_join_to_the_whole(
        format in 0usize..6, channels in 1usize..9, rate in 100u32..400,
        blocks in 1u64..5, extra in 0u64..500, more in 1u64..3000, seed: u64,
    ) {
        let format = FORMATS[format];
        let split = blocks * cells::foobar_block(rate);
        let frames = split + more + extra;
        let bytes = encode(format, &noise(seed, frames as usize * channels, 1.2));
        let frame = channels * format.bytes();
        let config = Config::new(format, rate, channels);
        let whole = measure(&config, Level::best(), &bytes, &[]);
        let (head, tail) = bytes.split_at(split as usize * frame);
        let mut joined = measure(&config, Level::best(), head, &[]);
        let rest = Config { origin: split, ..config };
        joined.append(&measure(&rest, Level::best(), tail, &[])).unwrap();
        prop_assert_eq!(bits(&joined), bits(&whole));
        let options = Options { explain: true, ..Options::default() };
        prop_assert_eq!(joined.report(&options), whole.report(&options));
    }

    /// Interleaved or in planes: the same sums but for the last bits, exactly the same for 16 bit.
    #[test]
    fn planes_agree_with_interleaved(
        format in 0usize..6, channels in 1usize..9, frames in 1usize..3000, seed: u64,
    ) {
        let format = FORMATS[format];
        let samples = noise(seed, frames * channels, 0.9);
        let config = Config::new(format, 300, channels);
        let interleaved = measure(&config, Level::best(), &encode(format, &samples), &[]);
        let planes: Vec<Vec<u8>> = (0..channels)
            .map(|c| encode(format, &samples.iter().skip(c).step_by(channels).copied().collect::<Vec<_>>()))
            .collect();
        let mut meter = Meter::new(Config { planar: true, ..config });
        meter.push(&planes.iter().map(Vec::as_slice).collect::<Vec<_>>());
        let planar = meter.finish();
        for (a, b) in interleaved.cells.iter().zip(planar.cells.iter()) {
            prop_assert_eq!(a.peaks, b.peaks);
            for (x, y) in a.sums.iter().zip(b.sums) {
                prop_assert!((x - y).abs() <= 1e-12 * x.abs());
                prop_assert!(format != SampleFormat::S16 || x == y);
            }
        }
    }

    /// The three dialects against a direct transcription of their descriptions.
    #[test]
    fn dialects_agree_with_their_descriptions(
        frames in 0usize..9000, rate in 100u32..400, seed: u64, channels in 1usize..4,
    ) {
        let samples: Vec<f64> = noise(seed, frames * channels, 0.9)
            .iter().map(|x| (x * 32768.0).round() / 32768.0).collect();
        let config = Config::new(SampleFormat::S16, rate, channels);
        let bytes = encode(SampleFormat::S16, &samples);
        let report = measure(&config, Level::best(), &bytes, &[701]).report(&Options::default());
        for dialect in Dialect::ALL {
            let expected = transcription(dialect, &samples, channels, rate);
            let got = report.value(dialect).precise;
            match (expected, got) {
                (Some(e), Some(g)) => prop_assert!((e - g).abs() < 1e-9, "{dialect:?} {e} {g}"),
                (e, g) => prop_assert_eq!(e, g, "{:?}", dialect),
            }
        }
    }
}

/// The published descriptions, read literally: whole arrays, sorted.
fn transcription(dialect: Dialect, samples: &[f64], channels: usize, rate: u32) -> Option<f64> {
    let frames = samples.len() / channels;
    let block = dialect.block_frames(rate) as usize;
    let mut ranges = Vec::new();
    for channel in 0..channels {
        let x: Vec<f64> = samples
            .iter()
            .skip(channel)
            .step_by(channels)
            .copied()
            .collect();
        let (mut rms, mut peaks) = (Vec::new(), Vec::new());
        let mut add = |part: &[f64], scale: f64| {
            let sum: f64 = part.iter().map(|v| v * v).sum();
            rms.push(scale * (2.0 * sum / part.len().max(1) as f64).sqrt());
            peaks.push(scale * part.iter().fold(0.0, |m: f64, v| m.max(v.abs())));
        };
        if dialect == Dialect::Tt {
            if frames == 0 {
                continue;
            }
            for segment in 0..=frames / block {
                let end = ((segment + 1) * block).min(if segment == frames / block {
                    frames - 1
                } else {
                    frames
                });
                add(
                    x.get(segment * block..end).unwrap_or_default(),
                    32_768.0 / 32_769.0,
                );
            }
        } else {
            x.chunks(block)
                .filter(|part| part.len() >= 2)
                .for_each(|part| add(part, 1.0));
        }
        if rms.is_empty() {
            continue;
        }
        if dialect == Dialect::Foobar {
            rms.iter_mut()
                .for_each(|r| *r = (*r * 10_000.0).floor().min(10_000.0) / 10_000.0);
        }
        rms.sort_by(f64::total_cmp);
        peaks.sort_by(f64::total_cmp);
        let n = rms.len();
        let k = ((0.2 * n as f64) as usize).max(1);
        let loud = (rms[n - k..].iter().map(|r| r * r).sum::<f64>() / k as f64).sqrt();
        let second = if n > 1 { peaks[n - 2] } else { peaks[n - 1] };
        let peak = if second == 0.0 && dialect != Dialect::Tt {
            peaks[n - 1]
        } else {
            second
        };
        let range = 20.0 * (peak / loud).log10();
        if dialect == Dialect::Tt {
            let out_of_range = range.is_nan() || range.abs() > 20.0 * 2f64.powi(24).log10();
            let silent = loud * loud * (k as f64) < 2f64.powi(-24);
            ranges.push(if out_of_range || silent { 0.0 } else { range });
        } else if peak > 1e-12 && loud > 1e-12 {
            ranges.push(range);
        }
    }
    (!ranges.is_empty()).then(|| ranges.iter().sum::<f64>() / ranges.len() as f64)
}

#[test]
fn samples_that_are_no_number_count_as_zero_and_are_reported() {
    let mut samples = noise(3, 20_000, 0.5);
    let mut zeroed = samples.clone();
    for at in [0, 1, 777, 19_999] {
        samples[at] = f64::NAN;
        zeroed[at] = 0.0;
    }
    let config = Config::new(SampleFormat::F32, 400, 1);
    let odd = measure(
        &config,
        Level::best(),
        &encode(SampleFormat::F32, &samples),
        &[100],
    );
    let even = measure(
        &config,
        Level::best(),
        &encode(SampleFormat::F32, &zeroed),
        &[100],
    );
    assert_eq!(bits(&odd), bits(&even));
    assert_eq!(odd.oddities.non_finite, 4);
}

#[test]
fn silence_pushed_is_silence_measured() {
    let x = encode(SampleFormat::S16, &noise(5, 5000, 0.5));
    let config = Config::new(SampleFormat::S16, 300, 2);
    let (mut a, mut b) = (Meter::new(config.clone()), Meter::new(config));
    for meter in [&mut a, &mut b] {
        meter.push(&[&x]);
    }
    a.push_silence(2345);
    b.push(&[&vec![0; 2345 * 4]]);
    for meter in [&mut a, &mut b] {
        meter.push(&[&x]);
    }
    assert_eq!(bits(&a.finish()), bits(&b.finish()));
}

#[test]
fn edge_trim_measures_what_lies_between_the_quiet_ends() {
    let loud = noise(11, 60_000, 0.8);
    let mut padded = vec![0.0005; 8 * 3000];
    padded.extend(&loud);
    padded.extend([0.0005; 8 * 5000]);
    let config = Config::new(SampleFormat::F64, 8000, 1);
    let trimming = Config {
        edge_trim: Some(0.001),
        ..config.clone()
    };
    // The core begins and ends at the first and last sample that is above the threshold.
    let first = loud.iter().position(|x| x.abs() > 0.001).unwrap();
    let last = loud.iter().rposition(|x| x.abs() > 0.001).unwrap();
    let core = measure(
        &config,
        Level::best(),
        &encode(SampleFormat::F64, &loud[first..=last]),
        &[],
    );
    for cuts in [&[1usize << 20][..], &[1, 77, 4000], &[1023]] {
        let trimmed = measure(
            &trimming,
            Level::best(),
            &encode(SampleFormat::F64, &padded),
            cuts,
        );
        assert_eq!(trimmed.frames(), core.frames());
        assert_eq!(bits(&trimmed), bits(&core));
    }
    // A quiet edge shorter than 60 ms stays.
    let mut short = vec![0.0; 479];
    short.extend(&loud[first..=last]);
    let kept = measure(
        &trimming,
        Level::best(),
        &encode(SampleFormat::F64, &short),
        &[64],
    );
    assert_eq!(kept.frames(), short.len() as u64);
    // Nothing but silence leaves nothing.
    let nothing = measure(&trimming, Level::best(), &vec![0; 8 * 9000], &[64]);
    assert_eq!(
        (
            nothing.frames(),
            nothing.report(&Options::default()).headline
        ),
        (0, Value::default())
    );
}

#[test]
fn edge_trim_takes_back_more_than_a_chunk_of_cells() {
    // At 1 Hz cells are short and a quiet run is long enough with its first frame. The run begins
    // around the 256th and the 512th cell, and is long enough to fill the next chunk.
    let config = Config {
        edge_trim: Some(0.001),
        ..Config::new(SampleFormat::F64, 1, 1)
    };
    for loud in (250 * 3..260 * 3).chain(508 * 3..516 * 3) {
        let mut samples: Vec<f64> = (0..loud).map(|i| 0.1 + 0.001 * (i % 97) as f64).collect();
        let core = measure(
            &Config {
                edge_trim: None,
                ..config.clone()
            },
            Level::best(),
            &encode(SampleFormat::F64, &samples),
            &[],
        );
        samples.resize(loud + 300 * 3, 0.0);
        let trimmed = measure(
            &config,
            Level::best(),
            &encode(SampleFormat::F64, &samples),
            &[1000],
        );
        assert_eq!(bits(&trimmed), bits(&core), "{loud} loud frames");
    }
}

#[test]
fn window_keeps_the_latest_blocks_in_bounded_memory() {
    let rate = 1000;
    let block = cells::foobar_block(rate) as usize;
    let quiet = noise(1, 40 * block, 0.01);
    let loud = noise(2, 20 * block, 0.9);
    let all: Vec<f64> = quiet.iter().chain(&loud).copied().collect();
    let config = Config {
        window: 20 * block as u64,
        ..Config::new(SampleFormat::F64, rate, 1)
    };
    let rolling = measure(
        &config,
        Level::best(),
        &encode(SampleFormat::F64, &all),
        &[997],
    );
    let fresh = Config {
        window: 0,
        ..config.clone()
    };
    let only = measure(
        &fresh,
        Level::best(),
        &encode(SampleFormat::F64, &loud),
        &[997],
    );
    let (rolling, only) = (
        rolling.report(&Options::default()),
        only.report(&Options::default()),
    );
    // The window is rounded up to whole blocks; the newest block is still open.
    assert_eq!(rolling.first, 39 * block as u64);
    assert_eq!(rolling.frames, 21 * block as u64);
    // One quiet block more changes neither the loudest fifth nor the peak.
    let ratio = rolling.channels[0].loud / only.channels[0].loud;
    assert!((ratio - 1.0).abs() < 1e-12 && rolling.channels[0].peak == only.channels[0].peak);
    // Every block exceeds full scale. By the tenth round the storage has seen every case.
    let hot = encode(SampleFormat::F64, &noise(3, 20 * block, 5.0));
    let mut meter = Meter::new(config);
    let mut settled = 0;
    for round in 0..500 {
        meter.push(&[&hot]);
        assert!(meter.report(&Options::default()).blocks <= 21);
        match round {
            0..10 => settled = meter.core.view().cells.memory(),
            _ => assert_eq!(meter.core.view().cells.memory(), settled, "round {round}"),
        }
    }
}

#[test]
fn lfe_is_reported_in_and_out() {
    let samples = noise(9, 6 * 9000, 0.7);
    let scaled: Vec<f64> = samples
        .iter()
        .enumerate()
        .map(|(i, x)| if i % 6 == 3 { x.signum() * 0.5 } else { *x })
        .collect();
    let bytes = encode(SampleFormat::S16, &scaled);
    let measured = measure(
        &Config::new(SampleFormat::S16, 400, 6),
        Level::best(),
        &bytes,
        &[],
    );
    let lfe = vec![false, false, false, true];
    let with = measured.report(&Options {
        lfe: lfe.clone(),
        ..Options::default()
    });
    let without = measured.report(&Options {
        lfe,
        exclude_lfe: true,
        ..Options::default()
    });
    let (all, main) = with.lfe.unwrap();
    assert_eq!((with.headline, without.headline), (all, main));
    let ranges: Vec<f64> = with.channels.iter().map(|c| c.dr.unwrap()).collect();
    let mean = (ranges.iter().sum::<f64>() - ranges[3]) / 5.0;
    assert!((main.precise.unwrap() - mean).abs() < 1e-12 && all != main);
}

#[test]
fn loud_part_and_peak_are_explained() {
    let block = cells::foobar_block(500) as usize;
    let mut samples = noise(4, 20 * block, 0.1);
    for (at, x) in samples.iter_mut().enumerate() {
        if [3, 8, 9, 15].contains(&(at / block)) {
            // Mostly 0.3, now and then a peak that tells the blocks apart.
            let peak = 0.5 + 0.01 * (at / block) as f64;
            *x = x.signum() * if at % 7 == 0 { peak } else { 0.3 };
        }
    }
    let bytes = encode(SampleFormat::F64, &samples);
    let measured = measure(
        &Config::new(SampleFormat::F64, 500, 1),
        Level::best(),
        &bytes,
        &[],
    );
    let report = measured.report(&Options {
        explain: true,
        ..Options::default()
    });
    let channel = &report.channels[0];
    let starts = [3, 8, 9, 15].map(|i| i * block as u64);
    assert_eq!(channel.loud_blocks, starts);
    assert_eq!((channel.peak, channel.peak_block), (0.59, Some(starts[2])));
    assert!(report.one_block_more.unwrap() > report.headline.precise.unwrap());
    assert!(report.one_block_less.unwrap() < report.headline.precise.unwrap());
    assert!(!report.short && !report.negative);
    // Without the three loudest blocks a lone loud one stands against quiet peaks.
    let lone: Vec<f64> = samples
        .iter()
        .enumerate()
        .map(|(i, x)| {
            if [8, 9, 15].contains(&(i / block)) {
                0.001 * x
            } else {
                *x
            }
        })
        .collect();
    let measured = measure(
        &Config::new(SampleFormat::F64, 500, 1),
        Level::best(),
        &encode(SampleFormat::F64, &lone[..4 * block]),
        &[],
    );
    let report = measured.report(&Options::default());
    assert!(report.negative && report.short, "{report:?}");
}

#[test]
fn a_day_of_stereo_fits_in_two_megabytes() {
    let mut meter = Meter::new(Config::new(SampleFormat::S16, 48_000, 2));
    meter.push_silence(24 * 3600 * 48_000);
    let measured = meter.finish();
    let cells = measured.cells.len();
    assert!(cells > 57_000);
    let bytes = measured.cells.memory();
    assert!(bytes <= 2_000_000, "{bytes}");
}
