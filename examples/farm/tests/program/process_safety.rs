// SPDX-License-Identifier: MPL-2.0
//! `auris-farm process`: nothing is lost, and nothing is left half done.
use super::farm::{Farm, folder, is_ok, measure, names, reason};
use super::media::{Music, Sample};
use super::process::{EQ, process};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

const FILES: u64 = 12;

fn library(folder: &Path) {
    fs::create_dir_all(folder.join("sub")).unwrap();
    for number in 0..FILES {
        let name = if number % 2 == 0 { "sub/" } else { "" };
        let path = folder.join(format!("{name}{number:02}.wav"));
        Music::new(44_100, 2, 100_000, number).write_wav(&path, Sample::S16);
    }
}

/// The files below a folder that are results.
fn results(folder: &Path) -> Vec<String> {
    let mut found: Vec<_> = if folder.exists() {
        names(folder)
    } else {
        Vec::new()
    };
    if folder.join("sub").exists() {
        found.extend(names(&folder.join("sub")));
    }
    found.retain(|name| name.ends_with(".flac") && !name.starts_with('.'));
    found.sort();
    found
}

fn drafts(folder: &Path) -> usize {
    let inside = |folder: &Path| {
        if folder.exists() {
            names(folder)
        } else {
            Vec::new()
        }
    };
    let all = inside(folder)
        .into_iter()
        .chain(inside(&folder.join("sub")));
    all.filter(|name| name.starts_with(".auris-farm-")).count()
}

#[test]
fn a_run_that_is_killed_again_and_again_completes() {
    let folder = folder();
    let (music, out) = (folder.path().join("music"), folder.path().join("out"));
    let state = folder.path().join("state");
    library(&music);
    let start = || {
        process(folder.path(), EQ, &out)
            .args(["--format", "flac", "--jobs", "2", "--resume"])
            .arg(&state)
            .arg(&music)
    };
    for done in [1, 3, 5] {
        let mut running = start().start();
        let more = running.wait_until(|_, _| results(&out).len() >= done);
        assert!(more, "it was over before it could be killed");
        running.child.kill().unwrap();
        assert_eq!(running.end().signal, Some(9));
        // Whatever has its final name is whole.
        for name in results(&out) {
            let path = [out.join(&name), out.join("sub").join(&name)];
            let path = path.iter().find(|path| path.exists()).unwrap();
            let record = measure().arg(path).run().only();
            assert!(is_ok(&record) && record["frames"] == 100_000, "{record}");
        }
    }
    let ended = start().run();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(ended.records().len() as u64, FILES);
    assert_eq!(results(&out).len() as u64, FILES);
    assert_eq!(drafts(&out), 0, "something is left behind");
    // Nothing is done again, not even with permission.
    let stamp = |name: &str| fs::metadata(out.join(name)).unwrap().modified().unwrap();
    let before = stamp("01.flac");
    let again = start().arg("--overwrite").run();
    assert_eq!(again.code, Some(0));
    assert_eq!(again.stdout, ended.stdout);
    assert_eq!(stamp("01.flac"), before);
    // But for what changed.
    Music::new(44_100, 2, 50_000, 99).write_wav(&music.join("01.wav"), Sample::S16);
    let third = start().run();
    assert_eq!(third.code, Some(0), "{third:?}");
    let frames = third
        .records()
        .iter()
        .filter(|r| r["frames"] == 50_000)
        .count();
    assert_eq!(frames, 1, "{third:?}");
    assert_ne!(stamp("01.flac"), before);
}

