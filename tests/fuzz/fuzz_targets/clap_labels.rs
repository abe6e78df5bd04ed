// SPDX-License-Identifier: MPL-2.0
//! Files of labels from any bytes: reading one must not panic, and what was read compares.
#![no_main]

use auris_clap::Labels;
use libfuzzer_sys::fuzz_target;
use std::io::Cursor;

/// With a folder in `AURIS_FUZZ_SEEDS`, writes the seeds there before the first run.
fn write_seeds() {
    let Some(folder) = std::env::var_os("AURIS_FUZZ_SEEDS") else {
        return;
    };
    let header = r#"{"dog":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"cat":{"dtype":"F16","shape":[2],"data_offsets":[8,12]}}"#;
    let mut tensors = (header.len() as u64).to_le_bytes().to_vec();
    tensors.extend(header.bytes());
    tensors.extend([0, 0, 0x80, 0x3f, 0, 0, 0x80, 0x3f, 0, 0x3c, 0, 0x3c]);
    let json = br#"{"a dog barks": [0.6, -0.8], "rain \u00e9": [1e-3, 2]}"#;
    for (name, file) in [("safetensors", &tensors[..]), ("json", json)] {
        let path = std::path::Path::new(&folder).join(name);
        std::fs::write(path, file).expect("the folder of seeds is writable");
    }
}

fuzz_target!(init: write_seeds(), |bytes: &[u8]| {
    let Ok(labels) = Labels::read(Cursor::new(bytes), 2) else {
        return;
    };
    let mut best = Vec::new();
    labels.best(&[0.6, 0.8], 3, &mut best);
    assert_eq!(best.len(), labels.count().min(3));
    for (label, score) in best {
        assert!(score.abs() <= 1.0 + 1e-6, "{}: {score}", labels.name(label));
    }
});
