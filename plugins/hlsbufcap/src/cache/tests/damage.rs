// SPDX-License-Identifier: MPL-2.0
//! What is damaged is never taken for what it was.
use super::*;

#[test]
fn what_the_index_does_not_vouch_for_is_not_found() {
    let damages: [fn(&fs::File); 3] = [
        |file| file.set_len(999).unwrap(),
        |file| file.write_all_at(b"?", 500).unwrap(),
        |file| file.write_all_at(b"more", 1007).unwrap(),
    ];
    for damage in damages {
        let folder = tempfile::tempdir().unwrap();
        let cache = open(&folder, LARGE);
        put(&cache, 1);
        damage(
            &fs::OpenOptions::new()
                .write(true)
                .open(&files(&folder)[0])
                .unwrap(),
        );
        assert!(!get(&cache, 1));
        assert!(files(&folder).is_empty());
        put(&cache, 1);
        assert!(get(&cache, 1));
    }
}

#[test]
fn a_file_under_another_name_is_another() {
    let folder = tempfile::tempdir().unwrap();
    let cache = open(&folder, LARGE);
    put(&cache, 1);
    put(&cache, 2);
    cache.write();
    let row = |number| lock(&cache.index).find(&key(number)).unwrap().unwrap();
    let (one, two) = (row(1), row(2));
    let rows = HashMap::from([(
        key(1),
        Row {
            hash: two.hash,
            length: two.length,
            ..one
        },
    )]);
    lock(&cache.index).write(&rows, &HashMap::new()).unwrap();
    let path = |number| {
        files(&folder).into_iter().find(|path| {
            let hex: String = key(number)
                .0
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect();
            path.display().to_string().contains(&hex)
        })
    };
    fs::copy(path(2).unwrap(), path(1).unwrap()).unwrap();
    assert!(!get(&cache, 1) && get(&cache, 2));
}

#[test]
fn an_index_of_another_version_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    put(&open(&folder, LARGE), 1);
    let connection = rusqlite::Connection::open(Index::path(folder.path())).unwrap();
    connection
        .execute_batch("DROP TABLE segment; PRAGMA user_version = 0;")
        .unwrap();
    drop(connection);
    let cache = open(&folder, LARGE);
    assert!(!get(&cache, 1));
    assert!(
        files(&folder).is_empty(),
        "nobody vouches for them any more"
    );
    put(&cache, 1);
    assert!(get(&cache, 1));
}

#[test]
fn flipped_bits_of_the_index_give_nothing_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let cache = open(&folder, LARGE);
    (0..20).for_each(|number| put(&cache, number));
    drop(cache);
    let path = Index::path(folder.path());
    let whole = fs::read(&path).unwrap();
    assert!(whole.len() > 2000, "everything is in it");
    let mut found = 0;
    for number in 0..60 {
        let mut flipped = whole.clone();
        // Everywhere, and the head, where most lies, more often.
        let at = if number % 3 == 0 {
            number
        } else {
            number * 7919 % whole.len()
        };
        flipped[at] ^= 1 << (number % 8);
        let copy = tempfile::tempdir().unwrap();
        copy_folder(folder.path(), copy.path());
        fs::write(Index::path(copy.path()), flipped).unwrap();
        let cache = open(&copy, LARGE);
        // What is found is right.
        found += (0..20).filter(|number| get(&cache, *number)).count();
        put(&cache, 3);
        assert!(get(&cache, 3));
    }
    assert!(found > 100, "{found}");
}

fn copy_folder(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let (path, target) = (
            entry.as_ref().unwrap().path(),
            to.join(entry.unwrap().file_name()),
        );
        if path.is_dir() {
            fs::create_dir_all(&target).unwrap();
            copy_folder(&path, &target);
        } else {
            fs::copy(path, target).unwrap();
        }
    }
}
