// SPDX-License-Identifier: MPL-2.0
//! Intervals in particular cases.
use super::classic::{assert_close, config, read, reference, run};
use super::common::{encode, noise};
use crate::pcm::SampleFormat;
use crate::simd::Level;
use crate::spectrum::Error;
use crate::spectrum::classic::{Classic, Config};

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
fn nothing_is_left_of_phases_that_are_not_wanted_or_not_there() {
    for interval in [1_000_000, 10_000_000] {
        let config = config(33, interval);
        let frames = interval as usize * 48 / 1_000_000;
        let bytes = encode(config.format, &noise(1, 2 * frames));
        let mut classic = Classic::new(config).unwrap();
        classic.push(&bytes);
        assert!(classic.phase(0).iter().any(|&x| x != 0.0));
        assert!((0..3).all(|_| classic.push_silence(frames as u64).due));
        assert!(classic.phase(0).iter().all(|&x| x == 0.0));
        classic.push(&bytes);
        classic.set_outputs(true, false);
        classic.push(&bytes);
        assert!(classic.phase(0).iter().all(|&x| x == 0.0));
    }
}

#[test]
fn a_low_threshold_shows_faint_signals() {
    for threshold in [-1000, i32::MIN] {
        faint(Config {
            threshold,
            ..config(33, 10_000_000)
        });
    }
}

fn faint(config: Config) {
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
    // Numbers so large that their squares are none, and a good one before them; what no frame covers is not looked at.
    for (large, odd) in [
        (f64::from(f32::MAX), 9143),
        (1e38, 9143),
        (1.1e10, 9143),
        (1e10, 0),
        (1e300, 9143),
    ] {
        let mut samples = vec![large; 2 * 4800];
        samples[0] = 1.0;
        let bytes = encode(SampleFormat::F64, &samples);
        let config = Config {
            format: SampleFormat::F64,
            ..config.clone()
        };
        let mut classic = Classic::new(config.clone()).unwrap();
        for interval in run(&mut classic, &config, &bytes, &[4800]) {
            assert!(interval.magnitude.iter().flatten().all(|x| x.is_finite()));
        }
        assert_eq!(classic.non_finite(), odd);
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
fn sliding_frames_reach_back_to_what_nobody_wanted() {
    let config = config(257, 1_000_000);
    let mut always = Classic::new(config.clone()).unwrap();
    let mut classic = Classic::new(config.clone()).unwrap();
    for interval in 0..30 {
        let bytes = encode(config.format, &noise(interval, 2 * 48));
        let wanted = !(12..20).contains(&interval);
        classic.set_outputs(wanted, wanted);
        assert_eq!(classic.push(&bytes), always.push(&bytes));
        if wanted {
            assert_eq!(read(&classic), read(&always), "{interval}");
        }
    }
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
    for (bands, channels) in [
        (usize::MAX, 1),
        (1 << 55, 1),
        (1 << 24, 1 << 40),
        (2, 1 << 60),
        (2, usize::MAX),
    ] {
        for multi_channel in [false, true] {
            let config = Config {
                bands,
                channels,
                multi_channel,
                ..good.clone()
            };
            let alone = bands == 1 << 24 && !multi_channel;
            assert!(alone || matches!(Classic::new(config), Err(Error::Memory)));
        }
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
