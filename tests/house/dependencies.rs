// SPDX-License-Identifier: MPL-2.0
//! Arrows run one way: fft ← dsp ← eq ← support ← plugins ← examples ← tests.
use auris_tests::{metadata, root};
use cargo_metadata::{DependencyKind, Metadata, Package, PackageId};
use std::collections::{HashMap, HashSet};

/// Dependencies that cost much to build or to load, and the only packages that may name them.
const HEAVY: &[(&str, &[&str])] = &[
    ("clap", &["auris-farm"]),
    ("cookie_store", &["gst-plugin-hlsbufcap"]),
    ("csv", &["auris-farm"]),
    ("ebur128", &["auris-dsp"]),
    ("gstreamer-video", &["gst-plugin-spectrogram", "auris-farm"]),
    ("indicatif", &["auris-farm"]),
    ("lofty", &["auris-farm"]),
    ("m3u8-rs", &["gst-plugin-hlsbufcap"]),
    ("ort", &["auris-clap"]),
    ("parquet", &["auris-farm"]),
    ("png", &["auris-farm"]),
    ("realfft", &["auris-dsp", "auris-fft"]),
    ("redb", &["auris-farm"]),
    ("rubato", &["auris-clap"]),
    ("rusqlite", &["gst-plugin-hlsbufcap"]),
    ("rustfft", &["auris-dsp", "auris-eq", "auris-fft"]),
    ("rustls", &["gst-plugin-hlsbufcap"]),
    (
        "sha2",
        &["auris-clap", "auris-farm", "gst-plugin-hlsbufcap"],
    ),
    ("symphonia-bundle-flac", &["auris-farm"]),
    ("symphonia-codec-vorbis", &["auris-farm"]),
    ("tokenizers", &["auris-farm"]),
    ("ureq", &["gst-plugin-hlsbufcap"]),
    ("url", &["gst-plugin-hlsbufcap"]),
];

/// A package may depend on packages of a lower floor only.
fn floor(package: &Package) -> u32 {
    let root = root().canonicalize().expect("the repository exists");
    let path = package.manifest_path.as_std_path().strip_prefix(&root);
    let path = path.expect("members lie in the repository");
    let mut folders = path.iter().filter_map(|part| part.to_str());
    match (folders.next(), folders.next()) {
        (Some("plugins"), Some("fft")) => 0,
        (Some("plugins"), Some("dsp")) => 1,
        (Some("plugins"), Some("eq")) => 2,
        (Some("plugins"), Some("support" | "clap")) => 3,
        (Some("plugins"), Some(_)) => 4,
        (Some("examples"), Some(_)) => 5,
        (Some("tests"), _) => 6,
        other => panic!("{other:?} has no floor: give it one here and in ARCHITECTURE.md"),
    }
}

#[test]
fn arrows_run_one_way() {
    let metadata = metadata();
    let members = metadata.workspace_packages();
    let floors: HashMap<&str, u32> = members
        .iter()
        .map(|p| (p.name.as_str(), floor(p)))
        .collect();
    let wrong: Vec<String> = members
        .iter()
        .flat_map(|p| {
            p.dependencies
                .iter()
                .map(|d| (p.name.as_str(), d.name.as_str()))
        })
        .filter(|(from, to)| floors.get(to).is_some_and(|to| *to >= floors[from]))
        .map(|(from, to)| format!("{from} → {to}"))
        .collect();
    assert!(wrong.is_empty(), "against the arrows: {wrong:?}");
}

#[test]
fn kernels_see_no_gstreamer() {
    let metadata = metadata();
    for name in ["auris-dsp", "auris-eq", "auris-clap"] {
        let package = metadata.packages.iter().find(|p| p.name == name);
        let below = reachable(&metadata, &package.expect("the package exists").id);
        let seen = gstreamer_among(&metadata, &below);
        assert!(seen.is_empty(), "{name} reaches {seen:?}");
    }
}

fn gstreamer_among<'a>(metadata: &'a Metadata, below: &HashSet<&PackageId>) -> Vec<&'a str> {
    let packages = metadata.packages.iter().filter(|p| below.contains(&p.id));
    packages
        .map(|p| p.name.as_str())
        .filter(|name| {
            ["gstreamer", "glib", "gobject", "gio"]
                .iter()
                .any(|g| name.starts_with(g))
        })
        .collect()
}

/// `from` and everything it depends on, build and development included.
fn reachable<'a>(metadata: &'a Metadata, from: &'a PackageId) -> HashSet<&'a PackageId> {
    let resolve = metadata
        .resolve
        .as_ref()
        .expect("cargo resolved the workspace");
    let nodes: HashMap<_, _> = resolve.nodes.iter().map(|n| (&n.id, n)).collect();
    let (mut seen, mut ahead) = (HashSet::new(), vec![from]);
    while let Some(id) = ahead.pop() {
        if seen.insert(id) {
            ahead.extend(&nodes[id].dependencies);
        }
    }
    seen
}

#[test]
fn heavy_dependencies_stay_where_they_are_needed() {
    let metadata = metadata();
    for package in metadata.workspace_packages() {
        // Tests may compare with anything: it weighs on no one who uses the package.
        let shipped = package.dependencies.iter();
        for dependency in shipped.filter(|d| d.kind != DependencyKind::Development) {
            let owners = HEAVY.iter().find(|(name, _)| *name == dependency.name);
            assert!(
                owners.is_none_or(|(_, owners)| owners.contains(&package.name.as_str())),
                "{} must not depend on {}",
                package.name,
                dependency.name
            );
        }
    }
}
