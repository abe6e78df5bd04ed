// SPDX-License-Identifier: MPL-2.0
//! From the bytes of a file to text.
use std::borrow::Cow;

/// The text of `bytes`. Nothing is refused: what does not decode can only matter inside a command,
/// and is an error there.
pub(super) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes).into(),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes).into(),
        _ => std::str::from_utf8(bytes).map_or_else(|_| by_line(bytes).into(), Cow::Borrowed),
    }
}

fn utf16(bytes: &[u8], unit: impl Fn([u8; 2]) -> u16) -> String {
    let units = bytes.as_chunks().0.iter().map(|pair| unit(*pair));
    char::decode_utf16(units)
        .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

/// Notes in some local encoding stand beside commands in ASCII: every line has its own.
fn by_line(bytes: &[u8]) -> String {
    let line = |line| match std::str::from_utf8(line) {
        Ok(line) => line.to_owned(),
        Err(_) => line.iter().map(|byte| char::from(*byte)).collect(),
    };
    let lines: Vec<String> = bytes.split(|byte| *byte == b'\n').map(line).collect();
    lines.join("\n")
}
