// SPDX-License-Identifier: MPL-2.0
use super::*;
use proptest::prelude::*;

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

fn section() -> impl Strategy<Value = Section> {
    prop_oneof![
        8 => (0.02..3.0, 0.3..4.0, -6.0..6.0).prop_map(|(w, q, gain)| bell(w, q, gain)),
        2 => Just(Section::IDENTITY),
        1 => (0.1..3.0, 0.5..2.0).prop_map(|(w, q)| low_pass(w, q)),
        // An all-pass whose b0 is nothing at all, and one whose b0 is negative.
        1 => Just(Section { b0: 0.0, b1: 0.0, b2: 1.0, a1: 0.0, a2: 0.0 }),
        1 => Just(Section { b0: -0.5, b1: 1.0, b2: 0.0, a1: -0.5, a2: 0.0 }),
    ]
}

#[derive(Debug, Clone)]
enum Change {
    Set(usize, usize, Section),
    SetGain(usize, f64),
    Aim(usize, usize, Section),
    AimGain(usize, f64),
    Settle,
}

fn change() -> impl Strategy<Value = Change> {
    let at = || (0..64usize, 0..40usize);
    prop_oneof![
        4 => (at(), section()).prop_map(|((c, k), to)| Change::Set(c, k, to)),
        1 => (0..64usize, -2.0..2.0).prop_map(|(c, to)| Change::SetGain(c, to)),
        6 => (at(), section()).prop_map(|((c, k), to)| Change::Aim(c, k, to)),
        1 => (0..64usize, -2.0..2.0).prop_map(|(c, to)| Change::AimGain(c, to)),
        1 => Just(Change::Settle),
    ]
}

/// What happens to a cascade: some changes, a ramp, then a number of frames that is no less.
type Scene = (Vec<Change>, usize, usize);

#[derive(Debug, Clone)]
struct Play {
    channels: usize,
    sections: usize,
    start: Vec<Section>,
    scenes: Vec<Scene>,
}

fn play() -> impl Strategy<Value = Play> {
    let channels = prop_oneof![8 => 1..=20usize, 1 => Just(64usize)];
    let scene = (
        prop::collection::vec(change(), 0..6),
        prop_oneof![Just(0usize), 1..90usize],
        0..400usize,
    );
    (
        channels,
        0..=40usize,
        prop::collection::vec(section(), 1..16),
        prop::collection::vec(scene, 1..4),
    )
        .prop_map(|(channels, sections, start, scenes)| Play {
            channels,
            sections,
            start,
            scenes,
        })
}

impl Play {
    fn apply(&self, cascade: &mut Cascade, change: &Change) {
        let at = |c: usize, k: usize| (c % self.channels, k % self.sections.max(1));
        match *change {
            Change::Set(c, k, to) if self.sections > 0 => {
                let (c, k) = at(c, k);
                cascade.set(c, k, to);
            }
            Change::Aim(c, k, to) if self.sections > 0 => {
                let (c, k) = at(c, k);
                cascade.aim(c, k, to);
            }
            Change::Set(..) | Change::Aim(..) => {}
            Change::SetGain(c, to) => cascade.set_gain(c % self.channels, to),
            Change::AimGain(c, to) => cascade.aim_gain(c % self.channels, to),
            Change::Settle => assert!(cascade.settle()),
        }
    }

    /// All output; `cuts` are the lengths of calls in frames, over and over.
    fn run<T: Direct>(&self, level: Level, cuts: &[usize]) -> Vec<T> {
        let mut cascade = Cascade::new(level, self.channels, self.sections);
        for c in 0..self.channels {
            for k in 0..self.sections {
                cascade.set(c, k, self.start[(c * 7 + k) % self.start.len()]);
            }
        }
        let frames: usize = self.scenes.iter().map(|scene| scene.1 + scene.2).sum();
        let mut all: Vec<T> = noise(frames * self.channels)
            .into_iter()
            .map(T::narrow)
            .collect();
        let mut left = &mut all[..];
        let mut cut = cuts.iter().cycle();
        for (changes, ramp, more) in &self.scenes {
            for change in changes {
                self.apply(&mut cascade, change);
            }
            cascade.begin_ramp(*ramp);
            let mut frames = ramp + more;
            while frames > 0 {
                let now = (*cut.next().unwrap_or(&frames)).min(frames);
                let (block, later) = left.split_at_mut(now * self.channels);
                cascade.run(block);
                frames -= now;
                left = later;
            }
            assert_eq!(cascade.ramp_left(), 0);
        }
        all
    }
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn every_level_gives_what_the_reference_gives(play in play()) {
        let whole = [usize::MAX];
        let (wide, narrow) = (
            play.run::<f64>(Level::SCALAR, &whole),
            play.run::<f32>(Level::SCALAR, &whole),
        );
        for level in Level::available() {
            assert_near(level, &play.run::<f64>(level, &whole), &wide, 1e-11);
            assert_near(level, &play.run::<f32>(level, &whole), &narrow, 1e-7);
        }
    }

    #[test]
    fn calls_leave_no_trace(play in play(), cuts in prop::collection::vec(1..300usize, 1..8), small in 1..9usize) {
        for level in Level::available() {
            let bits = |cuts: &[usize]| -> Vec<u64> {
                play.run::<f64>(level, cuts).into_iter().map(f64::to_bits).collect()
            };
            let narrow = |cuts: &[usize]| -> Vec<u32> {
                play.run::<f32>(level, cuts).into_iter().map(f32::to_bits).collect()
            };
            let whole = bits(&[usize::MAX]);
            prop_assert!(whole == bits(&cuts), "{} {cuts:?}", level.name());
            prop_assert!(whole == bits(&[small]), "{} by {small}", level.name());
            prop_assert!(narrow(&[usize::MAX]) == narrow(&cuts), "{} f32", level.name());
        }
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
