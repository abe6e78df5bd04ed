// SPDX-License-Identifier: MPL-2.0
//! What each format gives.
use super::farm::{self, folder, measure};
use super::media::{self, Music, Sample};
use serde_json::Value;

/// Ten blocks of three seconds, the last one short.
const FRAMES: u64 = 44_100 * 28;

fn precise(record: &Value) -> u64 {
    record["dr"]["precise"].as_f64().expect("a value").to_bits()
}

#[test]
fn pcm_is_measured_as_it_is_stored() {
    let folder = folder();
    let music = Music::new(44_100, 2, FRAMES, 1);
    let mut values = Vec::new();
    for sample in [
        Sample::U8,
        Sample::S16,
        Sample::S24,
        Sample::S32,
        Sample::F32,
        Sample::F64,
    ] {
        let path = folder.path().join(format!("{sample:?}.wav"));
        music.write_wav(&path, sample);
        let ended = measure().arg(&path).run();
        let record = ended.only();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert_eq!(record["frames"], FRAMES);
        assert!(record["format"]["decoder"].is_null() && record["clipped_by_decoder"].is_null());
        values.push((sample, precise(&record), record["dr"]["official"].clone()));
    }
    // The same 24 bits in four guises.
    for (sample, value, _) in &values[3..] {
        assert_eq!(*value, values[2].1, "{sample:?}");
    }
    for (sample, _, official) in &values {
        assert_eq!(*official, values[2].2, "{sample:?}");
    }
    assert_ne!(values[1].1, values[2].1, "16 bits are not 24");
}

#[test]
fn coded_music_is_measured_as_its_source() {
    let folder = folder();
    // One channel: how an encoder joins two is its own affair.
    let music = Music::new(44_100, 1, FRAMES, 2);
    let wav = folder.path().join("music.wav");
    music.write_wav(&wav, Sample::S16);
    let source = measure().arg(&wav).run().only();
    for (coded, path) in media::encode_all(&wav) {
        let name = coded.extension;
        let ended = measure().arg(&path).run();
        let record = ended.only();
        assert_eq!(ended.code, Some(0), "{name}: {ended:?}");
        assert_eq!(record["format"]["lossless"], coded.lossless, "{name}");
        assert_eq!(
            record["clipped_by_decoder"].as_bool(),
            coded.clips,
            "{name}: {record}"
        );
        let frames = record["frames"].as_u64().unwrap();
        if coded.lossless {
            assert_eq!(frames, FRAMES, "{name}");
            assert_eq!(record["dr"], source["dr"], "{name}");
        } else {
            let rate = record["rate"].as_u64().unwrap();
            let expected = FRAMES * rate / 44_100;
            // Priming and padding that the container does not speak of: at most two packets a side.
            assert!(
                (expected - 1..expected + 4608).contains(&frames),
                "{name}: {frames}, {expected}"
            );
            let difference = record["dr"]["precise"].as_f64().unwrap()
                - source["dr"]["precise"].as_f64().unwrap();
            assert!(difference.abs() < 1.0, "{name}: {difference}");
        }
    }
}

#[test]
fn flac_and_wavpack_of_24_bits_equal_their_wav() {
    let folder = folder();
    let wav = folder.path().join("music.wav");
    Music::new(48_000, 1, 48_000 * 13, 3).write_wav(&wav, Sample::S24);
    let source = measure().arg(&wav).run().only();
    for (extension, encoder) in [
        (
            "flac",
            "audioconvert ! audio/x-raw,format=S24_32LE ! flacenc",
        ),
        ("wv", "audioconvert ! wavpackenc"),
        ("aiff", "audioconvert ! audio/x-raw,format=S24BE ! aiffmux"),
    ] {
        if media::can_make(encoder) {
            let record = measure()
                .arg(media::encode(&wav, extension, encoder))
                .run()
                .only();
            assert_eq!(record["status"], "ok", "{record}");
            assert_eq!(record["dr"], source["dr"], "{extension}");
            assert_eq!(
                record["format"]["bits"],
                if extension == "wv" { 32 } else { 24 }
            );
        }
    }
}

#[test]
fn a_batch_of_any_width_equals_single_runs() {
    let folder = folder();
    for seed in 0..2 {
        let wav = folder.path().join(format!("{seed}.wav"));
        Music::new(44_100, 2, 44_100 * 7, seed).write_wav(&wav, Sample::S16);
        media::encode_all(&wav);
    }
    let batch = measure().args(["--jobs", "1"]).arg(folder.path()).run();
    let singles: String = batch
        .records()
        .iter()
        .map(|record| measure().arg(record["path"].as_str().unwrap()).run().stdout)
        .collect();
    assert_eq!(batch.stdout, singles);
    assert!(batch.records().iter().all(farm::is_ok), "{}", batch.stdout);
    for jobs in ["2", "3", "8"] {
        let wider = measure().args(["--jobs", jobs]).arg(folder.path()).run();
        assert_eq!(batch.stdout, wider.stdout, "{jobs} jobs");
    }
}

#[test]
fn pcm_of_an_odd_number_of_bytes_is_measured_whole() {
    let folder = folder();
    let path = folder.path().join("odd.wav");
    for sample in [Sample::U8, Sample::S24] {
        let music = Music::new(22_050, 1, 22_050 * 10 + 1, 4);
        let mut wav = music.wav(sample);
        // With and without padding, and with a chunk behind it.
        for tail in [&b""[..], b"\0", b"\0\0\0\0\0", b"\0LIST\x04\0\0\0adtl"] {
            wav.extend(tail);
            let riff = (wav.len() - 8) as u32;
            wav[4..8].copy_from_slice(&riff.to_le_bytes());
            std::fs::write(&path, &wav).unwrap();
            let record = measure().arg(&path).run().only();
            assert_eq!(record["status"], "ok", "{sample:?} {tail:?}: {record}");
            assert_eq!(record["frames"], music.frames(), "{sample:?} {tail:?}");
            wav.truncate(wav.len() - tail.len());
        }
    }
}

#[test]
fn surround_opus_is_decoded() {
    let encoder = "audioconvert ! opusenc ! oggmux";
    if !media::can_make(encoder) {
        return;
    }
    let folder = folder();
    let wav = folder.path().join("music.wav");
    Music::new(48_000, 6, 48_000 * 8, 3).write_wav(&wav, Sample::S16);
    let opus = media::encode(&wav, "opus", encoder);
    let ended = measure().arg(&opus).run();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let record = ended.only();
    assert_eq!(record["channels"], 6, "{record}");
    assert_eq!(record["clipped_by_decoder"], true, "{record}");
}

#[test]
fn a_checksum_is_that_of_streaminfo_or_none() {
    let folder = folder();
    let wav = folder.path().join("music.wav");
    Music::new(44_100, 1, 44_100, 4).write_wav(&wav, Sample::S16);
    for (extension, encoder, known) in [
        ("flac", "flacenc", true),
        (
            "8.flac",
            "audioconvert ! audio/x-raw,format=S8 ! flacenc",
            false,
        ),
    ] {
        if !media::can_make(encoder) {
            return;
        }
        let flac = media::encode(&wav, extension, encoder);
        let record = measure().arg("--checksum").arg(&flac).run().only();
        assert_eq!(record["status"], "ok", "{record}");
        assert_eq!(record["md5"].is_string(), known, "{record}");
        let warnings = record["warnings"].as_array().unwrap();
        assert_eq!(warnings.is_empty(), known, "{record}");
    }
}
