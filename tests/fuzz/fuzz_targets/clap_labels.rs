// SPDX-License-Identifier: MPL-2.0
//! Files of labels from any bytes: reading one must not panic, take long or hoard memory, and what it
//! gives can be compared with.
#![no_main]

use auris_clap::Labels;
use libfuzzer_sys::fuzz_target;
use std::io::Cursor;

const DIMENSIONS: usize = 2;

/// With a folder in `AURIS_FUZZ_SEEDS`, writes the seeds there before the first run.
fn write_seeds() {
    let Some(folder) = std::env::var_os("AURIS_FUZZ_SEEDS") else {
        return;
    };
    let header = br#"{"dog":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#;
    let length = (header.len() as u64).to_le_bytes();
    let tensors = [&length[..], header, &[0, 0, 128, 63, 0, 0, 0, 64]].concat();
    let json = br#"{"dog": [1, 2.5e-3], "cat": [-1, 0]}"#;
    for (name, file) in [("safetensors", &tensors[..]), ("json", json)] {
        let path = std::path::Path::new(&folder).join(name);
        std::fs::write(path, file).expect("the folder of seeds is writable");
    }
}

fuzz_target!(init: write_seeds(), |bytes: &[u8]| {
    if let Ok(labels) = Labels::read(Cursor::new(bytes), DIMENSIONS) {
        let mut best = Vec::new();
        labels.best(&[0.6, 0.8], 3, &mut best);
        assert_eq!(best.len(), labels.count().min(3));
        assert!(best.iter().all(|(_, score)| (-1.001..=1.001).contains(score)));
        assert!(best.is_sorted_by(|(_, a), (_, b)| a >= b));
    }
});
