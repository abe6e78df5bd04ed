// SPDX-License-Identifier: MPL-2.0
use super::*;
use crate::band::{Design, Kind, Width};
use proptest::prelude::*;

const RATE: f64 = 48_000.0;

fn band(freq: f64, gain: f64, q: f64, stereo_mode: StereoMode) -> Band {
    Band {
        freq,
        gain,
        width: Width::Q(q),
        stereo_mode,
        ..Band::default()
    }
}

fn of(bands: Vec<Band>) -> Curve {
    Curve {
        bands,
        ..Curve::default()
    }
}

fn stereo(curve: &Curve) -> Response {
    Response::new(curve, &Layout::unpositioned(2), RATE)
}

fn decibels(magnitude: f64) -> f64 {
    20.0 * magnitude.log10()
}

/// The transfer function of one band, from its impulse response.
fn measured(band: &Band, design: Design, frequency: f64) -> Complex<f64> {
    let mut impulse = vec![0.0; 1 << 15];
    impulse[0] = 1.0;
    for s in design::sections(band, RATE, design).as_slice() {
        let [mut x1, mut x2, mut y1, mut y2] = [0.0; 4];
        for v in &mut impulse {
            let y = s.b0 * *v + s.b1 * x1 + s.b2 * x2 - s.a1 * y1 - s.a2 * y2;
            (x2, x1, y2, y1) = (x1, *v, y1, y);
            *v = y;
        }
    }
    let turn = |n: usize| Complex::from_polar(1.0, -TAU * frequency / RATE * n as f64);
    let terms = impulse.iter().enumerate();
    terms.map(|(n, v)| turn(n) * v).sum()
}

#[test]
fn it_is_what_an_impulse_gives() {
    for kind in [
        Kind::Peak,
        Kind::LowShelf,
        Kind::HighPass,
        Kind::Notch,
        Kind::AllPass,
    ] {
        for design in [Design::Rbj, Design::Matched] {
            let band = Band {
                kind,
                order: 5,
                ..band(900.0, 7.0, 1.5, StereoMode::Stereo)
            };
            let curve = Curve {
                design,
                preamp: -3.0,
                ..of(vec![band])
            };
            for frequency in [200.0, 800.0, 1000.0, 12_000.0] {
                let ought = measured(&band, design, frequency) * amplitude(-3.0);
                let is = stereo(&curve).at(0, frequency);
                let is = Complex::from_polar(is.magnitude, is.phase);
                assert!(
                    (is - ought).norm() < 1e-9,
                    "{band:?} {frequency}: {is} for {ought}"
                );
            }
        }
    }
}

#[test]
fn masks_and_modes_choose_channels() {
    let layout = Layout {
        bits: vec![1, 2, 4],
        pair: Some((0, 1)),
    };
    let at = |curve: &Curve, channel| {
        let response = Response::new(curve, &layout, RATE);
        decibels(response.at(channel, 1000.0).magnitude)
    };
    let expect = |curve: &Curve, ought: [f64; 3]| {
        for (channel, ought) in ought.into_iter().enumerate() {
            let is = at(curve, channel);
            assert!(
                (is - ought).abs() < 1e-9,
                "{curve:?} {channel}: {is} for {ought}"
            );
        }
    };
    let one = |mode| band(1000.0, 6.0, 1.0, mode);
    expect(&of(vec![one(StereoMode::Stereo)]), [6.0, 6.0, 6.0]);
    expect(&of(vec![one(StereoMode::Left)]), [6.0, 0.0, 0.0]);
    expect(&of(vec![one(StereoMode::Right)]), [0.0, 6.0, 0.0]);
    // Half of what is in one channel alone is its mid.
    let mid = decibels(0.5 + 0.5 * amplitude(6.0));
    expect(&of(vec![one(StereoMode::Mid)]), [mid, mid, 0.0]);
    expect(&of(vec![one(StereoMode::Side)]), [mid, mid, 0.0]);
    let masked = |channels, mode| Band {
        channels,
        ..one(mode)
    };
    expect(&of(vec![masked(6, StereoMode::Stereo)]), [0.0, 6.0, 6.0]);
    expect(&of(vec![masked(6, StereoMode::Mid)]), [0.0; 3]);
    let gains = Curve {
        gains: vec![(3, -2.0), (2, 1.0)],
        preamp: 0.5,
        ..Curve::default()
    };
    expect(&gains, [-1.5, -0.5, 0.5]);
}

