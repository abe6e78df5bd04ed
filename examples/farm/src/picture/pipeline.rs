// SPDX-License-Identifier: MPL-2.0
//! One pipeline from an input to its picture.
use crate::cli::{ChannelsArg, PaletteArg, PictureArgs, PoolingArg, ScaleArg};
use crate::engine::chosen::Chosen;
use crate::engine::pipeline::{self, Decode, Running, make};
use crate::engine::source::Decoded;
use crate::engine::watchdog::Watchdog;
use crate::engine::{Failure, Kind, Plan};
use crate::integrity::Facts;
use crate::render::intake;
use auris_support::result_sink::lock;
use gst::prelude::*;
use gst_video::{VideoFrameExt, VideoFrameRef, VideoInfo};
use gstspectrogram::Spectrogram;
use std::sync::{Arc, Mutex};

/// Warnings of GStreamer that are kept per input.
const MAX_WARNINGS: usize = 8;

/// One run.
pub struct Job<'a> {
    /// What to decode.
    pub decode: Decode<'a>,
    /// What it says of itself.
    pub facts: Option<&'a Facts>,
    /// What the picture is to look like.
    pub args: &'a PictureArgs,
    /// Its title where tags say nothing.
    pub name: String,
}

/// What was drawn.
pub struct Seen {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// Indices into the palette, row by row.
    pub pixels: Vec<u8>,
    /// Red, green, blue of 256 colours.
    pub palette: Vec<u8>,
    /// The text above it.
    pub title: String,
    /// Frames of audio.
    pub frames: u64,
    /// Format of the decoded audio.
    pub info: gst_audio::AudioInfo,
    /// What elements warned of.
    pub warnings: Vec<String>,
}

/// Runs a job to its end.
///
/// # Errors
/// Why there is no picture.
pub fn run(job: &Job<'_>) -> Result<Seen, Failure> {
    let mut elements = pipeline::decoder(&job.decode)?;
    if planar(job.decode.plan) {
        elements.push(make("audioconvert")?);
    }
    let spectrogram = spectrogram(job);
    let sink = spectrogram.static_pad("sink");
    let sink = sink.ok_or_else(|| Failure::internal("spectrogram has no sink"))?;
    if !job.args.no_title {
        follow_tags(&sink, &spectrogram);
    }
    let taken = intake::watch(&sink);
    let mut watchdog = Watchdog::new(Some(sink), job.decode.stall);
    let filter = make("capsfilter")?;
    let caps = gst_video::VideoCapsBuilder::new()
        .format(gst_video::VideoFormat::Rgb8p)
        .width(job.args.size.width as i32)
        .height(job.args.size.height as i32)
        .build();
    filter.set_property("caps", caps);
    let end = make("fakesink")?;
    end.set_property("sync", false);
    end.set_property("async", false);
    end.set_property("enable-last-sample", false);
    let frame = catch(&end)?;
    elements.extend([spectrogram.clone().upcast(), filter, end]);
    let running = Running::new(&elements)?;
    running.start(gst::State::Playing)?;
    let mut warnings = Vec::new();
    let listened = running.listen(job.decode.limits, &mut watchdog, |message| {
        match message.view() {
            gst::MessageView::Eos(_) => return Ok(true),
            gst::MessageView::Warning(warning) if warnings.len() < MAX_WARNINGS => {
                let text = pipeline::sentence(&warning.error(), warning.debug().as_deref());
                if !warnings.contains(&text) {
                    warnings.push(text);
                }
            }
            _ => {}
        }
        Ok(false)
    });
    let mut taken = lock(&taken);
    if taken.changed {
        return Err(Failure::new(
            Kind::Damaged,
            "rate, channels or sample format change in the middle: it is no single track",
        ));
    }
    let empty = || Failure::new(Kind::Undecodable, "it holds no audio that can be decoded");
    if taken.frames == 0 && taken.info.is_some() {
        return Err(Failure::new(Kind::Undecodable, "it holds no samples"));
    }
    listened?;
    let info = taken.info.take().ok_or_else(empty)?;
    let decoded = Decoded {
        info: &info,
        frames: Some(taken.frames),
        declared: match job.decode.plan {
            Plan::Chain(_) => None,
            Plan::Auto => Chosen::of(&running.0).duration,
        },
    };
    decoded.check(job.facts)?;
    let (buffer, caps) = lock(&frame).take().ok_or_else(empty)?;
    let (pixels, palette) = unpack(&buffer, &caps).map_err(Failure::internal)?;
    Ok(Seen {
        width: job.args.size.width,
        height: job.args.size.height,
        pixels,
        palette,
        title: spectrogram
            .property::<Option<String>>("title")
            .unwrap_or_default(),
        frames: taken.frames,
        info,
        warnings,
    })
}

