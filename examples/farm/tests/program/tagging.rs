// SPDX-License-Identifier: MPL-2.0
//! `--tags write` from the measurement to what other programs read.
use super::farm::{Farm, folder, measure};
use super::media::{self, Music, Sample};
use lofty::config::ParseOptions;
use lofty::file::AudioFile;
use lofty::flac::FlacFile;
use lofty::mp4::{AtomData, AtomIdent, Mp4File};
use lofty::mpeg::MpegFile;
use lofty::ogg::{OpusFile, VorbisFile};
use lofty::wavpack::WavPackFile;
use serde_json::Value;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The value of a tag, in the kind of tag that the format has for it.
fn tag(path: &Path, name: &str) -> Option<String> {
    let mut file = fs::File::open(path).unwrap();
    let options = ParseOptions::new();
    let own = str::to_owned;
    match path.extension()?.to_str()? {
        "flac" => {
            let file = FlacFile::read_from(&mut file, options).unwrap();
            file.vorbis_comments()?.get(name).map(own)
        }
        "ogg" => {
            let file = VorbisFile::read_from(&mut file, options).unwrap();
            file.vorbis_comments().get(name).map(own)
        }
        "opus" => {
            let file = OpusFile::read_from(&mut file, options).unwrap();
            file.vorbis_comments().get(name).map(own)
        }
        "mp3" => {
            let file = MpegFile::read_from(&mut file, options).unwrap();
            file.id3v2()?.get_user_text(name).map(own)
        }
        "wv" => {
            let file = WavPackFile::read_from(&mut file, options).unwrap();
            file.ape()?.get(name)?.value().text().map(own)
        }
        "m4a" => {
            let file = Mp4File::read_from(&mut file, options).unwrap();
            let ident = AtomIdent::Freeform {
                mean: "com.apple.iTunes".into(),
                name: name.into(),
            };
            match file.ilst()?.get(&ident)?.data().next()? {
                AtomData::UTF8(text) => Some(text.clone()),
                other => panic!("{other:?}"),
            }
        }
        other => panic!("no tags in {other}"),
    }
}

fn tracks(records: &[Value]) -> Vec<Value> {
    let tracks = records.iter().filter(|record| record["type"] == "track");
    tracks.cloned().collect()
}

#[test]
fn values_are_in_the_files_and_the_second_run_leaves_them_alone() {
    let folder = folder();
    let wav = folder.path().join("song.wav");
    Music::new(44_100, 2, 44_100 * 8, 13).write_wav(&wav, Sample::S16);
    let mut paths: Vec<PathBuf> = media::encode_all(&wav)
        .into_iter()
        .map(|(_, p)| p)
        .collect();
    // WAV and AIFF have no such tags.
    fs::remove_file(&wav).unwrap();
    paths.retain(|path| path.extension().unwrap() != "aiff" || fs::remove_file(path).is_err());
    let before = tracks(&measure().arg(folder.path()).run().records());
    let write = || -> Farm {
        let farm = measure().args(["--album", "folder", "--tags", "write"]);
        farm.arg(folder.path())
    };
    let first = write().run();
    assert_eq!(first.code, Some(0), "{first:?}");
    let records = first.records();
    let album = records
        .iter()
        .find(|record| record["type"] == "album")
        .unwrap();
    let album = album["dr"]["official"].to_string();
    for (record, old) in tracks(&records).iter().zip(&before) {
        let path = Path::new(record["path"].as_str().unwrap());
        let official = record["dr"]["official"].to_string();
        assert_eq!(tag(path, "DYNAMIC RANGE"), Some(official), "{path:?}");
        assert_eq!(
            tag(path, "ALBUM DYNAMIC RANGE"),
            Some(album.clone()),
            "{path:?}"
        );
        assert_eq!(record["dr"], old["dr"]);
    }
    let inodes = || -> Vec<u64> {
        paths
            .iter()
            .map(|p| fs::metadata(p).unwrap().ino())
            .collect()
    };
    let written = inodes();
    let second = write().run();
    assert_eq!(inodes(), written, "files are rewritten");
    for (record, old) in tracks(&second.records()).iter().zip(&before) {
        assert_eq!(record["status"], "ok", "{record}");
        assert_eq!(
            (&record["dr"], &record["frames"]),
            (&old["dr"], &old["frames"])
        );
    }
}
