// SPDX-License-Identifier: MPL-2.0
//! Tags are written into real files of each format, and the audio decodes to the same bytes.
use auris_farm::tags::{Outcome, TagError, Values, write};
use gst::prelude::*;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const MEMORY: u64 = 64 << 20;
const VALUES: Values = Values {
    track: 12,
    album: Some(9),
};

/// Extension, and what makes such a file of raw audio.
const FORMATS: &[(&str, &str)] = &[
    ("flac", "flacenc ! flactag"),
    ("ogg", "vorbisenc ! vorbistag ! oggmux"),
    ("opus", "opusenc ! oggmux"),
    ("mp3", "lamemp3enc ! id3v2mux"),
    ("m4a", "avenc_aac ! mp4mux"),
    ("wv", "wavpackenc ! apev2mux"),
];

fn run(pipeline: &str, mut message: impl FnMut(&gst::Message)) {
    let pipeline = gst::parse::launch(pipeline).expect(pipeline);
    pipeline.set_state(gst::State::Playing).unwrap();
    for msg in pipeline
        .bus()
        .unwrap()
        .iter_timed(gst::ClockTime::from_seconds(60))
    {
        message(&msg);
        match msg.view() {
            gst::MessageView::Eos(..) => break,
            gst::MessageView::Error(error) => panic!("{}: {:?}", error.error(), error.debug()),
            _ => {}
        }
    }
    pipeline.set_state(gst::State::Null).unwrap();
}

/// Two seconds of noise in each format that can be made here, with title and artist.
fn files() -> (TempDir, Vec<PathBuf>) {
    gst::init().unwrap();
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let mut files = Vec::new();
    for (extension, encoder) in FORMATS {
        let elements = encoder
            .split(" ! ")
            .map(|element| element.split(' ').next().unwrap());
        if let Some(missing) = elements
            .clone()
            .find(|name| gst::ElementFactory::find(name).is_none())
        {
            eprintln!("{extension} is not tested: no element {missing}");
            continue;
        }
        let path = dir.path().join("noise").with_extension(extension);
        run(
            &format!(
                "audiotestsrc wave=pink-noise num-buffers=90 volume=0.5 ! \
                 audio/x-raw,rate=48000,channels=2 ! audioconvert ! \
                 taginject tags=\"title=\\\"Näme\\\",artist=Someone,album=Some\" ! \
                 {encoder} ! filesink location={}",
                path.display()
            ),
            |_| {},
        );
        files.push(path);
    }
    assert!(files.len() >= 3, "only {files:?} could be made");
    (dir, files)
}

/// The decoded samples, and all tags as GStreamer reads them.
fn decoded(path: &Path) -> (Vec<u8>, BTreeMap<String, String>) {
    let raw = path.with_extension("raw");
    let mut tags = BTreeMap::new();
    let (from, to) = (path.display(), raw.display());
    run(
        &format!(
            "filesrc location={from} ! decodebin ! audioconvert ! audio/x-raw,format=F32LE ! filesink location={to}"
        ),
        |msg| {
            let gst::MessageView::Tag(tag) = msg.view() else {
                return;
            };
            for (name, value) in tag
                .tags()
                .iter_generic()
                .flat_map(|(name, values)| values.map(move |v| (name, v)))
            {
                if let Ok(text) = value.get::<String>() {
                    // Extended comments are KEY=value themselves.
                    let (key, value) = match (name.as_str(), text.split_once('=')) {
                        ("extended-comment", Some((key, value))) => {
                            (key.to_owned(), value.to_owned())
                        }
                        _ => (name.to_string(), text),
                    };
                    tags.insert(key, value);
                }
            }
        },
    );
    let samples = fs::read(&raw).unwrap();
    fs::remove_file(&raw).unwrap();
    (samples, tags)
}

