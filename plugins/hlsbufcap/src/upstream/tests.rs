// SPDX-License-Identifier: MPL-2.0
use super::*;
use crate::faults::{Act, Server};
use std::time::{Duration, Instant};
use url::Url;

const MOST: u64 = 1 << 20;

fn serve(act: impl Fn(&crate::faults::Asked) -> Act + Send + Sync + 'static) -> Server {
    Server::of([("a".to_owned(), (0..=255).collect())], act)
}

fn client(access: Access) -> Client {
    Client::new(access).unwrap()
}

fn get(client: &Client, url: &str, cancel: &Cancel) -> Result<Vec<u8>, Failure> {
    let reply = client.get(&Url::parse(url).unwrap(), None, cancel)?;
    reply.read_all(MOST)
}

#[test]
fn connections_are_used_again_by_every_stream_of_the_process() {
    let server = serve(|_| Act::Right);
    let access = Access {
        user_agent: Some("tests/1".into()),
        headers: vec![("X-One".into(), "1".into())],
        ..Access::default()
    };
    for _ in 0..3 {
        let got = get(
            &client(access.clone()),
            &server.url("a"),
            &Cancel::default(),
        );
        assert_eq!(got.unwrap().len(), 256);
    }
    assert_eq!(server.connections(), 1);
    let asked = server.asked();
    assert_eq!(asked[2].headers["user-agent"], "tests/1");
    assert_eq!(asked[2].headers["x-one"], "1");
}

#[test]
fn parts_are_asked_for_as_they_should_be() {
    let server = serve(|_| Act::Right);
    let url = Url::parse(&server.url("a")).unwrap();
    let reply = client(Access::default()).get(&url, Some((10, Some(12))), &Cancel::default());
    let reply = reply.unwrap();
    assert_eq!((reply.head.status, reply.head.range_start), (206, Some(10)));
    assert_eq!(reply.read_all(MOST).unwrap(), [10, 11, 12]);
    assert_eq!(
        ByteRange::parse("bytes=10-12"),
        Some(ByteRange {
            start: 10,
            length: 3
        })
    );
    for wrong in [
        "bytes=10-",
        "bytes=-5",
        "bytes=3-2",
        "bytes=0-18446744073709551615",
        "x",
    ] {
        assert_eq!(ByteRange::parse(wrong), None, "{wrong}");
    }
}

#[test]
fn redirects_are_followed_with_their_cookies_and_without_our_secrets() {
    let second = serve(|_| Act::Right);
    let to = second.url("a");
    let first = serve(move |_| Act::Redirect(to.clone()));
    let access = Access {
        headers: vec![
            ("Authorization".into(), "secret".into()),
            ("X-Other".into(), "1".into()),
        ],
        ..Access::default()
    };
    let client = client(access);
    let reply = client.get(
        &Url::parse(&first.url("a")).unwrap(),
        None,
        &Cancel::default(),
    );
    assert_eq!(reply.unwrap().url.as_str(), second.url("a"));
    assert_eq!(first.asked()[0].headers["authorization"], "secret");
    let asked = second.asked();
    assert!(!asked[0].headers.contains_key("authorization"));
    assert_eq!(asked[0].headers["x-other"], "1");
    // Ports do not tell cookies apart.
    assert_eq!(asked[0].headers["cookie"], "ticket=7");
    let own = serve(|asked| Act::Redirect(format!("/{}x", asked.path)));
    let result = get(&client, &own.url("a"), &Cancel::default());
    assert_eq!(result, Err(Failure::Redirects));
}

#[test]
fn silence_ends_and_slowness_does_not() {
    let access = Access {
        timeout: Duration::from_millis(400),
        ..Access::default()
    };
    let long = Duration::from_secs(5);
    let client = client(access);
    for act in [Act::Wait(long), Act::Stall(100, long)] {
        let server = serve(move |_| act.clone());
        let start = Instant::now();
        let result = get(&client, &server.url("a"), &Cancel::default());
        assert_eq!(result, Err(Failure::Timeout));
        assert!(start.elapsed() < long);
    }
    // More than a second in all.
    let slow = serve(|_| Act::Slow(250));
    assert_eq!(
        get(&client, &slow.url("a"), &Cancel::default())
            .unwrap()
            .len(),
        256
    );
}

#[test]
fn who_waits_can_be_told_to_stop() {
    let server = serve(|_| Act::Stall(100, Duration::from_secs(20)));
    let cancel = Cancel::default();
    let other = cancel.child();
    let thread = std::thread::spawn({
        let url = server.url("a");
        move || get(&client(Access::default()), &url, &other)
    });
    std::thread::sleep(Duration::from_millis(300));
    let start = Instant::now();
    cancel.cancel();
    assert_eq!(thread.join().unwrap(), Err(Failure::Cancelled));
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[test]
fn what_fails_says_how() {
    let client = client(Access::default());
    let failure = |act: Act| {
        let server = serve(move |_| act.clone());
        get(&client, &server.url("a"), &Cancel::default()).unwrap_err()
    };
    assert_eq!(failure(Act::Status(403)), Failure::Status(403, None));
    assert!(failure(Act::Status(503)).is_transient());
    assert!(failure(Act::Status(404)).is_missing());
    let cut = failure(Act::Truncate(50));
    assert!(
        matches!(cut, Failure::Network(_)) && cut.is_transient(),
        "{cut}"
    );
    let nobody = get(&client, "http://127.0.0.1:1/", &Cancel::default()).unwrap_err();
    assert!(matches!(nobody, Failure::Network(_)), "{nobody}");
    let proxy = Access {
        proxy: Some("::no proxy::".into()),
        ..Access::default()
    };
    assert!(matches!(Client::new(proxy), Err(Failure::Address(_))));
    let file = Access {
        ca_file: Some("/does/not/exist".into()),
        ..Access::default()
    };
    assert!(matches!(Client::new(file), Err(Failure::Address(_))));
}
