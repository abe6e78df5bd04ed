// SPDX-License-Identifier: MPL-2.0
//! `hlscapsrc` where servers do wrong.
use crate::player::{Player, register, source_player};
use crate::server::{Act, Asked, Server};
use crate::stream;
use gst::prelude::*;
use std::time::{Duration, Instant};

/// Segments in TS are numbered from 00000.ts on.
fn packets(rule: impl Fn(&Asked) -> Act + Send + Sync + 'static) -> Option<Server> {
    Some(Server::faulty(stream::folder()?.path(), rule))
}

/// Segments in MP4 are numbered from s0.m4s on.
fn boxes(rule: impl Fn(&Asked) -> Act + Send + Sync + 'static) -> Option<Server> {
    Some(Server::of(stream::fragments()?, rule))
}

fn at(name: &'static str, act: Act) -> impl Fn(&Asked) -> Act + Send + Sync {
    move |asked| match asked.path == name {
        true => act.clone(),
        false => Act::Right,
    }
}

fn once(name: &'static str, act: Act) -> impl Fn(&Asked) -> Act + Send + Sync {
    move |asked| match asked.path == name && asked.time == 1 {
        true => act.clone(),
        false => Act::Right,
    }
}

fn play(server: Server, properties: &str) -> (Player, Result<(), String>) {
    let player = source_player(
        server,
        &format!("retry-backoff-factor=0.05 {properties}"),
        false,
    );
    player.play();
    let outcome = player.outcome();
    (player, outcome)
}

#[test]
fn what_goes_wrong_once_is_not_noticed() {
    for act in [
        Act::Status(503),
        Act::Truncate(20_000),
        Act::Short(20_000),
        Act::Noise,
        Act::Close,
        Act::Redirect("/00003.ts".into()),
    ] {
        let Some(server) = packets(once("00003.ts", act.clone())) else {
            return;
        };
        assert_eq!(play(server, "").1, Ok(()), "{act:?}");
        let Some(server) = boxes(once("s3.m4s", act.clone())) else {
            return;
        };
        let act = match act {
            Act::Redirect(_) => continue,
            act => act,
        };
        assert_eq!(play(server, "").1, Ok(()), "{act:?}");
    }
}

#[test]
fn what_stays_wrong_is_an_error_that_names_the_segment() {
    let segments = [
        Act::Status(404),
        // One that sends something each time gives all of it in the end.
        Act::Truncate(0),
        Act::Short(20_000),
        Act::Noise,
    ];
    for act in segments {
        let Some(server) = packets(at("00003.ts", act.clone())) else {
            return;
        };
        let error = play(server, "retries=1").1.expect_err(&format!("{act:?}"));
        assert!(
            error.contains("/00003.ts") && error.starts_with("source"),
            "{act:?}: {error}"
        );
        let Some(server) = boxes(at("s3.m4s", act.clone())) else {
            return;
        };
        let error = play(server, "retries=1").1.expect_err(&format!("{act:?}"));
        assert!(error.contains("/s3.m4s"), "{act:?}: {error}");
    }
    for act in [Act::Noise, Act::Short(300), Act::Status(403)] {
        let Some(server) = boxes(at("init.mp4", act.clone())) else {
            return;
        };
        let error = play(server, "retries=1").1.expect_err(&format!("{act:?}"));
        assert!(error.contains("/init.mp4"), "{act:?}: {error}");
    }
}

#[test]
fn a_playlist_that_is_none_is_an_error_of_its_own() {
    for (act, word) in [
        (Act::Status(404), "404"),
        (Act::Status(403), "403"),
        (Act::Text("<html>".into()), "no HLS playlist"),
    ] {
        let Some(server) = packets(at("index.m3u8", act)) else {
            return;
        };
        let source = alone(&server.url("index.m3u8"));
        source.set_state(gst::State::Playing).unwrap();
        let minute = gst::ClockTime::from_seconds(60);
        let message = source.bus().unwrap();
        let message = message.timed_pop_filtered(minute, &[gst::MessageType::Error]);
        let message = message.expect(word);
        let gst::MessageView::Error(error) = message.view() else {
            unreachable!()
        };
        assert_eq!(error.src().unwrap().name(), "source");
        assert!(error.error().to_string().contains(word), "{error:?}");
        source.set_state(gst::State::Null).unwrap();
    }
    let source = alone("ftp://example.org/");
    assert!(source.set_state(gst::State::Playing).is_err());
    source.set_state(gst::State::Null).unwrap();
}

/// Without hlsdemux2, which may wait for ever where it is stopped before it has a playlist (1.22.0).
fn alone(location: &str) -> gst::Pipeline {
    register();
    let text = format!("hlscapsrc name=source location={location} ! fakesink");
    let pipeline = gst::parse::launch(&text).unwrap();
    pipeline.downcast().unwrap()
}

/// Plays through a stall of a segment, with nothing read ahead.
fn stall(seconds: u64, act: impl Fn(usize, Duration) -> Act) {
    let time = Duration::from_secs(seconds);
    let Some(server) = packets(once("00005.ts", act(30_000, time))) else {
        return;
    };
    let start = Instant::now();
    let (_player, outcome) = play(server, "prefetch-segments=0 timeout=60");
    assert_eq!(outcome, Ok(()));
    assert!(start.elapsed() >= time);
}

#[test]
fn after_12_s_of_silence_it_goes_on() {
    stall(12, Act::Stall);
}

#[test]
fn after_30_s_of_silence_it_goes_on() {
    stall(30, Act::Stall);
}

#[test]
fn after_30_s_without_an_answer_it_goes_on() {
    stall(30, |_, time| Act::Wait(time));
}

#[test]
fn a_server_slower_than_the_stream_is_waited_for() {
    // The stream takes 80 kB a second.
    let Some(server) = packets(|asked| match asked.path.as_str() {
        "00000.ts" | "00001.ts" => Act::Slow(60_000),
        _ => Act::Right,
    }) else {
        return;
    };
    assert_eq!(play(server, "").1, Ok(()));
}

#[test]
fn a_live_stream_is_followed_to_its_end() {
    let text = |first: usize| {
        let mut text = format!(
            "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:{first}\n"
        );
        for number in first..(first + 5).min(18) {
            text.push_str(&format!("#EXTINF:2.0,\n{number:05}.ts\n"));
        }
        match first + 5 >= 18 {
            true => text + "#EXT-X-ENDLIST\n",
            false => text,
        }
    };
    let start = Instant::now();
    let Some(server) = packets(move |asked| match asked.path.as_str() {
        // A window of 10 s that moves four times as fast as the stream. What it loses is tested of the server alone:
        // hlsdemux2 of GStreamer 1.22 may abort at it.
        "index.m3u8" => Act::Text(text(start.elapsed().as_millis() as usize / 500)),
        _ => Act::Right,
    }) else {
        return;
    };
    assert_eq!(play(server, "").1, Ok(()));
}
