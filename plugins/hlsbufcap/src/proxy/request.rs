// SPDX-License-Identifier: MPL-2.0
//! What of HTTP/1.1 a server for one client on the same machine needs.
use crate::upstream::Cancel;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// Most bytes of a request's head.
const HEAD: usize = 16 << 10;
const HEADERS: usize = 64;
/// Longest time that a connection may be idle.
const IDLE: Duration = Duration::from_secs(60);
/// Time between two looks at whether the server still runs.
const LOOK: Duration = Duration::from_millis(250);

/// A request of a client.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Request {
    pub method: String,
    /// With the query.
    pub path: String,
    pub host: Option<String>,
    pub range: Option<String>,
    /// Whether the client goes on using the connection.
    pub keeps: bool,
}

/// The next request of a connection; `None` where there will be none.
///
/// # Errors
/// The connection, or what is no request.
pub fn read(
    mut stream: &TcpStream,
    left: &mut Vec<u8>,
    cancel: &Cancel,
) -> io::Result<Option<Request>> {
    stream.set_read_timeout(Some(LOOK))?;
    let start = Instant::now();
    let mut buffer = [0; 1024];
    loop {
        if let Some((request, length)) = parse(left)? {
            left.drain(..length);
            return Ok(Some(request));
        }
        match stream.read(&mut buffer) {
            Ok(0) => return Ok(None),
            Ok(read) => left.extend_from_slice(&buffer[..read]),
            Err(error) if is_silence(&error) => {
                if cancel.is_cancelled() || start.elapsed() > IDLE {
                    return Ok(None);
                }
            }
            Err(error) => return Err(error),
        }
    }
}

/// Whether nothing came for a while.
pub fn is_silence(error: &io::Error) -> bool {
    use io::ErrorKind::{Interrupted, TimedOut, WouldBlock};
    matches!(error.kind(), Interrupted | TimedOut | WouldBlock)
}

fn parse(bytes: &[u8]) -> io::Result<Option<(Request, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut parsed = httparse::Request::new(&mut headers);
    let wrong = |error| io::Error::new(io::ErrorKind::InvalidData, error);
    let httparse::Status::Complete(length) = parsed.parse(bytes).map_err(wrong)? else {
        return match bytes.len() > HEAD {
            true => Err(io::Error::other("the head of a request is too long")),
            false => Ok(None),
        };
    };
    let header = |name: &str| {
        let found = parsed
            .headers
            .iter()
            .find(|header| header.name.eq_ignore_ascii_case(name))?;
        Some(str::from_utf8(found.value).ok()?.trim().to_owned())
    };
    let connection = header("connection")
        .unwrap_or_default()
        .to_ascii_lowercase();
    let request = Request {
        method: parsed.method.unwrap_or_default().to_owned(),
        path: parsed.path.unwrap_or_default().to_owned(),
        host: header("host"),
        range: header("range"),
        keeps: match parsed.version {
            Some(1) => connection != "close",
            _ => connection == "keep-alive",
        },
    };
    Ok(Some((request, length)))
}

/// The head of an answer.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    pub status: u16,
    /// Bytes of the body; `None` where it ends with the connection.
    pub length: Option<u64>,
    pub content_type: Option<String>,
    pub content_range: Option<String>,
}

impl Answer {
    /// One with nothing but a status.
    pub fn of(status: u16) -> Answer {
        Answer {
            status,
            length: Some(0),
            ..Answer::default()
        }
    }

    /// # Errors
    /// The connection.
    pub fn write(&self, stream: &mut impl Write) -> io::Result<()> {
        let mut text = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status));
        let mut add = |name: &str, value: &str| {
            // A line break in what another server sent would be a header of its own.
            if !value.contains(['\r', '\n']) {
                text.push_str(&format!("{name}: {value}\r\n"));
            }
        };
        match self.length {
            Some(length) => add("Content-Length", &length.to_string()),
            None => add("Connection", "close"),
        }
        if let Some(kind) = &self.content_type {
            add("Content-Type", kind);
        }
        if let Some(range) = &self.content_range {
            add("Content-Range", range);
        }
        if self.status == 503 {
            add("Retry-After", "1");
        }
        add("Cache-Control", "no-store");
        text.push_str("\r\n");
        stream.write_all(text.as_bytes())
    }
}

/// Tells a client that its answer is being prepared, so that it goes on waiting.
///
/// # Errors
/// The connection.
pub fn write_patience(stream: &mut impl Write) -> io::Result<()> {
    stream.write_all(b"HTTP/1.1 102 Processing\r\n\r\n")
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        206 => "Partial Content",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        416 => "Range Not Satisfiable",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        _ => "Unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_read_as_they_come() {
        let text = b"GET /a/b?c HTTP/1.1\r\nhost: 127.0.0.1:1\r\nRange: bytes=1-2\r\n\r\nGET";
        for length in 0..text.len() - 4 {
            assert!(parse(&text[..length]).unwrap().is_none());
        }
        let (request, length) = parse(text).unwrap().unwrap();
        assert_eq!(length, text.len() - 3);
        assert_eq!(request.path, "/a/b?c");
        assert_eq!(request.host.as_deref(), Some("127.0.0.1:1"));
        assert_eq!(request.range.as_deref(), Some("bytes=1-2"));
        assert!(request.keeps);
        assert!(parse(b"\x16\x03\x01\x02\x00").is_err());
        assert!(parse(&b"GET /".repeat(HEAD)).is_err());
    }

    #[test]
    fn nothing_of_another_server_becomes_a_header() {
        let mut out = Vec::new();
        let answer = Answer {
            content_type: Some("a\r\nSet-Cookie: x".into()),
            ..Answer::of(200)
        };
        answer.write(&mut out).unwrap();
        assert!(!String::from_utf8(out).unwrap().contains("Set-Cookie"));
    }
}
