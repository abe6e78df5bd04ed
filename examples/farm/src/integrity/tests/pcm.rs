// SPDX-License-Identifier: MPL-2.0
//! The same for what holds PCM.
use super::build;
use super::{Codec, Damage, Length, damage, facts, find, look, with};

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
