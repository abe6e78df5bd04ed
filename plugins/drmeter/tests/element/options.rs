// SPDX-License-Identifier: MPL-2.0
//! What the properties do.
use crate::rig::{BLOCK, RATE, Rig, Sound, doubles, field, measure, music, time_of, times, values};
use gst::prelude::*;
use gst_audio::AudioChannelPosition as Position;
use gstdrmeter::{Dialect, DrMeter, Loudness};
use md5::Digest;

#[test]
fn every_property_reads_back() {
    let element = Rig::new().element;
    macro_rules! check {
        ($name:literal, $default:expr, $other:expr) => {
            assert!(
                element
                    .property_value($name)
                    .get()
                    .is_ok_and(|v| Some(v) == Some($default)),
                $name
            );
            element.set_property($name, $other);
            assert!(
                element
                    .property_value($name)
                    .get()
                    .is_ok_and(|v| Some(v) == Some($other)),
                $name
            );
        };
    }
    check!("dialect", Dialect::Foobar, Dialect::Tt);
    check!("exclude-lfe", false, true);
    check!("explain", true, false);
    check!("silence-filter", false, true);
    check!("silence-threshold", -70.0, -33.0);
    check!("edge-trim", false, true);
    check!("edge-threshold", -60.0, -21.5);
    check!(
        "loudness",
        Loudness::empty(),
        Loudness::RANGE | Loudness::TRUE_PEAK
    );
    check!("checksum", false, true);
    check!("interval", 0u64, 10u64);
    check!("window", 0u64, 20u64);
    check!("first-frame", 0u64, 30u64);
    check!("post-messages", true, false);
    check!("sync", false, true);
    check!("tags", true, false);
    let own = element.list_properties();
    let own = own
        .iter()
        .filter(|p| p.owner_type() == DrMeter::static_type());
    assert_eq!(own.count(), 15 + 1, "a property is missing above");
}

#[test]
fn the_headline_follows_the_dialect_and_every_result_has_all() {
    // 3 s at 44.1 kHz are the same block to both; the level is chosen for a visible quantisation.
    let samples: Vec<f64> = music(1, 40_000).iter().map(|x| x * 0.01).collect();
    let sound = Sound::floats(1, &samples);
    let results = [Dialect::Foobar, Dialect::Tt, Dialect::Exact]
        .map(|dialect| measure(&sound, |e| e.set_property("dialect", dialect)));
    for (result, name) in results.iter().zip(["foobar", "tt", "exact"]) {
        assert_eq!(field::<String>(result, "dialect"), name);
        let headline: f64 = field(result, "precise");
        assert_eq!(headline, field::<f64>(result, &format!("{name}-precise")));
        for all in [
            "foobar-precise",
            "tt-precise",
            "exact-precise",
            "foobar-dr",
            "tt-dr",
        ] {
            let value = |s: &gst::StructureRef| s.value(all).unwrap().serialize().unwrap();
            assert_eq!(value(result), value(&results[0]), "{all}");
        }
    }
    assert_ne!(
        field::<f64>(&results[0], "precise"),
        field::<f64>(&results[2], "precise")
    );
    let length = |i: usize| field::<gst::ClockTime>(&results[i], "block-duration");
    assert_eq!(length(1), gst::ClockTime::from_seconds(3));
    assert_eq!(length(0), time_of(BLOCK, RATE));
}

#[test]
fn the_dialect_can_change_under_way() {
    let sound = Sound::music(2, 20_000);
    let mut rig = Rig::new();
    rig.start(&sound.info);
    rig.play(&sound, 0, &[512]);
    rig.element.set_property("dialect", Dialect::Tt);
    rig.eos();
    let expected = measure(&sound, |e| e.set_property("dialect", Dialect::Tt));
    assert_eq!(values(&rig.result()), values(&expected));
}

