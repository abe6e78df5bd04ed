// SPDX-License-Identifier: MPL-2.0
//! The element beside `vorbisdec` and `flacdec`: the same frames, the same channels, nearly or exactly the
//! same samples.
use super::{Decoder, FLAC, MAX_CHANNELS, VORBIS};
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
) -> (gst::Caps, Vec<u8>) {
    let mut harness = Harness::with_element(decoder, Some("sink"), Some("src"));
    harness.set_src_caps(caps.clone());
    for packet in packets {
        harness.push(packet.clone()).unwrap();
    }
    harness.push_event(gst::event::Eos::new());
    let mut bytes = Vec::new();
    while let Some(buffer) = harness.try_pull() {
        bytes.extend_from_slice(&buffer.map_readable().unwrap());
    }
    (harness.sinkpad().unwrap().current_caps().unwrap(), bytes)
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    let (raw, rest) = bytes.as_chunks::<4>();
    assert!(rest.is_empty());
    raw.iter().map(|raw| f32::from_ne_bytes(*raw)).collect()
}

#[test]
fn every_channel_agrees_with_vorbisdec_and_is_not_limited() {
    gst::init().unwrap();
    for channels in 1..=MAX_CHANNELS as usize {
        let (caps, packets) = encode(channels);
        let theirs = gst::ElementFactory::make("vorbisdec").build().unwrap();
        let (their_caps, expected) = decode(&theirs, &caps, &packets);
        let ours = Decoder::named(VORBIS).unwrap().upcast();
        let (our_caps, samples) = decode(&ours, &caps, &packets);
        let (samples, expected) = (floats(&samples), floats(&expected));
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
    let decoder: gst::Element = Decoder::named(VORBIS).unwrap().upcast();
    let mut harness = Harness::with_element(&decoder, Some("sink"), Some("src"));
    harness.set_src_caps(caps);
    // Audio without its headers.
    let audio = packets.last().unwrap().clone();
    assert!(harness.push(audio).is_err());
}

/// A second of FLAC as `flacparse` has it, and its caps.
fn flac(channels: usize, format: &str) -> (gst::Caps, Vec<gst::Buffer>) {
    let line =
        format!("audioconvert ! audio/x-raw,format={format} ! flacenc blocksize=4000 ! flacparse");
    let mut encoder = Harness::new_parse(&line);
    let info =
        gst_audio::AudioInfo::builder(gst_audio::AUDIO_FORMAT_F32, RATE as u32, channels as u32);
    encoder.set_src_caps(info.build().unwrap().to_caps().unwrap());
    encoder.push(tones(channels)).unwrap();
    encoder.push_event(gst::event::Eos::new());
    let packets = std::iter::from_fn(|| encoder.try_pull()).collect();
    (encoder.sinkpad().unwrap().current_caps().unwrap(), packets)
}

#[test]
fn flac_is_bit_for_bit_what_flacdec_gives() {
    gst::init().unwrap();
    for (channels, format, bytes) in [
        (1, "S16LE", 2),
        (2, "S16LE", 2),
        (1, "S24_32LE", 4),
        (2, "S24_32LE", 4),
    ] {
        let (caps, packets) = flac(channels, format);
        assert!(packets.len() > 10);
        let theirs = gst::ElementFactory::make("flacdec").build().unwrap();
        let (their_caps, expected) = decode(&theirs, &caps, &packets);
        let ours = Decoder::named(FLAC).unwrap().upcast();
        let (our_caps, samples) = decode(&ours, &caps, &packets);
        assert_eq!(our_caps, their_caps, "{channels} {format}");
        assert_eq!(samples.len(), RATE * channels * bytes);
        assert!(samples == expected, "{channels} {format}");
    }
}

#[test]
fn a_damaged_frame_is_an_error() {
    gst::init().unwrap();
    let (caps, packets) = flac(2, "S16LE");
    let decoder: gst::Element = Decoder::named(FLAC).unwrap().upcast();
    let mut harness = Harness::with_element(&decoder, Some("sink"), Some("src"));
    harness.set_src_caps(caps.clone());
    let (last, before) = packets.split_last().unwrap();
    for packet in before {
        harness.push(packet.clone()).unwrap();
    }
    let mut bytes = last.map_readable().unwrap().to_vec();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    assert!(harness.push(gst::Buffer::from_slice(bytes)).is_err());
    // A frame without its headers.
    let decoder: gst::Element = Decoder::named(FLAC).unwrap().upcast();
    let mut harness = Harness::with_element(&decoder, Some("sink"), Some("src"));
    harness.set_src_caps(caps);
    assert!(harness.push(last.clone()).is_err());
}
