// SPDX-License-Identifier: MPL-2.0
//! The README says what the element posts.
use crate::rig::{Rig, Sound, measure, music};
use gst::prelude::*;
use gst_audio::AudioChannelPosition as Position;
use gstdrmeter::Loudness;
use std::collections::{BTreeMap, BTreeSet};

const README: &str = include_str!("../../README.md");

/// A result with every field there is.
fn everything() -> gst::Structure {
    let mut samples = music(1, 2 * 160_000);
    samples[7] = 1.5;
    let mut sound = Sound::new(gst_audio::AUDIO_FORMAT_F32, 4000, 2, &samples);
    sound.info = gst_audio::AudioInfo::builder(sound.info.format(), 4000, 2)
        .positions(&[Position::FrontLeft, Position::Lfe1])
        .build()
        .unwrap();
    measure(&sound, |e| {
        e.set_property("loudness", Loudness::all());
        e.set_property("checksum", true);
    })
}

/// Field and type of every row of README's tables that begins with a name in code and a GLib type.
fn documented() -> BTreeMap<String, String> {
    let rows = README.lines().filter(|line| line.starts_with("| `"));
    rows.flat_map(|row| {
        let mut cells = row.split('|').map(str::trim).skip(1);
        let (names, kind) = (cells.next().unwrap_or(""), cells.next().unwrap_or(""));
        let names = names.split(',').map(|name| name.trim().trim_matches('`'));
        // Of an array, README also says what is in it.
        let kind = kind
            .trim_matches('`')
            .split('`')
            .next()
            .unwrap_or("")
            .to_string();
        names
            .map(move |name| (name.to_string(), kind.clone()))
            .collect::<Vec<_>>()
    })
    .filter(|(_, kind)| kind.starts_with('g') || kind.starts_with("Gst"))
    .collect()
}

#[test]
fn every_field_is_documented_with_its_type() {
    let documented = documented();
    let result = everything();
    for (name, value) in result.iter() {
        let kind = documented.get(name.as_str());
        let kind = kind.unwrap_or_else(|| panic!("README.md says nothing of `{name}`"));
        assert_eq!(kind, value.type_().name(), "{name}");
    }
    let posted: BTreeSet<&str> = result.fields().map(|name| name.as_str()).collect();
    let told: BTreeSet<&str> = documented.keys().map(String::as_str).collect();
    assert_eq!(
        told, posted,
        "README.md documents a field that is never posted"
    );
}

#[test]
fn every_reason_is_documented() {
    let mut rig = Rig::with(|e| e.set_property("interval", gst::ClockTime::SECOND));
    let sound = Sound::music(1, 1500);
    let mut reasons = BTreeSet::new();
    let ends: [fn(&mut Rig); 5] = [
        |rig| rig.send(gst::event::StreamStart::new("next")),
        |rig| rig.element.emit_by_name("reset", &[]),
        |rig| {
            let caps = Sound::floats(1, &[]).info.to_caps().unwrap();
            rig.send(gst::event::Caps::new(&caps));
        },
        |rig| rig.eos(),
        |rig| {
            rig.element.set_state(gst::State::Null).unwrap();
        },
    ];
    for end in ends {
        rig.send(gst::event::FlushStart::new());
        rig.send(gst::event::FlushStop::new(true));
        rig.start(&sound.info);
        rig.play(&sound, 0, &[500]);
        end(&mut rig);
        let results = rig.results().into_iter().chain(rig.last_result());
        reasons.extend(results.map(|r| crate::rig::field::<String>(&r, "reason")));
    }
    assert_eq!(reasons.len(), 6);
    for reason in reasons {
        assert!(
            README.contains(&format!("`{reason}`")),
            "README.md does not explain {reason}"
        );
    }
}
