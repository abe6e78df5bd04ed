// SPDX-License-Identifier: MPL-2.0
//! One contradiction at a time, and the words it must be found with.
use super::build::{self, boxed, page, words};
use super::{Codec, Damage, Length, damage, facts, look, look_beside_md5};

/// `file` with other bytes at `at`.
fn with(mut file: Vec<u8>, at: usize, bytes: &[u8]) -> Vec<u8> {
    file[at..at + bytes.len()].copy_from_slice(bytes);
    file
}

/// Offset of the first `needle`.
fn find(file: &[u8], needle: &[u8]) -> usize {
    file.windows(needle.len())
        .position(|window| window == needle)
        .expect("the builder writes it")
}

#[test]
fn wav_sizes_and_format() {
    let wav = || build::wav(100);
    assert!(damage(&with(wav(), 24, &[0; 4])).contains("at 0 Hz"));
    assert!(damage(&with(wav(), 22, &[3, 0])).contains("do not hold 3 channels"));
    assert!(damage(&with(wav(), 28, &[1])).contains("bytes per second"));
    assert!(damage(&with(wav(), 4, &500u32.to_le_bytes())).contains("the file ends at 444"));
    assert!(damage(&with(wav(), 40, &384u32.to_le_bytes())).contains("no chunk begins"));
    assert!(damage(&with(wav(), 40, &396u32.to_le_bytes())).contains("4 bytes follow"));
    assert!(damage(&wav()[..36]).contains("truncated"));
    let odd = with(
        with(wav(), 40, &399u32.to_le_bytes()),
        4,
        &435u32.to_le_bytes(),
    );
    assert!(damage(&odd[..443]).contains("whole number of 4-byte frames"));
}

#[test]
fn wav_written_to_a_pipe() {
    let open = |size: u32| {
        let wav = with(build::wav(100), 4, &size.to_le_bytes());
        with(wav, 40, &size.to_le_bytes())
    };
    for size in [0, u32::MAX, 0x7fff_f000] {
        assert_eq!(facts(&open(size)).length, Length::Exact(100));
        assert!(matches!(
            look(&open(size)[..443]),
            Err(Damage::Truncated(_))
        ));
    }
}

#[test]
fn wav_chunks_without_their_padding() {
    let wav = build::wav(100);
    for size in [1u8, b'A'] {
        let text = vec![b'x'; size.into()];
        let odd = |padding: &[u8]| {
            let list = [&b"LIST"[..], &[size, 0, 0, 0], &text, padding].concat();
            let file = [&wav[..36], &list, &wav[36..]].concat();
            with(file.clone(), 4, &(file.len() as u32 - 8).to_le_bytes())
        };
        assert_eq!(facts(&odd(&[0])).warnings.len(), 0);
        assert_eq!(facts(&odd(b"y")).warnings.len(), 0);
        let unpadded = facts(&odd(&[]));
        assert_eq!(
            (unpadded.length, unpadded.warnings.len()),
            (Length::Exact(100), 1)
        );
    }
}

#[test]
fn wav_with_a_tail() {
    let behind = |tail: &[u8]| [&build::wav(100)[..], tail].concat();
    assert_eq!(facts(&behind(b"LIST\x04\0\0\0abcd")).warnings.len(), 1);
    assert_eq!(facts(&behind(&[0; 99])).warnings.len(), 1);
    // Audio that was shifted out of its chunk.
    assert!(damage(&behind(&[0x91; 99])).contains("99 bytes follow the RIFF"));
}

