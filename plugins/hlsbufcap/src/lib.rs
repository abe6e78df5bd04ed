// SPDX-License-Identifier: MPL-2.0
//! Plugin `hlsbufcap`: see [`HlsBufCap`] and [`HlsCapSrc`].
#![allow(missing_docs)] // GObject's macros make items that cannot have any.
/**
 * plugin-hlsbufcap:
 *
 * Since: 0.1
 */
use gst::glib;

mod budget;
pub mod cache;
#[cfg(test)]
#[path = "../tests/element/server.rs"]
mod faults;
mod hlsbufcap;
mod hlscapsrc;
mod playlist;
mod proxy;
mod upstream;

pub use hlsbufcap::HlsBufCap;
pub use hlscapsrc::HlsCapSrc;

fn plugin_init(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    hlsbufcap::register(plugin)?;
    hlscapsrc::register(plugin)
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
