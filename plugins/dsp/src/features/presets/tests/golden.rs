// SPDX-License-Identifier: MPL-2.0
//! Against what librosa, transformers and kaldi-native-fbank gave: `tests/data/features`, which
//! `tests/differential/features.py` writes.
use super::super::{FrontEnd, Preset, WhisperChunks};
use super::signal::{music, sweep};
use crate::features::{Feature, FeatureSet};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Frames of one feature after another.
type Found = BTreeMap<&'static str, Vec<Vec<f32>>>;

struct Value {
    signal: String,
    feature: String,
    frame: usize,
    index: usize,
    value: f64,
    /// What double precision gives where the package has single.
    exact: Option<f64>,
}

fn expected(file: &str) -> Vec<Value> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/features");
    let table = std::fs::read_to_string(folder.join(file)).expect("the table is there");
    let value = |row: &str| {
        let columns: Vec<_> = row.split(',').collect();
        let [signal, feature, frame, index, value, exact @ ..] = &columns[..] else {
            panic!("rows have five columns or six");
        };
        let number = |text: &str| text.parse().expect("a number");
        Value {
            signal: (*signal).to_owned(),
            feature: (*feature).to_owned(),
            frame: frame.parse().expect("a number"),
            index: index.parse().expect("a number"),
            value: number(value),
            exact: exact.first().map(|exact| number(exact)),
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

/// What a value may be away by, in dB, nepers or Whisper's units, or relative to itself or, of coefficients
/// and chroma, the frame's largest.
fn limit(feature: Feature, absolute: f64, relative: f64, frame: &[f32], value: f64) -> f64 {
    match feature {
        Feature::Mel => absolute,
        Feature::Mfcc | Feature::Chroma => {
            relative * f64::from(frame.iter().fold(0.0, |most: f32, x| most.max(x.abs())))
        }
        _ => relative * value.abs(),
    }
}

/// As in `tests/differential/features.py`. librosa and transformers compute in double precision, as we do;
/// kaldi-native-fbank does not. So we must be near what double precision gives by its formulas everywhere,
/// and near the package where it is near that itself.
fn compare(file: &str, feature: Feature, expected: &Value, frame: &[f32]) {
    let found = f64::from(frame[expected.index]);
    let near = |other: f64, value: f64, absolute: f64, relative: f64| {
        (other - value).abs() <= limit(feature, absolute, relative, frame, value)
    };
    let value = expected.value;
    let right = match expected.exact {
        None if file.starts_with("librosa") => near(found, value, 1e-4, 1e-4),
        None => near(found, value, 1e-3, 1e-3),
        Some(exact) => {
            let package_is_near = near(value, exact, 1e-3, 1e-3);
            near(found, exact, 1e-4, 1e-4) && (!package_is_near || near(found, value, 1e-3, 1e-3))
        }
    };
    assert!(
        right,
        "{file} {} {} frame {} value {}: {found}, not {value} ({:?})",
        expected.signal,
        feature.name(),
        expected.frame,
        expected.index,
        expected.exact
    );
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
            for value in values {
                compare(file, *feature, value, &found[feature.name()][value.frame]);
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
