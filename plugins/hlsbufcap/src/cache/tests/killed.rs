// SPDX-License-Identifier: MPL-2.0
//! Processes that are killed, at every step of a write and while they read.
use super::*;
use std::process::{Child, Command};

/// Kills the process where its environment says so.
pub fn kill_point(name: &str) {
    if std::env::var("AURIS_KILL").is_ok_and(|wanted| wanted == name) {
        let me = std::process::id().to_string();
        let _ = Command::new("kill").args(["-9", &me]).status();
        std::thread::sleep(Duration::from_secs(60));
    }
}

/// What a process does that others start, and kill.
#[test]
fn as_a_child() {
    let Some(folder) = std::env::var_os("AURIS_CACHE") else {
        return;
    };
    let cache = Cache::open_alone(Path::new(&folder), LARGE).unwrap();
    let hit = cache.find(&key(0));
    for number in 100..110 {
        let part = cache.begin().unwrap();
        part.file.write_all_at(&body(number)[..500], 0).unwrap();
        kill_point("half");
        part.file.write_all_at(&body(number), 0).unwrap();
        cache.keep(&key(number), &part, Some("video/mp2t")).unwrap();
        cache.write();
    }
    fs::write(Path::new(&folder).join("holds"), "").unwrap();
    kill_point("holding");
    if std::env::var("AURIS_KILL").is_ok_and(|wanted| wanted == "waiting") {
        std::thread::sleep(Duration::from_secs(60));
    }
    drop(hit);
}

fn child(folder: &TempDir, kill_at: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "cache::tests::killed::as_a_child"])
        .env("AURIS_CACHE", folder.path())
        .env("AURIS_KILL", kill_at)
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn whoever_is_killed_leaves_a_good_cache() {
    let points = [
        "begun", "half", "hashed", "renamed", "changed", "indexed", "holding", "never",
    ];
    for point in points {
        let folder = tempfile::tempdir().unwrap();
        put(&open(&folder, LARGE), 0);
        let status = child(&folder, point).wait().unwrap();
        assert_eq!(status.success(), point == "never", "{point}: {status}");
        let cache = open(&folder, LARGE);
        assert!(get(&cache, 0), "{point}");
        let kept = (100..110).filter(|number| get(&cache, *number)).count();
        let expected = match point {
            "begun" | "half" | "hashed" | "renamed" | "changed" => 0,
            "indexed" => 1,
            _ => 10,
        };
        assert_eq!(kept, expected, "{point}");
        assert_eq!(
            cache.verify().unwrap(),
            Check {
                right: 1 + expected as u64,
                ..Check::default()
            }
        );
        cache.files.sweep(|_, _| true, true);
        assert_eq!(
            fs::read_dir(folder.path().join("part")).unwrap().count(),
            0,
            "{point}"
        );
    }
}

#[test]
fn what_a_dead_process_read_may_go() {
    let folder = tempfile::tempdir().unwrap();
    put(&open(&folder, LARGE), 0);
    let mut child = child(&folder, "waiting");
    let end = Instant::now() + Duration::from_secs(30);
    while !folder.path().join("holds").exists() {
        assert!(Instant::now() < end);
        std::thread::sleep(Duration::from_millis(5));
    }
    let cache = open(&folder, LARGE);
    assert_eq!(cache.prune(0, None).unwrap(), 10, "one is read");
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(cache.prune(0, None).unwrap(), 1);
}
