// SPDX-License-Identifier: MPL-2.0
//! The cache of `auris-farm analyze` among processes that run at once, or are killed.
use super::analyze::array;
use super::analyze_place::{ALL, COUNT, Place, all_lasting, computed, entries, good};
use std::time::Instant;

#[test]
fn killed_at_any_moment_it_leaves_nothing_by_halves() {
    let place = Place::new(12);
    let began = Instant::now();
    let wanted = good(place.farm("plain", ALL).arg(place.path("music")).run());
    let whole = began.elapsed();
    let mut killed = 0;
    for round in 0..14 {
        let mut running = place.cached("out", ALL).args(["--jobs", "2"]).start();
        // From its start to amid its work. Each round has less of that, and all but the last few together not enough
        // time for the whole.
        std::thread::sleep(whole * (round + 1) / 40);
        if running.runs() {
            running.signal("KILL");
            killed += 1;
        }
        running.end();
        for path in entries(&place.path("out")) {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if name.ends_with(".safetensors") {
                assert_eq!(array(&path, "mfcc").0[1], 20, "{name}");
            }
        }
    }
    assert!(killed > 3, "only {killed} were killed under way");
    let cached = place.artefacts().len();
    let found = good(place.cached("out", ALL).run());
    // Whatever looked complete was.
    assert_eq!(all_lasting(&found), all_lasting(&wanted));
    let made: usize = found.iter().map(|record| computed(record).len()).sum();
    assert_eq!(made + cached, 12 * COUNT);
    // What killed runs left is gone.
    assert_eq!(place.drafts(), 0);
    let left = entries(&place.path("out"));
    assert_eq!(left.len(), 12 + 1, "{left:?}");
}

#[test]
fn many_processes_share_a_cache() {
    let place = Place::new(8);
    let wanted = good(place.farm("plain", ALL).arg(place.path("music")).run());
    // A bound that lets each remove what another has just written.
    let small = ["--cache-max-mb", "1"];
    let starts: Vec<_> = (0..3)
        .map(|number| {
            let farm = place
                .cached(&format!("out{number}"), ALL)
                .args(["--jobs", "1"]);
            if number == 0 { farm.args(small) } else { farm }.start()
        })
        .collect();
    for running in starts {
        assert_eq!(all_lasting(&good(running.end())), all_lasting(&wanted));
    }
    assert_eq!(place.drafts(), 0);
}
