// SPDX-License-Identifier: MPL-2.0
//! From one latency to another.
use super::common::*;
use crate::equaliser::{Equaliser, Phase, Settings, Splice};
use auris_dsp::pcm::SampleFormat;

const FRAMES: usize = 40_000;
/// Frames taken in when the change begins.
const BEFORE: usize = 12_345;

/// Settings of so many taps, 0 for minimum phase.
fn settings(taps: usize) -> Settings {
    let mut settings = with(&[peak(100.0, 12.0, 3.0), peak(3000.0, -6.0, 1.0)]);
    if taps > 0 {
        (settings.phase, settings.taps) = (Phase::Linear, taps);
    }
    settings
}

/// What leaves in all, in blocks of `block`: of two channels of `input`, changed over on its way.
fn splice(from: &Settings, to: &Settings, input: &[f64], block: usize) -> Vec<u8> {
    let make = |settings| equaliser(SampleFormat::F64, 2, settings);
    let (mut old, mut next) = (make(from), Some(make(to)));
    let mut bytes = bytes(SampleFormat::F64, input);
    let frame = 16;
    let mut out = bytes[..BEFORE * frame].to_vec();
    old.process(&mut out);
    out.drain(..old.latency() * frame);
    let mut splice = next.take().map(|next| Splice::new(&old, next, 0.02));
    let latest = |splice: &Splice, old: &Equaliser| splice.latency(old);
    let late = latest(splice.as_ref().unwrap(), &old);
    for bytes in bytes[BEFORE * frame..].chunks_mut(block * frame) {
        let Some(work) = &mut splice else {
            old.process(bytes);
            out.extend_from_slice(bytes);
            continue;
        };
        let mut after = Vec::new();
        let (kept, _) = work.process(&mut old, bytes, &mut after);
        out.extend_from_slice(&bytes[..kept * frame]);
        out.extend(after);
        if work.is_over() {
            old = splice.take().unwrap().into_next();
        }
    }
    assert!(splice.is_none(), "it does not end");
    assert!(late >= old.latency());
    assert_eq!(
        out.len(),
        (FRAMES - old.latency()) * frame,
        "nothing is lost or repeated"
    );
    out
}

const CHANGES: [(usize, usize); 6] = [
    (0, 8192),
    (8192, 0),
    (512, 4096),
    (4096, 512),
    (0, 64),
    (64, 0),
];

#[test]
fn it_goes_from_the_one_to_the_other_however_audio_is_cut() {
    let input = noise(2 * FRAMES);
    for (from, to) in CHANGES {
        let (from, to) = (settings(from), settings(to));
        let out = splice(&from, &to, &input, 1024);
        for block in [1, 333, FRAMES] {
            assert!(splice(&from, &to, &input, block) == out, "{block}");
        }
        let out = samples(SampleFormat::F64, &out);
        let whole = |settings: &Settings| {
            let mut eq = equaliser(SampleFormat::F64, 2, settings);
            let mut io = input.clone();
            run(&mut eq, &mut io);
            io.drain(..eq.latency() * 2);
            io
        };
        let (old, new) = (whole(&from), whole(&to));
        let same = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-6);
        assert!(same(&out[..BEFORE * 2], &old[..BEFORE * 2]));
        let last = out.len() - 2 * 10_000;
        assert!(same(&out[last..], &new[last..out.len()]));
    }
}

#[test]
fn it_does_not_click() {
    let input = sine(100.0, 0.2, FRAMES, 2);
    for (from, to) in CHANGES {
        let out = splice(&settings(from), &settings(to), &input, 480);
        let out = samples(SampleFormat::F64, &out);
        let left: Vec<f64> = out.iter().step_by(2).skip(4800).copied().collect();
        let power = left.iter().map(|x| x * x).sum::<f64>() / left.len() as f64;
        let above = decibel(energy_above(&left, 5000.0) / power);
        assert!(above < -100.0, "{above} dB above 5 kHz from {from} to {to}");
    }
}

#[test]
fn what_both_leave_alone_stays_as_it_is() {
    let mut linear = with(&[]);
    (linear.phase, linear.taps) = (Phase::Linear, 256);
    for format in [SampleFormat::S16, SampleFormat::F32] {
        let mut io = bytes(format, &noise(2 * FRAMES));
        let expected = io.clone();
        let mut old = equaliser(format, 2, &with(&[]));
        let mut splice = Splice::new(&old, equaliser(format, 2, &linear), 0.02);
        let mut after = Vec::new();
        let (kept, _) = splice.process(&mut old, &mut io, &mut after);
        io.truncate(kept * 2 * format.bytes());
        io.extend(after);
        let late = splice.into_next().latency();
        assert_eq!(io.len(), (FRAMES - late) * 2 * format.bytes());
        let exact = format == SampleFormat::S16;
        let apart = |(a, b): (f64, f64)| (a - b).abs();
        let (a, b) = (samples(format, &io), samples(format, &expected));
        let worst = a.into_iter().zip(b).map(apart).fold(0.0, f64::max);
        assert!(worst <= if exact { 0.0 } else { 1e-7 }, "{worst}");
    }
}
