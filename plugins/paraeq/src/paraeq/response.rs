// SPDX-License-Identifier: MPL-2.0
//! The response for those who draw it: an action signal that computes it and a message that says
//! when to ask again.
use super::imp::ParaEq;
use super::settings::Phase;
use auris_eq::band::Layout;
use auris_eq::response::Response;
use auris_support::result_sink::lock;
use gst::{glib, prelude::*, subclass::prelude::*};
use std::sync::LazyLock;

/// Name of the message and of the structure that the signal returns.
const NAME: &str = "paraeq-response";

/// What audio is like for which the response is computed.
#[derive(Debug, Clone)]
pub struct Shape {
    pub rate: u32,
    pub layout: Layout,
    pub names: Vec<String>,
}

impl Default for Shape {
    /// For an element that has seen no caps yet.
    fn default() -> Self {
        Shape {
            rate: 48_000,
            layout: Layout::unpositioned(2),
            names: vec!["ch0".into(), "ch1".into()],
        }
    }
}

impl Shape {
    /// Whether a curve has the same response in both.
    pub fn responds_like(&self, other: &Shape) -> bool {
        self.rate == other.rate && self.layout == other.layout
    }
}

pub fn signals() -> &'static [glib::subclass::Signal] {
    static SIGNALS: LazyLock<Vec<glib::subclass::Signal>> = LazyLock::new(|| {
        let get_response = glib::subclass::Signal::builder("get-response")
            .param_types([glib::Bytes::static_type()])
            .return_type::<gst::Structure>()
            .action()
            .class_handler(|values| {
                let element = values[0].get::<super::ParaEq>();
                let frequencies = values[1].get::<Option<glib::Bytes>>();
                let asked = element.ok().zip(frequencies.ok().flatten());
                let response = asked.map(|(element, hz)| element.imp().response(&hz));
                Some(response.to_value())
            });
        vec![get_response.build()]
    });
    &SIGNALS
}

impl ParaEq {
    /// The response at native-endian doubles in Hz.
    fn response(&self, frequencies: &[u8]) -> gst::Structure {
        let shape = lock(&self.shape).clone().unwrap_or_default();
        let content = self.bands.content();
        let response = Response::new(&content.curve(), &shape.layout, f64::from(shape.rate));
        let linear = content.settings.phase == Phase::Linear;
        let (frequencies, _) = frequencies.as_chunks::<8>();
        let (mut magnitudes, mut phases) = (Vec::new(), Vec::new());
        for channel in 0..shape.layout.channels() {
            for frequency in frequencies {
                let point = response.at(channel, f64::from_ne_bytes(*frequency));
                let phase = if linear { 0.0 } else { point.phase };
                magnitudes.extend((20.0 * point.magnitude.log10()).to_ne_bytes());
                phases.extend(phase.to_ne_bytes());
            }
        }
        gst::Structure::builder(NAME)
            .field("rate", shape.rate as i32)
            .field("channels", shape.layout.channels() as i32)
            .field("channel-names", shape.names)
            .field("preamp", response.preamp())
            .field("magnitudes", glib::Bytes::from_owned(magnitudes))
            .field("phases", glib::Bytes::from_owned(phases))
            .build()
    }

    /// Says on the bus that the response is another one.
    pub(super) fn post_response_changed(&self) {
        let shape = lock(&self.shape).clone().unwrap_or_default();
        let structure = gst::Structure::builder(NAME)
            .field("rate", shape.rate as i32)
            .field("channels", shape.layout.channels() as i32)
            .field("num-bands", self.bands.count() as u32)
            .build();
        let element = self.obj();
        let message = gst::message::Element::builder(structure).src(&*element);
        // It fails only where nobody listens.
        let _ = element.post_message(message.build());
    }
}
