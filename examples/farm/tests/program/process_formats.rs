// SPDX-License-Identifier: MPL-2.0
//! `auris-farm process`: what encoders do not take, and what decoders give in other ways.
use super::farm::{folder, is_ok, measure, reason};
use super::media::{self, Music, Sample};
use super::process::{EQ, process};
use std::fs;
use std::path::Path;

/// A WAV file whose channels are where `mask` says, as `WAVEFORMATEXTENSIBLE` counts.
fn write_channels(path: &Path, rate: u32, channels: u32, mask: u32) {
    let plain = Music::new(rate, channels, 20_000, 4).wav(Sample::S16);
    let mut file = plain[..16].to_vec();
    file.extend(40_u32.to_le_bytes());
    file.extend(0xfffe_u16.to_le_bytes());
    file.extend(&plain[22..36]);
    file.extend(22_u16.to_le_bytes());
    file.extend(16_u16.to_le_bytes());
    file.extend(mask.to_le_bytes());
    // The sub-format of integer PCM.
    file.extend(b"\x01\0\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71");
    file.extend(&plain[36..]);
    let size = file.len() as u32 - 8;
    file[4..8].copy_from_slice(&size.to_le_bytes());
    fs::write(path, file).unwrap();
}

const FORMATS: &[(&str, &str)] = &[
    ("flac", "flacenc"),
    ("wav", "wavenc"),
    ("aiff", "aiffmux"),
    ("wavpack", "wavpackenc"),
    ("alac", "avenc_alac ! mp4mux"),
    ("mp3", "lamemp3enc ! xingmux"),
    ("ogg", "vorbisenc ! oggmux"),
    ("opus", "opusenc ! oggmux"),
    ("m4a", "avenc_aac ! mp4mux"),
];

#[test]
fn a_result_can_be_processed_again() {
    let folder = folder();
    let wav = folder.path().join("music.wav");
    Music::new(44_100, 2, 70_001, 2).write_wav(&wav, Sample::S16);
    for (format, encoder) in FORMATS {
        if !media::can_make(encoder) {
            continue;
        }
        let mut input = wav.clone();
        for round in ["first", "second"] {
            let out = folder.path().join(format!("{format}-{round}"));
            let ended = process(folder.path(), EQ, &out)
                .args(["--format", if round == "first" { format } else { "keep" }])
                .arg(&input)
                .run();
            let record = ended.only();
            assert!(is_ok(&record), "{format}, {round}: {record}");
            assert_eq!(ended.stderr, "", "{format}, {round}");
            input = record["output"].as_str().unwrap().into();
        }
    }
}

