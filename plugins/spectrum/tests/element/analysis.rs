// SPDX-License-Identifier: MPL-2.0
//! What gst-plugins-good's element cannot do.
use crate::rig::{Reading, Rig};
use crate::signals::{Audio, F32, Kind, noise};
use gst::prelude::*;
use std::f64::consts::TAU;

/// Structures of all results, the end of the stream included.
fn structures(properties: &str, audio: &Audio, cut: usize) -> Vec<gst::Structure> {
    let mut rig = Rig::new(properties);
    rig.start(audio);
    rig.play(audio, cut);
    rig.send(gst::event::Eos::new());
    let messages = std::iter::from_fn(|| rig.bus.pop());
    messages
        .inspect(|m| {
            assert!(!matches!(
                m.type_(),
                gst::MessageType::Warning | gst::MessageType::Error
            ))
        })
        .filter(|message| message.type_() == gst::MessageType::Element)
        .map(|message| message.structure().unwrap().to_owned())
        .collect()
}

fn readings(properties: &str, audio: &Audio) -> Vec<Reading> {
    let structures = structures(properties, audio, 1000);
    structures.iter().map(|s| Reading::new(s)).collect()
}

fn tone(amplitude: f64, hz: f64, channels: u32, frames: usize) -> Audio {
    Audio::of(F32, 48_000, channels, frames, |n, _| {
        amplitude * (TAU * hz * n as f64 / 48_000.0).sin()
    })
}

fn peak(values: &[f32]) -> f32 {
    values.iter().fold(f32::MIN, |a, b| a.max(*b))
}

#[test]
fn every_sample_is_seen() {
    // A click anywhere is in a result: what gst-plugins-good's element leaves out is half of the audio.
    // (Windows begin and end near 0, so the very ends of a stream count for little.)
    for at in (50..4750).step_by(37) {
        let click = Audio::of(F32, 48_000, 1, 4800, |n, _| if n == at { 1.0 } else { 0.0 });
        for properties in [
            "overlap=0.5",
            "overlap=0.5 window=hann hop=100",
            "scale=dbfs",
        ] {
            let properties =
                format!("{properties} averaging=power interval=10000000 threshold=-200");
            let results = readings(&properties, &click);
            let loudest = results.iter().map(|r| peak(&r.magnitude[0]));
            assert!(
                loudest.fold(f32::MIN, f32::max) > -80.0,
                "{at} {properties}"
            );
        }
    }
}

#[test]
fn a_full_scale_sine_reads_zero() {
    // In the middle of a bin of 1024 samples.
    let audio = tone(1.0, 48_000.0 * 32.0 / 1024.0, 1, 48_000);
    for window in [
        "hamming",
        "hann",
        "blackman-harris",
        "flat-top",
        "kaiser",
        "rectangular",
    ] {
        let with = |scale: &str| {
            let properties = format!("bands=513 scale={scale} window={window} interval=200000000");
            let results = readings(&properties, &audio);
            assert!((4..=6).contains(&results.len()), "{}", results.len());
            results[2].magnitude[0][32]
        };
        assert!(with("dbfs").abs() < 1e-3, "{window}: {}", with("dbfs"));
        assert!((with("power") - 1.0).abs() < 1e-3);
        assert!((with("amplitude") - 1.0).abs() < 1e-3);
    }
    // As everyone knows it.
    let classic = readings("bands=513 overlap=0.75", &audio);
    assert!((classic[3].magnitude[0][32] + 11.40).abs() < 0.01);
}

#[test]
fn results_follow_one_another_without_a_gap() {
    let audio = Audio::kind(Kind::Music, F32, 44_100, 2, 44_100);
    for properties in [
        "hop=441 interval=10000000",
        "hop=441 interval=1",
        "overlap=0.75 interval=33333333",
        "fft-size=4096 overlap=0 interval=50000000",
    ] {
        let results = readings(properties, &audio);
        assert_eq!(results[0].timestamp(), 0);
        for pair in results.windows(2) {
            assert_eq!(
                pair[0].times[1] + pair[0].times[4],
                pair[1].times[1],
                "{properties}"
            );
        }
        let last = results.last().unwrap();
        // The last frame has the rest in it.
        assert!(last.times[0] + 95_000_000 >= 1_000_000_000, "{properties}");
    }
    assert!((99..=101).contains(&readings("hop=441 interval=10000000", &audio).len()));
}

#[test]
fn results_do_not_depend_on_how_the_stream_is_cut() {
    let audio = Audio::kind(Kind::Music, F32, 48_000, 2, 30_000);
    for properties in [
        "overlap=0.5 multi-channel=true",
        "preset=librosa features=mel+mfcc+centroid+flux+onset",
        "frequency-scale=third-octave averaging=exponential",
    ] {
        let whole = structures(properties, &audio, 30_000);
        assert!(whole.len() >= 5);
        for cut in [1, 100, 4097] {
            assert_eq!(structures(properties, &audio, cut), whole, "{properties}");
        }
    }
}

