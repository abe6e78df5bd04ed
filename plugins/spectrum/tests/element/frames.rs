// SPDX-License-Identifier: MPL-2.0
//! Frames that go down a pipeline.
use crate::rig::{Rig, ours};
use crate::signals::{Audio, F32, Kind};
use gst::prelude::*;
use gst_check::Harness;

pub fn floats(buffer: &gst::Buffer) -> Vec<f32> {
    let map = buffer.map_readable().unwrap();
    let chunks = map.as_chunks::<4>().0.iter();
    chunks.map(|chunk| f32::from_le_bytes(*chunk)).collect()
}

/// What leaves a pad for frames: everything in its order.
pub struct Frames {
    pub pad: gst::Pad,
    sink: Harness,
}

impl Frames {
    pub fn of(element: &gst::Element) -> Self {
        let pad = element.request_pad_simple("features_%u").unwrap();
        let mut sink = Harness::new_empty();
        sink.add_element_src_pad(&pad);
        Frames { pad, sink }
    }

    pub fn events(&mut self) -> Vec<gst::Event> {
        std::iter::from_fn(|| self.sink.try_pull_event()).collect()
    }

    pub fn buffers(&mut self) -> Vec<gst::Buffer> {
        std::iter::from_fn(|| self.sink.try_pull()).collect()
    }
}

#[test]
fn a_frame_per_hop_with_caps_that_say_what_it_is() {
    let audio = Audio::kind(Kind::Music, F32, 48_000, 2, 48_000);
    for (properties, kind, bands, channels) in [
        ("fft-size=1024 bands=513 hop=480", "magnitude", 513, 1),
        (
            "fft-size=2048 hop=480 features=mel+centroid",
            "mel+centroid",
            129,
            1,
        ),
        (
            "fft-size=2048 hop=480 features=mfcc multi-channel=true",
            "mfcc",
            20,
            2,
        ),
    ] {
        let mut rig = Rig::new(properties);
        let mut frames = Frames::of(&rig.element);
        rig.start(&audio);
        rig.play(&audio, 1000);
        rig.send(gst::event::Eos::new());
        let types: Vec<_> = frames.events().iter().map(|event| event.type_()).collect();
        let expected = [
            gst::EventType::StreamStart,
            gst::EventType::Caps,
            gst::EventType::Segment,
            // The first frame is longer than the first buffer.
            gst::EventType::Gap,
            gst::EventType::Eos,
        ];
        assert_eq!(types, expected, "{properties}");
        let caps = frames.pad.current_caps().unwrap();
        let caps = caps.structure(0).unwrap();
        assert_eq!(caps.get::<&str>("kind"), Ok(kind));
        for (name, value) in [
            ("rate", 48_000),
            ("hop", 480),
            ("bands", bands),
            ("channels", channels),
        ] {
            assert_eq!(caps.get(name), Ok(value), "{name}");
        }
        let buffers = frames.buffers();
        assert!((97..=100).contains(&buffers.len()), "{}", buffers.len());
        for (i, buffer) in buffers.iter().enumerate() {
            assert_eq!(buffer.pts(), Some(audio.time(480 * i)));
            assert_eq!(buffer.duration(), Some(gst::ClockTime::from_mseconds(10)));
            assert_eq!(buffer.size() as i32, 4 * bands * channels);
            let discont = buffer.flags().contains(gst::BufferFlags::DISCONT);
            assert_eq!(discont, i == 0);
            assert!(floats(buffer).iter().all(|x| x.is_finite()));
        }
    }
}

#[test]
fn frames_say_what_messages_say() {
    let audio = Audio::kind(Kind::Music, F32, 48_000, 1, 24_000);
    // A message per frame.
    let mut rig = Rig::new("fft-size=1024 bands=513 hop=480 interval=1 scale=dbfs");
    let mut frames = Frames::of(&rig.element);
    rig.start(&audio);
    rig.play(&audio, 1000);
    let results = rig.results();
    let buffers = frames.buffers();
    assert_eq!(results.len(), buffers.len());
    assert!(results.len() > 40);
    for (result, buffer) in results.iter().zip(&buffers) {
        assert_eq!(buffer.pts().unwrap().nseconds(), result.timestamp());
        let pairs = floats(buffer).into_iter().zip(&result.magnitude[0]);
        assert!(pairs.into_iter().all(|(a, b)| (a - b).abs() < 1e-4));
    }
}

