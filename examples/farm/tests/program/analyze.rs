// SPDX-License-Identifier: MPL-2.0
//! `auris-farm analyze`: what is in the manifest and beside it.
use super::clap_model;
use super::farm::{Farm, folder, is_ok, names, records};
use super::json_schema::mistakes;
use super::media::{self, Music, Sample};
use safetensors::SafeTensors;
use serde_json::Value;
use std::fs;
use std::path::Path;

pub fn analyze(out: &Path) -> Farm {
    let mut farm = Farm::new(&["analyze", "--report", "ndjson", "--quiet", "--out"]).arg(out);
    // What the tests' own environment sets is none of theirs.
    for name in [
        "PERF_THREADS",
        "AUDIO_TARGET_SR",
        "CLAP_ENABLE_AMP",
        "CLAP_MAX_BATCH_AUDIO_SECONDS",
        "SEGMENT_WINDOW_SECONDS",
        "SEGMENT_HOP_SECONDS",
        "SEGMENT_AGGREGATE_MODE",
        "CACHE_DIR",
        "CACHE_TTL_HOURS",
        "CACHE_ENABLED",
    ] {
        farm = farm.env(name, "");
    }
    farm
}

/// The manifest of a folder.
pub fn manifest(out: &Path) -> Vec<Value> {
    records(&fs::read_to_string(out.join("manifest.ndjson")).unwrap())
}

/// An array of a safetensors file: its shape and its numbers.
pub fn array(path: &Path, name: &str) -> (Vec<usize>, Vec<f32>) {
    let bytes = fs::read(path).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let tensor = file.tensor(name).unwrap();
    let (numbers, _) = tensor.data().as_chunks::<4>();
    let numbers = numbers.iter().map(|&n| f32::from_le_bytes(n)).collect();
    (tensor.shape().to_vec(), numbers)
}

/// Without what differs from run to run, and from folder to folder.
pub fn lasting(record: &Value) -> Value {
    let mut record = record.clone();
    let fields = record.as_object_mut().unwrap();
    fields.remove("timings");
    fields.remove("output");
    fields.remove("origins");
    record
}

/// Twelve seconds.
pub fn music(folder: &Path) -> std::path::PathBuf {
    let path = folder.join("music.wav");
    Music::new(44_100, 2, 44_100 * 12, 1).write_wav(&path, Sample::S16);
    path
}

