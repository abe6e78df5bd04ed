// SPDX-License-Identifier: MPL-2.0
//! In pipelines, as users write them.
use gst::prelude::*;
use std::path::Path;

fn run(description: &str) -> Result<(), String> {
    gst::init().unwrap();
    gstspectrogram::plugin_register_static().unwrap();
    let pipeline = gst::parse::launch(description).unwrap();
    let bus = pipeline.bus().unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let limit = gst::ClockTime::from_seconds(60);
    let message = bus.timed_pop_filtered(limit, &[gst::MessageType::Eos, gst::MessageType::Error]);
    pipeline.set_state(gst::State::Null).unwrap();
    match message.as_ref().map(|message| message.view()) {
        Some(gst::MessageView::Eos(_)) => Ok(()),
        Some(gst::MessageView::Error(error)) => Err(error.error().to_string()),
        _ => Err("nothing happened".to_owned()),
    }
}

/// Width and height of a PNG file.
fn size(path: &Path) -> (u32, u32) {
    let bytes = std::fs::read(path).unwrap();
    assert_eq!(&bytes[..8], b"\x89PNG\r\n\x1a\n");
    let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
    assert_eq!(&bytes[bytes.len() - 8..bytes.len() - 4], b"IEND");
    (number(16), number(20))
}

#[test]
fn a_file_becomes_a_png() {
    let folder = std::env::temp_dir().join(format!("auris-spectrogram-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for (name, filter, wanted) in [
        ("default", "", (1280, 720)),
        ("small", "! video/x-raw,width=320,height=200", (320, 200)),
        (
            "grey",
            "! video/x-raw,format=GRAY8,width=300,height=100",
            (300, 100),
        ),
    ] {
        let path = folder.join(format!("{name}.png"));
        let location = path.display();
        run(&format!(
            "audiotestsrc num-buffers=100 ! spectrogram mode=whole palette=heat {filter} ! pngenc ! filesink location={location}"
        ))
        .unwrap();
        assert_eq!(size(&path), wanted);
    }
    let nothing = run("audiotestsrc num-buffers=0 ! spectrogram mode=whole ! pngenc ! fakesink");
    assert!(nothing.is_err_and(|error| error.contains("no audio")));
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn it_scrolls_into_other_elements() {
    for sink in [
        "videoconvert ! video/x-raw,format=I420 ! fakesink",
        "videoscale ! video/x-raw,width=100,height=100 ! fakesink",
        "queue ! videoconvert ! fakesink sync=true",
    ] {
        run(&format!(
            "audiotestsrc num-buffers=40 ! spectrogram ! {sink}"
        ))
        .unwrap();
    }
    run("audiotestsrc num-buffers=60 is-live=true ! audio/x-raw,rate=44100 ! spectrogram ! queue ! fakesink sync=true").unwrap();
}

#[test]
fn paletted_frames_mean_what_gstreamer_takes_them_for() {
    // The same through videoconvert as drawn directly.
    let draw = |between: &str| -> Vec<u8> {
        gst::init().unwrap();
        gstspectrogram::plugin_register_static().unwrap();
        let description = format!(
            "audiotestsrc num-buffers=60 ! spectrogram mode=whole ! {between} ! fakesink name=end signal-handoffs=true"
        );
        let pipeline = gst::parse::launch(&description)
            .unwrap()
            .downcast::<gst::Pipeline>()
            .unwrap();
        let bytes = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
        let kept = bytes.clone();
        let pad = pipeline.by_name("end").unwrap().static_pad("sink").unwrap();
        pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
            if let Some(buffer) = info.buffer() {
                *kept.lock().unwrap() = buffer.map_readable().unwrap().to_vec();
            }
            gst::PadProbeReturn::Ok
        });
        pipeline.set_state(gst::State::Playing).unwrap();
        let kinds = [gst::MessageType::Eos, gst::MessageType::Error];
        let message = pipeline
            .bus()
            .unwrap()
            .timed_pop_filtered(gst::ClockTime::from_seconds(60), &kinds);
        assert_eq!(message.unwrap().type_(), gst::MessageType::Eos);
        pipeline.set_state(gst::State::Null).unwrap();
        bytes.lock().unwrap().clone()
    };
    let direct = draw("video/x-raw,format=RGBA,width=200,height=120");
    let converted = draw(
        "video/x-raw,format=RGB8P,width=200,height=120 ! videoconvert ! video/x-raw,format=RGBA",
    );
    assert_eq!(direct.len(), 200 * 120 * 4);
    assert!(direct == converted);
}