#[test]
fn mid_and_side_are_a_product_of_matrices_in_order() {
    let bands = vec![
        band(1000.0, 6.0, 1.0, StereoMode::Mid),
        band(1200.0, -4.0, 2.0, StereoMode::Left),
        band(700.0, 3.0, 0.5, StereoMode::Side),
    ];
    let [mid, left, side] = [0, 1, 2].map(|i| measured(&bands[i], Design::Rbj, 1100.0));
    let run = |[l, r]: [f64; 2], [mid, left, side]: [Complex<f64>; 3]| {
        let (m, s) = (mid * (0.5 * (l + r)), Complex::from(0.5 * (l - r)));
        let (l, r) = ((m + s) * left, m - s);
        let (m, s) = ((l + r) * 0.5, (l - r) * 0.5 * side);
        [m + s, m - s]
    };
    let response = stereo(&of(bands));
    assert!(response.is_coupled());
    let (full, zero) = (
        response.pair_at(1100.0),
        response.pair_magnitudes_at(1100.0),
    );
    for (input, unit) in [[1.0, 0.0], [0.0, 1.0]].into_iter().enumerate() {
        let ought = run(unit, [mid, left, side]);
        let ought_zero = run(unit, [mid, left, side].map(|h| h.norm().into()));
        for output in 0..2 {
            assert!((full[output][input] - ought[output]).norm() < 1e-9);
            assert!((zero[output][input] - ought_zero[output].re).abs() < 1e-9);
        }
    }
}

#[test]
fn point_wise_gains_are_straight_over_log_frequency() {
    let graphic = Graphic {
        points: vec![(100.0, -6.0), (400.0, 6.0)],
        channels: u64::MAX,
    };
    let curve = Curve {
        graphics: vec![graphic],
        ..Curve::default()
    };
    let response = stereo(&curve);
    for (frequency, ought) in [
        (0.0, -6.0),
        (50.0, -6.0),
        (100.0, -6.0),
        (200.0, 0.0),
        (400.0, 6.0),
        (9000.0, 6.0),
    ] {
        let is = response.at(1, frequency);
        assert!((decibels(is.magnitude) - ought).abs() < 1e-9 && is.phase == 0.0);
    }
    assert!((response.maximum() - 6.0).abs() < 1e-9);
    for points in [
        vec![],
        vec![(0.0, 1.0)],
        vec![(f64::NAN, f64::NAN)],
        vec![(5.0, 1.0), (5.0, 2.0), (1.0, 0.0)],
    ] {
        let graphic = Graphic {
            points,
            channels: 1,
        };
        for frequency in [0.0, 1.0, 5.0, f64::INFINITY, f64::NAN] {
            let gain = graphic.gain(frequency);
            assert!(gain.is_nan() || gain.abs() <= 2.0);
        }
    }
}

/// Maxima by brute force: both ends, a fine grid and every band finely, and every top that is seen
/// there once more, for it may be narrower than the grid.
fn brute(curve: &Curve, of: impl Fn(&Response, f64) -> f64) -> f64 {
    let response = stereo(curve);
    let grid = (0..20_000).map(|i| 24_000.0 * 1e-5f64.powf(f64::from(i) / 2e4));
    let bands = curve.bands.iter();
    let near = bands.flat_map(|b| (-2000..2000).map(|i| b.freq * (1.0 + f64::from(i) * 1e-5)));
    let mut all: Vec<f64> = grid.chain(near).chain([0.0]).collect();
    all.sort_by(f64::total_cmp);
    let values: Vec<f64> = all.iter().map(|f| of(&response, *f)).collect();
    let mut most = values.iter().copied().fold(f64::MIN, f64::max);
    for i in 1..all.len() - 1 {
        if values[i] > most - 1.0 && values[i] > values[i - 1] && values[i] >= values[i + 1] {
            let step = (all[i + 1] - all[i - 1]) / 200.0;
            let within = (0..200).map(|k| of(&response, all[i - 1] + step * f64::from(k)));
            most = within.fold(most, f64::max);
        }
    }
    most
}

