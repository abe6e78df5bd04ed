// SPDX-License-Identifier: MPL-2.0
//! Runs that end early, and reports that cannot be written.
use super::farm::{Ended, Farm, folder, is_ok, measure, names, reason, records};
use super::media::{self, Music, Sample};
use super::server::{Page, serve};
use std::fs;
use std::path::Path;
use std::process::Command;

const FILES: usize = 6;

fn library(folder: &Path) {
    for number in 0..FILES {
        let path = folder.join(format!("{number}.wav"));
        Music::new(8000, 1, 40_000, number as u64).write_wav(&path, Sample::S16);
    }
}

/// A URL that gives nothing for long enough.
fn endless() -> Option<String> {
    let wav = Music::new(8000, 1, 8000, 1).wav(Sample::S16);
    let base = media::can_make("souphttpsrc")
        .then(|| serve([("endless.wav", Page::Trickle(wav[..200].to_vec()))]))?;
    Some(format!("{base}endless.wav"))
}

#[test]
fn an_interrupted_run_reports_what_is_done() {
    let Some(url) = endless() else { return };
    for signal in ["INT", "TERM"] {
        let folder = folder();
        library(folder.path());
        // The endless input comes before the last file, which is done when it is not.
        let last = folder.path().join("last.WAV");
        Music::new(8000, 1, 40_000, 50).write_wav(&last, Sample::S16);
        let files = (0..FILES).map(|number| folder.path().join(format!("{number}.wav")));
        let mut running = measure()
            .args(["--jobs", "2"])
            .args(files)
            .arg(&url)
            .arg(&last)
            .start();
        running.wait_for_lines(FILES);
        running.signal(signal);
        let ended = running.end();
        assert_eq!(ended.code, Some(130), "{ended:?}");
        let records = ended.records();
        assert!(records.len() >= FILES, "{ended:?}");
        assert!(records.iter().all(is_ok), "{ended:?}");
        assert!(
            records.iter().all(|record| record["path"] != url),
            "{ended:?}"
        );
        assert!(ended.stderr.contains("ended early"), "{}", ended.stderr);
        assert_eq!(
            names(folder.path()).len(),
            FILES + 1,
            "something is left behind"
        );
    }
}

#[test]
fn an_interrupted_report_to_a_file_is_put_in_its_place() {
    let Some(url) = endless() else { return };
    let folder = folder();
    let music = folder.path().join("music");
    fs::create_dir(&music).unwrap();
    library(&music);
    let report = folder.path().join("report.ndjson");
    fs::write(&report, "old\n").unwrap();
    let state = folder.path().join("state");
    let start = || {
        let mut running = measure()
            .args(["-v", "--jobs", "2", "--resume"])
            .arg(&state)
            .arg("--output")
            .arg(&report)
            .arg(&music)
            .arg(&url)
            .start();
        let measured = |errors: &str| errors.matches(" s\n").count();
        assert!(running.wait_until(|_, errors| measured(errors) >= FILES));
        running
    };
    let mut killed = start();
    killed.child.kill().unwrap();
    assert_eq!(killed.end().signal, Some(9));
    assert_eq!(
        fs::read_to_string(&report).unwrap(),
        "old\n",
        "a killed run replaces nothing"
    );
    let is_left = |name: &String| name.starts_with(".auris-farm-");
    assert!(
        names(folder.path()).iter().any(is_left),
        "swept by the next run"
    );
    let interrupted = start();
    interrupted.signal("INT");
    let ended = interrupted.end();
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(130), ""));
    let written = records(&fs::read_to_string(&report).unwrap());
    assert_eq!(written.len(), FILES);
    assert_eq!(names(folder.path()), ["music", "report.ndjson", "state"]);
}

