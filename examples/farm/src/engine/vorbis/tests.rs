// SPDX-License-Identifier: MPL-2.0
//! The element beside `vorbisdec`: the same frames, the same channels, nearly the same samples.
use super::VorbisDecoder;
use gst::prelude::*;
use gst_check::Harness;

const RATE: usize = 44_100;

/// One second of another tone in every channel, beyond full scale.
fn tones(channels: usize) -> gst::Buffer {
    let samples = (0..RATE).flat_map(|i| {
        (0..channels).map(move |c| {
            let phase = std::f64::consts::TAU * (200.0 + 130.0 * c as f64) * i as f64 / RATE as f64;
            (1.3 * phase.sin()) as f32
        })
    });
    let mut buffer =
        gst::Buffer::from_slice(samples.flat_map(f32::to_ne_bytes).collect::<Vec<_>>());
    if let Some(buffer) = buffer.get_mut() {
        buffer.set_pts(gst::ClockTime::ZERO);
        buffer.set_duration(gst::ClockTime::SECOND);
    }
    buffer
}

/// Vorbis packets, headers first, and their caps.
fn encode(channels: usize) -> (gst::Caps, Vec<gst::Buffer>) {
    let mut encoder = Harness::new("vorbisenc");
    let mask: u64 = [0, 0, 3][channels];
    let mut caps = gst::Caps::builder("audio/x-raw")
        .field("format", gst_audio::AUDIO_FORMAT_F32.to_str())
        .field("layout", "interleaved")
        .field("rate", RATE as i32)
        .field("channels", channels as i32);
    if channels > 1 {
        caps = caps.field("channel-mask", gst::Bitmask(mask));
    }
    encoder.set_src_caps(caps.build());
    encoder.push(tones(channels)).unwrap();
    encoder.push_event(gst::event::Eos::new());
    let mut packets = Vec::new();
    while let Some(packet) = encoder.try_pull() {
        packets.push(packet);
    }
    let caps = encoder.sinkpad().unwrap().current_caps().unwrap();
    (caps, packets)
}

fn decode(
    decoder: &gst::Element,
    caps: &gst::Caps,
    packets: &[gst::Buffer],
) -> (gst::Caps, Vec<f32>) {
    let mut harness = Harness::with_element(decoder, Some("sink"), Some("src"));
    harness.set_src_caps(caps.clone());
    for packet in packets {
        harness.push(packet.clone()).unwrap();
    }
    harness.push_event(gst::event::Eos::new());
    let mut samples = Vec::new();
    while let Some(buffer) = harness.try_pull() {
        let map = buffer.map_readable().unwrap();
        let (raw, rest) = map.as_chunks::<4>();
        assert!(rest.is_empty());
        samples.extend(raw.iter().map(|raw| f32::from_ne_bytes(*raw)));
    }
    (harness.sinkpad().unwrap().current_caps().unwrap(), samples)
}

#[test]
fn every_channel_agrees_with_vorbisdec_and_is_not_limited() {
    gst::init().unwrap();
    for channels in 1..=VorbisDecoder::MAX_CHANNELS as usize {
        let (caps, packets) = encode(channels);
        let theirs = gst::ElementFactory::make("vorbisdec").build().unwrap();
        let (their_caps, expected) = decode(&theirs, &caps, &packets);
        let ours = VorbisDecoder::new().upcast();
        let (our_caps, samples) = decode(&ours, &caps, &packets);
        assert_eq!(our_caps, their_caps, "{channels} channels");
        assert_eq!(samples.len(), expected.len());
        assert!(samples.len() > RATE * channels * 9 / 10);
        assert!(samples.iter().any(|s| s.abs() > 1.1), "limited");
        for (i, (a, b)) in samples.iter().zip(&expected).enumerate() {
            assert!(
                (a - b).abs() < 1e-4,
                "sample {i} of {channels} channels: {a} {b}"
            );
        }
    }
}

#[test]
fn a_broken_packet_is_an_error() {
    gst::init().unwrap();
    let (caps, packets) = encode(2);
    let decoder: gst::Element = VorbisDecoder::new().upcast();
    let mut harness = Harness::with_element(&decoder, Some("sink"), Some("src"));
    harness.set_src_caps(caps);
    // Audio without its headers.
    let audio = packets.last().unwrap().clone();
    assert!(harness.push(audio).is_err());
}
