// SPDX-License-Identifier: MPL-2.0
//! Where settings of `auris-farm analyze` come from, as the program tells it.
use super::analyze::analyze;
use super::farm::{Ended, Farm, folder};
use super::media::{Music, Sample};
use std::fs;

/// The line of a setting: its value, and where that comes from.
fn line(ended: &Ended, name: &str) -> (String, String) {
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let mut lines = ended.stdout.lines();
    let line = lines.find(|line| line.split("  ").next().map(str::trim) == Some(name));
    let line = line.unwrap_or_else(|| panic!("{name}: {}", ended.stdout));
    let mut parts = line[name.len()..].trim().split("  ").map(str::trim);
    let value = parts.next().unwrap().to_owned();
    (value, parts.last().unwrap_or_default().to_owned())
}

#[test]
fn it_explains_its_settings_and_does_nothing() {
    let folder = folder();
    let config = folder.path().join("settings.toml");
    fs::write(
        &config,
        "segment-hop = 2.5\ncache-max-mb = 100\nsegment-window = 4\n",
    )
    .unwrap();
    // Neither inputs nor a place for results are needed.
    let ended = Farm::new(&["analyze", "--explain", "--aggregate", "median", "--config"])
        .arg(&config)
        .env("SEGMENT_WINDOW_SECONDS", "5")
        .env("SEGMENT_AGGREGATE_MODE", "mean")
        .run();
    let of = |name| line(&ended, name);
    let file = format!("file, {}", config.display());
    let owned = |value: &str, origin: &str| (value.to_owned(), origin.to_owned());
    assert_eq!(of("aggregate"), owned("median", "command line"));
    assert_eq!(
        of("segment-window"),
        owned("5", "environment, SEGMENT_WINDOW_SECONDS")
    );
    assert_eq!(of("segment-hop"), owned("2.5", &file));
    assert_eq!(of("cache-max-mb"), owned("100", &file));
    assert_eq!(of("top-k"), owned("5", "default"));
    assert_eq!(super::farm::names(folder.path()), ["settings.toml"]);
}

#[test]
fn the_environment_and_a_file_are_obeyed() {
    let folder = folder();
    let input = folder.path().join("a.wav");
    Music::new(8000, 1, 16_000, 1).write_wav(&input, Sample::S16);
    let config = folder.path().join("settings.toml");
    fs::write(&config, "extract = [\"mfcc\"]\narrays = \"npy\"\n").unwrap();
    let (out, cache) = (folder.path().join("out"), folder.path().join("cache"));
    let run = |enabled: &str| {
        let farm = analyze(&out)
            .args(["--config".as_ref(), config.as_os_str()])
            .env("AUDIO_TARGET_SR", "16000")
            .env("CACHE_DIR", &cache)
            .env("CACHE_ENABLED", enabled);
        farm.arg(&input).run().only()
    };
    let record = run("false");
    assert_eq!(record["results"]["mfcc"]["rate"], 16_000);
    assert!(record["results"]["dr"].is_null());
    assert!(out.join("a.wav.mfcc.npy").exists() && !cache.exists());
    assert_eq!(run("true")["origins"]["mfcc"], "computed");
    assert_eq!(run("true")["origins"]["mfcc"], "cached");
}

#[test]
fn a_wrong_setting_ends_with_2_wherever_it_stands() {
    let folder = folder();
    let config = folder.path().join("settings.toml");
    fs::write(&config, "extract = \"tempo\"\n").unwrap();
    let out = folder.path().join("out");
    for (words, variable) in [
        (&["--extract", "tempo"][..], ""),
        (&["--segment-window", "11"], ""),
        (&["--cache-ttl", "-1"], ""),
        (&["--extract", "clap"], ""),
        (&["--cache", "a", "--no-cache"], ""),
        (&["--config", config.to_str().unwrap()], ""),
        (&["--config", "no/such.toml"], ""),
        (&[], "none"),
    ] {
        let farm = analyze(&out).args(words).env("PERF_THREADS", variable);
        let ended = farm.arg("x.wav").run();
        assert_eq!(ended.code, Some(2), "{words:?}: {ended:?}");
        assert!(!out.exists());
    }
    let nothing = Farm::new(&["analyze"]).run();
    assert_eq!(nothing.code, Some(2), "{nothing:?}");
}

#[test]
fn a_model_that_is_none_is_told_before_anything_is_done() {
    let folder = folder();
    let input = folder.path().join("a.wav");
    Music::new(8000, 1, 16_000, 1).write_wav(&input, Sample::S16);
    let good = super::clap_model::write(folder.path());
    let bad = folder.path().join("bad.safetensors");
    fs::write(&bad, "no model").unwrap();
    let zeros = "0".repeat(64);
    for (model, more) in [
        (&bad, &[][..]),
        (&folder.path().join("none"), &[]),
        (&good, &["--model-sha256", zeros.as_str()]),
        (&good, &["--labels", "no/such.json"]),
    ] {
        let out = folder.path().join("out");
        let farm = analyze(&out).arg("--model").arg(model).args(more);
        let ended = farm.arg(&input).run();
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(ended.stderr.starts_with("auris-farm: "), "{ended:?}");
        assert!(ended.stdout.is_empty() && !out.join("manifest.ndjson").exists());
    }
}
