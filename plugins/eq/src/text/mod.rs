// SPDX-License-Identifier: MPL-2.0
//! Equalizer APO's configuration text, as AutoEQ and Room EQ Wizard write it: to a [`Curve`] and
//! back. `docs/paraeq-config.md` describes the whole syntax.
//!
//! What Equalizer APO skips without a change of the sound is skipped here: comments, blank lines,
//! lines without a colon, commands that it does not know. What it would obey and a curve cannot
//! hold is an error, and so is what only a typing slip can have made an unknown command.
mod channel;
mod cursor;
mod decode;
mod fields;
mod filter;
mod reader;
#[cfg(test)]
mod tests;
mod writer;

use super::band::Curve;

/// Largest gain in dB, either way, that a text may ask for.
pub const MAX_GAIN: f64 = 120.0;

/// Why a text is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// Line, from 1.
    pub line: usize,
    /// What is wrong with it and what would be right.
    pub reason: String,
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}", self.line, self.reason)
    }
}

impl std::error::Error for Error {}

/// Reads a configuration. `design` and `auto_headroom` of the result are defaults.
///
/// # Errors
/// The first line that is wrong, or, where there are notes alone, the first of them; else one that asks for what a
/// [`Curve`] cannot hold, or goes beyond a limit:
/// gains of ±[`MAX_GAIN`] dB, [`MAX_BANDS`](super::band::MAX_BANDS) bands, as many point-wise gains
/// and as many sets of channels with a preamp of their own.
pub fn parse(text: &str) -> Result<Curve, Error> {
    reader::read(text)
}

/// Reads a configuration from the bytes of a file: UTF-8, with or without a byte order mark, or
/// UTF-16 with one. Lines that are no UTF-8 count as Latin-1.
///
/// # Errors
/// As [`parse`].
pub fn parse_bytes(bytes: &[u8]) -> Result<Curve, Error> {
    parse(&decode::decode(bytes))
}

/// The text that [`parse_bytes`] reads in these bytes.
pub fn decode(bytes: &[u8]) -> String {
    decode::decode(bytes).into()
}

/// Writes the bands, point-wise gains and gains of `curve` as a configuration that [`parse`] reads
/// back to the same response under the same `design`, as long as all numbers are finite and gains
/// within ±[`MAX_GAIN`] dB. What Equalizer APO has a line for is written as this line; the rest
/// goes into lines that it skips.
pub fn write(curve: &Curve) -> String {
    writer::write(curve)
}
