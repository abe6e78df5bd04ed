// SPDX-License-Identifier: MPL-2.0
use gst::{glib, prelude::*};

mod imp;
mod kinds;
mod load;
mod message;
mod outlet;
mod output;
mod settings;
mod stream;
mod times;

pub use kinds::{Aggregate, Backend, DataForm, Emit, PadMode, Precision, Tail};

glib::wrapper! {
    /// Computes CLAP embeddings of what passes through it, which it leaves as it is.
    /// `plugins/clapembed/README.md` documents its messages.
    pub struct ClapEmbed(ObjectSubclass<imp::ClapEmbed>)
        @extends gst_audio::AudioFilter, gst_base::BaseTransform, gst::Element, gst::Object;
}

impl ClapEmbed {
    /// A new element, for applications that link the plugin and need no registry.
    pub fn new() -> Self {
        glib::Object::new()
    }
}

impl Default for ClapEmbed {
    fn default() -> Self {
        Self::new()
    }
}

pub fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    message::register_meta();
    for kind in [
        Aggregate::static_type(),
        Backend::static_type(),
        DataForm::static_type(),
        Emit::static_type(),
        PadMode::static_type(),
        Precision::static_type(),
        Tail::static_type(),
    ] {
        kind.mark_as_plugin_api(gst::PluginAPIFlags::empty());
    }
    gst::Element::register(
        Some(plugin),
        "clapembed",
        gst::Rank::NONE,
        ClapEmbed::static_type(),
    )
}
