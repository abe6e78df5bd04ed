// SPDX-License-Identifier: MPL-2.0
//! Sizes, settings and signals of every kind; and what must never change.
use super::super::canvas::Canvas;
use super::super::columns::Gather;
use super::super::layout::Orientation;
use super::super::scale::FrequencyScale;
use super::super::settings::{Channels, Settings};
use super::super::whole::Whole;
use super::{RATE, bare, picture, source};

#[test]
fn any_picture_can_be_drawn_of_anything() {
    for size in [(1, 1), (1, 500), (500, 1), (37, 41), (333, 222)] {
        for channels in [1, 2, 8, 64] {
            for orientation in [Orientation::Horizontal, Orientation::Vertical] {
                for (gather, mode) in [
                    (Gather::Mean, Channels::Mixed),
                    (Gather::Peak, Channels::Stacked),
                ] {
                    for frames in [0, 1, 5000] {
                        let settings = Settings {
                            gather,
                            channels: mode,
                            orientation,
                            fft_size: 256,
                            ..Settings::default()
                        };
                        let samples = vec![0.1; frames * channels];
                        let canvas = picture(&settings, &samples, channels, size, frames == 5000);
                        assert_eq!((canvas.width(), canvas.height()), size);
                    }
                }
            }
        }
    }
    for size in [(0, 10), (10, 0), (40_000, 10)] {
        assert!(Whole::new(&bare(), &source(1), size, "", None).is_err());
    }
    assert!(Whole::new(&bare(), &source(0), (10, 10), "", None).is_err());
    let odd = Settings {
        range: f64::NAN,
        gain: f64::INFINITY,
        overlap: f64::NAN,
        min_frequency: f64::NAN,
        max_frequency: -3.0,
        fft_size: 5,
        ..Settings::default()
    };
    picture(&odd, &[0.5; 4000], 1, (300, 200), false);
}

#[test]
fn a_range_that_begins_where_nothing_is_is_told() {
    for (low, high, rate, wrong) in [
        (0.0, 0.0, 1, None),
        (20.0, 0.0, 44_100, None),
        (20.0, 96_000.0, 44_100, None),
        (5000.0, 100.0, 44_100, Some("100 Hz")),
        (100.0, 100.0, 44_100, Some("100 Hz")),
        (5000.0, 0.0, 8000, Some("4000 Hz")),
        (0.5, 0.0, 1, Some("0.5 Hz")),
        (f64::NAN, 100.0, 8000, None),
    ] {
        let settings = Settings {
            min_frequency: low,
            max_frequency: high,
            ..Settings::default()
        };
        let told = settings.wrong_range(rate);
        let right = match (&told, wrong) {
            (Some(text), Some(part)) => text.contains(part),
            (None, None) => true,
            _ => false,
        };
        assert!(right, "{low} {high} {rate}: {told:?}");
    }
}

/// FNV, 64 bits.
fn checksum(canvas: &Canvas) -> u64 {
    canvas
        .pixels()
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        })
}

#[test]
fn what_surrounds_silence_is_the_same_for_ever() {
    let draw = |settings: &Settings, channels| {
        let source = source(channels);
        let mut whole = Whole::new(settings, &source, (900, 560), "Ärger – № 7", None).unwrap();
        whole.push_silence(95 * u64::from(RATE));
        checksum(&whole.finish())
    };
    let stacked = Settings {
        channels: Channels::Stacked,
        orientation: Orientation::Vertical,
        scale: FrequencyScale::Linear,
        ..Settings::default()
    };
    let found = [draw(&Settings::default(), 1), draw(&stacked, 2)];
    // Look at the pictures before these are changed.
    assert_eq!(
        found,
        [0x9478_b0f9_aed2_7dcf, 0x2f3b_b09e_9406_4ae9],
        "{found:#x?}"
    );
}
