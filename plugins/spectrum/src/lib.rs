// SPDX-License-Identifier: MPL-2.0
//! Plugin `spectrum`: see [`Spectrum`].
#![allow(missing_docs)] // GObject's macros make items that cannot have any.
/**
 * plugin-spectrum:
 *
 * Since: 0.1
 */
use gst::glib;

mod spectrum;

pub use spectrum::*;

fn plugin_init(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    spectrum::register(plugin)
}

// Named as the file and plugin of gst-plugins-good: whichever GStreamer's registry finds first hides
// the other, and comes back when the first goes.
gst::plugin_define!(
    spectrum,
    env!("CARGO_PKG_DESCRIPTION"),
    plugin_init,
    concat!(env!("CARGO_PKG_VERSION"), "-", env!("COMMIT_ID")),
    "MPL",
    env!("CARGO_PKG_NAME"),
    "auris",
    env!("CARGO_PKG_REPOSITORY"),
    env!("BUILD_REL_DATE")
);