fn write_or_panic(path: &Path, values: Values) -> Outcome {
    write(path, values, MEMORY, |_| Ok(()))
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn the_audio_and_the_other_tags_stay() {
    let (_dir, files) = files();
    for path in files {
        let (samples, mut tags) = decoded(&path);
        assert!(samples.len() > 1000, "{}", path.display());
        assert_eq!(
            tags.get("title").map(String::as_str),
            Some("Näme"),
            "{}",
            path.display()
        );
        assert_eq!(write_or_panic(&path, VALUES), Outcome::Written);
        let (samples_after, tags_after) = decoded(&path);
        assert!(
            samples == samples_after,
            "{}: the audio changed",
            path.display()
        );
        for (key, value) in [("DYNAMIC RANGE", "12"), ("ALBUM DYNAMIC RANGE", "9")] {
            tags.insert(key.to_owned(), value.to_owned());
        }
        // The readers of these tell of no fields that GStreamer has no name for.
        if ["mp3", "m4a", "wv"]
            .iter()
            .any(|extension| path.extension() == Some(extension.as_ref()))
        {
            let bytes = fs::read(&path).unwrap();
            let utf8 = b"ALBUM DYNAMIC RANGE".to_vec();
            let utf16: Vec<u8> = utf8.iter().flat_map(|byte| [*byte, 0]).collect();
            let holds = |key: &[u8]| bytes.windows(key.len()).any(|window| window == key);
            assert!(holds(&utf8) || holds(&utf16), "{}", path.display());
            tags.retain(|key, _| !key.ends_with("DYNAMIC RANGE"));
        }
        assert_eq!(tags_after, tags, "{}", path.display());
    }
}

#[test]
fn the_same_values_again_touch_nothing() {
    let (_dir, files) = files();
    for path in files {
        write_or_panic(&path, VALUES);
        let before = (
            fs::read(&path).unwrap(),
            fs::metadata(&path).unwrap().modified().unwrap(),
        );
        assert_eq!(
            write_or_panic(&path, VALUES),
            Outcome::Unchanged,
            "{}",
            path.display()
        );
        let track_only = Values {
            album: None,
            ..VALUES
        };
        assert_eq!(
            write_or_panic(&path, track_only),
            Outcome::Unchanged,
            "{}",
            path.display()
        );
        let after = (
            fs::read(&path).unwrap(),
            fs::metadata(&path).unwrap().modified().unwrap(),
        );
        assert!(before == after, "{}", path.display());
        // A new value takes the old one's place, and going back gives the old one again.
        let other = Values {
            track: -3,
            album: Some(100),
        };
        assert_eq!(write_or_panic(&path, other), Outcome::Written);
        assert_eq!(
            write_or_panic(&path, other),
            Outcome::Unchanged,
            "{}",
            path.display()
        );
        assert_eq!(write_or_panic(&path, VALUES), Outcome::Written);
    }
}

#[test]
fn what_cannot_be_done_leaves_the_file_as_it_was() {
    use std::os::unix::fs::PermissionsExt;
    let (dir, files) = files();
    for path in &files {
        let before = fs::read(path).unwrap();
        let refused = write(path, VALUES, MEMORY, |_| Err("no".into()));
        assert!(matches!(refused, Err(TagError::Io(_))));
        fs::set_permissions(path, fs::Permissions::from_mode(0o444)).unwrap();
        let read_only = write(path, VALUES, MEMORY, |_| Ok(()));
        assert!(matches!(read_only, Err(TagError::Io(_))));
        fs::set_permissions(path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(before == fs::read(path).unwrap(), "{}", path.display());
        if path.extension() == Some("m4a".as_ref()) {
            assert!(matches!(
                write(path, VALUES, 1000, |_| Ok(())),
                Err(TagError::Refused(_))
            ));
        }
        write_or_panic(path, VALUES);
        let mode = fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o640, "{}", path.display());
    }
    assert_eq!(
        fs::read_dir(dir.path()).unwrap().count(),
        files.len(),
        "nothing is left behind"
    );
}

#[test]
fn the_announced_stamp_is_the_one_that_the_file_gets() {
    use auris_farm::state::Stamp;
    let (_dir, files) = files();
    let path = &files[0];
    let link = path.with_file_name("link.flac");
    std::os::unix::fs::symlink(path, &link).unwrap();
    let mut announced = None;
    let old = Stamp::of(path).unwrap();
    write(&link, VALUES, MEMORY, |stamp| {
        assert_eq!(Stamp::of(path).unwrap(), old);
        announced = Some(stamp);
        Ok(())
    })
    .unwrap();
    assert_eq!(announced, Some(Stamp::of(path).unwrap()));
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
}

/// Cut and altered files: an error or a good result, never a panic, and no harm on an error.
#[test]
fn damaged_files_are_refused_or_edited_whole() {
    let (_dir, files) = files();
    for path in files {
        let good = fs::read(&path).unwrap();
        for i in 0..40_usize {
            let mut bad = good.clone();
            match i % 4 {
                0 => bad.truncate(good.len() * i / 40),
                1 => bad[i * 7 % 400] ^= 0xff,
                2 => bad[(i * 7919) % good.len()] ^= 0x5a,
                _ => bad[good.len() - 1 - i * 13].clone_from(&0),
            }
            fs::write(&path, &bad).unwrap();
            if write(&path, VALUES, MEMORY, |_| Ok(())).is_err() {
                assert!(bad == fs::read(&path).unwrap(), "{} {i}", path.display());
            }
        }
    }
}

#[test]
fn other_files_are_told_apart() {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    for (name, content) in [
        ("a.flac", &b"not a flac file at all"[..]),
        ("b.wav", b"RIFF\x24\0\0\0WAVEfmt "),
        ("c.mp3", b""),
    ] {
        let path = dir.path().join(name);
        fs::write(&path, content).unwrap();
        let error = write(&path, VALUES, MEMORY, |_| Ok(())).unwrap_err();
        assert!(matches!(error, TagError::Unsupported(_)), "{name}: {error}");
    }
    let missing = write(&dir.path().join("no"), VALUES, MEMORY, |_| Ok(())).unwrap_err();
    assert!(matches!(missing, TagError::Io(_)), "{missing}");
}

/// lofty takes FLAC in Ogg for MP3, and renumbers the pages of all streams in a chain as if one.
#[test]
fn ogg_that_lofty_would_spoil_is_refused() {
    let (dir, files) = files();
    let chain = dir.path().join("chain.ogg");
    if let Some(ogg) = files
        .iter()
        .find(|path| path.extension() == Some("ogg".as_ref()))
    {
        fs::write(&chain, fs::read(ogg).unwrap().repeat(2)).unwrap();
        let error = write(&chain, VALUES, MEMORY, |_| Ok(())).unwrap_err();
        assert!(matches!(error, TagError::Refused(_)), "{error}");
    }
    let flac = dir.path().join("flac.oga");
    run(
        &format!(
            "audiotestsrc wave=pink-noise num-buffers=90 ! flacenc ! oggmux ! filesink location={}",
            flac.display()
        ),
        |_| {},
    );
    let before = fs::read(&flac).unwrap();
    let error = write(&flac, VALUES, MEMORY, |_| Ok(())).unwrap_err();
    assert!(matches!(error, TagError::Unsupported(_)), "{error}");
    assert!(before == fs::read(&flac).unwrap());
}
