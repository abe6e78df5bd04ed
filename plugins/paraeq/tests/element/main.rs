// SPDX-License-Identifier: MPL-2.0
//! Tests of the element `paraeq` through its pads, properties, children and messages alone.
mod bands;
mod buffers;
mod config;
mod control;
mod drop_in;
mod formats;
mod linear;
mod presets;
mod response;
mod rig;
mod stress;