#[test]
fn messages_can_be_switched_off() {
    let sound = Sound::music(2, 9000);
    let mut rig = Rig::with(|e| {
        e.set_property("post-messages", false);
        e.set_property("interval", gst::ClockTime::SECOND);
    });
    rig.start(&sound.info);
    rig.play(&sound, 0, &[512]);
    assert_eq!(field::<u64>(&rig.last_result().unwrap(), "frames"), 9000);
    rig.eos();
    assert!(rig.messages().is_empty());
    assert!(field::<bool>(&rig.last_result().unwrap(), "final"));
}

/// Loud blocks in places that are known; silence before and between.
fn in_places(loud: &[usize], blocks: usize) -> Sound {
    let samples = music(1, blocks * BLOCK);
    let level = |i: usize| {
        if loud.contains(&(i / BLOCK)) {
            1.0
        } else {
            0.0
        }
    };
    let samples: Vec<f64> = samples
        .iter()
        .enumerate()
        .map(|(i, x)| level(i) * x)
        .collect();
    Sound::floats(1, &samples)
}

fn loud_times(result: &gst::StructureRef) -> Vec<u64> {
    let lists: gst::Array = field(result, "channel-loud-times");
    let first: gst::Array = lists[0].get().unwrap();
    first.iter().map(|v| v.get().unwrap()).collect()
}

#[test]
fn silent_blocks_can_be_left_out_and_times_stay_right() {
    let places = [3, 4, 7, 8, 9];
    let sound = in_places(&places, 11);
    let only: Vec<u8> = places
        .iter()
        .flat_map(|i| sound.bytes[i * BLOCK * 4..(i + 1) * BLOCK * 4].to_vec())
        .collect();
    let only = Sound {
        bytes: only,
        ..sound.clone()
    };
    let expected = measure(&only, |_| ());
    let result = measure(&sound, |e| e.set_property("silence-filter", true));
    assert_eq!(field::<i32>(&result, "blocks"), 5);
    assert_eq!(
        field::<f64>(&result, "precise"),
        field::<f64>(&expected, "precise")
    );
    assert_ne!(
        field::<f64>(&measure(&sound, |_| ()), "precise"),
        field::<f64>(&result, "precise")
    );
    // Where they stand in the stream, not among those that are left.
    let place = |t: u64| time_of(BLOCK * places[t as usize / 3_004_000_000], RATE).nseconds();
    let there = |all: Vec<u64>| all.into_iter().map(place).collect::<Vec<_>>();
    assert_eq!(loud_times(&result), there(loud_times(&expected)));
    let peaks = times(&expected, "channel-peak-time");
    assert_eq!(times(&result, "channel-peak-time"), there(peaks));
    // A threshold above everything leaves nothing.
    let nothing = measure(&sound, |e| {
        e.set_property("silence-filter", true);
        e.set_property("silence-threshold", 0.0);
    });
    assert_eq!(field::<i32>(&nothing, "blocks"), 0);
    assert!(!nothing.has_field("dr"));
}

#[test]
fn edges_can_be_trimmed_and_times_stay_right() {
    let music = Sound::music(1, 20_000);
    let sound = music.silence(5000).then(&music).then(&music.silence(123));
    let result = measure(&sound, |e| e.set_property("edge-trim", true));
    assert_eq!(values(&result), values(&measure(&music, |_| ())));
    let start: gst::ClockTime = field(&result, "stream-time");
    // The very first samples of the music may be quiet themselves.
    assert_eq!(start, gst::ClockTime::from_seconds(5));
    assert!(times(&result, "channel-peak-time")[0] >= start.nseconds());
    let all = measure(&sound, |e| {
        e.set_property("edge-trim", true);
        e.set_property("edge-threshold", 0.0);
    });
    assert_eq!(field::<u64>(&all, "frames"), 0);
}

#[test]
fn blocks_can_be_explained_or_not() {
    let sound = in_places(&[2, 6], 10);
    let result = measure(&sound, |_| ());
    assert_eq!(
        loud_times(&result),
        [2, 6].map(|i| time_of(i * BLOCK, RATE).nseconds())
    );
    assert!(!field::<bool>(&result, "short"));
    for name in ["boundary-distance", "one-block-less", "one-block-more"] {
        assert!(field::<f64>(&result, name).is_finite());
    }
    let brief = measure(&sound, |e| e.set_property("explain", false));
    assert!(!brief.has_field("channel-loud-times"));
    let lone = measure(&in_places(&[1], 3), |_| ());
    assert!(field::<bool>(&lone, "short"));
}

