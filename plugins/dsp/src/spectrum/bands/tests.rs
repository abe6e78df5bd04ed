// SPDX-License-Identifier: MPL-2.0
use super::*;
use crate::spectrum::scale::Calibration;
use crate::window::Window;
use proptest::collection::vec;
use proptest::prelude::*;

const SCALES: [FrequencyScale; 8] = [
    FrequencyScale::Linear,
    FrequencyScale::Logarithmic,
    FrequencyScale::Mel,
    FrequencyScale::Bark,
    FrequencyScale::Octave { fraction: 1 },
    FrequencyScale::Octave { fraction: 2 },
    FrequencyScale::Octave { fraction: 3 },
    FrequencyScale::Octave { fraction: 24 },
];

fn ones(size: usize) -> Vec<f64> {
    vec![1.0; size / 2 + 1]
}

proptest! {
    /// What lies between the outer edges, to the last part of a bin, whether bands are wider than
    /// bins or narrower.
    #[test]
    fn bands_add_up_to_what_lies_between_their_ends(
        power in vec(0f32..1e3, 1..300),
        odd in 0..2usize,
        scale in 0..SCALES.len(),
        count in 1..500usize,
        (low, high) in (20f64..8000.0, 8100f64..30_000.0),
    ) {
        let (rate, size) = (48_000.0, (2 * (power.len() - 1) + odd).max(1));
        let bands = SCALES[scale].bands(count, low, high, rate).expect("they exist");
        for pair in bands.windows(2) {
            prop_assert!((pair[0].high / pair[1].low - 1.0).abs() < 1e-12);
        }
        for band in &bands {
            prop_assert!(band.low < band.centre && band.centre < band.high);
        }
        let bank = filter_bank(Level::best(), &bands, rate, size, &ones(size));
        let mut out = vec![f32::NAN; bands.len()];
        bank.apply(&power, &mut out);
        let sum: f64 = out.iter().map(|&x| f64::from(x)).sum();
        // Power spread evenly, summed by steps of a thousandth of a bin's width.
        let spacing = rate / size as f64;
        let (from, to) = (bands[0].low / spacing, bands[bands.len() - 1].high / spacing);
        let expected: f64 = power.iter().enumerate().map(|(bin, &power)| {
            let a = (bin as f64 - 0.5).max(0.0);
            let b = (bin as f64 + 0.5).min(size as f64 / 2.0);
            let inside = (0..1000).filter(|step| {
                let at = a + (b - a) * (f64::from(*step) + 0.5) / 1000.0;
                at >= from && at < to
            });
            f64::from(power) * inside.count() as f64 / 1000.0
        }).sum();
        prop_assert!((sum - expected).abs() <= 2.0 + 1e-5 * expected, "{sum}, not {expected}");
    }

    /// From 0 Hz to half the rate nothing is lost.
    #[test]
    fn a_whole_scale_conserves_power(
        power in vec(0f32..1e3, 2..300),
        scale in 0..4usize,
        count in 1..700usize,
    ) {
        let (rate, size) = (44_100.0, 2 * (power.len() - 1));
        let low = if SCALES[scale] == FrequencyScale::Logarithmic { 1e-9 } else { 0.0 };
        let bands = SCALES[scale].bands(count, low, 1e9, rate).expect("they exist");
        prop_assert_eq!(bands.len(), count);
        let bank = filter_bank(Level::best(), &bands, rate, size, &ones(size));
        let mut out = vec![f32::NAN; count];
        bank.apply(&power, &mut out);
        let sum: f64 = out.iter().map(|&x| f64::from(x)).sum();
        let expected: f64 = power.iter().map(|&x| f64::from(x)).sum();
        prop_assert!((sum - expected).abs() <= 1e-5 * expected, "{sum}, not {expected}");
    }
}

#[test]
fn bands_narrower_than_a_bin_share_it() {
    let bands = FrequencyScale::Linear
        .bands(80, 0.0, 4.0, 8.0)
        .expect("they exist");
    let bank = filter_bank(Level::best(), &bands, 8.0, 8, &ones(8));
    let mut out = [f32::NAN; 80];
    bank.apply(&[0.0, 20.0, 0.0, 0.0, 0.0], &mut out);
    // Bin 1 lies from 0.5 to 1.5 Hz, 20 bands.
    for (i, share) in out.into_iter().enumerate() {
        let expected = if (10..30).contains(&i) { 1.0 } else { 0.0 };
        assert!((share - expected).abs() < 1e-5, "band {i}: {share}");
    }
}

#[test]
fn thirds_of_an_octave_as_the_standard_has_them() {
    let scale = FrequencyScale::Octave { fraction: 3 };
    let bands = scale
        .bands(0, 20.0, 20_000.0, 48_000.0)
        .expect("they exist");
    assert_eq!(bands.len(), 31);
    for (i, band) in bands.iter().enumerate() {
        let tenth = i as f64 - 17.0;
        for (value, exact) in [
            (band.centre, 10f64.powf(tenth / 10.0)),
            (band.low, 10f64.powf(tenth / 10.0 - 0.05)),
            (band.high, 10f64.powf(tenth / 10.0 + 0.05)),
        ] {
            assert!((value / 1000.0 / exact - 1.0).abs() < 1e-12, "{band:?}");
        }
    }
    // At 44.1 kHz the band of 20 kHz reaches beyond half the rate, at 32 kHz that of 16 is not there.
    assert_eq!(
        scale
            .bands(0, 20.0, 20_000.0, 44_100.0)
            .expect("they exist")
            .len(),
        31
    );
    let last = scale
        .bands(0, 20.0, 20_000.0, 32_000.0)
        .expect("they exist")[29];
    assert_eq!(nominal(last.centre, 3), 16_000.0);
    let last = *scale
        .bands(0, 20.0, 1e9, 31_000.0)
        .expect("they exist")
        .last()
        .expect("one");
    assert_eq!(nominal(last.centre, 3), 12_500.0);
}