#[test]
fn aiff_frames_fill_their_chunk() {
    let at = find(&build::aiff(100), b"COMM") + 10;
    let declare = |frames: u32| with(build::aiff(100), at, &frames.to_be_bytes());
    assert!(damage(&declare(101)).contains("SSND holds 400 bytes"));
    assert!(damage(&declare(50)).contains("only 50 frames"));
}

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
fn mp4_tables_agree() {
    let m4a = || build::m4a(7);
    let at = |kind: &[u8]| find(&m4a(), kind) + 4;
    let set =
        |kind: &[u8], skip: usize, value: u32| with(m4a(), at(kind) + skip, &value.to_be_bytes());
    assert!(damage(&set(b"stts", 8, 8)).contains("times for 8 samples, sizes for 7"));
    assert!(damage(&set(b"stsc", 12, 1)).contains("chunks for"));
    assert!(damage(&set(b"stsc", 12, 9)).contains("samples, only"));
    assert!(damage(&set(b"stsz", 12, 100_000)).contains("the file ends at"));
    assert!(damage(&set(b"stco", 8, 4)).contains("is not media data"));
    assert!(damage(&set(b"stco", 4, 90)).contains("room for less"));
    assert!(damage(&set(b"mdhd", 12, 0)).contains("no time scale"));
    assert!(damage(&m4a()[..100]).contains("truncated"));
}

#[test]
fn mp4_without_a_movie_is_cut() {
    let m4a = build::m4a(7);
    let (movie, media) = (find(&m4a, b"moov") - 4, find(&m4a, b"mdat") - 4);
    let without = [&m4a[..movie], &m4a[media..]].concat();
    assert!(damage(&without).contains("no 'moov' box"));
}

#[test]
fn mp4_runs_stay_within_the_file() {
    let file = build::fragmented(4);
    let run = find(&file, b"trun") + 8;
    assert!(damage(&with(file.clone(), run, &words(&[4000]))).contains("needs data up to"));
    let last = file.len() - 48;
    assert!(damage(&file[..last]).contains("needs data up to"));
}

#[test]
fn mp4_boxes_fit_each_other() {
    let file = [build::m4a(7), boxed(b"free", &[&[0; 5]])].concat();
    assert_eq!(facts(&file).length, facts(&build::m4a(7)).length);
    let stbl = find(&file, b"stbl") - 4;
    assert!(damage(&with(file, stbl, &words(&[5000]))).contains("'stbl'"));
    assert_eq!(
        facts(&[build::m4a(7), vec![0; 50]].concat()).warnings.len(),
        1
    );
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
fn au_written_to_a_pipe_ends_where_the_file_does() {
    let open = with(build::au(100), 8, &[0xff; 4]);
    let found = facts(&open);
    assert_eq!(found.length, Length::Exact(100));
    assert_eq!(found.warnings.len(), 1);
    assert!(damage(&open[..open.len() - 3]).contains("not a whole number"));
    let more = [build::au(100), vec![0x95; 40]].concat();
    assert!(damage(&more).contains("40 bytes follow"));
    assert!(damage(&with(build::au(100), 23, &[0])).contains("0 channels"));
    let other_way = {
        let mut file = build::au(100);
        file[..24]
            .as_chunks_mut::<4>()
            .0
            .iter_mut()
            .for_each(|word| word.reverse());
        file
    };
    let big_endian = |file: &[u8]| {
        matches!(
            facts(file).codec,
            Codec::Pcm {
                big_endian: true,
                ..
            }
        )
    };
    assert_eq!(facts(&other_way).length, Length::Exact(100));
    assert!(big_endian(&build::au(100)) && !big_endian(&other_way));
}

#[test]
fn wave64_written_to_a_pipe_ends_where_the_file_does() {
    let file = build::wave64(100);
    let data = file.len() - 400 - 8;
    for mark in [u64::MAX, i64::MAX as u64] {
        let open = with(file.clone(), 16, &mark.to_le_bytes());
        let open = with(open, data, &mark.to_le_bytes());
        let found = facts(&open);
        assert_eq!(
            (found.length, found.warnings.len()),
            (Length::Exact(100), 1)
        );
        assert!(damage(&open[..open.len() - 3]).contains("not a whole number"));
    }
    assert!(damage(&with(file, data, &[3, 0])).contains("shorter than its own header"));
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
