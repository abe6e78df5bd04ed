// SPDX-License-Identifier: MPL-2.0
//! What is held stays within what is allowed.
use crate::player::player;
use crate::stream::{SEGMENT, largest_segment};
use gst::prelude::*;
use std::time::Duration;

#[test]
fn a_demuxer_is_kept_within_its_bytes_and_one_segment() {
    let Some(player) = player(
        "max-size-bytes=400000 min-buffer-time=500000000",
        false,
        true,
    ) else {
        return;
    };
    player.play();
    // Long enough that it asks for a segment several times.
    player.until(|player| {
        let position = player.pipeline.query_position::<gst::ClockTime>();
        position.is_some_and(|position| position > gst::ClockTime::from_seconds(5))
    });
    let peak: u64 = player.element.property("peak-level-bytes");
    let segment = largest_segment();
    assert!(peak > segment / 2, "{peak}: nothing was measured");
    assert!(
        peak <= 400_000 + segment,
        "{peak} with segments of {segment}"
    );
    let stats: gst::Structure = player.element.property("stats");
    assert_eq!(stats.get::<u32>("demuxers"), Ok(1));
    assert_eq!(stats.get::<u64>("over-budget"), Ok(0));
    let rate = stats.get::<f64>("bytes-per-second").unwrap();
    assert!((79_000.0..81_000.0).contains(&rate), "{rate}");
    // The container takes a little more than what is in it.
    let known = stats.get::<u64>("segment-bytes").unwrap();
    assert!(
        known > segment / 2 && known <= segment,
        "{known} of {segment}"
    );
}

#[test]
fn without_it_the_demuxer_holds_all_of_the_stream() {
    let Some(player) = player("manage-upstream=false", false, true) else {
        return;
    };
    player.play();
    player.until(|player| player.level() > 4 * largest_segment());
    let time: u64 = player.element.property("current-level-time");
    assert!(time > 4 * SEGMENT * 1_000_000_000, "{time}");
    assert_eq!(
        player.demuxer.property::<u64>("max-buffering-time"),
        30_000_000_000
    );
}

#[test]
fn what_was_set_is_put_back_and_what_the_user_set_stays() {
    let Some(player) = player("", false, true) else {
        return;
    };
    assert_eq!(
        player.demuxer.property::<u64>("max-buffering-time"),
        30_000_000_000
    );
    player.play();
    assert!(player.demuxer.property::<u64>("max-buffering-time") <= 2_000_000_000);
    // hlsdemux2 of 1.22.0 does not always survive a stop before it plays.
    player.until(|player| player.level() > 0);
    player.stop();
    assert_eq!(
        player.demuxer.property::<u64>("max-buffering-time"),
        30_000_000_000
    );
    assert_eq!(player.level(), 0);

    player
        .demuxer
        .set_property("max-buffering-time", 7_000_000_000u64);
    player.play();
    player.until(|player| player.level() > 0);
    assert_eq!(
        player.demuxer.property::<u64>("max-buffering-time"),
        7_000_000_000
    );
    player.stop();
    assert_eq!(
        player.demuxer.property::<u64>("max-buffering-time"),
        7_000_000_000
    );
}

#[test]
fn what_somebody_else_sets_while_it_plays_is_left_alone() {
    let Some(player) = player("", false, true) else {
        return;
    };
    player.play();
    player.until(|player| player.level() > 0);
    player
        .demuxer
        .set_property("max-buffering-time", 3_000_000_000u64);
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(
        player.demuxer.property::<u64>("max-buffering-time"),
        3_000_000_000
    );
    player.stop();
    assert_eq!(
        player.demuxer.property::<u64>("max-buffering-time"),
        3_000_000_000
    );
}

#[test]
fn two_pipelines_share_a_budget_and_give_it_back() {
    let properties =
        "budget-name=two budget-bytes=500000 min-buffer-time=500000000 interval=50000000";
    let (Some(one), Some(other)) = (
        player(properties, false, true),
        player(properties, false, true),
    ) else {
        return;
    };
    let share = |player: &crate::player::Player| {
        let stats: gst::Structure = player.element.property("stats");
        stats.get::<u64>("share-bytes").unwrap()
    };
    one.play();
    one.until(|player| player.level() > 0);
    assert_eq!(share(&one), 500_000);
    other.play();
    other.until(|player| player.level() > 0);
    one.until(|one| share(one) < 500_000);
    assert!(share(&one) + share(&other) <= 500_000);
    let stats: gst::Structure = one.element.property("stats");
    assert_eq!(stats.get::<u32>("budget-members"), Ok(2));
    other.stop();
    one.until(|one| share(one) == 500_000);
}

#[test]
fn a_seek_empties_what_is_held() {
    let Some(player) = player("max-size-bytes=300000", false, true) else {
        return;
    };
    player.play();
    player.until(|player| player.level() > 0);
    for second in [12, 3, 18, 0, 9] {
        let flags = gst::SeekFlags::FLUSH | gst::SeekFlags::KEY_UNIT;
        let to = gst::ClockTime::from_seconds(second);
        player.pipeline.seek_simple(flags, to).unwrap();
        player.wait(|message| message.type_() == gst::MessageType::AsyncDone);
        player.until(|player| player.level() > 0);
        assert!(player.level() <= 300_000 + largest_segment());
    }
}

#[test]
fn messages_tell_what_the_property_tells() {
    let Some(player) = player("interval=100000000 use-buffering=true", false, true) else {
        return;
    };
    player.play();
    let message = player.wait(|message| {
        message.structure().is_some_and(|structure| {
            structure.name() == "hlsbufcap-stats"
                && structure.get::<u64>("current-level-bytes").unwrap() > 0
        })
    });
    let stats: gst::Structure = player.element.property("stats");
    let told = message.structure().unwrap();
    assert!(told.fields().eq(stats.fields()));
    assert_eq!(told.get::<u32>("version"), Ok(1));
}

#[test]
fn it_may_be_taken_out_while_it_plays() {
    let Some(player) = player("", false, true) else {
        return;
    };
    player.play();
    player.until(|player| player.level() > 0);
    player.element.set_state(gst::State::Null).unwrap();
    player.pipeline.remove(&player.element).unwrap();
    assert_eq!(
        player.demuxer.property::<u64>("max-buffering-time"),
        30_000_000_000
    );
    // And put back.
    player.pipeline.add(&player.element).unwrap();
    player.element.sync_state_with_parent().unwrap();
    player.until(|player| player.demuxer.property::<u64>("max-buffering-time") < 30_000_000_000);
}

#[test]
fn where_there_are_two_one_governs_and_the_other_takes_over() {
    let Some(player) = player("max-size-bytes=400000", false, true) else {
        return;
    };
    let other: gst::Element = gsthlsbufcap::HlsBufCap::new().upcast();
    other.set_property("max-size-bytes", 400_000u32);
    player.pipeline.add(&other).unwrap();
    player.play();
    let count = |element: &gst::Element| {
        let stats: gst::Structure = element.property("stats");
        stats.get::<u32>("demuxers").unwrap()
    };
    player.until(|player| count(&player.element) + count(&other) == 1);
    let (governing, waiting) = match count(&other) {
        0 => (&player.element, &other),
        _ => (&other, &player.element),
    };
    governing.set_state(gst::State::Null).unwrap();
    player.pipeline.remove(governing).unwrap();
    player.until(|_| count(waiting) == 1);
    // What the first put back, the other set again.
    player.until(|player| player.demuxer.property::<u64>("max-buffering-time") < 30_000_000_000);
}
