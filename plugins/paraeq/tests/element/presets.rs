// SPDX-License-Identifier: MPL-2.0
//! Presets, our own and those of GStreamer's equalizers. Where they lie is a matter of the process:
//! each test runs itself in another one.
use crate::rig::{child, set};
use gst::prelude::*;
use gstparaeq::ParaEq;
use std::process::Command;

/// Whether this is the process with a home of its own; if not, runs the test `name` in one.
fn at_home(name: &str) -> bool {
    if std::env::var_os("PARAEQ_TEST_HOME").is_some() {
        gst::init().unwrap();
        return true;
    }
    let home = std::env::temp_dir().join(format!("paraeq-{}-{name}", std::process::id()));
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("presets::{name}"), "--nocapture"])
        .env("XDG_DATA_HOME", &home)
        .env("XDG_DATA_DIRS", home.join("system"))
        .env("PARAEQ_TEST_HOME", &home)
        .status();
    let _ = std::fs::remove_dir_all(&home);
    assert!(status.unwrap().success());
    false
}

/// Puts a file where the user's, or the system's, presets lie.
fn put(below: &str, name: &str, text: &str) {
    let home = std::path::PathBuf::from(std::env::var_os("PARAEQ_TEST_HOME").unwrap());
    let folder = home.join(below).join("gstreamer-1.0/presets");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(name), text).unwrap();
}

fn new() -> (ParaEq, gst::Element) {
    let element = ParaEq::new();
    (element.clone(), element.upcast())
}

fn config(element: &gst::Element) -> String {
    element
        .property::<Option<String>>("config")
        .unwrap_or_default()
}

#[test]
fn what_is_saved_is_loaded() {
    if !at_home("what_is_saved_is_loaded") {
        return;
    }
    let (saved, element) = new();
    let setups: [&[(&str, &str)]; 4] = [
        &[
            ("num-bands", "3"),
            ("band1::gain", "3.5"),
            ("band1::q", "2.5"),
            ("preamp", "-4"),
        ],
        &[
            ("num-bands", "20"),
            ("band19::type", "notch"),
            ("band19::freq", "50"),
        ],
        &[
            ("num-bands", "2"),
            ("band0::type", "low-shelf"),
            ("band0::slope", "9"),
            ("band0::gain", "5"),
        ],
        &[("config", "GraphicEQ: 20 -3; 1000 3\n")],
    ];
    for setup in setups {
        for (name, value) in setup {
            match name.starts_with("band") {
                true => set(&element, name, value),
                false => element.set_property_from_str(name, value),
            }
        }
        saved.save_preset("mine").unwrap();
        let (loaded, other) = new();
        loaded.load_preset("mine").unwrap();
        assert_eq!(config(&other), config(&element), "{setup:?}");
        for name in ["num-bands", "preamp", "bypass", "phase"] {
            let value = |e: &gst::Element| format!("{:?}", e.property_value(name));
            assert_eq!(value(&other), value(&element), "{name} {setup:?}");
        }
    }
    assert_eq!(saved.preset_names(), ["mine"]);
    saved.rename_preset("mine", "ours").unwrap();
    assert_eq!(saved.preset_names(), ["ours"]);
    saved.delete_preset("ours").unwrap();
    assert!(saved.preset_names().is_empty());
    assert!(saved.load_preset("ours").is_err());
}

#[test]
fn presets_of_nbands_are_listed_and_loaded() {
    if !at_home("presets_of_nbands_are_listed_and_loaded") {
        return;
    }
    let theirs = gst::ElementFactory::make("equalizer-nbands")
        .build()
        .unwrap();
    theirs.set_property("num-bands", 14u32);
    for (name, value) in [
        ("band2::gain", "5.5"),
        ("band2::freq", "123"),
        ("band2::bandwidth", "45"),
        ("band13::type", "peak"),
        ("band13::gain", "-24"),
    ] {
        set(&theirs, name, value);
    }
    let preset = theirs.dynamic_cast_ref::<gst::Preset>().unwrap();
    preset.save_preset("theirs").unwrap();
    preset.save_preset("both").unwrap();
    let (ours, element) = new();
    set(&element, "band0::gain", "1");
    ours.save_preset("both").unwrap();
    assert_eq!(ours.preset_names(), ["both", "theirs"]);

    set(&element, "band1::q", "9");
    ours.load_preset("theirs").unwrap();
    assert_eq!(element.property::<u32>("num-bands"), 14);
    for index in 0..14 {
        for name in ["gain", "freq", "bandwidth"] {
            let value = |e: &gst::Element| child(e, index).property::<f64>(name);
            assert!(
                (value(&element) - value(&theirs)).abs() < 1e-9,
                "{name} {index}"
            );
        }
    }
    assert_eq!(
        child(&element, 13).property::<gstparaeq::Kind>("type"),
        gstparaeq::Kind::Peak
    );
    ours.load_preset("both").unwrap();
    assert_eq!(
        element.property::<u32>("num-bands"),
        10,
        "our own goes first"
    );
}

#[test]
fn presets_of_ten_and_three_bands_are_gains() {
    if !at_home("presets_of_ten_and_three_bands_are_gains") {
        return;
    }
    let head = "[_presets_]\nversion=0.10\nelement-name=";
    let ten = format!("{head}GstIirEqualizer10Bands\n\n[rock]\nband0=8\nband9=11.5\nband4=999\n");
    put("system", "GstIirEqualizer10Bands.prs", &ten);
    let three = format!("{head}GstIirEqualizer3Bands\n\n[warm]\nband0=-3\n\n[rock]\nband0=1\n");
    put("", "GstIirEqualizer3Bands.prs", &three);
    let (ours, element) = new();
    assert_eq!(ours.preset_names(), ["rock", "warm"]);
    ours.load_preset("warm").unwrap();
    assert_eq!(element.property::<u32>("num-bands"), 3);
    assert_eq!(child(&element, 0).property::<f64>("gain"), -3.0);
    ours.load_preset("rock").unwrap();
    assert_eq!(element.property::<u32>("num-bands"), 10);
    assert_eq!(child(&element, 0).property::<f64>("gain"), 8.0);
    assert_eq!(child(&element, 9).property::<f64>("gain"), 11.5);
    assert_eq!(
        child(&element, 4).property::<f64>("gain"),
        0.0,
        "out of range"
    );
    // What is said about it goes into a file of ours, where it has no values.
    ours.set_meta("rock", "comment", Some("loud")).unwrap();
    ours.load_preset("rock").unwrap();
    assert_eq!(child(&element, 0).property::<f64>("gain"), 8.0);
}

#[test]
fn what_a_preset_changes_is_notified_of() {
    if !at_home("what_a_preset_changes_is_notified_of") {
        return;
    }
    let (saved, element) = new();
    for (name, value) in [
        ("design", "matched"),
        ("phase", "linear"),
        ("fir-length", "512"),
    ] {
        element.set_property_from_str(name, value);
    }
    saved.save_preset("mine").unwrap();
    let (loaded, other) = new();
    let seen = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let names = seen.clone();
    other.connect_notify(None, move |_, spec| {
        names.lock().unwrap().push(spec.name().to_owned());
    });
    loaded.load_preset("mine").unwrap();
    seen.lock().unwrap().sort();
    assert_eq!(*seen.lock().unwrap(), ["design", "fir-length", "phase"]);
}
