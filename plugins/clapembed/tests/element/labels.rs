// SPDX-License-Identifier: MPL-2.0
//! Labels: which fit, how well, and as tags.
use crate::rig::*;
use gst::prelude::*;

/// Labels that are the embeddings of two sounds, and the opposite of the first.
fn label_file(name: &str, samples: [&[f32]; 2]) -> std::path::PathBuf {
    let [dog, cat] = <[_; 2]>::try_from(embed(samples)).unwrap();
    let numbers = |vector: &[f32], factor: f32| {
        let numbers = vector.iter().map(|x| (x * factor).to_string());
        numbers.collect::<Vec<_>>().join(",")
    };
    let json = format!(
        "{{\"dog\":[{}],\"cat\":[{}],\"no dog\":[{}]}}",
        numbers(&dog, 3.0),
        numbers(&cat, 0.5),
        numbers(&dog, -1.0)
    );
    file(name, json.as_bytes())
}

fn names(s: &gst::StructureRef) -> Vec<String> {
    let array: gst::Array = field(s, "labels");
    array.iter().map(|x| x.get().unwrap()).collect()
}

fn scores(s: &gst::StructureRef) -> Vec<f32> {
    let array: gst::Array = field(s, "scores");
    array.iter().map(|x| x.get().unwrap()).collect()
}

#[test]
fn the_labels_that_fit_come_first() {
    let dog = music(1, WINDOW);
    let cat: Vec<f32> = (0..WINDOW).map(|i| (i as f32 * 0.03).sin() * 0.3).collect();
    let path = label_file("labels.json", [&dog, &cat]);
    let both = [&dog[..], &cat].concat();
    let mut rig = Rig::with(|e| e.set_property("labels", path.to_str().unwrap()));
    rig.start(&mono());
    let mut upstream = gst::TagList::new();
    let mode = gst::TagMergeMode::Replace;
    upstream.make_mut().add::<gst::tags::Title>(&"Pets", mode);
    rig.send(gst::event::Tag::new(upstream));
    rig.play(&both, 0, &[RATE]);
    rig.eos();
    let results = rig.results();
    for (result, best) in results.iter().zip(["dog", "cat"]) {
        assert_eq!(names(result)[0], best);
        assert!((scores(result)[0] - 1.0).abs() < 1e-5);
        assert_eq!(names(result).len(), 3);
        assert!(scores(result).is_sorted_by(|a, b| a >= b));
    }
    assert_eq!(names(&results[0])[2], "no dog");
    assert!((scores(&results[0])[2] + 1.0).abs() < 1e-5);
    let expected = names(summary(&results)).join(",");
    let tags = rig
        .events()
        .into_iter()
        .filter_map(|event| match event.view() {
            gst::EventView::Tag(tag) => Some(tag.tag_owned()),
            _ => None,
        });
    let tags: Vec<gst::TagList> = tags.collect();
    assert_eq!(tags.len(), 2, "upstream's, and ours on top of them");
    assert_eq!(tags[1].get::<gst::tags::Title>().unwrap().get(), "Pets");
    assert_eq!(
        tags[1].get::<gst::tags::Keywords>().unwrap().get(),
        expected
    );
}

#[test]
fn as_many_as_wanted_and_no_tags_if_unwanted() {
    let dog = music(2, RATE);
    let path = label_file("few.json", [&dog, &dog[..RATE / 2]]);
    let mut rig = Rig::with(|e| {
        e.set_property("labels", path.to_str().unwrap());
        e.set_property("top-k", 1_u32);
        e.set_property("tags", false);
    });
    rig.start(&mono());
    rig.play(&dog, 0, &[RATE]);
    rig.eos();
    let results = rig.results();
    assert!(results.iter().all(|result| names(result) == ["dog"]));
    let mut events = rig.events().into_iter();
    assert!(events.all(|event| event.type_() != gst::EventType::Tag));
    assert!(!measure(&dog, |_| ())[0].has_field("labels"));
}

#[test]
fn labels_of_another_model_are_refused() {
    let path = file("short.json", br#"{"dog": [1, 2, 3]}"#);
    for path in [path.to_str().unwrap(), "no/such.json"] {
        let (element, bus) = element(|e| e.set_property("labels", path));
        assert!(element.set_state(gst::State::Paused).is_err());
        let message = bus.pop_filtered(&[gst::MessageType::Error]).unwrap();
        let gst::MessageView::Error(error) = message.view() else {
            panic!("{message:?}");
        };
        assert!(error.error().matches(gst::LibraryError::Settings));
        assert!(error.error().message().contains(path), "{error:?}");
        element.set_state(gst::State::Null).unwrap();
    }
}
