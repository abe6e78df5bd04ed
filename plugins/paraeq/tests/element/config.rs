// SPDX-License-Identifier: MPL-2.0
//! Equalizer APO text, as a property and as a file.
use crate::rig::{Audio, Rig, text};
use gst::prelude::*;
use std::path::PathBuf;

const TEXT: &str = "Preamp: -6.5 dB\n\
    Filter 1: ON PK Fc 105 Hz Gain 3.5 dB Q 0.70\n\
    Filter 2: ON HSC Fc 8000 Hz Gain -4 dB Q 0.71\n\
    Filter 3: OFF PK Fc 500 Hz Gain 9 dB Q 2\n";

/// A file that is gone at the end of a test.
struct File(PathBuf);

impl File {
    fn new(name: &str, text: &str) -> Self {
        let name = format!("paraeq-{}-{name}.txt", std::process::id());
        let file = File(std::env::temp_dir().join(name));
        file.write(text);
        file
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }

    fn write(&self, text: &str) {
        // As editors do it: never half of it is there.
        let next = self.0.with_extension("next");
        std::fs::write(&next, text).unwrap();
        std::fs::rename(next, &self.0).unwrap();
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn gain(rig: &Rig, index: u32) -> f64 {
    rig.band(index).property("gain")
}

/// Waits for what another thread does, for ten seconds at most.
fn eventually(what: impl Fn() -> bool) {
    for _ in 0..1000 {
        if what() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("it does not happen");
}

#[test]
fn a_text_sets_bands_that_can_be_read_and_changed() {
    let rig = Rig::with(|e| e.set_property("config", TEXT));
    let count: u32 = rig.element.property("num-bands");
    assert!((2..=3).contains(&count), "{count}");
    assert_eq!(rig.element.property::<f64>("preamp"), -6.5);
    assert_eq!(gain(&rig, 0), 3.5);
    assert_eq!(rig.band(0).property::<f64>("freq"), 105.0);
    assert_eq!(rig.band(0).property::<f64>("q"), 0.7);
    assert_eq!(
        rig.band(1).property::<gstparaeq::Kind>("type"),
        gstparaeq::Kind::HighShelf
    );
    // What is changed is exported.
    rig.band(0).set_property("gain", 7.25);
    let exported: String = rig.element.property("config");
    let other = Rig::with(|e| e.set_property("config", &exported));
    assert_eq!(gain(&other, 0), 7.25, "{exported}");
    assert_eq!(other.element.property::<String>("config"), exported);
    assert!(rig.warnings().is_empty() && other.warnings().is_empty());
}

#[test]
fn a_text_holds_beyond_what_properties_can_say() {
    for line in [
        "Filter 1: ON PK Fc 800 Hz Gain 60 dB Q 0.005",
        "Filter 1: ON LSC 0.5 dB Fc 300000 Hz Gain -100 dB",
        "Filter 1: ON NO Fc 50 Hz Q 2000",
        "Band 1: ON Tilt Fc 800 Hz Gain -6 dB Slope 0.5",
        "Band 1: ON LowPass Fc 800 Hz Slope 0.5 Order 4 Alignment Resonant",
        "Band 1: ON Peak Fc 800 Hz Gain 3 dB BW Hz 200000",
        "Preamp: -70 dB\nFilter 1: ON PK Fc 800 Hz Gain 1 dB Q 1",
    ] {
        let rig = Rig::with(|e| e.set_property("config", line));
        assert!(rig.warnings().is_empty(), "{line}");
        let exported: String = rig.element.property("config");
        assert_eq!(exported, format!("{line}\n"));
    }
    // A property that is written afterwards holds.
    let rig =
        Rig::with(|e| e.set_property("config", "Band: ON Tilt Fc 800 Hz Gain -6 dB Slope 0.5"));
    rig.band(0).set_property("q", 2.0);
    let exported: String = rig.element.property("config");
    assert_eq!(exported, "Band 1: ON Tilt Fc 800 Hz Gain -6 dB Q 2\n");
}

#[test]
fn nothing_is_the_state_of_a_new_element() {
    let rig = Rig::with(|_| ());
    assert_eq!(rig.element.property::<Option<String>>("config"), None);
    rig.element.set_property("config", TEXT);
    rig.element.set_property("config", None::<String>);
    assert_eq!(rig.element.property::<u32>("num-bands"), 10);
    assert_eq!(rig.element.property::<f64>("preamp"), 0.0);
    assert_eq!(rig.element.property::<Option<String>>("config"), None);
}

#[test]
fn a_text_is_in_force_at_once_and_a_bad_one_never() {
    let mut rig = Rig::with(|e| e.set_property("config", TEXT));
    let audio = Audio::noise(2, 4800);
    rig.start(&audio.info);
    let before = rig.play(&audio, &[480]);
    assert_ne!(before, audio.bytes);
    rig.element
        .set_property("config", "Preamp: -1 dB\nFilter 1: ON PK Fc twelve Hz\n");
    let warnings = rig.warnings();
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].contains("line 2"), "{warnings:?}");
    assert_eq!(rig.element.property::<f64>("preamp"), -6.5);
    assert_eq!(gain(&rig, 0), 3.5);
}

#[test]
fn a_graphic_equaliser_counts_and_survives_the_export() {
    let line = "GraphicEQ: 20 -12; 100 -12; 1000 -12; 20000 -12\n";
    let mut rig = Rig::with(|e| e.set_property("config", line));
    let audio = Audio::noise(2, 48_000);
    rig.start(&audio.info);
    let power = |bytes: &[u8]| {
        crate::rig::doubles(bytes)
            .iter()
            .map(|x| x * x)
            .sum::<f64>()
    };
    let out = rig.play(&audio, &[4800]);
    let decibels = 10.0 * (power(&out) / power(&audio.bytes)).log10();
    assert!((decibels + 12.0).abs() < 0.3, "{decibels} dB");
    let exported: String = rig.element.property("config");
    assert!(exported.contains("GraphicEQ"), "{exported}");
}

#[test]
fn a_file_is_read_again_when_it_changes() {
    let file = File::new("reload", TEXT);
    let rig = Rig::with(|e| e.set_property("config-file", file.path()));
    assert_eq!(gain(&rig, 0), 3.5);
    file.write("Filter 1: ON PK Fc 105 Hz Gain 4.5 dB Q 0.70\n");
    eventually(|| gain(&rig, 0) == 4.5);
    assert!(rig.warnings().is_empty());
    file.write("Filter 1: ON PK Fc 105 Hz Gain 5.5 dB Q 0.70\nFilter 2: ON XX\n");
    let warning = rig.warning();
    assert!(
        warning.contains(file.path()) && warning.contains("line 2"),
        "{warning}"
    );
    assert_eq!(gain(&rig, 0), 4.5, "the running filter stays");
    file.write("Filter 1: ON PK Fc 105 Hz Gain 6.5 dB Q 0.70\n");
    eventually(|| gain(&rig, 0) == 6.5);
    rig.element.set_property("config-file", None::<String>);
    rig.element.set_property("config-file", "/nowhere/at/all");
    let warning = rig.warning();
    assert!(warning.contains("/nowhere/at/all"), "{warning}");
    assert_eq!(gain(&rig, 0), 6.5);
}

#[test]
fn a_file_that_goes_changes_nothing_and_an_empty_one_is_flat() {
    let file = File::new("moves", TEXT);
    let rig = Rig::with(|e| e.set_property("config-file", file.path()));
    std::fs::remove_file(&file.0).unwrap();
    // Longer than it takes to notice.
    std::thread::sleep(std::time::Duration::from_millis(500));
    assert_eq!(gain(&rig, 0), 3.5);
    file.write("");
    eventually(|| gain(&rig, 0) == 0.0 && rig.element.property::<f64>("preamp") == 0.0);
    // In place, without another inode.
    std::fs::write(&file.0, "Filter 1: ON PK Fc 105 Hz Gain 4.5 dB Q 0.70\n").unwrap();
    eventually(|| gain(&rig, 0) == 4.5);
    assert!(rig.warnings().is_empty());
}

#[test]
fn an_element_does_not_start_with_a_bad_file() {
    gst::init().unwrap();
    let bad = File::new(
        "bad",
        "Filter 1: ON PK Fc 100 Hz Gain 1 dB Q 1\nFilter 2: ON ?\n",
    );
    for (path, expected) in [
        (bad.path(), "line 2"),
        ("/nowhere/at/all", "/nowhere/at/all"),
    ] {
        let element: gst::Element = gstparaeq::ParaEq::new().upcast();
        let bus = gst::Bus::new();
        element.set_bus(Some(&bus));
        element.set_property("config-file", path);
        assert!(element.set_state(gst::State::Paused).is_err());
        let error = bus
            .pop_filtered(&[gst::MessageType::Error])
            .expect("an error");
        assert!(text(&error).contains(expected), "{}", text(&error));
        element.set_property("config-file", None::<String>);
        assert!(element.set_state(gst::State::Ready).is_ok());
        element.set_state(gst::State::Null).unwrap();
    }
}

#[test]
fn a_pipe_is_no_configuration_and_nobody_waits_for_it() {
    gst::init().unwrap();
    let file = File::new("pipe", "");
    std::fs::remove_file(&file.0).unwrap();
    let made = std::process::Command::new("mkfifo").arg(&file.0).status();
    assert!(made.unwrap().success());
    let (done, result) = std::sync::mpsc::channel();
    let path = file.path().to_owned();
    std::thread::spawn(move || {
        let element: gst::Element = gstparaeq::ParaEq::new().upcast();
        element.set_property("config-file", path);
        let _ = done.send(element.set_state(gst::State::Ready));
    });
    let patience = std::time::Duration::from_secs(20);
    let started = result
        .recv_timeout(patience)
        .expect("it waits for a writer");
    assert!(started.is_err());
}

#[test]
fn a_file_that_is_being_written_is_left_alone() {
    use std::io::Write;
    let file = File::new("slow", TEXT);
    let rig = Rig::with(|e| e.set_property("config-file", file.path()));
    let mut out = std::fs::File::create(&file.0).unwrap();
    let mut longest = std::time::Duration::ZERO;
    for i in 0..100 {
        let before = std::time::Instant::now();
        write!(out, "#{i}\nFilter 1: ON PK Fc").unwrap();
        std::thread::sleep(std::time::Duration::from_millis(10));
        writeln!(out, " 105 Hz Gain 4.5 dB Q 0.70").unwrap();
        longest = longest.max(before.elapsed());
    }
    drop(out);
    // A machine that stood still meanwhile lets the file look finished.
    if longest < std::time::Duration::from_millis(80) {
        assert_eq!(rig.warnings(), [""; 0]);
    }
    file.write("Filter 1: ON PK Fc 105 Hz Gain 7.5 dB Q 0.70\n");
    eventually(|| gain(&rig, 0) == 7.5);
}

#[test]
fn gains_are_as_large_as_a_text_may_say() {
    let text = "Preamp: -90 dB\nFilter 1: ON PK Fc 100 Hz Gain -110 dB Q 1\n\
        Filter 2: ON PK Fc 1000 Hz Gain 50 dB Q 1\n";
    let rig = Rig::with(|e| e.set_property("config", text));
    assert_eq!(rig.element.property::<f64>("preamp"), -90.0);
    assert_eq!((gain(&rig, 0), gain(&rig, 1)), (-110.0, 50.0));
}
