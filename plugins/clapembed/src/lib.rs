// SPDX-License-Identifier: MPL-2.0
//! Plugin `clapembed`: see [`ClapEmbed`].
#![allow(missing_docs)] // GObject's macros make items that cannot have any.
/**
 * plugin-clapembed:
 *
 * Since: 0.1
 */
use gst::glib;

mod clapembed;

pub use clapembed::{ClapEmbed, Precision};

fn plugin_init(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    clapembed::register(plugin)
}

gst::plugin_define!(
    clapembed,
    env!("CARGO_PKG_DESCRIPTION"),
    plugin_init,
    concat!(env!("CARGO_PKG_VERSION"), "-", env!("COMMIT_ID")),
    "MPL",
    env!("CARGO_PKG_NAME"),
    "auris",
    env!("CARGO_PKG_REPOSITORY"),
    env!("BUILD_REL_DATE")
);
