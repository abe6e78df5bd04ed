// SPDX-License-Identifier: MPL-2.0
//! Which values axes are marked at, and how these are written.
use crate::picture::scale::{FrequencyAxis, FrequencyScale};
use crate::picture::ticks::{Room, Tick, clock, of_frequency, of_level, of_past, of_time};

fn labels(ticks: &[Tick]) -> Vec<&str> {
    let named = ticks.iter().filter(|tick| !tick.label.is_empty());
    named.map(|tick| tick.label.as_str()).collect()
}

fn room(length: f64, label: f64) -> Room {
    Room {
        length,
        label,
        mark: 3.0,
    }
}

#[test]
fn a_logarithmic_axis_goes_from_20_hz_to_20_khz() {
    let axis = FrequencyAxis::new(FrequencyScale::Logarithmic, 0.0, 0.0, 48_000);
    let ticks = of_frequency(&axis, room(500.0, 20.0));
    assert_eq!(
        labels(&ticks),
        [
            "20", "50", "100", "200", "500", "1k", "2k", "5k", "10k", "20k"
        ]
    );
    // With little room the decades are left.
    let few = of_frequency(&axis, room(80.0, 20.0));
    assert_eq!(labels(&few), ["100", "1k", "10k"]);
    // 30, 40, 60 … between them, without a label.
    let at = axis.share(3000.0);
    assert!(
        ticks
            .iter()
            .any(|t| (t.at - at).abs() < 1e-9 && t.label.is_empty())
    );
}

#[test]
fn a_linear_axis_has_even_steps() {
    let axis = FrequencyAxis::new(FrequencyScale::Linear, 0.0, 0.0, 44_100);
    let ticks = of_frequency(&axis, room(500.0, 40.0));
    assert_eq!(ticks.len(), 12);
    assert_eq!(labels(&ticks)[..3], ["0", "2k", "4k"]);
    let narrow = FrequencyAxis::new(FrequencyScale::Logarithmic, 400.0, 500.0, 44_100);
    let ticks = of_frequency(&narrow, room(500.0, 90.0));
    assert_eq!(labels(&ticks), ["400", "420", "440", "460", "480", "500"]);
}

#[test]
fn an_axis_from_0_begins_with_0() {
    let axis = FrequencyAxis::new(FrequencyScale::Mel, 0.0, 0.0, 44_100);
    let ticks = of_frequency(&axis, room(250.0, 20.0));
    assert_eq!(labels(&ticks), ["0", "500", "1k", "2k", "5k", "10k", "20k"]);
}

#[test]
fn times_are_read_as_on_a_clock() {
    for (seconds, wanted) in [
        (
            0.02,
            vec!["0.000 s", "0.005 s", "0.010 s", "0.015 s", "0.020 s"],
        ),
        (4.0, vec!["0:00", "0:01", "0:02", "0:03", "0:04"]),
        (95.0, vec!["0:00", "0:30", "1:00", "1:30"]),
        (
            7200.0,
            vec!["0:00:00", "0:30:00", "1:00:00", "1:30:00", "2:00:00"],
        ),
        (
            400_000.0,
            vec!["0:00:00", "24:00:00", "48:00:00", "72:00:00", "96:00:00"],
        ),
    ] {
        assert_eq!(labels(&of_time(seconds, room(500.0, 100.0))), wanted);
    }
    assert_eq!(clock(61.5, 0.5, 80.0), "1:01.5");
    // Now is at the beginning of an axis that begins with the newest.
    let down = of_past(10.0, room(500.0, 200.0), true);
    let now = down.iter().find(|tick| tick.label == "0:00");
    assert!(now.is_some_and(|tick| tick.at == 0.0), "{down:?}");
    assert!(
        down.iter()
            .all(|tick| tick.at == 0.0 || tick.label.is_empty() || tick.label.starts_with('−'))
    );
    let past = of_past(10.0, room(500.0, 200.0), false);
    assert_eq!(labels(&past), ["0:00", "−0:05", "−0:10"]);
    assert_eq!((past[0].at, past[2].at), (1.0, 0.0));
    assert!(of_time(0.0, room(1.0, 1.0)).is_empty());
    assert!(of_time(f64::NAN, room(1.0, 1.0)).is_empty());
}

