// SPDX-License-Identifier: MPL-2.0
//! `--resume`: a killed run goes on where it was.
use super::farm::{Ended, Farm, Running, folder, measure};
use super::media::{Music, Random, Sample};
use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

const FILES: u64 = 60;

fn library(folder: &Path) {
    for number in 0..FILES {
        let path = folder.join(format!("{number:02}.wav"));
        Music::new(8000, 1, 8000 * (1 + number % 5), number).write_wav(&path, Sample::S16);
    }
}

fn resuming(state: &Path, library: &Path) -> Farm {
    measure()
        .args(["-v", "--jobs", "2", "--resume"])
        .arg(state)
        .arg(library)
}

/// The inputs that a run began to measure.
fn begun(ended: &Ended) -> Vec<String> {
    let lines = ended.stderr.lines();
    let paths = lines.filter_map(|line| line.strip_prefix("auris-farm: measuring "));
    paths.map(str::to_owned).collect()
}

/// The inputs whose result was reported, and so stored before.
fn reported(ended: &Ended) -> Vec<String> {
    let lines = ended
        .stdout
        .split_inclusive('\n')
        .filter(|line| line.ends_with('\n'));
    let records = lines.map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    records
        .map(|record| record["path"].as_str().unwrap().to_owned())
        .collect()
}

fn kill(mut running: Running) -> Ended {
    running.child.kill().unwrap();
    running.end()
}

#[test]
fn a_run_that_is_killed_again_and_again_completes() {
    let folder = folder();
    let (music, state) = (folder.path().join("music"), folder.path().join("state"));
    fs::create_dir(&music).unwrap();
    library(&music);
    let whole = measure().arg(&music).run();
    let mut random = Random(4);
    let mut finished = HashSet::new();
    let mut kills = 0;
    let last = loop {
        let mut running = resuming(&state, &music).start();
        // Amid the start in some rounds, in the others when a few have been begun.
        let done = if kills % 3 == 0 && kills < 9 {
            sleep(Duration::from_millis(random.below(30) as u64));
            !running.runs()
        } else {
            let few = random.below(4);
            let begun = |errors: &str| errors.matches("measuring ").count();
            !running.wait_until(|_, errors| begun(errors) > few)
        };
        let ended = if done { running.end() } else { kill(running) };
        for path in begun(&ended) {
            assert!(!finished.contains(&path), "{path} is measured again");
        }
        finished.extend(reported(&ended));
        if done {
            break ended;
        }
        kills += 1;
    };
    assert!(kills > 2, "it was over before it could be killed");
    assert_eq!(last.code, Some(0), "{}", last.stderr);
    assert_eq!(last.stdout, whole.stdout);
    let again = resuming(&state, &music).run();
    assert_eq!(begun(&again), Vec::<String>::new());
    assert_eq!(again.stdout, whole.stdout);
}

#[test]
fn a_changed_file_is_measured_again_and_no_other() {
    let folder = folder();
    let (music, state) = (folder.path().join("music"), folder.path().join("state"));
    fs::create_dir(&music).unwrap();
    library(&music);
    let first = resuming(&state, &music).run();
    assert_eq!(begun(&first).len() as u64, FILES);
    let changed = music.join("07.wav");
    Music::new(8000, 1, 8000, 99).write_wav(&changed, Sample::S24);
    let second = resuming(&state, &music).run();
    assert_eq!(begun(&second), [changed.to_str().unwrap()]);
    let fresh = measure().arg(&music).run();
    assert_eq!(second.stdout, fresh.stdout);
    assert_ne!(second.stdout, first.stdout);
    // Other settings, other results.
    let other = resuming(&state, &music).args(["--dialect", "tt"]).run();
    assert_eq!(begun(&other).len() as u64, FILES);
}

#[test]
fn a_state_in_use_or_of_another_kind_is_refused() {
    let folder = folder();
    let (music, state) = (folder.path().join("music"), folder.path().join("state"));
    fs::create_dir(&music).unwrap();
    library(&music);
    // This process stands for the other run: that one would be over at some moment.
    let held = auris_farm::state::State::open(&state, "held").unwrap();
    let refused = resuming(&state, &music).run();
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(1), ""));
    assert!(
        refused.stderr.contains("in use by another run"),
        "{}",
        refused.stderr
    );
    drop(held);
    fs::write(
        &state,
        "This is no state at all, but somebody's notes.\n".repeat(200),
    )
    .unwrap();
    let before = fs::read(&state).unwrap();
    let refused = resuming(&state, &music).run();
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(1), ""));
    assert!(refused.stderr.contains("not a state"), "{}", refused.stderr);
    assert_eq!(
        fs::read(&state).unwrap(),
        before,
        "somebody's notes are spoilt"
    );
}
