// SPDX-License-Identifier: MPL-2.0
mod faults;
mod flow;

use super::*;
use crate::faults::{Act, Asked, Server};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

const SEGMENT: usize = 188 * 500;

/// Null packets with a number in them.
fn segment(number: usize) -> Vec<u8> {
    let mut packet = [0xff; 188];
    packet[..4].copy_from_slice(&[0x47, 0x1f, 0xff, 0x10]);
    let mut all = packet.repeat(SEGMENT / 188);
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
    fn level(&self, _: Kind) -> Level {
        match self.0.level.load(Ordering::SeqCst) {
            u64::MAX => Level::Untold,
            level => Level::Held(Duration::from_millis(level)),
        }
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
