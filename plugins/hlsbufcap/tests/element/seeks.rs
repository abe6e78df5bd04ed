// SPDX-License-Identifier: MPL-2.0
//! Seeks while it plays. Many more in a row are made of the server itself: hlsdemux2 of GStreamer 1.22 aborts.
use crate::player::source_player;
use crate::server::Server;
use crate::stream::{LENGTH, folder};
use gst::prelude::*;

#[test]
fn seeks_arrive() {
    let Some(folder) = folder() else { return };
    let server = Server::new(folder.path());
    let player = source_player(server, "max-size-time=1000000000", true);
    player.play();
    player.until(|player| player.level() > 0);
    for second in [20, 3, 30, 18, 0, 9] {
        let flags = gst::SeekFlags::FLUSH | gst::SeekFlags::KEY_UNIT;
        let to = gst::ClockTime::from_seconds(second);
        player.pipeline.seek_simple(flags, to).unwrap();
        player.wait(|message| message.type_() == gst::MessageType::AsyncDone);
        player.until(|player| player.level() > 0);
        let position = player.pipeline.query_position::<gst::ClockTime>().unwrap();
        assert!(
            position.absdiff(to) < gst::ClockTime::from_seconds(4),
            "{position} for {to}"
        );
    }
    let to = gst::ClockTime::from_seconds(LENGTH - 2);
    let flags = gst::SeekFlags::FLUSH | gst::SeekFlags::KEY_UNIT;
    player.pipeline.seek_simple(flags, to).unwrap();
    assert_eq!(player.outcome(), Ok(()));
}
