// SPDX-License-Identifier: MPL-2.0
use super::*;
use crate::samples::{failed, track};
use tempfile::TempDir;

/// A folder with a file to measure, and the state's path in it.
fn folder() -> (TempDir, Source, PathBuf) {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("a.wav");
    fs::write(&file, "RIFF").unwrap();
    let state = dir.path().join("state");
    (dir, Source::File(file), state)
}

fn stamp(source: &Source) -> Option<Stamp> {
    source.path().map(|path| Stamp::of(path).unwrap())
}

#[test]
fn a_result_outlives_the_run_bit_for_bit() {
    let (_dir, source, path) = folder();
    let measured = track("a.wav", 0.1 + 0.2);
    let state = State::open(&path, "x").unwrap();
    assert_eq!(
        state.lookup::<Track>(&source, stamp(&source)).unwrap(),
        None
    );
    state.store(&source, stamp(&source), &measured).unwrap();
    drop(state);
    let state = State::open(&path, "x").unwrap();
    assert_eq!(
        state.lookup::<Track>(&source, stamp(&source)).unwrap(),
        Some(measured)
    );
    let url = Source::Url(source.display().into_owned());
    assert_eq!(
        state.lookup::<Track>(&url, None).unwrap(),
        None,
        "a URL is not the file of the same name"
    );
    drop(state);
    let other = State::open(&path, "other settings").unwrap();
    assert_eq!(
        other.lookup::<Track>(&source, stamp(&source)).unwrap(),
        None
    );
}

#[test]
fn a_changed_file_is_measured_again() {
    let (_dir, source, path) = folder();
    let state = State::open(&path, "x").unwrap();
    state
        .store(&source, stamp(&source), &track("a", 9.0))
        .unwrap();
    let file = fs::File::options()
        .write(true)
        .open(source.path().unwrap())
        .unwrap();
    let touched = std::time::SystemTime::now() + std::time::Duration::from_nanos(1_000_000);
    file.set_modified(touched).unwrap();
    assert_eq!(
        state.lookup::<Track>(&source, stamp(&source)).unwrap(),
        None
    );
}

#[test]
fn failures_that_may_pass_are_tried_again() {
    let (_dir, source, path) = folder();
    let state = State::open(&path, "x").unwrap();
    for (kind, kept) in [
        ("timeout", false),
        ("io", false),
        ("budget", false),
        ("no-decoder", false),
        ("damaged", true),
    ] {
        let mut track = failed("a", "x");
        track.error_kind = Some(kind.to_owned());
        state.store(&source, stamp(&source), &track).unwrap();
        assert_eq!(
            state
                .lookup::<Track>(&source, stamp(&source))
                .unwrap()
                .is_some(),
            kept,
            "{kind}"
        );
    }
}

#[test]
fn an_announced_change_keeps_the_result_before_and_after() {
    let (_dir, source, path) = folder();
    let state = State::open(&path, "x").unwrap();
    let measured = track("a", 9.0);
    state.store(&source, stamp(&source), &measured).unwrap();
    for text in ["RIFF with a tag", "RIFF with a second tag"] {
        let temporary = path.with_extension("new");
        fs::write(&temporary, text).unwrap();
        state
            .expect(&source, Stamp::of(&temporary).unwrap())
            .unwrap();
        assert_eq!(
            state.lookup::<Track>(&source, stamp(&source)).unwrap(),
            Some(measured.clone()),
            "before"
        );
        fs::rename(&temporary, source.path().unwrap()).unwrap();
        assert_eq!(
            state.lookup::<Track>(&source, stamp(&source)).unwrap(),
            Some(measured.clone()),
            "after"
        );
    }
    fs::write(source.path().unwrap(), "something else").unwrap();
    assert_eq!(
        state.lookup::<Track>(&source, stamp(&source)).unwrap(),
        None
    );
}

