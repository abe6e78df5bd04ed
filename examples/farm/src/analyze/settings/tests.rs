// SPDX-License-Identifier: MPL-2.0
use super::*;
use crate::cli::{Cli, Command};
use std::ffi::OsString;
use std::path::Path;

fn args(words: &[&str]) -> AnalyzeArgs {
    let begin = ["auris-farm", "analyze", "--out", "o", "x.wav"];
    match Cli::try_from_args(begin.iter().chain(words))
        .unwrap()
        .command
    {
        Command::Analyze(args) => *args,
        other => panic!("not analyze: {other:?}"),
    }
}

fn resolved(
    words: &[&str],
    environment: &[(&str, &str)],
    file: Option<&str>,
) -> Result<(Settings, Vec<Line>), String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("settings.toml");
    std::fs::write(&path, file.unwrap_or_default()).unwrap();
    let of = |name: &str| {
        let found = environment.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| OsString::from(value))
    };
    let path: Option<&Path> = file.is_some().then_some(&path);
    let mut layers = Layers::new(path, of)?;
    let settings = read(&args(words), &mut layers)?;
    Ok((settings, layers.finish()?))
}

fn line<'a>(lines: &'a [Line], name: &str) -> (&'a str, &'a Origin) {
    let line = lines.iter().find(|line| line.name == name).unwrap();
    (&line.value, &line.origin)
}

#[test]
fn flags_win_over_the_environment_and_that_over_the_file() {
    let file =
        "segment-hop = 2\nsegment-window = 5.5\ntarget-rate = 16000\nextract = [\"dr\", \"mel\"]\n";
    let environment = [
        ("SEGMENT_HOP_SECONDS", "3"),
        ("SEGMENT_WINDOW_SECONDS", "8"),
        ("AUDIO_TARGET_SR", ""),
    ];
    let (settings, lines) = resolved(&["--segment-hop", "4"], &environment, Some(file)).unwrap();
    assert_eq!(line(&lines, "segment-hop"), ("4", &Origin::Flag));
    let variable = Origin::Environment("SEGMENT_WINDOW_SECONDS");
    assert_eq!(line(&lines, "segment-window"), ("8", &variable));
    // A variable that is empty is none.
    assert!(matches!(
        line(&lines, "target-rate"),
        ("16000", Origin::File(_))
    ));
    assert!(matches!(
        line(&lines, "extract"),
        ("dr,mel", Origin::File(_))
    ));
    assert_eq!(line(&lines, "aggregate"), ("mean", &Origin::Default));
    assert_eq!(settings.target_rate, Some(16_000));
    assert!(settings.extract.has(Extractor::Mel) && !settings.extract.has(Extractor::Loudness));
}

#[test]
fn every_variable_is_heard() {
    let environment = [
        ("PERF_THREADS", "3"),
        ("AUDIO_TARGET_SR", "22050"),
        ("CLAP_ENABLE_AMP", "yes"),
        ("CLAP_MAX_BATCH_AUDIO_SECONDS", "40"),
        ("SEGMENT_WINDOW_SECONDS", "4"),
        ("SEGMENT_HOP_SECONDS", "2"),
        ("SEGMENT_AGGREGATE_MODE", "median"),
        ("CACHE_DIR", "somewhere"),
        ("CACHE_TTL_HOURS", "0.5"),
        ("CACHE_ENABLED", "1"),
    ];
    let (settings, lines) = resolved(&["--model", "m"], &environment, None).unwrap();
    for (name, _) in environment {
        let heard = |line: &Line| line.origin == Origin::Environment(name);
        let lines = lines
            .iter()
            .filter(|line| matches!(line.origin, Origin::Environment(_)));
        assert!(lines.clone().any(heard), "{name}");
        assert_eq!(lines.count(), environment.len());
    }
    let clap = settings.clap.unwrap();
    assert_eq!(settings.threads.get(), 3);
    assert_eq!(settings.target_rate, Some(22_050));
    assert_eq!(clap.precision, auris_clap::Precision::Bf16);
    assert_eq!(clap.batch.get(), 10);
    assert_eq!(
        (clap.cut.window.get(), clap.cut.hop.get()),
        (192_000, 96_000)
    );
    assert_eq!(clap.aggregate, AggregateArg::Median);
    let cache = CacheSettings {
        dir: "somewhere".into(),
        ttl: Some(1800.0),
        most: None,
        audio: false,
    };
    assert_eq!(settings.cache, Some(cache));
    // A flag for the precision goes before what amp would make of it.
    let exact = ["--model", "m", "--precision", "f32", "--no-cache"];
    let (settings, _) = resolved(&exact, &environment, None).unwrap();
    assert_eq!(settings.clap.unwrap().precision, auris_clap::Precision::F32);
    assert_eq!(settings.cache, None);
}

#[test]
fn a_cache_is_used_unless_it_is_switched_off() {
    let off = [("CACHE_DIR", "there"), ("CACHE_ENABLED", "false")];
    assert_eq!(resolved(&[], &off, None).unwrap().0.cache, None);
    // Asked for on the command line, it is wanted.
    let (settings, _) = resolved(&["--cache", "here"], &off, None).unwrap();
    assert_eq!(settings.cache.unwrap().dir, Path::new("here"));
    assert_eq!(resolved(&[], &[], None).unwrap().0.cache, None);
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    for (words, environment, file, wanted) in [
        (&[][..], &[("PERF_THREADS", "0")][..], None, "PERF_THREADS"),
        (&[], &[("CACHE_ENABLED", "perhaps")], None, "true or false"),
        (&[], &[("SEGMENT_AGGREGATE_MODE", "max")], None, "median"),
        (
            &[],
            &[("SEGMENT_WINDOW_SECONDS", "11")],
            None,
            "0.1 to 10 s",
        ),
        (&["--segment-hop", "0.001"], &[], None, "segment-hop"),
        (&[], &[], Some("windows = 3"), "there is no setting windows"),
        (
            &[],
            &[],
            Some("extract = [\"dr\", \"tempo\"]"),
            "descriptors",
        ),
        (&[], &[], Some("extract = {}"), "neither text nor a number"),
        (&[], &[], Some("extract"), "settings.toml"),
        (&["--extract", "clap"], &[], None, "--model"),
    ] {
        let error = resolved(words, environment, file).unwrap_err();
        assert!(
            error.contains(wanted) && !error.contains('\n'),
            "{wanted}: {error}"
        );
    }
}

#[test]
fn all_is_extracted_unless_said_otherwise() {
    let (settings, _) = resolved(&[], &[], None).unwrap();
    assert_eq!(settings.extract, Extract::all(false));
    assert!(settings.clap.is_none());
    let (settings, _) = resolved(&["--model", "m"], &[], None).unwrap();
    assert!(settings.extract.has(Extractor::Clap) && settings.clap.is_some());
}
