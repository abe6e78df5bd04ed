// SPDX-License-Identifier: MPL-2.0
//! The cache of `auris-farm analyze`: what is computed again, and what never is.
use super::analyze::lasting;
use super::analyze_place::{ALL, COUNT, Place, all_lasting, computed, good};
use super::media::{self, Music, Sample};
use serde_json::Value;
use std::fs;
use std::time::{Duration, SystemTime};

#[test]
fn a_second_run_computes_nothing_and_finds_the_same() {
    let place = Place::new(2);
    let plain = good(place.farm("out", ALL).arg(place.path("music")).run());
    let file = |number: usize| {
        let name = format!("out/{number:02}.wav.safetensors");
        fs::read(place.path(&name)).unwrap()
    };
    let files = [file(0), file(1)];
    for (round, count) in [(1, COUNT), (2, 0)] {
        let found = good(place.cached("out", ALL).run());
        assert!(
            found.iter().all(|record| computed(record).len() == count),
            "{round}: {found:?}"
        );
        assert_eq!(all_lasting(&found), all_lasting(&plain));
        assert!([file(0), file(1)] == files, "arrays of round {round}");
    }
    assert_eq!(place.artefacts().len(), 2 * COUNT);
    assert_eq!(place.drafts(), 0);
    // Nothing was decoded.
    let found = good(place.cached("out", ALL).run());
    assert!(
        found
            .iter()
            .all(|record| record["timings"].get("decode").is_none())
    );
    // A copy by another name is the same input.
    let music = place.path("music");
    fs::copy(music.join("00.wav"), music.join("copy.wav")).unwrap();
    let found = good(place.cached("out", ALL).run());
    assert!(computed(&found[2]).is_empty(), "{:?}", found[2]);
}

#[test]
fn only_what_is_missing_is_computed() {
    let place = Place::new(1);
    good(place.cached("out", "dr,mfcc").run());
    let found = good(place.cached("out", "dr,mfcc,clap").run());
    assert_eq!(computed(&found[0]), ["clap"]);
    // Each one that goes comes back alone.
    let artefacts = place.artefacts();
    assert_eq!(artefacts.len(), 3);
    let mut seen = Vec::new();
    for artefact in artefacts {
        fs::remove_file(&artefact).unwrap();
        let again = good(place.cached("out", "dr,mfcc,clap").run());
        assert_eq!(lasting(&again[0]), lasting(&found[0]));
        assert!(artefact.exists());
        let names: Vec<_> = computed(&again[0]).into_iter().map(str::to_owned).collect();
        assert_eq!(names.len(), 1);
        seen.extend(names);
    }
    seen.sort();
    assert_eq!(seen, ["clap", "dr", "mfcc"]);
    // Settings of one extractor are none of the others'; how embeddings are joined is none of theirs.
    let hop = place
        .cached("out", "dr,mfcc,clap")
        .args(["--segment-window", "2"]);
    assert_eq!(computed(&good(hop.run())[0]), ["clap"]);
    let rate = place
        .cached("out", "dr,mfcc,clap")
        .args(["--target-rate", "16000"]);
    assert_eq!(computed(&good(rate.run())[0]), ["mfcc"]);
    let joined = place
        .cached("out", "dr,mfcc,clap")
        .args(["--aggregate", "median"]);
    assert!(computed(&good(joined.run())[0]).is_empty());
    let lower = place.cached("out", "clap").args(["--precision", "bf16"]);
    let lower = lower.run();
    // This model may be too coarse for it; if not, it is another artefact.
    assert!(
        lower.code == Some(1) || computed(&lower.records()[0]) == ["clap"],
        "{lower:?}"
    );
    // Another input, though it has the same name.
    Music::new(8000, 1, 8000, 77).write_wav(&place.path("music/00.wav"), Sample::S16);
    let other = good(place.cached("out", "dr,mfcc,clap").run());
    assert_eq!(computed(&other[0]), ["clap", "dr", "mfcc"]);
}

#[test]
fn another_decoder_is_another_key() {
    let place = Place::new(1);
    good(place.cached("out", "dr").run());
    let ranked = place
        .cached("out", "dr")
        .env("GST_PLUGIN_FEATURE_RANK", "wavparse:1");
    assert_eq!(computed(&good(ranked.run())[0]), ["dr"]);
    let slower = place.cached("out", "dr").env("AURIS_SIMD", "scalar");
    assert_eq!(computed(&good(slower.run())[0]), ["dr"]);
    assert!(computed(&good(place.cached("out", "dr").run())[0]).is_empty());
}

