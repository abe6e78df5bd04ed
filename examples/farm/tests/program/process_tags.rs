// SPDX-License-Identifier: MPL-2.0
//! `auris-farm process`: what becomes of the tags.
use super::farm::{folder, is_ok, measure};
use super::media::{self, Music, Sample};
use super::process::{EQ, process};
use lofty::config::WriteOptions;
use lofty::file::{AudioFile, TaggedFileExt};
use lofty::flac::FlacFile;
use lofty::id3::v2::Id3v2Tag;
use lofty::mp4::{AtomData, AtomIdent, Mp4File};
use lofty::mpeg::MpegFile;
use lofty::ogg::tag::VorbisComments;
use lofty::ogg::{OggPictureStorage, VorbisFile};
use lofty::picture::{MimeType, Picture, PictureInformation, PictureType};
use lofty::prelude::*;
use std::fs::File;
use std::path::{Path, PathBuf};

const IMAGE: &[u8] = b"\x89PNG\r\n\x1a\n not really an image";

fn picture() -> Picture {
    Picture::unchecked(IMAGE.to_vec())
        .pic_type(PictureType::CoverFront)
        .mime_type(MimeType::Png)
        .build()
}

/// A FLAC file with tags of all sorts.
fn tagged_flac(folder: &Path) -> PathBuf {
    let wav = folder.join("music.wav");
    Music::new(44_100, 2, 44_100, 5).write_wav(&wav, Sample::S16);
    let flac = media::encode(&wav, "flac", "flacenc");
    let mut comments = VorbisComments::default();
    for (key, value) in [
        ("TITLE", "Knolls"),
        ("ARTIST", "One"),
        ("ARTIST", "Two"),
        ("ALBUM", "Meadows"),
        ("TRACKNUMBER", "3"),
        ("MY OWN FIELD", "kept ümlaut"),
        ("REPLAYGAIN_TRACK_GAIN", "-7.00 dB"),
        ("replaygain_album_peak", "0.98"),
        ("DYNAMIC RANGE", "12"),
    ] {
        comments.push(key.to_owned(), value.to_owned());
    }
    let information = PictureInformation::default();
    comments
        .insert_picture(picture(), Some(information))
        .unwrap();
    comments
        .save_to_path(&flac, WriteOptions::default())
        .unwrap();
    flac
}

fn run(folder: &Path, input: &Path, format: &str) -> PathBuf {
    let out = folder.join(format!("out-{format}"));
    let ended = process(folder, EQ, &out)
        .args(["--format", format])
        .arg(input)
        .run();
    let record = ended.only();
    assert!(is_ok(&record), "{record}");
    let dropped = record["result"]["dropped_tags"].to_string();
    assert!(dropped.contains("REPLAYGAIN_TRACK_GAIN"), "{record}");
    PathBuf::from(record["output"].as_str().unwrap())
}

/// What all kinds of tags have.
fn assert_common(path: &Path) {
    let file = lofty::read_from_path(path).unwrap();
    let tag = file.primary_tag().unwrap();
    assert_eq!(tag.title().as_deref(), Some("Knolls"), "{path:?}");
    assert_eq!(tag.album().as_deref(), Some("Meadows"), "{path:?}");
    assert_eq!(tag.track(), Some(3), "{path:?}");
    assert_eq!(tag.pictures()[0].data(), IMAGE, "{path:?}");
    for key in [ItemKey::ReplayGainTrackGain, ItemKey::ReplayGainAlbumPeak] {
        assert_eq!(tag.get_string(key), None, "{path:?}");
    }
}

#[test]
fn tags_of_flac_come_along() {
    let folder = folder();
    let flac = tagged_flac(folder.path());
    let options = lofty::config::ParseOptions::new;
    let result = run(folder.path(), &flac, "keep");
    assert_common(&result);
    let kept = FlacFile::read_from(&mut File::open(&result).unwrap(), options()).unwrap();
    let comments = kept.vorbis_comments().unwrap();
    assert!(comments.get_all("ARTIST").eq(["One", "Two"]));
    assert_eq!(comments.get("MY OWN FIELD"), Some("kept ümlaut"));
    assert_eq!(comments.get("DYNAMIC RANGE"), None);
    if media::can_make("lamemp3enc ! xingmux") {
        let result = run(folder.path(), &flac, "mp3");
        assert_common(&result);
        let mp3 = MpegFile::read_from(&mut File::open(&result).unwrap(), options()).unwrap();
        let tag = mp3.id3v2().unwrap();
        assert_eq!(tag.get_user_text("MY OWN FIELD"), Some("kept ümlaut"));
        assert_eq!(tag.get_user_text("DYNAMIC RANGE"), None);
    }
    if media::can_make("vorbisenc ! oggmux") {
        let result = run(folder.path(), &flac, "ogg");
        assert_common(&result);
        let ogg = VorbisFile::read_from(&mut File::open(&result).unwrap(), options()).unwrap();
        let comments = ogg.vorbis_comments();
        assert!(comments.get_all("ARTIST").eq(["One", "Two"]));
        assert_eq!(comments.get("MY OWN FIELD"), Some("kept ümlaut"));
    }
    if media::can_make("avenc_aac ! mp4mux") {
        let result = run(folder.path(), &flac, "m4a");
        assert_common(&result);
        let mp4 = Mp4File::read_from(&mut File::open(&result).unwrap(), options()).unwrap();
        let ident = AtomIdent::Freeform {
            mean: "com.apple.iTunes".into(),
            name: "MY OWN FIELD".into(),
        };
        let data = mp4.ilst().unwrap().get(&ident).unwrap().data().next();
        assert_eq!(data, Some(&AtomData::UTF8("kept ümlaut".to_owned())));
    }
    for format in ["wav", "aiff"] {
        let result = run(folder.path(), &flac, format);
        assert_common(&result);
    }
}

