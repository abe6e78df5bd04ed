// SPDX-License-Identifier: MPL-2.0
//! What must hold for every cut and every spoilt byte.
use super::{build, look};
use proptest::prelude::*;

#[test]
fn a_file_cut_anywhere_is_no_whole_file() {
    for (name, file) in build::all() {
        for length in 0..file.len() {
            let Ok(Some(facts)) = look(&file[..length]) else {
                continue;
            };
            // What nothing declares the length of may end behind any whole piece.
            let piece = match name {
                "mp3 without info" => length % 417 == 0,
                "adts" => length % 16 == 0,
                "flac without a total" => length == 42 || (length - 42) % 10 == 0,
                "fragmented mp4" => facts.length.check(8192).is_err(),
                _ => false,
            };
            assert!(
                piece,
                "{name} passes when cut to {length} of {} bytes",
                file.len()
            );
        }
    }
}

#[test]
fn checksums_leave_no_byte_unguarded() {
    for (name, file) in build::all() {
        if !matches!(name, "vorbis" | "opus" | "wavpack") {
            continue;
        }
        for at in 0..file.len() {
            let mut spoilt = file.clone();
            spoilt[at] ^= 0x10;
            assert!(
                !matches!(look(&spoilt), Ok(Some(_))),
                "{name}: byte {at} is not guarded"
            );
        }
    }
    // LAME's two sums leave the names that they are known by, FLAC's the STREAMINFO.
    let mp3 = (0..36).chain(40..156).chain(160..192).chain(417..417 * 6);
    let flac = 42..72;
    for (file, guarded) in [
        (build::mp3(5), mp3.collect::<Vec<_>>()),
        (build::flac(3, true), flac.collect()),
    ] {
        for at in guarded {
            let mut spoilt = file.clone();
            spoilt[at] ^= 0x40;
            assert!(
                !matches!(look(&spoilt), Ok(Some(_))),
                "byte {at} is not guarded"
            );
        }
    }
}

proptest! {
    #[test]
    fn nothing_panics(
        which in 0..build::all().len(),
        edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in any::<prop::sample::Index>(),
    ) {
        let (_, mut file) = build::all().swap_remove(which);
        for (at, byte) in edits {
            let at = at.index(file.len());
            file[at] = byte;
        }
        let _ = look(&file);
        file.truncate(cut.index(file.len()));
        let _ = look(&file);
    }

    #[test]
    fn sizes_are_not_believed(which in 0..build::all().len(), at in any::<prop::sample::Index>(), value: u32) {
        let (_, mut file) = build::all().swap_remove(which);
        let at = at.index(file.len() - 4);
        file[at..at + 4].copy_from_slice(&value.to_be_bytes());
        let _ = look(&file);
    }
}
