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
    run(&pipeline);
    Some(folder)
}

/// The largest segment in bytes.
pub fn largest_segment() -> u64 {
    let entries = std::fs::read_dir(folder().unwrap().path()).unwrap();
    let sizes = entries.map(|entry| entry.unwrap().metadata().unwrap().len());
    sizes.max().unwrap()
}

/// Names and what is in them.
type Named = Vec<(String, Vec<u8>)>;

/// The same sound as AAC in fragments of an MP4, with their initialisation section: names and bytes of all files.
pub fn fragments() -> Option<Named> {
    static FILES: OnceLock<Option<Named>> = OnceLock::new();
    FILES.get_or_init(make_fragments).clone()
}

fn make_fragments() -> Option<Named> {
    folder()?;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("all.mp4");
    let pipeline = gst::parse::launch(&format!(
        "audiotestsrc wave=white-noise num-buffers={} samplesperbuffer=4800 \
         ! audio/x-raw,rate=48000,channels=2 ! avenc_aac bitrate=256000 ! aacparse \
         ! mp4mux streamable=true fragment-duration={} ! filesink location={}",
        LENGTH * 10,
        SEGMENT * 1000,
        file.display(),
    ))
    .unwrap();
    run(&pipeline);
    let bytes = std::fs::read(file).unwrap();
    let (mut files, mut list) = (Vec::new(), Vec::new());
    let (mut rest, mut current) = (&bytes[..], Vec::new());
    while rest.len() >= 8 {
        let size = u32::from_be_bytes(rest[..4].try_into().unwrap()) as usize;
        let (one, after) = rest.split_at(size);
        rest = after;
        match &one[4..8] {
            b"mfra" => {}
            b"mdat" => {
                current.extend_from_slice(one);
                list.push(format!("s{}.m4s", list.len()));
                files.push((list.last().unwrap().clone(), std::mem::take(&mut current)));
            }
            b"moov" => {
                current.extend_from_slice(one);
                files.push(("init.mp4".to_owned(), std::mem::take(&mut current)));
            }
            _ => current.extend_from_slice(one),
        }
    }
    let mut text = format!(
        "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:{}\n#EXT-X-MAP:URI=\"init.mp4\"\n",
        SEGMENT + 1
    );
    for name in &list {
        text.push_str(&format!("#EXTINF:{SEGMENT},\n{name}\n"));
    }
    files.push((
        "index.m3u8".to_owned(),
        (text + "#EXT-X-ENDLIST\n").into_bytes(),
    ));
    Some(files)
}

fn run(pipeline: &gst::Element) {
    pipeline.set_state(gst::State::Playing).unwrap();
    let wanted = [gst::MessageType::Eos, gst::MessageType::Error];
    let bus = pipeline.bus().unwrap();
    let message = bus.timed_pop_filtered(gst::ClockTime::from_seconds(60), &wanted);
    let message = message.expect("an end");
    assert_eq!(message.type_(), gst::MessageType::Eos, "{message:?}");
    pipeline.set_state(gst::State::Null).unwrap();
}
