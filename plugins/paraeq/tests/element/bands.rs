// SPDX-License-Identifier: MPL-2.0
//! Bands as children, and the names that other applications know them by.
use crate::rig::{Audio, Rig, child, set};
use gst::{glib, prelude::*};
use gstparaeq::{Band, ParaEq};
use std::sync::{Arc, Mutex};

#[test]
fn bands_are_laid_out_as_by_equalizer_nbands() {
    gst::init().unwrap();
    let theirs = gst::ElementFactory::make("equalizer-nbands")
        .build()
        .unwrap();
    let ours: gst::Element = ParaEq::new().upcast();
    assert_eq!(ours.property::<u32>("num-bands"), 10);
    for count in (10..=64u32).chain(1..10) {
        for element in [&theirs, &ours] {
            element.set_property("num-bands", count);
        }
        for index in 0..count {
            let (theirs, ours) = (child(&theirs, index), child(&ours, index));
            for name in ["freq", "bandwidth", "gain"] {
                let (theirs, ours): (f64, f64) = (theirs.property(name), ours.property(name));
                let near = (theirs - ours).abs() <= 1e-9 * theirs.abs();
                assert!(near, "{name} of {index} in {count}: {ours} for {theirs}");
            }
            let kind = |band: &glib::Object| {
                let value = band.property_value("type");
                glib::EnumValue::from_value(&value)
                    .unwrap()
                    .1
                    .nick()
                    .to_owned()
            };
            assert_eq!(kind(&theirs), kind(&ours), "type of {index} in {count}");
        }
    }
}

#[test]
fn properties_of_bands_have_the_names_and_blurbs_nick_of_nbands() {
    gst::init().unwrap();
    let theirs = gst::ElementFactory::make("equalizer-nbands")
        .build()
        .unwrap();
    let (theirs, ours) = (child(&theirs, 0), child(ParaEq::new().upcast_ref(), 0));
    for spec in theirs.list_properties() {
        let same = ours.find_property(spec.name());
        let same = same.unwrap_or_else(|| panic!("no {}", spec.name()));
        assert_eq!(same.nick(), spec.nick());
        let controllable = gst::PARAM_FLAG_CONTROLLABLE;
        assert!(same.flags().contains(spec.flags() & controllable));
    }
    for spec in ours.list_properties() {
        if spec.owner_type() == Band::static_type() {
            assert!(spec.flags().contains(gst::PARAM_FLAG_CONTROLLABLE));
            assert!(spec.flags().contains(gst::PARAM_FLAG_MUTABLE_PLAYING));
        }
    }
}

#[test]
fn bands_are_named_children_and_come_and_go_with_signals() {
    gst::init().unwrap();
    let element = ParaEq::new();
    let seen = Arc::new(Mutex::new(Vec::new()));
    for signal in ["child-added", "child-removed"] {
        let seen = seen.clone();
        element.connect(signal, false, move |values| {
            // The element can be asked from within.
            let count = values[0]
                .get::<gst::Element>()
                .unwrap()
                .property::<u32>("num-bands");
            let name: String = values[2].get().unwrap();
            seen.lock()
                .unwrap()
                .push(format!("{signal} {name} {count}"));
            None
        });
    }
    element.set_property("num-bands", 12u32);
    element.set_property("num-bands", 11u32);
    let expected = [
        "child-added band10 12",
        "child-added band11 12",
        "child-removed band11 11",
    ];
    assert_eq!(*seen.lock().unwrap(), expected);
    let proxy = element.upcast_ref::<gst::ChildProxy>();
    assert_eq!(proxy.children_count(), 11);
    let band = proxy.child_by_name("band3").unwrap();
    assert_eq!(band, proxy.child_by_index(3).unwrap());
    let band = band.downcast::<gst::Object>().unwrap();
    assert_eq!(band.name(), "band3");
    assert_eq!(band.parent(), Some(element.clone().upcast()));
    for name in ["band11", "band03", "band", "volume"] {
        assert!(proxy.child_by_name(name).is_none(), "{name}");
    }
    element.set_property("num-bands", 1u32);
    assert!(band.parent().is_none(), "a removed band has no parent");
    proxy.set_child_property("band0::gain", 3.0);
    assert_eq!(child(element.upcast_ref(), 0).property::<f64>("gain"), 3.0);
}

