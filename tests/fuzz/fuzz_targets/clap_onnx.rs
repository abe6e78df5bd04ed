// SPDX-License-Identifier: MPL-2.0
//! ONNX files from any bytes: reading one must not panic, take long or hoard memory.
//!
//! A model is larger than an input should be. So an input is a file in which numbers are left out: each
//! initialiser that says how many it has, and has none, gets them here, up to a megabyte in all.
#![no_main]

use auris_clap::{Level, Model, Precision};
use libfuzzer_sys::fuzz_target;
use std::io::Cursor;

#[allow(dead_code)]
#[path = "../../../plugins/clap/tests/common/mod.rs"]
mod common;

use common::onnx::{Form, Message, PLAIN};

/// Bytes of numbers that are made at most.
const MOST: u64 = 1 << 20;

/// With a folder in `AURIS_FUZZ_SEEDS`, writes the seeds there before the first run.
fn write_seeds() {
    let Some(folder) = std::env::var_os("AURIS_FUZZ_SEEDS") else {
        return;
    };
    let new = Form {
        empty: true,
        ..PLAIN
    };
    let old = Form { old: true, ..new };
    for (name, config, form) in [
        ("tiny", common::TINY, new),
        ("fused", common::TINY_FUSED, new),
        ("old", common::TINY, old),
    ] {
        let file = common::onnx::model(&config, form);
        let path = std::path::Path::new(&folder).join(name);
        std::fs::write(path, file).expect("the folder of seeds is writable");
    }
}

/// The varint at the beginning, and what is behind it.
fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut number = 0;
    for (i, byte) in bytes.iter().enumerate().take(9) {
        number |= u64::from(byte & 0x7f) << (7 * i);
        if byte & 0x80 == 0 {
            return Some((number, &bytes[i + 1..]));
        }
    }
    None
}

/// The first field: its number, its value, what is inside if it has a length, and what is behind it.
fn field(bytes: &[u8]) -> Option<(u64, u64, &[u8], &[u8])> {
    let (key, rest) = varint(bytes)?;
    let (value, rest) = varint(rest)?;
    match key & 7 {
        0 => Some((key >> 3, value, &[], rest)),
        2 => {
            let (inside, rest) = rest.split_at_checked(usize::try_from(value).ok()?)?;
            Some((key >> 3, value, inside, rest))
        }
        _ => None,
    }
}

/// The message with every field `number` changed; as it is from where it cannot be read.
fn changed(mut bytes: &[u8], number: u64, change: &mut dyn FnMut(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let mut out = Message::default();
    while let Some((found, _, inside, rest)) = field(bytes) {
        match found == number && !inside.is_empty() {
            true => out = out.bytes(number, change(inside)),
            false => out.0.extend(&bytes[..bytes.len() - rest.len()]),
        }
        bytes = rest;
    }
    out.0.extend(bytes);
    out.0
}

/// A tensor with numbers, if it lacks some that are still to be had.
fn filled(tensor: &[u8], left: &mut u64) -> Vec<u8> {
    let (mut size, mut bytes) = (Some(4_u64), tensor);
    while let Some((number, value, _, rest)) = field(bytes) {
        size = match number {
            1 => size.and_then(|size| size.checked_mul(value)),
            2 if value != 1 => size.map(|size| size / 2),
            4 | 5 | 9 => None,
            _ => size,
        };
        bytes = rest;
    }
    let mut out = Message(tensor.to_vec());
    if let Some(size) = size.filter(|size| size <= left) {
        *left -= size;
        out = out.bytes(9, vec![0x3d; size as usize]);
    }
    out.0
}

fuzz_target!(init: write_seeds(), |bytes: &[u8]| {
    let mut left = MOST;
    let file = changed(bytes, 7, &mut |graph| {
        changed(graph, 5, &mut |tensor| filled(tensor, &mut left))
    });
    if let Ok(model) = Model::read(Cursor::new(file), Precision::F32, Level::best()) {
        let mut workspace = model.workspace();
        let _ = model.embed(&common::log_mel("input"), &mut workspace);
    }
});