#[test]
fn everything_comes_of_one_pass() {
    let folder = folder();
    let input = music(folder.path());
    let (model, out) = (clap_model::write(folder.path()), folder.path().join("out"));
    let labels = folder.path().join("labels.json");
    let ones = format!(
        "{{\"one\": {:?}, \"two\": {:?}}}",
        [1; 64],
        [[1, -1]; 32].concat()
    );
    fs::write(&labels, ones).unwrap();
    let ended = analyze(&out)
        .args([
            "--segment-window",
            "5",
            "--segment-hop",
            "2.5",
            "--top-k",
            "1",
        ])
        .args(["--model".as_ref(), model.as_os_str()])
        .args(["--labels".as_ref(), labels.as_os_str()])
        .arg(&input)
        .run();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let record = ended.only();
    assert_eq!(manifest(&out), std::slice::from_ref(&record));
    assert_eq!(mistakes(&record), [""; 0]);
    assert_eq!(record["frames"], 44_100 * 12);
    assert_eq!(record["decoded"]["sample_format"], "S16LE");
    let bytes = fs::metadata(&input).unwrap().len();
    assert_eq!(record["bytes"], bytes);
    // What `measure` says of it.
    let measured = super::farm::measure()
        .arg("--loudness")
        .arg(&input)
        .run()
        .only();
    assert_eq!(record["results"]["loudness"], measured["loudness"]);
    let dr = &record["results"]["dr"];
    for (field, value) in measured["dr"].as_object().unwrap() {
        assert_eq!(dr[field], *value, "{field}");
    }
    assert_eq!(dr["peak_db"], measured["peak_db"]);
    assert_eq!(dr["rms_db"], measured["rms_db"]);
    // Frames of 512 samples at 48 kHz, the first around time zero.
    let frames = 12 * 48_000 / 512 + 1;
    let file = out.join("music.wav.safetensors");
    for (name, width) in [("mel", 128), ("mfcc", 20), ("descriptors", 18)] {
        let (shape, numbers) = array(&file, name);
        assert_eq!(shape, [frames, width]);
        let result = &record["results"][name];
        assert_eq!(result["frames"], frames);
        for statistic in ["mean", "deviation", "least", "most"] {
            assert_eq!(result[statistic].as_array().unwrap().len(), width);
        }
        let column = || numbers.iter().skip(width - 1).step_by(width);
        let mean = column().map(|&x| f64::from(x)).sum::<f64>() / frames as f64;
        let told = result["mean"][width - 1].as_f64().unwrap();
        assert!(
            (mean - told).abs() < 1e-6 * mean.abs().max(1.0),
            "{name}: {mean} {told}"
        );
    }
    // Windows at 0, 2.5, 5 and 7.5 s; the last ends with the audio, at 12 s, in part.
    let segments = record["segments"].as_array().unwrap();
    let begins: Vec<_> = segments
        .iter()
        .map(|s| s["start_s"].as_f64().unwrap())
        .collect();
    assert_eq!(begins, [0.0, 2.5, 5.0, 7.5]);
    assert_eq!(segments[2]["duration_s"], 5.0);
    assert_eq!(segments[3]["duration_s"], 4.5);
    assert_eq!(segments[0]["labels"].as_array().unwrap().len(), 1);
    assert_eq!(record["aggregate_strategy"], "mean");
    let (shape, windows) = array(&file, "clap.windows");
    assert_eq!(shape, [4, 64]);
    let (shape, aggregate) = array(&file, "clap.aggregate");
    assert_eq!(shape, [64]);
    let sums: Vec<f64> = (0..64)
        .map(|i| {
            windows
                .iter()
                .skip(i)
                .step_by(64)
                .map(|&x| f64::from(x))
                .sum()
        })
        .collect();
    let length = sums.iter().map(|x| x * x).sum::<f64>().sqrt();
    for (found, sum) in aggregate.iter().zip(&sums) {
        assert!((f64::from(*found) - sum / length).abs() < 1e-6);
    }
    let named: Vec<_> = record["arrays"]
        .as_array()
        .unwrap()
        .iter()
        .map(|a| &a["name"])
        .collect();
    assert_eq!(
        named,
        [
            "mel",
            "mfcc",
            "descriptors",
            "clap.windows",
            "clap.aggregate"
        ]
    );
    for stage in [
        "hash", "decode", "dr", "loudness", "features", "clap", "resample", "write",
    ] {
        assert!(
            record["timings"][stage].as_f64().is_some_and(|s| s >= 0.0),
            "{stage}"
        );
    }
    assert_eq!(names(&out), ["manifest.ndjson", "music.wav.safetensors"]);
}

#[test]
fn together_or_alone_the_numbers_are_the_same() {
    let folder = folder();
    let input = music(folder.path());
    let model = clap_model::write(folder.path());
    let run = |extract: &str| {
        let out = folder.path().join(extract.replace(',', "-"));
        let farm = analyze(&out).args(["--extract", extract, "--jobs", "1"]);
        let ended = farm
            .args(["--model".as_ref(), model.as_os_str()])
            .arg(&input)
            .run();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        (ended.only(), out.join("music.wav.safetensors"))
    };
    let (all, all_file) = run("dr,loudness,mel,mfcc,descriptors,clap");
    for name in ["dr", "loudness", "mel", "mfcc", "descriptors", "clap"] {
        let (alone, file) = run(name);
        assert_eq!(alone["results"][name], all["results"][name]);
        assert!(alone["results"][if name == "dr" { "mel" } else { "dr" }].is_null());
        for entry in alone["arrays"].as_array().unwrap() {
            let array_name = entry["name"].as_str().unwrap();
            assert_eq!(
                array(&file, array_name),
                array(&all_file, array_name),
                "{array_name}"
            );
        }
    }
}

#[test]
fn features_are_computed_at_the_rate_that_is_wanted() {
    let folder = folder();
    let input = music(folder.path());
    for (rate, wanted) in [("22050", 22_050), ("0", 44_100), ("48000", 48_000)] {
        let out = folder.path().join(rate);
        let farm = analyze(&out).args(["--extract", "mfcc", "--target-rate", rate]);
        let record = farm.arg(&input).run().only();
        assert_eq!(record["results"]["mfcc"]["rate"], wanted);
        assert_eq!(record["results"]["mfcc"]["frames"], 12 * wanted / 512 + 1);
    }
}