#[test]
fn opposite_phases_do_not_cancel_out() {
    // In theirs, and by default in ours, they read as silence.
    let audio = Audio::of(F32, 48_000, 2, 24_000, |n, channel| {
        let sign = if channel == 0 { 0.5 } else { -0.5 };
        sign * (TAU * 3000.0 * n as f64 / 48_000.0).sin()
    });
    let loudest = |properties: &str| {
        let results = readings(properties, &audio);
        let rows = &results[1].magnitude;
        rows.iter().map(|row| peak(row)).collect::<Vec<_>>()
    };
    assert_eq!(loudest(""), [-60.0]);
    let [level] = loudest("bands=513 downmix=power-sum scale=dbfs")[..] else {
        panic!("one row");
    };
    assert!((level + 6.02).abs() < 0.01, "{level}");
    let [mid, side] = loudest("bands=513 downmix=mid-side scale=dbfs")[..] else {
        panic!("two rows");
    };
    assert!(mid == -60.0 && (side + 6.02).abs() < 0.01, "{mid} {side}");
}

#[test]
fn averages_are_what_they_are_called() {
    // A second of sine, then silence.
    let audio = Audio::of(F32, 48_000, 1, 96_000, |n, _| {
        let tone = (TAU * 3000.0 * n as f64 / 48_000.0).sin();
        if n < 48_000 { tone } else { 0.0 }
    });
    let common = "fft-size=1024 bands=513 hop=480 interval=100000000 scale=dbfs threshold=-150";
    let at = |more: &str, result: usize| {
        let results = readings(&format!("{common} {more}"), &audio);
        results[result].magnitude[0][64]
    };
    // The middle of its last frame is 500 ms after the end of the sine: 4.343 dB per time constant.
    let fallen = at("averaging=exponential time-constant=125000000", 14);
    let expected = -4.343 * 500.0 / 125.0;
    assert!(
        (fallen - expected as f32).abs() < 0.5,
        "{fallen} for {expected}"
    );
    let held = at("averaging=peak-hold decay=10", 14);
    // Of the last frame that was full of it.
    assert!((held + 10.0 * 0.508).abs() < 0.15, "{held}");
    assert!((at("averaging=peak-hold decay=0", 19)).abs() < 1e-3);
    assert!(at("averaging=power", 4).abs() < 1e-3);
    assert!(at("averaging=power", 14) < -100.0);
}

#[test]
fn bands_lie_where_their_scale_has_them() {
    let audio = tone(1.0, 1000.0, 1, 48_000);
    for (properties, bands) in [
        ("frequency-scale=third-octave", 31),
        ("frequency-scale=octave bands-per-octave=1", 10),
        ("frequency-scale=log bands=40", 40),
        ("frequency-scale=mel bands=40", 40),
        ("frequency-scale=bark bands=24", 24),
        ("frequency-scale=linear bands=48 fft-size=4096", 48),
    ] {
        let properties = format!("{properties} window=hann scale=dbfs message-data=both");
        let structures = structures(&properties, &audio, 1000);
        let reading = Reading::new(&structures[0]);
        let frequencies = structures[0]
            .get::<gst::glib::Bytes>("frequencies")
            .unwrap();
        let frequencies = frequencies.as_chunks::<4>().0.iter();
        let frequencies: Vec<f32> = frequencies.map(|c| f32::from_le_bytes(*c)).collect();
        assert_eq!(frequencies.len(), reading.magnitude[0].len());
        assert!(frequencies.is_sorted());
        assert!(
            frequencies.len().abs_diff(bands) <= 1,
            "{}",
            frequencies.len()
        );
        let values = &reading.magnitude[0];
        let loudest = (0..values.len()).max_by(|a, b| values[*a].total_cmp(&values[*b]));
        let nearest = (0..values.len()).min_by(|a, b| {
            let off = |i: &usize| (frequencies[*i] - 1000.0).abs();
            off(a).total_cmp(&off(b))
        });
        assert_eq!(loudest, nearest, "{properties}");
        // Whether one band has all of the tone or two share it.
        let power: f32 = values.iter().map(|x| 10f32.powf(x / 10.0)).sum();
        assert!((10.0 * power.log10()).abs() < 0.05, "{properties}: {power}");
    }
}

