// SPDX-License-Identifier: MPL-2.0
//! Tests of the element `drmeter` through its pads, properties and messages alone.
mod buffers;
mod clock;
mod documentation;
mod endings;
mod formats;
mod loudness;
mod oddities;
mod options;
mod pipelines;
mod rig;
mod segments;
mod silence;
mod tags;
mod windows;