#[test]
fn nobody_listening_disturbs_nothing() {
    let audio = Audio::kind(Kind::Music, F32, 48_000, 1, 24_000);
    // Not linked.
    let mut rig = Rig::new("overlap=0.5");
    let pad = rig.element.request_pad_simple("features_%u").unwrap();
    assert_eq!(pad.name(), "features_0");
    rig.start(&audio);
    rig.play(&audio, 1000);
    assert_eq!(rig.results().len(), 4);
    // Linked to what refuses everything.
    let refusing = gst::Pad::builder(gst::PadDirection::Sink)
        .chain_function(|_, _, _| Err(gst::FlowError::Error))
        .build();
    refusing.set_active(true).unwrap();
    pad.link(&refusing).unwrap();
    rig.play(&audio, 1000);
    assert_eq!(rig.warnings(), 0);
    rig.element.release_request_pad(&pad);
    rig.play(&audio, 1000);
    rig.send(gst::event::Eos::new());
}

#[test]
fn without_messages_frames_come_all_the_same() {
    let audio = Audio::kind(Kind::Music, F32, 48_000, 1, 24_000);
    let mut rig = Rig::new("post-messages=false fft-size=1024 bands=513 hop=480");
    let mut frames = Frames::of(&rig.element);
    rig.start(&audio);
    rig.play(&audio, 1000);
    assert_eq!(rig.results().len(), 0);
    assert!(frames.buffers().len() > 40);
}

#[test]
fn a_flush_goes_down_this_way_too() {
    let audio = Audio::kind(Kind::Music, F32, 48_000, 1, 24_000);
    let mut rig = Rig::new("fft-size=1024 bands=513 hop=480");
    let mut frames = Frames::of(&rig.element);
    rig.start(&audio);
    rig.play(&audio, 1000);
    frames.buffers();
    frames.events();
    rig.send(gst::event::FlushStart::new());
    rig.send(gst::event::FlushStop::new(true));
    rig.send(gst::event::Segment::new(&crate::rig::Segment::new()));
    rig.play(&audio, 1000);
    let types: Vec<_> = frames.events().iter().map(|event| event.type_()).collect();
    let expected = [
        gst::EventType::FlushStart,
        gst::EventType::FlushStop,
        gst::EventType::Segment,
        gst::EventType::Gap,
    ];
    assert_eq!(types, expected);
    let again = frames.buffers();
    assert_eq!(again[0].pts(), Some(gst::ClockTime::ZERO));
    // Other bands, other caps.
    rig.element.set_property("bands", 100u32);
    rig.play(&audio, 1000);
    let types: Vec<_> = frames.events().iter().map(|event| event.type_()).collect();
    assert_eq!(types, [gst::EventType::Caps]);
    assert_eq!(frames.buffers()[0].size(), 400);
}

#[test]
fn pads_that_come_and_go_disturb_no_analysis() {
    let audio = Audio::kind(Kind::Music, F32, 48_000, 2, 48_000);
    let results = |with_pads: bool| {
        let mut rig = Rig::new("fft-size=512 hop=128");
        rig.start(&audio);
        for buffer in audio.cut(&[480]) {
            let pad = with_pads.then(|| rig.element.request_pad_simple("features_%u").unwrap());
            rig.push(buffer.copy());
            pad.iter()
                .for_each(|pad| rig.element.release_request_pad(pad));
        }
        rig.results()
    };
    let alone = results(false);
    assert!(alone.len() >= 9);
    assert_eq!(results(true), alone);
}

