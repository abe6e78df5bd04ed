// SPDX-License-Identifier: MPL-2.0
//! The server: two ports of the loopback interface, that answer who knows their token and names them as they are named.
use super::Session;
use super::request::{self, Answer, Request};
use super::table::{Role, Target};
use crate::budget::lock;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Address space of a thread that answers.
const STACK: usize = 512 << 10;
/// Connections at a time; a demuxer needs a handful.
const CONNECTIONS: usize = 64;
/// Longest silence towards a client: libsoup gives up after 10 s.
pub const SILENCE: Duration = Duration::from_secs(4);
/// Longest time that one write may take: a client that reads nothing for so long is gone.
const WRITE: Duration = Duration::from_secs(30);
/// Most bytes of a key.
const KEY: u64 = 64 << 10;

/// The ports and their secret.
#[derive(Debug)]
pub struct Doors {
    token: String,
    control: SocketAddr,
    media: SocketAddr,
}

impl Doors {
    /// # Errors
    /// Where the loopback interface has no port, or the system no random numbers.
    pub fn open() -> io::Result<(Doors, [TcpListener; 2])> {
        let mut secret = [0; 16];
        getrandom::fill(&mut secret).map_err(io::Error::other)?;
        let listeners = [
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?,
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?,
        ];
        let doors = Doors {
            token: secret.iter().map(|byte| format!("{byte:02x}")).collect(),
            control: listeners[0].local_addr()?,
            media: listeners[1].local_addr()?,
        };
        Ok((doors, listeners))
    }

    /// What stands before addresses of playlists and keys.
    pub fn control(&self) -> String {
        format!("http://{}/{}", self.control, self.token)
    }

    /// What stands before addresses of segments.
    pub fn media(&self) -> String {
        format!("http://{}/{}", self.media, self.token)
    }

    /// Whether a client knows us, rather than having been led here.
    fn is_meant(&self, host: Option<&str>) -> bool {
        let named = |address: SocketAddr| host == Some(address.to_string().as_str());
        named(self.control) || named(self.media)
    }

    /// Compares in the same time wherever the difference is.
    fn is_token(&self, token: &str) -> bool {
        let (ours, theirs) = (self.token.as_bytes(), token.as_bytes());
        let differs = |sum: u8, (a, b): (&u8, &u8)| sum | (a ^ b);
        ours.len() == theirs.len() && ours.iter().zip(theirs).fold(0, differs) == 0
    }

    /// Lets the threads that listen see that it is over.
    pub fn wake(&self) {
        for address in [self.control, self.media] {
            let _ = TcpStream::connect_timeout(&address, Duration::from_secs(1));
        }
    }
}

impl Session {
    pub(super) fn listen(self: &Arc<Self>, listener: TcpListener) -> io::Result<()> {
        let session = self.clone();
        let thread = thread::Builder::new()
            .name("hlscap-listen".into())
            .stack_size(STACK);
        thread.spawn(move || {
            for stream in listener.incoming() {
                if session.cancel.is_cancelled() {
                    return;
                }
                match stream {
                    Ok(stream) => session.receive_client(stream),
                    // Of file descriptors, say: they may come back.
                    Err(_) => thread::sleep(Duration::from_millis(100)),
                }
            }
        })?;
        Ok(())
    }

    fn receive_client(self: &Arc<Self>, stream: TcpStream) {
        {
            let mut state = lock(&self.state);
            if state.workers >= CONNECTIONS {
                return;
            }
            state.workers += 1;
        }
        let session = self.clone();
        let thread = thread::Builder::new()
            .name("hlscap-serve".into())
            .stack_size(STACK);
        let spawned = thread.spawn(move || {
            if let Err(error) = session.converse(&stream) {
                session.host.note(&format!("a client is gone: {error}"));
            }
            session.leave(lock(&session.state));
        });
        if spawned.is_err() {
            self.leave(lock(&self.state));
        }
    }

