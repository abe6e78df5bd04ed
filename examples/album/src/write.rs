// SPDX-License-Identifier: MPL-2.0
//! Encoding with whatever encoders the machine has.
use crate::{
    mix::Stereo,
    songs::{ALBUM, ALBUM_TITLE, ARTIST},
    synth::RATE,
};
use gst::prelude::*;
use std::{fs, path::Path};

/// A file format with its encoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Flac16,
    Flac24,
    Mp3,
    Vorbis,
    Aac,
    Wav,
}

/// Frames per buffer that is pushed.
const BUFFER_FRAMES: usize = 16_384;

impl Format {
    pub fn extension(self) -> &'static str {
        match self {
            Self::Flac16 | Self::Flac24 => "flac",
            Self::Mp3 => "mp3",
            Self::Vorbis => "ogg",
            Self::Aac => "m4a",
            Self::Wav => "wav",
        }
    }

    /// Sample format that is encoded, and the chains that can do it, best first.
    fn chains(self) -> (&'static str, &'static [&'static [&'static str]]) {
        match self {
            Self::Flac16 => ("S16LE", &[&["flacenc"]]),
            Self::Flac24 => ("S24LE", &[&["flacenc"]]),
            Self::Mp3 => ("S16LE", &[&["lamemp3enc", "id3v2mux"]]),
            Self::Vorbis => ("F32LE", &[&["vorbisenc", "oggmux"]]),
            Self::Aac => (
                "{ F32LE, S16LE }",
                &[
                    &["fdkaacenc", "mp4mux"],
                    &["avenc_aac", "mp4mux"],
                    &["voaacenc", "mp4mux"],
                ],
            ),
            Self::Wav => ("S16LE", &[&["wavenc"]]),
        }
    }

    fn chain(self) -> Option<&'static [&'static str]> {
        let has = |name: &&str| gst::ElementFactory::find(name).is_some();
        let (_, chains) = self.chains();
        chains.iter().copied().find(|chain| chain.iter().all(has))
    }
}

/// `wanted` if there is an encoder for it, or else the first lossless format there is one for.
pub fn available(wanted: Format) -> Result<Format, String> {
    [wanted, Format::Flac16, Format::Wav]
        .into_iter()
        .find(|format| format.chain().is_some())
        .ok_or_else(|| "no encoder: install GStreamer's good plugins (flacenc, wavenc)".into())
}

/// Encodes `sound` into `path`, which appears only when it is complete.
pub fn write(
    path: &Path,
    format: Format,
    sound: &Stereo,
    number: u32,
    title: &str,
) -> Result<(), String> {
    let partial = path.with_extension("partial");
    encode(&partial, format, sound, &tags(number, title))
        .and_then(|()| fs::rename(&partial, path).map_err(|e| e.to_string()))
        .map_err(|e| {
            // The error that counts is the one that is returned.
            let _ = fs::remove_file(&partial);
            format!("{}: {e}", path.display())
        })
}

fn tags(number: u32, title: &str) -> gst::TagList {
    let mut tags = gst::TagList::new();
    let list = tags.make_mut();
    let mode = gst::TagMergeMode::Replace;
    list.add::<gst::tags::Title>(&title, mode);
    list.add::<gst::tags::Artist>(&ARTIST, mode);
    list.add::<gst::tags::Album>(&ALBUM_TITLE, mode);
    list.add::<gst::tags::TrackNumber>(&number, mode);
    list.add::<gst::tags::TrackCount>(&(ALBUM.len() as u32), mode);
    tags
}

fn encode(path: &Path, format: Format, sound: &Stereo, tags: &gst::TagList) -> Result<(), String> {
    let (sample_format, _) = format.chains();
    let chain = format.chain().ok_or("the encoder is gone")?;
    let description = format!(
        "appsrc name=source format=time ! audioconvert dithering=none \
         ! capsfilter caps=\"audio/x-raw, format={sample_format}\" ! {} ! filesink name=sink",
        chain.join(" ! ")
    );
    let pipeline = gst::parse::launch(&description)
        .ok()
        .and_then(|p| p.downcast::<gst::Pipeline>().ok())
        .ok_or("the encoder's pipeline cannot be built")?;
    let element = |name| {
        pipeline
            .by_name(name)
            .ok_or("the encoder's pipeline is incomplete")
    };
    let source = element("source")?;
    let caps = gst_audio::AudioInfo::builder(gst_audio::AudioFormat::F32le, RATE as u32, 2)
        .build()
        .and_then(|info| info.to_caps())
        .map_err(|e| e.to_string())?;
    source.set_property("caps", caps);
    element("sink")?.set_property("location", path);
    for setter in pipeline
        .iterate_all_by_interface(gst::TagSetter::static_type())
        .into_iter()
        .flatten()
    {
        if let Some(setter) = setter.dynamic_cast_ref::<gst::TagSetter>() {
            setter.merge_tags(tags, gst::TagMergeMode::Replace);
        }
    }
    let result = run(&pipeline, &source, sound);
    // A pipeline that failed has said why; stopping it adds nothing.
    let _ = pipeline.set_state(gst::State::Null);
    result
}

fn run(pipeline: &gst::Pipeline, source: &gst::Element, sound: &Stereo) -> Result<(), String> {
    let bus = pipeline.bus().ok_or("the pipeline has no bus")?;
    pipeline
        .set_state(gst::State::Playing)
        .map_err(|e| e.to_string())?;
    for at in (0..sound.frames()).step_by(BUFFER_FRAMES) {
        let flow: gst::FlowReturn = source.emit_by_name("push-buffer", &[&buffer(sound, at)]);
        if flow != gst::FlowReturn::Ok {
            break; // The bus says why.
        }
    }
    // Refused only after an error, and the bus has that too.
    let _: gst::FlowReturn = source.emit_by_name("end-of-stream", &[]);
    let ends = [gst::MessageType::Eos, gst::MessageType::Error];
    match bus.timed_pop_filtered(gst::ClockTime::from_seconds(60), &ends) {
        Some(message) => match message.view() {
            gst::MessageView::Error(error) => Err(error.error().to_string()),
            _ => Ok(()),
        },
        None => Err("the encoder did not finish within a minute".into()),
    }
}

/// The frames from `at` on, interleaved and stamped.
fn buffer(sound: &Stereo, at: usize) -> gst::Buffer {
    let end = sound.frames().min(at + BUFFER_FRAMES);
    let samples = sound.left[at..end].iter().zip(&sound.right[at..end]);
    let bytes: Vec<u8> = samples
        .flat_map(|(l, r)| [l.to_le_bytes(), r.to_le_bytes()])
        .flatten()
        .collect();
    let time = |frame: usize| {
        gst::ClockTime::from_nseconds((frame as u128 * 1_000_000_000 / RATE as u128) as u64)
    };
    let mut buffer = gst::Buffer::from_mut_slice(bytes);
    if let Some(buffer) = buffer.get_mut() {
        buffer.set_pts(time(at));
        buffer.set_duration(time(end) - time(at));
    }
    buffer
}
