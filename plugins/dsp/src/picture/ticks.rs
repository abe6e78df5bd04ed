// SPDX-License-Identifier: MPL-2.0
//! Which values an axis is marked at: round ones, as close as labels leave room.
use super::scale::FrequencyAxis;
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

/// A frequency to be labelled, and the step to the next of its kind, which says how many digits it needs.
type Named = (f64, f64);

/// Marks of a frequency axis.
pub fn of_frequency(axis: &FrequencyAxis, room: Room) -> Vec<Tick> {
    if axis.is_even() {
        let step = step_of_frequency(axis, room);
        let values = multiples(axis.low(), axis.high(), step).into_iter();
        return place(axis, room, values.map(|value| (value, step)), &[]);
    }
    let of = |digits: &[f64]| -> Vec<Named> {
        let values = (-6..=9).flat_map(|decade| {
            let unit = 10f64.powi(decade);
            digits.iter().map(move |digit| (digit * unit, unit))
        });
        values.collect()
    };
    let labels = [of(&[1.0]), of(&[2.0, 5.0])].concat();
    let between = of(&[3.0, 4.0, 6.0, 7.0, 8.0, 9.0]);
    let marks = [&labels[..], &between[..]].concat();
    // What begins at 0 is marked there, and not at hundredths that lie as good as there.
    let zero = (axis.low() == 0.0).then_some((0.0, f64::INFINITY));
    place(axis, room, zero.into_iter().chain(labels), &marks)
}

/// The step of an axis that equal steps divide.
fn step_of_frequency(axis: &FrequencyAxis, room: Room) -> f64 {
    let span = axis.high() - axis.low();
    let share = room.label / room.length.max(1.0);
    // Finer ones take more digits than anybody reads.
    let least = (span * share).max(1e-9 * axis.high()).max(1e-6);
    let mut step = step_125(least);
    // The uppermost step has the least room.
    let room_of = |step: f64| 1.0 - axis.share(axis.high() - step);
    while step < span && room_of(step) < share * (1.0 - 1e-9) {
        step = step_125(1.5 * step);
    }
    step
}

/// Takes of `labels`, the most important first, those that have room; then of `marks`.
fn place(
    axis: &FrequencyAxis,
    room: Room,
    labels: impl Iterator<Item = Named>,
    marks: &[Named],
) -> Vec<Tick> {
    let mut taken: Vec<Tick> = Vec::new();
    let mut take = |value: f64, apart: f64, label: String| {
        let at = axis.share(value);
        let on_axis = (-1e-9..=1.0 + 1e-9).contains(&at);
        let is_free = |tick: &Tick| (tick.at - at).abs() * room.length >= apart;
        if on_axis && taken.iter().all(is_free) {
            taken.push(Tick { at, label });
        }
    };
    for (value, step) in labels {
        take(value, room.label, hertz(value, step));
    }
    for (value, _) in marks {
        take(*value, room.mark, String::new());
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

/// Digits behind the point that tell multiples of `step` apart.
fn places(step: f64) -> usize {
    (-step.log10() - 1e-9).ceil().clamp(0.0, 9.0) as usize
}

/// 440, 1k, 2.5k; where steps are small, all digits: 12345, 1000.25.
fn hertz(frequency: f64, step: f64) -> String {
    if frequency < 1000.0 || step < 10.0 {
        return format!("{frequency:.places$}", places = places(step));
    }
    let (thousands, places) = (frequency / 1000.0, places(step / 1000.0));
    let text = format!("{thousands:.places$}");
    let short = match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => &text,
    };
    format!("{short}k")
}

/// 1:23, 1:02:03, or 0.25 s where the axis is shorter than a minute and its steps than a second.
pub(super) fn clock(value: f64, step: f64, whole: f64) -> String {
    if step < 1.0 {
        let places = places(step);
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
