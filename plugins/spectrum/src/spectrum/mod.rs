// SPDX-License-Identifier: MPL-2.0
use gst::{glib, prelude::*};

mod analysis;
mod chunks;
mod classic;
mod clock;
mod feature_pad;
mod flow;
mod frames;
mod front;
mod imp;
mod kinds;
mod latest;
mod message;
mod plan;
mod settings;
mod stream;
mod summary;
mod table;

pub use kinds::{
    Averaging, DataForm, Downmix, Features, FrequencyScale, Preset, Scale, Weighting, Window,
};

glib::wrapper! {
    /// Analyses the spectrum of what passes through it, which it leaves as it is.
    /// `plugins/spectrum/README.md` documents its messages.
    pub struct Spectrum(ObjectSubclass<imp::Spectrum>)
        @extends gst_audio::AudioFilter, gst_base::BaseTransform, gst::Element, gst::Object;
}

impl Spectrum {
    /// A new element, for applications that link the plugin and need no registry.
    pub fn new() -> Self {
        glib::Object::new()
    }
}

impl Default for Spectrum {
    fn default() -> Self {
        Self::new()
    }
}

/// Factories: the name of the element that this one takes the place of, and one that nobody else has.
const FACTORIES: [&str; 2] = ["spectrum", "aurisspectrum"];

pub fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    for name in FACTORIES {
        gst::Element::register(Some(plugin), name, gst::Rank::NONE, Spectrum::static_type())?;
    }
    Ok(())
}
