// SPDX-License-Identifier: MPL-2.0
mod damage;
mod killed;

use super::*;
pub use killed::kill_point;
use std::fs;
use std::os::unix::fs::FileExt;
use tempfile::TempDir;

const LARGE: Limits = Limits {
    bytes: u64::MAX,
    ttl: None,
};

fn open(folder: &TempDir, limits: Limits) -> Cache {
    Cache::open_alone(folder.path(), limits).unwrap()
}

fn key(number: usize) -> Key {
    Key::of(&[b"test", &number.to_le_bytes()])
}

fn body(number: usize) -> Vec<u8> {
    (0..1000 + number * 7)
        .map(|at| (at * 31 + number) as u8)
        .collect()
}

fn put(cache: &Cache, number: usize) {
    let part = cache.begin().unwrap();
    part.file.write_all_at(&body(number), 0).unwrap();
    cache.keep(&key(number), &part, Some("video/mp2t")).unwrap();
}

/// Whether it is there; what is there is right.
fn get(cache: &Cache, number: usize) -> bool {
    let Some(hit) = cache.find(&key(number)) else {
        return false;
    };
    let mut all = vec![0; hit.length as usize];
    hit.file.read_exact_at(&mut all, 0).unwrap();
    assert!(all == body(number), "{number}");
    assert_eq!(hit.content_type.as_deref(), Some("video/mp2t"));
    true
}

fn files(folder: &TempDir) -> Vec<PathBuf> {
    let folders = fs::read_dir(folder.path().join("data")).unwrap();
    let inside = folders.flat_map(|one| fs::read_dir(one.unwrap().path()).unwrap());
    inside.map(|one| one.unwrap().path()).collect()
}

#[test]
fn what_was_kept_is_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let cache = open(&folder, LARGE);
    assert!(!get(&cache, 1));
    (0..5).for_each(|number| put(&cache, number));
    assert!((0..5).all(|number| get(&cache, number)) && !get(&cache, 5));
    drop(cache);
    let cache = open(&folder, LARGE);
    assert!((0..5).all(|number| get(&cache, number)));
    // The second of a kind takes the place of the first.
    put(&cache, 3);
    cache.write();
    assert!(get(&cache, 3));
    assert_eq!(files(&folder).len(), 5);
    assert_eq!(cache.stat().unwrap().segments, 5);
}

#[test]
fn keys_are_told_apart_by_where_their_parts_end() {
    assert_ne!(Key::of(&[b"ab", b"c"]), Key::of(&[b"a", b"bc"]));
    assert_ne!(Key::of(&[b"a"]), Key::of(&[b"a", b""]));
}

#[test]
fn everybody_in_a_process_has_the_same_one() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (
        Cache::open(folder.path(), LARGE).unwrap(),
        Cache::open(folder.path(), LARGE).unwrap(),
    );
    assert!(Arc::ptr_eq(&one, &two));
    let other = tempfile::tempdir().unwrap();
    assert!(matches!(
        Cache::open_existing(other.path()),
        Err(Error::Absent(_))
    ));
}

#[test]
fn nothing_outlives_its_time() {
    let folder = tempfile::tempdir().unwrap();
    let ttl = Some(Duration::from_secs(4));
    let cache = open(&folder, Limits { ttl, ..LARGE });
    put(&cache, 1);
    assert!(get(&cache, 1));
    std::thread::sleep(Duration::from_millis(5100));
    assert!(!get(&cache, 1));
    assert!(files(&folder).is_empty());
}

#[test]
fn what_was_not_used_for_longest_goes_and_never_what_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let cache = open(
        &folder,
        Limits {
            bytes: 10_000,
            ..LARGE
        },
    );
    put(&cache, 0);
    let held = cache.find(&key(0)).unwrap();
    for number in 1..40 {
        put(&cache, number);
        cache.write();
        assert!(cache.stat().unwrap().bytes <= 10_000, "after {number}");
    }
    assert!(get(&cache, 0), "somebody reads it");
    assert!(get(&cache, 39) && !get(&cache, 1));
    drop(held);
    assert!(cache.make_room(u64::MAX));
    assert_eq!(cache.stat().unwrap(), Stat::default());
    assert!(files(&folder).is_empty());
}

#[test]
fn what_cannot_be_written_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    put(&open(&folder, LARGE), 1);
    // Root may write into any folder, but not where there is none.
    let part = folder.path().join("part");
    fs::remove_dir_all(&part).unwrap();
    fs::write(&part, "").unwrap();
    let cache = open(&folder, LARGE);
    assert!(cache.is_read_only() && get(&cache, 1));
    assert!(cache.begin().is_err() && !cache.make_room(1));
    assert_eq!(cache.stat().unwrap().segments, 1);
}

#[test]
fn two_owners_get_along() {
    let folder = tempfile::tempdir().unwrap();
    let caches = [
        open(
            &folder,
            Limits {
                bytes: 20_000,
                ..LARGE
            },
        ),
        open(
            &folder,
            Limits {
                bytes: 20_000,
                ..LARGE
            },
        ),
    ];
    std::thread::scope(|scope| {
        for cache in &caches {
            scope.spawn(move || {
                for round in 0..200 {
                    let number = round * 13 % 40;
                    if !get(cache, number) {
                        put(cache, number);
                    }
                }
            });
        }
    });
    caches.iter().for_each(Cache::write);
    let check = caches[0].verify().unwrap();
    assert_eq!((check.wrong, check.busy), (0, 0));
    caches[1].prune(u64::MAX, None).unwrap();
    assert!(caches[1].stat().unwrap().bytes <= 30_000);
}

#[test]
fn an_operation_writes_little() {
    let folder = tempfile::tempdir().unwrap();
    let mut index = Index::open(folder.path()).unwrap().0;
    let written = || {
        let text = fs::read_to_string("/proc/thread-self/io").unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix("wchar: "));
        line.unwrap().parse::<u64>().unwrap()
    };
    let row = Row {
        nonce: 1,
        length: 1 << 20,
        hash: [7; 32],
        content_type: Some("video/mp2t".into()),
        stored: 1_800_000_000,
    };
    let before = written();
    // As the cache does it, with a use for every segment that is stored.
    for batch in 0..200 {
        let numbers = batch * 16..(batch + 1) * 16;
        let rows = numbers
            .clone()
            .map(|number| (key(number), row.clone()))
            .collect();
        let uses = numbers
            .map(|number| (key(number * 7 % (batch * 16 + 1)), 1_800_000_001))
            .collect();
        index.write(&rows, &uses).unwrap();
    }
    drop(index);
    let each = (written() - before) as f64 / (200.0 * 32.0);
    assert!(each <= 12_000.0, "{each} bytes");
    // Were it less, the log would not have been moved to where it belongs.
    assert!(each > 100.0, "{each} bytes");
}

#[test]
fn old_segments_can_be_pruned() {
    let folder = tempfile::tempdir().unwrap();
    let cache = open(&folder, LARGE);
    (0..4).for_each(|number| put(&cache, number));
    assert_eq!(
        cache
            .prune(u64::MAX, Some(Duration::from_secs(3600)))
            .unwrap(),
        0
    );
    let held = cache.find(&key(2)).unwrap();
    assert_eq!(cache.prune(0, None).unwrap(), 3);
    drop(held);
    assert_eq!(cache.prune(0, None).unwrap(), 1);
}
