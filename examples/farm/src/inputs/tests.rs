// SPDX-License-Identifier: MPL-2.0
use super::playlist::Playlist;
use super::*;
use proptest::prelude::*;
use std::fs;
use std::os::unix::fs::symlink;
use tempfile::TempDir;

/// A folder with these files, each empty unless its text is given.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let dir = TempDir::new().unwrap();
    for (name, text) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    dir
}

fn expanded(paths: &[PathBuf], stdin: &[u8]) -> Expanded {
    expand(paths, &mut &*stdin).unwrap()
}

/// The inputs' names relative to `dir`.
fn names(dir: &TempDir, expanded: &Expanded) -> Vec<String> {
    let prefix = format!("{}/", dir.path().display());
    let names = expanded
        .inputs
        .iter()
        .map(|input| input.source.display().into_owned());
    names
        .map(|name| name.strip_prefix(&prefix).unwrap_or(&name).to_owned())
        .collect()
}

#[test]
fn folders_are_searched_in_order_without_hidden_and_foreign_files() {
    let dir = folder(&[
        ("b/2.FLAC", ""),
        ("b/1.wav", ""),
        ("b/cover.jpg", ""),
        ("b/list.m3u", "1.wav"),
        ("a/x.ogg", ""),
        (".hidden/y.ogg", ""),
        ("z.mp3", ""),
        (".z.mp3", ""),
    ]);
    let all = expanded(&[dir.path().into()], b"");
    assert_eq!(
        names(&dir, &all),
        ["z.mp3", "a/x.ogg", "b/1.wav", "b/2.FLAC"]
    );
    let named = expanded(&[dir.path().join("b/cover.jpg")], b"");
    assert_eq!(
        names(&dir, &named),
        ["b/cover.jpg"],
        "named files are taken whatever they are"
    );
}

#[test]
fn link_loops_end_and_links_to_files_count() {
    let dir = folder(&[("a/1.wav", "")]);
    symlink(dir.path(), dir.path().join("a/up")).unwrap();
    symlink(dir.path().join("a/1.wav"), dir.path().join("best.wav")).unwrap();
    symlink(dir.path().join("gone"), dir.path().join("dangling.wav")).unwrap();
    symlink("self.wav", dir.path().join("self.wav")).unwrap();
    let all = expanded(&[dir.path().into()], b"");
    assert_eq!(
        names(&dir, &all),
        ["best.wav", "dangling.wav", "self.wav", "a/1.wav"]
    );
}

#[test]
fn duplicates_keep_their_first_place() {
    let dir = folder(&[("a/1.wav", ""), ("a/2.wav", "")]);
    let a = dir.path().join("a");
    let twice = expanded(
        &[
            a.join("2.wav"),
            a.join("../a/./2.wav"),
            a.clone(),
            a.join("1.wav"),
        ],
        b"",
    );
    assert_eq!(names(&dir, &twice), ["a/2.wav", "a/1.wav"]);
    let urls = expanded(
        &[
            "http://h/a".into(),
            "http://h/a".into(),
            "http://h/b".into(),
        ],
        b"",
    );
    assert_eq!(urls.inputs.len(), 2);
}

#[test]
fn missing_and_empty_are_told() {
    let dir = folder(&[("empty/cover.jpg", "")]);
    let all = expanded(&[dir.path().join("no.wav"), dir.path().join("empty")], b"");
    assert_eq!(names(&dir, &all), ["no.wav"]);
    assert_eq!(all.warnings.len(), 1, "{:?}", all.warnings);
    let dir = folder(&[("none.m3u", "#EXTM3U\n\n")]);
    let none = expanded(&["-".into(), dir.path().join("none.m3u")], b"\n");
    assert_eq!((none.inputs.len(), none.warnings.len()), (0, 2));
}

#[test]
fn playlists_are_followed_but_not_in_circles() {
    let dir = folder(&[
        ("1.wav", ""),
        ("sub/2 two.wav", ""),
        (
            "a.m3u",
            "\u{feff}#EXTM3U\r\n#EXTINF:1,x\r\n1.wav\r\nb.m3u8\r\nsub\\2 two.wav\r\nhttp://h/s\r\n",
        ),
        ("b.m3u8", "a.m3u\ngone.wav\nsub\n"),
        (
            "c.pls",
            "[playlist]\nFile2=1.wav\nfile1 = sub/2 two.wav\nTitle1=x\nFile=x\nNumberOfEntries=2\n",
        ),
        ("hls.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:5\nseg.ts\n"),
    ]);
    let all = expanded(&[dir.path().join("a.m3u")], b"");
    assert_eq!(
        names(&dir, &all),
        ["1.wav", "gone.wav", "sub/2 two.wav", "http://h/s"]
    );
    let pls = expanded(&[dir.path().join("c.pls")], b"");
    assert_eq!(names(&dir, &pls), ["sub/2 two.wav", "1.wav"]);
    let hls = expanded(&[dir.path().join("hls.m3u8")], b"");
    assert_eq!(names(&dir, &hls), ["hls.m3u8"]);
}

