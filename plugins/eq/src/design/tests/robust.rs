// SPDX-License-Identifier: MPL-2.0
//! Whatever the numbers are, sections are finite and stable, and as many as announced.
use super::*;

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        3 => prop::num::f64::ANY,
        1 => prop::sample::select(&[
            0.0, -0.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300, -1e300, 5e-324, 24_000.0,
            23_999.999_999, 1e-9, 0.5, 1.0,
        ][..]),
        3 => -30_000.0..30_000.0f64,
        3 => log(1e-6, 1e6),
    ]
}

fn width() -> impl Strategy<Value = Width> {
    let unit = prop::sample::select(&[Width::Q, Width::Hz, Width::Octaves, Width::Slope][..]);
    (unit, number()).prop_map(|(unit, number)| unit(number))
}

fn design() -> impl Strategy<Value = Design> {
    prop::sample::select(&[Design::Rbj, Design::Matched][..])
}

prop_compose! {
    fn band()(
        kind in kind(),
        freq in number(),
        gain in number(),
        width in width(),
        order in any::<u8>(),
        alignment in alignment(),
        enabled in prop::bool::weighted(0.9),
    ) -> Band {
        Band { kind, freq, gain, width, order, alignment, enabled, ..Band::default() }
    }
}

fn check(band: &Band, rate: f64, design: Design) -> Result<(), TestCaseError> {
    let sections = sections(band, rate, design);
    prop_assert_eq!(sections.as_slice().len(), count(band));
    prop_assert!((1..=MAX_SECTIONS).contains(&count(band)));
    for s in sections.as_slice() {
        let sum = s.b0.abs() + s.b1.abs() + s.b2.abs() + s.a1.abs() + s.a2.abs();
        prop_assert!(sum.is_finite() && s.is_stable(), "{:?}: {:?}", band, s);
        prop_assert!(band.enabled || s.is_identity(), "{:?}: {:?}", band, s);
        let gained = matches!(
            band.kind,
            Kind::Peak | Kind::LowShelf | Kind::HighShelf | Kind::Tilt
        );
        prop_assert!(!gained || band.gain != 0.0 || s.is_identity());
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40_000))]

    #[test]
    fn any_numbers_give_stable_sections(band in band(), design in design()) {
        check(&band, 48_000.0, design)?;
    }

    #[test]
    fn any_rate_gives_stable_sections(band in band(), rate in number(), design in design()) {
        check(&band, rate, design)?;
    }

    /// A gain-normalised kernel divides by it.
    #[test]
    fn the_first_weight_is_well_away_from_zero(
        kind in prop::sample::select(&[Kind::Peak, Kind::LowShelf, Kind::HighShelf, Kind::Tilt][..]),
        freq in log(10.0, 30_000.0),
        gain in -30.0..30.0f64,
        q in log(0.1, 100.0),
        design in design(),
    ) {
        // Shelves with a resonance are no use of a shelf.
        let q = if kind == Kind::Peak { q } else { q.min(1.2) };
        let band = Band { kind, freq, gain, width: Width::Q(q), ..Band::default() };
        let least = 10f64.powf(-gain.abs() / 20.0) * 0.4;
        let s = sections(&band, 48_000.0, design).as_slice()[0];
        prop_assert!(s.b0 >= least, "{:?}: {:?}", band, s);
    }
}

#[test]
fn no_bandwidth_is_inert() {
    for kind in [Kind::Peak, Kind::LowShelf, Kind::Notch, Kind::BandPass] {
        let band = Band {
            kind,
            gain: 6.0,
            width: Width::Hz(0.0),
            ..Band::default()
        };
        assert_eq!(
            sections(&band, 48_000.0, Design::Rbj).as_slice(),
            [Section::IDENTITY]
        );
    }
}

#[test]
fn a_band_that_is_off_keeps_its_poles() {
    let on = Band {
        gain: 6.0,
        ..Band::default()
    };
    let off = Band {
        enabled: false,
        ..on
    };
    let [on, off] = [on, off].map(|band| sections(&band, 48_000.0, Design::Rbj).as_slice()[0]);
    assert!(off.is_identity() && (off.a1, off.a2) == (on.a1, on.a2));
}

#[test]
fn too_steep_a_slope_is_no_siren() {
    for kind in [Kind::LowShelf, Kind::HighShelf, Kind::Tilt] {
        for gain in [-24.0, 12.0, 24.0] {
            for slope in [1.5, 2.0, 8.0, 1e3] {
                let band = Band {
                    kind,
                    gain,
                    width: Width::Slope(slope),
                    ..Band::default()
                };
                let most = (0..4000)
                    .map(|i| decibels(&band, 48_000.0, Design::Rbj, 500.0 + 0.5 * f64::from(i)))
                    .fold(f64::MIN, f64::max);
                assert!(most < 45.0, "{band:?}: {most} dB");
            }
        }
    }
}
