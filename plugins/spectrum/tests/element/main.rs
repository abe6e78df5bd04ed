// SPDX-License-Identifier: MPL-2.0
//! The element in a harness, beside that of gst-plugins-good where there is one.
mod analysis;
mod chunks;
mod clock;
mod defects;
mod drop_in;
mod frames;
mod interface;
mod rig;
mod signals;
mod stream;
mod switches;
mod threads;