#[test]
fn a_second_run_is_told_that_the_state_is_in_use() {
    let (_dir, _source, path) = folder();
    let first = State::open(&path, "x").unwrap();
    assert!(matches!(State::open(&path, "x"), Err(StateError::InUse(_))));
    drop(first);
    State::open(&path, "x").unwrap();
}

#[test]
fn foreign_files_are_refused_and_left_alone() {
    let (dir, _source, path) = folder();
    for text in ["my thesis\n".to_owned(), "x".repeat(100_000)] {
        fs::write(&path, &text).unwrap();
        assert!(matches!(
            State::open(&path, "x"),
            Err(StateError::Unusable(..))
        ));
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
    fs::remove_file(&path).unwrap();
    drop(Database::create(&path).unwrap());
    assert!(
        matches!(State::open(&path, "x"), Err(StateError::Unusable(..))),
        "another's database"
    );
    assert!(
        matches!(State::open(dir.path(), "x"), Err(StateError::Io(..))),
        "a folder"
    );
    assert!(matches!(
        State::open(&path.join("no/such"), "x"),
        Err(StateError::Io(..))
    ));
}

#[test]
fn an_empty_file_becomes_a_state() {
    let (_dir, source, path) = folder();
    fs::write(&path, "").unwrap();
    let state = State::open(&path, "x").unwrap();
    state
        .store(&source, stamp(&source), &track("a", 9.0))
        .unwrap();
}

/// Every cut and many flipped bytes: an error or a working state, and never a panic.
#[test]
fn damaged_states_do_not_panic() {
    let (_dir, source, path) = folder();
    let state = State::open(&path, "x").unwrap();
    for i in 0..20 {
        state
            .store(
                &Source::Url(format!("u:{i}")),
                None,
                &track("a", f64::from(i)),
            )
            .unwrap();
    }
    drop(state);
    let good = fs::read(&path).unwrap();
    let try_with = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        if let Ok(state) = State::open(&path, "x") {
            for i in 0..20 {
                let _any = state.lookup::<Track>(&Source::Url(format!("u:{i}")), None);
            }
            let _any = state.store(&source, stamp(&source), &track("a", 9.0));
        }
    };
    for i in 0..64 {
        try_with(&good[..good.len() * i / 64]);
        let mut bad = good.clone();
        // Dense in the header, sparse in the pages.
        for at in [i * 5, i * 4099 % good.len(), i * 65_537 % good.len()] {
            bad[at] ^= 0x5a;
        }
        try_with(&bad);
    }
}

#[test]
fn what_was_written_is_known_whatever_the_settings_until_it_changes() {
    let (dir, source, path) = folder();
    let target = dir.path().join("a.png");
    fs::write(&target, "first").unwrap();
    let first = Stamp::of(&target).unwrap();
    let state = State::open(&path, "x").unwrap();
    assert_eq!(state.written(&source, &target).unwrap(), None);
    let record = track("a", 9.0);
    let files = [(target.as_path(), first)];
    let store = |state: &State, files: &[(&Path, Stamp)]| {
        state.store_with_files(&source, stamp(&source), &record, files)
    };
    store(&state, &files).unwrap();
    drop(state);
    let state = State::open(&path, "other settings").unwrap();
    assert_eq!(state.written(&source, &target).unwrap(), Some(first));
    // That of another input is not this one's.
    let other = Source::File(dir.path().join("b.wav"));
    assert_eq!(state.written(&other, &target).unwrap(), None);
    // Killed before the second was in its place, or after that: both are known.
    let next = dir.path().join("next");
    fs::write(&next, "the second").unwrap();
    store(&state, &[(&target, Stamp::of(&next).unwrap())]).unwrap();
    assert_eq!(state.written(&source, &target).unwrap(), Some(first));
    fs::rename(&next, &target).unwrap();
    assert!(state.written(&source, &target).unwrap().is_some());
    fs::write(&target, "somebody else's").unwrap();
    assert_eq!(state.written(&source, &target).unwrap(), None);
    fs::remove_file(&target).unwrap();
    assert_eq!(state.written(&source, &target).unwrap(), None);
}
