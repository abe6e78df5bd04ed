// SPDX-License-Identifier: MPL-2.0
//! The four bytes that begin an MPEG audio frame.

/// What must not change within a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kind {
    /// Hz.
    pub rate: u32,
    pub layer: u8,
    /// MPEG-2 or 2.5, which halve the rates.
    pub low: bool,
    pub channels: u32,
}

/// A valid header.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    kind: Kind,
    protected: bool,
    /// Bits per second; zero is free format.
    bitrate: u32,
    padding: bool,
}

/// kbit/s by index: MPEG-1 layers I, II, III, then MPEG-2 layer I, layers II and III.
const BITRATES: [[u16; 15]; 5] = [
    [
        0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448,
    ],
    [
        0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384,
    ],
    [
        0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320,
    ],
    [
        0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256,
    ],
    [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
];

impl Header {
    pub fn parse(bytes: [u8; 4]) -> Option<Self> {
        let [0xff, b, c, d] = bytes else {
            return None;
        };
        let (version, layer) = (b >> 3 & 3, 4 - (b >> 1 & 3));
        let (bitrate, rate) = (usize::from(c >> 4), usize::from(c >> 2 & 3));
        if b & 0xe0 != 0xe0 || version == 1 || layer == 4 || bitrate == 15 || rate == 3 {
            return None;
        }
        if d & 3 == 2 {
            return None; // a reserved emphasis
        }
        let low = version != 3;
        let divisor = [4, 0, 2, 1][usize::from(version)];
        let row = match (low, layer) {
            (false, layer) => usize::from(layer) - 1,
            (true, 1) => 3,
            (true, _) => 4,
        };
        Some(Self {
            kind: Kind {
                rate: [44_100, 48_000, 32_000][rate] / divisor,
                layer,
                low,
                channels: if d >> 6 == 3 { 1 } else { 2 },
            },
            protected: b & 1 == 0,
            bitrate: u32::from(BITRATES[row][bitrate]) * 1000,
            padding: c & 2 != 0,
        })
    }

    pub fn kind(&self) -> Kind {
        self.kind
    }

    pub fn is_free_format(&self) -> bool {
        self.bitrate == 0
    }

    /// Sample frames that the MPEG frame holds.
    pub fn samples(&self) -> u64 {
        match (self.kind.layer, self.kind.low) {
            (1, _) => 384,
            (3, true) => 576,
            _ => 1152,
        }
    }

    /// Bytes that padding adds.
    pub fn padding(&self) -> u64 {
        match (self.padding, self.kind.layer) {
            (false, _) => 0,
            (true, 1) => 4,
            (true, _) => 1,
        }
    }

    /// Bytes of the whole MPEG frame; `free` is what an unpadded one has in free format.
    pub fn length(&self, free: u64) -> u64 {
        let unpadded = match (self.bitrate, self.kind.layer) {
            (0, _) => free,
            (bitrate, 1) => u64::from(12 * bitrate / self.kind.rate) * 4,
            (bitrate, _) => self.samples() / 8 * u64::from(bitrate) / u64::from(self.kind.rate),
        };
        unpadded + self.padding()
    }

    /// Bytes of layer III's side information.
    pub fn side_info(&self) -> usize {
        match (self.kind.low, self.kind.channels) {
            (false, 1) => 17,
            (false, _) => 32,
            (true, 1) => 9,
            (true, _) => 17,
        }
    }

    /// Bytes behind the header that its checksum covers, if it has one that can be verified here:
    /// what layers I and II protect ends within their bit allocation.
    pub fn protected_bytes(&self) -> Option<usize> {
        (self.protected && self.kind.layer == 3).then(|| self.side_info())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_follow_the_standard() {
        let length = |bytes| Header::parse(bytes).map(|header| header.length(0));
        assert_eq!(length([0xff, 0xfb, 0x90, 0x00]), Some(417)); // 128 kbit/s, 44.1 kHz
        assert_eq!(length([0xff, 0xfb, 0x92, 0x00]), Some(418)); // padded
        assert_eq!(length([0xff, 0xf3, 0x80, 0x00]), Some(208)); // MPEG-2: 64 kbit/s, 22.05 kHz
        assert_eq!(length([0xff, 0xff, 0xc0, 0x00]), Some(416)); // layer I: 384 kbit/s
        assert_eq!(length([0xff, 0xfd, 0xc4, 0x00]), Some(768)); // layer II: 256 kbit/s, 48 kHz
        assert_eq!(length([0xff, 0xeb, 0x90, 0x00]), None); // a reserved version
        assert_eq!(length([0xff, 0xfb, 0xf0, 0x00]), None); // a bad bit rate
        assert_eq!(length([0xff, 0xfb, 0x9c, 0x00]), None); // a reserved rate
    }
}
