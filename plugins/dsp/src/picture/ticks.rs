// SPDX-License-Identifier: MPL-2.0
//! Which values an axis is marked at: round ones, as close as labels leave room.
use super::scale::{FrequencyAxis, FrequencyScale};
use std::cmp::Ordering;

/// A mark on an axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Tick {
    /// How far along the axis, 0 to 1.
    pub at: f64,
    /// What is written there; empty for a small mark between.
    pub label: String,
}

/// Lengths in pixels.
#[derive(Debug, Clone, Copy)]
pub struct Room {
    /// Of the axis.
    pub length: f64,
    /// That a label takes along it, with the gap to the next.
    pub label: f64,
    /// That two marks without labels lie apart.
    pub mark: f64,
}

/// Marks of a frequency axis.
pub fn of_frequency(axis: &FrequencyAxis, room: Room) -> Vec<Tick> {
    let span = axis.high() - axis.low();
    let even = axis.scale() == FrequencyScale::Linear || axis.high() / axis.low().max(1.0) < 4.0;
    if even {
        // Along a narrow axis equal steps are read best, whatever its scale.
        let step = step_125(span * room.label / room.length.max(1.0));
        let labels = multiples(axis.low(), axis.high(), step);
        return place(axis, room, labels, Vec::new());
    }
    let decades = -2..=6;
    // What begins at 0 is marked there, and not at hundredths that lie as good as there.
    let zero = (axis.low() == 0.0).then_some(0.0);
    let of = |digits: &[f64]| -> Vec<f64> {
        let values = decades.clone().flat_map(|decade| {
            let unit = 10f64.powi(decade);
            digits.iter().map(move |digit| digit * unit)
        });
        values.collect()
    };
    let labels = [
        of(&[1.0]),
        of(&[2.0, 5.0]),
        of(&[3.0, 4.0, 6.0, 7.0, 8.0, 9.0]),
    ];
    let marks = labels.concat();
    let named = zero.into_iter().chain(labels[..2].concat());
    place(axis, room, named.collect(), marks)
}

/// Takes of `labels`, the most important first, those that have room; then of `marks`.
fn place(axis: &FrequencyAxis, room: Room, labels: Vec<f64>, marks: Vec<f64>) -> Vec<Tick> {
    let mut taken: Vec<Tick> = Vec::new();
    let mut take = |value: f64, apart: f64, label: String| {
        let at = axis.share(value);
        let on_axis = (-1e-9..=1.0 + 1e-9).contains(&at);
        let is_free = |tick: &Tick| (tick.at - at).abs() * room.length >= apart;
        if on_axis && taken.iter().all(is_free) {
            taken.push(Tick { at, label });
        }
    };
    for value in labels {
        take(value, room.label, hertz(value));
    }
    for value in marks {
        take(value, room.mark, String::new());
    }
    taken.sort_by(|a, b| a.at.total_cmp(&b.at));
    taken
}

/// Marks of a time axis of that many seconds.
pub fn of_time(seconds: f64, room: Room) -> Vec<Tick> {
    if !(seconds > 0.0 && seconds.is_finite()) {
        return Vec::new();
    }
    let least = seconds * room.label / room.length.max(1.0);
    let step = step_of_time(least);
    let values = multiples(0.0, seconds, step);
    let ticks = values.into_iter().map(|value| Tick {
        at: value / seconds,
        label: clock(value, step, seconds),
    });
    ticks.collect()
}

/// Marks of an axis that ends now and began that many seconds ago.
pub fn of_past(seconds: f64, room: Room, newest_first: bool) -> Vec<Tick> {
    let mut ticks = of_time(seconds, room);
    for tick in &mut ticks {
        if tick.at > 1e-9 {
            tick.label.insert(0, '−');
        }
        if !newest_first {
            tick.at = 1.0 - tick.at;
        }
    }
    ticks
}

/// Marks of an axis of levels from `low` to `high` dB.
pub fn of_level(low: f64, high: f64, room: Room) -> Vec<Tick> {
    if high.partial_cmp(&low) != Some(Ordering::Greater) {
        return Vec::new();
    }
    let step = step_125((high - low) * room.label / room.length.max(1.0)).max(1.0);
    let values = multiples(low, high, step);
    let ticks = values.into_iter().map(|value| Tick {
        at: (value - low) / (high - low),
        label: format!("{}{}", if value < 0.0 { "−" } else { "" }, value.abs()),
    });
    ticks.collect()
}

/// The smallest of …, 1, 2, 5, 10, … that is no less.
fn step_125(least: f64) -> f64 {
    let least = least.max(1e-9);
    let unit = 10f64.powf(least.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|digit| digit * unit);
    let fits = steps.into_iter().find(|step| *step >= least * (1.0 - 1e-9));
    fits.unwrap_or(10.0 * unit)
}

/// The same for seconds, where sixty make one of the next.
fn step_of_time(least: f64) -> f64 {
    const STEPS: [f64; 17] = [
        1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0,
        10_800.0, 21_600.0, 43_200.0,
    ];
    if least < 0.5 {
        return step_125(least);
    }
    let fits = STEPS.into_iter().find(|step| *step >= least);
    fits.unwrap_or_else(|| 86_400.0 * step_125(least / 86_400.0).max(1.0))
}

/// The multiples of `step` between `low` and `high`, at most a thousand.
fn multiples(low: f64, high: f64, step: f64) -> Vec<f64> {
    let (first, last) = ((low / step - 1e-9).ceil(), (high / step + 1e-9).floor());
    let count = (last - first + 1.0).clamp(0.0, 1000.0) as usize;
    // 0 and not its negative.
    (0..count)
        .map(|i| (first + i as f64) * step + 0.0)
        .collect()
}

/// 440, 1k, 2.5k.
pub fn hertz(frequency: f64) -> String {
    let round = |x: f64| (x * 1000.0).round() / 1000.0;
    if frequency >= 1000.0 {
        format!("{}k", round(frequency / 1000.0))
    } else {
        round(frequency).to_string()
    }
}

/// 1:23, 1:02:03, or 0.25 s where the axis is shorter than a minute and its steps than a second.
fn clock(value: f64, step: f64, whole: f64) -> String {
    if step < 1.0 {
        let places = (-step.log10()).ceil().clamp(0.0, 9.0) as usize;
        if whole < 60.0 {
            return format!("{value:.places$} s");
        }
        let minutes = (value / 60.0 + 1e-9).floor();
        let rest = (value - 60.0 * minutes).max(0.0);
        return format!("{minutes}:{rest:0width$.places$}", width = 3 + places);
    }
    let value = value.round() as u64;
    let (hours, minutes, seconds) = (value / 3600, value / 60 % 60, value % 60);
    if whole >= 3600.0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
