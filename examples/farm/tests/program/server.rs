// SPDX-License-Identifier: MPL-2.0
//! A web server on loopback for one test.
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// What lies under a name.
#[derive(Clone)]
pub enum Page {
    /// These bytes.
    Whole(Vec<u8>),
    /// These bytes of more that are promised, and then the connection is closed.
    Broken(Vec<u8>),
    /// These bytes, of which nobody says how many they are.
    Endless(Vec<u8>),
    /// These bytes of more that are promised, and then a zero now and then, for a minute at most.
    Trickle(Vec<u8>),
}

/// Serves until the test's process ends; gives the address before the names.
pub fn serve<const N: usize>(pages: [(&str, Page); N]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let pages: HashMap<String, Page> = pages
        .into_iter()
        .map(|(name, page)| (format!("/{name}"), page))
        .collect();
    let pages = Arc::new(pages);
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let pages = pages.clone();
            // A client that has gone is no fault.
            thread::spawn(move || drop(answer(&client, &pages)));
        }
    });
    format!("http://{address}/")
}

fn answer(mut client: &TcpStream, pages: &HashMap<String, Page>) -> std::io::Result<()> {
    let mut request = BufReader::new(client);
    let mut first = String::new();
    request.read_line(&mut first)?;
    let mut line = String::new();
    while request.read_line(&mut line)? > 2 {
        line.clear();
    }
    let name = first.split(' ').nth(1).unwrap_or_default();
    let Some(page) = pages.get(name) else {
        return client.write_all(b"HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    };
    let (bytes, more) = match page {
        Page::Whole(bytes) => (bytes, 0),
        Page::Endless(bytes) => {
            client.write_all(b"HTTP/1.0 200 OK\r\n\r\n")?;
            return client.write_all(bytes);
        }
        Page::Broken(bytes) | Page::Trickle(bytes) => (bytes, 1 << 20),
    };
    let length = bytes.len() + more;
    write!(
        client,
        "HTTP/1.0 200 OK\r\nContent-Length: {length}\r\n\r\n"
    )?;
    client.write_all(bytes)?;
    if let Page::Trickle(_) = page {
        for _ in 0..600 {
            client.write_all(b"\0")?;
            thread::sleep(Duration::from_millis(100));
        }
    }
    Ok(())
}
