// SPDX-License-Identifier: MPL-2.0
mod clicks;
mod common;
mod formats;
mod jumps;
mod long;
mod partition;
mod reference;
mod splice;
mod transparent;