#[test]
fn arrays_come_in_the_form_that_is_wanted() {
    let folder = folder();
    let input = music(folder.path());
    let run = |form: &str| {
        let out = folder.path().join(form);
        let farm = analyze(&out).args(["--extract", "mel,mfcc,dr", "--arrays", form]);
        let ended = farm.arg(&input).run();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        (ended.only(), out)
    };
    let (_, whole) = run("safetensors");
    let (record, npy) = run("npy");
    let wanted = ["manifest.ndjson", "music.wav.mel.npy", "music.wav.mfcc.npy"];
    assert_eq!(names(&npy), wanted);
    for entry in record["arrays"].as_array().unwrap() {
        let bytes = fs::read(npy.join(entry["file"].as_str().unwrap())).unwrap();
        let header = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
        let (numbers, rest) = bytes[header..].as_chunks::<4>();
        let numbers: Vec<f32> = numbers.iter().map(|&n| f32::from_le_bytes(n)).collect();
        let file = whole.join("music.wav.safetensors");
        assert_eq!(array(&file, entry["name"].as_str().unwrap()).1, numbers);
        assert!(rest.is_empty());
    }
    let (record, none) = run("none");
    assert_eq!(names(&none), ["manifest.ndjson"]);
    assert!(record["arrays"].as_array().unwrap().is_empty() && record["output"].is_null());
}

#[test]
fn every_format_that_is_measured_is_analysed() {
    let folder = folder();
    let wav = folder.path().join("music.wav");
    Music::new(44_100, 2, 100_000, 1).write_wav(&wav, Sample::S16);
    let inputs = media::encode_all(&wav);
    let out = folder.path().join("out");
    let paths = inputs.iter().map(|(_, path)| path);
    let ended = analyze(&out)
        .args(["--extract", "dr,mfcc"])
        .args(paths)
        .run();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let found = ended.records();
    assert_eq!(found.len(), inputs.len());
    for (record, (_, path)) in found.iter().zip(&inputs) {
        let measured = super::farm::measure().arg(path).run().only();
        assert_eq!(
            record["results"]["dr"]["precise"], measured["dr"]["precise"],
            "{record}"
        );
        assert_eq!(record["decoded"]["decoder"], measured["format"]["decoder"]);
    }
    // Inputs that differ in their extension alone do not get into each other's way.
    assert_eq!(names(&out).len(), inputs.len() + 1);
}

#[test]
fn what_fails_is_told_and_the_rest_is_analysed() {
    let folder = folder();
    let music = folder.path().join("music");
    fs::create_dir_all(&music).unwrap();
    let good = Music::new(44_100, 2, 60_000, 3);
    good.write_wav(&music.join("good.wav"), Sample::S16);
    fs::write(music.join("cut.wav"), &good.wav(Sample::S16)[..50_000]).unwrap();
    fs::write(music.join("text.wav"), "no audio at all").unwrap();
    fs::write(
        music.join("empty.wav"),
        media::wav_header(44_100, 2, Sample::S16, 0),
    )
    .unwrap();
    let out = folder.path().join("out");
    let ended = analyze(&out).arg(&music).arg(music.join("gone.wav")).run();
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let found = ended.records();
    let kinds: Vec<_> = found
        .iter()
        .map(|r| r["error_kind"].as_str().unwrap_or("ok"))
        .collect();
    assert_eq!(
        kinds,
        ["truncated", "undecodable", "ok", "undecodable", "missing"]
    );
    for record in found.iter().filter(|record| !is_ok(record)) {
        assert_eq!(mistakes(record), [""; 0]);
        assert!(record["results"]["dr"].is_null() && record["arrays"] == Value::Array(vec![]));
    }
    assert_eq!(names(&out), ["good.wav.safetensors", "manifest.ndjson"]);
}

#[test]
fn an_extractor_that_cannot_does_not_hold_up_the_others() {
    let folder = folder();
    let input = folder.path().join("slow.wav");
    // Loudness is not defined at such a rate.
    Music::new(2000, 1, 30_000, 1).write_wav(&input, Sample::S16);
    let out = folder.path().join("out");
    let farm = analyze(&out).args(["--extract", "dr,loudness,mfcc"]);
    let ended = farm.arg(&input).run();
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let record = ended.only();
    assert_eq!(mistakes(&record), [""; 0]);
    assert_eq!(record["status"], "error");
    assert!(
        record["error"].as_str().unwrap().starts_with("loudness: "),
        "{record}"
    );
    assert_eq!(record["errors"]["loudness"]["kind"], "unsupported");
    assert!(record["results"]["loudness"].is_null());
    assert!(record["results"]["dr"]["exact"].is_object());
    assert!(record["results"]["mfcc"]["frames"].as_u64() > Some(100));
    assert_eq!(record["duration_s"], 15.0);
}
