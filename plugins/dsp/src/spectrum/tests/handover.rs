// SPDX-License-Identifier: MPL-2.0
use super::stft::{config, rows, run};
use crate::spectrum::stft::{Config, Frame, Padding, Stft};

#[test]
fn another_plan_goes_on_where_one_stands() {
    for (padding, cut) in [
        (Padding::None, 777),
        (Padding::Reflect, 777),
        (Padding::Reflect, 3),
        (Padding::Zero, 64),
    ] {
        let with_phase = config(64, 60, 20, padding);
        let without = Config {
            phase: false,
            ..with_phase.clone()
        };
        let rows = rows(1, 1, 2000);
        let powers = |frame: &Frame<'_>| (frame.index, frame.start, frame.power(0).to_vec());
        let mut expected = Vec::new();
        let mut whole = Stft::new(without.clone()).unwrap();
        whole.push(&[&rows[0]], &mut |frame| expected.push(powers(frame)));
        whole.finish(&mut |frame| expected.push(powers(frame)));
        let mut found = Vec::new();
        let mut first = Stft::new(with_phase.clone()).unwrap();
        first.push(&[&rows[0][..cut]], &mut |frame| found.push(powers(frame)));
        let mut second = Stft::new(without.clone()).unwrap();
        assert!(second.take_over(&mut first));
        second.push(&[&rows[0][cut..]], &mut |frame| found.push(powers(frame)));
        second.finish(&mut |frame| found.push(powers(frame)));
        assert_eq!(found.len(), expected.len());
        for (a, b) in found.iter().zip(&expected) {
            assert_eq!((a.0, a.1), (b.0, b.1));
            let most = b.2.iter().fold(0f32, |m, x| m.max(*x));
            let pairs = a.2.iter().zip(&b.2);
            assert!(pairs.into_iter().all(|(a, b)| (a - b).abs() <= 1e-5 * most));
        }
        // As if new.
        let again = run(&mut first, &rows, &[100]);
        assert_eq!(
            again,
            run(&mut Stft::new(with_phase).unwrap(), &rows, &[100])
        );
        // Other frames are others.
        let mut other = Stft::new(config(64, 60, 21, padding)).unwrap();
        assert!(!other.take_over(&mut second));
    }
}
