// SPDX-License-Identifier: MPL-2.0
//! Pictures of signals that are known.
use super::canvas::{Area, Canvas};
use super::columns::Gather;
use super::layout::Orientation;
use super::palette::LEVELS;
use super::scale::{FrequencyAxis, FrequencyScale};
use super::settings::{Channels, Settings, Source};
use super::whole::Whole;
use crate::pcm::SampleFormat;
use crate::spectrum::intake::{Downmix, Intake};
use std::f64::consts::TAU;

mod layout;
mod live;
mod robust;
mod ticks;

const RATE: u32 = 48_000;
const SCALES: [FrequencyScale; 3] = [
    FrequencyScale::Linear,
    FrequencyScale::Logarithmic,
    FrequencyScale::Mel,
];
const BRIGHTEST: u8 = (LEVELS - 1) as u8;

fn bare() -> Settings {
    Settings {
        axes: false,
        colour_bar: false,
        ..Settings::default()
    }
}

fn source(channels: usize) -> Source {
    Source {
        rate: RATE,
        names: (0..channels)
            .map(|channel| format!("ch{channel}"))
            .collect(),
    }
}

fn sine(frequency: f64, amplitude: f64, frames: usize) -> Vec<f32> {
    let step = TAU * frequency / f64::from(RATE);
    (0..frames)
        .map(|n| (amplitude * (step * n as f64).sin()) as f32)
        .collect()
}

