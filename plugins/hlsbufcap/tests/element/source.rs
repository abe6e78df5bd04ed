// SPDX-License-Identifier: MPL-2.0
//! `hlscapsrc` where nothing goes wrong.
use crate::player::{plain_player, record, register, source_player};
use crate::server::{Act, Server};
use crate::stream;
use gst::prelude::*;
use std::time::Duration;

fn serve() -> Option<Server> {
    Some(Server::new(stream::folder()?.path()))
}

#[test]
fn everything_comes_out_as_it_does_without_us() {
    let play = |player: crate::player::Player| {
        let recorded = record(&player.demuxer);
        player.play();
        assert_eq!(player.outcome(), Ok(()));
        let buffers = std::mem::take(&mut *recorded.lock().unwrap());
        buffers.concat()
    };
    let (Some(one), Some(two)) = (serve(), serve()) else {
        return;
    };
    let (alone, ours) = (
        play(plain_player(one, false)),
        play(source_player(two, "", false)),
    );
    assert!(alone.len() > 1_000_000, "{}", alone.len());
    assert!(alone == ours);
    let Some(files) = stream::fragments() else {
        return;
    };
    let serve = || Server::of(files.clone(), |_| Act::Right);
    let alone = play(plain_player(serve(), false));
    assert!(alone.len() > 500_000, "{}", alone.len());
    assert!(alone == play(source_player(serve(), "", false)));
}

/// Whether streams are there, and some of them is in the demuxer.
fn plays(player: &crate::player::Player) -> bool {
    player.level() > 0 && player.demuxer.num_src_pads() > 0
}

/// Most time that the demuxer held in the first seconds, in ns.
fn most_held(player: &crate::player::Player) -> u64 {
    player.play();
    let mut most = 0;
    player.until(|player| {
        most = most.max(player.element.property::<u64>("current-level-time"));
        let position = player.pipeline.query_position::<gst::ClockTime>();
        position.is_some_and(|position| position > gst::ClockTime::from_seconds(5))
    });
    most
}

#[test]
fn the_demuxer_holds_a_few_seconds_and_the_disk_the_rest() {
    let (Some(one), Some(two)) = (serve(), serve()) else {
        return;
    };
    let player = source_player(one, "max-size-time=2000000000 prefetch-segments=4", true);
    let most = most_held(&player);
    assert!((1_500_000_000..3_500_000_000).contains(&most), "{most}");
    let source = player.pipeline.by_name("source").unwrap();
    let stats: gst::Structure = source.property("stats");
    assert!(stats.get::<u32>("segments").unwrap() >= 4, "{stats}");
    assert!(
        stats.get::<u64>("upstream-bitrate").unwrap() > 1_000_000,
        "{stats}"
    );
    // What goes on without us.
    assert!(most_held(&plain_player(two, true)) > 8_000_000_000);
}

#[test]
fn the_demuxer_is_told_the_rate_of_the_servers_and_forgets_it() {
    let Some(server) = serve() else { return };
    let player = source_player(server, "", true);
    player.play();
    player.until(|player| player.demuxer.property::<u32>("connection-bitrate") > 1_000_000);
    // hlsdemux2 of 1.22.0 does not survive a stop before it plays.
    player.until(plays);
    player.stop();
    assert_eq!(player.demuxer.property::<u32>("connection-bitrate"), 0);
    player
        .demuxer
        .set_property("connection-bitrate", 5_000_000u32);
    player.play();
    player.until(plays);
    assert_eq!(
        player.demuxer.property::<u32>("connection-bitrate"),
        5_000_000
    );
}

#[test]
fn players_find_it_by_its_protocol() {
    let Some(server) = serve() else { return };
    register();
    let uri = server.url("index.m3u8").replace("http:", "hlscap+http:");
    for player in ["uridecodebin3", "playbin3"] {
        let text = match player {
            "playbin3" => format!("playbin3 uri={uri} audio-sink=\"fakesink sync=false\""),
            _ => format!("uridecodebin3 uri={uri} ! fakesink sync=false"),
        };
        let pipeline = gst::parse::launch(&text).unwrap();
        pipeline.set_state(gst::State::Playing).unwrap();
        let bus = pipeline.bus().unwrap();
        let wanted = [gst::MessageType::Eos, gst::MessageType::Error];
        let message = bus.timed_pop_filtered(gst::ClockTime::from_seconds(60), &wanted);
        let message = message.expect("an end");
        assert_eq!(
            message.type_(),
            gst::MessageType::Eos,
            "{player}: {message:?}"
        );
        let bin = pipeline.clone().downcast::<gst::Bin>().unwrap();
        let found = bin.iterate_recurse().into_iter().flatten().any(|element| {
            element
                .factory()
                .is_some_and(|factory| factory.name() == "hlscapsrc")
        });
        assert!(found, "{player}");
        pipeline.set_state(gst::State::Null).unwrap();
    }
}

#[test]
fn it_says_what_it_is() {
    register();
    let element = gst::ElementFactory::make("hlscapsrc").build().unwrap();
    let handler = element.dynamic_cast_ref::<gst::URIHandler>().unwrap();
    assert_eq!(handler.uri(), None);
    handler
        .set_uri("hlscap+https://example.org/a.m3u8")
        .unwrap();
    assert_eq!(handler.uri().unwrap(), "hlscap+https://example.org/a.m3u8");
    assert!(handler.set_uri("hlscap+https://").is_err());
    assert_eq!(
        element.property::<String>("location"),
        "hlscap+https://example.org/a.m3u8"
    );
    element.set_property("location", "http://127.0.0.1:1/a.m3u8");
    assert_eq!(handler.uri().unwrap(), "hlscap+http://127.0.0.1:1/a.m3u8");
    // As far as READY nothing is asked; from PAUSED on there is an address.
    let pad = element.static_pad("src").unwrap();
    let mut query = gst::query::Uri::new();
    assert!(!pad.query(query.query_mut()));
    element.set_state(gst::State::Paused).unwrap();
    assert!(pad.query(query.query_mut()));
    let address = query.uri().unwrap();
    assert!(
        address.starts_with("http://127.0.0.1:") && address.ends_with("/a.m3u8"),
        "{address}"
    );
    let mut query = gst::query::Scheduling::new();
    assert!(pad.query(query.query_mut()));
    assert!(
        query
            .result()
            .0
            .contains(gst::SchedulingFlags::BANDWIDTH_LIMITED)
    );
    element.set_state(gst::State::Null).unwrap();
}

#[test]
fn a_long_pause_is_no_end() {
    let Some(server) = serve() else { return };
    let player = source_player(server, "max-size-time=1000000000", true);
    player.pipeline.set_state(gst::State::Paused).unwrap();
    player.wait(|message| message.type_() == gst::MessageType::AsyncDone);
    // longer than libsoup waits
    std::thread::sleep(Duration::from_secs(13));
    player.play();
    player.until(|player| {
        let position = player.pipeline.query_position::<gst::ClockTime>();
        position.is_some_and(|position| position > gst::ClockTime::from_seconds(4))
    });
    let error = player
        .pipeline
        .bus()
        .unwrap()
        .pop_filtered(&[gst::MessageType::Error]);
    assert!(error.is_none(), "{error:?}");
}
