// SPDX-License-Identifier: MPL-2.0
//! Names with embeddings to compare with, usually of texts.
use crate::Error;
use crate::direction::to_unit_length;
use crate::file::Tensors;
use crate::weights::Weights;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// Bytes that a file of labels has at most: a hundred thousand labels as JSON.
const LARGEST: u64 = 1 << 30;

/// Labels, sorted by name, with vectors of length 1.
#[derive(Debug, Clone)]
pub struct Labels {
    names: Vec<String>,
    /// One after another.
    vectors: Vec<f32>,
    dimensions: usize,
}

impl Labels {
    /// Reads a file that names a vector of so many numbers for each label: a JSON object of arrays,
    /// or a safetensors file of one-dimensional tensors of floats. Their length does not matter.
    ///
    /// # Errors
    /// [`Error::Labels`].
    pub fn open(path: impl AsRef<Path>, dimensions: usize) -> Result<Labels, Error> {
        let path = path.as_ref();
        let told = |problem: String| Error::Labels(format!("{}: {problem}", path.display()));
        let file = File::open(path).map_err(|error| told(error.to_string()))?;
        Labels::read(file, dimensions).map_err(|error| match error {
            Error::Labels(problem) => told(problem),
            other => told(other.to_string()),
        })
    }

    /// The same from anything that can be read.
    pub fn read(mut from: impl Read + Seek, dimensions: usize) -> Result<Labels, Error> {
        let length = from.seek(SeekFrom::End(0))?;
        from.seek(SeekFrom::Start(0))?;
        if length > LARGEST {
            return Err(Error::Labels(format!("it has {length} bytes")));
        }
        let mut begin = Vec::new();
        (&mut from).take(8).read_to_end(&mut begin)?;
        from.seek(SeekFrom::Start(0))?;
        // No text begins with so small a number.
        let header = begin.try_into().map_or(u64::MAX, u64::from_le_bytes);
        let pairs = match header <= length {
            true => from_tensors(from)?,
            false => from_json(from)?,
        };
        Labels::new(pairs, dimensions)
    }

    fn new(mut pairs: Vec<(String, Vec<f32>)>, dimensions: usize) -> Result<Labels, Error> {
        let wrong = |problem: String| Err(Error::Labels(problem));
        if pairs.is_empty() {
            return wrong("there are none".to_owned());
        }
        pairs.sort_by(|(a, _), (b, _)| a.cmp(b));
        let mut labels = Labels {
            names: Vec::with_capacity(pairs.len()),
            vectors: Vec::with_capacity(pairs.len().saturating_mul(dimensions)),
            dimensions,
        };
        for (name, mut vector) in pairs {
            if vector.len() != dimensions {
                let count = vector.len();
                return wrong(format!(
                    "\"{name}\" has {count} numbers where the model has {dimensions}: make them with the text tower of this model"
                ));
            }
            if labels.names.last() == Some(&name) {
                return wrong(format!("\"{name}\" is there twice"));
            }
            if !to_unit_length(&mut vector) {
                return wrong(format!(
                    "\"{name}\" is zero or has numbers that are not finite"
                ));
            }
            labels.vectors.extend(vector);
            labels.names.push(name);
        }
        Ok(labels)
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.names.len()
    }

    /// The name of a label.
    pub fn name(&self, label: usize) -> &str {
        self.names.get(label).map_or("", String::as_str)
    }

    /// Fills `best` with the `count` labels that are most like an embedding of length 1, and with the
    /// cosines between; the best comes first, of equals the first name.
    pub fn best(&self, embedding: &[f32], count: usize, best: &mut Vec<(usize, f32)>) {
        best.clear();
        if count == 0 {
            return;
        }
        let vectors = self.vectors.chunks_exact(self.dimensions.max(1));
        for (label, vector) in vectors.enumerate() {
            let score = dot(embedding, vector);
            if best.len() == count {
                match best.last() {
                    Some(&(_, least)) if score > least => best.pop(),
                    _ => continue,
                };
            }
            let place = best.partition_point(|&(_, better)| better >= score);
            best.insert(place, (label, score));
        }
    }
}