#[test]
fn a_flipped_bit_is_found_and_computed_again() {
    let place = Place::new(1);
    let found = good(place.cached("out", ALL).run());
    let mut random = media::Random(5);
    for artefact in place.artefacts() {
        let mut bytes = fs::read(&artefact).unwrap();
        let bit = random.below(bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        fs::write(&artefact, &bytes).unwrap();
        let again = place.cached("out", ALL).run();
        let record = &good(again)[0];
        assert_eq!(
            computed(record).len(),
            1,
            "bit {bit} of {}",
            artefact.display()
        );
        let warning = record["warnings"][0].as_str().unwrap();
        assert!(
            warning.contains(computed(record)[0]) && warning.contains("damaged"),
            "{warning}"
        );
        let mut same = lasting(record);
        same["warnings"] = Value::Array(vec![]);
        assert_eq!(same, lasting(&found[0]));
    }
    assert!(computed(&good(place.cached("out", ALL).run())[0]).is_empty());
}

#[test]
fn what_is_too_old_is_computed_again() {
    let place = Place::new(1);
    good(place.cached("out", "dr,mfcc").run());
    let young = place.cached("out", "dr,mfcc").args(["--cache-ttl", "1"]);
    assert!(computed(&good(young.run())[0]).is_empty());
    // Two seconds, as the time is kept in whole ones.
    std::thread::sleep(Duration::from_millis(2100));
    let short = ["--cache-ttl", "0.0003"];
    let old = good(place.cached("out", "dr,mfcc").args(short).run());
    assert_eq!(computed(&old[0]), ["dr", "mfcc"]);
    // By the time of its file it goes without being asked for.
    let before = SystemTime::now() - Duration::from_secs(7200);
    for artefact in place.artefacts() {
        let file = fs::File::options().write(true).open(artefact).unwrap();
        file.set_modified(before).unwrap();
    }
    good(
        place
            .cached("out", "loudness")
            .args(["--cache-ttl", "1"])
            .run(),
    );
    assert_eq!(place.artefacts().len(), 1);
}

#[test]
fn the_cache_keeps_within_its_bound() {
    let place = Place::new(10);
    let size = |place: &Place| -> u64 {
        let files = place.artefacts().into_iter();
        files.map(|path| fs::metadata(path).unwrap().len()).sum()
    };
    good(place.cached("out", "mel").run());
    let whole = size(&place);
    assert!(whole > 1 << 20, "{whole}");
    let bounded = || {
        place
            .cached("out", "mel")
            .args(["--cache-max-mb", "1", "--jobs", "1"])
    };
    good(bounded().run());
    assert!(size(&place) <= 1 << 20, "{}", size(&place));
    let kept = place.artefacts().len();
    assert!((5..10).contains(&kept), "{kept}");
    // What is there is used, and what goes is what was not used for longest.
    let only = place.path("music/09.wav");
    let farm = place
        .farm("out", "mel")
        .arg("--cache")
        .arg(place.path("cache"));
    let found = good(farm.arg(&only).run());
    let there = computed(&found[0]).is_empty();
    assert!(there, "the last one was written last");
}

#[test]
fn audio_that_is_cached_needs_no_decoder() {
    let place = Place::new(1);
    let with_audio = || place.cached("out", "dr").arg("--cache-audio");
    let first = good(with_audio().run());
    assert_eq!(computed(&first[0]), ["audio", "dr"]);
    assert!(computed(&good(with_audio().run())[0]).is_empty());
    // Of audio that is mixed down come features and embeddings, and nothing of single channels.
    let found = good(place.cached("out", "dr,mel,mfcc,descriptors,clap").run());
    assert_eq!(found[0]["origins"]["audio"], "cached");
    assert_eq!(computed(&found[0]), ["clap", "descriptors", "mel", "mfcc"]);
    let plain = place.farm("plain", "dr,mel,mfcc,descriptors,clap");
    let plain = good(plain.arg(place.path("music")).run());
    assert_eq!(found[0]["results"], plain[0]["results"]);
    let file = |out: &str| fs::read(place.path(out).join("00.wav.safetensors")).unwrap();
    assert!(file("out") == file("plain"));
    for more in [&["--target-rate", "16000"][..], &["--extract", "loudness"]] {
        let farm = place.cached(
            "out",
            if more[0] == "--extract" {
                more[1]
            } else {
                "mfcc"
            },
        );
        let farm = if more[0] == "--extract" {
            farm
        } else {
            farm.args(more)
        };
        let found = good(farm.run());
        assert!(
            found[0]["origins"].get("audio").is_none(),
            "{more:?}: {found:?}"
        );
    }
}

#[test]
fn a_cache_that_cannot_be_used_is_told_before_anything_is_done() {
    let place = Place::new(1);
    fs::write(place.path("cache"), "a file").unwrap();
    let ended = place.cached("out", "dr").run();
    assert!(
        ended.code == Some(1) && ended.stderr.contains("cache"),
        "{ended:?}"
    );
}
