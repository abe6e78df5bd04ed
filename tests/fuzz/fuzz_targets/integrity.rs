// SPDX-License-Identifier: MPL-2.0
//! `inspect` on any bytes: it must neither panic nor take long nor hoard memory.
//!
//! The module is included by its path, as the farm itself would draw in GStreamer.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::io::Cursor;

#[allow(dead_code)]
#[path = "../../../examples/farm/src/integrity/mod.rs"]
mod integrity;

/// The builders of the unit tests make the seeds.
#[allow(dead_code, unused_imports)]
#[path = "../../../examples/farm/src/integrity/tests/build/mod.rs"]
mod build;

/// With a folder in `AURIS_FUZZ_SEEDS`, writes the seeds there before the first run.
fn write_seeds() {
    let Some(folder) = std::env::var_os("AURIS_FUZZ_SEEDS") else {
        return;
    };
    for (name, file) in build::all() {
        let path = std::path::Path::new(&folder).join(name.replace(' ', "-"));
        std::fs::write(&path, file).expect("the folder of seeds is writable");
    }
}

fuzz_target!(init: write_seeds(), |bytes: &[u8]| {
    let options = integrity::Options {
        compares_md5: &|facts| facts.bits != Some(16),
    };
    if let Ok(Some(facts)) = integrity::inspect(&mut Cursor::new(bytes), options) {
        let _ = facts.length.check(bytes.len() as u64);
    }
});
