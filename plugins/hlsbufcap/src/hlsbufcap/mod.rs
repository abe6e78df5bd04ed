// SPDX-License-Identifier: MPL-2.0
use gst::{glib, prelude::*};

mod around;
mod control;
mod gauge;
mod governor;
mod imp;
mod knob;
mod message;
mod pairs;
mod settings;
mod watch;

pub(crate) use knob::Knob;
pub(crate) use watch::{Kind, mark_streams_aware};

glib::wrapper! {
    /// Keeps what HLS playback buffers within a number of bytes that any number of elements share.
    /// `plugins/hlsbufcap/README.md` documents it.
    pub struct HlsBufCap(ObjectSubclass<imp::HlsBufCap>) @extends gst::Element, gst::Object;
}

impl HlsBufCap {
    /// A new element, for applications that link the plugin and need no registry.
    pub fn new() -> Self {
        glib::Object::new()
    }
}

impl Default for HlsBufCap {
    fn default() -> Self {
        Self::new()
    }
}

pub fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    gst::Element::register(
        Some(plugin),
        "hlsbufcap",
        gst::Rank::NONE,
        HlsBufCap::static_type(),
    )
}