#[test]
fn layouts_and_rates_of_channels_are_taken_or_refused() {
    let folder = folder();
    let layouts = [
        ("stereo", 2, 0x3),
        ("unplaced", 2, 0),
        ("back pair", 2, 0x30),
        ("2.1", 3, 0xb),
        ("3.0", 3, 0x7),
        ("4.0", 4, 0x107),
        ("quad", 4, 0x33),
        ("unplaced quad", 4, 0),
        ("5.0 side", 5, 0x607),
        ("5.1", 6, 0x3f),
        ("5.1 side", 6, 0x60f),
        ("6.1", 7, 0x70f),
        ("7.1", 8, 0x63f),
        ("ten", 10, 0),
    ];
    let music = folder.path().join("music");
    fs::create_dir(&music).unwrap();
    for (name, channels, mask) in layouts {
        write_channels(&music.join(format!("{name}.wav")), 48_000, channels, mask);
    }
    // The surround pair has one name only in most formats.
    let taken = |format: &str, name: &str| match format {
        _ if ["stereo", "unplaced", "back pair"].contains(&name) => true,
        "ogg" | "opus" if ["6.1", "7.1"].contains(&name) => true,
        "flac" | "ogg" | "opus" => ["3.0", "quad", "5.0 side", "5.1", "5.1 side"].contains(&name),
        "m4a" => ["3.0", "4.0", "5.0 side", "5.1", "5.1 side"].contains(&name),
        "wav" => true,
        "aiff" => name != "ten",
        _ => false,
    };
    for (format, encoder) in FORMATS {
        if !media::can_make(encoder) {
            continue;
        }
        let out = folder.path().join(format);
        let ended = process(folder.path(), EQ, &out)
            .args(["--format", format])
            .arg(&music)
            .run();
        // A process that is torn down takes all other inputs with it.
        assert_eq!(ended.signal, None, "{format}: {ended:?}");
        let (records, read) = (ended.records(), measure().arg(&out).run().records());
        assert_eq!(records.len(), layouts.len(), "{format}");
        for (name, channels, _) in layouts {
            let of_name = |record: &&serde_json::Value| {
                let path = Path::new(record["path"].as_str().unwrap());
                path.file_stem().unwrap() == name
            };
            let record = records.iter().find(of_name).unwrap();
            if is_ok(record) {
                let read = read.iter().find(of_name).unwrap();
                assert!(is_ok(read), "{format}, {name}: {read}");
                assert_eq!(record["channels"], channels, "{format}, {name}");
                assert_eq!(read["channels"], channels, "{format}, {name}");
            } else {
                assert_eq!(record["error_kind"], "unsupported", "{format}, {record}");
                assert!(reason(record).contains(format), "{record}");
                assert!(!taken(format, name), "{format}: {record}");
            }
        }
    }
    let fast = folder.path().join("fast.wav");
    write_channels(&fast, 384_000, 2, 3);
    for format in ["wavpack", "alac", "ogg"] {
        let record = process(folder.path(), EQ, folder.path())
            .args(["--format", format])
            .arg(&fast)
            .run()
            .only();
        assert_eq!(record["error_kind"], "unsupported", "{record}");
        assert!(reason(&record).contains("384000 Hz"), "{record}");
    }
}

#[test]
fn channels_that_the_decoder_mixes_up_are_refused() {
    let folder = folder();
    let wav = folder.path().join("music.wav");
    write_channels(&wav, 48_000, 8, 0x63f);
    let flac = media::encode(&wav, "flac", "flacenc");
    let record = process(folder.path(), EQ, &folder.path().join("out"))
        .args(["--format", "wav"])
        .arg(&flac)
        .run()
        .only();
    assert_eq!(record["error_kind"], "unsupported", "{record}");
    // Their MD5 differs, but nothing is wrong with the file.
    let measured = measure().arg("--checksum").arg(&flac).run().only();
    assert!(is_ok(&measured), "{measured}");
    assert!(measured["md5"].is_null(), "{measured}");
}

#[test]
fn the_ends_of_quality_and_bit_rate_are_taken() {
    let folder = folder();
    let wav = folder.path().join("music.wav");
    Music::new(44_100, 2, 50_000, 3).write_wav(&wav, Sample::S16);
    for (format, encoder, ends) in [
        (
            "mp3",
            "lamemp3enc",
            &["-q0", "-q9.9", "8", "100", "320"][..],
        ),
        ("ogg", "vorbisenc ! oggmux", &["-q-1", "-q10", "45", "250"]),
        ("opus", "opusenc ! oggmux", &["8", "650"]),
        ("m4a", "avenc_aac ! mp4mux", &["8", "1024"]),
    ] {
        if !media::can_make(encoder) {
            continue;
        }
        for end in ends {
            let flag = match end.strip_prefix("-q") {
                Some(quality) => format!("--quality={quality}"),
                None => format!("--bitrate={end}"),
            };
            let ended = process(folder.path(), EQ, &folder.path().join(format))
                .args(["--overwrite", "--format", format, &flag])
                .arg(&wav)
                .run();
            assert!(is_ok(&ended.only()), "{format} {end}: {ended:?}");
        }
        // To keep the format is to keep to what it takes.
        let input = folder
            .path()
            .join(format)
            .join("music")
            .with_extension(format);
        let ended = process(folder.path(), EQ, &folder.path().join("kept"))
            .args(["--bitrate", "1024"])
            .arg(input)
            .run();
        assert!(is_ok(&ended.only()), "{format}: {ended:?}");
    }
}
