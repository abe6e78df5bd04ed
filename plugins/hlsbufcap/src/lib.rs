// SPDX-License-Identifier: MPL-2.0
//! Plugin `hlsbufcap`: see [`HlsBufCap`].
#![allow(missing_docs)] // GObject's macros make items that cannot have any.
/**
 * plugin-hlsbufcap:
 *
 * Since: 0.1
 */
use gst::glib;

mod budget;
mod hlsbufcap;

pub use hlsbufcap::HlsBufCap;

fn plugin_init(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    hlsbufcap::register(plugin)
}

gst::plugin_define!(
    hlsbufcap,
    env!("CARGO_PKG_DESCRIPTION"),
    plugin_init,
    concat!(env!("CARGO_PKG_VERSION"), "-", env!("COMMIT_ID")),
    "MPL",
    env!("CARGO_PKG_NAME"),
    "auris",
    env!("CARGO_PKG_REPOSITORY"),
    env!("BUILD_REL_DATE")
);