#[test]
fn weighting_lowers_what_the_ear_does_not_hear() {
    for (weighting, expected) in [("a", -19.14), ("c", -0.30), ("none", 0.0)] {
        let audio = tone(1.0, 100.0, 1, 96_000);
        let properties = format!(
            "fft-size=9600 bands=4801 window=hann scale=dbfs weighting={weighting} interval=500000000"
        );
        let results = readings(&properties, &audio);
        let level = results[1].magnitude[0][20];
        assert!((level - expected).abs() < 0.05, "{weighting}: {level}");
    }
}

#[test]
fn features_stand_in_their_fields() {
    let audio = Audio::kind(Kind::Music, F32, 48_000, 2, 48_000);
    let all = "features=mel+mfcc+chroma+centroid+bandwidth+rolloff+flatness+flux+onset";
    let results = structures(&format!("fft-size=2048 {all}"), &audio, 1000);
    let first = &results[0];
    for (name, length) in [("mel", 128), ("mfcc", 20), ("chroma", 12)] {
        let list = first.get::<gst::ListRef<'_>>(name).unwrap();
        assert_eq!(list.as_slice().len(), length);
    }
    let number = |name: &str| first.get::<f32>(name).unwrap();
    assert!((200.0..24_000.0).contains(&number("centroid")));
    assert!(number("rolloff") > number("centroid") * 0.5);
    assert!((0.0..1.0).contains(&number("flatness")));
    for name in ["bandwidth", "flux", "onset"] {
        assert!(number(name) >= 0.0);
    }
    let rows = structures(
        &format!("fft-size=2048 multi-channel=true message-data=both {all}"),
        &audio,
        1000,
    );
    let centroids = rows[0].get::<gst::ArrayRef<'_>>("centroid").unwrap();
    assert_eq!(centroids.as_slice().len(), 2);
    let bytes = rows[0].get::<gst::glib::Bytes>("mel-data").unwrap();
    assert_eq!(bytes.len(), 2 * 128 * 4);
}

#[test]
fn presets_give_their_packages_frames() {
    // One result per frame.
    let seconds = |rate: u32| Audio::kind(Kind::Music, F32, rate, 1, 2 * rate as usize);
    for (preset, rate, frames, bands) in [
        ("librosa", 22_050, 1 + 44_100 / 512, 128),
        ("whisper", 16_000, 200, 80),
        ("kaldi", 16_000, 198, 80),
    ] {
        let properties = format!("preset={preset} features=mel message-magnitude=false interval=1");
        let results = structures(&properties, &seconds(rate), 1000);
        assert_eq!(results.len(), frames, "{preset}");
        let mel = results[3].get::<gst::ListRef<'_>>("mel").unwrap();
        assert_eq!(mel.as_slice().len(), bands);
        assert!(!results[3].has_field("magnitude"));
    }
    // Whisper knows one rate.
    let audio = seconds(44_100);
    let mut rig = Rig::new("");
    rig.start(&audio);
    rig.element.set_property_from_str("preset", "whisper");
    assert_eq!(rig.warnings(), 1);
}

#[test]
fn the_end_of_a_stream_is_told() {
    // 100 samples more than whole frames.
    let random: Vec<f64> = noise(3).take(1124).collect();
    let audio = Audio::new(F32, 48_000, 1, &random);
    let results = readings(
        "fft-size=512 bands=257 hop=512 interval=1 threshold=-200",
        &audio,
    );
    assert_eq!(results.len(), 3);
    assert!(peak(&results[2].magnitude[0]) > -60.0);
    let results = readings(
        "fft-size=512 bands=257 hop=512 interval=10000000000",
        &audio,
    );
    assert_eq!(results.len(), 1, "one, of all");
}

#[test]
fn no_result_is_longer_than_its_audio() {
    let audio = Audio::kind(Kind::Noise, F32, 48_000, 1, 48_000);
    for properties in [
        "fft-size=1048575",
        "fft-size=1048575 interval=10000000000000",
        "fft-size=65536 overlap=0",
        "fft-size=4096 hop=3001",
        "preset=librosa features=mel",
    ] {
        let results = readings(properties, &audio);
        let last = results.last().unwrap();
        assert!(
            last.times[0] <= 1_000_000_000,
            "{properties}: {:?}",
            last.times
        );
        assert!(
            last.times[0] >= 900_000_000,
            "{properties}: {:?}",
            last.times
        );
    }
}

#[test]
fn messages_of_features_are_used_again() {
    let audio = Audio::kind(Kind::Music, F32, 48_000, 2, 96_000);
    for properties in [
        "features=mel+mfcc+centroid overlap=0.5",
        "multi-channel=true features=mel+centroid+onset fft-size=2048",
    ] {
        let mut rig = Rig::new(properties);
        rig.start(&audio);
        let mut seen = std::collections::HashSet::new();
        for buffer in audio.cut(&[4800]) {
            rig.push(buffer);
            for message in std::iter::from_fn(|| rig.bus.pop()) {
                if message.type_() == gst::MessageType::Element {
                    seen.insert(message.as_ptr() as usize);
                }
            }
        }
        assert_eq!(seen.len(), 1, "{properties}");
    }
}

