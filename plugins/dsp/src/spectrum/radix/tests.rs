// SPDX-License-Identifier: MPL-2.0
//! Against the definition, and against rustfft where that would take too long.
use super::{Input, Radix, Real, Turns};
use crate::simd::Level;
use crate::spectrum::tests::common::noise;
use rustfft::num_complex::Complex;

fn window(length: usize) -> Vec<f64> {
    (0..length)
        .map(|n| 1.0 - 0.4 * (n as f64 * 0.7).cos())
        .collect()
}

/// By rustfft in double precision.
fn expected(samples: &[f32], window: &[f64]) -> Vec<Complex<f64>> {
    let weighed: Vec<f64> = samples
        .iter()
        .zip(window)
        .map(|(&x, w)| f64::from(x) * w)
        .collect();
    let pairs = weighed.as_chunks::<2>().0.iter();
    let mut z: Vec<_> = pairs.map(|&[re, im]| Complex::new(re, im)).collect();
    auris_fft::forward_f64(z.len()).process(&mut z);
    z
}

fn check<T: Real + Into<f64>>(epsilon: f64) {
    for level in Level::available() {
        let mut lengths = 0;
        for length in (1..15).map(|power| 1usize << power) {
            let window = window(2 * length);
            let radix = Radix::<T>::new(level, length, &window).unwrap();
            let least = T::width(level) * T::width(level);
            assert_eq!(radix.is_some(), least > 0 && length >= least);
            let Some(mut radix) = radix else { continue };
            lengths += 1;
            let samples = noise(length as u64, 2 * length);
            let samples: Vec<f32> = samples.into_iter().map(|x| x as f32).collect();
            let expected = expected(&samples, &window);
            let most = expected.iter().fold(0.0, |most: f64, z| most.max(z.norm()));
            let turns = Turns::<T>::new(length).unwrap();
            let weighed: Vec<T> = samples
                .iter()
                .zip(&window)
                .map(|(&x, w)| T::of(f64::from(x) * w))
                .collect();
            for input in [Input::Pairs(&samples), Input::Weighed(&weighed)] {
                let z = radix.run(input);
                for (k, expected) in expected.iter().enumerate() {
                    let away = Complex::new(z[0][k].into(), z[1][k].into()) - expected;
                    assert!(
                        away.norm() < 4.0 * epsilon * most,
                        "{length} {k} {}",
                        level.name()
                    );
                }
                let mut power = vec![f32::NAN; length + 1];
                turns.powers(level, z, &mut power);
                for (k, &power) in power.iter().enumerate() {
                    // The spectrum of the real frame, by its definition from the halves'.
                    let (a, b) = (expected[k % length], expected[(length - k) % length].conj());
                    let angle = -std::f64::consts::PI * k as f64 / length as f64;
                    let turn = Complex::new(angle.cos(), angle.sin()) * Complex::new(0.0, -1.0);
                    let bin = ((a + b + turn * (a - b)) / 2.0).norm();
                    let away = (f64::from(power).sqrt() - bin).abs();
                    assert!(
                        away < 4.0 * epsilon * most + 1e-7 * bin,
                        "{length} {k} {}",
                        level.name()
                    );
                }
            }
        }
        assert!(lengths > 5 || T::width(level) == 0);
    }
}

#[test]
fn single_precision() {
    check::<f32>(f64::from(f32::EPSILON));
}

#[test]
fn double_precision() {
    check::<f64>(f64::EPSILON);
}

#[test]
fn what_is_no_power_of_two_is_left_to_others() {
    for length in [0, 1, 3, 100, 1000, 1023, 1025] {
        assert!(
            Radix::<f64>::new(Level::best(), length, &[])
                .unwrap()
                .is_none()
        );
    }
}

/// A window of its own for both parts.
#[test]
fn parts_that_lie_apart() {
    let length = 1024;
    let window = window(length);
    let [re, im] = [1, 2]
        .map(|seed| -> Vec<f32> { noise(seed, length).into_iter().map(|x| x as f32).collect() });
    let pairs: Vec<f32> = re.iter().zip(&im).flat_map(|(&re, &im)| [re, im]).collect();
    let twice: Vec<f64> = window.iter().flat_map(|&w| [w, w]).collect();
    let expected = expected(&pairs, &twice);
    for level in Level::available() {
        if let Some(mut radix) = Radix::<f32>::new(level, length, &window).unwrap() {
            let z = radix.run(Input::Parts(&re, &im));
            for (k, expected) in expected.iter().enumerate() {
                let found = Complex::new(f64::from(z[0][k]), f64::from(z[1][k]));
                assert!((found - expected).norm() < 1e-4, "{k} {}", level.name());
            }
        }
    }
}
