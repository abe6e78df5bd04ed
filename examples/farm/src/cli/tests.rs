// SPDX-License-Identifier: MPL-2.0
use super::*;
use clap::CommandFactory;
use clap::error::ErrorKind;
use proptest::prelude::*;

fn parse(args: &[&str]) -> Result<MeasureArgs, clap::Error> {
    let words = ["auris-farm", "measure"].iter().chain(args);
    match Cli::try_from_args(words)?.command {
        Command::Measure(args) => Ok(*args),
        other => panic!("not measure: {other:?}"),
    }
}

#[test]
fn table_of_flags_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn defaults_are_those_of_the_help() {
    let args = parse(&["a"]).unwrap();
    assert_eq!(
        (args.format, args.album()),
        (Format::Table, AlbumBy::Folder)
    );
    assert_eq!((args.timeout, args.verify), (0, Verify::Auto));
    assert!((1..=DEFAULT_JOBS_LIMIT).contains(&args.jobs()));
    assert_eq!(
        parse(&["--format", "ndjson", "a"]).unwrap().album(),
        AlbumBy::None
    );
    assert_eq!(
        parse(&["--shard", "1/2", "a"]).unwrap().album(),
        AlbumBy::None
    );
}

#[test]
fn optional_values_leave_paths_alone() {
    for (args, album, paths) in [
        (&["--album", "music"][..], AlbumBy::Folder, &["music"][..]),
        (&["--album", "tag", "music"], AlbumBy::Tag, &["music"]),
        (&["--album=none", "music"], AlbumBy::None, &["music"]),
        (&["--album", "./tag"], AlbumBy::Folder, &["./tag"]),
        (
            &["--", "--album", "tag"],
            AlbumBy::Folder,
            &["--album", "tag"],
        ),
    ] {
        let parsed = parse(args).unwrap();
        assert_eq!(parsed.album(), album, "{args:?}");
        assert_eq!(
            parsed.paths,
            paths.iter().map(PathBuf::from).collect::<Vec<_>>()
        );
    }
    let args = parse(&["--silence-filter", "--edge-trim", "-55.5", "a"]).unwrap();
    assert_eq!(args.silence_filter, Some(Decibel(-70.0)));
    assert_eq!(args.edge_trim, Some(Decibel(-55.5)));
}

#[test]
fn wrong_values_are_usage_errors() {
    for args in [
        &["--shard", "0/4", "a"][..],
        &["--shard", "5/4", "a"],
        &["--shard", "x", "a"],
        &["--jobs", "0", "a"],
        &["--mem-budget-mb", "0", "a"],
        &["--edge-trim=3", "a"],
        &["--edge-trim=nan", "a"],
        &["--format", "xml", "a"],
        &["--timeout", "-1", "a"],
        &["-q", "-v", "a"],
        &[],
    ] {
        assert_eq!(parse(args).unwrap_err().exit_code(), 2, "{args:?}");
    }
    let both = parse(&["--album", "--shard", "1/2", "a"]).unwrap();
    assert_eq!(
        both.check().unwrap_err().kind(),
        ErrorKind::ArgumentConflict
    );
    assert!(parse(&["--shard", "1/2", "a"]).unwrap().check().is_ok());
}

#[test]
fn fingerprint_follows_what_changes_a_result_and_nothing_else() {
    let base = parse(&["a"]).unwrap().fingerprint();
    for same in [
        &["--jobs", "3", "b"][..],
        &["--format", "csv", "a"],
        &["--timeout", "9", "a"],
    ] {
        assert_eq!(parse(same).unwrap().fingerprint(), base);
    }
    for other in [
        "--dialect=tt",
        "--exclude-lfe",
        "--loudness",
        "--checksum",
        "--verify=never",
        "--silence-filter",
        "--edge-trim=-50",
    ] {
        assert_ne!(parse(&[other, "a"]).unwrap().fingerprint(), base, "{other}");
    }
}

