// SPDX-License-Identifier: MPL-2.0
use super::*;
use proptest::collection::vec;
use proptest::prelude::*;

fn read(averager: &mut Averager, scale: Scale) -> f32 {
    let mut out = [f32::NAN];
    averager.read(0, scale, &mut out);
    out[0]
}

fn power(decibel: f64) -> f32 {
    10f64.powf(decibel / 10.0) as f32
}

#[test]
fn the_mean_of_decibels_is_not_that_of_powers() {
    for level in Level::available() {
        // Of -10 and -40 dB, where the floor is -30.
        let mean = 10.0 * ((0.1f64 + 0.0001) / 2.0).log10();
        for (averaging, expected) in [(Averaging::Decibel, -20.0), (Averaging::Power, mean)] {
            let mut averager = Averager::with_level(level, averaging, 1, 1, 0.01, -30.0);
            assert_eq!(read(&mut averager, Scale::Decibel), -30.0);
            for _ in 0..2 {
                averager.next_interval(0);
                averager.push(0, &[power(-10.0)]);
                averager.push(0, &[power(-40.0)]);
                assert_eq!(averager.frames(0), 2);
            }
            let found = f64::from(read(&mut averager, Scale::Decibel));
            assert!(
                (found - expected).abs() < 1e-4,
                "{averaging:?}: {found}, not {expected}"
            );
            let amplitude = f64::from(read(&mut averager, Scale::Amplitude));
            assert!((20.0 * amplitude.log10() - expected).abs() < 1e-4);
            let power = f64::from(read(&mut averager, Scale::Power));
            assert!((10.0 * power.log10() - expected).abs() < 1e-4);
        }
    }
}

#[test]
fn exponential_reaches_1_minus_1_over_e_after_its_time_constant() {
    let averaging = Averaging::Exponential {
        time_constant: 0.125,
    };
    let mut averager = Averager::new(averaging, 1, 1, 0.001, -200.0);
    averager.push(0, &[1.0]);
    assert_eq!(read(&mut averager, Scale::Power), 1.0);
    for _ in 0..125 {
        averager.push(0, &[0.0]);
        averager.next_interval(0);
    }
    assert!((f64::from(read(&mut averager, Scale::Power)) - (-1f64).exp()).abs() < 1e-5);
    averager.reset();
    assert_eq!(read(&mut averager, Scale::Power), 0.0);
    averager.push(0, &[2.0]);
    assert_eq!(read(&mut averager, Scale::Power), 2.0);
}

#[test]
fn no_time_constant_is_no_memory() {
    for time_constant in [0.0, -1.0, f64::NAN] {
        for hop in [0.0, 0.01] {
            let averaging = Averaging::Exponential { time_constant };
            let mut averager = Averager::new(averaging, 1, 1, hop, -200.0);
            averager.push(0, &[1.0]);
            averager.push(0, &[3.0]);
            assert_eq!(read(&mut averager, Scale::Power), 3.0);
        }
    }
}

#[test]
fn peaks_fall_by_their_decay() {
    for decay in [0.0, 20.0] {
        let mut averager = Averager::new(Averaging::PeakHold { decay }, 1, 1, 0.01, -200.0);
        averager.push(0, &[1.0]);
        for _ in 0..50 {
            averager.next_interval(0);
            averager.push(0, &[power(-70.0)]);
        }
        let found = f64::from(read(&mut averager, Scale::Decibel));
        assert!((found + decay / 2.0).abs() < 1e-3, "{found}");
        averager.push(0, &[4.0]);
        assert_eq!(read(&mut averager, Scale::Power), 4.0);
    }
}

#[test]
fn nothing_stays_that_is_no_number() {
    for averaging in [
        Averaging::Decibel,
        Averaging::Power,
        Averaging::Exponential {
            time_constant: 0.02,
        },
        Averaging::PeakHold { decay: 1e5 },
    ] {
        let mut averager = Averager::new(averaging, 2, 3, 0.01, -100.0);
        for _ in 0..3 {
            averager.push(0, &[f32::NAN, f32::INFINITY, f32::NEG_INFINITY]);
        }
        let mut out = [f32::NAN; 3];
        averager.read(0, Scale::Decibel, &mut out);
        assert!(out.iter().all(|x| x.is_finite()), "{averaging:?} {out:?}");
        averager.next_interval(0);
        for _ in 0..1000 {
            averager.push(0, &[1e-12; 3]);
            averager.next_interval(0);
        }
        averager.push(0, &[1e-12; 3]);
        averager.read(0, Scale::Decibel, &mut out);
        assert_eq!(out, [-100.0; 3], "{averaging:?}");
    }
}

proptest! {
    #[test]
    fn levels_agree_to_the_bit(
        frames in vec(vec(prop_oneof![Just(0.0f32), 0.0f32..1e3], 37), 1..6),
        kind in 0..3usize,
    ) {
        let averaging = [
            Averaging::Power,
            Averaging::Exponential { time_constant: 0.1 },
            Averaging::PeakHold { decay: 30.0 },
        ][kind];
        let mut bits = None;
        for level in Level::available() {
            let mut averager = Averager::with_level(level, averaging, 1, 37, 0.01, -90.0);
            let mut out = vec![f32::NAN; 37];
            frames.iter().for_each(|frame| averager.push(0, frame));
            averager.read(0, Scale::Power, &mut out);
            prop_assert_eq!(bits.get_or_insert_with(|| out.clone()), &out);
        }
        let mean = frames.iter().map(|frame| f64::from(frame[0])).sum::<f64>() / frames.len() as f64;
        if kind == 0 {
            prop_assert_eq!(bits.map(|out| out[0]), Some(mean as f32));
        }
    }
}
