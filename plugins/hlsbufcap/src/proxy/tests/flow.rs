// SPDX-License-Identifier: MPL-2.0
//! What comes through, and when.
use super::*;

#[test]
fn everything_comes_as_it_is_and_is_fetched_once() {
    let server = serve("", |_| Act::Right);
    let client = open(&server, quick());
    assert_eq!(client.segments.len(), 10);
    for (number, url) in client.segments.iter().enumerate() {
        let got = fetch(url);
        assert_eq!(got.status, 200);
        assert!(got.body == segment(number), "{number}");
        assert_eq!(times(&server, &format!("s{number}.ts")), 1);
    }
    assert!(lock(&client.told.failures).is_empty());
}

#[test]
fn what_comes_next_is_read_ahead_and_no_more() {
    let server = serve("", |_| Act::Right);
    let client = open(&server, quick());
    fetch(&client.segments[2]);
    until("three more", || {
        client.session.standing().segments == 4 && client.session.standing().downloads == 0
    });
    std::thread::sleep(Duration::from_millis(100));
    let mut paths: Vec<String> = server.asked().into_iter().map(|asked| asked.path).collect();
    paths.sort();
    assert_eq!(paths, ["list.m3u8", "s2.ts", "s3.ts", "s4.ts", "s5.ts"]);
    assert_eq!(client.session.standing().bytes, 4 * SEGMENT as u64);
}

#[test]
fn nobody_is_let_in_who_does_not_know_the_way() {
    let server = serve("", |_| Act::Right);
    let client = open(&server, quick());
    let url = &client.segments[0];
    let token = url.split('/').nth(3).unwrap();
    let other = url.replace(token, &"0".repeat(32));
    assert_eq!(fetch(&other).status, 403);
    assert_eq!(fetch(&url.replace(token, "")).status, 403);
    assert_eq!(fetch_with(url, "Host: example.org\r\n").status, 403);
    let id = url.split('/').nth(4).unwrap();
    assert_eq!(fetch(&url.replace(id, "0000000000000001")).status, 404);
    assert_eq!(fetch(&url.replace(id, "../../etc/passwd")).status, 404);
    assert_eq!(times(&server, "s0.ts"), 0);
    // A second stream has another token.
    let second = open(&server, quick());
    assert_ne!(second.segments[0].split('/').nth(3), Some(token));
}

#[test]
fn several_who_ask_for_one_segment_share_it() {
    let server = serve("", |asked| match asked.path.as_str() {
        "s0.ts" => Act::Slow(SEGMENT),
        _ => Act::Right,
    });
    let client = open(&server, quick());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert!(fetch(&client.segments[0]).body == segment(0)));
        }
    });
    assert_eq!(times(&server, "s0.ts"), 1);
}

#[test]
fn a_seek_cancels_what_is_no_longer_wanted() {
    let server = serve("", |asked| match asked.path.as_str() {
        "s1.ts" | "s2.ts" => Act::Slow(1000),
        _ => Act::Right,
    });
    let client = open(&server, quick());
    fetch(&client.segments[0]);
    until("two under way", || client.session.standing().downloads == 2);
    let start = Instant::now();
    assert!(fetch(&client.segments[7]).body == segment(7));
    assert!(
        start.elapsed() < Duration::from_secs(10),
        "it waited for the others"
    );
    until("nothing under way", || {
        client.session.standing().downloads == 0
    });
    assert_eq!(client.session.standing().segments, 3);
}

#[test]
fn a_hundred_seeks_arrive() {
    let server = serve("", |_| Act::Right);
    let client = open(&server, quick());
    let mut state = 0x2545_f491_u64;
    for round in 0..100 {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let number = (state >> 33) as usize % 10;
        if round % 3 == 0 {
            // One that hangs up before it has anything.
            let url = client.segments[number].strip_prefix("http://").unwrap();
            let (host, path) = url.split_once('/').unwrap();
            let mut stream = TcpStream::connect(host).unwrap();
            let request = format!("GET /{path} HTTP/1.1\r\nHost: {host}\r\n\r\n");
            stream.write_all(request.as_bytes()).unwrap();
        } else {
            assert!(
                fetch(&client.segments[number]).body == segment(number),
                "{number}"
            );
        }
    }
    until("no more than the window", || {
        let standing = client.session.standing();
        standing.downloads == 0 && standing.segments <= 4
    });
    assert!(lock(&client.told.failures).is_empty());
}

#[test]
fn parts_of_segments_are_parts() {
    let server = serve("", |_| Act::Right);
    let client = open(&server, quick());
    let got = fetch_with(&client.segments[3], "Range: bytes=100-299\r\n");
    assert_eq!(got.status, 206);
    assert!(
        got.head
            .contains(&format!("Content-Range: bytes 100-299/{SEGMENT}\r\n")),
        "{}",
        got.head
    );
    assert!(got.body == segment(3)[100..300]);
    let got = fetch_with(
        &client.segments[3],
        &format!("Range: bytes={}-\r\n", SEGMENT - 5),
    );
    assert_eq!((got.status, got.body.len()), (206, 5));
    assert_eq!(
        fetch_with(&client.segments[3], "Range: bytes=999999-\r\n").status,
        416
    );
    assert_eq!(times(&server, "s3.ts"), 1);
}

