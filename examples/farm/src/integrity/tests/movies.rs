// SPDX-License-Identifier: MPL-2.0
//! The same for MP4.
use super::build::{self, boxed, words};
use super::{damage, facts, find, with};

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
