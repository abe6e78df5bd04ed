// SPDX-License-Identifier: MPL-2.0
//! Plugin `paraeq`: see [`ParaEq`].
#![allow(missing_docs)] // GObject's macros make items that cannot have any.
/**
 * plugin-paraeq:
 *
 * Since: 0.1
 */
use gst::glib;

mod paraeq;

pub use paraeq::{Alignment, Band, Design, Kind, ParaEq, Phase, StereoMode};

fn plugin_init(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    paraeq::register(plugin)
}

gst::plugin_define!(
    paraeq,
    env!("CARGO_PKG_DESCRIPTION"),
    plugin_init,
    concat!(env!("CARGO_PKG_VERSION"), "-", env!("COMMIT_ID")),
    "MPL",
    env!("CARGO_PKG_NAME"),
    "auris",
    env!("CARGO_PKG_REPOSITORY"),
    env!("BUILD_REL_DATE")
);
