// SPDX-License-Identifier: MPL-2.0
//! What is written reads back as what it was.
use super::super::super::band::{Alignment, Band, Curve, Graphic, Kind, StereoMode, Width};
use super::super::fields::{has_gain, is_shelf};
use super::super::{parse, parse_bytes, write};
use proptest::prelude::*;

/// `band` with what its response does not depend on as text leaves it.
fn bare(band: &Band) -> Band {
    let is_pass = matches!(band.kind, Kind::LowPass | Kind::HighPass);
    let flat = is_pass && band.alignment == Alignment::Butterworth;
    let default = Band::default();
    Band {
        gain: if has_gain(band.kind) {
            band.gain
        } else {
            default.gain
        },
        width: if flat { default.width } else { band.width },
        order: if is_pass { band.order } else { default.order },
        alignment: if is_pass {
            band.alignment
        } else {
            default.alignment
        },
        ..*band
    }
}

fn check(curve: &Curve) {
    let text = write(curve);
    let back = parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let bands = |curve: &Curve| curve.bands.iter().map(bare).collect::<Vec<_>>();
    assert_eq!(bands(&back), bands(curve), "{text}");
    assert_eq!(back.graphics, curve.graphics, "{text}");
    assert_eq!(
        (back.preamp, &back.gains),
        (curve.preamp, &curve.gains),
        "{text}"
    );
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        8 => -120.0..120.0f64,
        8 => 1.0..20_000.0f64,
        4 => (1u32..200_000).prop_map(|n| f64::from(n) / 1000.0),
        4 => (1u32..2400).prop_map(|n| f64::from(n) / 10.0),
        1 => prop_oneof![Just(0.0), Just(-1.0), Just(1e300), Just(5e-324), Just(f64::MAX)],
    ]
}

fn width() -> impl Strategy<Value = Width> {
    prop_oneof![
        number().prop_map(Width::Q),
        number().prop_map(Width::Hz),
        number().prop_map(Width::Octaves),
        number().prop_map(Width::Slope),
        (0.05..1.0f64).prop_map(Width::Slope),
        (1u32..1200).prop_map(|steep| Width::Slope(f64::from(steep) / 1200.0)),
    ]
}

fn mask() -> impl Strategy<Value = u64> {
    prop_oneof![3 => Just(u64::MAX), 1 => Just(0), 1 => Just(1), 2 => any::<u64>()]
}

fn band() -> impl Strategy<Value = Band> {
    let kind = prop::sample::select(vec![
        Kind::Peak,
        Kind::LowShelf,
        Kind::HighShelf,
        Kind::LowPass,
        Kind::HighPass,
        Kind::BandPass,
        Kind::Notch,
        Kind::AllPass,
        Kind::Tilt,
    ]);
    let alignment = prop::sample::select(vec![
        Alignment::Butterworth,
        Alignment::LinkwitzRiley,
        Alignment::Resonant,
    ]);
    let stereo_mode = prop::sample::select(vec![
        StereoMode::Stereo,
        StereoMode::Stereo,
        StereoMode::Left,
        StereoMode::Right,
        StereoMode::Mid,
        StereoMode::Side,
    ]);
    let order = prop_oneof![Just(2), 1..=16u8];
    let pass = (order, alignment);
    (
        kind,
        number(),
        -120.0..120.0f64,
        width(),
        pass,
        any::<bool>(),
        mask(),
        stereo_mode,
    )
        .prop_map(
            |(kind, freq, gain, width, (order, alignment), enabled, channels, stereo_mode)| Band {
                kind,
                freq,
                gain,
                width,
                order,
                alignment,
                enabled,
                channels,
                stereo_mode,
            },
        )
}

fn graphic() -> impl Strategy<Value = Graphic> {
    let points = prop::collection::btree_map(1u32..300_000, -120.0..120.0f64, 1..20);
    (points, mask()).prop_map(|(points, channels)| Graphic {
        points: points
            .into_iter()
            .map(|(hz, db)| (f64::from(hz) / 10.0, db))
            .collect(),
        channels,
    })
}

/// Preamps per mask, as reading leaves them: each mask once, and not all channels.
fn gains() -> impl Strategy<Value = Vec<(u64, f64)>> {
    prop::collection::btree_map(0..u64::MAX, -120.0..120.0f64, 0..3)
        .prop_map(|gains| gains.into_iter().collect())
}

proptest! {
    #[test]
    fn any_curve_comes_back(
        bands in prop::collection::vec(band(), 0..8),
        graphics in prop::collection::vec(graphic(), 0..3),
        preamp in -120.0..120.0f64,
        gains in gains(),
    ) {
        check(&Curve { bands, graphics, preamp, gains, ..Curve::default() });
    }

    #[test]
    fn no_text_panics(text in "(Filter|Band|Preamp|Channel|GraphicEQ|Stage|Device|[ -~]{0,4})[ 0-9]{0,3}:? ?(ON|OFF)? ?(PK|LS|LSC|HP|Tilt|Peak)?[ ,.;0-9a-zA-Z−+-]{0,40}") {
        if let Ok(curve) = parse(&text) {
            check(&curve);
        }
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = parse_bytes(&bytes);
    }
}

/// What Equalizer APO has a line for is written as this line, so that it and others can read it.
#[test]
fn common_bands_are_written_as_everyone_reads_them() {
    for line in [
        "Filter 1: ON PK Fc 105 Hz Gain 3.5 dB Q 0.7",
        "Filter 1: OFF PK Fc 105 Hz Gain -3.5 dB BW Oct 0.5",
        "Filter 1: ON LSC Fc 105 Hz Gain 3.5 dB Q 0.7",
        "Filter 1: ON HSC 6 dB Fc 105 Hz Gain 3.5 dB",
        "Filter 1: ON LP Fc 100.5 Hz",
        "Filter 1: ON HPQ Fc 100 Hz Q 2",
        "Filter 1: ON BP Fc 100 Hz Q 2",
        "Filter 1: ON NO Fc 100 Hz Q 30",
        "Filter 1: ON AP Fc 100 Hz BW Oct 1",
        // Three decimals would be thousands.
        "Filter 1: ON PK Fc 12.3450 Hz Gain 1 dB Q 1.125",
        "Preamp: -6.2 dB\nChannel: L R LFE 7 SL\nPreamp: 3 dB\nChannel: ALL\nGraphicEQ: 20 -1.5; 21.125 3",
        "Band 1: ON LowPass Fc 100 Hz Q 0.5 Order 4 Alignment Resonant Stereo Mid",
        "Band 1: ON Tilt Fc 100 Hz Gain 1 dB Q 0.5",
        "Band 1: ON Peak Fc 100 Hz Gain 1 dB BW Hz 30",
    ] {
        assert_eq!(write(&super::curve(line)), format!("{line}\n"));
    }
}

#[test]
fn a_shelf_is_written_with_the_middle_of_its_slope() {
    let corner = super::band("Filter: ON LS 6dB Fc 50 Hz Gain 7.2 dB");
    assert!(is_shelf(corner.kind));
    let text = write(&Curve {
        bands: vec![corner],
        ..Curve::default()
    });
    assert_eq!(
        text,
        format!("Filter 1: ON LSC 6 dB Fc {} Hz Gain 7.2 dB\n", corner.freq)
    );
}