prop_compose! {
    fn any_band()(
        kind in prop::sample::select(&[
            Kind::Peak, Kind::Peak, Kind::LowShelf, Kind::HighShelf, Kind::Tilt, Kind::Notch, Kind::LowPass,
        ][..]),
        part in 0.0..1.0f64, gain in -15.0..15.0f64, sharp in 0.0..1.0f64,
        mode in prop::sample::select(&[
            StereoMode::Stereo, StereoMode::Left, StereoMode::Right, StereoMode::Mid, StereoMode::Side,
        ][..]),
    ) -> Band {
        let q = 0.3 * 333f64.powf(sharp);
        Band { kind, alignment: crate::band::Alignment::Resonant, ..band(20.0 * 1150f64.powf(part), gain, q, mode) }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn the_maximum_is_the_maximum(mut bands in prop::collection::vec(any_band(), 1..10), coupled: bool) {
        if !coupled {
            bands.iter_mut().for_each(|b| b.stereo_mode = StereoMode::Stereo);
        }
        let curve = of(bands);
        // The largest singular value, by half the sum of what sum and difference of both come to.
        let ought = brute(&curve, |response, f| {
            let [[a, b], [c, d]] = response.pair_at(f);
            let all = a.norm_sqr() + b.norm_sqr() + c.norm_sqr() + d.norm_sqr();
            let both = 2.0 * (a * d - b * c).norm();
            decibels(0.5 * ((all + both).sqrt() + (all - both).max(0.0).sqrt()))
        });
        let is = stereo(&curve).maximum();
        prop_assert!(is > ought - 0.001, "{} for {}", is, ought);
        prop_assert!(is < ought + 0.001, "{} for {}", is, ought);
    }

    #[test]
    fn headroom_keeps_everything_below_full_scale(
        bands in prop::collection::vec(any_band(), 1..10), preamp in -12.0..12.0f64,
    ) {
        let curve = Curve { preamp, auto_headroom: true, ..of(bands) };
        let loudest = brute(&curve, |response, f| {
            let rows = response.pair_at(f).map(|row| row[0].norm() + row[1].norm());
            let zero = response.pair_magnitudes_at(f).map(|row| row[0].abs() + row[1].abs());
            decibels(rows.into_iter().chain(zero).fold(0.0, f64::max))
        });
        prop_assert!(loudest < 0.001, "{} dB", loudest);
        let is = stereo(&curve).preamp();
        prop_assert!(is == preamp || (is < preamp && loudest > -0.01), "{} of {}", is, preamp);
    }

    #[test]
    fn nothing_panics(
        mut band in any_band(), numbers in prop::array::uniform4(prop::num::f64::ANY), rate in prop::num::f64::ANY,
    ) {
        let [freq, gain, preamp, tone] = numbers;
        (band.freq, band.gain) = (freq, gain);
        let curve = Curve { preamp, auto_headroom: true, gains: vec![(1, tone)], ..of(vec![band]) };
        let layouts = [0, 1, 2, 70].map(Layout::unpositioned);
        for layout in layouts.iter().chain([&Layout { bits: vec![1], pair: Some((0, 99)) }]) {
            let response = Response::new(&curve, layout, rate);
            let _ = (response.at(0, tone), response.at(99, tone), response.maximum(), response.pair_at(tone));
        }
        let response = Response::new(&curve, &layouts[2], RATE);
        prop_assert!(response.at(0, 1000.0).magnitude.is_finite());
    }
}
