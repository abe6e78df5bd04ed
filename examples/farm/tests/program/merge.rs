// SPDX-License-Identifier: MPL-2.0
//! `auris-farm merge`: what another reader finds in its Parquet files.
use super::analyze::{analyze, array, manifest};
use super::clap_model;
use super::farm::{Ended, Farm, folder, names};
use super::media::{Music, Sample};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::{Field, Row};
use std::fs::{self, File};
use std::path::Path;

fn merge(output: &Path, manifests: &[&Path], more: &[&str]) -> Ended {
    let farm = Farm::new(&["merge", "--output"]).arg(output).args(more);
    farm.args(manifests).run()
}

fn rows(path: &Path) -> Vec<Row> {
    let reader = SerializedFileReader::new(File::open(path).unwrap()).unwrap();
    let rows = reader.get_row_iter(None).unwrap();
    rows.map(Result::unwrap).collect()
}

fn field<'a>(row: &'a Row, name: &str) -> &'a Field {
    let mut columns = row.get_column_iter();
    let found = columns.find(|(column, _)| *column == name);
    found.unwrap_or_else(|| panic!("no column {name}")).1
}

fn text(row: &Row, name: &str) -> Option<String> {
    match field(row, name) {
        Field::Str(text) => Some(text.clone()),
        Field::Null => None,
        other => panic!("{name}: {other:?}"),
    }
}

fn floats(row: &Row, name: &str) -> Option<Vec<f32>> {
    let Field::ListInternal(list) = field(row, name) else {
        return None;
    };
    let numbers = list.elements().iter().map(|number| match number {
        Field::Float(number) => *number,
        other => panic!("{name}: {other:?}"),
    });
    Some(numbers.collect())
}

#[test]
fn shards_become_one_table_with_their_embeddings() {
    let folder = folder();
    let music = folder.path().join("music");
    fs::create_dir(&music).unwrap();
    for number in 0..5 {
        let path = music.join(format!("{number}.wav"));
        Music::new(8000, 1, 8000 * 12, number).write_wav(&path, Sample::S16);
    }
    fs::write(music.join("text.wav"), "no audio at all").unwrap();
    let model = clap_model::write(folder.path());
    for form in ["safetensors", "npy"] {
        let out = folder.path().join(form);
        for shard in ["1/2", "2/2"] {
            let farm = analyze(&out).args(["--shard", shard, "--arrays", form]);
            farm.arg("--model").arg(&model).arg(&music).run();
        }
        let (inputs, segments) = (out.join("inputs.parquet"), out.join("segments.parquet"));
        let ended = merge(&inputs, &[&out], &[]);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let ended = merge(&segments, &[&out], &["--rows", "segments"]);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let (inputs, segments) = (rows(&inputs), rows(&segments));
        assert_eq!((inputs.len(), segments.len()), (6, 10));
        let whole = folder.path().join("whole");
        let farm = analyze(&whole).arg("--model").arg(&model);
        farm.arg(&music).run();
        for record in manifest(&whole) {
            let path = record["path"].as_str().unwrap();
            let of = |row: &&Row| text(row, "path").as_deref() == Some(path);
            let row = inputs.iter().find(of).unwrap();
            assert_eq!(text(row, "status").as_deref(), record["status"].as_str());
            assert_eq!(
                text(row, "error_kind").as_deref(),
                record["error_kind"].as_str()
            );
            assert_eq!(text(row, "sha256").as_deref(), record["sha256"].as_str());
            let name = Path::new(path)
                .file_name()
                .unwrap()
                .to_string_lossy()
                .into_owned();
            let mine: Vec<&Row> = segments.iter().filter(of).collect();
            if name == "text.wav" {
                assert!(mine.is_empty() && floats(row, "clap_embedding").is_none());
                assert_eq!(*field(row, "dr_precise"), Field::Null);
                continue;
            }
            let dr = record["results"]["dr"]["precise"].as_f64().unwrap();
            assert_eq!(*field(row, "dr_precise"), Field::Double(dr));
            assert_eq!(*field(row, "frames"), Field::Long(96_000));
            assert_eq!(floats(row, "mfcc_mean").map(|mean| mean.len()), Some(20));
            let file = whole.join(format!("{name}.safetensors"));
            let aggregate = array(&file, "clap.aggregate").1;
            assert_eq!(floats(row, "clap_embedding"), Some(aggregate));
            let windows = array(&file, "clap.windows").1;
            for (index, (row, window)) in mine.iter().zip(windows.chunks(64)).enumerate() {
                assert_eq!(*field(row, "index"), Field::Long(index as i64));
                assert_eq!(*field(row, "start_s"), Field::Double(10.0 * index as f64));
                assert_eq!(floats(row, "embedding").as_deref(), Some(window));
            }
        }
    }
}

#[test]
fn what_cannot_be_merged_is_told_and_leaves_nothing() {
    let folder = folder();
    let input = folder.path().join("a.wav");
    Music::new(8000, 1, 8000, 1).write_wav(&input, Sample::S16);
    let model = clap_model::write(folder.path());
    let out = folder.path().join("out");
    let farm = analyze(&out).args(["--extract", "clap", "--model"]);
    assert_eq!(farm.arg(&model).arg(&input).run().code, Some(0));
    let table = out.join("table.parquet");
    let told = |ended: Ended, wanted: &str| {
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(ended.stderr.contains(wanted), "{wanted}: {ended:?}");
    };
    told(merge(&table, &[folder.path()], &[]), "no manifest");
    told(merge(&table, &[&out.join("none")], &[]), "none");
    let path = out.join("manifest.ndjson");
    told(merge(&path, &[&out], &[]), "it is a manifest");
    let arrays = out.join("a.wav.safetensors");
    let bytes = fs::read(&arrays).unwrap();
    for spoiled in [&bytes[..bytes.len() - 4], &bytes[..20], b"text"] {
        fs::write(&arrays, spoiled).unwrap();
        told(merge(&table, &[&out], &[]), "a.wav.safetensors");
    }
    assert_eq!(names(&out), ["a.wav.safetensors", "manifest.ndjson"]);
    fs::write(&arrays, &bytes).unwrap();
    assert_eq!(merge(&table, &[&out], &[]).code, Some(0));
}