#[test]
fn a_reader_that_has_enough_is_no_fault() {
    let folder = folder();
    library(folder.path());
    let farm = env!("CARGO_BIN_EXE_auris-farm");
    let script = r#"{ timeout 60 "$0" measure --format ndjson "$1" "$1/0.wav"; echo "code $?" >&2; } | head -n 1"#;
    let output = Command::new("sh")
        .args(["-c", script, farm])
        .arg(folder.path())
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(records(&String::from_utf8_lossy(&output.stdout)).len(), 1);
    assert!(
        !stderr.contains("panicked") && !stderr.contains("timeout"),
        "{stderr}"
    );
    // It either had written all before, or noticed; nothing else, such as a signal.
    assert!(
        matches!(stderr.as_ref(), "code 0\n" | "code 1\n"),
        "{stderr}"
    );
}

#[test]
fn a_report_that_cannot_be_written_is_an_error() {
    let folder = folder();
    library(folder.path());
    let refused = |ended: Ended, words: &str| {
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(ended.stderr.contains(words), "{}", ended.stderr);
        assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
    };
    for format in ["ndjson", "json", "csv", "table", "foo_dr"] {
        let full = Farm::new(&["measure", "--format", format, "--output", "/dev/full"]);
        refused(full.arg(folder.path()).run(), "/dev/full: No space left");
    }
    let nowhere = folder.path().join("no/such/report");
    let ended = measure()
        .arg("--output")
        .arg(&nowhere)
        .arg(folder.path())
        .run();
    refused(ended, "No such file");
    let ended = measure()
        .arg("--resume")
        .arg(&nowhere)
        .arg(folder.path())
        .run();
    refused(ended, "No such file");
    assert_eq!(
        names(folder.path()).len(),
        FILES,
        "something is left behind"
    );
}

#[test]
fn what_only_gstreamer_reads_must_be_as_long_as_it_says() {
    let encoder = "flacenc ! matroskamux";
    if !media::can_make(encoder) || !media::can_make("matroskademux") {
        return;
    }
    let folder = folder();
    let wav = folder.path().join("music.wav");
    Music::new(44_100, 2, 44_100 * 12, 21).write_wav(&wav, Sample::S16);
    let whole = media::encode(&wav, "mka", encoder);
    let cut = folder.path().join("cut.mka");
    let bytes = fs::read(&whole).unwrap();
    fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
    let records = measure().arg(&whole).arg(&cut).run().records();
    assert!(is_ok(&records[0]), "{}", records[0]);
    assert_eq!(records[1]["error_kind"], "truncated", "{}", records[1]);
    assert!(reason(&records[1]).contains("of the declared 12.0 s"));
}

#[test]
fn wave64_and_au_must_be_as_long_as_they_say() {
    for (extension, encoder, decoder) in [
        ("w64", "sfenc major-type=w64 minor-type=pcm-16", "sfdec"),
        (
            "au",
            "audioconvert ! audio/x-raw,format=S16BE ! avmux_au",
            "auparse",
        ),
    ] {
        if !media::can_make(encoder) || !media::can_make(decoder) {
            continue;
        }
        let folder = folder();
        let wav = folder.path().join("music.wav");
        Music::new(44_100, 2, 44_100 * 8, 22).write_wav(&wav, Sample::S16);
        let whole = media::encode(&wav, extension, encoder);
        let bytes = fs::read(&whole).unwrap();
        let mut run = measure().arg(&wav).arg(&whole);
        for (number, end) in [24, 100, bytes.len() / 2, bytes.len() - 1]
            .into_iter()
            .enumerate()
        {
            let cut = folder.path().join(format!("{number}.{extension}"));
            fs::write(&cut, &bytes[..end]).unwrap();
            run = run.arg(cut);
        }
        let records = run.run().records();
        assert!(is_ok(&records[1]), "{}", records[1]);
        assert_eq!(records[1]["dr"], records[0]["dr"]);
        assert_eq!(records[1]["format"]["lossless"], true, "{}", records[1]);
        for record in &records[2..] {
            assert!(!is_ok(record), "{record}");
            assert_eq!(record["error_kind"], "truncated", "{}", reason(record));
        }
    }
}
