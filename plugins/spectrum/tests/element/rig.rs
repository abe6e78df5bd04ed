// SPDX-License-Identifier: MPL-2.0
//! An element between two pads, with a bus of its own, and what it tells.
use crate::signals::Audio;
use gst::prelude::*;
use gst_check::Harness;

pub type Segment = gst::FormattedSegment<gst::ClockTime>;

pub struct Rig {
    pub harness: Harness,
    pub element: gst::Element,
    pub bus: gst::Bus,
}

impl Rig {
    /// Our element with properties set before it starts, in the notation of gst-launch.
    pub fn new(properties: &str) -> Self {
        Self::around(ours(), properties)
    }

    /// Any element.
    pub fn around(element: gst::Element, properties: &str) -> Self {
        for assignment in properties.split_whitespace() {
            let (name, value) = assignment.split_once('=').unwrap();
            element.set_property_from_str(name, value);
        }
        let bus = gst::Bus::new();
        element.set_bus(Some(&bus));
        let mut harness = Harness::with_element(&element, Some("sink"), Some("src"));
        harness.play();
        Rig {
            harness,
            element,
            bus,
        }
    }

    /// Begins a stream, with a segment that shows everything.
    pub fn start(&mut self, audio: &Audio) {
        self.start_in(audio, &Segment::new());
    }

    pub fn start_in(&mut self, audio: &Audio, segment: &Segment) {
        self.send(gst::event::StreamStart::new("track"));
        self.send(gst::event::Caps::new(&audio.info.to_caps().unwrap()));
        self.send(gst::event::Segment::new(segment));
    }

    pub fn send(&mut self, event: gst::Event) {
        assert!(self.harness.push_event(event));
    }

    /// Pushes a buffer, which comes out as it is.
    pub fn push(&mut self, buffer: gst::Buffer) {
        let before = buffer.as_ptr();
        self.harness.push(buffer).unwrap();
        let out = self.harness.pull().unwrap();
        assert_eq!(out.as_ptr(), before, "the very buffer goes on");
    }

    /// Pushes everything in buffers of so many frames.
    pub fn play(&mut self, audio: &Audio, cut: usize) {
        audio.cut(&[cut]).into_iter().for_each(|b| self.push(b));
    }

    /// What was posted since the last call.
    pub fn results(&self) -> Vec<Reading> {
        let messages = std::iter::from_fn(|| self.bus.pop());
        messages
            .filter(|message| message.type_() == gst::MessageType::Element)
            .map(|message| {
                assert_eq!(message.src(), Some(self.element.upcast_ref()));
                Reading::new(message.structure().unwrap())
            })
            .collect()
    }

    /// Number of warnings since the last call; nothing else is looked at.
    pub fn warnings(&self) -> usize {
        let messages = std::iter::from_fn(|| self.bus.pop());
        messages
            .filter(|message| message.type_() == gst::MessageType::Warning)
            .count()
    }
}

pub fn ours() -> gst::Element {
    gst::init().unwrap();
    gstspectrum::Spectrum::new().upcast()
}

/// That of gst-plugins-good; `None` where it is not installed.
pub fn theirs() -> Option<gst::Element> {
    gst::init().unwrap();
    let made = gst::ElementFactory::make("spectrum").build();
    if made.is_err() {
        eprintln!("NOT TESTED: there is no spectrum (gstreamer1.0-plugins-good)");
    }
    made.ok()
}

/// A result, whatever made it.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// Name and type of every field.
    pub fields: Vec<(String, gst::glib::Type)>,
    /// The first five fields.
    pub times: Vec<u64>,
    pub magnitude: Vec<Vec<f32>>,
    pub phase: Vec<Vec<f32>>,
}

impl Reading {
    pub fn new(structure: &gst::StructureRef) -> Self {
        assert_eq!(structure.name(), "spectrum");
        let fields = structure.iter();
        let fields = fields.map(|(name, value)| (name.to_string(), value.type_()));
        let times = structure.iter().take(5);
        Reading {
            fields: fields.collect(),
            times: times.map(|(_, value)| value.get().unwrap()).collect(),
            magnitude: rows(structure, "magnitude"),
            phase: rows(structure, "phase"),
        }
    }

    pub fn timestamp(&self) -> u64 {
        self.times[1]
    }
}

fn rows(structure: &gst::StructureRef, name: &str) -> Vec<Vec<f32>> {
    let floats = |values: &[gst::glib::SendValue]| -> Vec<f32> {
        values.iter().map(|value| value.get().unwrap()).collect()
    };
    match structure.get::<gst::ListRef<'_>>(name) {
        Ok(list) => vec![floats(list.as_slice())],
        Err(_) => match structure.get::<gst::ArrayRef<'_>>(name) {
            Ok(array) => array
                .as_slice()
                .iter()
                .map(|row| floats(row.get::<gst::ArrayRef<'_>>().unwrap().as_slice()))
                .collect(),
            Err(_) => Vec::new(),
        },
    }
}