/// libav's decoders give one channel after the other.
fn planar(plan: &Plan) -> bool {
    match plan {
        Plan::Chain(chain) => chain
            .decoder
            .is_some_and(|decoder| decoder.starts_with("avdec")),
        // Its own audioconvert is there already.
        Plan::Auto => false,
    }
}

fn spectrogram(job: &Job<'_>) -> Spectrogram {
    let args = job.args;
    let element = Spectrogram::new();
    let set = |name: &str, word: &str| element.set_property_from_str(name, word);
    set("mode", "whole");
    set(
        "palette",
        match args.palette {
            PaletteArg::Dusk => "dusk",
            PaletteArg::Grey => "grey",
            PaletteArg::Heat => "heat",
            PaletteArg::Ocean => "ocean",
            PaletteArg::Safe => "safe",
            PaletteArg::Paper => "paper",
        },
    );
    set(
        "frequency-scale",
        match args.scale {
            ScaleArg::Log => "log",
            ScaleArg::Mel => "mel",
            ScaleArg::Linear => "linear",
        },
    );
    set(
        "channels",
        match args.channels {
            ChannelsArg::Mixed => "mixed",
            ChannelsArg::Stacked => "stacked",
        },
    );
    set(
        "pooling",
        match args.pooling {
            PoolingArg::Mean => "mean",
            PoolingArg::Peak => "peak",
        },
    );
    for (name, frequency) in [
        ("min-frequency", args.min_frequency),
        ("max-frequency", args.max_frequency),
    ] {
        if let Some(frequency) = frequency {
            element.set_property(name, frequency.0);
        }
    }
    element.set_property("range", f64::from(args.range));
    element.set_property("gain", f64::from(args.gain));
    element.set_property("fft-size", args.fft_size.unwrap_or(0));
    element.set_property("axes", !args.no_axes);
    element.set_property("colour-bar", !args.no_colour_bar);
    element.set_property("title", if args.no_title { "" } else { &job.name });
    element
}

/// Has the tags' title in place of the file's name.
fn follow_tags(pad: &gst::Pad, spectrogram: &Spectrogram) {
    let weak = spectrogram.downgrade();
    let tags = Mutex::new(gst::TagList::new());
    pad.add_probe(gst::PadProbeType::EVENT_DOWNSTREAM, move |_, info| {
        if let Some(gst::EventView::Tag(tag)) = info.event().map(|event| event.view())
            && let Some(spectrogram) = weak.upgrade()
        {
            let mut all = lock(&tags);
            *all = all.merge(tag.tag(), gst::TagMergeMode::Replace);
            let artist = all.get::<gst::tags::Artist>();
            if let Some(title) = all.get::<gst::tags::Title>() {
                let artist = artist.map(|artist| format!("{} – ", artist.get()));
                let text = artist.unwrap_or_default() + title.get();
                spectrogram.set_property("title", text);
            }
        }
        gst::PadProbeReturn::Ok
    });
}

type Frame = Arc<Mutex<Option<(gst::Buffer, gst::Caps)>>>;

/// Keeps the frame that comes to a sink.
fn catch(sink: &gst::Element) -> Result<Frame, Failure> {
    let frame = Frame::default();
    let kept = frame.clone();
    let pad = sink.static_pad("sink");
    let pad = pad.ok_or_else(|| Failure::internal("fakesink has no sink"))?;
    pad.add_probe(gst::PadProbeType::BUFFER, move |pad, info| {
        if let (Some(buffer), Some(caps)) = (info.buffer(), pad.current_caps()) {
            *lock(&kept) = Some((buffer.clone(), caps));
        }
        gst::PadProbeReturn::Ok
    });
    Ok(frame)
}

/// Indices and colours of a frame.
fn unpack(
    buffer: &gst::BufferRef,
    caps: &gst::CapsRef,
) -> Result<(Vec<u8>, Vec<u8>), gst::glib::BoolError> {
    let info = VideoInfo::from_caps(caps)?;
    let frame = VideoFrameRef::from_buffer_ref_readable(buffer, &info)?;
    let (width, height) = (info.width() as usize, info.height() as usize);
    let stride = frame.plane_stride()[0].unsigned_abs() as usize;
    let rows = frame.plane_data(0)?.chunks(stride).take(height);
    let pixels = rows.flat_map(|row| &row[..width]).copied().collect();
    let (colours, _) = frame.plane_data(1)?.as_chunks::<4>();
    let palette = colours.iter().flat_map(|colour| {
        let [_, r, g, b] = u32::from_ne_bytes(*colour).to_be_bytes();
        [r, g, b]
    });
    Ok((pixels, palette.collect()))
}
