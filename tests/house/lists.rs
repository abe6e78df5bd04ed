// SPDX-License-Identifier: MPL-2.0
//! What is written down twice says the same twice.
use auris_tests::{PLUGINS, metadata, root};
use std::{collections::BTreeSet, fs};

#[test]
fn every_plugin_is_on_the_list_and_in_these_tests() {
    let metadata = metadata();
    let members = metadata.workspace_packages();
    let plugins = |names: &mut dyn Iterator<Item = &str>| -> BTreeSet<String> {
        names
            .filter_map(|n| n.strip_prefix("gst-plugin-"))
            .map(str::to_owned)
            .collect()
    };
    let packages = plugins(&mut members.iter().map(|p| p.name.as_str()));
    let tests = members
        .iter()
        .find(|p| p.name == "auris-tests")
        .expect("this crate exists");
    let tested = plugins(&mut tests.dependencies.iter().map(|d| d.name.as_str()));
    let listed: BTreeSet<String> = PLUGINS.iter().map(|&name| name.to_owned()).collect();
    assert_eq!(packages, listed, "plugins/plugins.txt against the packages");
    assert_eq!(packages, tested, "tests/Cargo.toml against the packages");
}

#[test]
fn every_plugin_has_its_leak_pipelines_and_its_limits() {
    for plugin in PLUGINS {
        for folder in ["leaks", "alloc"] {
            let path = root().join(format!("tests/{folder}/{plugin}.txt"));
            let lines = fs::read_to_string(&path).unwrap_or_default();
            assert!(!lines.trim().is_empty(), "{} says nothing", path.display());
        }
    }
}

#[test]
fn meson_and_cargo_agree() {
    let build = fs::read_to_string(root().join("meson.build")).expect("meson.build is readable");
    let metadata = metadata();
    for package in metadata.workspace_packages() {
        let version = format!("version: '{}',", package.version);
        assert!(
            build.contains(&version),
            "meson.build lacks {version} of {}",
            package.name
        );
        let rust = package
            .rust_version
            .as_ref()
            .expect("members name their Rust");
        let floor = format!("rust_floor = '{}.{}'", rust.major, rust.minor);
        assert!(
            build.contains(&floor),
            "meson.build lacks {floor} of {}",
            package.name
        );
    }
}
