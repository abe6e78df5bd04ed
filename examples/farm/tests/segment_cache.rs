// SPDX-License-Identifier: MPL-2.0
//! `auris-farm cache`.
use gsthlsbufcap::cache::{Cache, Key, Limits};
use std::fs;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::Command;

fn farm(arguments: &[&str], folder: &Path) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_auris-farm"));
    let output = command
        .arg("cache")
        .args(arguments)
        .arg(folder)
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

fn fill(folder: &Path) {
    let limits = Limits {
        bytes: u64::MAX,
        ttl: None,
    };
    let cache = Cache::open(folder, limits).unwrap();
    for number in 0..3u8 {
        let part = cache.begin().unwrap();
        part.file.write_all_at(&vec![number; 1 << 20], 0).unwrap();
        cache.keep(&Key::of(&[&[number]]), &part, None).unwrap();
    }
}

#[test]
fn it_counts_checks_and_prunes() {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path());
    let (code, out, _) = farm(&["stat"], folder.path());
    assert_eq!(code, Some(0));
    assert!(
        out.starts_with("segments 3\nbytes 3145728\noldest-use "),
        "{out}"
    );
    assert_eq!(
        farm(&["verify"], folder.path()).1,
        "right 3\nwrong 0\nbusy 0\n"
    );
    let data = fs::read_dir(folder.path().join("data"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    let file = fs::read_dir(data.path()).unwrap().next().unwrap().unwrap();
    let file = fs::OpenOptions::new()
        .write(true)
        .open(file.path())
        .unwrap();
    file.write_all_at(b"!", 77).unwrap();
    let (code, out, _) = farm(&["verify"], folder.path());
    assert_eq!(
        (code, out.as_str()),
        (Some(1), "right 2\nwrong 1\nbusy 0\n")
    );
    let (code, out, _) = farm(&["prune", "--max-mb", "1"], folder.path());
    assert_eq!(code, Some(0));
    assert!(
        out.starts_with("gone 1\nsegments 1\nbytes 1048576\n"),
        "{out}"
    );
}

#[test]
fn a_folder_without_one_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let (code, out, error) = farm(&["stat"], folder.path());
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(error.contains("there is no segment cache in"), "{error}");
    assert_eq!(
        fs::read_dir(folder.path()).unwrap().count(),
        0,
        "none was made"
    );
    assert_eq!(farm(&["prune"], folder.path()).0, Some(2));
}
