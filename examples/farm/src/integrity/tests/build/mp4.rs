// SPDX-License-Identifier: MPL-2.0
//! Movies, whole and in fragments.
use super::words;

/// An ISO box.
pub fn boxed(kind: &[u8; 4], parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    [&(body.len() as u32 + 8).to_be_bytes()[..], kind, &body].concat()
}

/// A movie with one AAC track that has these tables.
fn movie(tables: &[&[u8]], extra: &[u8]) -> Vec<u8> {
    let config = [5, 2, 0x12, 0x10];
    let decoder = [&[4, 17, 0x40, 0x15][..], &[0; 11], &config].concat();
    let esds = boxed(b"esds", &[&[0; 4], &[3, 22, 0, 0, 0], &decoder]);
    let mut entry = vec![0; 28];
    (entry[7], entry[17], entry[19]) = (1, 2, 16);
    entry[24..26].copy_from_slice(&44_100u16.to_be_bytes());
    let stsd = boxed(
        b"stsd",
        &[&words(&[0, 1]), &boxed(b"mp4a", &[&entry, &esds])],
    );
    let stbl = boxed(b"stbl", &[&stsd, &tables.concat()]);
    let minf = boxed(b"minf", &[&stbl]);
    let mdhd = boxed(b"mdhd", &[&words(&[0, 0, 0, 44_100, 0, 0])]);
    let hdlr = boxed(b"hdlr", &[&words(&[0, 0]), b"soun", &[0; 13]]);
    let mdia = boxed(b"mdia", &[&mdhd, &hdlr, &minf]);
    let tkhd = boxed(b"tkhd", &[&words(&[0, 0, 0, 1]), &[0; 68]]);
    let mvhd = boxed(b"mvhd", &[&words(&[0, 0, 0, 1000, 0]), &[0; 80]]);
    boxed(b"moov", &[&mvhd, &boxed(b"trak", &[&tkhd, &mdia]), extra])
}

/// AAC of `samples` samples of ten bytes, two in a chunk.
pub fn m4a(samples: u32) -> Vec<u8> {
    let chunks = samples.div_ceil(2);
    let build = |start: u32| {
        let stts = boxed(b"stts", &[&words(&[0, 1, samples, 1024])]);
        let odd = [chunks, samples - 2 * (chunks - 1), 1];
        let stsc = boxed(b"stsc", &[&words(&[0, 2, 1, 2, 1]), &words(&odd)]);
        let sizes = vec![10; samples as usize];
        let stsz = boxed(b"stsz", &[&words(&[0, 0, samples]), &words(&sizes)]);
        let offsets: Vec<u32> = (0..chunks).map(|chunk| start + chunk * 20).collect();
        let stco = boxed(b"stco", &[&words(&[0, chunks]), &words(&offsets)]);
        movie(&[&stts, &stsc, &stsz, &stco], &[])
    };
    let ftyp = boxed(b"ftyp", &[b"M4A \0\0\0\0"]);
    let start = ftyp.len() + build(0).len() + 8;
    let mdat = boxed(b"mdat", &[&vec![0x21; samples as usize * 10]]);
    [ftyp, build(start as u32), mdat].concat()
}

/// Two fragments of `samples` samples of ten bytes.
pub fn fragmented(samples: u32) -> Vec<u8> {
    let empty = |kind, fields: &[u32]| boxed(kind, &[&words(fields)]);
    let tables = [
        empty(b"stts", &[0, 0]),
        empty(b"stsc", &[0, 0]),
        empty(b"stsz", &[0, 0, 0]),
        empty(b"stco", &[0, 0]),
    ];
    let trex = boxed(b"trex", &[&words(&[0, 1, 1, 1024, 10, 0])]);
    let movie = movie(
        &tables.each_ref().map(|table| &table[..]),
        &boxed(b"mvex", &[&trex]),
    );
    let tfhd = boxed(b"tfhd", &[&words(&[0x02_0000, 1])]);
    let build = |offset: u32| {
        let trun = boxed(b"trun", &[&words(&[1, samples, offset])]);
        boxed(b"moof", &[&boxed(b"traf", &[&tfhd, &trun])])
    };
    let moof = build(build(0).len() as u32 + 8);
    let mdat = boxed(b"mdat", &[&vec![0x21; samples as usize * 10]]);
    let ftyp = boxed(b"ftyp", &[b"iso5\0\0\0\0"]);
    [&ftyp[..], &movie, &moof, &mdat, &moof, &mdat].concat()
}
