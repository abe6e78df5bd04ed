// SPDX-License-Identifier: MPL-2.0
//! The element in pipelines that play HLS from a server of their own on the loopback interface.
mod governed;
mod pads;
mod player;
mod server;
mod source;
mod source_faults;
mod stream;
