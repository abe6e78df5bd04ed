// SPDX-License-Identifier: MPL-2.0
use super::super::artefact::Writer;
use super::super::digest;
use super::*;
use crate::record::Decoded;

fn settings(dir: &Path) -> CacheSettings {
    CacheSettings {
        dir: dir.to_owned(),
        ttl: None,
        most: None,
        audio: false,
    }
}

fn key(number: u32) -> Key {
    let text = format!("{{\"number\":{number}}}");
    Key {
        name: digest::hex(&digest::of(text.as_bytes())),
        text,
    }
}

fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs()
}

/// An artefact of some 4 kB.
fn store(cache: &Cache, number: u32, created: u64) {
    let mut writer = Writer::new(cache.draft().unwrap()).unwrap();
    writer.begin("numbers", None);
    writer.push(&vec![number as f32; 1000]);
    let decoded = Decoded {
        frames: 1,
        rate: 1,
        channels: 1,
        sample_format: String::new(),
        decoder: None,
        warnings: Vec::new(),
    };
    let text = key(number).text;
    let made = writer.finish(&text, created, &decoded, serde_json::Value::Null);
    cache.store(&key(number), &mut made.unwrap()).unwrap();
}

fn has(cache: &Cache, number: u32) -> bool {
    matches!(cache.lookup(&key(number)), Lookup::Found(_))
}

#[test]
fn what_was_stored_is_found_by_its_key_alone() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(&settings(folder.path())).unwrap();
    assert!(!has(&cache, 1));
    store(&cache, 1, now());
    assert!(has(&cache, 1) && !has(&cache, 2));
    let Lookup::Found(mut found) = cache.lookup(&key(1)) else {
        panic!("it was there");
    };
    let mut all = Vec::new();
    let rows = found.rows("numbers", 300, |row| {
        all.extend_from_slice(row);
        io::Result::Ok(())
    });
    rows.unwrap();
    assert_eq!(all, vec![1.0; 1000]);
    // Another process finds it, too.
    assert!(has(&Cache::open(&settings(folder.path())).unwrap(), 1));
}

#[test]
fn what_is_damaged_or_in_the_wrong_place_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(&settings(folder.path())).unwrap();
    let bad: [&dyn Fn(&Path); 4] = [
        &|path| {
            let mut bytes = fs::read(path).unwrap();
            bytes[100] ^= 1;
            fs::write(path, bytes).unwrap();
        },
        &|path| fs::write(path, "").unwrap(),
        &|path| {
            let bytes = fs::read(path).unwrap();
            fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
        },
        // Whole, but of another key.
        &|path| {
            store(&cache, 2, now());
            fs::copy(cache.path(&key(2)), path).unwrap();
        },
    ];
    for spoil in bad {
        store(&cache, 1, now());
        let path = cache.path(&key(1));
        spoil(&path);
        assert!(matches!(cache.lookup(&key(1)), Lookup::Damaged));
        assert!(!path.exists());
        assert!(matches!(cache.lookup(&key(1)), Lookup::Missing));
    }
}

#[test]
fn what_is_too_old_counts_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings(folder.path());
    settings.ttl = Some(3600.0);
    let cache = Cache::open(&settings).unwrap();
    store(&cache, 1, now() - 3590);
    store(&cache, 2, now() - 3700);
    // From a machine whose clock is ahead.
    store(&cache, 3, now() + 7200);
    assert!(has(&cache, 1) && !has(&cache, 2) && has(&cache, 3));
    // The time of the file says so without a look inside.
    let old = SystemTime::now() - Duration::from_secs(3700);
    let file = File::options()
        .write(true)
        .open(cache.path(&key(2)))
        .unwrap();
    file.set_modified(old).unwrap();
    cache.tidy();
    assert!(cache.path(&key(1)).exists() && !cache.path(&key(2)).exists());
}

#[test]
fn what_was_not_used_for_longest_goes_first() {
    let folder = tempfile::tempdir().unwrap();
    let unbounded = Cache::open(&settings(folder.path())).unwrap();
    for number in 0..6 {
        store(&unbounded, number, now());
        let path = unbounded.path(&key(number));
        let used = SystemTime::now() - Duration::from_secs(1000 - u64::from(number));
        let times = FileTimes::new().set_accessed(used);
        let file = File::options().write(true).open(path).unwrap();
        file.set_times(times).unwrap();
    }
    // The oldest is used again.
    assert!(has(&unbounded, 0));
    let size = fs::metadata(unbounded.path(&key(0))).unwrap().len();
    let mut bounded = settings(folder.path());
    bounded.most = Some(4 * size + size / 2);
    let cache = Cache::open(&bounded).unwrap();
    let there = |wanted: &[u32]| {
        for number in 0..8 {
            let path = cache.path(&key(number));
            assert_eq!(path.exists(), wanted.contains(&number), "{number}");
        }
    };
    there(&[0, 3, 4, 5]);
    // Each one more lets one go, at once.
    store(&cache, 6, now());
    there(&[0, 4, 5, 6]);
    assert!(has(&cache, 4));
    store(&cache, 7, now());
    there(&[0, 4, 6, 7]);
}

#[test]
fn a_folder_that_cannot_be_used_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, "").unwrap();
    let error = Cache::open(&settings(&path)).err().unwrap();
    assert!(error.contains("file"), "{error}");
}
