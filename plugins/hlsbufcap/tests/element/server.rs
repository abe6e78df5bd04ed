// SPDX-License-Identifier: MPL-2.0
//! An HTTP server on the loopback interface that does wrong where it is told to, and ends with the test.
use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A request.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// With the query, without the slash before it.
    pub path: String,
    /// Names in small letters.
    pub headers: HashMap<String, String>,
    /// Which request for this path it is, from 1 on.
    pub time: usize,
}

/// What the server does.
#[derive(Debug, Clone, Default)]
#[allow(dead_code)] // Who shares this file needs not all of it.
pub enum Act {
    /// What a good one does.
    #[default]
    Right,
    Status(u16),
    /// Says the whole length, and hangs up after so many bytes.
    Truncate(usize),
    /// Has no more than so many bytes.
    Short(usize),
    /// Sends noise of the right length.
    Noise,
    /// Is silent for some time after so many bytes.
    Stall(usize, Duration),
    /// Is silent before it says anything.
    Wait(Duration),
    /// Sends so many bytes per second.
    Slow(usize),
    /// Hangs up after it has answered rightly.
    Close,
    /// Sends somewhere else, with a cookie.
    Redirect(String),
    /// Sends everything, whatever part was asked for.
    Whole,
    /// Sends this in place of what it has.
    Text(String),
}

type Rule = Box<dyn Fn(&Asked) -> Act + Send + Sync>;

/// What a file of this name has in it.
type Files = Box<dyn Fn(&str) -> Option<Vec<u8>> + Send + Sync>;

struct Shared {
    files: Files,
    rule: Rule,
    asked: Mutex<Vec<Asked>>,
    /// Connections that were made.
    connections: Mutex<usize>,
    is_over: AtomicBool,
}

pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Server {
    /// One that serves the files of a folder as it should.
    #[allow(dead_code)]
    pub fn new(folder: &Path) -> Server {
        Server::faulty(folder, |_| Act::Right)
    }

    #[allow(dead_code)]
    pub fn faulty(folder: &Path, rule: impl Fn(&Asked) -> Act + Send + Sync + 'static) -> Server {
        let folder = folder.to_owned();
        Server::start(move |name| std::fs::read(folder.join(name)).ok(), rule)
    }

    /// One that serves what it is given.
    #[allow(dead_code)]
    pub fn of(
        files: impl IntoIterator<Item = (String, Vec<u8>)>,
        rule: impl Fn(&Asked) -> Act + Send + Sync + 'static,
    ) -> Server {
        let files: HashMap<String, Vec<u8>> = files.into_iter().collect();
        Server::start(move |name| files.get(name).cloned(), rule)
    }

    fn start(
        files: impl Fn(&str) -> Option<Vec<u8>> + Send + Sync + 'static,
        rule: impl Fn(&Asked) -> Act + Send + Sync + 'static,
    ) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            files: Box::new(files),
            rule: Box::new(rule),
            asked: Mutex::default(),
            connections: Mutex::default(),
            is_over: AtomicBool::new(false),
        });
        let listening = shared.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().take(10_000) {
                if listening.is_over.load(Ordering::SeqCst) {
                    return;
                }
                if let Ok(stream) = stream {
                    *listening.connections.lock().unwrap() += 1;
                    let shared = listening.clone();
                    std::thread::spawn(move || converse(&stream, &shared));
                }
            }
        });
        Server { address, shared }
    }

    pub fn url(&self, name: &str) -> String {
        format!("http://{}/{name}", self.address)
    }

    /// What was asked for so far.
    #[allow(dead_code)]
    pub fn asked(&self) -> Vec<Asked> {
        self.shared.asked.lock().unwrap().clone()
    }

    #[allow(dead_code)]
    pub fn connections(&self) -> usize {
        *self.shared.connections.lock().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::SeqCst);
        // Wakes it.
        let _ = TcpStream::connect(self.address);
    }
}

