// SPDX-License-Identifier: MPL-2.0
//! A state survives `kill -9` at any moment.
//!
//! The test runs itself as a child that stores results without pause and says so after each; the
//! parent kills it at ever different moments and looks for every result that was acknowledged.
use auris_farm::inputs::Source;
use auris_farm::record::{SCHEMA, Status, Track};
use auris_farm::state::State;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

const STATE: &str = "AURIS_TEST_STATE";
const FIRST: &str = "AURIS_TEST_FIRST";
const ROUNDS: u64 = 30;

fn source(number: u64) -> Source {
    Source::Url(format!("test://{number}"))
}

fn track(number: u64) -> Track {
    Track {
        schema: SCHEMA,
        path: format!("test://{number}"),
        status: Status::Ok,
        error: None,
        error_kind: None,
        warnings: Vec::new(),
        duration_s: None,
        frames: Some(number),
        rate: None,
        channels: None,
        bytes: None,
        format: None,
        clipped_by_decoder: None,
        dr: None,
        peak_db: None,
        rms_db: None,
        over_full_scale: 0,
        non_finite: 0,
        loudness: None,
        md5: None,
        tags: Default::default(),
    }
}

/// The child; does nothing unless the test below starts it.
#[test]
#[ignore = "run by results_survive_kill"]
fn child() {
    let (Ok(path), Ok(first)) = (std::env::var(STATE), std::env::var(FIRST)) else {
        return;
    };
    let state = State::open(Path::new(&path), "kill").unwrap();
    let mut out = std::io::stdout();
    for number in first.parse().unwrap().. {
        state.store(&source(number), None, &track(number)).unwrap();
        // One write, so that a line is there whole or not at all.
        out.write_all(format!("stored {number}\n").as_bytes())
            .unwrap();
        out.flush().unwrap();
    }
}

#[test]
fn results_survive_kill() {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let path = dir.path().join("state");
    let mut acknowledged = Vec::new();
    for round in 0..ROUNDS {
        let first = acknowledged.last().map_or(0, |last| last + 1);
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "child", "--nocapture"])
            .env(STATE, &path)
            .env(FIRST, first.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // From within the start, when the state is made or repaired, to amid the storing.
        let milliseconds = if round % 3 == 0 {
            round / 3
        } else {
            5 + round * 7919 % 60
        };
        std::thread::sleep(Duration::from_millis(milliseconds));
        child.kill().unwrap();
        child.wait().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap())
            .lines()
            .map_while(Result::ok);
        acknowledged.extend(lines.filter_map(|line| {
            let (_, number) = line.split_once("stored ")?;
            number.parse::<u64>().ok()
        }));
        let state = State::open(&path, "kill").unwrap();
        for number in &acknowledged {
            let found = state.lookup(&source(*number), None).unwrap();
            assert_eq!(found, Some(track(*number)), "round {round}");
        }
    }
    let rounds = usize::try_from(ROUNDS).unwrap();
    assert!(
        acknowledged.len() > rounds,
        "only {} stored: the kills came too early",
        acknowledged.len()
    );
}
