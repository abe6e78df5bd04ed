// SPDX-License-Identifier: MPL-2.0
//! The synthetic test signals of EBU Tech 3341 (loudness, true peak) and Tech 3342 (loudness range),
//! made as those documents define them, with the tolerances that they allow.
use auris_dsp::pcm::SampleFormat;
use auris_tests::rig::{self, Pcm};
use std::f64::consts::TAU;

const RATE: u32 = 48_000;
/// LU, of Tech 3341.
const LOUDNESS: f64 = 0.1;
/// LU, of Tech 3342.
const RANGE: f64 = 1.0;

/// A 1 kHz tone of one level after another, in phase throughout: (level in dBFS, seconds).
type Levels = [(f64, f64)];

fn tone(levels: &Levels) -> Vec<f64> {
    let frames = |seconds: f64| (seconds * f64::from(RATE)).round() as usize;
    let amplitudes = levels.iter().flat_map(|&(level, seconds)| {
        let amplitude = 10f64.powf(level / 20.0);
        std::iter::repeat_n(amplitude, frames(seconds))
    });
    let sine = (0..).map(|i| (TAU * 1000.0 * f64::from(i) / f64::from(RATE)).sin());
    amplitudes.zip(sine).map(|(a, s)| a * s).collect()
}

/// What is measured of these channels, as 32-bit floats.
fn measure(channels: &[&[f64]]) -> gst::Structure {
    let frames = 0..channels[0].len();
    let samples = frames.flat_map(|i| channels.iter().map(move |c| c[i] as f32));
    let bytes = samples.flat_map(f32::to_ne_bytes).collect();
    let pcm = Pcm::new(SampleFormat::F32, RATE, channels.len(), false, vec![bytes]);
    let all = "integrated+range+momentary+short-term+true-peak";
    rig::measure("drmeter", &[("loudness", all)], &pcm, 4099)
}

fn stereo(levels: &Levels) -> gst::Structure {
    let tone = tone(levels);
    measure(&[&tone, &tone])
}

#[track_caller]
fn expect(result: &gst::Structure, field: &str, expected: f64, below: f64, above: f64) {
    let value: f64 = result.get(field).expect("the field is there");
    let allowed = expected - below..=expected + above;
    assert!(
        allowed.contains(&value),
        "{field}: {value}, not in {allowed:?}"
    );
}

#[track_caller]
fn expect_loudness(result: &gst::Structure, expected: f64) {
    expect(result, "loudness-integrated", expected, LOUDNESS, LOUDNESS);
}

#[test]
fn tech_3341_cases_1_and_2_steady_tones() {
    for level in [-23.0, -33.0] {
        let result = stereo(&[(level, 20.0)]);
        expect_loudness(&result, level);
        for field in ["loudness-max-momentary", "loudness-max-short-term"] {
            expect(&result, field, level, LOUDNESS, LOUDNESS);
        }
    }
}

#[test]
fn tech_3341_case_3_relative_gate() {
    let result = stereo(&[(-36.0, 10.0), (-23.0, 60.0), (-36.0, 10.0)]);
    expect_loudness(&result, -23.0);
}

#[test]
fn tech_3341_case_4_absolute_gate() {
    let (faint, quiet) = ((-72.0, 10.0), (-36.0, 10.0));
    let result = stereo(&[faint, quiet, (-23.0, 60.0), quiet, faint]);
    expect_loudness(&result, -23.0);
}

#[test]
fn tech_3341_case_5_mean_of_levels() {
    let result = stereo(&[(-26.0, 20.0), (-20.0, 20.1), (-26.0, 20.0)]);
    expect_loudness(&result, -23.0);
}

#[test]
fn tech_3341_case_6_surround() {
    let [front, centre, surround] = [-28.0, -24.0, -30.0].map(|level| tone(&[(level, 20.0)]));
    let result = measure(&[&front, &front, &centre, &surround, &surround]);
    expect_loudness(&result, -23.0);
}

#[test]
fn tech_3341_case_9_short_term() {
    let result = stereo(&[(-20.0, 1.34), (-30.0, 1.66)].repeat(5));
    expect(
        &result,
        "loudness-max-short-term",
        -23.0,
        LOUDNESS,
        LOUDNESS,
    );
}

#[test]
fn tech_3341_case_12_momentary() {
    let result = stereo(&[(-20.0, 0.18), (-30.0, 0.22)].repeat(25));
    expect(&result, "loudness-max-momentary", -23.0, LOUDNESS, LOUDNESS);
}

#[test]
fn tech_3341_cases_15_to_19_true_peak() {
    for (amplitude, divisor, degrees, expected) in [
        (0.50, 4.0, 0.0, -6.0),
        (0.50, 4.0, 45.0, -6.0),
        (0.50, 6.0, 60.0, -6.0),
        (0.50, 8.0, 67.5, -6.0),
        (1.41, 4.0, 45.0, 3.0),
    ] {
        // Faded in and out, so that no edge rings in the interpolator of the meter.
        let (frames, fade) = (RATE, 4800.0);
        let sine: Vec<f64> = (0..frames)
            .map(|i| {
                let from_edge = f64::from(i.min(frames - 1 - i));
                let phase = TAU * (f64::from(i) / divisor + degrees / 360.0);
                amplitude * (from_edge / fade).min(1.0) * phase.sin()
            })
            .collect();
        let result = measure(&[&sine, &sine]);
        expect(&result, "true-peak", expected, 0.4, 0.2);
    }
}

#[test]
fn tech_3342_cases_1_to_4_loudness_range() {
    let cases: [(&[f64], f64); 4] = [
        (&[-20.0, -30.0], 10.0),
        (&[-20.0, -15.0], 5.0),
        (&[-40.0, -20.0], 20.0),
        (&[-50.0, -35.0, -20.0, -35.0, -50.0], 15.0),
    ];
    for (levels, expected) in cases {
        let levels: Vec<_> = levels.iter().map(|&level| (level, 20.0)).collect();
        expect(&stereo(&levels), "loudness-range", expected, RANGE, RANGE);
    }
}
