// SPDX-License-Identifier: MPL-2.0
//! Seeks, many of them.
use crate::player::source_player;
use crate::server::Server;
use crate::stream::{LENGTH, folder};
use gst::prelude::*;

#[test]
fn a_hundred_seeks_arrive() {
    let Some(folder) = folder() else { return };
    let player = source_player(Server::new(folder.path()), "max-size-time=1000000000", true);
    player.pipeline.set_state(gst::State::Paused).unwrap();
    player.wait(|message| message.type_() == gst::MessageType::AsyncDone);
    let mut state = 0x2545_f491_u64;
    for _ in 0..100 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let to = gst::ClockTime::from_mseconds((state >> 33) % ((LENGTH - 1) * 1000));
        let flags = gst::SeekFlags::FLUSH | gst::SeekFlags::KEY_UNIT;
        player.pipeline.seek_simple(flags, to).unwrap();
        player.wait(|message| message.type_() == gst::MessageType::AsyncDone);
        let position = player.pipeline.query_position::<gst::ClockTime>().unwrap();
        assert!(position.absdiff(to) < gst::ClockTime::from_seconds(3), "{position} for {to}");
    }
    player.play();
    let to = gst::ClockTime::from_seconds(LENGTH - 2);
    player
        .pipeline
        .seek_simple(gst::SeekFlags::FLUSH, to)
        .unwrap();
    assert_eq!(player.outcome(), Ok(()));
}
