// SPDX-License-Identifier: MPL-2.0
//! One contradiction at a time, and the words it must be found with.
use super::build::{self, Codebook, page};
use super::{Damage, Length, damage, facts, find, look_beside_md5, with};

#[test]
fn flac_frames_follow_each_other() {
    let flac = build::flac(3, false);
    let missing = [&flac[..52], &flac[62..]].concat();
    assert!(damage(&missing).contains("not where the last one ended"));
    assert!(damage(&build::flac(3, true)[..62]).contains("576 frames are declared"));
    assert!(damage(&flac[..60]).contains("no FLAC frame ends at offset 60"));
    assert!(damage(&with(flac, 42, &[0])).contains("behind the metadata"));
}

#[test]
fn flac_frames_are_walked_unless_the_md5_is_compared() {
    let whole = with(build::flac(3, true), 26, b"any MD5");
    assert!(matches!(look_beside_md5(&whole, false), Ok(Some(_))));
    let spoilt = with(whole, 56, &[0x55]);
    assert!(matches!(look_beside_md5(&spoilt, true), Ok(Some(_))));
    assert!(matches!(
        look_beside_md5(&spoilt, false),
        Err(Damage::Damaged(_))
    ));
}

#[test]
fn flac_zeros_behind_are_padding() {
    let padded = [build::flac(3, false), vec![0; 20]].concat();
    assert_eq!(facts(&padded).length, Length::Exact(576));
}

#[test]
fn ogg_pages_follow_each_other() {
    let ogg = build::vorbis(3);
    let second = find(&ogg[1..], b"OggS") + 1;
    let third = second + 1 + find(&ogg[second + 1..], b"OggS");
    let fourth = third + 1 + find(&ogg[third + 1..], b"OggS");
    let missing = [&ogg[..third], &ogg[fourth..]].concat();
    assert!(damage(&missing).contains("has the number 3 instead of 2"));
    assert!(damage(&ogg[..fourth]).contains("no end mark"));
    assert!(damage(&[&ogg[..], b"junk"].concat()).contains("no page begins"));
    assert!(damage(&ogg[second..]).contains("never began"));
    assert!(damage(&with(ogg.clone(), third + 40, b"?")).contains("fails its checksum"));
    let more = [&ogg[..], &page(0, 4096, 7, 5, &[b"x"])].concat();
    assert!(damage(&more).contains("follows the last page"));
    let back = page(4, 1000, 7, 5, &[b"x"]);
    assert!(damage(&[&ogg[..], &back].concat()).contains("back to 1000"));
    let below = page(4, -5i64 as u64, 7, 5, &[b"x"]);
    assert!(damage(&[&ogg[..], &below].concat()).contains("back to -5"));
}

#[test]
fn ogg_end_marks_may_repeat() {
    let more = [build::vorbis(3), page(4, 3500, 7, 5, &[b"\0"])].concat();
    assert!(facts(&more).length.check(3500).is_ok());
}

#[test]
fn vorbis_tables_are_added_up_before_anyone_builds_them() {
    let with =
        |codebooks: &[Codebook]| build::vorbis_with(7, b"\x03vorbis", &build::setup(codebooks), 3);
    let found = facts(&with(&[Codebook::new(8, 10); 3]));
    assert_eq!(found.tables, 3 * 1024 * (256 + 8 * 4));
    assert_eq!(found.length, Length::Between(3071, 3073));
    // Of five kilobytes: four gigabytes.
    let forged = with(&[Codebook::new(32, 17); 256]);
    assert!(forged.len() < 10_000);
    assert!(damage(&forged).contains("its tables would take more"));
    let cut = build::setup(&[Codebook::new(1, 1)]);
    let cut = build::vorbis_with(7, b"\x03vorbis", &cut[..cut.len() - 2], 3);
    assert!(damage(&cut).contains("goes beyond the header"));
    let long = [&build::setup(&[Codebook::new(1, 1)])[..], &[0; 1 << 18]].concat();
    let long = build::vorbis_with(7, b"\x03vorbis", &long, 3);
    assert!(damage(&long).contains("absurd size"));
}

#[test]
fn vorbis_comments_may_be_as_long_as_pictures() {
    let setup = build::setup(&[Codebook::new(1, 1)]);
    let comments = [&b"\x03vorbis"[..], &vec![b'x'; 3 << 20]].concat();
    let found = facts(&build::vorbis_with(7, &comments, &setup, 3));
    assert_eq!(found.length, Length::Between(3071, 3073));
    assert!(found.tables > 0 && found.metadata > 3 << 20);
}

#[test]
fn a_chain_is_alike_if_every_link_is() {
    let vorbis = |serial| {
        let setup = build::setup(&[Codebook::new(1, 1)]);
        build::vorbis_with(serial, b"\x03vorbis", &setup, 3)
    };
    let (first, second, third) = (vorbis(7), vorbis(8), vorbis(9));
    let mut mono = b"\x01vorbis\0\0\0\0\x01".to_vec();
    mono.extend(44_100u32.to_le_bytes());
    mono.extend([0; 12]);
    mono.extend([0xb8, 1]);
    let mono = [page(2, 0, 8, 0, &[&mono]), second[58..].to_vec()].concat();
    assert_eq!(facts(&mono).channels, Some(1));
    for (links, alike) in [
        (vec![&first], true),
        (vec![&first, &second, &third], true),
        // Nobody can tell where the second begins.
        (vec![&first, &first], false),
        (vec![&first, &second, &first], false),
        (vec![&first, &build::opus(3)], false),
        (vec![&first, &mono, &third], false),
    ] {
        let chain: Vec<u8> = links.iter().flat_map(|link| link.iter()).copied().collect();
        let found = facts(&chain);
        assert_eq!(
            (found.links, found.links_alike),
            (links.len() as u64, alike)
        );
    }
}

