// SPDX-License-Identifier: MPL-2.0
//! What lines come to, where no response shows it.
use super::super::super::band::{Alignment, Band, Curve, Kind, StereoMode, Width};
use super::super::parse_bytes;
use super::{band, curve};

#[test]
fn all_that_a_filter_line_has_arrives() {
    assert_eq!(
        band("Filter 1: ON PK Fc 105 Hz Gain 3.5 dB Q 0.70"),
        Band {
            kind: Kind::Peak,
            freq: 105.0,
            gain: 3.5,
            width: Width::Q(0.7),
            ..Band::default()
        }
    );
}

#[test]
fn passes_have_their_q_or_are_maximally_flat() {
    let flat = band("Filter: ON LP Fc 100 Hz");
    assert_eq!((flat.alignment, flat.order), (Alignment::Butterworth, 2));
    let resonant = band("Filter: ON HPQ Fc 100 Hz Q 3");
    assert_eq!(
        (resonant.alignment, resonant.order),
        (Alignment::Resonant, 2)
    );
    assert_eq!(resonant.width, Width::Q(3.0));
}

#[test]
fn an_all_pass_has_its_width() {
    let q = band("Filter: ON AP Fc 900 Hz Q 0.707");
    assert_eq!((q.kind, q.width), (Kind::AllPass, Width::Q(0.707)));
    let octaves = band("Filter: ON AP Fc 900 Hz Gain 3 dB BW Oct 2");
    assert_eq!((octaves.width, octaves.gain), (Width::Octaves(2.0), 0.0));
}

#[test]
fn what_is_off_stays_as_a_band_if_it_is_one() {
    let off =
        curve("Filter 1: OFF PK Fc 100 Hz Gain 9 dB Q 1\nFilter 2: OFF PK\nFilter 3: OFF None\n");
    assert_eq!(off.bands.len(), 1);
    assert!(!off.bands[0].enabled);
    assert_eq!(off.bands[0].gain, 9.0);
}

#[test]
fn our_own_lines_have_all_that_a_band_has() {
    let line = "Band 7: OFF LowPass Fc 0 Hz BW Hz 0 Order 16 Alignment linkwitzriley Stereo side";
    assert_eq!(
        band(&format!("Channel: SL 64\n{line}")),
        Band {
            kind: Kind::LowPass,
            freq: 0.0,
            width: Width::Hz(0.0),
            order: 16,
            alignment: Alignment::LinkwitzRiley,
            enabled: false,
            channels: 1 << 10 | 1 << 63,
            stereo_mode: StereoMode::Side,
            ..Band::default()
        }
    );
    let tilt = band("Band: ON Tilt Fc 800 Hz Gain -3 dB Slope 0.3");
    assert_eq!((tilt.kind, tilt.gain), (Kind::Tilt, -3.0));
    assert_eq!(tilt.width, Width::Slope(0.3));
}

#[test]
fn preamps_add_up_where_they_apply() {
    let text = "Preamp: -1 dB\nChannel: L\nPreamp: -2 dB\nPreamp: 0.5 dB\nChannel: L R\nPreamp: 3 dB\n\
                Channel: ALL\nPreamp: -1 dB\n";
    let curve = curve(text);
    assert_eq!(curve.preamp, -2.0);
    assert_eq!(curve.gains, [(1, -1.5), (3, 3.0)]);
}

#[test]
fn frequencies_have_their_thousands_grouped_as_people_do() {
    let cases = [
        ("1,000", 1000.0),
        ("1.000", 1000.0),
        ("12.345", 12_345.0),
        ("24,000", 24_000.0),
        ("24.001", 24.001),
        ("999.999", 999.999),
        ("0.125", 0.125),
        ("80.1250", 80.125),
        ("80.12", 80.12),
        ("1,234.5", 1234.5),
        ("1.234,5", 1234.5),
        ("1,234,567", 1_234_567.0),
        ("1\u{a0}234", 1234.0),
        ("1\u{202f}234,5", 1234.5),
        ("1e3", 1000.0),
        ("1.000e3", 1000.0),
        ("440", 440.0),
    ];
    for (text, freq) in cases {
        let line = format!("Filter: ON PK Fc {text} Hz Gain 1 dB Q 1");
        assert_eq!(band(&line).freq, freq, "{text}");
    }
}

#[test]
fn a_slope_that_is_given_makes_a_corner_frequency() {
    // 12 dB of gain at 6 dB per octave: the middle is one octave from the corner, as near as
    // 6 dB are a factor of 2: 40·S dB per decade come to 6.02 per octave.
    let octave = 10f64.powf(0.3);
    for (line, freq) in [
        ("LS 6dB Fc 1e3 Hz Gain 12 dB", 1000.0 * octave),
        ("LS 6dB Fc 1e3 Hz Gain -12 dB", 1000.0 * octave),
        ("HS 6dB Fc 1e3 Hz Gain 12 dB", 1000.0 / octave),
        ("LSC 6dB Fc 1e3 Hz Gain 12 dB", 1000.0),
        ("LS Fc 1e3 Hz Gain 12 dB", 1000.0),
        ("LSC Fc 1e3 Hz Gain 12 dB Q 0.5", 1000.0),
    ] {
        let band = band(&format!("Filter: ON {line}"));
        assert!((band.freq - freq).abs() < 1e-9, "{line}: {}", band.freq);
    }
}

#[test]
fn what_is_no_command_is_skipped() {
    for text in [
        "",
        "\n\r\n \t\n",
        "Filter Settings file",
        "Filter Settings: none",
        "Filter set 3",
        "Preamplifier: 30 dB",
        "Room EQ V5.20.13",
        "Dated: 3 Mar 2024 17:04:11",
        "Notes: Channel 2, Filter 1",
        "Equaliser: Generic",
        "Average 1",
        ": PK",
        ":",
        "#Filter 1: ON PK Fc 100 Hz Gain 1 dB Q 1",
        "Device: all",
        "Stage: post-mix",
        "Target level: 75.0 dB",
        "Filter 1: ON None",
    ] {
        // Notes alone are no configuration.
        let text = format!("{text}\nFilter 2: ON None");
        assert_eq!(curve(&text), Curve::default(), "{text:?}");
    }
}

#[test]
fn points_are_sorted_and_equal_ones_are_one() {
    let curve = curve("Channel: R\nGraphicEQ: 100 2; 50 1;50 1.0;");
    assert_eq!(curve.graphics.len(), 1);
    assert_eq!(curve.graphics[0].points, [(50.0, 1.0), (100.0, 2.0)]);
    assert_eq!(curve.graphics[0].channels, 2);
}

#[test]
fn bytes_that_decode_to_nothing_are_no_panic() {
    for bytes in [
        &b"\xff\xfe\x00"[..],
        b"\xff\xfe\x00\xd8",
        b"\xfe\xff\xdc",
        b"\xef\xbb",
        b"# \xc3",
    ] {
        let behind = [bytes, b"\nPreamp: 0 dB"].concat();
        for bytes in [bytes, &behind[..]] {
            if let Ok(curve) = parse_bytes(bytes) {
                assert_eq!(curve, Curve::default(), "{bytes:?}");
            }
        }
    }
    assert_eq!(parse_bytes(b"\xff\xfe\x00"), Ok(Curve::default()));
    let error = parse_bytes(b"\n\nPreamp: -3 \xb0").unwrap_err();
    assert_eq!(error.line, 3);
}
