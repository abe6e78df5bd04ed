// SPDX-License-Identifier: MPL-2.0
//! Builders of the smallest valid file of each format, in memory.
//!
//! Checksums are computed bit by bit here, so that they do not share an error with what they test.
mod mp4;
mod ogg;

pub use mp4::{boxed, fragmented, m4a};
pub use ogg::{Codebook, opus, page, setup, vorbis, vorbis_with};

/// A named builder's file.
pub type Sample = (&'static str, Vec<u8>);

/// One file of every kind.
pub fn all() -> Vec<Sample> {
    vec![
        ("wav", wav(100)),
        ("rf64", rf64(100)),
        ("aiff", aiff(100)),
        ("flac", flac(3, true)),
        ("flac without a total", flac(3, false)),
        ("vorbis", vorbis(3)),
        ("opus", opus(3)),
        ("mp3", mp3(5)),
        ("mp3 without info", mpeg_frames(5)),
        ("adts", adts(5)),
        ("m4a", m4a(7)),
        ("fragmented mp4", fragmented(4)),
        ("wavpack", wavpack(3)),
        ("wave64", wave64(100)),
        ("au", au(100)),
    ]
}

fn chunk_le(id: &[u8; 4], body: &[u8]) -> Vec<u8> {
    [id, &(body.len() as u32).to_le_bytes()[..], body].concat()
}

/// The `fmt ` chunk of 16-bit stereo at 44.1 kHz.
fn fmt_chunk() -> Vec<u8> {
    let mut body = vec![1, 0, 2, 0];
    body.extend(44_100u32.to_le_bytes());
    body.extend((44_100u32 * 4).to_le_bytes());
    body.extend([4, 0, 16, 0]);
    chunk_le(b"fmt ", &body)
}

pub fn wav(frames: usize) -> Vec<u8> {
    let data = chunk_le(b"data", &vec![0x95; frames * 4]);
    chunk_le(b"RIFF", &[&b"WAVE"[..], &fmt_chunk(), &data].concat())
}

pub fn rf64(frames: usize) -> Vec<u8> {
    let length = frames as u64 * 4;
    let (format, open) = (fmt_chunk(), u32::MAX.to_le_bytes());
    let riff = 4 + 36 + format.len() as u64 + 8 + length;
    let sizes = [riff, length, frames as u64].map(u64::to_le_bytes).concat();
    let wide = chunk_le(b"ds64", &[&sizes[..], &[0; 4]].concat());
    let data = vec![0x95; frames * 4];
    [
        b"RF64",
        &open[..],
        b"WAVE",
        &wide,
        &format,
        b"data",
        &open,
        &data,
    ]
    .concat()
}

fn chunk_wide(id: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let tail = b"\xf3\xac\xd3\x11\x8c\xd1\0\xc0\x4f\x8e\xdb\x8a";
    let mut chunk = [&id[..], tail, &(body.len() as u64 + 24).to_le_bytes(), body].concat();
    chunk.resize(chunk.len().next_multiple_of(8), 0);
    chunk
}

pub fn wave64(frames: usize) -> Vec<u8> {
    let format = chunk_wide(b"fmt ", &fmt_chunk()[8..]);
    let data = chunk_wide(b"data", &vec![0x95; frames * 4]);
    let size = 40 + format.len() as u64 + data.len() as u64;
    let name = b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\0\0";
    let wave = &chunk_wide(b"wave", &[])[..16];
    [&name[..], &size.to_le_bytes(), wave, &format, &data].concat()
}

pub fn au(frames: u32) -> Vec<u8> {
    let head = words(&[24, frames * 4, 3, 44_100, 2]);
    [&b".snd"[..], &head, &vec![0x95; frames as usize * 4]].concat()
}

fn chunk_be(id: &[u8; 4], body: &[u8]) -> Vec<u8> {
    [id, &(body.len() as u32).to_be_bytes()[..], body].concat()
}

pub fn aiff(frames: u32) -> Vec<u8> {
    let mut common = vec![0, 2];
    common.extend(frames.to_be_bytes());
    common.extend([0, 16, 0x40, 0x0e, 0xac, 0x44, 0, 0, 0, 0, 0, 0]);
    let sound = [&[0; 8][..], &vec![0x95; frames as usize * 4]].concat();
    let chunks = [chunk_be(b"COMM", &common), chunk_be(b"SSND", &sound)].concat();
    chunk_be(b"FORM", &[&b"AIFF"[..], &chunks].concat())
}

/// A checksum of `width` bits, most significant bit first.
fn crc(width: u32, polynomial: u32, start: u32, bytes: &[u8]) -> u32 {
    let (top, mask) = (1u32 << (width - 1), u32::MAX >> (32 - width));
    bytes.iter().fold(start, |mut crc, &byte| {
        crc ^= u32::from(byte) << (width - 8);
        for _ in 0..8 {
            crc = if crc & top != 0 {
                crc << 1 ^ polynomial
            } else {
                crc << 1
            } & mask;
        }
        crc
    })
}

/// The reflected CRC-16 of LAME.
fn crc_lame(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |mut crc: u16, &byte| {
        crc ^= u16::from(byte);
        for _ in 0..8 {
            crc = if crc & 1 != 0 {
                crc >> 1 ^ 0xa001
            } else {
                crc >> 1
            };
        }
        crc
    })
}

