// SPDX-License-Identifier: MPL-2.0
use super::*;

/// Two lengths of parts, odd as they are.
fn check(level: Level, a: usize, b: usize) {
    let n = 2 * a * b;
    let frame: Vec<f32> = (0..n)
        .map(|i| ((i * i * 7919) % 1009) as f32 / 504.5 - 1.0)
        .collect();
    let mut dense = Dense::of(level, a, b).unwrap();
    let mut bins = vec![Complex::default(); n / 2 + 1];
    let mut power = vec![0.0; n / 2 + 1];
    // Twice: nothing may be left of the first run that is seen in the second.
    dense.spectrum(
        &frame.iter().map(|x| 1e6 * x + 3e5).collect::<Vec<_>>(),
        &mut bins,
    );
    dense.spectrum(&frame, &mut bins);
    dense.power(&frame, &mut power);
    let size: f64 = frame.iter().map(|x| f64::from(x.abs())).sum();
    for (k, (bin, power)) in bins.iter().zip(&power).enumerate() {
        let (mut re, mut im) = (0.0, 0.0);
        for (i, &x) in frame.iter().enumerate() {
            let (sin, cos) = (TAU * ((i * k) % n) as f64 / n as f64).sin_cos();
            re += f64::from(x) * cos;
            im -= f64::from(x) * sin;
        }
        let error = (f64::from(bin.re) - re).hypot(f64::from(bin.im) - im);
        assert!(
            error < 1e-6 * size,
            "{a}·{b}, bin {k}: {bin}, not {re}, {im}"
        );
        let error = f64::from(*power).sqrt() - re.hypot(im);
        assert!(error.abs() < 1e-6 * size, "{a}·{b}, power {k}");
    }
}

#[test]
fn equals_the_definition_for_every_shape_of_parts() {
    for level in Level::available() {
        for b in (1..=131).step_by(2) {
            check(level, 1, b);
        }
        for (a, b) in [
            (3, 3),
            (3, 5),
            (5, 3),
            (7, 9),
            (9, 31),
            (33, 31),
            (15, 33),
            (3, 65),
            (65, 3),
        ] {
            check(level, a, b);
        }
    }
}

#[test]
fn lengths_are_split_into_two_that_make_them_or_not_at_all() {
    for level in Level::available() {
        for length in 1..3000 {
            match factors(level, length) {
                Some((a, b)) => {
                    assert_eq!(a * b, length);
                    assert!(length % 2 == 1 && a <= MOST && b <= MOST);
                }
                // What bands of a power of two come to is always so, where nothing else is quick.
                None => assert!(![127, 511, 2047].contains(&length)),
            }
        }
    }
}