#[test]
fn fractions_lie_around_the_reference_frequency() {
    // An odd number per octave has 1 kHz in the middle of a band, an even number between two.
    for (fraction, low, centre) in [
        (1, 10f64.powf(-0.15), 1.0),
        (3, 10f64.powf(-0.05), 1.0),
        (2, 1.0, 10f64.powf(0.075)),
        (6, 1.0, 10f64.powf(0.025)),
    ] {
        let scale = FrequencyScale::Octave { fraction };
        let bands = scale
            .bands(0, 1001.0, 1002.0, 48_000.0)
            .expect("they exist");
        assert_eq!(bands.len(), 1);
        assert!((bands[0].low / 1000.0 - low).abs() < 1e-12, "{bands:?}");
        assert!(
            (bands[0].centre / 1000.0 - centre).abs() < 1e-12,
            "{bands:?}"
        );
    }
}

#[test]
fn nominal_frequencies() {
    for (centre, fraction, expected) in [
        (31.623, 1, 31.5),
        (15_848.9, 1, 16_000.0),
        (19.953, 3, 20.0),
        (1258.9, 3, 1250.0),
        (0.7943, 3, 0.8),
        (1059.3, 6, 1060.0),
        (5308.8, 6, 5300.0),
    ] {
        let found = nominal(centre, fraction);
        assert!((found / expected - 1.0).abs() < 1e-12, "{centre}: {found}");
    }
    assert!(nominal(f64::NAN, 3).is_nan());
}

#[test]
fn bark_is_where_it_was_measured() {
    // Traunmüller's formula, with the corrections: 1 kHz at 8.527 Bark, 100 Hz at 0.956.
    let scale = FrequencyScale::Bark;
    assert!((scale.place(1000.0) - 8.527).abs() < 1e-3);
    assert!((scale.place(100.0) - 0.9558).abs() < 1e-3);
    for scale in SCALES {
        for hertz in [1.0, 50.0, 250.0, 1000.0, 7000.0, 15_000.0, 90_000.0] {
            let back = scale.hertz(scale.place(hertz));
            assert!(
                (back / hertz - 1.0).abs() < 1e-9,
                "{scale:?} {hertz}: {back}"
            );
        }
    }
}

#[test]
fn a_full_scale_sine_reads_zero_in_its_band() {
    let (rate, size) = (48_000.0, 4096);
    let window = Window::Hann.periodic(size);
    let calibration = Calibration::new(&window, size);
    let scale = FrequencyScale::Octave { fraction: 3 };
    let bands = scale.bands(0, 100.0, 10_000.0, rate).expect("they exist");
    let bank = filter_bank(Level::best(), &bands, rate, size, &calibration.of_sums());
    // Hann's window takes a sine to three bins: 1/2, 1 and 1/2.
    let mut power = vec![0.0; size / 2 + 1];
    let full_scale = calibration.full_scale() as f32;
    power[84] = full_scale / 4.0;
    power[85] = full_scale;
    power[86] = full_scale / 4.0;
    let mut out = vec![f32::NAN; bands.len()];
    bank.apply(&power, &mut out);
    assert!((out[10] - 1.0).abs() < 1e-5, "{out:?}");
    assert!((out.iter().sum::<f32>() - 1.0).abs() < 1e-5);
}

#[test]
fn what_makes_no_sense_is_refused() {
    let nan = f64::NAN;
    for scale in SCALES {
        for (count, low, high, rate) in [
            (10, 100.0, 50.0, 48_000.0),
            (10, -1.0, 50.0, 48_000.0),
            (10, nan, 50.0, 48_000.0),
            (10, 20.0, nan, nan),
            (10, 30_000.0, 40_000.0, 48_000.0),
            (10, 20.0, f64::INFINITY, f64::INFINITY),
        ] {
            assert!(
                scale.bands(count, low, high, rate).is_err(),
                "{scale:?} {low} {high}"
            );
        }
        let fraction = matches!(scale, FrequencyScale::Octave { .. });
        for count in [0, MOST_BANDS + 1] {
            assert_eq!(
                scale.bands(count, 20.0, 20_000.0, 48_000.0).is_ok(),
                fraction
            );
        }
        let from_zero = matches!(
            scale,
            FrequencyScale::Linear | FrequencyScale::Mel | FrequencyScale::Bark
        );
        assert_eq!(scale.bands(10, 0.0, 20_000.0, 48_000.0).is_ok(), from_zero);
    }
    for fraction in [0, MOST_PER_OCTAVE + 1, u32::MAX] {
        let scale = FrequencyScale::Octave { fraction };
        assert!(scale.bands(0, 20.0, 20_000.0, 48_000.0).is_err());
    }
    // A range that takes more than there may be.
    let scale = FrequencyScale::Octave { fraction: 192 };
    assert!(scale.bands(0, 1e-300, 20_000.0, 48_000.0).is_err());
}
