// SPDX-License-Identifier: MPL-2.0
//! Whisper's input, clamped chunk by chunk.
use crate::frames::{Frames, floats};
use crate::rig::Rig;
use crate::signals::{Audio, F32, Kind};
use auris_dsp::features::presets::WhisperChunks;

const SETTINGS: &str = "preset=whisper features=mel whisper-chunks=true";
/// 35 s.
const LENGTH: usize = 560_000;
const BANDS: usize = 80;

/// What the kernel makes of mono, which is compared with `WhisperFeatureExtractor` elsewhere.
fn expected(samples: &[f32]) -> Vec<f32> {
    let mut chunks = WhisperChunks::new(1, BANDS).unwrap();
    let mut out = Vec::new();
    let mut take = |chunk: &auris_dsp::features::presets::Chunk<'_>| {
        out.extend_from_slice(chunk.values(0));
    };
    chunks.push(&[samples], &mut take);
    chunks.finish(&mut take);
    out
}

fn mono() -> (Audio, Vec<f32>) {
    let audio = Audio::kind(Kind::Music, F32, 16_000, 1, LENGTH);
    let buffer = audio.buffer(0..LENGTH);
    let samples = floats(&buffer);
    (audio, samples)
}

#[test]
fn frames_are_what_the_model_takes() {
    let (audio, samples) = mono();
    for messages in [false, true] {
        let mut rig = Rig::new(&format!("{SETTINGS} post-messages={messages}"));
        let mut frames = Frames::of(&rig.element);
        rig.start(&audio);
        rig.play(&audio, 1600);
        // The first half minute, and nothing of the next.
        let mut buffers = frames.buffers();
        assert_eq!(buffers.len(), 3000);
        rig.send(gst::event::Eos::new());
        buffers.extend(frames.buffers());
        assert_eq!(buffers.len(), 6000);
        for (i, buffer) in buffers.iter().enumerate() {
            assert_eq!(buffer.pts(), Some(audio.time(160 * i)));
        }
        let values: Vec<f32> = buffers.iter().flat_map(floats).collect();
        assert!(values == expected(&samples));
        for chunk in values.chunks(3000 * BANDS) {
            let most = chunk.iter().copied().fold(f32::MIN, f32::max);
            assert!(chunk.iter().all(|&x| x >= most - 2.0));
        }
        assert_eq!(rig.results().is_empty(), !messages);
    }
}

#[test]
fn live_values_are_not_clamped() {
    // One chunk, so that there is one maximum.
    let audio = Audio::kind(Kind::Music, F32, 16_000, 1, 400_000);
    let least = |settings: &str| {
        let mut rig = Rig::new(settings);
        let mut frames = Frames::of(&rig.element);
        rig.start(&audio);
        rig.play(&audio, 1600);
        rig.send(gst::event::Eos::new());
        let values: Vec<f32> = frames.buffers().iter().flat_map(floats).collect();
        let most = values.iter().copied().fold(f32::MIN, f32::max);
        values.into_iter().fold(f32::MAX, f32::min) - most
    };
    assert!(least("preset=whisper features=mel") < -2.0);
    assert!(least(SETTINGS) >= -2.0);
}

#[test]
fn what_nobody_listened_to_is_in_no_chunk() {
    let (audio, samples) = mono();
    let mut rig = Rig::new(&format!("{SETTINGS} post-messages=false"));
    rig.start(&audio);
    rig.push(audio.buffer(0..80_000));
    let mut frames = Frames::of(&rig.element);
    rig.push(audio.buffer(80_000..LENGTH));
    rig.send(gst::event::Eos::new());
    let buffers = frames.buffers();
    assert_eq!(buffers.len(), 3000);
    assert_eq!(buffers[0].pts(), Some(audio.time(80_000)));
    let values: Vec<f32> = buffers.iter().flat_map(floats).collect();
    assert!(values == expected(&samples[80_000..]));
}

#[test]
fn a_flush_forgets_half_a_chunk() {
    let (audio, samples) = mono();
    let mut rig = Rig::new(&format!("{SETTINGS} post-messages=false"));
    let mut frames = Frames::of(&rig.element);
    rig.start(&audio);
    rig.push(audio.buffer(0..100_000));
    rig.send(gst::event::FlushStart::new());
    rig.send(gst::event::FlushStop::new(true));
    rig.send(gst::event::Segment::new(&crate::rig::Segment::new()));
    rig.push(audio.buffer(0..100_000));
    rig.send(gst::event::Eos::new());
    let values: Vec<f32> = frames.buffers().iter().flat_map(floats).collect();
    assert!(values == expected(&samples[..100_000]));
}

#[test]
fn other_features_are_refused() {
    let audio = Audio::kind(Kind::Music, F32, 16_000, 2, 16_000);
    for (settings, says) in [
        (
            "preset=whisper features=mfcc whisper-chunks=true",
            "features=mel",
        ),
        ("features=mel whisper-chunks=true", "preset=whisper"),
        (
            "preset=whisper features=mel whisper-chunks=true downmix=power-sum",
            "downmix",
        ),
    ] {
        let mut rig = Rig::new(settings);
        rig.harness
            .push_event(gst::event::StreamStart::new("track"));
        rig.harness
            .push_event(gst::event::Caps::new(&audio.info.to_caps().unwrap()));
        let error = std::iter::from_fn(|| rig.bus.pop()).find_map(|message| match message.view() {
            gst::MessageView::Error(error) => Some(error.error().to_string()),
            _ => None,
        });
        assert!(
            error.as_ref().is_some_and(|error| error.contains(says)),
            "{error:?}"
        );
    }
}
