// SPDX-License-Identifier: MPL-2.0
//! Tests of the element `clapembed` through its pads, properties and messages alone. The model is
//! the small one of the engine's own tests.
mod audio;
mod errors;
mod flow;
mod labels;
mod long;
#[path = "../../../clap/tests/common/mod.rs"]
mod model;
mod models;
mod results;
mod rig;