/// As eight sums, in an order that does not depend on the processor.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0_f32; 8];
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    for (a, b) in a.iter().zip(b) {
        for i in 0..8 {
            sums[i] += a[i] * b[i];
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f32>() + rest
}

fn from_tensors(from: impl Read + Seek) -> Result<Vec<(String, Vec<f32>)>, Error> {
    let mut tensors = Tensors::open(from)?;
    let names: Vec<String> = tensors.names().map(str::to_owned).collect();
    let vectors = names.into_iter().map(|name| {
        let shape = tensors.shape(&name)?.to_vec();
        if shape.len() != 1 {
            return Err(Error::Shape {
                name,
                found: shape,
                expected: "one dimension".to_owned(),
            });
        }
        let vector = tensors.read(&name, &shape)?;
        Ok((name, vector))
    });
    vectors.collect()
}

/// An object of arrays, with every name as often as it stands there.
struct Object(Vec<(String, Vec<f32>)>);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Object;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object that has an array of numbers for each label")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut entries = Vec::new();
                // As f64: whether a number too large for f32 is an error or infinite depends on how serde_json
                // was built.
                while let Some((name, numbers)) = map.next_entry::<String, Vec<f64>>()? {
                    entries.push((name, numbers.iter().map(|&x| x as f32).collect()));
                }
                Ok(Object(entries))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

fn from_json(from: impl Read) -> Result<Vec<(String, Vec<f32>)>, Error> {
    let mut text = Vec::new();
    from.take(LARGEST).read_to_end(&mut text)?;
    let Object(pairs) = serde_json::from_slice(&text).map_err(|problem| {
        Error::Labels(format!(
            "neither a JSON object of vectors nor a safetensors file: {problem}"
        ))
    })?;
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn read(bytes: &[u8]) -> Result<Labels, Error> {
        Labels::read(Cursor::new(bytes), 2)
    }

    fn tensors(header: &str, data: &[f32]) -> Vec<u8> {
        let mut file = (header.len() as u64).to_le_bytes().to_vec();
        file.extend(header.bytes());
        file.extend(data.iter().flat_map(|x| x.to_le_bytes()));
        file
    }

    const DOG_AND_CAT: &str = r#"{"dog":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},
        "cat":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}"#;

    #[test]
    fn both_formats_say_the_same() {
        let json = br#"{"dog": [3, 4.0], "cat": [-2e-3, 0]}"#;
        for file in [json.to_vec(), tensors(DOG_AND_CAT, &[3.0, 4.0, -2e-3, 0.0])] {
            let labels = read(&file).expect("these are labels");
            assert_eq!(labels.names, ["cat", "dog"]);
            assert_eq!(labels.vectors, [-1.0, 0.0, 0.6, 0.8]);
        }
    }

    #[test]
    fn what_are_no_labels_is_told() {
        let refusal = |file: &[u8]| read(file).expect_err("these are no labels").to_string();
        for (file, problem) in [
            (&b""[..], "neither"),
            (b"{}", "there are none"),
            (b"[]", "an object"),
            (b"dog", "neither"),
            (br#"{"dog": [1, 2], "dog": [1, 2]}"#, "twice"),
            (br#"{"dog": [1, 2, 3]}"#, "3 numbers where the model has 2"),
            (br#"{"dog": [0, 0]}"#, "zero"),
            (br#"{"dog": [1e39, 0]}"#, "not finite"),
            (br#"{"dog": "woof"}"#, "neither"),
        ] {
            let text = refusal(file);
            assert!(
                text.contains(problem),
                "{}: {text}",
                String::from_utf8_lossy(file)
            );
        }
        let text = refusal(&tensors(DOG_AND_CAT, &[1.0; 3]));
        assert!(text.contains("download"), "{text}");
        let matrix = r#"{"dog":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}"#;
        let text = refusal(&tensors(matrix, &[1.0; 2]));
        assert!(text.contains("one dimension"), "{text}");
        let missing = Labels::open("no/such.json", 2).expect_err("there is none");
        assert!(missing.to_string().contains("no/such.json"));
    }

    #[test]
    fn the_best_come_first() {
        let json = br#"{"e": [1, 0], "d": [0, 1], "c": [1, 1], "b": [1, 0], "a": [-1, 0]}"#;
        let labels = read(json).expect("these are labels");
        let mut best = Vec::new();
        let mut names = |embedding: [f32; 2], count| {
            labels.best(&embedding, count, &mut best);
            assert!(best.is_sorted_by(|(_, a), (_, b)| a >= b));
            let names = best.iter().map(|(label, _)| labels.name(*label));
            names.collect::<String>()
        };
        assert_eq!(names([1.0, 0.0], 9), "becda");
        assert_eq!(names([1.0, 0.0], 2), "be");
        assert_eq!(names([0.0, 1.0], 2), "dc");
        assert_eq!(names([0.0, 1.0], 0), "");
        labels.best(&[0.6, 0.8], 1, &mut best);
        assert!((best[0].1 - 1.4 / 2_f32.sqrt()).abs() < 1e-6);
    }

    #[test]
    fn a_dot_product_of_any_length_sees_every_number() {
        for count in 0..40 {
            let ones = vec![1.0; count];
            let numbers: Vec<f32> = (1..=count).map(|i| i as f32).collect();
            assert_eq!(dot(&ones, &numbers), (count * (count + 1) / 2) as f32);
        }
    }
}
