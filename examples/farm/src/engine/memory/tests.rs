// SPDX-License-Identifier: MPL-2.0
use super::*;
use crate::inputs::Source;
use std::sync::atomic::{AtomicU64, Ordering};

#[test]
fn a_budget_below_the_floor_is_refused_and_says_what_would_do() {
    let refusal = Memory::for_inputs(Some(8), 10, false, true).err().unwrap();
    let floor: u32 = refusal
        .split_whitespace()
        .filter_map(|word| word.parse().ok())
        .next_back()
        .unwrap();
    assert!(Memory::for_inputs(Some(floor), 10, false, true).is_ok());
    assert!(Memory::for_inputs(Some(floor - 1), 10, false, true).is_err());
}

#[test]
fn libav_comes_with_room() {
    assert!(
        !Memory::for_inputs(Some(48), 100, false, true)
            .unwrap()
            .libav
    );
    assert!(
        Memory::for_inputs(Some(72), 100, false, true)
            .unwrap()
            .libav
    );
    assert!(Memory::for_inputs(None, 100, false, true).unwrap().libav);
}

#[test]
fn no_room_is_kept_for_libav_where_nothing_needs_it() {
    let inputs = |names: &[&str]| -> Vec<Input> {
        let inputs = names.iter().map(|name| Input {
            source: Source::from_word(name.as_ref()),
            problem: None,
            below: 0,
        });
        inputs.collect()
    };
    let plain = inputs(&["a.flac", "b.MP3", "c.wav"]);
    let memory = Memory::new(Some(72), &plain, false).unwrap();
    assert!(!memory.libav && memory.capacity > Some(50 * MIB));
    for other in ["d.m4a", "e.ogg", "f", "http://host/g.flac"] {
        let mixed = [plain.clone(), inputs(&[other])].concat();
        assert!(
            Memory::new(Some(90), &mixed, false).unwrap().libav,
            "{other}"
        );
    }
}

#[test]
fn a_long_index_counts_and_is_refused_where_it_cannot_fit() {
    let memory = Memory::for_inputs(Some(48), 1, false, true).unwrap();
    assert!(memory.reserve(Need::of_chain(false, 100_000)).is_ok());
    let refused = memory.reserve(Need::of_chain(false, 10_000_000));
    assert_eq!(refused.err().unwrap().kind, Kind::Budget);
}

#[test]
fn the_rest_is_nobody_elses() {
    let memory = Memory::for_inputs(Some(48), 1, false, true).unwrap();
    let held = memory.reserve(Need::of_chain(false, 0)).unwrap();
    let rest = memory.reserve_rest();
    assert_eq!(Some(rest.bytes() + held.bytes()), memory.capacity);
    assert_eq!(memory.reserve_rest().bytes(), 0);
    drop((held, rest));
    assert_eq!(*lock(&memory.used), 0);
    assert_eq!(
        Memory::for_inputs(None, 1, false, true)
            .unwrap()
            .reserve_rest()
            .bytes(),
        u64::MAX
    );
}

#[test]
fn pictures_in_tags_count() {
    let memory = Memory::for_inputs(Some(48), 1, false, true).unwrap();
    let plain = Need::of_chain(false, 0);
    assert!(memory.reserve(plain.with_tags(1 << 20)).is_ok());
    let refused = memory.reserve(plain.with_tags(200 << 20));
    assert_eq!(refused.err().unwrap().kind, Kind::Budget);
}

#[test]
fn loudness_counts() {
    let plain = Need::of_chain(false, 0);
    let more = |samples| plain.with_loudness(samples).bytes - plain.bytes;
    assert_eq!(more(Some(44_100 * 2)), 2_116_800);
    assert!(more(None) > more(Some(96_000 * 2)));
}

#[test]
fn reservations_never_exceed_the_budget() {
    let memory = Memory::for_inputs(Some(30), 1, false, true).unwrap();
    let capacity = memory.capacity.unwrap();
    let (now, most) = (AtomicU64::new(0), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for i in 0..8u64 {
            let (memory, now, most) = (&memory, &now, &most);
            scope.spawn(move || {
                for _ in 0..50 {
                    let reserved = memory.reserve(Need::of_chain(false, i * 9000)).unwrap();
                    let held = now.fetch_add(reserved.bytes, Ordering::SeqCst) + reserved.bytes;
                    most.fetch_max(held, Ordering::SeqCst);
                    std::thread::yield_now();
                    now.fetch_sub(reserved.bytes, Ordering::SeqCst);
                }
            });
        }
    });
    assert!(most.into_inner() <= capacity);
    assert_eq!(*lock(&memory.used), 0);
}
