// SPDX-License-Identifier: MPL-2.0
//! Tells the plugin which commit it was built from.
fn main() {
    gst_plugin_version_helper::info()
}
