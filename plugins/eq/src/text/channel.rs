// SPDX-License-Identifier: MPL-2.0
//! Names of channels.
use super::cursor::quoted;

/// Names in Equalizer APO, and the bit that stands for each in a mask. The first name of a bit is
/// the one that is written.
const NAMES: [(&str, u32); 10] = [
    ("L", 0),
    ("R", 1),
    ("C", 2),
    ("LFE", 3),
    ("SUB", 3),
    ("RL", 4),
    ("RR", 5),
    ("RC", 8),
    ("SL", 10),
    ("SR", 11),
];

/// Every channel.
pub(super) const ALL: u64 = u64::MAX;

/// The mask of a list of names and numbers.
pub(super) fn mask(list: &str) -> Result<u64, String> {
    let mut words = list.split_whitespace().peekable();
    if words.peek().is_none() {
        return Err(format!("no channel is named; known are {}", known()));
    }
    words.try_fold(0, |mask, word| Ok(mask | bits(word)?))
}

fn bits(word: &str) -> Result<u64, String> {
    if word.eq_ignore_ascii_case("all") {
        return Ok(ALL);
    }
    if word.eq_ignore_ascii_case("none") {
        return Ok(0);
    }
    let named = NAMES
        .iter()
        .find(|(name, _)| word.eq_ignore_ascii_case(name));
    match (named, word.parse::<u32>()) {
        (Some((_, bit)), _) => Ok(1 << bit),
        (None, Ok(number @ 1..=64)) => Ok(1 << (number - 1)),
        _ => Err(format!(
            "channel {} is unknown; known are {}",
            quoted(word),
            known()
        )),
    }
}

fn known() -> String {
    let names: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
    format!("{}, numbers from 1 to 64, and ALL", names.join(", "))
}

/// The list that [`mask`] reads as `mask`.
pub(super) fn list(mask: u64) -> String {
    if mask == ALL {
        return "ALL".into();
    }
    if mask == 0 {
        return "NONE".into();
    }
    let words: Vec<String> = (0..64)
        .filter(|bit| mask >> bit & 1 == 1)
        .map(|bit| {
            let name = NAMES.iter().find(|(_, named)| *named == bit);
            name.map_or_else(|| (bit + 1).to_string(), |(name, _)| (*name).into())
        })
        .collect();
    words.join(" ")
}