#[test]
fn levels_have_a_true_minus() {
    let ticks = of_level(-60.0, 0.0, room(300.0, 60.0));
    assert_eq!(labels(&ticks), ["−60", "−40", "−20", "0"]);
}

#[test]
fn labels_never_overlap_and_stay_on_the_axis() {
    for scale in [
        FrequencyScale::Linear,
        FrequencyScale::Logarithmic,
        FrequencyScale::Mel,
    ] {
        for rate in [100, 8_000, 44_100, 384_000] {
            for length in [1.0, 17.0, 200.0, 5000.0] {
                let axis = FrequencyAxis::new(scale, 0.0, 0.0, rate);
                let ticks = of_frequency(&axis, room(length, 15.0));
                assert!(ticks.iter().all(|t| (-1e-6..=1.000_001).contains(&t.at)));
                let named: Vec<_> = ticks.iter().filter(|t| !t.label.is_empty()).collect();
                let apart = |p: &[&Tick]| (p[1].at - p[0].at) * length > 14.999;
                assert!(named.windows(2).all(apart), "{scale:?} {rate} {length}");
            }
        }
    }
}

#[test]
fn labels_of_narrow_axes_have_the_digits_of_their_steps() {
    let labels_of = |scale, low, high| {
        let axis = FrequencyAxis::new(scale, low, high, 48_000);
        let ticks = of_frequency(&axis, room(500.0, 90.0));
        labels(&ticks).join(" ")
    };
    for (low, high, wanted) in [
        (1000.0, 1000.5, "1000.0 1000.1 1000.2 1000.3 1000.4 1000.5"),
        (1000.0, 1005.0, "1000 1001 1002 1003 1004 1005"),
        (
            12_300.0,
            12_350.0,
            "12.3k 12.31k 12.32k 12.33k 12.34k 12.35k",
        ),
        (900.0, 1400.0, "900 1k 1.1k 1.2k 1.3k 1.4k"),
        (0.0, 0.5, "0.0 0.1 0.2 0.3 0.4 0.5"),
    ] {
        assert_eq!(labels_of(FrequencyScale::Linear, low, high), wanted);
    }
    assert_eq!(
        labels_of(FrequencyScale::Logarithmic, 1000.0, 1000.5),
        "1000.0 1000.1 1000.2 1000.3 1000.4 1000.5"
    );
    // Half the rate of 1 Hz.
    let slow = FrequencyAxis::new(FrequencyScale::Logarithmic, 0.0, 0.0, 1);
    let ticks = of_frequency(&slow, room(500.0, 40.0));
    assert_eq!(labels(&ticks), ["0.05", "0.1", "0.2", "0.5"]);
}

#[test]
fn labels_say_where_they_stand_and_none_says_the_same_as_another() {
    let read = |label: &str| match label.strip_suffix('k') {
        Some(number) => 1000.0 * number.parse::<f64>().unwrap(),
        None => label.parse().unwrap(),
    };
    for scale in [
        FrequencyScale::Linear,
        FrequencyScale::Logarithmic,
        FrequencyScale::Mel,
    ] {
        for low in [0.0, 0.001, 0.7, 19.99, 100.0, 999.999, 12_345.678] {
            for span in [1e-6, 0.003, 0.5, 7.7, 90.0, 1234.5, 20_000.0, 9e6] {
                for length in [30.0, 300.0, 3000.0] {
                    let axis = FrequencyAxis::new(scale, low, low + span, 48_000_000);
                    let ticks = of_frequency(&axis, room(length, 20.0));
                    let named: Vec<_> = ticks.iter().filter(|t| !t.label.is_empty()).collect();
                    for tick in &named {
                        let pixels = (axis.share(read(&tick.label)) - tick.at) * length;
                        assert!(pixels.abs() < 0.5, "{scale:?} {low} {span}: {tick:?}");
                    }
                    let differ = |pair: &[&Tick]| pair[0].label != pair[1].label;
                    assert!(named.windows(2).all(differ), "{scale:?} {low} {span}");
                }
            }
        }
    }
}