#[test]
fn pads_come_and_go_while_audio_runs() {
    let audio = Audio::kind(Kind::Music, F32, 48_000, 2, 48_000);
    let mut rig = Rig::new("fft-size=512 hop=128");
    let element = ours();
    assert!(element.pad_template("features_%u").is_some());
    rig.start(&audio);
    let element = rig.element.clone();
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                let pad = element.request_pad_simple("features_%u").unwrap();
                let sink = gst::Pad::builder(gst::PadDirection::Sink)
                    .chain_function(|_, _, _| Ok(gst::FlowSuccess::Ok))
                    .build();
                sink.set_active(true).unwrap();
                pad.link(&sink).unwrap();
                std::thread::yield_now();
                element.release_request_pad(&pad);
            }
        });
        for _ in 0..5 {
            rig.play(&audio, 480);
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    assert!(rig.results().len() >= 40);
}

#[test]
fn a_pad_without_a_name_gets_a_free_one() {
    let element = ours();
    let names = ["features_1", "features_%u", "features_%u", "features_%u"].map(|name| {
        let pad = element.request_pad_simple(name).unwrap();
        pad.name().to_string()
    });
    assert_eq!(
        names,
        ["features_1", "features_0", "features_2", "features_3"]
    );
    assert!(element.request_pad_simple("features_2").is_none());
}

#[test]
fn frames_of_presets_begin_one_after_another() {
    for (preset, rate, hop, first) in [
        ("librosa", 22_050, 512, 0),
        ("whisper", 16_000, 160, 0),
        ("kaldi", 16_000, 160, 0),
    ] {
        let audio = Audio::kind(Kind::Music, F32, rate, 1, rate as usize);
        let mut rig = Rig::new(&format!("preset={preset} features=mel"));
        let mut frames = Frames::of(&rig.element);
        rig.start(&audio);
        rig.play(&audio, 1000);
        rig.send(gst::event::Eos::new());
        let buffers = frames.buffers();
        assert!(buffers.len() > 40);
        for (i, buffer) in buffers.iter().enumerate() {
            assert_eq!(buffer.pts(), Some(audio.time(first + hop * i)), "{preset}");
        }
    }
}

#[test]
fn a_pipeline_prerolls_though_frames_come_late() {
    gst::init().unwrap();
    for properties in [
        "preset=whisper features=mel whisper-chunks=true",
        "fft-size=1048576",
    ] {
        let pipeline = gst::parse::launch(
            "audiotestsrc num-buffers=400 ! audio/x-raw,format=F32LE,rate=16000,channels=1 \
             ! identity name=in fakesink name=out queue name=queue ! fakesink name=frames",
        );
        let pipeline = pipeline.unwrap().downcast::<gst::Pipeline>().unwrap();
        let element = ours();
        for assignment in properties.split(' ') {
            let (name, value) = assignment.split_once('=').unwrap();
            element.set_property_from_str(name, value);
        }
        let [input, out, queue] =
            ["in", "out", "queue"].map(|name| pipeline.by_name(name).unwrap());
        pipeline.add(&element).unwrap();
        gst::Element::link_many([&input, &element, &out]).unwrap();
        let pad = element.request_pad_simple("features_%u").unwrap();
        pad.link(&queue.static_pad("sink").unwrap()).unwrap();
        pipeline.set_state(gst::State::Paused).unwrap();
        let patience = gst::ClockTime::from_seconds(20);
        let (change, state, _) = pipeline.state(patience);
        assert_eq!(
            (change, state),
            (Ok(gst::StateChangeSuccess::Success), gst::State::Paused)
        );
        pipeline.set_state(gst::State::Playing).unwrap();
        let bus = pipeline.bus().unwrap();
        let ends = [gst::MessageType::Eos, gst::MessageType::Error];
        let message = bus.timed_pop_filtered(patience, &ends).unwrap();
        assert_eq!(message.type_(), gst::MessageType::Eos);
        pipeline.set_state(gst::State::Null).unwrap();
    }
}