#[test]
fn tags_of_mp3_and_wav_come_along() {
    if !media::can_make("lamemp3enc ! xingmux") {
        return;
    }
    let folder = folder();
    let wav = folder.path().join("music.wav");
    Music::new(44_100, 2, 44_100, 6).write_wav(&wav, Sample::S16);
    let mp3 = media::encode(&wav, "mp3", "lamemp3enc ! xingmux");
    let mut tag = Id3v2Tag::default();
    tag.set_title("Knolls".to_owned());
    tag.set_album("Meadows".to_owned());
    tag.set_track(3);
    tag.insert_picture(picture());
    for (key, value) in [
        ("MY OWN FIELD", "kept"),
        ("REPLAYGAIN_TRACK_GAIN", "-7.00 dB"),
    ] {
        tag.insert_user_text(key.to_owned(), value.to_owned());
    }
    for input in [&mp3, &wav] {
        tag.save_to_path(input, WriteOptions::default()).unwrap();
        let result = run(folder.path(), input, "keep");
        assert_common(&result);
        let file = lofty::read_from_path(&result).unwrap();
        let kept = file.tag(lofty::tag::TagType::Id3v2).unwrap().clone();
        let kept = Id3v2Tag::from(kept);
        assert_eq!(kept.title().as_deref(), Some("Knolls"));
        std::fs::remove_file(&result).unwrap();
    }
}

#[test]
fn the_name_of_an_encoder_is_no_tag_to_keep() {
    let folder = folder();
    let wav = folder.path().join("music.wav");
    Music::new(44_100, 2, 20_000, 6).write_wav(&wav, Sample::S16);
    // As every file of ffmpeg's has it.
    let mut info = lofty::iff::wav::RiffInfoList::default();
    info.insert("ISFT".to_owned(), "Lavf59".to_owned());
    info.save_to_path(&wav, WriteOptions::default()).unwrap();
    for (format, encoder) in [
        ("flac", "flacenc"),
        ("ogg", "vorbisenc ! oggmux"),
        ("opus", "opusenc ! oggmux"),
        ("wavpack", "wavpackenc"),
        ("mp3", "lamemp3enc ! xingmux"),
        ("m4a", "avenc_aac ! mp4mux"),
        ("aiff", "aiffmux"),
    ] {
        if !media::can_make(encoder) {
            continue;
        }
        let ended = process(folder.path(), EQ, &folder.path().join(format))
            .args(["--format", format])
            .arg(&wav)
            .run();
        assert!(is_ok(&ended.only()), "{format}: {ended:?}");
    }
}

#[test]
fn tags_take_no_memory_for_the_samples() {
    let folder = folder();
    let wav = folder.path().join("music.wav");
    // What is as good as noise stays as large, whatever packs it.
    let mut noise = Music::new(44_100, 2, 44_100 * 60, 7);
    let mut random = media::Random(1);
    for sample in &mut noise.samples {
        *sample = (random.unit() * f64::from(1 << 22)) as i32;
    }
    noise.write_wav(&wav, Sample::S24);
    let mut tag = Id3v2Tag::default();
    tag.set_title("Knolls".to_owned());
    // Longer than a page of Ogg.
    let large = Picture::unchecked([IMAGE, &[7; 300_000]].concat())
        .pic_type(PictureType::CoverFront)
        .mime_type(MimeType::Png)
        .build();
    tag.insert_picture(large);
    for field in ["ONE", "TWO"] {
        tag.insert_user_text(field.to_owned(), "kept".to_owned());
    }
    tag.save_to_path(&wav, WriteOptions::default()).unwrap();
    for (format, encoder, budget) in [
        ("wavpack", "wavpackenc", 36),
        ("flac", "flacenc", 36),
        ("alac", "avenc_alac ! mp4mux", 76),
        ("ogg", "vorbisenc ! oggmux", 36),
        ("opus", "opusenc ! oggmux", 36),
        ("m4a", "avenc_aac ! mp4mux", 76),
    ] {
        if !media::can_make(encoder) {
            continue;
        }
        let mut args = vec!["--format", format];
        match format {
            "ogg" => args.extend(["--quality", "10"]),
            "opus" | "m4a" => args.extend(["--bitrate", "500"]),
            _ => {}
        }
        let mib = budget.to_string();
        args.extend(["--mem-budget-mb", &mib]);
        let ended = process(folder.path(), EQ, &folder.path().join(format))
            .args(args)
            .arg(&wav)
            .run();
        let record = ended.only();
        assert!(is_ok(&record), "{format}: {record}");
        assert!(ended.peak < budget << 20, "{format}: {}", ended.peak);
        let path = record["output"].as_str().unwrap();
        let file = lofty::read_from_path(path).unwrap();
        let tag = file.primary_tag().unwrap();
        assert_eq!(tag.title().as_deref(), Some("Knolls"), "{format}");
        // lofty knows no pictures in WavPack's kind of tag.
        let pictures = tag.pictures().iter().map(|p| p.data().len());
        let sizes: Vec<_> = pictures.collect();
        let wanted = if format == "wavpack" {
            vec![]
        } else {
            vec![300_000 + IMAGE.len()]
        };
        assert_eq!(sizes, wanted, "{format}");
        let read = measure().arg(path).run().only();
        assert!(is_ok(&read), "{format}: {read}");
    }
}

