// SPDX-License-Identifier: MPL-2.0
//! Inputs that are odd, missing or no audio at all.
use super::farm::{self, folder, is_ok, measure, names, reason};
use super::media::{self, Music, Sample, wav_header};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

fn small(path: &Path) {
    Music::new(8000, 1, 8000, 9).write_wav(path, Sample::S16);
}

/// Asserts that an input fails, of which kind, and with which words.
fn fails(path: &Path, kind: &str, words: &str) {
    let ended = measure().arg(path).run();
    let record = ended.only();
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(reason(&record).contains(words), "{record}");
    assert_eq!(record["error_kind"], kind, "{record}");
}

#[test]
fn what_cannot_be_measured_says_why() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("empty.flac"), "").unwrap();
    fails(&at("empty.flac"), "truncated", "empty");
    fails(&at("missing.flac"), "missing", "no such file");
    fs::write(at("text.mp3"), "Dear diary,\nno music today.\n").unwrap();
    fails(&at("text.mp3"), "undecodable", "type");
    fs::write(at("none.wav"), wav_header(44_100, 2, Sample::S16, 0)).unwrap();
    fails(&at("none.wav"), "undecodable", "no audio");
    symlink(at("gone.wav"), at("dangling.wav")).unwrap();
    fails(&at("dangling.wav"), "missing", "no such file");
    symlink(at("loop.wav"), at("loop.wav")).unwrap();
    fails(&at("loop.wav"), "io", "cannot be read");
    fails(Path::new("/dev/null"), "io", "no regular file");
    fails(Path::new("/dev/zero"), "io", "no regular file");
    let made = Command::new("mkfifo").arg(at("fifo.wav")).status().unwrap();
    assert!(made.success());
    fails(&at("fifo.wav"), "io", "no regular file");
}

#[test]
fn what_may_not_be_read_says_so() {
    let folder = folder();
    let path = folder.path().join("secret.wav");
    small(&path);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::File::open(&path).is_ok() {
        eprintln!("NOT TESTED: root may read everything");
        return;
    }
    fails(&path, "io", "cannot be read");
}

#[test]
fn a_folder_without_music_is_no_success() {
    let folder = folder();
    fs::write(folder.path().join("readme.txt"), "hello").unwrap();
    let ended = measure().arg(folder.path()).run();
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""));
    assert!(ended.stderr.contains("no audio files"), "{}", ended.stderr);
}

#[test]
fn folders_links_and_odd_names_are_found_once() {
    let folder = folder();
    let deep = folder.path().join("a/b/c");
    fs::create_dir_all(&deep).unwrap();
    small(&folder.path().join("top.wav"));
    small(&folder.path().join("a/one.wav"));
    small(&deep.join("three.wav"));
    small(
        &folder
            .path()
            .join(OsStr::from_bytes(b"caf\xe9 \n \"%41.wav")),
    );
    symlink(folder.path(), deep.join("back")).unwrap();
    fs::write(deep.join(".hidden.wav"), "no audio").unwrap();
    let ended = measure().arg(folder.path()).run();
    let records = ended.records();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(records.len(), 4, "{}", ended.stdout);
    assert!(records.iter().all(is_ok));
    assert!(ended.stdout.contains("caf\u{fffd}"), "{}", ended.stdout);
}

#[test]
fn odd_names_reach_gstreamer_where_it_finds_the_decoder() {
    let folder = folder();
    let wav = folder.path().join("x.wav");
    small(&wav);
    let encoder = "audioconvert ! flacenc ! matroskamux";
    if media::can_make(encoder) {
        let mka = media::encode(&wav, "mka", encoder);
        let odd = folder
            .path()
            .join(OsStr::from_bytes(b"#1 100% caf\xe9?.mka"));
        fs::rename(mka, &odd).unwrap();
        let record = measure().arg(&odd).run().only();
        assert!(is_ok(&record), "{record}");
        assert_eq!(record["dr"], measure().arg(&wav).run().only()["dr"]);
    }
}