#[test]
fn ogg_links_of_a_chain_add_up() {
    let chain = [build::opus(3), build::opus(5)].concat();
    assert_eq!(
        facts(&chain).length,
        Length::Between(2567 + 4487, 2569 + 4489)
    );
    assert_eq!(facts(&chain).links, 2);
    // The first link is not complete.
    let opus = build::opus(3);
    let last = opus.len() - 31;
    assert!(damage(&[&opus[..last], &opus].concat()).contains("no end mark"));
}

#[test]
fn opus_cut_out_of_a_longer_stream_counts_from_its_beginning() {
    let opus = build::opus(3);
    let head = &opus[..opus.len() - 3 * 31];
    let later = [
        head,
        &page(0, 90_000, 9, 2, &[&[0x98, 1, 2]]),
        &page(4, 90_960, 9, 3, &[&[0x98, 1, 2]]),
    ];
    assert_eq!(
        facts(&later.concat()).length,
        Length::Between(2 * 960 - 313, 2 * 960 - 311)
    );
}

#[test]
fn mp3_frames_follow_each_other() {
    let mp3 = build::mp3(5);
    assert!(
        damage(&with(mp3.clone(), 417 * 2, &[0])).contains("no MPEG frame begins at offset 834")
    );
    assert!(damage(&with(mp3.clone(), 417 * 2 + 2, &[0x94])).contains("change at offset 834"));
    assert!(damage(&mp3[..417 * 5]).contains("2502 bytes of audio are declared, 2085 found"));
    assert!(damage(&mp3[..417 * 4]).contains("5 MPEG frames are declared, 3 found"));
    assert!(damage(&mp3[..417 * 6 - 1]).contains("needs 417 bytes and has 416"));
    assert!(damage(&with(mp3.clone(), 417 + 100, b"?")).contains("the audio has the checksum"));
    assert!(damage(&with(mp3.clone(), 417 + 10, b"?")).contains("fail their checksum"));
    assert!(damage(&with(mp3, 100, b"?")).contains("its own checksum"));
    assert!(damage(&[build::mp3(5), build::mpeg_frames(2)].concat()).contains("7 found"));
}

#[test]
fn mp3_gain_tools_leave_a_mark() {
    let changed = with(build::mp3(5), 417 + 100, b"?");
    let item = [&[8, 0, 0, 0, 0, 0, 0, 0][..], b"MP3GAIN_UNDO\0+001,+00"].concat();
    let mut footer = b"APETAGEX\xd0\x07\0\0".to_vec();
    footer.extend((item.len() as u32 + 32).to_le_bytes());
    footer.resize(32, 0);
    let found = facts(&[changed, item, footer].concat());
    assert!(
        found
            .warnings
            .iter()
            .any(|text| text.contains("gain was rewritten"))
    );
}

#[test]
fn mp3_encoders_that_cannot_sum_up_are_forgiven() {
    let mut frames = build::mpeg_frames(5);
    for frame in frames.chunks_mut(417) {
        frame[4] ^= 0xff;
    }
    assert_eq!(facts(&frames).warnings.len(), 1);
}

#[test]
fn mp3_of_several_files_is_whole() {
    let mut tag = b"TAG".to_vec();
    tag.resize(128, 0);
    let joined = [build::mp3(5), tag, build::mp3(4)].concat();
    assert!(facts(&joined).length.check(10 * 1152).is_ok());
}

#[test]
fn a_spoilt_beginning_is_still_audio() {
    let spoilt = with(build::mpeg_frames(6), 0, &[0x12]);
    assert!(damage(&spoilt).contains("frames begin at offset 417"));
    let spoilt = with(build::adts(6), 0, &[0x12]);
    assert!(damage(&spoilt).contains("frames begin at offset 16"));
}

#[test]
fn adts_frames_follow_each_other() {
    assert!(damage(&with(build::adts(5), 32, &[0])).contains("no ADTS frame begins at offset 32"));
    assert!(damage(&with(build::adts(5), 34, &[0x4c])).contains("change at offset 32"));
    assert!(damage(&build::adts(5)[..75]).contains("needs 16 bytes and has 11"));
}

#[test]
fn wavpack_blocks_follow_each_other() {
    let file = build::wavpack(3);
    let block = file.len() / 3;
    assert!(damage(&file[..2 * block]).contains("300 frames are declared, the blocks hold 200"));
    let missing = [&file[..block], &file[2 * block..]].concat();
    assert!(damage(&missing).contains("begins with frame 200 instead of 100"));
    assert!(damage(&with(file.clone(), block + 36, b"?")).contains("fails its checksum"));
    assert!(damage(&with(file, block, b"?")).contains("no WavPack block begins"));
}

#[test]
fn metadata_that_demuxers_hold_is_counted() {
    let flac = build::flac(3, true);
    assert_eq!(facts(&flac).metadata, 42);
    let opus = build::opus(3);
    assert_eq!(facts(&opus).metadata, 44, "the page of comments");
    let m4a = build::m4a(7);
    let movie = m4a.windows(4).position(|kind| kind == b"moov").unwrap() - 4;
    let size = u32::from_be_bytes(m4a[movie..movie + 4].try_into().unwrap());
    assert_eq!(facts(&m4a).metadata, u64::from(size));
}