/// Hands interleaved samples on, as many frames at a time.
fn feed(
    samples: &[f32],
    channels: usize,
    step: usize,
    mut to: impl FnMut(crate::spectrum::intake::Rows<'_>),
) {
    let mut intake = Intake::new(SampleFormat::F32, channels, Downmix::Channels, step).unwrap();
    for part in samples.chunks(step * channels) {
        let bytes: Vec<u8> = part
            .iter()
            .flat_map(|sample| sample.to_ne_bytes())
            .collect();
        to(intake.rows(&bytes));
    }
}

fn picture(
    settings: &Settings,
    samples: &[f32],
    channels: usize,
    size: (usize, usize),
    known: bool,
) -> Canvas {
    let expected = known.then(|| (samples.len() / channels) as u64);
    let mut whole = Whole::new(settings, &source(channels), size, "", expected).unwrap();
    feed(samples, channels, 1111, |rows| whole.push(rows));
    assert_eq!(whole.frames() as usize, samples.len() / channels);
    whole.finish()
}

fn column(canvas: &Canvas, x: usize) -> Vec<u8> {
    canvas.rows().map(|row| row[x]).collect()
}

/// Where a line of pixels is brightest: the middle of the brightest part.
fn brightest(line: &[u8]) -> f64 {
    let most = line.iter().copied().max().unwrap();
    let first = line.iter().position(|pixel| *pixel == most).unwrap();
    let last = line.iter().rposition(|pixel| *pixel == most).unwrap();
    (first + last) as f64 / 2.0
}

#[test]
fn a_sine_is_a_line_in_its_row() {
    for scale in SCALES {
        for known in [false, true] {
            for frequency in [60.0, 440.0, 3000.0, 15_000.0] {
                let settings = Settings { scale, ..bare() };
                let canvas = picture(
                    &settings,
                    &sine(frequency, 1.0, 150_000),
                    1,
                    (200, 300),
                    known,
                );
                let axis = FrequencyAxis::new(scale, 0.0, 0.0, RATE);
                let wanted = (1.0 - axis.share(frequency)) * 300.0;
                for x in [5, 100, 195] {
                    let found = brightest(&column(&canvas, x)) + 0.5;
                    assert!(
                        (found - wanted).abs() < 2.5,
                        "{scale:?} {frequency} {found} {wanted}"
                    );
                }
            }
        }
    }
}

#[test]
fn levels_are_told_by_colours() {
    for scale in SCALES {
        for (db, frequency) in [
            (0.0, 1000.0),
            (-30.0, 1000.0),
            (-30.0, 9000.0),
            (-60.0, 200.0),
        ] {
            let settings = Settings { scale, ..bare() };
            let samples = sine(frequency, 10f64.powf(db / 20.0), 100_000);
            let canvas = picture(&settings, &samples, 1, (50, 400), true);
            let most = f64::from(column(&canvas, 25).into_iter().max().unwrap());
            let wanted = f64::from(BRIGHTEST) * (1.0 + db / settings.range);
            // A sine between two bins reads up to 1.4 dB less with a Hann window, and one at the edge of two
            // rows up to 2.
            assert!(
                (wanted - 5.0..=wanted + 1.0).contains(&most),
                "{scale:?} {db} {frequency}: {most} {wanted}"
            );
        }
    }
}

#[test]
fn gain_and_range_move_and_stretch() {
    let samples = sine(1000.0, 0.01, 50_000);
    for (gain, range, share) in [
        (0.0, 100.0, 0.6),
        (20.0, 100.0, 0.8),
        (0.0, 50.0, 0.2),
        (60.0, 80.0, 1.0),
    ] {
        let settings = Settings {
            gain,
            range,
            ..bare()
        };
        let canvas = picture(&settings, &samples, 1, (20, 400), true);
        let most = f64::from(column(&canvas, 10).into_iter().max().unwrap());
        let wanted = share * f64::from(BRIGHTEST);
        assert!(
            (most - wanted).abs() < 8.0,
            "{gain} {range}: {most} {wanted}"
        );
    }
}

#[test]
fn a_click_is_a_column_at_its_time() {
    for known in [false, true] {
        for gather in [Gather::Mean, Gather::Peak] {
            for at in [20_000, 100_000, 399_000] {
                let mut samples = vec![0.0; 400_000];
                samples[at] = 1.0;
                let settings = Settings { gather, ..bare() };
                let canvas = picture(&settings, &samples, 1, (160, 64), known);
                let row = canvas.rows().nth(10).unwrap();
                let (found, wanted) = (brightest(row) + 0.5, at as f64 / 2500.0);
                assert!(
                    (found - wanted).abs() < 1.6,
                    "{known} {gather:?} {at}: {found} {wanted}"
                );
                let lit = row.iter().filter(|pixel| **pixel > 0).count();
                assert!(lit <= 5, "{known} {gather:?} {at}: {lit}");
            }
        }
    }
}

#[test]
fn a_length_that_is_not_known_or_not_true_changes_little() {
    // A sweep, so that a column that were out of place would differ in every pixel.
    let samples: Vec<f32> = (0..1_000_000)
        .map(|n| {
            let t = f64::from(n) / 1e6;
            (0.5 * (TAU * (2000.0 + 80_000.0 * t) * t).sin()) as f32
        })
        .collect();
    let settings = Settings {
        scale: FrequencyScale::Linear,
        ..bare()
    };
    let draw = |expected| {
        let mut whole = Whole::new(&settings, &source(1), (100, 120), "", expected).unwrap();
        feed(&samples, 1, 4096, |rows| whole.push(rows));
        whole.finish()
    };
    let known = draw(Some(1_000_000));
    for expected in [
        None,
        Some(1),
        Some(300_000),
        Some(1_400_000),
        Some(u64::MAX),
    ] {
        let other = draw(expected);
        let tracks = |canvas: &Canvas| -> Vec<f64> {
            (2..98).map(|x| brightest(&column(canvas, x))).collect()
        };
        let pairs = tracks(&known).into_iter().zip(tracks(&other));
        let apart = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        // Of a length far too long, few columns are left to show it all.
        let slack = if expected == Some(u64::MAX) {
            120.0
        } else {
            6.0
        };
        assert!(apart <= slack, "{expected:?}: {apart}");
    }
}

#[test]
fn hours_take_no_more_memory_than_minutes_and_lose_nothing() {
    let settings = Settings {
        fft_size: 64,
        ..bare()
    };
    let mut whole = Whole::new(&settings, &source(1), (10, 16), "", None).unwrap();
    let hour = 3600 * u64::from(RATE) / 10;
    for part in 0..3 {
        whole.push_silence(hour / 2);
        feed(&sine(6000.0, 1.0, 480_000 * (part + 1)), 1, 4096, |rows| {
            whole.push(rows)
        });
        whole.push_silence(hour / 2);
    }
    let canvas = whole.finish();
    let lit: Vec<bool> = (0..10)
        .map(|x| column(&canvas, x).iter().any(|pixel| *pixel > 60))
        .collect();
    assert!(lit.iter().filter(|lit| **lit).count() >= 3, "{lit:?}");
    assert!(!lit[0] && !lit[9], "{lit:?}");
}

#[test]
fn how_the_input_is_cut_changes_nothing() {
    let samples = sine(700.0, 0.3, 60_000);
    let draw = |step| {
        let mut whole = Whole::new(&bare(), &source(2), (90, 70), "", Some(30_000)).unwrap();
        feed(&samples, 2, step, |rows| whole.push(rows));
        whole.finish()
    };
    let one = draw(30_000);
    assert!([1, 7, 480, 4096].into_iter().all(|step| draw(step) == one));
}

#[test]
fn nothing_cancels_out_and_channels_have_their_own() {
    // Anti-phase: the mean of the samples would be silent.
    let mono = sine(1000.0, 0.5, 40_000);
    let samples: Vec<f32> = mono.iter().flat_map(|x| [*x, -*x]).collect();
    let mixed = picture(&bare(), &samples, 2, (30, 200), true);
    assert!(column(&mixed, 15).into_iter().max().unwrap() > 210);
    // The first channel on top.
    let stacked = Settings {
        channels: Channels::Stacked,
        ..bare()
    };
    let one: Vec<f32> = mono.iter().flat_map(|x| [*x, 0.0]).collect();
    let canvas = picture(&stacked, &one, 2, (30, 200), true);
    let middle = column(&canvas, 15);
    assert!(middle[..99].iter().any(|pixel| *pixel > 210));
    assert!(middle[101..198].iter().all(|pixel| *pixel == 0));
}

#[test]
fn time_runs_downwards_where_that_is_asked_for() {
    let mut samples = vec![0.0; 96_000];
    samples[24_000..].copy_from_slice(&sine(3000.0, 0.5, 72_000));
    let settings = Settings {
        orientation: Orientation::Vertical,
        scale: FrequencyScale::Linear,
        ..bare()
    };
    let canvas = picture(&settings, &samples, 1, (240, 100), true);
    let rows: Vec<&[u8]> = canvas.rows().collect();
    assert!(rows[20].iter().all(|pixel| *pixel < 100));
    assert!(
        (brightest(rows[60]) - 30.0).abs() < 2.0,
        "{}",
        brightest(rows[60])
    );
}

#[test]
fn areas_lie_where_they_say() {
    let area = Area {
        x: 2,
        y: 3,
        width: 4,
        height: 5,
    };
    let mut canvas = Canvas::new(10, 10);
    canvas.fill(area, 7);
    assert_eq!(
        canvas.pixels().iter().filter(|pixel| **pixel == 7).count(),
        20
    );
    assert_eq!(canvas.pixels()[3 * 10 + 2], 7);
}