#[test]
fn lists_and_playlists_name_inputs_in_their_order() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    for name in ["1.wav", "2.wav", "3.wav"] {
        small(&at(name));
    }
    fs::write(at("list.m3u"), "#EXTM3U\n3.wav\n1.wav\n").unwrap();
    fs::write(
        at("list.pls"),
        "[playlist]\nFile1=2.wav\nNumberOfEntries=1\n",
    )
    .unwrap();
    let order = |ended: farm::Ended| -> Vec<String> {
        let name = |path: &str| path.rsplit('/').next().unwrap().to_owned();
        let records = ended.records();
        assert_eq!(ended.code, Some(i32::from(!records.iter().all(is_ok))));
        records
            .iter()
            .map(|r| name(r["path"].as_str().unwrap()))
            .collect()
    };
    let lists = measure().arg(at("list.m3u")).arg(at("list.pls")).run();
    assert_eq!(order(lists), ["3.wav", "1.wav", "2.wav"]);
    let lines = format!("{}\n{}\n", at("2.wav").display(), at("gone.wav").display());
    let both = measure()
        .arg("-")
        .arg(at("1.wav"))
        .stdin(lines.clone())
        .run();
    assert_eq!(order(both), ["2.wav", "gone.wav", "1.wav"]);
    let zeros = measure().arg("-").stdin(lines.replace('\n', "\0")).run();
    assert_eq!(order(zeros), ["2.wav", "gone.wav"]);
    let nothing = measure().arg("-").run();
    assert_eq!((nothing.code, nothing.stdout.as_str()), (Some(1), ""));
    assert!(nothing.stderr.contains("is empty"), "{}", nothing.stderr);
}

#[test]
fn shards_cover_everything_once() {
    let folder = folder();
    for number in 0..20 {
        small(&folder.path().join(format!("{number}.wav")));
    }
    let mut found = Vec::new();
    for shard in ["1/3", "2/3", "3/3"] {
        let ended = measure().args(["--shard", shard]).arg(folder.path()).run();
        let records = ended.records();
        assert!(records.len() < 20, "{shard} is everything");
        found.extend(
            records
                .iter()
                .map(|r| r["path"].as_str().unwrap().to_owned()),
        );
    }
    // A part that is empty is done.
    let one = folder.path().join("0.wav");
    let shards = ["1/2", "2/2"].map(|shard| measure().args(["--shard", shard]).arg(&one).run());
    assert_eq!(shards.each_ref().map(|ended| ended.code), [Some(0); 2]);
    let told = |ended: &&farm::Ended| ended.stderr.contains("no input falls into part");
    assert_eq!(shards.iter().filter(told).count(), 1);
    found.sort();
    let mut all: Vec<_> = names(folder.path())
        .into_iter()
        .map(|name| folder.path().join(name).to_str().unwrap().to_owned())
        .collect();
    all.sort();
    assert_eq!(found, all);
}

#[test]
fn a_report_replaces_no_music_and_no_state() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    let music = Music::new(8000, 1, 80_000, 12);
    for name in ["a.wav", "other.flac"] {
        music.write_wav(&at(name), Sample::S16);
    }
    fs::write(at("list.m3u"), "a.wav\n").unwrap();
    symlink(at("a.wav"), at("link")).unwrap();
    let refuse = |input: &str, output: &str| {
        let before = fs::read(at(output)).ok();
        let ended = measure()
            .args(["--resume".as_ref(), at("state").as_os_str()])
            .args(["--output".as_ref(), at(output).as_os_str()])
            .arg(at(input))
            .run();
        assert_eq!(ended.code, Some(1), "{output}: {ended:?}");
        assert!(ended.stderr.contains("--output"), "{ended:?}");
        assert_eq!(fs::read(at(output)).ok(), before, "{output}");
    };
    refuse("a.wav", "a.wav");
    refuse("a.wav", "link");
    refuse("list.m3u", "list.m3u");
    refuse("list.m3u", "a.wav");
    refuse("a.wav", "other.flac");
    refuse("a.wav", "state");
    let report = at("report.json");
    let ended = measure()
        .arg("--output")
        .arg(&report)
        .arg(at("a.wav"))
        .run();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(report.exists());
}
