// SPDX-License-Identifier: MPL-2.0
//! Whole pipelines of several elements.
mod chain;
#[path = "../../plugins/clap/tests/common/mod.rs"]
mod model;
#[path = "../../plugins/hlsbufcap/tests/element/server.rs"]
mod server;
#[path = "../../plugins/hlsbufcap/tests/element/stream.rs"]
#[allow(dead_code)] // its other streams
mod stream;
