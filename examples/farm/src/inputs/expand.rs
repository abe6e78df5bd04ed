// SPDX-License-Identifier: MPL-2.0
//! Walks folders and playlists.
use super::playlist::{self, Playlist};
use super::{AUDIO_EXTENSIONS, Input, Source, has_extension};
use std::collections::HashSet;
use std::collections::hash_map::RandomState;
use std::fs;
use std::hash::BuildHasher;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

/// What the named paths hold.
#[derive(Debug, Default)]
pub struct Expanded {
    /// In the order they were named, files of a folder sorted by name and before its subfolders;
    /// each once, at its first place.
    pub inputs: Vec<Input>,
    /// What a person may want to know, such as a folder without audio files.
    pub warnings: Vec<String>,
}

/// Lists the inputs that `paths` stand for; `-` is a list on `stdin`.
///
/// Nothing is dropped in silence: what is missing or cannot be read stays in the list, so that it is
/// reported as an error.
///
/// # Errors
/// `stdin` cannot be read.
pub fn expand(paths: &[PathBuf], stdin: &mut dyn Read) -> io::Result<Expanded> {
    let mut walk = Walk::default();
    for path in paths {
        if path.as_os_str() == "-" {
            let list = playlist::read_list(stdin)?;
            if list.is_empty() {
                walk.warn("the list on standard input is empty".to_owned());
            }
            for source in list {
                let below = components_below(Path::new(""), &source);
                walk.take(source, below);
            }
        } else {
            walk.take(Source::from_word(path.as_os_str()), 0);
        }
    }
    Ok(walk.expanded)
}

#[derive(Default)]
struct Walk {
    expanded: Expanded,
    seen: Seen,
    /// Device and inode of folders and playlists already read: a link back to one ends there.
    visited: HashSet<(u64, u64)>,
}

impl Walk {
    fn warn(&mut self, warning: String) {
        self.expanded.warnings.push(warning);
    }

    /// Adds what `source` stands for, of whose path the last `below` components count, none where it
    /// was named itself: a folder is the root of what it holds then. A stack, not recursion: playlists
    /// may nest as deep as they like.
    fn take(&mut self, source: Source, below: usize) {
        let mut stack = vec![(source, below)];
        while let Some((source, below)) = stack.pop() {
            let Some(path) = source.path() else {
                self.push(source, below, None);
                continue;
            };
            let Ok(metadata) = fs::metadata(path) else {
                self.push(source, below, None);
                continue;
            };
            if metadata.is_dir() {
                let path = path.to_owned();
                self.folder(path, below);
            } else if metadata.is_file() && playlist::is_playlist(path) {
                match playlist::read(path) {
                    Ok(Playlist::List(entries)) => {
                        if self.visited.insert((metadata.dev(), metadata.ino())) {
                            if entries.is_empty() {
                                self.warn(format!("no entries in {}", path.display()));
                            }
                            let folder = path.parent().unwrap_or(Path::new(""));
                            let entries = entries.into_iter().rev().map(|entry| {
                                let below = components_below(folder, &entry);
                                (entry, below)
                            });
                            stack.extend(entries);
                        }
                    }
                    Ok(Playlist::Stream) => self.push(source, below, None),
                    Err(error) => {
                        let problem = format!("playlist cannot be read: {error}");
                        self.push(source, below, Some(problem));
                    }
                }
            } else {
                self.push(source, below, None);
            }
        }
    }

    /// Adds what lies in `root`, of whose own components `below` count.
    fn folder(&mut self, root: PathBuf, below: usize) {
        let mut found_any = false;
        let mut stack = vec![(root.clone(), below)];
        while let Some((folder, below)) = stack.pop() {
            match self.list(&folder) {
                Ok(None) => found_any = true, // said when it was visited first
                Ok(Some(Listing { files, folders })) => {
                    found_any |= !files.is_empty();
                    for file in files {
                        self.push(Source::File(file), below + 1, None);
                    }
                    stack.extend(folders.into_iter().rev().map(|folder| (folder, below + 1)));
                }
                Err(error) => {
                    let problem = format!("folder cannot be read: {error}");
                    self.push(Source::File(folder), below, Some(problem));
                    found_any = true;
                }
            }
        }
        if !found_any {
            self.warn(format!("no audio files in {}", root.display()));
        }
    }

