// SPDX-License-Identifier: MPL-2.0
use gst::{glib, prelude::*};

mod demuxer;
mod imp;
mod properties;
mod settings;

glib::wrapper! {
    /// Reads HLS by way of a server on the loopback interface that keeps what is read ahead on disk.
    /// `plugins/hlsbufcap/README.md` documents it.
    pub struct HlsCapSrc(ObjectSubclass<imp::HlsCapSrc>)
        @extends gst_base::PushSrc, gst_base::BaseSrc, gst::Element, gst::Object,
        @implements gst::URIHandler;
}

impl HlsCapSrc {
    /// A new element, for applications that link the plugin and need no registry.
    pub fn new() -> Self {
        glib::Object::new()
    }
}

impl Default for HlsCapSrc {
    fn default() -> Self {
        Self::new()
    }
}

pub fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    // It is chosen by its own protocols alone.
    gst::Element::register(
        Some(plugin),
        "hlscapsrc",
        gst::Rank::PRIMARY,
        HlsCapSrc::static_type(),
    )
}