#[test]
fn deep_nesting_of_playlists_needs_no_stack() {
    let dir = TempDir::new().unwrap();
    for i in 0..3000 {
        fs::write(
            dir.path().join(format!("{i}.m3u")),
            format!("{}.m3u\n", i + 1),
        )
        .unwrap();
    }
    let all = expanded(&[dir.path().join("0.m3u")], b"");
    assert_eq!(names(&dir, &all), ["3000.m3u"]);
}

#[test]
fn standard_input_is_lines_or_nul_separated() {
    let words = |stdin: &[u8]| -> Vec<Vec<u8>> {
        let all = expanded(&["-".into()], stdin);
        all.inputs
            .iter()
            .map(|input| input.source.as_bytes().to_vec())
            .collect()
    };
    assert_eq!(words(b"/x/a b\r\n\n /x/c"), [&b"/x/a b"[..], b" /x/c"]);
    assert_eq!(
        words(b"/x/a\nb\0/x/\xff.wav\0"),
        [&b"/x/a\nb"[..], b"/x/\xff.wav"]
    );
    assert!(words(b"").is_empty());
}

#[test]
fn urls_and_file_urls() {
    let source = |text: &str| Source::from_word(OsStr::new(text));
    assert_eq!(
        source("file:///a%20b/%ff%zz"),
        Source::File(OsStr::from_bytes(b"/a b/\xff%zz").into())
    );
    assert_eq!(source("file://localhost/a"), Source::File("/a".into()));
    assert_eq!(
        source("https://h/a%20b"),
        Source::Url("https://h/a%20b".into())
    );
    assert_eq!(source("c://h"), Source::File("c://h".into()));
    assert_eq!(source("https://h/d/f.mp3").folder(), "https://h/d");
    assert_eq!(source("f.mp3").folder(), ".");
}

#[test]
fn shards_part_the_inputs() {
    let input = |i: usize| Input {
        below: 1,
        source: Source::File(format!("{i}.wav").into()),
        problem: None,
    };
    let all: Vec<Input> = (0..100).map(input).collect();
    let mut parts = Vec::new();
    for i in 1..=3 {
        let mut part = all.clone();
        keep_shard(&mut part, Shard::new(i, 3).unwrap());
        parts.extend(part);
    }
    parts.sort_by_key(|input| all.iter().position(|other| other == input));
    assert_eq!(parts, all);
}

proptest! {
    #[test]
    fn playlists_of_random_bytes_give_inputs_not_panics(
        text in prop::collection::vec(prop_oneof![
            3 => any::<u8>(), 1 => Just(b'\n'), 1 => Just(b'='), 1 => Just(b'%'), 1 => Just(b'/')
        ], 0..400),
        extension in prop::sample::select(vec!["m3u", "m3u8", "pls"]),
    ) {
        let lines = text.split(|byte| matches!(byte, b'\n' | b'\r')).count();
        let path = Path::new("list").with_extension(extension);
        if let Playlist::List(entries) = playlist::parse(&path, &text) {
            prop_assert!(entries.len() <= lines);
        }
    }

    #[test]
    fn what_a_playlist_lists_is_read_back(
        names in prop::collection::vec("[a-z0-9\u{e4}\u{4e2d}][a-z .,%&=+-]{0,20}[a-z]", 1..20),
    ) {
        let expected: Vec<Source> = names.iter().map(|name| Source::File(format!("d/{name}").into())).collect();
        let pls = names.iter().enumerate().rev().map(|(i, name)| format!("File{i}={name}\n"));
        for (path, text) in [("d/l.m3u8", names.join("\r\n")), ("d/l.pls", pls.collect())] {
            match playlist::parse(Path::new(path), text.as_bytes()) {
                Playlist::List(entries) => prop_assert_eq!(&entries, &expected),
                Playlist::Stream => prop_assert!(false, "taken as a stream"),
            }
        }
    }
}

#[test]
fn a_place_is_told_from_what_was_named() {
    let folder = tempfile::tempdir().unwrap();
    let music = folder.path().join("music");
    fs::create_dir_all(music.join("a/b")).unwrap();
    for name in ["top.flac", "a/one.flac", "a/b/two.flac"] {
        fs::write(music.join(name), "").unwrap();
    }
    let list = music.join("list.m3u");
    fs::write(&list, "a/b/two.flac\n../music/top.flac\na\n").unwrap();
    let below = |named: &Path| -> Vec<(String, usize)> {
        let listed = expand(&[named.to_owned()], &mut std::io::empty()).unwrap();
        let inputs = listed.inputs.iter();
        inputs
            .map(|input| {
                let name = input.source.path().unwrap().file_name().unwrap();
                (name.to_string_lossy().into_owned(), input.below)
            })
            .collect()
    };
    let wanted = |pairs: &[(&str, usize)]| -> Vec<(String, usize)> {
        pairs
            .iter()
            .map(|(name, n)| ((*name).to_owned(), *n))
            .collect()
    };
    assert_eq!(
        below(&music),
        wanted(&[("top.flac", 1), ("one.flac", 2), ("two.flac", 3)])
    );
    assert_eq!(
        below(&music.join("a/b/two.flac")),
        wanted(&[("two.flac", 1)])
    );
    assert_eq!(
        below(&list),
        wanted(&[("two.flac", 3), ("top.flac", 1), ("one.flac", 2)])
    );
}
