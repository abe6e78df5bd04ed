// SPDX-License-Identifier: MPL-2.0
//! Where each result goes, and what must not be there.
use crate::engine::{Failure, Kind};
use crate::inputs::{Input, Source};
use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

/// What the name of a result ends in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// What its input's name does.
    Same,
    /// This extension in place of its input's.
    Instead(&'static str),
    /// This extension behind its input's, so that inputs that differ in theirs alone have a result each.
    Behind(&'static str),
}

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
    /// Finds a place below `out` for every input. `others` are files that are no inputs, but must not be
    /// replaced either.
    pub fn new(inputs: &[Input], out: &Path, ending: Ending, others: &[&Path]) -> Self {
        let targets: Vec<PathBuf> = inputs
            .iter()
            .map(|input| out.join(name(input, ending)))
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

    /// That no other result has its name.
    ///
    /// # Errors
    /// [`Kind::Refused`]: what is.
    pub fn check(&self, index: usize, inputs: &[Input]) -> Result<(), Failure> {
        match self.rivals.get(&index) {
            Some(rival) => {
                let (one, other) = (&inputs[index].source, &inputs[*rival].source);
                let message = format!(
                    "{} and {} would both become {}; {}",
                    one.display(),
                    other.display(),
                    self.target(index).display(),
                    remedy(one, other)
                );
                Err(Failure::new(Kind::Refused, message))
            }
            None => Ok(()),
        }
    }

    /// That nothing is in the way of a file.
    ///
    /// # Errors
    /// [`Kind::Refused`]: what is.
    pub fn check_file(&self, target: &Path, overwrite: bool) -> Result<(), Failure> {
        let refuse = |why: String| Err(Failure::new(Kind::Refused, why));
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

/// What helps two whose results would have one name.
fn remedy(one: &Source, other: &Source) -> &'static str {
    let folder = |source: &Source| source.path().map(|path| path.parent().map(Path::to_owned));
    match (folder(one), folder(other)) {
        (Some(one), Some(other)) if one != other => {
            "name the folder that holds both, or run them apart with an --out each"
        }
        _ => "run them apart with an --out each",
    }
}

fn identity(path: &Path) -> Option<(u64, u64)> {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.dev(), metadata.ino()))
}

/// The name below the folder of results.
fn name(input: &Input, ending: Ending) -> PathBuf {
    let own = match &input.source {
        Source::File(path) => last_components(path, input.below),
        Source::Url(url) => PathBuf::from(url_name(url)),
    };
    match ending {
        Ending::Same => own,
        Ending::Instead(extension) => own.with_extension(extension),
        Ending::Behind(extension) => {
            let mut name = own.into_os_string();
            name.push(".");
            name.push(extension);
            name.into()
        }
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
        use Ending::{Behind, Instead, Same};
        for (word, below, ending, wanted) in [
            ("/music/a/b/c.flac", 2, Same, "b/c.flac"),
            ("/music/a/b/c.d.flac", 1, Instead("mp3"), "c.d.mp3"),
            ("/music/a/b/c.d.flac", 2, Behind("npy"), "b/c.d.flac.npy"),
            ("../a/./c.wav", 9, Instead("wv"), "a/c.wv"),
            ("https://host/a/b.ogg?x=/y.z", 1, Instead("flac"), "b.flac"),
            ("https://host/..", 1, Instead("flac"), "stream.flac"),
        ] {
            assert_eq!(name(&input(word, below), ending), Path::new(wanted));
        }
    }

    #[test]
    fn two_of_one_name_are_both_refused() {
        let inputs = [
            input("x/a.wav", 1),
            input("x/b.wav", 1),
            input("y/a.flac", 1),
        ];
        let new = |ending| Places::new(&inputs, Path::new("/nonexistent"), ending, &[]);
        let places = new(Ending::Instead("flac"));
        for index in [0, 2] {
            let refused = places.check(index, &inputs).unwrap_err();
            assert_eq!(refused.kind, Kind::Refused);
            assert!(refused.message.contains("x/a.wav"), "{refused}");
            assert!(refused.message.contains("y/a.flac"), "{refused}");
            assert!(refused.message.contains("holds both"), "{refused}");
        }
        assert!(places.check(1, &inputs).is_ok());
        assert!(places.check_file(places.target(1), false).is_ok());
        assert!(new(Ending::Behind("flac")).check(0, &inputs).is_ok());
        // Of one folder, no folder helps.
        let inputs = [input("x/a.wav", 1), input("x/a.flac", 1)];
        let places = Places::new(&inputs, Path::new("o"), Ending::Instead("png"), &[]);
        let refused = places.check(0, &inputs).unwrap_err().message;
        assert!(refused.contains("apart") && !refused.contains("folder"));
    }
}