#[test]
fn another_number_keeps_gains_alone() {
    gst::init().unwrap();
    let element: gst::Element = ParaEq::new().upcast();
    for (name, value) in [
        ("gain", "3"),
        ("q", "5"),
        ("type", "notch"),
        ("enabled", "false"),
    ] {
        set(&element, &format!("band1::{name}"), value);
    }
    element.set_property("num-bands", 3u32);
    let band = child(&element, 1);
    assert_eq!(band.property::<f64>("gain"), 3.0);
    assert!(!band.property::<bool>("enabled"));
    assert_eq!(
        band.property::<gstparaeq::Kind>("type"),
        gstparaeq::Kind::Peak
    );
    assert!((band.property::<f64>("freq") - 1100.0).abs() < 1e-6);
}

#[test]
fn a_launch_line_names_them() {
    let mut rig = Rig::with(|_| ());
    rig.harness.play();
    let _ = gst::Element::register(
        None,
        "paraeq-of-test",
        gst::Rank::NONE,
        ParaEq::static_type(),
    );
    let line =
        "paraeq-of-test name=eq num-bands=2 band0::gain=3 band1::freq=1234 band1::type=notch";
    let bin = gst::parse::launch(line).unwrap();
    assert_eq!(child(&bin, 0).property::<f64>("gain"), 3.0);
    assert_eq!(child(&bin, 1).property::<f64>("freq"), 1234.0);
    assert_eq!(
        child(&bin, 1).property::<gstparaeq::Kind>("type"),
        gstparaeq::Kind::Notch
    );
}

#[test]
fn the_last_written_width_holds() {
    gst::init().unwrap();
    let element: gst::Element = ParaEq::new().upcast();
    element.set_property("num-bands", 1u32);
    set(&element, "band0::type", "low-shelf");
    set(&element, "band0::gain", "12");
    let response = || {
        let hz = [300.0f64, 1000.0, 3000.0].map(f64::to_ne_bytes).concat();
        let hz = glib::Bytes::from_owned(hz);
        let response = element.emit_by_name::<gst::Structure>("get-response", &[&hz]);
        response.get::<glib::Bytes>("magnitudes").unwrap().to_vec()
    };
    set(&element, "band0::freq", "1000");
    set(&element, "band0::bandwidth", "800");
    let by_bandwidth = response();
    set(&element, "band0::q", "2");
    let by_q = response();
    set(&element, "band0::slope", "6");
    let by_slope = response();
    assert!(by_bandwidth != by_q && by_q != by_slope && by_slope != by_bandwidth);
    set(&element, "band0::q", "2");
    assert_eq!(response(), by_q);
    set(&element, "band0::bandwidth", "800");
    assert_eq!(response(), by_bandwidth);
}

#[test]
fn the_end_of_a_band_may_ask_the_element() {
    let audio = Audio::noise(2, 480);
    let mut rig = Rig::with(|e| set(e, "band0::gain", "3"));
    rig.start(&audio.info);
    rig.play(&audio, &[480]);
    let (said, heard) = std::sync::mpsc::channel();
    let element = rig.element.clone();
    rig.band(9).add_weak_ref_notify(move || {
        let _ = said.send(element.property::<u32>("num-bands"));
    });
    rig.element.set_property("num-bands", 5u32);
    // The streaming thread holds on to it until the next buffer.
    std::thread::spawn(move || rig.play(&audio, &[480]));
    let patience = std::time::Duration::from_secs(20);
    assert_eq!(heard.recv_timeout(patience).expect("a deadlock"), 5);
}
