// SPDX-License-Identifier: MPL-2.0
//! What takes the place of a segment that the server does not have: valid, and empty.
use super::inspect::Container;

/// A null packet of MPEG-2 TS, which every demuxer skips.
const NULL_PACKET: [u8; 4] = [0x47, 0x1f, 0xff, 0x10];

/// The filler for a segment of this name; packets where the name tells nothing.
pub fn filler(name: &str) -> Vec<u8> {
    match Container::of_name(name) {
        Some(Container::Boxes) => [&8u32.to_be_bytes()[..], b"free"].concat(),
        Some(Container::Packets) | None => {
            let mut packet = [0xff; 188];
            packet[..4].copy_from_slice(&NULL_PACKET);
            // A few, since type finders want to see more than one.
            packet.repeat(8)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::inspect::Inspector;
    use super::*;

    #[test]
    fn it_passes_inspection() {
        for name in ["a.ts", "a.m4s", "a"] {
            let mut inspector = Inspector::new(name);
            inspector.look(&filler(name)).unwrap();
            inspector.end().unwrap();
        }
    }
}
