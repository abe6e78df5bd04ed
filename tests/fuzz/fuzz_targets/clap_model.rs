// SPDX-License-Identifier: MPL-2.0
//! Model files from any bytes: reading one must not panic, take long or hoard memory.
//!
//! A model is 290 kB at the least, more than an input should have; so an input is a header, and the
//! tensors that it wants are made here, as many bytes as it says, up to a megabyte.
#![no_main]

use auris_clap::{Level, Model, Precision};
use libfuzzer_sys::fuzz_target;
use std::io::Cursor;

#[allow(dead_code)]
#[path = "../../../plugins/clap/tests/common/mod.rs"]
mod common;

/// Tensors together at most.
const MOST: usize = 1 << 20;

/// With a folder in `AURIS_FUZZ_SEEDS`, writes the seeds there before the first run.
fn write_seeds() {
    let Some(folder) = std::env::var_os("AURIS_FUZZ_SEEDS") else {
        return;
    };
    for (name, config) in [("tiny", common::TINY), ("fused", common::TINY_FUSED)] {
        let file = common::model(&config);
        let path = std::path::Path::new(&folder).join(name);
        std::fs::write(path, &file[..8 + header(&file)]).expect("the folder of seeds is writable");
    }
}

/// Length of the header that a file claims.
fn header(file: &[u8]) -> usize {
    file.first_chunk()
        .map_or(0, |&length| u64::from_le_bytes(length) as usize)
}

fuzz_target!(init: write_seeds(), |bytes: &[u8]| {
    let mut file = bytes.to_vec();
    let begin = header(bytes).saturating_add(8);
    if (8..=bytes.len()).contains(&begin) {
        // Where the last tensor ends is the largest number in the header.
        let numbers = bytes[8..begin].split(|byte| !byte.is_ascii_digit());
        let numbers = numbers.filter_map(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
        let end: usize = numbers.filter(|&n| n <= MOST).max().unwrap_or(0);
        file.resize(begin + end.max(bytes.len() - begin), 0x3d);
    }
    if let Ok(model) = Model::read(Cursor::new(file), Precision::F32, Level::best()) {
        let mut workspace = model.workspace();
        let _ = model.embed(&common::log_mel("input"), &mut workspace);
    }
});