    fn converse(self: &Arc<Self>, stream: &TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(WRITE))?;
        let mut left = Vec::new();
        while let Some(request) = request::read(stream, &mut left, &self.cancel)? {
            let keeps = self.answer(stream, &request)?;
            if !keeps || !request.keeps {
                break;
            }
        }
        Ok(())
    }

    /// Whether the connection can go on.
    fn answer(self: &Arc<Self>, mut stream: &TcpStream, request: &Request) -> io::Result<bool> {
        let target = match self.resolve(request) {
            Ok(target) => target,
            Err(status) => {
                Answer::of(status).write(&mut stream)?;
                return Ok(true);
            }
        };
        match target.role {
            Role::Media => self.serve(stream, request, &target),
            Role::Playlist(_) => {
                let query = request
                    .path
                    .split_once('?')
                    .map(|(_, query)| query.to_owned());
                let session = self.clone();
                let asked = target.clone();
                let read = move || session.read_playlist(&asked, query.as_deref(), &session.cancel);
                let kind = "application/vnd.apple.mpegurl".to_owned();
                match patiently(stream, read)? {
                    Ok((text, said)) => send(stream, &text, said.or(Some(kind))),
                    Err(failure) => self.refuse(stream, &target, &failure),
                }
            }
            Role::Key => {
                let session = self.clone();
                let asked = target.clone();
                let read = move || session.fetch_small(&asked.url, None, KEY, &session.cancel);
                match patiently(stream, read)? {
                    Ok((key, _, head)) => send(stream, &key, head.content_type),
                    Err(failure) => {
                        self.host
                            .fail(&format!("The key {}: {failure}", target.url));
                        self.refuse(stream, &target, &failure)
                    }
                }
            }
        }
    }

    fn refuse(
        &self,
        mut stream: &TcpStream,
        target: &Target,
        failure: &crate::upstream::Failure,
    ) -> io::Result<bool> {
        self.host.note(&format!("{}: {failure}", target.url));
        Answer::of(failure.status()).write(&mut stream)?;
        Ok(true)
    }

    /// What is asked for, or the status that says why not.
    fn resolve(&self, request: &Request) -> Result<Arc<Target>, u16> {
        if !self.doors.is_meant(request.host.as_deref()) {
            return Err(403);
        }
        let path = request.path.split('?').next().unwrap_or_default();
        let mut parts = path.split('/').skip(1);
        if !parts.next().is_some_and(|token| self.doors.is_token(token)) {
            return Err(403);
        }
        if request.method != "GET" {
            return Err(405);
        }
        let id = parts.next().and_then(|id| u64::from_str_radix(id, 16).ok());
        id.and_then(|id| lock(&self.state).table.find(id))
            .ok_or(404)
    }
}

fn send(mut stream: &TcpStream, body: &[u8], content_type: Option<String>) -> io::Result<bool> {
    let answer = Answer {
        status: 200,
        length: Some(body.len() as u64),
        content_type,
        content_range: None,
    };
    answer.write(&mut stream)?;
    io::Write::write_all(&mut stream, body)?;
    Ok(true)
}

/// Does `work`, and tells the client now and then that it goes on.
fn patiently<T: Send + 'static>(
    mut stream: &TcpStream,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<T> {
    let (done, result) = mpsc::channel();
    let thread = thread::Builder::new()
        .name("hlscap-ask".into())
        .stack_size(STACK);
    thread.spawn(move || {
        // Nobody may be there any more to take it.
        let _ = done.send(work());
    })?;
    loop {
        match result.recv_timeout(SILENCE) {
            Ok(result) => return Ok(result),
            Err(mpsc::RecvTimeoutError::Timeout) => request::write_patience(&mut stream)?,
            Err(error) => return Err(io::Error::other(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_knows_the_token_and_the_name_is_let_in() {
        let (doors, _listeners) = Doors::open().unwrap();
        let token = doors.token.clone();
        assert_eq!(token.len(), 32);
        assert!(doors.is_token(&token));
        assert!(!doors.is_token("") && !doors.is_token(&token[1..]));
        assert!(!doors.is_token(&token.replace(|letter: char| letter.is_ascii_digit(), "x")));
        assert!(doors.is_meant(Some(&doors.control.to_string())));
        assert!(!doors.is_meant(None) && !doors.is_meant(Some("example.org")));
        assert_ne!(token, Doors::open().unwrap().0.token);
    }
}
