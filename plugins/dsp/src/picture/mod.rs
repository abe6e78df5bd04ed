// SPDX-License-Identifier: MPL-2.0
//! Spectrograms as pictures.
//!
//! A picture is a [`Canvas`](canvas::Canvas) of one byte per pixel, an index into the 256 colours of a
//! [`Palette`](palette::Palette): whoever shows it turns indices into its own pixels, or keeps them.
//! Nothing here depends on anything but its input, so a picture is the same everywhere.
//!
//! - [`whole`]: the picture of a whole recording, in memory that its length does not change.
//! - [`live`]: a picture that scrolls.
//! - [`settings`]: what it is to look like.
//! - [`cells`], [`columns`], [`shade`]: from spectra to colours.
//! - [`layout`], `axes`, [`scale`], [`ticks`]: axes, title and colour bar.
//! - [`palette`], [`colour`], [`font`], [`canvas`]: what is drawn with.
mod axes;
pub mod canvas;
pub mod cells;
pub mod colour;
pub mod columns;
pub mod font;
pub mod layout;
pub mod live;
mod pair;
pub mod palette;
pub mod scale;
pub mod settings;
pub mod shade;
mod strip;
mod tags;
pub mod ticks;
pub mod whole;

#[cfg(test)]
mod tests;