/// Frames of 192 samples, 8-bit mono at 44.1 kHz, each constant; `total` tells their number.
pub fn flac(frames: u8, total: bool) -> Vec<u8> {
    let mut info = vec![0, 192, 0, 192, 0, 0, 0, 0, 0, 0];
    let count = if total { 192 * u64::from(frames) } else { 0 };
    info.extend((44_100u64 << 44 | 7 << 36 | count).to_be_bytes());
    info.extend([0; 16]);
    let mut file = [&b"fLaC"[..], &[0x80, 0, 0, 34], &info].concat();
    for number in 0..frames {
        let mut frame = vec![0xff, 0xf8, 0x10, 0x02, number];
        frame.push(crc(8, 7, 0, &frame) as u8);
        frame.extend([0, 10 + number]);
        frame.extend((crc(16, 0x8005, 0, &frame) as u16).to_be_bytes());
        file.extend(frame);
    }
    file
}

/// Layer III, 128 kbit/s, 44.1 kHz, stereo, with checksums.
pub fn mpeg_frames(frames: u8) -> Vec<u8> {
    (0..frames).flat_map(mpeg_frame).collect()
}

fn mpeg_frame(content: u8) -> Vec<u8> {
    let mut frame = vec![0xff, 0xfa, 0x90, 0, 0, 0];
    frame.resize(417, content);
    let sum = crc(
        16,
        0x8005,
        crc(16, 0x8005, 0xffff, &frame[2..4]),
        &frame[6..38],
    );
    frame[4..6].copy_from_slice(&(sum as u16).to_be_bytes());
    frame
}

/// The same behind an info frame with LAME's tag.
pub fn mp3(frames: u8) -> Vec<u8> {
    let audio = mpeg_frames(frames);
    let mut info = vec![0xff, 0xfb, 0x90, 0];
    info.resize(36, 0);
    info.extend(b"Info\0\0\0\x0f\0\0\0");
    info.push(frames);
    let length = (audio.len() as u32 + 417).to_be_bytes();
    info.extend(length);
    info.resize(36 + 120, 0);
    info.extend(b"LAME3.100");
    info.resize(36 + 120 + 21, 0);
    info.extend([0x24, 0x04, 0xa7, 0, 0, 0, 0]);
    info.extend(length);
    info.extend(crc_lame(&audio).to_be_bytes());
    info.extend(crc_lame(&info).to_be_bytes());
    info.resize(417, 0);
    [info, audio].concat()
}

/// AAC-LC, 44.1 kHz, stereo; the payload is none.
pub fn adts(frames: u8) -> Vec<u8> {
    (0..frames)
        .flat_map(|n| {
            [
                0xff, 0xf1, 0x50, 0x80, 0x02, 0x1f, 0xfc, n, n, n, n, n, n, n, n, n,
            ]
        })
        .collect()
}

/// Big-endian words.
pub fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

/// `blocks` of 100 frames, 16-bit stereo at 44.1 kHz, with checksums.
pub fn wavpack(blocks: u32) -> Vec<u8> {
    let mut file = Vec::new();
    for number in 0..blocks {
        let flags = 1 | 1 << 11 | 1 << 12 | 9 << 23 | 1 << 28;
        let fields = [blocks * 100, number * 100, 100, flags, 0x1234_5678];
        // 24 bytes of header, one sub-block of eight bytes, one of two, the checksum.
        let length = 24u32 + 10 + 4 + 6;
        let mut block = [&b"wvpk"[..], &length.to_le_bytes(), &[0x10, 4, 0, 0]].concat();
        block.extend(fields.iter().flat_map(|field| field.to_le_bytes()));
        block.extend([0x0a, 4, 1, 2, 3, 4, 5, 6, 7, 8]);
        block.extend([0, 1, number as u8, 0]);
        let sum = block.chunks(2).fold(u32::MAX, |sum, word| {
            sum.wrapping_mul(3)
                .wrapping_add(u32::from(word[0]) | u32::from(word[1]) << 8)
        });
        block.extend([0x2f, 2]);
        block.extend(sum.to_le_bytes());
        file.extend(block);
    }
    file
}
