// SPDX-License-Identifier: MPL-2.0
use gst::{glib, prelude::*};

mod events;
mod flow;
mod imp;
mod kinds;
mod live;
mod output;
mod pixels;
mod plan;
mod qos;
mod settings;
mod stream;

glib::wrapper! {
    /// Draws the spectrogram of audio: as video that scrolls, or as one picture of the whole.
    /// `plugins/spectrogram/README.md` documents it.
    pub struct Spectrogram(ObjectSubclass<imp::Spectrogram>)
        @extends gst::Element, gst::Object;
}

impl Spectrogram {
    /// A new element, for applications that link the plugin and need no registry.
    pub fn new() -> Self {
        glib::Object::new()
    }
}

impl Default for Spectrogram {
    fn default() -> Self {
        Self::new()
    }
}

pub fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    kinds::mark_as_plugin_api();
    gst::Element::register(
        Some(plugin),
        "spectrogram",
        gst::Rank::NONE,
        Spectrogram::static_type(),
    )
}