#[test]
fn an_input_is_never_replaced() {
    let folder = folder();
    let music = folder.path().join("music");
    library(&music);
    let before = fs::read(music.join("01.wav")).unwrap();
    let refused = |out: &Path| {
        let ended = process(folder.path(), EQ, out)
            .arg("--overwrite")
            .arg(music.join("01.wav"))
            .run();
        assert_eq!(ended.code, Some(1), "{ended:?}");
        let record = ended.only();
        assert!(reason(&record).contains("is an input"), "{record}");
        assert_eq!(record["error_kind"], "refused");
        assert_eq!(fs::read(music.join("01.wav")).unwrap(), before);
    };
    refused(&music);
    let link = folder.path().join("link");
    symlink(&music, &link).unwrap();
    refused(&link);
    for (name, hard) in [("hard", true), ("soft", false)] {
        let out = folder.path().join(name);
        fs::create_dir(&out).unwrap();
        if hard {
            fs::hard_link(music.join("01.wav"), out.join("01.wav")).unwrap();
        } else {
            symlink(music.join("01.wav"), out.join("01.wav")).unwrap();
        }
        refused(&out);
    }
}

#[test]
fn what_exists_or_collides_is_an_error() {
    let folder = folder();
    let (music, out) = (folder.path().join("music"), folder.path().join("out"));
    fs::create_dir(&music).unwrap();
    for name in ["a.wav", "a.WAV", "b.wav"] {
        Music::new(8000, 1, 8000, 1).write_wav(&music.join(name), Sample::S16);
    }
    let run = |flags: &[&str]| {
        process(folder.path(), EQ, &out)
            .args(["--format", "flac"])
            .args(flags)
            .arg(&music)
            .run()
    };
    let first = run(&[]);
    assert_eq!(first.code, Some(1));
    let records = first.records();
    for record in &records[..2] {
        let why = reason(record);
        assert!(why.contains("a.wav") && why.contains("a.WAV"), "{record}");
    }
    assert!(is_ok(&records[2]));
    assert_eq!(names(&out), ["b.flac"]);
    let second = run(&[]).records();
    assert!(reason(&second[2]).contains("--overwrite"), "{second:?}");
    assert!(is_ok(&run(&["--overwrite"]).records()[2]));
}

#[test]
fn bad_settings_are_told_before_anything_is_decoded() {
    let folder = folder();
    let out = folder.path().join("out");
    let bad = "Preamp: -3 dB\nFilter 1: ON XX Fc 100 Hz\n";
    let ended = process(folder.path(), bad, &out)
        .arg("/nonexistent.wav")
        .run();
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    assert!(
        ended.stderr.contains("eq.txt: line 2: "),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains("XX"), "{}", ended.stderr);
    // What another program saved in 16 bits a character.
    let wide: String = "Preamp: -6 dB".chars().flat_map(|c| [c, '\0']).collect();
    let ended = process(folder.path(), &wide, &out)
        .arg("/nonexistent.wav")
        .run();
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    assert!(ended.stderr.contains("eq.txt"), "{}", ended.stderr);
    let ended = Farm::new(&["process", "--eq", "/no/such", "--out", "x", "y"]).run();
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("/no/such"), "{}", ended.stderr);
    assert!(!out.exists());
}

#[test]
fn a_damaged_input_gives_no_result() {
    let folder = folder();
    let (music, out) = (folder.path().join("music"), folder.path().join("out"));
    library(&music);
    let wav = music.join("01.wav");
    let whole = fs::read(&wav).unwrap();
    fs::write(&wav, &whole[..whole.len() / 2]).unwrap();
    fs::write(music.join("03.wav"), "no audio at all, only words").unwrap();
    let ended = process(folder.path(), EQ, &out).arg(&music).run();
    assert_eq!(ended.code, Some(1));
    let records = ended.records();
    let failed: Vec<_> = records.iter().filter(|record| !is_ok(record)).collect();
    assert_eq!(failed.len(), 2, "{failed:?}");
    assert_eq!(failed[0]["error_kind"], "truncated", "{}", failed[0]);
    assert!(!out.join("01.wav").exists() && !out.join("03.wav").exists());
    assert_eq!(drafts(&out), 0);
}

