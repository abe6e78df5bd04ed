// SPDX-License-Identifier: MPL-2.0
use gst::{glib, prelude::*};

mod band;
mod bands;
mod config;
mod flow;
mod imp;
mod kinds;
mod preset;
mod response;
mod settings;
mod stream;

pub use band::Band;
pub use kinds::{Alignment, Kind, StereoMode};
pub use settings::{Design, Phase};

glib::wrapper! {
    /// Equalises what passes through it. `plugins/paraeq/README.md` documents it.
    pub struct ParaEq(ObjectSubclass<imp::ParaEq>)
        @extends gst_audio::AudioFilter, gst_base::BaseTransform, gst::Element, gst::Object,
        @implements gst::ChildProxy, gst::Preset;
}

impl ParaEq {
    /// A new element, for applications that link the plugin and need no registry.
    pub fn new() -> Self {
        glib::Object::new()
    }
}

impl Default for ParaEq {
    fn default() -> Self {
        Self::new()
    }
}

pub fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    gst::Element::register(
        Some(plugin),
        "paraeq",
        gst::Rank::NONE,
        ParaEq::static_type(),
    )
}