#[test]
fn pages_name_every_flag() {
    let (mut man, mut bash) = (Vec::new(), Vec::new());
    write_man(&mut man).unwrap();
    write_completions(clap_complete::Shell::Bash, &mut bash).unwrap();
    let man = String::from_utf8(man).unwrap();
    assert!(man.contains(r"\fBauris\-farm measure\fR"));
    let man = man.replace('\\', "");
    let bash = String::from_utf8(bash).unwrap();
    let command = Cli::command();
    let flags = ["measure", "process", "picture", "analyze", "merge"]
        .into_iter()
        .flat_map(|name| {
            let subcommand = command.find_subcommand(name).unwrap();
            subcommand.get_arguments().filter_map(|arg| arg.get_long())
        });
    for flag in flags {
        assert!(man.contains(&format!("--{flag}")), "{flag} in the man page");
        assert!(
            bash.contains(&format!("--{flag}")),
            "{flag} in the completions"
        );
    }
}

fn process(args: &[&str]) -> Result<ProcessArgs, clap::Error> {
    let words = ["auris-farm", "process", "--eq", "e", "--out", "o", "a"];
    let args = match Cli::try_from_args(words.iter().chain(args))?.command {
        Command::Process(args) => *args,
        other => panic!("not process: {other:?}"),
    };
    args.check()?;
    Ok(args)
}

#[test]
fn options_that_the_format_does_not_know_are_usage_errors() {
    for good in [
        &[][..],
        &["-f", "mp3", "--quality", "2"],
        &["-f", "ogg", "--quality", "-1"],
        &["--bitrate", "256"],
        &["--bitrate", "1024"],
        &["-f", "mp3", "--bitrate", "320"],
        &["--bits", "32f", "--preamp", "-3.5"],
        &["-f", "wav", "-b", "32f"],
    ] {
        assert!(process(good).is_ok(), "{good:?}");
    }
    for bad in [
        &["--quality", "2"][..],
        &["-f", "mp3", "--quality", "10"],
        &["-f", "opus", "--quality", "1"],
        &["-f", "mp3", "--quality", "2", "--bitrate", "128"],
        &["-f", "flac", "--bitrate", "128"],
        &["-f", "mp3", "--bitrate", "321"],
        &["-f", "ogg", "--bitrate", "251"],
        &["-f", "opus", "--bitrate", "651"],
        &["-f", "flac", "--bits", "32"],
        &["-f", "mp3", "--bits", "16"],
        &["--preamp", "nan"],
    ] {
        assert_eq!(process(bad).unwrap_err().exit_code(), 2, "{bad:?}");
    }
}

#[test]
fn fingerprint_of_process_follows_what_changes_a_result() {
    let of = |args: &[&str], eq: &str| process(args).unwrap().fingerprint(eq);
    let base = of(&[], "eq");
    for same in [
        &["--jobs", "3"][..],
        &["--report", "json"],
        &["--overwrite"],
    ] {
        assert_eq!(of(same, "eq"), base);
    }
    assert_ne!(of(&[], "other"), base);
    for other in [
        &["-f", "flac"][..],
        &["--bits", "24"],
        &["--dither", "never"],
        &["--preamp", "1"],
        &["--auto-headroom"],
        &["--phase", "linear"],
        &["--bitrate", "128"],
    ] {
        assert_ne!(of(other, "eq"), base, "{other:?}");
    }
}

proptest! {
    #[test]
    fn every_name_lies_in_exactly_one_shard(name in prop::collection::vec(any::<u8>(), 0..64), count in 1_u32..50) {
        let hits = (1..=count).filter(|i| Shard::new(*i, count).unwrap().contains(&name)).count();
        prop_assert_eq!(hits, 1);
    }
}

#[test]
fn shards_are_even_and_never_move() {
    let first = Shard::new(1, 4).unwrap();
    let names = (0..4000).map(|i| format!("music/{i:04}.flac"));
    let hits = names.filter(|name| first.contains(name.as_bytes())).count();
    assert!((900..1100).contains(&hits), "{hits} of 4000");
    // Fixed values: a change of the hash would move inputs between machines' shards.
    let part = |name: &[u8]| (1..=4).find(|i| Shard::new(*i, 4).unwrap().contains(name));
    assert_eq!(
        [part(b"a.flac"), part(b"b.flac"), part(b"")],
        [Some(3), Some(2), Some(3)]
    );
}
