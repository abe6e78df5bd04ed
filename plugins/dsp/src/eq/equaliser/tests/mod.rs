// SPDX-License-Identifier: MPL-2.0
mod clicks;
mod common;
mod formats;
mod partition;
mod reference;
mod transparent;
