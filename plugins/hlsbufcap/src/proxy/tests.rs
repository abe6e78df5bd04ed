// SPDX-License-Identifier: MPL-2.0
use super::*;
use crate::faults::{Act, Asked, Server};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

const SEGMENT: usize = 188 * 500;

/// Null packets with a number in them.
fn segment(number: usize) -> Vec<u8> {
    let mut all = filler::filler("a.ts")[..188].repeat(SEGMENT / 188);
    for (at, packet) in all.chunks_mut(188).enumerate() {
        packet[4..12].copy_from_slice(&((number * 1000 + at) as u64).to_be_bytes());
    }
    all
}

fn playlist(tag: &str) -> Vec<u8> {
    let mut text = format!("#EXTM3U\n#EXT-X-TARGETDURATION:4\n{tag}");
    for number in 0..10 {
        text.push_str(&format!("#EXTINF:4,\ns{number}.ts\n"));
    }
    (text + "#EXT-X-ENDLIST\n").into_bytes()
}

fn serve(tag: &str, rule: impl Fn(&Asked) -> Act + Send + Sync + 'static) -> Server {
    let segments = (0..10).map(|number| (format!("s{number}.ts"), segment(number)));
    let more = [
        ("list.m3u8".to_owned(), playlist(tag)),
        ("key".to_owned(), vec![7; 16]),
    ];
    Server::of(segments.chain(more), rule)
}

/// What a session told.
#[derive(Default)]
struct Told {
    /// Milliseconds that the consumer holds; `u64::MAX` where it does not say.
    level: AtomicU64,
    failures: Mutex<Vec<String>>,
    warnings: Mutex<Vec<String>>,
}

struct Listener(Arc<Told>);

impl Host for Listener {
    fn level(&self, _: Kind) -> Option<Duration> {
        let level = self.0.level.load(Ordering::SeqCst);
        (level != u64::MAX).then(|| Duration::from_millis(level))
    }
    fn measured(&self, rate: u64) {
        assert!(rate > 0);
    }
    fn fail(&self, why: &str) {
        lock(&self.0.failures).push(why.to_owned());
    }
    fn warn(&self, why: &str) {
        lock(&self.0.warnings).push(why.to_owned());
    }
    fn note(&self, _: &str) {}
}

struct Client {
    session: Arc<Session>,
    told: Arc<Told>,
    segments: Vec<String>,
    playlist: String,
}

impl Drop for Client {
    fn drop(&mut self) {
        self.session.stop();
    }
}

fn quick() -> Settings {
    Settings {
        backoff: Duration::from_millis(10),
        retries: 2,
        ..Settings::default()
    }
}

fn open(server: &Server, settings: Settings) -> Client {
    let told = Arc::new(Told::default());
    told.level.store(u64::MAX, Ordering::SeqCst);
    let url = Url::parse(&server.url("list.m3u8")).unwrap();
    let access = Access {
        timeout: Duration::from_secs(20),
        ..Access::default()
    };
    let host = Box::new(Listener(told.clone()));
    let session = Session::start(url, access, settings, host).unwrap();
    let playlist = session.open(&Cancel::default()).unwrap();
    let playlist = String::from_utf8(playlist).unwrap();
    let links = playlist.lines().filter(|line| !line.starts_with('#'));
    Client {
        segments: links.map(str::to_owned).collect(),
        session,
        told,
        playlist,
    }
}

/// Status, head and body of an answer, however it ends.
struct Got {
    status: u16,
    head: String,
    body: Vec<u8>,
    /// How often the client was told to wait.
    patience: usize,
    /// Longest time in which nothing came.
    silence: Duration,
}

fn fetch_with(url: &str, headers: &str) -> Got {
    let rest = url.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_once('/').unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    let host = match headers.contains("Host:") {
        true => String::new(),
        false => format!("Host: {host}\r\n"),
    };
    let request = format!("GET /{path} HTTP/1.1\r\n{host}Connection: close\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    let (mut all, mut buffer) = (Vec::new(), [0; 65_536]);
    let (mut silence, mut last) = (Duration::ZERO, Instant::now());
    while let Ok(read @ 1..) = stream.read(&mut buffer) {
        all.extend_from_slice(&buffer[..read]);
        silence = silence.max(last.elapsed());
        last = Instant::now();
    }
    let mut patience = 0;
    loop {
        let end = all.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
        let head = String::from_utf8(all[..end].to_vec()).unwrap();
        let body = all[end..].to_vec();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        if status != 102 {
            return Got {
                status,
                head,
                body,
                patience,
                silence,
            };
        }
        patience += 1;
        all = body;
    }
}

fn fetch(url: &str) -> Got {
    fetch_with(url, "")
}

fn times(server: &Server, path: &str) -> usize {
    server
        .asked()
        .iter()
        .filter(|asked| asked.path == path)
        .count()
}

fn until(what: &str, mut done: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !done() {
        assert!(Instant::now() < end, "never: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

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
        let got = fetch(&client.segments[1]);
        assert!(got.status != 200 || got.body.len() < 50_001, "{word}");
        let failures = lock(&client.told.failures).clone();
        assert!(
            failures[0].contains("/s1.ts: ") && failures[0].contains(word),
            "{failures:?}"
        );
    }
}

#[test]
fn something_takes_the_place_of_what_is_missing_where_it_may() {
    let encrypted = "#EXT-X-KEY:METHOD=AES-128,URI=\"key\"\n";
    for (tag, on_missing, status) in [
        ("", OnMissing::Fill, 200),
        ("", OnMissing::Fail, 404),
        (encrypted, OnMissing::Fill, 404),
    ] {
        let server = serve(tag, |asked| match asked.path.as_str() {
            "s1.ts" => Act::Status(404),
            _ => Act::Right,
        });
        let client = open(
            &server,
            Settings {
                on_missing,
                ..quick()
            },
        );
        let got = fetch(&client.segments[1]);
        assert_eq!(got.status, status, "{tag} {on_missing:?}");
        assert_eq!(lock(&client.told.failures).is_empty(), status == 200);
    }
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