#[test]
fn a_flush_and_a_gap_are_minded_here_too() {
    let audio = Audio::kind(Kind::Noise, F32, 48_000, 1, 4800);
    let mut rig = Rig::new("overlap=0.5 interval=50000000 averaging=peak-hold decay=0");
    rig.start(&audio);
    rig.play(&audio, 1000);
    rig.send(gst::event::FlushStart::new());
    rig.send(gst::event::FlushStop::new(true));
    rig.send(gst::event::Segment::new(&crate::rig::Segment::new()));
    rig.results();
    let gap = gst::event::Gap::builder(gst::ClockTime::from_seconds(3))
        .duration(gst::ClockTime::from_mseconds(200));
    rig.send(gap.build());
    let results = rig.results();
    assert_eq!(results.len(), 3);
    assert_eq!(results[0].timestamp(), 3_000_000_000);
    for result in results {
        assert_eq!(peak(&result.magnitude[0]), -60.0);
    }
}

#[test]
fn a_summary_is_of_the_whole_stream() {
    let audio = Audio::kind(Kind::Music, F32, 48_000, 2, 48_000);
    for properties in [
        "summary=true",
        "summary=true multi-channel=true fft-size=2048 features=mel+centroid",
    ] {
        let all = structures(properties, &audio, 1000);
        let (summary, results) = all.split_last().unwrap();
        assert_eq!(summary.name(), "spectrum-summary");
        assert_eq!(summary.get("results"), Ok(results.len() as u64));
        assert_eq!(summary.get("timestamp"), Ok(0u64));
        let duration = summary.get::<u64>("duration").unwrap();
        assert!(
            (950_000_000..=1_000_000_000).contains(&duration),
            "{duration}"
        );
        let readings: Vec<_> = results.iter().map(|s| Reading::new(s)).collect();
        let row = |name: &str| -> Vec<f32> {
            let list = |values: &[gst::glib::SendValue]| {
                values.iter().map(|v| v.get::<f32>().unwrap()).collect()
            };
            match summary.get::<gst::ListRef<'_>>(name) {
                Ok(values) => list(values.as_slice()),
                Err(_) => {
                    let rows = summary.get::<gst::ArrayRef<'_>>(name).unwrap();
                    let last = rows.as_slice().last().unwrap();
                    list(last.get::<gst::ArrayRef<'_>>().unwrap().as_slice())
                }
            }
        };
        let (mean, least, most) = (
            row("magnitude-mean"),
            row("magnitude-min"),
            row("magnitude-max"),
        );
        for band in 0..mean.len() {
            let values = readings.iter().map(|r| r.magnitude.last().unwrap()[band]);
            let expected = values.clone().sum::<f32>() / readings.len() as f32;
            assert!((mean[band] - expected).abs() < 1e-3);
            assert_eq!(least[band], values.clone().fold(f32::MAX, f32::min));
            assert_eq!(most[band], values.fold(f32::MIN, f32::max));
        }
    }
}

#[test]
fn what_is_before_a_break_is_told() {
    let audio = Audio::kind(Kind::Noise, F32, 48_000, 1, 3000);
    let mut rig = Rig::new("fft-size=2048 overlap=0.5 interval=10000000000");
    rig.start(&audio);
    rig.play(&audio, 1000);
    assert_eq!(rig.results().len(), 0);
    let mut after = audio.buffer(0..3000);
    after.make_mut().set_flags(gst::BufferFlags::DISCONT);
    rig.push(after);
    assert_eq!(rig.results().len(), 1);
    let other = Audio::kind(Kind::Noise, F32, 44_100, 1, 3000);
    rig.send(gst::event::Caps::new(&other.info.to_caps().unwrap()));
    assert_eq!(rig.results().len(), 1);
}

#[test]
fn buffers_that_are_gaps_are_silence() {
    let quiet = Audio::of(F32, 48_000, 2, 48_000, |_, _| 0.0);
    for properties in ["", "overlap=0.5", "bands=8193"] {
        let told = |gap: bool| {
            let mut rig = Rig::new(properties);
            rig.start(&quiet);
            for mut buffer in quiet.cut(&[1000]) {
                if gap {
                    buffer.make_mut().set_flags(gst::BufferFlags::GAP);
                }
                rig.push(buffer);
            }
            rig.results()
        };
        assert_eq!(told(true), told(false));
        assert!(!told(true).is_empty());
    }
}
