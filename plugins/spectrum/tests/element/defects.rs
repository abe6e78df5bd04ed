// SPDX-License-Identifier: MPL-2.0
//! What gst-plugins-good's element does wrong, and ours must not.
use crate::rig::{Reading, Rig};
use crate::signals::{Audio, F32, Kind, S24};
use gst::prelude::*;
use std::f64::consts::TAU;

fn results(properties: &str, audio: &Audio) -> Vec<Reading> {
    let mut rig = Rig::new(properties);
    rig.start(audio);
    rig.play(audio, 1000);
    rig.results()
}

/// Magnitude in dB of one bin of a frame, worked out from its definition in 64-bit floats.
fn reference(frame: &[f64], bin: usize) -> f64 {
    let size = frame.len();
    let (mut re, mut im) = (0.0, 0.0);
    for (n, x) in frame.iter().enumerate() {
        let window = 0.53836 - 0.46164 * (TAU * n as f64 / size as f64).cos();
        // Reduced first: the product is exact, and so is its remainder.
        let turn = (n as u128 * bin as u128 % size as u128) as f64 / size as f64;
        let (sin, cos) = (TAU * turn).sin_cos();
        re += x * window * cos;
        im -= x * window * sin;
    }
    20.0 * (re.hypot(im) / size as f64).log10()
}

#[test]
fn the_mean_of_24_bit_channels_is_their_mean() {
    // Theirs adds each frame to all before it.
    let tones = |format| Audio::kind(Kind::Tones, format, 48_000, 2, 20_000);
    let (fine, exact) = (results("", &tones(S24)), results("", &tones(F32)));
    assert_eq!(fine.len(), 4);
    for (fine, exact) in fine.iter().zip(&exact) {
        let pairs = fine.magnitude[0].iter().zip(&exact.magnitude[0]);
        assert!(pairs.into_iter().all(|(a, b)| (a - b).abs() < 1e-3));
    }
}

#[test]
fn very_many_bands_keep_their_level() {
    // Theirs loses the square of the transform's size, beyond 32 bits from 32769 bands on.
    for bands in [32_769usize, 40_000, 65_537] {
        let size = 2 * bands - 2;
        let tone = |n: usize, hz: f64| 0.5 * (TAU * hz * n as f64 / 48_000.0).sin();
        let frame: Vec<f64> = (0..size)
            .map(|n| tone(n, 1000.0) + 0.25 * tone(n, 7777.7) + 0.01)
            .collect();
        let audio = Audio::new(gst_audio::AUDIO_FORMAT_F64, 48_000, 1, &frame);
        let interval = size as u64 * 1_000_000_000 / 48_000 - 1;
        let results = results(&format!("bands={bands} interval={interval}"), &audio);
        // Of the frame that ends with the interval, whose last sample or two are not there yet.
        let frames = interval as usize * 48_000 / 1_000_000_000;
        let mut heard = vec![0.0; size - frames];
        heard.extend(&frame[..frames]);
        let magnitude = &results[0].magnitude[0];
        let near = |hz: f64| (hz * size as f64 / 48_000.0).round() as usize;
        for bin in [
            0,
            1,
            near(1000.0),
            near(1000.0) + 1,
            near(7777.7),
            bands - 1,
        ] {
            let expected = reference(&heard, bin).max(-60.0);
            let off = (f64::from(magnitude[bin]) - expected).abs();
            assert!(
                off < 1e-3,
                "{bin} of {bands}: {} for {expected}",
                magnitude[bin]
            );
        }
        assert!(magnitude[near(1000.0)] > -20.0);
    }
}

#[test]
fn what_was_before_a_discontinuity_is_gone() {
    // Theirs adds the frames of the broken interval to those of the next.
    let loud = Audio::kind(Kind::Noise, F32, 48_000, 1, 4000);
    let quiet = Audio::of(F32, 48_000, 1, 4800, |_, _| 0.0);
    let mut rig = Rig::new("");
    rig.start(&loud);
    rig.play(&loud, 1000);
    let mut buffer = quiet.buffer(0..4800);
    buffer.make_mut().set_flags(gst::BufferFlags::DISCONT);
    rig.push(buffer);
    let results = rig.results();
    assert_eq!(results.len(), 1);
    assert!(results[0].magnitude[0].iter().all(|x| *x == -60.0));
}

#[test]
fn channels_may_be_split_and_joined_while_running() {
    // Theirs reads beyond its memory.
    let audio = Audio::kind(Kind::Tones, F32, 48_000, 2, 48_000);
    let mut rig = Rig::new("interval=20000000");
    rig.start(&audio);
    for (i, buffer) in audio.cut(&[960]).into_iter().enumerate() {
        rig.element.set_property("multi-channel", i % 3 == 0);
        rig.push(buffer);
        let results = rig.results();
        assert_eq!(results.len(), 1);
        let rows = if i % 3 == 0 { 2 } else { 1 };
        assert_eq!(results[0].magnitude.len(), rows);
        assert!(results[0].magnitude.iter().all(|row| row.len() == 128));
        // The second channel has another tone than the first: near 882 Hz there is a peak.
        let peak = results[0].magnitude[rows - 1][5];
        assert!(peak > -30.0, "{peak}");
    }
}