/// Answers requests of one connection until it is idle for too long.
fn converse(stream: &TcpStream, shared: &Shared) {
    let _ = stream.set_nodelay(true);
    let _ = stream.set_read_timeout(Some(Duration::from_secs(60)));
    let _ = stream.set_write_timeout(Some(Duration::from_secs(60)));
    let mut lines = BufReader::new(stream).lines();
    while let Some(Ok(request)) = lines.next() {
        let mut asked = Asked {
            path: request.split(' ').nth(1).unwrap_or("/")[1..].to_owned(),
            ..Asked::default()
        };
        while let Some(Ok(line)) = lines.next() {
            let Some((name, value)) = line.split_once(':') else {
                break;
            };
            asked
                .headers
                .insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
        {
            let mut all = shared.asked.lock().unwrap();
            asked.time = 1 + all
                .iter()
                .filter(|before| before.path == asked.path)
                .count();
            all.push(asked.clone());
        }
        match answer(stream, shared, &asked) {
            Ok(true) => {}
            _ => {
                let _ = stream.shutdown(std::net::Shutdown::Both);
                return;
            }
        }
    }
}

/// Whether the connection goes on.
fn answer(mut stream: &TcpStream, shared: &Shared, asked: &Asked) -> io::Result<bool> {
    let act = (shared.rule)(asked);
    let name = asked.path.split('?').next().unwrap_or_default();
    let mut status = |line: &str| {
        stream.write_all(format!("HTTP/1.1 {line}\r\nContent-Length: 0\r\n\r\n").as_bytes())
    };
    match &act {
        Act::Status(code) => {
            status(&format!("{code} Wrong"))?;
            return Ok(true);
        }
        Act::Redirect(to) => {
            status(&format!(
                "302 Elsewhere\r\nLocation: {to}\r\nSet-Cookie: ticket=7; Path=/"
            ))?;
            return Ok(true);
        }
        Act::Wait(time) => std::thread::sleep(*time),
        _ => {}
    }
    let found = match &act {
        Act::Text(text) => Some(text.clone().into_bytes()),
        _ => (shared.files)(name),
    };
    let Some(mut body) = found else {
        status("404 Not Found")?;
        return Ok(true);
    };
    match &act {
        Act::Noise => {
            // Xorshift: the same in every run.
            let mut state = 0x9e37_79b9_u32;
            body.fill_with(|| {
                state ^= state << 13;
                state ^= state >> 17;
                state ^= state << 5;
                (state >> 11) as u8
            });
        }
        Act::Short(length) => body.truncate(*length),
        _ => {}
    }
    let whole = body.len();
    let range = asked
        .headers
        .get("range")
        .filter(|_| !matches!(act, Act::Whole));
    let (first, last) = match range.and_then(|range| range.strip_prefix("bytes=")?.split_once('-'))
    {
        Some((first, last)) => {
            let first: usize = first.parse().unwrap();
            (
                first,
                last.parse::<usize>()
                    .map_or(whole, |last| last + 1)
                    .min(whole),
            )
        }
        None => (0, whole),
    };
    if first >= last && whole > 0 {
        status("416 Range")?;
        return Ok(true);
    }
    let part = &body[first..last];
    let line = match range {
        Some(_) => format!(
            "206 Part\r\nContent-Range: bytes {first}-{}/{whole}",
            last - 1
        ),
        None => "200 OK".to_owned(),
    };
    let closes = matches!(act, Act::Close);
    let connection = if closes { "\r\nConnection: close" } else { "" };
    let head = format!(
        "HTTP/1.1 {line}\r\nContent-Length: {}{connection}\r\n\r\n",
        part.len()
    );
    stream.write_all(head.as_bytes())?;
    match act {
        Act::Truncate(length) => {
            stream.write_all(&part[..length.min(part.len())])?;
            return Ok(false);
        }
        Act::Stall(after, time) => {
            let (before, after) = part.split_at(after.min(part.len()));
            stream.write_all(before)?;
            std::thread::sleep(time);
            stream.write_all(after)?;
        }
        Act::Slow(rate) => {
            for piece in part.chunks((rate / 50).max(1)) {
                stream.write_all(piece)?;
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        _ => stream.write_all(part)?,
    }
    Ok(!closes)
}
