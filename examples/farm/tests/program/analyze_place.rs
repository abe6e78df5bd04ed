// SPDX-License-Identifier: MPL-2.0
//! What tests of the cache have in common.
use super::analyze::{analyze, lasting};
use super::clap_model;
use super::farm::{Ended, Farm, folder};
use super::media::{Music, Sample};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A folder with music, a model, and room for results and a cache.
pub struct Place {
    folder: TempDir,
    model: PathBuf,
}

impl Place {
    pub fn new(inputs: u64) -> Self {
        let folder = folder();
        let model = clap_model::write(folder.path());
        fs::create_dir(folder.path().join("music")).unwrap();
        let place = Place { folder, model };
        for number in 0..inputs {
            let path = place.path("music").join(format!("{number:02}.wav"));
            Music::new(8000, 1, 8000 * 3, number).write_wav(&path, Sample::S16);
        }
        place
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn farm(&self, out: &str, extract: &str) -> Farm {
        analyze(&self.path(out))
            .args(["--extract", extract, "--model"])
            .arg(&self.model)
    }

    /// With the cache, over all music.
    pub fn cached(&self, out: &str, extract: &str) -> Farm {
        let farm = self.farm(out, extract).arg("--cache");
        farm.arg(self.path("cache")).arg(self.path("music"))
    }

    /// The artefacts in the cache.
    pub fn artefacts(&self) -> Vec<PathBuf> {
        let folders = entries(&self.path("cache/v1")).into_iter();
        let folders = folders.filter(|path| !path.ends_with("drafts"));
        let mut files: Vec<PathBuf> = folders.flat_map(|folder| entries(&folder)).collect();
        files.sort();
        files
    }

    pub fn drafts(&self) -> usize {
        entries(&self.path("cache/v1/drafts")).len()
    }
}

pub fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries.map(|entry| entry.unwrap().path()).collect()
}

pub const ALL: &str = "dr,loudness,mel,mfcc,descriptors,clap";
pub const COUNT: usize = 6;

pub fn good(ended: Ended) -> Vec<Value> {
    assert_eq!(ended.code, Some(0), "{ended:?}");
    ended.records()
}

/// What of a record was computed.
pub fn computed(record: &Value) -> Vec<&str> {
    let origins = record["origins"].as_object().unwrap().iter();
    let computed = origins.filter(|(_, origin)| *origin == "computed");
    computed.map(|(name, _)| name.as_str()).collect()
}

pub fn all_lasting(records: &[Value]) -> Vec<Value> {
    records.iter().map(lasting).collect()
}
