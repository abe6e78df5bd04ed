// SPDX-License-Identifier: MPL-2.0
use super::*;

fn decoded() -> Decoded {
    Decoded {
        frames: 3,
        rate: 8000,
        channels: 1,
        sample_format: "S16LE".to_owned(),
        decoder: None,
        warnings: Vec::new(),
    }
}

fn written(path: &std::path::Path) -> Artefact {
    let mut writer = Writer::new(Storage::Kept(File::create(path).unwrap())).unwrap();
    writer.begin("rows", Some(3));
    writer.push(&[1.0, 2.0]);
    writer.push(&[3.0, 4.0, 5.0, f32::NAN]);
    writer.begin("none", Some(7));
    writer.begin("line", None);
    writer.push(&[6.0]);
    let result = serde_json::json!({"a": 0.1});
    writer.finish("the key", 7, &decoded(), result).unwrap()
}

#[test]
fn what_was_written_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    let footer = written(&path).footer;
    let mut found = Artefact::open(File::open(&path).unwrap()).unwrap();
    assert_eq!(found.footer, footer);
    let shapes: Vec<_> = footer.arrays.iter().map(|a| a.shape.clone()).collect();
    assert_eq!(shapes, [vec![2, 3], vec![0, 7], vec![1]]);
    let mut rows = Vec::new();
    let mut keep = |row: &[f32]| -> io::Result<()> {
        rows.push(row.to_vec());
        Ok(())
    };
    found.rows("rows", 3, &mut keep).unwrap();
    found.rows("line", 3, &mut keep).unwrap();
    assert_eq!(rows[0], [1.0, 2.0, 3.0]);
    assert!(rows[1][..2] == [4.0, 5.0] && rows[1][2].is_nan());
    assert_eq!(rows[2], [6.0]);
    assert!(found.read("other").is_err());
}

#[test]
fn any_flipped_bit_and_any_cut_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    written(&path);
    let good = std::fs::read(&path).unwrap();
    let open = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        Artefact::open(File::open(&path).unwrap())
    };
    assert!(open(&good).is_ok());
    for place in 0..good.len() {
        let mut bad = good.clone();
        bad[place] ^= 1 << (place % 8);
        assert!(open(&bad).is_err(), "a bit of byte {place}");
        assert!(open(&good[..place]).is_err(), "cut at {place}");
    }
}

#[test]
fn what_hashes_well_but_makes_no_sense_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    let footer = |offset: u64, count: u64| {
        let array = Array {
            name: "a".to_owned(),
            shape: vec![count, u64::MAX / 8],
            offset,
        };
        let footer = Footer {
            key: String::new(),
            created: 0,
            decoded: decoded(),
            result: serde_json::Value::Null,
            arrays: vec![array],
        };
        serde_json::to_vec(&footer).unwrap()
    };
    for (magic, text, length) in [
        (MAGIC, footer(8, 1), None),
        (MAGIC, footer(u64::MAX, 0), None),
        (MAGIC, footer(0, 0), None),
        (MAGIC, footer(8, 0), Some(u64::MAX)),
        (MAGIC, b"{".to_vec(), None),
        (*b"AURISA02", footer(8, 0), None),
    ] {
        let mut file = magic.to_vec();
        file.extend(&text);
        file.extend(length.unwrap_or(text.len() as u64).to_le_bytes());
        file.extend(digest::of(&file));
        std::fs::write(&path, &file).unwrap();
        assert!(Artefact::open(File::open(&path).unwrap()).is_err());
    }
}
