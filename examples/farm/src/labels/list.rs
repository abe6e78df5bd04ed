// SPDX-License-Identifier: MPL-2.0
//! Labels as they are read, and with their vectors as they are written.
use serde_json::{Map, Value, json};
use std::collections::HashSet;
use std::io::{self, Read, Write};
use std::path::Path;

/// A label of this name would be no tensor to who reads safetensors.
const METADATA: &str = "__metadata__";

/// The labels in a file, one on each line that is not blank, in its order; `-` is standard input.
pub(super) fn read(path: &Path) -> Result<Vec<String>, String> {
    let mut text = String::new();
    let read = match path == Path::new("-") {
        true => io::stdin().lock().read_to_string(&mut text).map(drop),
        false => std::fs::read_to_string(path).map(|all| text = all),
    };
    read.map_err(|error| format!("cannot read the labels {}: {error}", path.display()))?;
    parse(&text).map_err(|problem| format!("{}: {problem}", path.display()))
}

fn parse(text: &str) -> Result<Vec<String>, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let labels = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let labels: Vec<String> = labels.map(str::to_owned).collect();
    let mut seen = HashSet::new();
    match labels.iter().find(|label| !seen.insert(label.as_str())) {
        Some(twice) => Err(format!("\"{twice}\" is there twice")),
        None if labels.is_empty() => Err("there are no labels".to_owned()),
        None if seen.contains(METADATA) => Err(format!("{METADATA} cannot be a label")),
        None => Ok(labels),
    }
}

/// A JSON object of arrays, a label on each line.
pub(super) fn write_json(pairs: &[(&str, &[f32])], to: &mut dyn Write) -> io::Result<()> {
    for (i, (label, vector)) in pairs.iter().enumerate() {
        to.write_all(if i == 0 { b"{\n" } else { b",\n" })?;
        serde_json::to_writer(&mut *to, label)?;
        to.write_all(b": ")?;
        serde_json::to_writer(&mut *to, vector)?;
    }
    to.write_all(b"\n}\n")
}

/// A safetensors file with a one-dimensional tensor for each label.
pub(super) fn write_safetensors(pairs: &[(&str, &[f32])], to: &mut dyn Write) -> io::Result<()> {
    let (mut header, mut end) = (Map::new(), 0);
    for (label, vector) in pairs {
        let begin = end;
        end += size_of_val(*vector);
        let tensor = json!({"dtype": "F32", "shape": [vector.len()], "data_offsets": [begin, end]});
        header.insert((*label).to_owned(), tensor);
    }
    let mut header = Value::Object(header).to_string();
    // Tensors begin at a multiple of 8.
    let padding = header.len().next_multiple_of(8) - header.len();
    header.extend(std::iter::repeat_n(' ', padding));
    to.write_all(&(header.len() as u64).to_le_bytes())?;
    to.write_all(header.as_bytes())?;
    for number in pairs.iter().flat_map(|(_, vector)| *vector) {
        to.write_all(&number.to_le_bytes())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use auris_clap::Labels;
    use proptest::prelude::*;
    use std::io::Cursor;

    #[test]
    fn lines_are_labels() {
        let text = "\u{feff}a dog barks\r\n\n  rain \n# 7\n";
        assert_eq!(parse(text).unwrap(), ["a dog barks", "rain", "# 7"]);
        for (text, problem) in [
            ("", "no labels"),
            (" \n\n", "no labels"),
            ("rain\ndog\nrain", "\"rain\" is there twice"),
            ("__metadata__", "cannot be a label"),
        ] {
            let told = parse(text).unwrap_err();
            assert!(told.contains(problem), "{told}");
        }
        let told = read(Path::new("no/such")).unwrap_err();
        assert!(told.contains("no/such"), "{told}");
    }

    proptest! {
        #[test]
        fn what_is_written_is_what_clapembed_reads(
            pairs in prop::collection::btree_map("\\PC{1,12}", prop::collection::vec(-1_f32..1.0, 5), 1..6)
        ) {
            prop_assume!(pairs.values().all(|v| v.iter().any(|x| x.abs() > 1e-3)));
            let pairs: Vec<(&str, &[f32])> = pairs.iter().map(|(k, v)| (k.as_str(), &v[..])).collect();
            let (mut json, mut tensors) = (Vec::new(), Vec::new());
            write_json(&pairs, &mut json).unwrap();
            write_safetensors(&pairs, &mut tensors).unwrap();
            for file in [json, tensors] {
                let labels = Labels::read(Cursor::new(file), 5).unwrap();
                prop_assert_eq!(labels.count(), pairs.len());
                let mut best = Vec::new();
                for (i, (name, vector)) in pairs.iter().enumerate() {
                    prop_assert_eq!(labels.name(i), *name);
                    let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
                    let unit: Vec<f32> = vector.iter().map(|x| x / length).collect();
                    labels.best(&unit, pairs.len(), &mut best);
                    let own = best.iter().find(|(label, _)| *label == i).unwrap();
                    prop_assert!((own.1 - 1.0).abs() < 1e-5);
                }
            }
        }
    }
}