#[test]
fn tags_survive_the_way_through_every_format() {
    let folder = folder();
    let flac = tagged_flac(folder.path());
    for (format, encoder) in [
        ("wavpack", "wavpackenc"),
        ("mp3", "lamemp3enc ! xingmux"),
        ("ogg", "vorbisenc ! oggmux"),
        ("opus", "opusenc ! oggmux"),
        ("m4a", "avenc_aac ! mp4mux"),
        ("aiff", "aiffmux"),
        ("wav", "wavenc"),
    ] {
        if !media::can_make(encoder) {
            continue;
        }
        let there = run(folder.path(), &flac, format);
        let ended = process(
            folder.path(),
            EQ,
            &folder.path().join(format!("back-{format}")),
        )
        .args(["--format", "flac"])
        .arg(there)
        .run();
        let record = ended.only();
        assert!(is_ok(&record), "{format}: {record}");
        let back = PathBuf::from(record["output"].as_str().unwrap());
        assert_common(&back);
        let options = lofty::config::ParseOptions::new();
        let back = FlacFile::read_from(&mut File::open(&back).unwrap(), options).unwrap();
        let comments = back.vorbis_comments().unwrap();
        let artists: Vec<_> = comments.get_all("ARTIST").collect();
        assert_eq!(artists, ["One", "Two"], "{format}");
        assert_eq!(
            comments.get("MY OWN FIELD"),
            Some("kept ümlaut"),
            "{format}"
        );
    }
}

#[test]
fn tags_that_cannot_be_read_are_not_lost_in_silence() {
    let folder = folder();
    let wav = folder.path().join("music.wav");
    Music::new(44_100, 2, 20_000, 6).write_wav(&wav, Sample::S16);
    let encoder = "flacenc ! flacparse ! matroskamux";
    if !media::can_make(encoder) {
        return;
    }
    let input = media::encode(&wav, "mka", encoder);
    let record = process(folder.path(), EQ, &folder.path().join("mka"))
        .args(["--format", "flac"])
        .arg(input)
        .run()
        .only();
    assert!(is_ok(&record), "{record}");
    let warnings = record["warnings"].to_string();
    assert!(warnings.contains("tags not kept"), "{record}");
}

/// lofty knows no FLAC in Ogg.
#[test]
fn tags_of_flac_in_ogg_come_along() {
    let encoder = "flacenc ! flacparse ! oggmux";
    if !media::can_make(encoder) {
        return;
    }
    let folder = folder();
    let wav = folder.path().join("music.wav");
    Music::new(44_100, 2, 20_000, 6).write_wav(&wav, Sample::S16);
    let tags =
        r#"taginject tags="title=Knolls,artist=One,extended-comment=\"MY OWN FIELD=kept ümlaut\"""#;
    let input = media::encode(&wav, "oga", &format!("{tags} ! {encoder}"));
    let record = process(folder.path(), EQ, &folder.path().join("out"))
        .args(["--format", "flac"])
        .arg(input)
        .run()
        .only();
    assert!(is_ok(&record), "{record}");
    assert!(!record["warnings"].to_string().contains("tags"), "{record}");
    let mut result = File::open(record["output"].as_str().unwrap()).unwrap();
    let options = lofty::config::ParseOptions::new();
    let flac = FlacFile::read_from(&mut result, options).unwrap();
    let comments = flac.vorbis_comments().unwrap();
    for (key, value) in [
        ("TITLE", "Knolls"),
        ("ARTIST", "One"),
        ("MY OWN FIELD", "kept ümlaut"),
    ] {
        assert!(comments.get_all(key).eq([value]), "{key}");
    }
}
