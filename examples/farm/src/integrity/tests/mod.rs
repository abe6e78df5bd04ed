// SPDX-License-Identifier: MPL-2.0
//! Tests over files made in memory.
mod build;
mod containers;
mod movies;
mod pcm;
mod properties;

use super::{Codec, Container, Damage, Facts, Length, Options, inspect};
use std::io::Cursor;

fn look(file: &[u8]) -> Result<Option<Facts>, Damage> {
    look_beside_md5(file, true)
}

fn look_beside_md5(file: &[u8], compares_md5: bool) -> Result<Option<Facts>, Damage> {
    let options = Options {
        compares_md5: &|_| compares_md5,
    };
    inspect(&mut Cursor::new(file), options)
}

/// The facts of a healthy file.
fn facts(file: &[u8]) -> Facts {
    match look(file) {
        Ok(Some(facts)) => facts,
        other => panic!("healthy, but {other:?}"),
    }
}

/// The words of damage that must be found.
fn damage(file: &[u8]) -> String {
    match look(file) {
        Err(damage) => damage.to_string(),
        Ok(facts) => panic!("damaged, but {facts:?}"),
    }
}

/// `file` with other bytes at `at`.
fn with(mut file: Vec<u8>, at: usize, bytes: &[u8]) -> Vec<u8> {
    file[at..at + bytes.len()].copy_from_slice(bytes);
    file
}

/// Offset of the first `needle`.
fn find(file: &[u8], needle: &[u8]) -> usize {
    file.windows(needle.len())
        .position(|window| window == needle)
        .expect("the builder writes it")
}

#[test]
fn an_empty_file_is_told_apart() {
    assert!(matches!(look(&[]), Err(Damage::Empty)));
}

#[test]
fn other_files_are_nobodys() {
    for other in [
        &b"#!/bin/sh\nexit 0\n"[..],
        b"\x1aE\xdf\xa3 matroska",
        b"RIFF\x04\0\0\0AVI ",
        b"x",
    ] {
        assert!(matches!(look(other), Ok(None)), "{other:?}");
    }
}

#[test]
fn a_length_accepts_what_it_says() {
    assert!(Length::Unknown.check(7).is_ok());
    assert!(Length::Exact(7).check(7).is_ok());
    assert!(matches!(
        Length::Exact(7).check(6),
        Err(Damage::Truncated(_))
    ));
    assert!(matches!(Length::Exact(7).check(8), Err(Damage::Damaged(_))));
    let some = Length::Between(5, 7);
    assert!(some.check(5).is_ok() && some.check(7).is_ok());
    assert!(some.check(4).is_err() && some.check(8).is_err());
    assert_eq!(some.plus(Length::Exact(10)), Length::Between(15, 17));
    assert_eq!(some.plus(Length::Unknown), Length::Unknown);
}

#[test]
fn healthy_files_are_described() {
    let lossless = |codec: &Codec| codec.lossless();
    let expect: [(&str, Container, bool, u32, u32, Length); 15] = [
        ("wav", Container::Wav, true, 44_100, 2, Length::Exact(100)),
        ("rf64", Container::Wav, true, 44_100, 2, Length::Exact(100)),
        ("aiff", Container::Aiff, true, 44_100, 2, Length::Exact(100)),
        ("flac", Container::Flac, true, 44_100, 1, Length::Exact(576)),
        (
            "flac without a total",
            Container::Flac,
            true,
            44_100,
            1,
            Length::Exact(576),
        ),
        (
            "vorbis",
            Container::Ogg,
            false,
            44_100,
            2,
            Length::Between(3071, 3073),
        ),
        (
            "opus",
            Container::Ogg,
            false,
            48_000,
            2,
            Length::Between(2567, 2569),
        ),
        (
            "mp3",
            Container::Mp3,
            false,
            44_100,
            2,
            Length::Between(1689, 6912),
        ),
        (
            "mp3 without info",
            Container::Mp3,
            false,
            44_100,
            2,
            Length::Between(3456, 6912),
        ),
        (
            "adts",
            Container::Adts,
            false,
            44_100,
            2,
            Length::Between(3072, 5120),
        ),
        (
            "m4a",
            Container::Mp4,
            false,
            44_100,
            2,
            Length::Between(5120, 7168),
        ),
        (
            "fragmented mp4",
            Container::Mp4,
            false,
            44_100,
            2,
            Length::Between(6144, 8192),
        ),
        (
            "wavpack",
            Container::WavPack,
            true,
            44_100,
            2,
            Length::Exact(300),
        ),
        (
            "wave64",
            Container::Wave64,
            true,
            44_100,
            2,
            Length::Exact(100),
        ),
        ("au", Container::Au, true, 44_100, 2, Length::Exact(100)),
    ];
    for ((name, file), expected) in build::all().into_iter().zip(expect) {
        let found = facts(&file);
        assert_eq!(name, expected.0);
        assert_eq!(found.container, expected.1, "{name}");
        assert_eq!(lossless(&found.codec), expected.2, "{name}");
        assert_eq!(found.rate, Some(expected.3), "{name}");
        assert_eq!(found.channels, Some(expected.4), "{name}");
        assert_eq!(found.length, expected.5, "{name}");
        assert_eq!(found.warnings, Vec::<String>::new(), "{name}");
    }
}

#[test]
fn tags_before_and_behind_are_no_damage() {
    let id3v2 = b"ID3\x04\0\0\0\0\0\x05abcde";
    let mut id3v1 = b"TAG".to_vec();
    id3v1.resize(128, b' ');
    let mut ape = b"APETAGEX\xd0\x07\0\0\x20\0\0\0".to_vec();
    ape.resize(32, 0);
    for (name, file) in build::all() {
        let length = facts(&file).length;
        let tagged = [&id3v2[..], &file].concat();
        if !name.contains("m4a") {
            assert_eq!(
                look(&tagged).unwrap().map(|facts| facts.length),
                Some(length),
                "{name}"
            );
        }
        if !name.contains("m4a") && !name.contains("mp4") {
            let tagged = [&file[..], &ape, &id3v1].concat();
            assert_eq!(facts(&tagged).length, length, "{name}");
        }
    }
}
