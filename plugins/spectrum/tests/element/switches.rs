// SPDX-License-Identifier: MPL-2.0
//! Properties that change while audio runs: what they are no concern of goes on as if they had not.
use crate::frames::{Frames, floats};
use crate::rig::{Reading, Rig, ours, theirs};
use crate::signals::{Audio, F32, Kind};
use gst::prelude::*;

/// Values, set before the buffer of this number.
type Changes<'a> = &'a [(usize, &'a str, &'a str)];

fn change(element: &gst::Element, changes: Changes<'_>, buffer: usize) {
    for (at, name, value) in changes {
        if *at == buffer {
            element.set_property_from_str(name, value);
        }
    }
}

/// The buffers of a pad for frames.
fn sent(properties: &str, audio: &Audio, changes: Changes<'_>) -> Vec<gst::Buffer> {
    let mut rig = Rig::new(properties);
    let mut frames = Frames::of(&rig.element);
    rig.start(audio);
    for (i, buffer) in audio.cut(&[1000]).into_iter().enumerate() {
        change(&rig.element, changes, i);
        rig.push(buffer);
    }
    rig.send(gst::event::Eos::new());
    frames.buffers()
}

fn discont(buffer: &gst::Buffer) -> bool {
    buffer.flags().contains(gst::BufferFlags::DISCONT)
}

fn assert_same(found: &[gst::Buffer], expected: &[gst::Buffer], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(found.pts(), expected.pts(), "{what}");
        assert_eq!(discont(found), discont(expected), "{what}");
        let (found, expected) = (floats(found), floats(expected));
        assert_eq!(found.len(), expected.len());
        let pairs = found.iter().zip(&expected);
        // Phases bring another kind of transform.
        assert!(
            pairs.into_iter().all(|(a, b)| (a - b).abs() < 1e-2),
            "{what}"
        );
    }
}

#[test]
fn what_was_heard_while_nobody_listened_is_in_what_reaches_back() {
    let audio = Audio::kind(Kind::Music, F32, 48_000, 1, 48_000);
    for properties in [
        "bands=4000 interval=50000000",
        "bands=20000 interval=50000000",
        "bands=4000 interval=20000000 multi-channel=true",
    ] {
        for switch in ["post-messages", "message-magnitude"] {
            let Some(elements) = theirs().map(|theirs| [theirs, ours()]) else {
                return;
            };
            let results = elements.map(|element| {
                let mut rig = Rig::around(element, properties);
                rig.start(&audio);
                let changes = [(12, switch, "false"), (27, switch, "true")];
                for (i, buffer) in audio.cut(&[960]).into_iter().enumerate() {
                    change(&rig.element, &changes, i);
                    rig.push(buffer);
                }
                rig.results()
            });
            let [theirs, ours] = results;
            assert!(theirs.len() >= 7, "{}", theirs.len());
            assert_eq!(ours.len(), theirs.len());
            for (ours, theirs) in ours.iter().zip(&theirs) {
                assert_eq!(ours.times, theirs.times);
                let pairs = ours.magnitude.iter().flatten();
                let mut pairs = pairs.zip(theirs.magnitude.iter().flatten());
                assert!(pairs.all(|(a, b)| (a - b).abs() <= 1e-3), "{properties}");
            }
        }
    }
}

#[test]
fn pads_do_not_notice_what_only_results_see() {
    let audio = Audio::kind(Kind::Music, F32, 48_000, 2, 60_000);
    let none = ("post-messages", "false", "true");
    let switched = [
        none,
        ("message-magnitude", "false", "true"),
        ("message-phase", "true", "false"),
        ("interval", "50000000", "1"),
        ("time-constant", "50000000", "1000000000"),
        ("decay", "50", "1"),
        ("averaging", "peak-hold", "exponential"),
        ("summary", "true", "false"),
        ("message-data", "bytes", "list"),
        ("sync", "true", "false"),
    ];
    let of_features = [
        none,
        ("bands", "50", "60"),
        ("scale", "power", "dbfs"),
        ("weighting", "a", "none"),
        ("frequency-scale", "log", "mel"),
    ];
    for (properties, switched) in [
        ("window=hann bands=4097", &switched[..]),
        ("hop=500", &switched[..]),
        ("preset=librosa features=mel+flux+onset", &switched[..]),
        ("fft-size=2048 features=mel+flux+onset", &of_features[..]),
        ("preset=kaldi features=mfcc", &of_features[..]),
    ] {
        let expected = sent(properties, &audio, &[]);
        assert!(expected.len() > 10);
        assert_eq!(expected.iter().filter(|b| discont(b)).count(), 1);
        for (name, one, other) in switched {
            let changes = [(21, *name, *one), (33, *name, *other)];
            let found = sent(properties, &audio, &changes);
            assert_same(&found, &expected, &format!("{properties} {name}"));
        }
    }
}

