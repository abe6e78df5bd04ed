// SPDX-License-Identifier: MPL-2.0
//! Whether a segment is what its container says, looked at as it comes: a demuxer that is given half a box or random bytes
//! may end a stream without a word.

/// Bytes of a packet of MPEG-2 TS, and the one that each begins with.
const PACKET: u64 = 188;
const SYNC: u8 = 0x47;

/// Boxes that a segment or an initialisation section may begin with.
const FIRST: [&[u8; 4]; 13] = [
    b"ftyp", b"styp", b"sidx", b"ssix", b"moof", b"moov", b"emsg", b"prft", b"free", b"skip",
    b"uuid", b"mdat", b"pdin",
];
/// Boxes of which it is known that they are made of boxes.
const OUTER: [&[u8; 4]; 9] = [
    b"moof", b"traf", b"moov", b"trak", b"mdia", b"minf", b"stbl", b"mvex", b"edts",
];

/// What a segment is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Container {
    /// MPEG-2 transport stream.
    Packets,
    /// ISO base media file format.
    Boxes,
}

impl Container {
    /// What a name of this kind usually is.
    pub fn of_name(name: &str) -> Option<Container> {
        let (_, extension) = name.rsplit_once('.')?;
        match extension.to_ascii_lowercase().as_str() {
            "ts" | "m2ts" | "mts" => Some(Container::Packets),
            "mp4" | "m4s" | "m4a" | "m4v" | "cmfa" | "cmfv" | "cmft" => Some(Container::Boxes),
            _ => None,
        }
    }
}

/// Looks at a segment from its beginning on.
#[derive(Debug)]
pub struct Inspector {
    /// What it must be; `None` until its beginning tells, or where it is something else.
    expected: Option<Container>,
    is_off: bool,
    /// Bytes seen.
    position: u64,
    /// Where the next packet or box begins.
    next: u64,
    /// What came of a box's head.
    head: [u8; 16],
    has: usize,
    /// Where boxes end that the current one is in.
    ends: Vec<u64>,
}

impl Inspector {
    /// `name` is that of the segment.
    pub fn new(name: &str) -> Inspector {
        Inspector {
            expected: Container::of_name(name),
            is_off: false,
            position: 0,
            next: 0,
            head: [0; 16],
            has: 0,
            ends: Vec::new(),
        }
    }

    /// One that takes everything.
    pub fn off() -> Inspector {
        let mut inspector = Inspector::new("");
        inspector.is_off = true;
        inspector
    }

    /// Looks at what comes next.
    ///
    /// # Errors
    /// What is wrong with it, from which on nothing is to be believed.
    pub fn look(&mut self, bytes: &[u8]) -> Result<(), String> {
        if self.position == 0 && !self.is_off && !bytes.is_empty() {
            self.begin(bytes)?;
        }
        match self.expected {
            _ if self.is_off => {}
            Some(Container::Packets) => self.look_at_packets(bytes)?,
            Some(Container::Boxes) => self.look_at_boxes(bytes)?,
            None => {}
        }
        self.position += bytes.len() as u64;
        Ok(())
    }

    /// It ends here.
    ///
    /// # Errors
    /// Where it must not.
    pub fn end(&self) -> Result<(), String> {
        let is_whole = match self.expected {
            _ if self.is_off => true,
            Some(Container::Packets) => self.position.is_multiple_of(PACKET),
            Some(Container::Boxes) => {
                let is_inside = self.ends.iter().any(|end| *end > self.position);
                self.has == 0 && !is_inside && (self.next == self.position || self.next == u64::MAX)
            }
            None => true,
        };
        match is_whole {
            true => Ok(()),
            false => Err(format!("it ends in the middle, at byte {}", self.position)),
        }
    }

    /// What it is, by its first bytes. Packed audio and text are nothing that could be looked into.
    fn begin(&mut self, bytes: &[u8]) -> Result<(), String> {
        let is_box = bytes.len() >= 8 && FIRST.iter().any(|kind| kind[..] == bytes[4..8]);
        let packed: [&[u8]; 4] = [b"ID3", b"\x0b\x77", b"WEBVTT", b"\xef\xbb\xbfWEBVTT"];
        let is_packed = packed.iter().any(|start| bytes.starts_with(start))
            || matches!(bytes, [0xff, second, ..] if second & 0xe0 == 0xe0);
        match self.expected {
            Some(Container::Packets) if is_packed => self.is_off = true,
            Some(Container::Packets) if is_box => self.expected = Some(Container::Boxes),
            Some(Container::Boxes) if bytes[0] == SYNC && !is_box => {
                self.expected = Some(Container::Packets);
            }
            Some(Container::Boxes) if bytes.len() >= 8 && !is_box => {
                return Err("it does not begin as a segment does".into());
            }
            None if is_box => self.expected = Some(Container::Boxes),
            None if bytes[0] == SYNC && bytes.get(188).is_none_or(|sync| *sync == SYNC) => {
                self.expected = Some(Container::Packets);
            }
            None => self.is_off = true,
            Some(_) => {}
        }
        Ok(())
    }

    fn look_at_packets(&mut self, bytes: &[u8]) -> Result<(), String> {
        let end = self.position + bytes.len() as u64;
        while self.next < end {
            if bytes[(self.next - self.position) as usize] != SYNC {
                return Err(format!("no packet begins at byte {}", self.next));
            }
            self.next += PACKET;
        }
        Ok(())
    }

