// SPDX-License-Identifier: MPL-2.0
//! MD5 of PCM, as FLAC's STREAMINFO block holds it: interleaved, little-endian, each sample in the
//! fewest whole bytes.
use crate::pcm::SampleFormat;
use md5::{Digest, Md5};

/// Samples gathered before they are hashed.
const GATHER: usize = 4096;

/// A running MD5 of PCM.
#[derive(Clone)]
pub struct PcmMd5 {
    md5: Md5,
    format: SampleFormat,
    gathered: Vec<u8>,
}

impl PcmMd5 {
    /// A checksum of nothing yet.
    pub fn new(format: SampleFormat) -> Self {
        PcmMd5 {
            md5: Md5::new(),
            format,
            gathered: Vec::with_capacity(GATHER * 8),
        }
    }

    /// Adds samples; `planes` as for [`crate::dr14::Meter::push`].
    pub fn push(&mut self, planes: &[&[u8]]) {
        let size = self.format.bytes();
        let as_stored = cfg!(target_endian = "little") && self.format != SampleFormat::S24In32;
        if let [bytes] = planes
            && as_stored
        {
            self.md5.update(&bytes[..bytes.len() - bytes.len() % size]);
            return;
        }
        let samples = planes.iter().map(|p| p.len() / size).min().unwrap_or(0);
        for i in 0..samples {
            for plane in planes {
                self.gather(&plane[i * size..(i + 1) * size]);
            }
            if self.gathered.len() >= GATHER {
                self.hash_gathered();
            }
        }
        self.hash_gathered();
    }

    fn gather(&mut self, sample: &[u8]) {
        let kept = match self.format {
            SampleFormat::S24In32 if cfg!(target_endian = "little") => &sample[..3],
            SampleFormat::S24In32 => &sample[1..],
            _ => sample,
        };
        if cfg!(target_endian = "little") {
            self.gathered.extend_from_slice(kept);
        } else {
            self.gathered.extend(kept.iter().rev());
        }
    }

    fn hash_gathered(&mut self) {
        self.md5.update(&self.gathered);
        self.gathered.clear();
    }

    /// Adds `samples` samples of value 0.
    pub fn push_silence(&mut self, samples: u64) {
        let size = match self.format {
            SampleFormat::S24In32 => 3,
            other => other.bytes() as u64,
        };
        let mut left = samples.saturating_mul(size);
        while left > 0 {
            let take = left.min(GATHER as u64);
            self.md5.update(&[0; GATHER][..take as usize]);
            left -= take;
        }
    }

    /// The checksum of what was pushed so far.
    pub fn read(&self) -> [u8; 16] {
        self.md5.clone().finalize().into()
    }
}

/// A checksum in hexadecimal.
pub fn hex(digest: &[u8; 16]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 1321's test suite, taken as 16-bit PCM.
    #[test]
    fn known_digest() {
        let mut md5 = PcmMd5::new(SampleFormat::S16);
        md5.push(&[b"abcdefghijklmnopqrstuvwxyz"]);
        assert_eq!(hex(&md5.read()), "c3fcd3d76192e4007dfb496cca67e13b");
    }

    #[test]
    fn layout_and_padding_do_not_matter() {
        let samples: Vec<i32> = (0..5000)
            .map(|i| (i * 7919) % 8_000_000 - 4_000_000)
            .collect();
        let wide: Vec<u8> = samples.iter().flat_map(|s| s.to_ne_bytes()).collect();
        let packed: Vec<u8> = if cfg!(target_endian = "little") {
            samples
                .iter()
                .flat_map(|s| s.to_ne_bytes()[..3].to_vec())
                .collect()
        } else {
            samples
                .iter()
                .flat_map(|s| s.to_ne_bytes()[1..].to_vec())
                .collect()
        };
        let plane = |odd: usize| -> Vec<u8> {
            let half = samples.iter().skip(odd).step_by(2);
            half.flat_map(|s| s.to_ne_bytes()).collect()
        };
        let mut digests = Vec::new();
        for (format, planes) in [
            (SampleFormat::S24In32, vec![wide]),
            (SampleFormat::S24, vec![packed]),
            (SampleFormat::S24In32, vec![plane(0), plane(1)]),
        ] {
            let mut md5 = PcmMd5::new(format);
            md5.push(&planes.iter().map(Vec::as_slice).collect::<Vec<_>>());
            md5.push_silence(3);
            digests.push(md5.read());
        }
        assert_eq!(digests[0], digests[1]);
        assert_eq!(digests[0], digests[2]);
    }
}
