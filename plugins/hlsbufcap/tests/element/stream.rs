// SPDX-License-Identifier: MPL-2.0
//! A stream to play: AC-3 of as many bits as it can have.
use gst::prelude::*;
use std::sync::OnceLock;
use tempfile::TempDir;

/// Seconds of a segment.
pub const SEGMENT: u64 = 2;
/// Seconds of the stream.
pub const LENGTH: u64 = 40;

/// A folder with `index.m3u8`, made once per process; `None`, loudly, where an encoder is missing.
pub fn folder() -> Option<&'static TempDir> {
    static FOLDER: OnceLock<Option<TempDir>> = OnceLock::new();
    FOLDER.get_or_init(make).as_ref()
}

fn make() -> Option<TempDir> {
    gst::init().unwrap();
    for name in [
        "avenc_mpeg2video",
        "avenc_aac",
        "hlssink2",
        "hlsdemux2",
        "souphttpsrc",
    ] {
        if gst::ElementFactory::find(name).is_none() {
            eprintln!("NOT TESTED: there is no {name}");
            return None;
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().display();
    let pipeline = gst::parse::launch(&format!(
        "audiotestsrc wave=white-noise num-buffers={} samplesperbuffer=4800 \
         ! audio/x-raw,rate=48000,channels=2 ! avenc_ac3 bitrate=640000 ! ac3parse ! sink.audio \
         hlssink2 name=sink target-duration={SEGMENT} max-files=0 playlist-length=0 \
             location={at}/%05d.ts playlist-location={at}/index.m3u8",
        LENGTH * 10,
    ))
    .unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let wanted = [gst::MessageType::Eos, gst::MessageType::Error];
    let bus = pipeline.bus().unwrap();
    let message = bus.timed_pop_filtered(gst::ClockTime::from_seconds(60), &wanted);
    let message = message.expect("an end");
    assert_eq!(message.type_(), gst::MessageType::Eos, "{message:?}");
    pipeline.set_state(gst::State::Null).unwrap();
    Some(folder)
}

/// The largest segment in bytes.
pub fn largest_segment() -> u64 {
    let entries = std::fs::read_dir(folder().unwrap().path()).unwrap();
    let sizes = entries.map(|entry| entry.unwrap().metadata().unwrap().len());
    sizes.max().unwrap()
}
