// SPDX-License-Identifier: MPL-2.0
//! Whatever happens to a cascade, it gives what the reference gives, however calls are cut.
use super::super::*;
use super::{assert_near, bell, low_pass, noise};
use proptest::prelude::*;

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
