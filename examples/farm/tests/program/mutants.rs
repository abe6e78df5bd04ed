// SPDX-License-Identifier: MPL-2.0
//! Damaged files: each is an error with a reason, unless nothing in it could reveal the damage.
use super::farm::{folder, is_ok, measure, reason};
use super::media::{self, Music, Random, Sample};
use serde_json::Value;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Mutants per format and kind of damage.
const EACH: usize = 10;

/// What is done to a file.
const KINDS: [&str; 7] = [
    "cut", "flip", "zeros", "delete", "insert", "repeat", "header",
];

fn mutate(file: &[u8], kind: &str, random: &mut Random) -> Vec<u8> {
    let mut file = file.to_vec();
    let at = random.below(file.len() - 1);
    let run = 1 + random.below(4000.min(file.len() - at));
    match kind {
        "cut" => file.truncate(at),
        "flip" => file[at] ^= 1 << random.below(8),
        "zeros" => file[at..at + run].fill(0),
        "delete" => drop(file.drain(at..at + run)),
        "insert" => {
            let noise: Vec<u8> = (0..run).map(|_| random.next() as u8).collect();
            drop(file.splice(at..at, noise));
        }
        "repeat" => {
            let again = file[at..at + run].to_vec();
            drop(file.splice(at..at, again));
        }
        _ => {
            let at = random.below(64.min(file.len()));
            file[at] = random.next() as u8;
        }
    }
    file
}

/// Ten seconds in every format: extension and bytes.
fn originals(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let wav = folder.join("original.wav");
    Music::new(32_000, 1, 320_000, 6).write_wav(&wav, Sample::S16);
    let coded = media::encode_all(&wav);
    let paths = coded.into_iter().map(|(_, path)| path).chain([wav]);
    paths
        .map(|path| {
            let extension = path.extension().unwrap().to_str().unwrap().to_owned();
            let bytes = fs::read(&path).unwrap();
            fs::remove_file(path).unwrap();
            (extension, bytes)
        })
        .collect()
}

/// Writes mutants into `folder`; gives what each is.
fn write(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, bytes).unwrap();
    path
}

/// Runs the program over `paths` and gives each one's record. There must be just one for each, and
/// the exit code must tell of the damage.
fn run(paths: &[PathBuf], flags: &[&str]) -> HashMap<PathBuf, Value> {
    let ended = measure()
        .args(["-q", "--jobs", "3"])
        .args(flags)
        .args(paths)
        .run();
    assert_eq!(ended.signal, None, "{}", ended.stderr);
    let records = ended.records();
    let failed = records.iter().any(|record| !is_ok(record));
    assert_eq!(ended.code, Some(i32::from(failed)), "{}", ended.stderr);
    let found: Vec<_> = records
        .iter()
        .map(|record| PathBuf::from(record["path"].as_str().unwrap()))
        .collect();
    assert_eq!(found, paths, "one line for each input, in order");
    for record in records.iter().filter(|record| !is_ok(record)) {
        reason(record);
    }
    found.into_iter().zip(records).collect()
}

/// Where damage may change the measurement and nothing tells: samples, and coded audio, that nobody
/// sums up; of headers, what only they know, such as the rate in AIFF.
fn is_unseen(extension: &str, kind: &str) -> bool {
    let unguarded = matches!(extension, "wav" | "aiff" | "mp3" | "m4a");
    unguarded && matches!(kind, "flip" | "zeros" | "header")
}

#[test]
fn no_damage_passes_that_a_file_can_reveal() {
    let folder = folder();
    let mut random = Random(1);
    let mut count = 0;
    for (extension, original) in originals(folder.path()) {
        let mut paths = vec![write(
            folder.path(),
            &format!("whole.{extension}"),
            &original,
        )];
        for kind in KINDS {
            for number in 0..EACH {
                let mut mutant = mutate(&original, kind, &mut random);
                while mutant == original {
                    mutant = mutate(&original, kind, &mut random);
                }
                let name = format!("{kind}-{number}.{extension}");
                paths.push(write(folder.path(), &name, &mutant));
            }
        }
        count += paths.len() - 1;
        let records = run(&paths, &[]);
        let whole = &records[&paths[0]];
        assert!(is_ok(whole), "{whole}");
        for path in &paths[1..] {
            let record = &records[path];
            if !is_ok(record) {
                continue;
            }
            let name = path.file_name().unwrap().to_str().unwrap();
            let (kind, _) = name.split_once('-').unwrap();
            let same = record["frames"] == whole["frames"] && record["dr"] == whole["dr"];
            assert!(
                same || is_unseen(&extension, kind),
                "{name} passes: {record}"
            );
        }
        for path in paths {
            fs::remove_file(path).unwrap();
        }
    }
    assert!(count >= 500, "only {count} mutants");
}

#[test]
fn no_cut_passes() {
    let folder = folder();
    let mut random = Random(2);
    for (extension, original) in originals(folder.path()) {
        let length = original.len();
        let ends = [0, 1, 12, 44, 100, length / 2, length - 2, length - 1];
        let somewhere = (0..24).map(|_| random.below(length));
        let paths: Vec<_> = ends
            .into_iter()
            .chain(somewhere)
            .enumerate()
            .map(|(i, end)| write(folder.path(), &format!("{i}.{extension}"), &original[..end]))
            .collect();
        for (path, record) in run(&paths, &[]) {
            let left = fs::metadata(&path).unwrap().len();
            assert!(
                !is_ok(&record),
                "{extension} passes with {left} of {length} bytes"
            );
        }
    }
}

#[test]
fn a_long_flac_is_guarded_although_its_md5_is_not_compared() {
    let folder = folder();
    let wav = folder.path().join("long.wav");
    Music::new(8000, 1, 8000 * 70, 8).write_wav(&wav, Sample::S16);
    let original = fs::read(media::encode(&wav, "flac", "flacenc")).unwrap();
    let mut random = Random(3);
    let mut paths = vec![write(folder.path(), "whole.flac", &original)];
    // Frames begin alike; a header that is lost is where decoders fill the gap and say nothing.
    let begin = original
        .windows(2)
        .position(|pair| pair == [0xff, 0xf8])
        .unwrap();
    let headers: Vec<_> = (begin..original.len() - 6)
        .filter(|&at| original[at..at + 4] == original[begin..begin + 4])
        .collect();
    assert!(headers.len() > 50, "{} frames", headers.len());
    for number in 0..36 {
        let mut mutant = original.clone();
        let anywhere = begin + random.below(original.len() - begin);
        match number % 3 {
            0 => mutant[anywhere] ^= 1 << random.below(8),
            1 => drop(
                mutant.drain(anywhere..(anywhere + 1 + random.below(9000)).min(original.len())),
            ),
            _ => {
                mutant[headers[random.below(headers.len())] + random.below(6)] ^=
                    1 << random.below(8)
            }
        }
        paths.push(write(folder.path(), &format!("{number}.flac"), &mutant));
    }
    for verify in ["auto", "never"] {
        for (path, record) in run(&paths, &["--verify", verify]) {
            assert_eq!(is_ok(&record), path == paths[0], "{verify}: {record}");
        }
    }
}
