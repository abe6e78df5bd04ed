// SPDX-License-Identifier: MPL-2.0
//! Plugin `spectrogram`: see [`Spectrogram`].
#![allow(missing_docs)] // GObject's macros make items that cannot have any.
/**
 * plugin-spectrogram:
 *
 * Since: 0.1
 */
use gst::glib;

mod spectrogram;

pub use spectrogram::Spectrogram;

fn plugin_init(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    spectrogram::register(plugin)
}

gst::plugin_define!(
    spectrogram,
    env!("CARGO_PKG_DESCRIPTION"),
    plugin_init,
    concat!(env!("CARGO_PKG_VERSION"), "-", env!("COMMIT_ID")),
    "MPL",
    env!("CARGO_PKG_NAME"),
    "auris",
    env!("CARGO_PKG_REPOSITORY"),
    env!("BUILD_REL_DATE")
);
