// SPDX-License-Identifier: MPL-2.0
//! Against what librosa, transformers and kaldi-native-fbank gave: `tests/data/features`, which
//! `tests/differential/features.py` writes.
use super::super::{FrontEnd, Preset, WhisperChunks};
use super::signal::{music, sweep};
use crate::features::{Feature, FeatureSet};
use std::collections::BTreeMap;
use std::f64::consts::LN_10;
use std::path::PathBuf;

/// Frames of one feature after another.
type Found = BTreeMap<&'static str, Vec<Vec<f32>>>;

struct Value {
    signal: String,
    feature: String,
    frame: usize,
    index: usize,
    value: f64,
}

fn expected(file: &str) -> Vec<Value> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/features");
    let table = std::fs::read_to_string(folder.join(file)).expect("the table is there");
    let value = |row: &str| {
        let [signal, feature, frame, index, value] = row
            .split(',')
            .collect::<Vec<_>>()
            .try_into()
            .expect("rows have five columns");
        Value {
            signal: signal.to_owned(),
            feature: feature.to_owned(),
            frame: frame.parse().expect("a number"),
            index: index.parse().expect("a number"),
            value: value.parse().expect("a number"),
        }
    };
    table.lines().skip(1).map(value).collect()
}

/// Two seconds of a signal, in pieces that have nothing to do with frames.
fn front_end(preset: Preset, rate: u32, bands: usize, features: FeatureSet, x: &[f32]) -> Found {
    let mut plan = preset
        .plan(rate, 1, features)
        .expect("the preset knows the rate");
    plan.features.mel.bands = bands;
    let mut front_end = FrontEnd::new(plan).expect("it can be");
    let outputs = front_end.outputs().to_vec();
    let mut found = Found::new();
    let mut keep = |values: &[f32]| {
        for output in &outputs {
            let mine = values[output.offset..][..output.length].to_vec();
            found.entry(output.feature.name()).or_default().push(mine);
        }
    };
    for piece in x.chunks(1000) {
        front_end.push(&[piece], &mut |frame| keep(frame.values(0)));
    }
    front_end.finish(&mut |frame| keep(frame.values(0)));
    found
}

/// One rounding of the amplitude of the frame's loudest band, which counts for more the further
/// below a band is: transforms are in single precision.
const ROUNDING: f64 = 1.0 / (1 << 24) as f64;

/// As in `tests/differential/features.py`.
fn limit(file: &str, feature: Feature, frame: &[f32], value: f64) -> f64 {
    let librosa = file.starts_with("librosa");
    let (absolute, relative) = if librosa { (1e-4, 1e-4) } else { (1e-3, 1e-3) };
    match feature {
        Feature::Mel => {
            let neper = match () {
                () if librosa => LN_10 / 10.0,
                () if file.starts_with("kaldi") => 1.0,
                () => 4.0 * LN_10,
            };
            let loudest = frame.iter().fold(f32::NEG_INFINITY, |most, &x| most.max(x));
            let above = (neper * (f64::from(loudest) - value) / 2.0).exp();
            absolute + 2.0 * ROUNDING * above / neper
        }
        Feature::Mfcc | Feature::Chroma => {
            relative * f64::from(frame.iter().fold(0.0, |most: f32, x| most.max(x.abs())))
        }
        _ => relative * value.abs(),
    }
}

fn check(file: &str, rate: u32, features: &[Feature], find: impl Fn(&[f32]) -> Found) {
    let expected = expected(file);
    for (name, x) in [
        ("music", music(rate, 2 * rate as usize)),
        ("sweep", sweep(rate, 2 * rate as usize)),
    ] {
        let found = find(&x);
        for feature in features {
            let values = expected
                .iter()
                .filter(|v| v.signal == name && v.feature == feature.name());
            let mut compared = 0;
            for Value {
                frame,
                index,
                value,
                ..
            } in values
            {
                let all = &found[feature.name()][*frame];
                let away = (f64::from(all[*index]) - value).abs();
                let limit = limit(file, *feature, all, *value);
                assert!(
                    away <= limit,
                    "{file} {name} {} frame {frame} value {index}: {}, not {value}",
                    feature.name(),
                    all[*index]
                );
                compared += 1;
            }
            assert!(
                compared >= 5,
                "{file} has {compared} values of {} on {name}",
                feature.name()
            );
        }
    }
}

#[test]
fn librosa() {
    for (file, rate) in [("librosa-48000.csv", 48_000), ("librosa-22050.csv", 22_050)] {
        check(file, rate, &Feature::ALL, |x| {
            front_end(Preset::Librosa, rate, 128, FeatureSet::ALL, x)
        });
    }
}

#[test]
fn kaldi() {
    let features = [Feature::Mel, Feature::Mfcc];
    for (file, bands) in [("kaldi-80.csv", 80), ("kaldi-23.csv", 23)] {
        check(file, 16_000, &features, |x| {
            front_end(
                Preset::Kaldi,
                16_000,
                bands,
                features.into_iter().collect(),
                x,
            )
        });
    }
}

#[test]
fn whisper() {
    for (file, bands) in [("whisper-80.csv", 80), ("whisper-128.csv", 128)] {
        check(file, 16_000, &[Feature::Mel], |x| {
            let mut chunks = WhisperChunks::new(1, bands).expect("it can be");
            let mut frames = Vec::new();
            for piece in x.chunks(1000) {
                chunks.push(&[piece], &mut |_| panic!("2 s are no chunk"));
            }
            chunks.finish(&mut |chunk| {
                assert_eq!((chunk.index, chunk.samples), (0, x.len()));
                frames.extend(chunk.values(0).chunks(bands).map(<[f32]>::to_vec));
            });
            assert_eq!(frames.len(), 3000);
            Found::from([("mel", frames)])
        });
    }
}