#[test]
fn chunks_do_not_notice_either() {
    let audio = Audio::kind(Kind::Music, F32, 16_000, 1, 500_000);
    let properties = "preset=whisper features=mel whisper-chunks=true";
    let expected = sent(properties, &audio, &[]);
    assert_eq!(expected.len(), 6000);
    for changes in [
        [
            (300, "post-messages", "false"),
            (301, "post-messages", "true"),
        ],
        [
            (300, "interval", "200000000"),
            (310, "message-phase", "true"),
        ],
        [(300, "bands", "77"), (310, "decay", "3")],
    ] {
        assert_same(&sent(properties, &audio, &changes), &expected, changes[0].1);
    }
}

#[test]
fn what_is_complete_goes_out_before_another_analysis() {
    // 10 s, and 10 s of something else.
    let audio = Audio::kind(Kind::Music, F32, 16_000, 2, 320_000);
    let properties = "preset=whisper features=mel whisper-chunks=true";
    let changes = [(160, "multi-channel", "true")];
    let buffers = sent(properties, &audio, &changes);
    assert_eq!(buffers.len(), 1000 + 3000);
    for (i, buffer) in buffers.iter().enumerate() {
        assert_eq!(buffer.pts(), Some(audio.time(160 * i)));
        assert_eq!(buffer.size(), if i < 1000 { 320 } else { 640 });
        assert_eq!(discont(buffer), i == 0 || i == 1000);
    }
}

#[test]
fn a_pad_that_was_not_linked_for_a_while_says_so() {
    let audio = Audio::kind(Kind::Music, F32, 48_000, 1, 48_000);
    let mut rig = Rig::new("fft-size=1024 bands=513 hop=480");
    let pad = rig.element.request_pad_simple("features_%u").unwrap();
    let (sender, receiver) = std::sync::mpsc::channel();
    let sink = gst::Pad::builder(gst::PadDirection::Sink)
        .chain_function(move |_, _, buffer| {
            sender.send(buffer).unwrap();
            Ok(gst::FlowSuccess::Ok)
        })
        .build();
    sink.set_active(true).unwrap();
    rig.start(&audio);
    for (i, buffer) in audio.cut(&[4800]).into_iter().enumerate() {
        match i {
            0 | 7 => drop(pad.link(&sink).unwrap()),
            3 => pad.unlink(&sink).unwrap(),
            _ => {}
        }
        rig.push(buffer);
    }
    let buffers: Vec<gst::Buffer> = receiver.try_iter().collect();
    let breaks = buffers.windows(2).filter(|pair| {
        let gap = pair[1].pts().unwrap() - pair[0].pts().unwrap();
        assert_eq!(gap > gst::ClockTime::from_mseconds(11), discont(&pair[1]));
        discont(&pair[1])
    });
    assert_eq!(breaks.count(), 1);
}

#[test]
fn results_after_a_pause_are_of_whole_intervals() {
    let audio = Audio::kind(Kind::Tones, F32, 48_000, 1, 96_000);
    let told = |with_pad: bool, changes: Changes<'_>| -> Vec<Reading> {
        let mut rig = Rig::new("overlap=0.5 averaging=power");
        let frames = with_pad.then(|| Frames::of(&rig.element));
        rig.start(&audio);
        for (i, buffer) in audio.cut(&[960]).into_iter().enumerate() {
            change(&rig.element, changes, i);
            rig.push(buffer);
        }
        drop(frames);
        rig.results()
    };
    let changes = [
        (13, "post-messages", "false"),
        (52, "post-messages", "true"),
    ];
    for with_pad in [false, true] {
        let all = told(with_pad, &[]);
        let some = told(with_pad, &changes);
        assert!((10..=13).contains(&some.len()), "{}", some.len());
        let gaps = some.windows(2);
        let gaps = gaps.filter(|pair| pair[0].times[1] + pair[0].times[4] != pair[1].times[1]);
        assert_eq!(gaps.count(), 1);
        for result in &some {
            assert!((95_000_000..=105_000_000).contains(&result.times[4]));
            // As loud as what was heard in full at that time.
            let same = all
                .iter()
                .min_by_key(|r| r.timestamp().abs_diff(result.timestamp()));
            let loudest = |r: &Reading| r.magnitude[0].iter().fold(f32::MIN, |a, b| a.max(*b));
            assert!((loudest(same.unwrap()) - loudest(result)).abs() < 0.5);
        }
    }
}
