// SPDX-License-Identifier: MPL-2.0
//! Equaliser configurations from any bytes: reading must not panic, and what is written of what was
//! read must read back to the same response, and be written the same.
#![no_main]

use auris_eq::band::{Curve, Layout};
use auris_eq::response::Response;
use auris_eq::text;
use libfuzzer_sys::fuzz_target;

const RATE: f64 = 48_000.0;

/// With a folder in `AURIS_FUZZ_SEEDS`, copies the samples there before the first run.
fn write_seeds() {
    let Some(folder) = std::env::var_os("AURIS_FUZZ_SEEDS") else {
        return;
    };
    let samples = concat!(env!("CARGO_MANIFEST_DIR"), "/../data/eq/good");
    for sample in std::fs::read_dir(samples).expect("the samples are there") {
        let sample = sample.expect("the folder of samples is readable");
        let path = std::path::Path::new(&folder).join(sample.file_name());
        std::fs::copy(sample.path(), path).expect("the folder of seeds is writable");
    }
}

fn magnitudes(curve: &Curve) -> Vec<f64> {
    let response = Response::new(curve, &Layout::unpositioned(3), RATE);
    let points = [(0, 30.0), (1, 1000.0), (2, 15_000.0)];
    points
        .map(|(channel, hz)| response.at(channel, hz).magnitude)
        .to_vec()
}

fuzz_target!(init: write_seeds(), |bytes: &[u8]| {
    let Ok(curve) = text::parse_bytes(bytes) else {
        return;
    };
    let written = text::write(&curve);
    let back = text::parse(&written).expect("what was written reads back");
    assert_eq!(text::write(&back), written);
    for (before, after) in magnitudes(&curve).into_iter().zip(magnitudes(&back)) {
        let same = before == after || (before - after).abs() <= 1e-9 * before.abs();
        assert!(same || before.is_nan() && after.is_nan(), "{before} {after}\n{written}");
    }
});
