// SPDX-License-Identifier: MPL-2.0
//! What goes wrong on the way.
use super::*;

#[test]
fn a_stall_is_never_silent() {
    let long = Duration::from_secs(12);
    let server = serve("", move |asked| match asked.path.as_str() {
        "s0.ts" => Act::Stall(SEGMENT / 2, long),
        "s5.ts" => Act::Wait(long),
        _ => Act::Right,
    });
    let (one, two) = (open(&server, quick()), open(&server, quick()));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let got = fetch(&one.segments[0]);
            assert!(got.body == segment(0));
            assert!(got.silence < Duration::from_secs(6), "{:?}", got.silence);
        });
        scope.spawn(|| {
            let got = fetch(&two.segments[5]);
            assert!(got.body == segment(5));
            assert!(got.patience >= 2, "{}", got.patience);
            assert!(got.silence < Duration::from_secs(6), "{:?}", got.silence);
        });
    });
}

#[test]
fn what_is_broken_off_goes_on_where_it_was() {
    let server = serve("", |asked| match (asked.path.as_str(), asked.time) {
        ("s0.ts", 1) => Act::Truncate(50_000),
        ("s1.ts", 1) => Act::Truncate(50_000),
        // One that knows no parts.
        ("s1.ts", _) => Act::Whole,
        ("s2.ts", 1..=2) => Act::Status(503),
        ("s3.ts", _) => Act::Close,
        ("s4.ts", 1) => Act::Noise,
        _ => Act::Right,
    });
    let client = open(&server, quick());
    for number in 0..5 {
        let got = fetch(&client.segments[number]);
        assert!(
            got.status == 200 && got.body == segment(number),
            "{number}: {}",
            got.status
        );
    }
    let asked = server.asked();
    let again = asked
        .iter()
        .find(|asked| asked.path == "s0.ts" && asked.time == 2)
        .unwrap();
    assert_eq!(again.headers["range"], "bytes=50000-");
    assert!(lock(&client.told.failures).is_empty());
}

#[test]
fn what_stays_wrong_is_an_error_that_names_it() {
    for (act, word) in [
        (Act::Status(404), "404"),
        (Act::Status(503), "503"),
        (Act::Noise, "no packet"),
        (Act::Short(50_001), "ends in the middle"),
        (Act::Truncate(0), "connection"),
    ] {
        let server = serve("", move |asked| match asked.path.as_str() {
            "s1.ts" => act.clone(),
            _ => Act::Right,
        });
        let client = open(&server, quick());
        // As hlsdemux2 does, which asks again.
        for _ in 0..2 {
            let got = fetch(&client.segments[1]);
            assert!(got.status != 200 || got.body.len() < 50_001, "{word}");
        }
        let failures = lock(&client.told.failures).clone();
        assert!(
            failures[0].contains("/s1.ts: ") && failures[0].contains(word),
            "{failures:?}"
        );
    }
}

#[test]
fn without_a_disk_nothing_is_read_ahead_and_everything_comes() {
    let server = serve("", |_| Act::Right);
    let folder = "/does/not/exist".into();
    let client = open(&server, Settings { folder, ..quick() });
    for number in 0..3 {
        assert!(fetch(&client.segments[number]).body == segment(number));
    }
    assert_eq!(times(&server, "s3.ts"), 0);
    assert_eq!(lock(&client.told.warnings).len(), 1);
}
