// SPDX-License-Identifier: MPL-2.0
use super::*;

mod plays;
mod precision;

/// A bell after the Audio EQ Cookbook; `w` in radians per sample.
fn bell(w: f64, q: f64, gain: f64) -> Section {
    let (alpha, a) = (w.sin() / (2.0 * q), 10f64.powf(gain / 40.0));
    let a0 = 1.0 + alpha / a;
    Section {
        b0: (1.0 + alpha * a) / a0,
        b1: -2.0 * w.cos() / a0,
        b2: (1.0 - alpha * a) / a0,
        a1: -2.0 * w.cos() / a0,
        a2: (1.0 - alpha / a) / a0,
    }
}

/// A low pass after the same.
fn low_pass(w: f64, q: f64) -> Section {
    let alpha = w.sin() / (2.0 * q);
    let (c, a0) = (w.cos(), 1.0 + alpha);
    Section {
        b0: (1.0 - c) / 2.0 / a0,
        b1: (1.0 - c) / a0,
        b2: (1.0 - c) / 2.0 / a0,
        a1: -2.0 * c / a0,
        a2: (1.0 - alpha) / a0,
    }
}

fn noise(len: usize) -> Vec<f64> {
    let mut seed = 1u32;
    let mut next = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(seed as i32) / f64::from(1u32 << 31)
    };
    (0..len).map(|_| next() / 2.0).collect()
}

fn assert_near<T: Direct>(level: Level, is: &[T], should: &[T], tolerance: f64) {
    let peak = should
        .iter()
        .fold(1.0, |peak: f64, x| peak.max(x.widen().abs()));
    for (i, (is, should)) in is.iter().zip(should).enumerate() {
        let (is, should) = (is.widen(), should.widen());
        assert!(
            (is - should).abs() <= tolerance * peak,
            "{} at {i}: {is} instead of {should}",
            level.name()
        );
    }
}

#[test]
fn identities_let_audio_through_as_it_is() {
    for level in Level::available() {
        for channels in [1, 2, 3, 6, 16] {
            for sections in [0, 1, 9, 30] {
                let mut cascade = Cascade::new(level, channels, sections);
                if sections > 3 {
                    // Other channels and other sections have no part in it.
                    cascade.set(channels - 1, 2, bell(0.1, 1.0, 6.0));
                }
                let before = noise(300 * channels);
                let mut after = before.clone();
                cascade.process(&mut after);
                let kept = channels - usize::from(sections > 3);
                for (before, after) in before.chunks(channels).zip(after.chunks(channels)) {
                    assert_eq!(before[..kept], after[..kept], "{}", level.name());
                }
                let before: Vec<f32> = before.iter().map(|x| *x as f32).collect();
                let mut after = before.clone();
                cascade.process_f32(&mut after);
                for (before, after) in before.chunks(channels).zip(after.chunks(channels)) {
                    assert_eq!(before[..kept], after[..kept], "{}", level.name());
                }
            }
        }
    }
}

#[test]
fn an_adopted_section_goes_on() {
    for level in Level::available() {
        let sections = [
            bell(0.05, 3.0, 9.0),
            bell(0.3, 1.0, -6.0),
            low_pass(0.9, 0.7),
        ];
        let mut old = Cascade::new(level, 3, 3);
        let mut new = Cascade::new(level, 3, 14);
        let places = [2, 7, 13];
        for channel in 0..3 {
            for (k, section) in sections.into_iter().enumerate() {
                old.set(channel, k, section);
                new.set(channel, places[k], section);
            }
        }
        let mut audio = noise(3 * 500);
        let (first, second) = audio.split_at_mut(3 * 217);
        old.process(first);
        let all = u64::MAX;
        new.adopt(
            &old,
            &[
                (places[0], 0, all),
                (places[1], 1, all),
                (places[2], 2, all),
            ],
        );
        // Identities between them have to know what went past to end in silence, but give out
        // what comes in anyway.
        let mut should = second.to_vec();
        old.process(&mut should);
        new.process(second);
        assert_near(level, second, &should, 1e-12);
    }
}

