// SPDX-License-Identifier: MPL-2.0
//! Against GStreamer's own element: `tests/differential/spectrum_golden.py` wrote the values.
use super::common::noise_16;
use crate::pcm::SampleFormat;
use crate::simd::Level;
use crate::spectrum::classic::{Classic, Config};
use std::f64::consts::TAU;

const GOLDEN: &str = include_str!("../../../../../tests/data/spectrum.csv");

struct Line<'a> {
    signal: &'a str,
    config: Config,
    frames: usize,
    number: usize,
    begin: u64,
    row: usize,
    values: Vec<f64>,
}

fn parse(line: &str) -> Line<'_> {
    let fields: Vec<&str> = line.split(',').collect();
    let number = |i: usize| fields[i].parse::<i64>().unwrap();
    Line {
        signal: fields[0],
        config: Config {
            format: SampleFormat::S16,
            rate: number(1) as u32,
            channels: number(2) as usize,
            bands: number(3) as usize,
            interval: number(4) as u64,
            multi_channel: number(5) == 1,
            threshold: number(6) as i32,
            magnitude: true,
            phase: true,
        },
        frames: number(7) as usize,
        number: number(8) as usize,
        begin: number(9) as u64,
        row: number(10) as usize,
        values: fields[11..].iter().map(|x| x.parse().unwrap()).collect(),
    }
}

fn signal(line: &Line<'_>) -> Vec<u8> {
    let Config { rate, channels, .. } = line.config;
    let mut noise = noise_16();
    let mut sample = |i: usize| -> i16 {
        let (frame, channel) = (i / channels, i % channels);
        let noise = noise();
        match line.signal {
            "noise" => noise,
            "tone" => {
                let angle = TAU * 1000.0 * frame as f64 / f64::from(rate);
                (20_000.0 / (channel + 1) as f64 * angle.sin()).round_ties_even() as i16
            }
            _ if frame == 70 + channel => 30_000,
            _ => 0,
        }
    };
    let samples = (0..line.frames * channels).map(&mut sample);
    samples.flat_map(i16::to_ne_bytes).collect()
}

#[test]
fn equals_the_element_of_gst_plugins_good() {
    for level in Level::available() {
        let mut seen = 0;
        for line in GOLDEN.lines().map(parse) {
            let bands = line.config.bands;
            let mut classic = Classic::with_level(level, line.config.clone()).unwrap();
            let bytes = signal(&line);
            let frame = line.config.channels * 2;
            let (mut at, mut begin) = (0, 0);
            for number in 0..=line.number {
                begin = at;
                let taken = classic.push(&bytes[at * frame..]);
                assert!(taken.due, "interval {number}");
                at += taken.frames;
            }
            assert_eq!(begin as u64, line.begin);
            let (magnitude, phase) = line.values.split_at(bands);
            for (ours, theirs) in classic.magnitude(line.row).iter().zip(magnitude) {
                let apart = (f64::from(*ours) - theirs).abs();
                // Both are rounded to f32 on the way, which shows in what is far below the rest.
                let most = 1e-3 * 10f64.powf((-60.0 - theirs).max(0.0) / 20.0);
                assert!(apart < most, "{}: {ours} dB, not {theirs}", line.signal);
                seen += 1;
            }
            // Of more than one frame, theirs is a mean.
            if (at - begin) / (2 * bands - 2) < 2 {
                let most = magnitude.iter().fold(f64::MIN, |a, b| a.max(*b));
                let phases = classic.phase(line.row).iter().zip(phase).zip(magnitude);
                for ((ours, theirs), magnitude) in phases {
                    let apart = (f64::from(*ours) - theirs).rem_euclid(TAU);
                    let clear =
                        *magnitude > most - 60.0 && *magnitude > f64::from(line.config.threshold);
                    assert!(!clear || apart.min(TAU - apart) < 1e-3, "{ours} {theirs}");
                }
            }
        }
        assert!(seen > 1000);
    }
}
