// SPDX-License-Identifier: MPL-2.0
//! Where each result goes, and what must not be there.
use crate::engine::{Failure, Kind};
use crate::inputs::{Input, Source};
use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

/// The place of every result.
pub struct Places {
    /// Per input, as in the list.
    targets: Vec<PathBuf>,
    /// Another input whose result would have the same name.
    rivals: HashMap<usize, usize>,
    /// Device and inode of all files that are only read.
    precious: HashSet<(u64, u64)>,
}

impl Places {
    /// Finds a place below `out` for every input; its name ends as the input's own does, or in
    /// `extension`. `others` are files that are no inputs, but must not be replaced either.
    pub fn new(inputs: &[Input], out: &Path, extension: Option<&str>, others: &[&Path]) -> Self {
        let targets: Vec<PathBuf> = inputs
            .iter()
            .map(|input| out.join(name(input, extension)))
            .collect();
        let (mut first, mut rivals) = (HashMap::new(), HashMap::new());
        for (index, target) in targets.iter().enumerate() {
            let holder = *first.entry(target).or_insert(index);
            if holder != index {
                rivals.insert(index, holder);
                rivals.entry(holder).or_insert(index);
            }
        }
        let inputs = inputs.iter().filter_map(|input| input.source.path());
        let precious = inputs.chain(others.iter().copied()).filter_map(identity);
        Places {
            precious: precious.collect(),
            rivals,
            targets,
        }
    }

    /// Where the result of an input goes.
    pub fn target(&self, index: usize) -> &Path {
        &self.targets[index]
    }

    /// That nothing is in its way.
    ///
    /// # Errors
    /// [`Kind::Refused`]: what is.
    pub fn check(&self, index: usize, inputs: &[Input], overwrite: bool) -> Result<(), Failure> {
        let target = self.target(index);
        let refuse = |why: String| Err(Failure::new(Kind::Refused, why));
        if let Some(rival) = self.rivals.get(&index) {
            return refuse(format!(
                "{} and {} would both become {}; name folders instead, or process them apart",
                inputs[index].source.display(),
                inputs[*rival].source.display(),
                target.display()
            ));
        }
        if identity(target).is_some_and(|found| self.precious.contains(&found)) {
            return refuse(format!(
                "{} is an input itself, or read by this run; name another --out",
                target.display()
            ));
        }
        match fs::symlink_metadata(target) {
            Ok(found) if found.is_dir() => refuse(format!("{} is a folder", target.display())),
            Ok(_) if !overwrite => refuse(format!(
                "{} exists; --overwrite replaces it",
                target.display()
            )),
            _ => Ok(()),
        }
    }
}

/// Leaves out inputs that were only found because the results of earlier runs lie within a folder
/// that was named. True if there were any.
pub fn leave_out_results(inputs: &mut Vec<Input>, out: &Path) -> bool {
    let Ok(out) = fs::canonicalize(out) else {
        return false;
    };
    let before = inputs.len();
    let mut last: Option<(PathBuf, bool)> = None;
    inputs.retain(|input| {
        let Some(folder) = input.source.path().and_then(Path::parent) else {
            return true;
        };
        if input.below < 2 {
            return true;
        }
        // Neighbours share their folder.
        if let Some((asked, inside)) = &last
            && asked == folder
        {
            return !inside;
        }
        let root = folder.ancestors().nth(input.below - 1);
        let lies_in = |path: &Path| {
            let path = if path.as_os_str().is_empty() {
                Path::new(".")
            } else {
                path
            };
            fs::canonicalize(path).is_ok_and(|path| path.starts_with(&out))
        };
        let inside = lies_in(folder) && !root.is_some_and(lies_in);
        last = Some((folder.to_owned(), inside));
        !inside
    });
    inputs.len() < before
}

fn identity(path: &Path) -> Option<(u64, u64)> {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.dev(), metadata.ino()))
}

/// The name below the folder of results.
fn name(input: &Input, extension: Option<&str>) -> PathBuf {
    let own = match &input.source {
        Source::File(path) => last_components(path, input.below),
        Source::Url(url) => PathBuf::from(url_name(url)),
    };
    match extension {
        Some(extension) => own.with_extension(extension),
        None => own,
    }
}

/// Components that lead downwards, at most `count`.
fn last_components(path: &Path, count: usize) -> PathBuf {
    let names: Vec<_> = path
        .components()
        .filter_map(|component| match component {
            Component::Normal(name) => Some(name),
            _ => None,
        })
        .collect();
    names[names.len().saturating_sub(count)..].iter().collect()
}

/// The last part of a URL's path, or its host.
fn url_name(url: &str) -> OsString {
    let end = url.find(['?', '#']).unwrap_or(url.len());
    let mut parts = url[..end].rsplit('/').filter(|part| !part.is_empty());
    let name = parts.next().unwrap_or("stream");
    if matches!(name, "." | "..") {
        "stream".into()
    } else {
        name.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(word: &str, below: usize) -> Input {
        Input {
            source: Source::from_word(word.as_ref()),
            below,
            problem: None,
        }
    }

    #[test]
    fn names_keep_what_lies_below_the_named_folder() {
        for (word, below, extension, wanted) in [
            ("/music/a/b/c.flac", 2, None, "b/c.flac"),
            ("/music/a/b/c.d.flac", 1, Some("mp3"), "c.d.mp3"),
            ("../a/./c.wav", 9, Some("wv"), "a/c.wv"),
            ("https://host/a/b.ogg?x=/y.z", 1, Some("flac"), "b.flac"),
            ("https://host/..", 1, Some("flac"), "stream.flac"),
        ] {
            assert_eq!(name(&input(word, below), extension), Path::new(wanted));
        }
    }

    #[test]
    fn two_of_one_name_are_both_refused() {
        let inputs = [
            input("x/a.wav", 1),
            input("x/b.wav", 1),
            input("y/a.flac", 1),
        ];
        let places = Places::new(&inputs, Path::new("/nonexistent"), Some("flac"), &[]);
        for index in [0, 2] {
            let refused = places.check(index, &inputs, true).unwrap_err();
            assert_eq!(refused.kind, Kind::Refused);
            assert!(refused.message.contains("x/a.wav"), "{refused}");
            assert!(refused.message.contains("y/a.flac"), "{refused}");
        }
        assert!(places.check(1, &inputs, false).is_ok());
    }
}
