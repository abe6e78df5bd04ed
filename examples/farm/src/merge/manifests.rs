// SPDX-License-Identifier: MPL-2.0
//! The records of manifests, each input once.
use crate::record::Analyzed;
use serde::Deserialize;
use std::collections::HashMap;
use std::error::Error;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Seek};
use std::path::{Path, PathBuf};

/// Where a record stands.
#[derive(Debug, Clone, Copy)]
struct Place {
    manifest: usize,
    offset: u64,
    line: usize,
}

/// Manifests, of which only is known where their records stand.
pub struct Manifests {
    files: Vec<(PathBuf, BufReader<File>)>,
    places: Vec<Place>,
}

/// Takes a record, and the folder of its manifest.
pub type Each<'a> = dyn FnMut(&Path, Analyzed) -> Result<(), Box<dyn Error>> + 'a;

/// What tells one record from another.
#[derive(Deserialize)]
struct Named {
    path: String,
}

impl Manifests {
    /// Those that are named, and in folders `manifest*.ndjson`, by their names.
    ///
    /// # Errors
    /// A sentence that says which cannot be read and why.
    pub fn open(paths: &[PathBuf]) -> Result<Self, Box<dyn Error>> {
        let mut manifests = Manifests {
            files: Vec::new(),
            places: Vec::new(),
        };
        // The last record of an input counts, at the place of its first.
        let mut known: HashMap<String, usize> = HashMap::new();
        for path in paths {
            let files = expand(path).map_err(|error| format!("{}: {error}", path.display()))?;
            for file in files {
                manifests.add(&file, &mut known)?;
            }
        }
        Ok(manifests)
    }

    fn add(&mut self, path: &Path, known: &mut HashMap<String, usize>) -> Result<(), String> {
        let told = |error: io::Error| format!("{}: {error}", path.display());
        let mut reader = BufReader::new(File::open(path).map_err(told)?);
        let (mut offset, mut number, mut line) = (0, 0, String::new());
        loop {
            line.clear();
            let length = reader.read_line(&mut line).map_err(told)?;
            if length == 0 {
                break;
            }
            number += 1;
            let place = Place {
                manifest: self.files.len(),
                offset,
                line: number,
            };
            offset += length as u64;
            if line.trim().is_empty() {
                continue;
            }
            let named: Named = serde_json::from_str(&line)
                .map_err(|error| format!("{}, line {number}: {error}", path.display()))?;
            match known.get(&named.path) {
                Some(&index) => self.places[index] = place,
                None => {
                    known.insert(named.path, self.places.len());
                    self.places.push(place);
                }
            }
        }
        self.files.push((path.to_owned(), reader));
        Ok(())
    }

    /// Whether `path` is one of them.
    pub fn contains(&self, path: &Path) -> bool {
        let real = |path: &Path| fs::canonicalize(path).ok();
        let path = real(path);
        path.is_some() && self.files.iter().any(|(file, _)| real(file) == path)
    }

    /// Calls `each` with the records, and with the folder of the manifest that each is of.
    ///
    /// # Errors
    /// A record that is none, and what `each` says.
    pub fn each(&mut self, each: &mut Each<'_>) -> Result<(), Box<dyn Error>> {
        let mut line = String::new();
        for place in &self.places {
            let (path, reader) = &mut self.files[place.manifest];
            let folder = path.parent().unwrap_or(Path::new("")).to_owned();
            line.clear();
            // Most follow each other: what is read ahead stays.
            let now = reader.stream_position()?;
            let by = place.offset as i64 - now as i64;
            reader.seek_relative(by)?;
            reader.read_line(&mut line)?;
            let number = place.line;
            let record = serde_json::from_str(&line)
                .map_err(|error| format!("{}, line {number}: {error}", path.display()))?;
            each(&folder, record)?;
        }
        Ok(())
    }
}

/// The manifests in a folder; anything else as it is.
fn expand(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("manifest") && name.ends_with(".ndjson") {
            found.push(entry.path());
        }
    }
    if found.is_empty() {
        return Err(io::Error::new(
            io::ErrorKind::NotFound,
            "there is no manifest*.ndjson in it",
        ));
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Rendering;

    fn line(path: &str, frames: u64) -> String {
        let mut rendering = Rendering::blank(path.to_owned(), None);
        rendering.frames = Some(frames);
        serde_json::to_string(&Analyzed::from(rendering)).unwrap()
    }

    fn all(paths: &[PathBuf]) -> Vec<(String, u64)> {
        let mut found = Vec::new();
        let mut manifests = Manifests::open(paths).unwrap();
        let each = &mut |_: &Path, record: Analyzed| {
            found.push((record.rendering.path, record.rendering.frames.unwrap()));
            Ok(())
        };
        manifests.each(each).unwrap();
        found
    }

    #[test]
    fn the_last_record_of_an_input_counts() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, lines: &[String]| {
            let path = folder.path().join(name);
            fs::write(&path, lines.join("\n") + "\n\n").unwrap();
            path
        };
        let two = write("manifest-2-of-2.ndjson", &[line("c", 3), line("a", 4)]);
        let one = write("manifest-1-of-2.ndjson", &[line("a", 1), line("b", 2)]);
        write("other.ndjson", &["{".to_owned()]);
        let of = |pairs: &[(&str, u64)]| -> Vec<(String, u64)> {
            pairs.iter().map(|(p, n)| ((*p).to_owned(), *n)).collect()
        };
        assert_eq!(
            all(&[folder.path().to_owned()]),
            of(&[("a", 4), ("b", 2), ("c", 3)])
        );
        assert_eq!(
            all(&[two.clone(), one]),
            of(&[("c", 3), ("a", 1), ("b", 2)])
        );
        assert!(
            Manifests::open(std::slice::from_ref(&two))
                .unwrap()
                .contains(&two)
        );
    }

    #[test]
    fn what_is_no_manifest_is_told_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.ndjson");
        fs::write(&path, line("a", 1) + "\n{\"path\": \"b\"}\n").unwrap();
        let mut manifests = Manifests::open(std::slice::from_ref(&path)).unwrap();
        let error = manifests.each(&mut |_, _| Ok(())).unwrap_err().to_string();
        assert!(error.contains("m.ndjson, line 2"), "{error}");
        fs::write(&path, "no json").unwrap();
        assert!(Manifests::open(&[path]).is_err());
        let empty = folder.path().join("empty");
        fs::create_dir(&empty).unwrap();
        let error = Manifests::open(&[empty]).err().unwrap().to_string();
        assert!(error.contains("no manifest"), "{error}");
    }
}