#[test]
fn blocks_of_a_part_have_its_own_times() {
    let sound = Sound::music(1, 20 * BLOCK);
    let whole = measure(&sound, |_| ());
    // Aligned to a block, the same samples are the same blocks, at the same times.
    let part = measure(&sound, |e| e.set_property("first-frame", 4 * BLOCK as u64));
    assert_eq!(loud_times(&part), loud_times(&whole));
    assert_eq!(
        times(&part, "channel-peak-time"),
        times(&whole, "channel-peak-time")
    );
}

#[test]
fn lfe_channels_can_be_left_out() {
    let positions = [
        Position::FrontLeft,
        Position::FrontRight,
        Position::FrontCenter,
        Position::Lfe1,
        Position::SideLeft,
        Position::SideRight,
    ];
    let samples: Vec<f64> = music(1, 6 * 9000)
        .iter()
        .enumerate()
        .map(|(i, x)| {
            if i % 6 == 3 {
                (x * 9.0).clamp(-0.5, 0.5)
            } else {
                *x
            }
        })
        .collect();
    let mut sound = Sound::floats(6, &samples);
    sound.info = gst_audio::AudioInfo::builder(sound.info.format(), RATE, 6)
        .positions(&positions)
        .build()
        .unwrap();
    let names: Vec<String> = {
        let result = measure(&sound, |_| ());
        let names: gst::Array = field(&result, "channel-names");
        names.iter().map(|n| n.get().unwrap()).collect()
    };
    assert_eq!(names, ["FL", "FR", "FC", "LFE", "SL", "SR"]);
    for (exclude, headline) in [(false, "with-lfe-precise"), (true, "without-lfe-precise")] {
        let result = measure(&sound, |e| e.set_property("exclude-lfe", exclude));
        let ranges = doubles(&result, "channel-dr");
        let mean = ranges.iter().sum::<f64>() / 6.0;
        let others = (ranges.iter().sum::<f64>() - ranges[3]) / 5.0;
        assert!((field::<f64>(&result, "with-lfe-precise") - mean).abs() < 1e-12);
        assert!((field::<f64>(&result, "without-lfe-precise") - others).abs() < 1e-12);
        assert_eq!(
            field::<f64>(&result, "precise"),
            field::<f64>(&result, headline)
        );
        assert!((mean - others).abs() > 0.01);
    }
    assert!(!measure(&Sound::music(1, 9000), |_| ()).has_field("with-lfe-dr"));
}

#[test]
fn the_checksum_is_that_of_the_pcm() {
    let samples = music(1, 2 * 3000);
    let set = |e: &DrMeter| e.set_property("checksum", true);
    let hex = |bytes: &[u8]| -> String {
        let digest = md5::Md5::digest(bytes);
        digest.iter().map(|b| format!("{b:02x}")).collect()
    };
    let little = |bits: u32, bytes: usize| -> Vec<u8> {
        let scale = f64::from(1u32 << (bits - 1));
        let ints = samples.iter().map(|x| (x * scale).round() as i32);
        ints.flat_map(|i| i.to_le_bytes()[..bytes].to_vec())
            .collect()
    };
    for (format, bits, bytes) in [
        (gst_audio::AUDIO_FORMAT_S16, 16, 2),
        (gst_audio::AUDIO_FORMAT_S24, 24, 3),
        (gst_audio::AUDIO_FORMAT_S2432, 24, 3),
        (gst_audio::AUDIO_FORMAT_S32, 32, 4),
    ] {
        let result = measure(&Sound::new(format, RATE, 2, &samples), set);
        assert_eq!(
            field::<String>(&result, "md5"),
            hex(&little(bits, bytes)),
            "{format}"
        );
    }
    assert!(!measure(&Sound::floats(2, &samples), |_| ()).has_field("md5"));
}