    /// The audio files and the folders in `folder`, each sorted; `None` where it was visited before.
    fn list(&mut self, folder: &Path) -> io::Result<Option<Listing>> {
        let mut listing = Listing::default();
        let metadata = fs::metadata(folder)?;
        if !self.visited.insert((metadata.dev(), metadata.ino())) {
            return Ok(None);
        }
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if entry.file_name().as_bytes().starts_with(b".") {
                continue;
            }
            let path = entry.path();
            let mut kind = entry.file_type()?;
            if kind.is_symlink() {
                match fs::metadata(&path) {
                    Ok(target) => kind = target.file_type(),
                    // A dangling link to a track is a missing track, not nothing.
                    Err(_) if has_extension(&path, AUDIO_EXTENSIONS) => {
                        listing.files.push(path);
                        continue;
                    }
                    Err(_) => continue,
                }
            }
            if kind.is_dir() {
                listing.folders.push(path);
            } else if kind.is_file() && has_extension(&path, AUDIO_EXTENSIONS) {
                listing.files.push(path);
            }
        }
        listing.files.sort_unstable();
        listing.folders.sort_unstable();
        Ok(Some(listing))
    }

    fn push(&mut self, source: Source, below: usize, problem: Option<String>) {
        if self.seen.insert(&source) {
            let input = Input {
                source,
                below: below.max(1),
                problem,
            };
            self.expanded.inputs.push(input);
        }
    }
}

/// How many components of what a list in `folder` names lie below that folder; of a path that leads
/// elsewhere only the last one counts.
fn components_below(folder: &Path, source: &Source) -> usize {
    let Some(path) = source.path() else { return 1 };
    let Some(rest) = path.strip_prefix(folder).ok().filter(|p| p.is_relative()) else {
        return 1;
    };
    let mut count = 0;
    for component in rest.components() {
        match component {
            Component::Normal(_) => count += 1,
            Component::CurDir => {}
            _ => return 1,
        }
    }
    count.max(1)
}

#[derive(Default)]
struct Listing {
    files: Vec<PathBuf>,
    folders: Vec<PathBuf>,
}

/// The inputs so far, as two independent hashes each: 16 bytes whatever the length of the path.
///
/// Two names are the same input when they lead through the same folder to the same name. A link to a
/// file is an input of its own: a compilation made of links keeps all its tracks.
#[derive(Default)]
struct Seen {
    hashes: HashSet<(u64, u64)>,
    keys: (RandomState, RandomState),
    /// The folder asked about last, with its canonical form: neighbours share it.
    last: Option<(PathBuf, PathBuf)>,
}

impl Seen {
    fn insert(&mut self, source: &Source) -> bool {
        let canonical;
        let name = match source
            .path()
            .and_then(|path| Some((path.parent()?, path.file_name()?)))
        {
            Some((parent, name)) => {
                canonical = self.canonical(parent).join(name);
                canonical.as_os_str().as_bytes()
            }
            None => source.as_bytes(),
        };
        self.hashes
            .insert((self.keys.0.hash_one(name), self.keys.1.hash_one(name)))
    }

    fn canonical(&mut self, folder: &Path) -> &Path {
        if self.last.as_ref().is_none_or(|(asked, _)| asked != folder) {
            let here = if folder.as_os_str().is_empty() {
                Path::new(".")
            } else {
                folder
            };
            let canonical = fs::canonicalize(here).unwrap_or_else(|_| folder.to_owned());
            self.last = Some((folder.to_owned(), canonical));
        }
        self.last
            .as_ref()
            .map_or(Path::new(""), |(_, canonical)| canonical)
    }
}