    fn look_at_boxes(&mut self, bytes: &[u8]) -> Result<(), String> {
        let end = self.position + bytes.len() as u64;
        while self.next + (self.has as u64) < end {
            let from = (self.next + self.has as u64 - self.position) as usize;
            let wanted = if self.has >= 8 { 16 } else { 8 };
            let taken = (wanted - self.has).min(bytes.len() - from);
            self.head[self.has..self.has + taken].copy_from_slice(&bytes[from..from + taken]);
            self.has += taken;
            if self.has < wanted {
                return Ok(());
            }
            self.take_box()?;
        }
        Ok(())
    }

    /// The head of a box is there, or its first half.
    fn take_box(&mut self) -> Result<(), String> {
        let wrong = |why: &str| Err(format!("{why} at byte {}", self.next));
        let kind: [u8; 4] = [self.head[4], self.head[5], self.head[6], self.head[7]];
        if !kind
            .iter()
            .all(|letter| matches!(letter, b' '..=b'~' | 0xa9))
        {
            return wrong("no box begins");
        }
        let number = |bytes: &[u8]| {
            bytes
                .iter()
                .fold(0u64, |sum, byte| sum << 8 | u64::from(*byte))
        };
        let (size, head) = match number(&self.head[..4]) {
            1 if self.has < 16 => return Ok(()),
            1 => (number(&self.head[8..16]), 16),
            size => (size, 8),
        };
        while self.ends.last().is_some_and(|end| *end <= self.next) {
            self.ends.pop();
        }
        let end = match size {
            // To the end of the file, which only the outermost can.
            0 if self.ends.is_empty() => u64::MAX,
            _ if size < head => return wrong("a box is smaller than its head"),
            _ => self.next.saturating_add(size),
        };
        if self.ends.last().is_some_and(|outer| end > *outer) {
            return wrong("a box is larger than what it is in");
        }
        if OUTER.contains(&&kind) && end != u64::MAX {
            self.ends.push(end);
            self.next += head;
        } else {
            self.next = end;
        }
        self.has = 0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn a_box(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
        let mut all = (body.len() as u32 + 8).to_be_bytes().to_vec();
        all.extend_from_slice(kind);
        all.extend_from_slice(body);
        all
    }

    fn fragment() -> Vec<u8> {
        let traf = a_box(
            b"traf",
            &[a_box(b"tfhd", &[0; 8]), a_box(b"trun", &[0; 40])].concat(),
        );
        let moof = a_box(b"moof", &[a_box(b"mfhd", &[0; 8]), traf].concat());
        let mut large = vec![0, 0, 0, 1];
        large.extend_from_slice(b"mdat");
        large.extend_from_slice(&116u64.to_be_bytes());
        large.extend_from_slice(&[7; 100]);
        [a_box(b"styp", &[0; 8]), moof, large].concat()
    }

    fn packets() -> Vec<u8> {
        let mut packet = [0u8; 188];
        packet[0] = SYNC;
        packet.repeat(5)
    }

    fn judge(name: &str, bytes: &[u8], step: usize) -> Result<(), String> {
        let mut inspector = Inspector::new(name);
        bytes
            .chunks(step.max(8))
            .try_for_each(|piece| inspector.look(piece))?;
        inspector.end()
    }

    proptest! {
        #[test]
        fn what_is_right_passes_in_any_pieces(step in 1usize..300) {
            prop_assert_eq!(judge("a.m4s", &fragment(), step), Ok(()));
            prop_assert_eq!(judge("a", &fragment(), step), Ok(()));
            prop_assert_eq!(judge("a.ts", &packets(), step), Ok(()));
        }

        #[test]
        fn what_ends_early_does_not(cut in 1usize..200, step in 1usize..300) {
            let whole = fragment();
            let short = &whole[..whole.len() - cut];
            // Some cuts fall between two boxes.
            let between = [whole.len() - 116];
            prop_assert!(judge("a.m4s", short, step).is_err() || between.contains(&short.len()));
            let cut = cut.min(187);
            let whole = packets();
            prop_assert!(judge("a.ts", &whole[..whole.len() - cut], step).is_err());
        }

        #[test]
        fn noise_does_not(noise in prop::collection::vec(any::<u8>(), 400..2000)) {
            prop_assume!(noise[0] != 0xff && !noise.starts_with(b"\x0b\x77"));
            prop_assert!(judge("a.m4s", &noise, 100).is_err());
            prop_assert!(judge("a.ts", &noise, 100).is_err());
            prop_assert_eq!(judge("a.bin", &[&[0u8][..], &noise].concat(), 100), Ok(()));
        }
    }

    #[test]
    fn packed_audio_is_no_container() {
        assert_eq!(
            judge("a.ts", b"ID3\x04 and so on, of any length", 8),
            Ok(())
        );
        assert_eq!(
            judge("a.aac", &[0xff, 0xf1, 0, 0, 1, 2, 3, 4, 5], 9),
            Ok(())
        );
    }

    #[test]
    fn a_name_may_be_wrong() {
        assert_eq!(judge("a.ts", &fragment(), 100), Ok(()));
        assert_eq!(judge("a.m4s", &packets(), 100), Ok(()));
    }
}