#[test]
fn a_full_disk_is_an_error_of_the_file() {
    let folder = folder();
    let (music, out) = (folder.path().join("music"), folder.path().join("out"));
    fs::create_dir(&music).unwrap();
    Music::new(44_100, 2, 200_000, 1).write_wav(&music.join("long.wav"), Sample::S16);
    Music::new(44_100, 2, 2000, 1).write_wav(&music.join("short.wav"), Sample::S16);
    let eq = folder.path().join("eq.txt");
    fs::write(&eq, EQ).unwrap();
    // Whoever writes more than 100 KiB is told that the file is too large.
    let script = r#"trap '' XFSZ; ulimit -f 100; exec "$0" process -q --report ndjson --eq "$1" --out "$2" "$3""#;
    let output = Command::new("bash")
        .args(["-c", script, env!("CARGO_BIN_EXE_auris-farm")])
        .args([&eq, &out, &music])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let records = super::farm::records(&text);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert_eq!(records[0]["error_kind"], "io", "{text}");
    assert!(is_ok(&records[1]), "{text}");
    assert_eq!(names(&out), ["short.wav"]);
}

#[test]
fn results_within_the_library_are_no_inputs() {
    let folder = folder();
    let music = folder.path().join("music");
    library(&music);
    let out = music.join("equalised");
    for _ in 0..2 {
        let ended = process(folder.path(), EQ, &out)
            .arg("--overwrite")
            .arg(&music)
            .run();
        assert_eq!((ended.code, ended.records().len() as u64), (Some(0), FILES));
    }
    assert!(!out.join("equalised").exists());
}

#[test]
fn an_interrupted_run_leaves_no_drafts() {
    let folder = folder();
    let (music, out) = (folder.path().join("music"), folder.path().join("out"));
    library(&music);
    let mut running = process(folder.path(), EQ, &out)
        .args(["--format", "flac", "--jobs", "1"])
        .arg(&music)
        .start();
    assert!(running.wait_until(|_, _| results(&out).len() >= 2));
    running.signal("INT");
    let ended = running.end();
    assert_eq!(ended.code, Some(130), "{ended:?}");
    assert_eq!(ended.records().len(), results(&out).len());
    assert_eq!(drafts(&out), 0);
}

#[test]
fn a_result_of_another_place_is_not_the_one_that_was_done() {
    let folder = folder();
    let (music, out) = (folder.path().join("music"), folder.path().join("out"));
    fs::create_dir_all(music.join("sub")).unwrap();
    Music::new(8000, 1, 8000, 1).write_wav(&music.join("a.wav"), Sample::S16);
    Music::new(8000, 1, 9000, 2).write_wav(&music.join("sub/a.wav"), Sample::S16);
    let run = |input: &Path| {
        let run = process(folder.path(), EQ, &out).arg("--resume");
        run.arg(folder.path().join("state")).arg(input).run()
    };
    assert_eq!(run(&music).code, Some(0));
    // Its place is now that of the other one's result.
    let moved = run(&music.join("sub"));
    assert_eq!(moved.only()["error_kind"], "refused", "{moved:?}");
}

#[test]
fn what_comes_into_the_way_meanwhile_stays() {
    let folder = folder();
    let (wav, out) = (folder.path().join("long.wav"), folder.path().join("out"));
    Music::new(44_100, 2, 44_100 * 30, 1).write_wav(&wav, Sample::S16);
    let mut running = process(folder.path(), EQ, &out)
        .args(["--format", "flac"])
        .arg(&wav)
        .start();
    assert!(running.wait_until(|_, _| drafts(&out) > 0));
    fs::write(out.join("long.flac"), "somebody's").unwrap();
    let record = running.end().only();
    assert_eq!(record["error_kind"], "refused", "{record}");
    // There is no result to tell of.
    for field in ["result", "frames", "duration_s"] {
        assert!(record[field].is_null(), "{record}");
    }
    assert_eq!(fs::read(out.join("long.flac")).unwrap(), b"somebody's");
    assert_eq!(names(&out), ["long.flac"]);
}
