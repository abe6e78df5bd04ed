// SPDX-License-Identifier: MPL-2.0
//! Models that several users have at once.
mod common;

use auris_clap::{Engine, Error, Limits, Precision, Scheduler, Stream};
use common::{TINY, TINY_FUSED, model};
use std::fs;
use std::num::NonZeroUsize;
use std::sync::Arc;

#[test]
fn a_file_is_opened_once_while_anybody_has_it() {
    let folder = tempfile::tempdir().expect("there is room");
    let path = folder.path().join("model.safetensors");
    fs::write(&path, model(&TINY)).expect("there is room");
    let open = |precision| Engine::open(&path, precision, None).expect("it is a model");
    let engines: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| open(Precision::F32)))
            .collect();
        let engines = threads.into_iter().map(|t| t.join().expect("no panic"));
        engines.collect()
    });
    assert!(engines.iter().all(|e| Arc::ptr_eq(e, &engines[0])));
    let link = folder.path().join("link");
    fs::hard_link(&path, &link).expect("links can be made");
    let linked = Engine::open(&link, Precision::F32, None).expect("it is a model");
    assert_eq!(
        Arc::ptr_eq(&linked, &engines[0]),
        cfg!(unix),
        "it is the same file"
    );
    let bytes = open(Precision::Int8);
    assert!(!Arc::ptr_eq(&bytes, &engines[0]));
    let weak = Arc::downgrade(&engines[0]);
    drop((engines, linked));
    assert!(weak.upgrade().is_none(), "nobody has it, and it is gone");
    assert!(Arc::ptr_eq(&open(Precision::Int8), &bytes));
}

#[test]
fn a_file_that_changed_is_another_model() {
    let folder = tempfile::tempdir().expect("there is room");
    let path = folder.path().join("model.safetensors");
    fs::write(&path, model(&TINY)).expect("there is room");
    let open = || Engine::open(&path, Precision::F32, None).expect("it is a model");
    let before = open();
    fs::write(&path, model(&TINY_FUSED)).expect("there is room");
    let after = open();
    assert_ne!(before.bank(), after.bank());
    // Who has the old one keeps it.
    let one = NonZeroUsize::MIN;
    let limits = Limits {
        threads: one,
        windows: one,
        batch: one,
    };
    let stream = Stream::new(Scheduler::global(), before, limits).expect("there is a thread");
    let task = stream.try_room().expect("nobody cancels");
    stream.submit(task.expect("there is room"));
    let done = stream.done().expect("nobody cancels");
    assert!(done.expect("one is under way").embedding().is_ok());
}

#[test]
fn only_the_file_that_was_asked_for_will_do() {
    let folder = tempfile::tempdir().expect("there is room");
    let path = folder.path().join("model.safetensors");
    fs::write(&path, model(&TINY)).expect("there is room");
    let open = |sha256: &str| Engine::open(&path, Precision::F32, Some(sha256));
    // Of tests/differential/clap_reference.py, which makes the same file.
    let right = "51eb3764446cff0f08fdbc8fe6b7ab0c1311477a7353ad9230fe6231725e5c22";
    for _ in 0..2 {
        let engine = open(right).expect("it is that one");
        let other = right.replace('5', "6");
        for wrong in ["", "51eb", other.as_str()] {
            match open(wrong) {
                Err(Error::Hash { expected, found }) => {
                    assert_eq!((expected.as_str(), found.as_str()), (wrong, right));
                }
                other => panic!("{wrong}: {:?}", other.map(|engine| engine.name())),
            }
        }
        assert_eq!(engine.dimensions(), 64);
    }
    fs::write(&path, model(&TINY_FUSED)).expect("there is room");
    assert!(matches!(open(right), Err(Error::Hash { .. })));
}
