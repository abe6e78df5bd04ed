// SPDX-License-Identifier: MPL-2.0
//! The same playlist with other addresses: every other byte stays, so that no tag is lost that we do not know.

/// What an address in a playlist leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Referent {
    /// A media playlist: a variant, a rendition, a list of I frames.
    Playlist,
    Segment,
    /// An initialisation section.
    Map,
    Key,
    /// Part of a segment, of a low-latency stream.
    Part,
    /// What no demuxer needs, or what is not fetched by HTTP alone.
    Other,
}

/// An address in a playlist, as it stands there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reference<'a> {
    pub address: &'a str,
    pub to: Referent,
}

/// `text` with the addresses that `replace` gives new ones.
pub fn rewrite(text: &[u8], mut replace: impl FnMut(Reference<'_>) -> Option<String>) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + text.len() / 2);
    let mut is_variant = false;
    for whole in text.split_inclusive(|byte| *byte == b'\n') {
        let trimmed = whole.trim_ascii();
        let Ok(line) = str::from_utf8(trimmed) else {
            out.extend_from_slice(whole);
            continue;
        };
        // What stands around it stays.
        let start = trimmed.as_ptr() as usize - whole.as_ptr() as usize;
        let (before, after) = (&whole[..start], &whole[start + trimmed.len()..]);
        out.extend_from_slice(before);
        if let Some(tag) = line.strip_prefix("#EXT") {
            is_variant =
                tag.starts_with("-X-STREAM-INF") || (is_variant && !tag.starts_with("INF"));
            rewrite_tag(line, &mut out, &mut replace);
        } else if line.is_empty() || line.starts_with('#') || line.starts_with("\u{feff}#") {
            out.extend_from_slice(trimmed);
        } else {
            let to = match std::mem::take(&mut is_variant) {
                true => Referent::Playlist,
                false => Referent::Segment,
            };
            let new = replace(Reference { address: line, to });
            out.extend_from_slice(new.as_deref().unwrap_or(line).as_bytes());
        }
        out.extend_from_slice(after);
    }
    out
}

fn rewrite_tag(
    line: &str,
    out: &mut Vec<u8>,
    replace: &mut impl FnMut(Reference<'_>) -> Option<String>,
) {
    let Some(colon) = line.find(':') else {
        out.extend_from_slice(line.as_bytes());
        return;
    };
    let (tag, attributes) = line.split_at(colon + 1);
    out.extend_from_slice(tag.as_bytes());
    if tag == "#EXTINF:" {
        // A title is no list of attributes, whatever it looks like.
        out.extend_from_slice(attributes.as_bytes());
        return;
    }
    let of_uri = match tag {
        "#EXT-X-MEDIA:" | "#EXT-X-I-FRAME-STREAM-INF:" | "#EXT-X-RENDITION-REPORT:" => {
            Referent::Playlist
        }
        "#EXT-X-MAP:" => Referent::Map,
        "#EXT-X-KEY:" | "#EXT-X-SESSION-KEY:" => Referent::Key,
        "#EXT-X-PART:" | "#EXT-X-PRELOAD-HINT:" => Referent::Part,
        _ => Referent::Other,
    };
    for attribute in split_attributes(attributes) {
        let quoted = attribute
            .trim_start_matches([',', ' '])
            .split_once("=\"")
            .and_then(|(name, rest)| Some((name, rest.trim_end().strip_suffix('"')?)));
        let address = quoted.and_then(|(name, address)| match name {
            "URI" => Some((address, of_uri)),
            _ if name.ends_with("URI") => Some((address, Referent::Other)),
            _ => None,
        });
        let new = address.and_then(|(address, to)| {
            let new = replace(Reference { address, to })?;
            Some(attribute.replacen(&format!("\"{address}\""), &format!("\"{new}\""), 1))
        });
        out.extend_from_slice(new.as_deref().unwrap_or(attribute).as_bytes());
    }
}

/// Pieces that, one after the other, are the whole: each begins with the comma before it.
fn split_attributes(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let mut is_quoted = false;
        let end = rest.char_indices().skip(1).find(|(_, letter)| {
            is_quoted ^= *letter == '"';
            *letter == ',' && !is_quoted
        });
        let (piece, left) = rest.split_at(end.map_or(rest.len(), |(at, _)| at));
        rest = left;
        Some(piece)
    })
}
