// SPDX-License-Identifier: MPL-2.0
//! Vorbis: headers that lie, headers that are long, and streams in a row.
use super::farm::{folder, is_ok, measure, reason};
use super::media::{self, Music, Sample, wav_header};
use std::fs;
use std::path::{Path, PathBuf};

#[allow(dead_code, unused_imports)]
#[path = "../../src/integrity/tests/build/mod.rs"]
mod build;

const MIB: u64 = 1 << 20;

#[test]
fn a_setup_header_of_gigabytes_is_an_error_and_takes_none() {
    let folder = folder();
    let forged = folder.path().join("forged.ogg");
    let setup = build::setup(&[build::Codebook::new(32, 17); 256]);
    fs::write(&forged, build::vorbis_with(7, b"\x03vorbis", &setup, 3)).unwrap();
    let ended = measure().arg(&forged).run();
    let record = ended.only();
    assert_eq!(
        (ended.code, &record["error_kind"]),
        (Some(1), &"damaged".into())
    );
    assert!(reason(&record).contains("tables"), "{record}");
    assert!(ended.peak < 32 * MIB, "{}", ended.peak);
}

/// Ten seconds, encoded with a comment of so many bytes.
fn encoded(folder: &Path, seed: u64, comment: usize) -> PathBuf {
    let wav = folder.join(format!("{seed}-{comment}.wav"));
    Music::new(44_100, 2, 44_100 * 10, seed).write_wav(&wav, Sample::S16);
    let tags = match comment {
        0 => String::new(),
        bytes => format!("taginject tags=comment=\"{}\" ! ", "x".repeat(bytes)),
    };
    media::encode(
        &wav,
        "ogg",
        &format!("audioconvert ! {tags}vorbisenc ! oggmux"),
    )
}

#[test]
fn comments_of_megabytes_are_no_matter() {
    let folder = folder();
    let plain = measure().arg(encoded(folder.path(), 5, 0)).run().only();
    let path = encoded(folder.path(), 5, 3 << 20);
    assert!(fs::metadata(&path).unwrap().len() > 3 << 20);
    let record = measure().arg(&path).run().only();
    assert!(is_ok(&record), "{record}");
    assert_eq!(
        (&record["dr"], &record["frames"]),
        (&plain["dr"], &plain["frames"])
    );
}

#[test]
fn a_chain_is_measured_as_one_track() {
    let folder = folder();
    let links: Vec<PathBuf> = (6..9).map(|seed| encoded(folder.path(), seed, 0)).collect();
    let chain = folder.path().join("chain.ogg");
    let bytes: Vec<u8> = links
        .iter()
        .flat_map(|link| fs::read(link).unwrap())
        .collect();
    fs::write(&chain, bytes).unwrap();
    // The same, decoded link by link by another decoder.
    let mut samples = Vec::new();
    for link in &links {
        let raw = link.with_extension("raw");
        media::launch(&format!(
            "filesrc location={} ! oggdemux ! vorbisdec ! audio/x-raw,format=F32LE ! filesink location={}",
            link.display(),
            raw.display()
        ));
        samples.extend(fs::read(&raw).unwrap());
    }
    let joined = folder.path().join("joined.wav");
    let header = wav_header(44_100, 2, Sample::F32, samples.len() as u32);
    fs::write(&joined, [header, samples].concat()).unwrap();
    let (chain, joined) = (measure().arg(&chain).run(), measure().arg(&joined).run());
    assert!(!chain.stderr.contains("CRITICAL"), "{}", chain.stderr);
    let (chain, joined) = (chain.only(), joined.only());
    assert!(is_ok(&chain), "{chain}");
    let frames = |record: &serde_json::Value| record["frames"].as_u64().unwrap();
    let alone = links
        .iter()
        .map(|link| frames(&measure().arg(link).run().only()));
    assert_eq!(frames(&chain), alone.sum::<u64>());
    // GStreamer cuts the end of each at a time in nanoseconds, which may be a frame late.
    assert!(frames(&joined).abs_diff(frames(&chain)) <= links.len() as u64);
    assert_eq!(chain["dr"]["official"], joined["dr"]["official"]);
    let precise = |record: &serde_json::Value| record["dr"]["precise"].as_f64().unwrap();
    let difference = precise(&chain) - precise(&joined);
    assert!(difference.abs() < 1e-3, "{difference}");
    assert!(
        chain["warnings"].to_string().contains("chain of 3"),
        "{chain}"
    );
}

#[test]
fn a_chain_of_unlike_links_is_an_error() {
    let folder = folder();
    let stereo = encoded(folder.path(), 10, 0);
    let twice = folder.path().join("twice.ogg");
    fs::write(&twice, fs::read(&stereo).unwrap().repeat(2)).unwrap();
    let record = measure().arg(&twice).run().only();
    assert_eq!(record["error_kind"], "undecodable", "{record}");
    let wav = folder.path().join("mono.wav");
    Music::new(44_100, 1, 44_100 * 3, 11).write_wav(&wav, Sample::S16);
    let mono = media::encode(&wav, "ogg", "audioconvert ! vorbisenc ! oggmux");
    let chain = folder.path().join("chain.ogg");
    let bytes = [fs::read(stereo).unwrap(), fs::read(mono).unwrap()].concat();
    fs::write(&chain, bytes).unwrap();
    let record = measure().arg(&chain).run().only();
    assert_eq!(record["error_kind"], "undecodable", "{record}");
    assert!(reason(&record).contains("one after the other"), "{record}");
}
