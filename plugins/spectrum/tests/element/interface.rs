// SPDX-License-Identifier: MPL-2.0
//! What an application sees before it plays anything is what it sees of gst-plugins-good's element.
use crate::rig::{ours, theirs};
use gst::glib;
use gst::prelude::*;

const PROPERTIES: [&str; 7] = [
    "bands",
    "interval",
    "message-magnitude",
    "message-phase",
    "multi-channel",
    "post-messages",
    "threshold",
];

/// Everything that a property says of itself but its texts.
fn described(element: &gst::Element, name: &str) -> String {
    let spec = element.find_property(name).unwrap();
    let range = match &spec {
        spec if spec.is::<glib::ParamSpecUInt>() => {
            let spec = spec.downcast_ref::<glib::ParamSpecUInt>().unwrap();
            format!("{}–{}", spec.minimum(), spec.maximum())
        }
        spec if spec.is::<glib::ParamSpecUInt64>() => {
            let spec = spec.downcast_ref::<glib::ParamSpecUInt64>().unwrap();
            format!("{}–{}", spec.minimum(), spec.maximum())
        }
        spec if spec.is::<glib::ParamSpecInt>() => {
            let spec = spec.downcast_ref::<glib::ParamSpecInt>().unwrap();
            format!("{}–{}", spec.minimum(), spec.maximum())
        }
        spec => format!("{}", spec.is::<glib::ParamSpecBoolean>()),
    };
    let (kind, default) = (spec.value_type(), spec.default_value().clone());
    format!("{kind} {range} {default:?} {:?}", spec.flags())
}

#[test]
fn its_properties_are_the_same() {
    let Some(theirs) = theirs() else { return };
    let ours = ours();
    let own = theirs.list_properties();
    let own = own.iter().filter(|p| p.owner_type() == theirs.type_());
    let mut names: Vec<&str> = own.map(|p| p.name()).collect();
    names.sort_unstable();
    assert_eq!(names, PROPERTIES);
    for name in PROPERTIES {
        assert_eq!(described(&ours, name), described(&theirs, name), "{name}");
    }
}

#[test]
fn its_pads_class_and_rank_are_the_same() {
    let Some(theirs) = theirs() else { return };
    let ours = ours();
    for name in ["sink", "src"] {
        let caps = |element: &gst::Element| element.pad_template(name).unwrap().caps().clone();
        let (ours, theirs) = (caps(&ours), caps(&theirs));
        assert!(ours.is_strictly_equal(&theirs), "{ours} for {theirs}");
    }
    let class = |element: &gst::Element| element.metadata("klass").map(str::to_owned);
    assert_eq!(class(&ours), class(&theirs));
    assert_eq!(theirs.factory().unwrap().rank(), gst::Rank::NONE);
    for kind in [
        gst_audio::AudioFilter::static_type(),
        gst_base::BaseTransform::static_type(),
    ] {
        assert!(ours.type_().is_a(kind) && theirs.type_().is_a(kind));
    }
}

#[test]
fn a_preset_of_settings_survives_as_text() {
    let element = ours();
    for (name, value) in [
        ("window", "kaiser"),
        ("frequency-scale", "third-octave"),
        ("downmix", "power-sum"),
        ("preset", "whisper"),
    ] {
        element.set_property_from_str(name, value);
        let read = element.property_value(name).serialize().unwrap();
        assert_eq!(read, value);
    }
    element.set_property_from_str("features", "mel+onset");
    let features: gstspectrum::Features = element.property("features");
    assert_eq!(
        features,
        gstspectrum::Features::MEL | gstspectrum::Features::ONSET
    );
}

#[test]
fn its_name_is_what_pipelines_refer_to() {
    let number = |element: &gst::Element| {
        let name = element.name();
        let number = name.strip_prefix("spectrum").unwrap().parse::<u32>();
        number.unwrap()
    };
    let (first, second) = (ours(), ours());
    assert!(number(&second) > number(&first));
    for name in ["mine", "aurisspectrum3", "spectrum1000"] {
        let named = glib::Object::builder::<gstspectrum::Spectrum>().property("name", name);
        assert_eq!(named.build().name(), name);
    }
}