#[test]
fn residue_dies_away() {
    for level in Level::available() {
        let mut cascade = Cascade::new(level, 2, 9);
        let (loud, flat) = (bell(0.1, 1.0, 12.0), bell(0.1, 1.0, 0.0));
        (0..2).for_each(|channel| cascade.set(channel, 4, loud));
        cascade.process(&mut noise(2 * 256));
        assert!(cascade.residue(4, u64::MAX) > 1e-3, "{}", level.name());
        assert_eq!(cascade.residue(3, u64::MAX), 0.0);
        (0..2).for_each(|channel| cascade.aim(channel, 4, flat));
        cascade.begin_ramp(64);
        cascade.process(&mut noise(2 * 4096));
        assert!(
            cascade.residue(4, u64::MAX) < 1e-12,
            "{}",
            cascade.residue(4, u64::MAX)
        );
    }
}

#[test]
fn what_is_not_finite_is_forgotten_and_what_is_tiny_too() {
    for level in Level::available() {
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let mut cascade = Cascade::new(level, 3, 5);
            cascade.set(2, 4, bell(0.2, 2.0, 6.0));
            assert!(cascade.settle());
            let mut audio = noise(3 * 40);
            audio[3 * 38 + 2] = bad;
            cascade.process(&mut audio);
            assert!(!cascade.settle(), "{} {bad}", level.name());
            let (mut after, mut fresh) = (noise(3 * 50), noise(3 * 50));
            cascade.process(&mut after);
            cascade.reset();
            cascade.process(&mut fresh);
            assert_eq!(after, fresh);
            assert!(cascade.settle());
        }
        let mut cascade = Cascade::new(level, 1, 1);
        cascade.set(0, 0, low_pass(1e-3, 5.0));
        let mut audio = vec![1e-149];
        audio.resize(64, 0.0);
        cascade.process(&mut audio);
        assert!(audio[63] != 0.0);
        assert!(cascade.settle());
        let mut audio = [0.0; 64];
        cascade.process(&mut audio);
        assert_eq!(audio, [0.0; 64], "{}", level.name());
    }
}

#[test]
fn absurd_numbers_do_no_harm() {
    let absurd = [
        f64::NAN,
        f64::INFINITY,
        f64::MAX,
        -f64::MAX,
        f64::MIN_POSITIVE,
        0.0,
    ];
    for level in Level::available() {
        for number in absurd {
            let mut cascade = Cascade::new(level, 5, 7);
            let section = Section {
                b0: number,
                ..bell(0.3, 1.0, 3.0)
            };
            cascade.set(1, 2, section);
            cascade.set_gain(3, number);
            cascade.process(&mut noise(5 * 20));
            cascade.process(&mut []);
            cascade.process_f32(&mut [0.0; 3]);
            cascade.aim(4, 3, section);
            cascade.begin_ramp(5);
            cascade.process(&mut [number; 5 * 20]);
            cascade.settle();
            // No more of it, and all is well.
            cascade.set(1, 2, Section::IDENTITY);
            cascade.set(4, 3, Section::IDENTITY);
            cascade.set_gain(3, 1.0);
            cascade.reset();
            let mut audio = noise(5 * 20);
            cascade.process(&mut audio);
            assert_eq!(audio, noise(5 * 20), "{} {number}", level.name());
        }
        // Sixteen low passes, of which each lets through a ten-millionth at first.
        let mut cascade = Cascade::new(level, 2, 40);
        for k in 0..40 {
            cascade.set(0, k, low_pass(6.5e-4, 0.7));
        }
        let mut audio = vec![1.0; 2 * 400_000];
        cascade.process(&mut audio);
        assert!(
            (audio[2 * 399_999] - 1.0).abs() < 1e-6,
            "{}",
            audio[2 * 399_999]
        );
    }
}

#[test]
fn threads_change_nothing() {
    for level in Level::available() {
        let outputs = [1, 3].map(|threads| {
            let mut cascade = Cascade::new(level, 37, 12);
            cascade.set_threads(threads);
            for channel in 0..37 {
                for k in 0..12 {
                    let w = 0.05 + 0.002 * (channel * 12 + k) as f64;
                    cascade.set(channel, k, bell(w, 1.0, 3.0));
                }
            }
            let mut audio = noise(37 * 2048);
            assert!(audio.len() * 12 >= WORTH_THREADS);
            cascade.process(&mut audio);
            audio
        });
        assert_eq!(outputs[0], outputs[1], "{}", level.name());
    }
}
