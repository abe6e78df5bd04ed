// SPDX-License-Identifier: MPL-2.0
//! Runs of `auris-farm analyze`: parts of a library, what is in the way, and memory.
use super::analyze::{analyze, music};
use super::farm::folder;
use super::media::{self, Music, Sample};
use super::server::{Page, serve};
use std::fs;

#[test]
fn parts_of_a_library_fit_together_and_nothing_is_done_twice() {
    let folder = folder();
    let music = folder.path().join("music");
    fs::create_dir(&music).unwrap();
    for number in 0..6 {
        let path = music.join(format!("{number}.wav"));
        Music::new(8000, 1, 20_000, number).write_wav(&path, Sample::S16);
    }
    let (out, state) = (folder.path().join("out"), folder.path().join("state"));
    let run = |more: &[&str]| {
        let farm = analyze(&out).args(["--resume".as_ref(), state.as_os_str()]);
        farm.args(["--extract", "mfcc"])
            .args(more)
            .arg(&music)
            .run()
    };
    let (one, two) = (run(&["--shard", "1/2"]), run(&["--shard", "2/2"]));
    assert_eq!((one.code, two.code), (Some(0), Some(0)), "{one:?} {two:?}");
    assert_eq!(one.records().len() + two.records().len(), 6);
    assert!(out.join("manifest-1-of-2.ndjson").exists());
    assert!(out.join("manifest-2-of-2.ndjson").exists());
    let stamp = |name: &str| fs::metadata(out.join(name)).unwrap().modified().unwrap();
    let before = stamp("0.wav.safetensors");
    let whole = run(&[]);
    assert_eq!(whole.records().len(), 6);
    assert_eq!(stamp("0.wav.safetensors"), before);
    // What is gone is made again; what this program wrote may be replaced.
    fs::remove_file(out.join("3.wav.safetensors")).unwrap();
    Music::new(8000, 1, 30_000, 9).write_wav(&music.join("4.wav"), Sample::S16);
    let again = run(&[]);
    assert_eq!(again.code, Some(0), "{again:?}");
    assert!(out.join("3.wav.safetensors").exists());
    assert_eq!(again.records()[4]["frames"], 30_000);
}

#[test]
fn what_others_wrote_is_not_replaced() {
    let folder = folder();
    let input = music(folder.path());
    let out = folder.path().join("out");
    fs::create_dir(&out).unwrap();
    fs::write(out.join("music.wav.safetensors"), "somebody's").unwrap();
    let run = |more: &[&str]| {
        analyze(&out)
            .args(["--extract", "mfcc"])
            .args(more)
            .arg(&input)
            .run()
    };
    let ended = run(&[]);
    assert_eq!(ended.only()["error_kind"], "refused", "{ended:?}");
    assert_eq!(run(&["--overwrite"]).code, Some(0));
    // And then it is ours.
    assert_eq!(run(&[]).code, Some(0));
    fs::write(out.join("manifest.ndjson"), "somebody's").unwrap();
    let ended = run(&[]);
    assert!(
        ended.code == Some(1) && ended.stderr.contains("--overwrite"),
        "{ended:?}"
    );
}

#[test]
fn an_hour_fits_into_a_small_budget() {
    let folder = folder();
    let input = folder.path().join("long.wav");
    let length = 3600 * 8000 * 2;
    let header = media::wav_header(8000, 1, Sample::S16, length);
    let mut file = fs::File::create(&input).unwrap();
    std::io::Write::write_all(&mut file, &header).unwrap();
    // An hour of silence that takes no room on the disk.
    file.set_len(header.len() as u64 + u64::from(length))
        .unwrap();
    let out = folder.path().join("out");
    let budget = [
        "--mem-budget-mb",
        "56",
        "--target-rate",
        "0",
        "--extract",
        "dr,mel",
    ];
    let ended = analyze(&out).args(budget).arg(&input).run();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.peak < 56 << 20, "{} MiB", ended.peak >> 20);
    // 28 MB of it are on the disk.
    assert_eq!(ended.only()["arrays"][0]["shape"][0], 3600 * 8000 / 512 + 1);
}

#[test]
fn what_comes_from_the_network_is_the_file_that_it_is() {
    if !media::can_make("souphttpsrc") {
        return;
    }
    let folder = folder();
    let input = music(folder.path());
    let bytes = fs::read(&input).unwrap();
    let base = serve([
        ("whole.wav", Page::Whole(bytes.clone())),
        ("endless.wav", Page::Endless(bytes)),
    ]);
    let cache = folder.path().join("cache");
    let run = |input: &str| {
        let farm = analyze(&folder.path().join("out")).args(["--extract", "mfcc", "--cache"]);
        let ended = farm.arg(&cache).arg(input).run();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        ended.only()
    };
    let file = run(&input.to_string_lossy());
    let whole = run(&format!("{base}whole.wav"));
    assert_eq!(whole["sha256"], file["sha256"]);
    assert_eq!(whole["origins"]["mfcc"], "cached");
    assert_eq!(whole["results"], file["results"]);
    // Nobody can know what a stream is before it has come.
    for _ in 0..2 {
        let endless = run(&format!("{base}endless.wav"));
        assert!(endless["sha256"].is_null(), "{endless}");
        assert_eq!(endless["origins"]["mfcc"], "computed");
        assert_eq!(endless["results"], file["results"]);
    }
}
