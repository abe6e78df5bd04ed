// SPDX-License-Identifier: MPL-2.0
//! The files of `tests/data/eq/good` against the table that `tests/differential/eq_reference.py`
//! makes without a parser.
use super::super::super::band::Layout;
use super::super::super::response::Response;
use super::super::{parse, parse_bytes, write};
use std::collections::BTreeMap;
use std::path::PathBuf;

const RATE: f64 = 48_000.0;
/// Largest difference in dB.
const TOLERANCE: f64 = 0.001;
const CHANNELS: [(&str, u32); 8] = [
    ("L", 0),
    ("R", 1),
    ("C", 2),
    ("LFE", 3),
    ("RL", 4),
    ("RR", 5),
    ("SL", 10),
    ("SR", 11),
];

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/eq")
}

fn layout() -> Layout {
    Layout {
        bits: CHANNELS.iter().map(|(_, bit)| 1 << bit).collect(),
        pair: Some((0, 1)),
    }
}

/// (channel, Hz, dB) of each file.
fn expected() -> BTreeMap<String, Vec<(usize, f64, f64)>> {
    let table = std::fs::read_to_string(folder().join("expected.csv")).expect("the table is there");
    let mut files = BTreeMap::<_, Vec<_>>::new();
    for row in table.lines().skip(1) {
        let [file, channel, frequency, gain] = row
            .split(',')
            .collect::<Vec<_>>()
            .try_into()
            .expect("rows have four columns");
        let channel = CHANNELS.iter().position(|(name, _)| *name == channel);
        files.entry(file.to_owned()).or_default().push((
            channel.expect("channels are known"),
            frequency.parse().expect("Hz is a number"),
            gain.parse().expect("dB is a number"),
        ));
    }
    files
}

#[test]
fn every_sample_has_the_response_that_was_worked_out_for_it() {
    let (files, layout) = (expected(), layout());
    let samples = std::fs::read_dir(folder().join("good")).expect("the samples are there");
    assert_eq!(samples.count(), files.len());
    assert!(files.len() >= 50);
    let mut wrong = Vec::new();
    for (name, rows) in files {
        let path = folder().join("good").join(format!("{name}.txt"));
        let bytes = std::fs::read(path).expect("every row has its sample");
        let curve = parse_bytes(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        let back = parse(&write(&curve)).unwrap_or_else(|error| panic!("{name}: {error}"));
        for (which, curve) in [("read", &curve), ("read back", &back)] {
            let response = Response::new(curve, &layout, RATE);
            for &(channel, frequency, gain) in &rows {
                let found = 20.0 * response.at(channel, frequency).magnitude.log10();
                if (found - gain).abs() > TOLERANCE {
                    let channel = CHANNELS[channel].0;
                    wrong.push(format!(
                        "{name} {which}, {channel}, {frequency} Hz: {found}, not {gain} dB"
                    ));
                }
            }
        }
    }
    let first = &wrong[..wrong.len().min(20)];
    assert!(
        wrong.is_empty(),
        "{} wrong\n{}",
        wrong.len(),
        first.join("\n")
    );
}
