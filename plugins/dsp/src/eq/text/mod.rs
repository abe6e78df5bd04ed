// SPDX-License-Identifier: MPL-2.0
//! Equalizer APO's configuration text, as AutoEQ writes it: to a [`Curve`] and back.
use super::band::Curve;

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
/// The first line that is none.
pub fn parse(text: &str) -> Result<Curve, Error> {
    let _ = text;
    Err(Error {
        line: 1,
        reason: "not written yet".into(),
    })
}

/// Writes `curve` as a configuration that [`parse`] reads back to the same response.
pub fn write(curve: &Curve) -> String {
    let _ = curve;
    String::new()
}
