// SPDX-License-Identifier: MPL-2.0
//! Plugin `drmeter`: see [`DrMeter`].
#![allow(missing_docs)] // GObject's macros make items that cannot have any.
/**
 * plugin-drmeter:
 *
 * Since: 0.1
 */
use gst::glib;

mod drmeter;

pub use drmeter::{Dialect, DrMeter, Loudness};

fn plugin_init(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    drmeter::register(plugin)
}

gst::plugin_define!(
    drmeter,
    env!("CARGO_PKG_DESCRIPTION"),
    plugin_init,
    concat!(env!("CARGO_PKG_VERSION"), "-", env!("COMMIT_ID")),
    "MPL",
    env!("CARGO_PKG_NAME"),
    "auris",
    env!("CARGO_PKG_REPOSITORY"),
    env!("BUILD_REL_DATE")
);