#[test]
fn a_listener_may_set_properties() {
    // Theirs holds its lock while it posts, and waits for itself.
    let audio = Audio::kind(Kind::Music, F32, 48_000, 2, 96_000);
    let (done, result) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut rig = Rig::new("interval=10000000");
        let (seen, element) = (std::sync::Mutex::new(0u32), rig.element.downgrade());
        rig.bus.set_sync_handler(move |_, message| {
            if message.type_() == gst::MessageType::Element {
                let mut seen = seen.lock().unwrap();
                *seen += 1;
                let element = element.upgrade().unwrap();
                element.set_property("threshold", -20 - *seen as i32);
                element.set_property("message-phase", seen.is_multiple_of(2));
                element.set_property("bands", 20 + *seen);
                element.set_property("interval", 5_000_000u64 + u64::from(*seen));
                element.set_property("multi-channel", seen.is_multiple_of(3));
                let _: u32 = element.property("bands");
                let _: Option<gst::Structure> = element.property("last-result");
            }
            gst::BusSyncReply::Pass
        });
        rig.start(&audio);
        rig.play(&audio, 1000);
        let _ = done.send(rig.results());
    });
    let patience = std::time::Duration::from_secs(60);
    let results = result.recv_timeout(patience).expect("it waits for itself");
    assert!(results.len() > 50);
    // Those of the first buffer are as it was made.
    let bands = results.iter().map(|r| r.magnitude[0].len());
    let mut bands: Vec<usize> = bands.skip_while(|bands| *bands == 128).collect();
    assert!(bands.is_sorted());
    bands.dedup();
    assert!(bands.len() > 20, "each buffer has its own: {bands:?}");
}

#[test]
fn what_is_no_number_counts_as_silence_and_is_told_once() {
    // Theirs tells NaN from then on.
    let mut samples: Vec<f64> = (0..48_000)
        .map(|n| 0.5 * (0.1 * f64::from(n)).sin())
        .collect();
    samples[100] = f64::NAN;
    samples[10_000] = f64::INFINITY;
    samples[10_001] = f64::NEG_INFINITY;
    for format in [F32, gst_audio::AUDIO_FORMAT_F64] {
        let audio = Audio::new(format, 48_000, 1, &samples);
        let mut rig = Rig::new("bands=2401");
        rig.start(&audio);
        rig.play(&audio, 1000);
        let messages: Vec<_> = std::iter::from_fn(|| rig.bus.pop()).collect();
        let of = |kind| messages.iter().filter(move |m| m.type_() == kind);
        assert_eq!(of(gst::MessageType::Warning).count(), 1);
        let mut results = 0;
        for message in of(gst::MessageType::Element) {
            let result = Reading::new(message.structure().unwrap());
            assert!(result.magnitude[0].iter().all(|x| x.is_finite()));
            let loudest = result.magnitude[0].iter().fold(f32::MIN, |a, b| a.max(*b));
            assert!((-21.0..-16.0).contains(&loudest), "{loudest}");
            results += 1;
        }
        assert_eq!(results, 10);
    }
}

#[test]
fn phases_that_wrap_are_not_averaged() {
    // Frames of 8 samples in which a tone of bin 2 stands at +3 and at -3 radians in turn: theirs
    // tells 0, the mean.
    let tone = |n: usize| {
        let phase = if (n / 8).is_multiple_of(2) { 3.0 } else { -3.0 };
        0.5 * (TAU * 2.0 * n as f64 / 8.0 + phase).cos()
    };
    let samples: Vec<f64> = (0..160).map(tone).collect();
    let audio = Audio::new(F32, 16_000, 1, &samples);
    let results = results("bands=5 interval=1000000 message-phase=true", &audio);
    assert_eq!(results.len(), 10);
    for result in results {
        assert!(
            (result.phase[0][2] + 3.0).abs() < 1e-3,
            "{:?}",
            result.phase
        );
    }
}

#[test]
fn nothing_is_computed_for_nobody() {
    // Theirs transforms all the same. Ours looks at no sample: it does not see that one is no number.
    let samples: Vec<f64> = vec![f64::NAN; 48_000];
    let audio = Audio::new(F32, 48_000, 1, &samples);
    for (properties, warnings) in [
        ("post-messages=false", 0),
        ("message-magnitude=false", 0),
        ("message-magnitude=false message-phase=true", 1),
        ("", 1),
    ] {
        let mut rig = Rig::new(properties);
        rig.start(&audio);
        rig.play(&audio, 1000);
        assert_eq!(rig.warnings(), warnings, "{properties}");
    }
}

#[test]
fn huge_numbers_leave_nothing_behind() {
    let audio = Audio::kind(Kind::Music, F32, 48_000, 1, 24_000);
    for huge in [f64::from(f32::MAX), 1e38, -1e30, 1e20, 1e10] {
        let loud = Audio::of(
            F32,
            48_000,
            1,
            4800,
            |n, _| if n % 7 == 0 { huge } else { 0.5 },
        );
        for properties in [
            "",
            "features=mel+mfcc+chroma+centroid+bandwidth+rolloff+flatness+flux+onset",
            "preset=librosa features=mel+mfcc+centroid+flatness+flux+onset",
            "averaging=exponential scale=power",
            "averaging=peak-hold scale=amplitude decay=10000 message-phase=true",
        ] {
            let mut rig = Rig::new(&format!("{properties} interval=10000000"));
            rig.start(&audio);
            rig.play(&loud, 1000);
            let mut seen = 0;
            let mut check = |rig: &Rig| {
                for message in std::iter::from_fn(|| rig.bus.pop()) {
                    let Some(structure) = message.structure() else {
                        continue;
                    };
                    let text = structure.to_string();
                    assert!(
                        !text.contains("nan") && !text.contains("inf"),
                        "{huge} {text}"
                    );
                    seen += usize::from(message.type_() == gst::MessageType::Element);
                }
            };
            check(&rig);
            rig.play(&audio, 1000);
            check(&rig);
            assert!(seen > 20);
        }
    }
}
