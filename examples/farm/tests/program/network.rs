// SPDX-License-Identifier: MPL-2.0
//! Inputs from the network.
use super::farm::{folder, is_ok, measure, reason};
use super::media::{self, Music, Sample};
use super::server::{Page, serve};
use std::fs;

#[test]
fn flac_over_http_is_measured_as_the_file() {
    if !media::can_make("souphttpsrc") {
        return;
    }
    let folder = folder();
    let wav = folder.path().join("music.wav");
    Music::new(44_100, 2, 44_100 * 8, 10).write_wav(&wav, Sample::S16);
    let flac = media::encode(&wav, "flac", "flacenc");
    let bytes = fs::read(&flac).unwrap();
    let broken = bytes[..bytes.len() / 2].to_vec();
    let base = serve([
        ("whole.flac", Page::Whole(bytes)),
        ("broken.flac", Page::Broken(broken)),
    ]);
    let ended = measure().arg(format!("{base}whole.flac")).arg(&flac).run();
    let records = ended.records();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(records[0]["dr"], records[1]["dr"]);
    assert_eq!(records[0]["frames"], 44_100 * 8);
    assert_eq!(records[0]["format"]["lossless"], true, "{}", records[0]);

    let missing = measure().arg(format!("{base}missing.flac")).run();
    reason(&missing.only());
    assert_eq!(missing.only()["error_kind"], "missing", "{missing:?}");
    assert_eq!(missing.code, Some(1));

    let broken = measure().arg(format!("{base}broken.flac")).run().only();
    assert!(!is_ok(&broken), "{broken}");
    reason(&broken);
}

#[test]
fn what_takes_too_long_is_given_up() {
    if !media::can_make("souphttpsrc") {
        return;
    }
    let folder = folder();
    let music = Music::new(8000, 1, 80_000, 11);
    let wav = music.wav(Sample::S16);
    let file = folder.path().join("next.wav");
    music.write_wav(&file, Sample::S16);
    let base = serve([("slow.wav", Page::Trickle(wav[..1000].to_vec()))]);
    let ended = measure()
        .args(["--jobs", "1", "--timeout", "1"])
        .arg(format!("{base}slow.wav"))
        .arg(&file)
        .run();
    let records = ended.records();
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert_eq!(records[0]["error_kind"], "timeout", "{ended:?}");
    assert!(reason(&records[0]).contains("--timeout"));
    assert!(is_ok(&records[1]), "{}", records[1]);
}

#[test]
fn what_was_cut_on_its_server_is_no_whole_file() {
    if !media::can_make("souphttpsrc") {
        return;
    }
    let folder = folder();
    let wav = folder.path().join("music.wav");
    Music::new(44_100, 2, 44_100 * 8, 12).write_wav(&wav, Sample::S16);
    let mut paths: Vec<_> = media::encode_all(&wav).into_iter().map(|c| c.1).collect();
    paths.push(wav.clone());
    if media::can_make("avmux_au") {
        paths.push(media::encode(
            &wav,
            "au",
            "audioconvert ! audio/x-raw,format=S16BE ! avmux_au",
        ));
    }
    for path in paths {
        let name = path.file_name().unwrap().to_str().unwrap();
        let bytes = fs::read(&path).unwrap();
        let cut = bytes[..bytes.len() * 99 / 100].to_vec();
        let base = serve([("whole", Page::Whole(bytes)), ("cut", Page::Whole(cut))]);
        let whole = measure().arg(format!("{base}whole")).run().only();
        let local = measure().arg(&path).run().only();
        assert!(is_ok(&whole), "{name}: {whole}");
        for field in ["dr", "frames", "format", "clipped_by_decoder"] {
            assert_eq!(whole[field], local[field], "{name}");
        }
        assert_eq!(whole["path"], format!("{base}whole"));
        let cut = measure().arg(format!("{base}cut")).run().only();
        assert!(!is_ok(&cut), "{name}: {cut}");
        reason(&cut);
    }
}

#[test]
fn what_has_no_length_is_streamed() {
    if !media::can_make("souphttpsrc") {
        return;
    }
    let wav = Music::new(8000, 1, 80_000, 13).wav(Sample::S16);
    let base = serve([("radio.wav", Page::Endless(wav))]);
    let radio = measure().arg(format!("{base}radio.wav")).run().only();
    assert!(is_ok(&radio), "{radio}");
    assert_eq!(radio["frames"], 80_000);
}
