// SPDX-License-Identifier: MPL-2.0
use auris_dsp::dr14::Measurement;
use gst::subclass::prelude::*;
use gst::{glib, prelude::*};

mod flow;
mod imp;
mod message;
mod settings;
mod stream;

pub use settings::{Dialect, Loudness};

glib::wrapper! {
    /// Measures dynamic range, loudness and peaks of what passes through it, which it leaves as it
    /// is. `plugins/drmeter/README.md` documents its messages.
    pub struct DrMeter(ObjectSubclass<imp::DrMeter>)
        @extends gst_audio::AudioFilter, gst_base::BaseTransform, gst::Element, gst::Object;
}

impl DrMeter {
    /// A new element, for applications that link the plugin and need no registry.
    pub fn new() -> Self {
        glib::Object::new()
    }

    /// The latest finished measurement, which can be joined with that of the next part of the same
    /// input. Taken away: a second call gives `None` until another is finished.
    pub fn take_measurement(&self) -> Option<Measurement> {
        self.imp().take_measurement()
    }
}

impl Default for DrMeter {
    fn default() -> Self {
        Self::new()
    }
}

pub fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    Dialect::static_type().mark_as_plugin_api(gst::PluginAPIFlags::empty());
    Loudness::static_type().mark_as_plugin_api(gst::PluginAPIFlags::empty());
    gst::Element::register(
        Some(plugin),
        "drmeter",
        gst::Rank::NONE,
        DrMeter::static_type(),
    )
}