#[test]
fn byte_ranges_of_one_file_are_segments() {
    let text = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n#EXT-X-BYTERANGE:94000@0\nall.ts\n\
        #EXTINF:4,\n#EXT-X-BYTERANGE:94000\nall.ts\n#EXT-X-ENDLIST\n";
    for act in [Act::Right, Act::Whole] {
        let files = [
            ("list.m3u8".to_owned(), text.as_bytes().to_vec()),
            ("all.ts".to_owned(), [segment(0), segment(1)].concat()),
        ];
        let server = Server::of(files, move |_| act.clone());
        let client = open(&server, quick());
        assert_eq!(client.segments[0], client.segments[1]);
        let got = fetch_with(&client.segments[0], "Range: bytes=94000-187999\r\n");
        assert_eq!(got.status, 206);
        assert!(
            got.head.contains("Content-Range: bytes 94000-187999/*\r\n"),
            "{}",
            got.head
        );
        assert!(got.body == segment(1));
    }
}

#[test]
fn a_full_consumer_is_kept_waiting_and_alive() {
    let server = serve("", |_| Act::Right);
    let client = open(
        &server,
        Settings {
            prefetch: 0,
            ..quick()
        },
    );
    client.told.level.store(3000, Ordering::SeqCst);
    let (told, url) = (client.told.clone(), client.segments[0].clone());
    let thread = std::thread::spawn(move || (fetch(&url), Instant::now()));
    std::thread::sleep(Duration::from_secs(9));
    let fed = Instant::now();
    told.level.store(0, Ordering::SeqCst);
    let (got, end) = thread.join().unwrap();
    assert!(got.body == segment(0));
    assert!(end > fed, "it was not kept waiting");
    assert!(
        end - fed < Duration::from_secs(2),
        "whoever is hungry is served at once"
    );
    assert!(got.silence < Duration::from_secs(6), "{:?}", got.silence);
}

#[test]
fn keys_pass_through_and_are_not_kept() {
    let server = serve("#EXT-X-KEY:METHOD=AES-128,URI=\"key\"\n", |asked| {
        match (asked.path.as_str(), asked.time) {
            ("key", 3) => Act::Status(403),
            // Nothing can be told from what is encrypted.
            ("s0.ts", _) => Act::Noise,
            _ => Act::Right,
        }
    });
    let client = open(&server, quick());
    let link = client
        .playlist
        .split("URI=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    assert_eq!(fetch(link).body, [7; 16]);
    assert_eq!(fetch(link).body, [7; 16]);
    assert_eq!(times(&server, "key"), 2);
    assert_eq!(fetch(link).status, 403);
    assert!(lock(&client.told.failures)[0].contains("/key: the server answers 403"));
    assert_eq!(fetch(&client.segments[0]).body.len(), SEGMENT);
}

#[test]
fn a_live_playlist_is_followed_and_what_is_gone_is_no_error() {
    let text = |first: usize| {
        let mut text = format!("#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:{first}\n");
        (first..first + 3).for_each(|at| text.push_str(&format!("#EXTINF:4,\ns{at}.ts\n")));
        text
    };
    let server = serve("", move |asked| match asked.path.as_str() {
        "list.m3u8" => Act::Text(text(asked.time.min(7) - 1)),
        "s0.ts" => Act::Status(404),
        _ => Act::Right,
    });
    let client = open(&server, quick());
    let first = client.segments.clone();
    let got = fetch(&client.session.address());
    let second = String::from_utf8(got.body).unwrap();
    // The same segment has the same address.
    assert!(
        second.contains(&first[1]) && second.contains(&first[2]) && !second.contains(&first[0])
    );
    assert_eq!(fetch(&first[0]).status, 404);
    assert!(lock(&client.told.failures).is_empty());
    assert!(fetch(&first[2]).body == segment(2));
}

#[test]
fn another_variant_lets_go_of_the_first() {
    let list = |name: &str| {
        let mut text = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n".to_owned();
        (0..4).for_each(|at| text.push_str(&format!("#EXTINF:4,\n{name}{at}.ts\n")));
        (text + "#EXT-X-ENDLIST\n").into_bytes()
    };
    let main =
        "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\na.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=2\nb.m3u8\n";
    let mut files = vec![
        ("list.m3u8".to_owned(), main.as_bytes().to_vec()),
        ("a.m3u8".to_owned(), list("a")),
        ("b.m3u8".to_owned(), list("b")),
    ];
    for name in ["a", "b"] {
        files.extend((0..4).map(|at| (format!("{name}{at}.ts"), segment(at))));
    }
    let server = Server::of(files, |_| Act::Right);
    let client = open(&server, quick());
    let segments = |at: usize| -> Vec<String> {
        let text = String::from_utf8(fetch(&client.segments[at]).body).unwrap();
        text.lines()
            .filter(|line| !line.starts_with('#'))
            .map(str::to_owned)
            .collect()
    };
    let (a, b) = (segments(0), segments(1));
    // Playlists have a port of their own.
    assert_ne!(a[0].split('/').nth(2), client.segments[0].split('/').nth(2));
    fetch(&a[0]);
    until("all of a", || client.session.standing().segments == 4);
    fetch(&b[3]);
    until("b alone", || client.session.standing().segments == 1);
}

#[test]
fn stopping_ends_everything_at_once() {
    let server = serve("", |_| Act::Slow(1000));
    let client = open(&server, quick());
    let url = client.segments[0].clone();
    let thread = std::thread::spawn(move || fetch(&url));
    until("a download", || client.session.standing().downloads > 0);
    let start = Instant::now();
    client.session.stop();
    assert!(
        start.elapsed() < Duration::from_secs(2),
        "{:?}",
        start.elapsed()
    );
    assert!(thread.join().unwrap().body.len() < SEGMENT);
    assert_eq!(
        client.session.standing(),
        Standing {
            rate: client.session.standing().rate,
            ..Standing::default()
        }
    );
    assert!(TcpStream::connect(client.segments[0].split('/').nth(2).unwrap()).is_err());
}
