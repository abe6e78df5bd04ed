// SPDX-License-Identifier: MPL-2.0
//! An element between two pads, with a bus of its own; audio to push through it, and what comes out.
use gst::prelude::*;
use gst_audio::{AudioFormat, AudioInfo};
use gst_check::Harness;
use gst_video::{VideoFrameExt, VideoFrameRef, VideoInfo};
use gstspectrogram::Spectrogram;
use std::f64::consts::TAU;

pub const RATE: u32 = 48_000;
/// Every colour is another, as the frames are compared by them.
pub const INDEXED: &str = "video/x-raw,format=RGB8P";

pub struct Rig {
    pub harness: Harness,
    pub element: gst::Element,
    bus: gst::Bus,
}

impl Rig {
    /// `spectrogram` with properties, in front of what takes `caps` only.
    pub fn new(properties: &[(&str, &str)], caps: &str) -> Self {
        gst::init().unwrap();
        let element: gst::Element = Spectrogram::new().upcast();
        for (name, value) in properties {
            element.set_property_from_str(name, value);
        }
        let bus = gst::Bus::new();
        element.set_bus(Some(&bus));
        let mut harness = Harness::with_element(&element, Some("sink"), Some("src"));
        harness.set_sink_caps_str(caps);
        harness.play();
        Rig {
            harness,
            element,
            bus,
        }
    }

    /// Nothing but the spectrogram.
    pub fn bare(mode: &str, size: (i32, i32), more: &[(&str, &str)]) -> Self {
        let mut properties = vec![("mode", mode), ("axes", "false"), ("colour-bar", "false")];
        properties.extend(more);
        let (width, height) = size;
        Rig::new(
            &properties,
            &format!("{INDEXED},width={width},height={height}"),
        )
    }

    /// Begins a stream, with a segment that shows everything.
    pub fn start(&mut self, info: &AudioInfo) {
        self.send(gst::event::StreamStart::new("track"));
        self.send(gst::event::Caps::new(&info.to_caps().unwrap()));
        self.send(gst::event::Segment::new(&gst::FormattedSegment::<
            gst::ClockTime,
        >::new()));
    }

    pub fn send(&mut self, event: gst::Event) {
        assert!(self.harness.push_event(event));
    }

    /// Pushes samples of f32 that begin at frame `at`.
    pub fn push(&mut self, samples: &[f32], channels: u32, at: u64) {
        for (index, part) in samples.chunks(1024 * channels as usize).enumerate() {
            let bytes: Vec<u8> = part
                .iter()
                .flat_map(|sample| sample.to_ne_bytes())
                .collect();
            let mut buffer = gst::Buffer::from_mut_slice(bytes);
            let pts = time(at + 1024 * index as u64, RATE);
            buffer.get_mut().unwrap().set_pts(pts);
            self.harness.push(buffer).unwrap();
        }
    }

    /// A whole stream of f32.
    pub fn run(&mut self, samples: &[f32], channels: u32) -> Vec<Frame> {
        self.start(&floats(channels));
        self.push(samples, channels, 0);
        self.send(gst::event::Eos::new());
        self.frames()
    }

    /// The frames that have come out.
    pub fn frames(&mut self) -> Vec<Frame> {
        let buffers: Vec<_> = std::iter::from_fn(|| self.harness.try_pull()).collect();
        let pad = self.element.static_pad("src").unwrap();
        let caps = pad.current_caps();
        buffers
            .into_iter()
            .map(|buffer| Frame::of(&buffer, caps.as_ref().unwrap()))
            .collect()
    }

    pub fn messages(&self, kind: gst::MessageType) -> Vec<gst::Message> {
        let all = std::iter::from_fn(|| self.bus.pop());
        all.filter(|message| message.type_() == kind).collect()
    }
}

/// A frame as bytes per pixel.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    pub pts: Option<gst::ClockTime>,
    pub duration: Option<gst::ClockTime>,
    pub width: usize,
    pub height: usize,
    pub bytes: Vec<Vec<u8>>,
    /// The second plane.
    pub palette: Vec<u8>,
}

impl Frame {
    fn of(buffer: &gst::Buffer, caps: &gst::Caps) -> Self {
        let info = VideoInfo::from_caps(caps).unwrap();
        let frame = VideoFrameRef::from_buffer_ref_readable(buffer, &info).unwrap();
        let (width, height) = (info.width() as usize, info.height() as usize);
        let pixel = info.comp_pstride(0) as usize;
        let stride = frame.plane_stride()[0] as usize;
        let rows = frame.plane_data(0).unwrap().chunks(stride).take(height);
        let palette = if frame.n_planes() > 1 {
            frame.plane_data(1).unwrap()
        } else {
            &[]
        };
        Frame {
            pts: buffer.pts(),
            duration: buffer.duration(),
            width,
            height,
            bytes: rows.map(|row| row[..width * pixel].to_vec()).collect(),
            palette: palette.to_vec(),
        }
    }

    /// A column of one byte per pixel, from the top.
    pub fn column(&self, x: usize) -> Vec<u8> {
        self.bytes.iter().map(|row| row[x]).collect()
    }
}

/// The middle of the brightest part.
pub fn brightest(line: &[u8]) -> f64 {
    let most = line.iter().copied().max().unwrap();
    let first = line.iter().position(|pixel| *pixel == most).unwrap();
    let last = line.iter().rposition(|pixel| *pixel == most).unwrap();
    (first + last) as f64 / 2.0 + 0.5
}

pub fn info(format: AudioFormat, rate: u32, channels: u32) -> AudioInfo {
    let info = AudioInfo::builder(format, rate, channels);
    if channels > 8 {
        return info
            .flags(gst_audio::AudioFlags::UNPOSITIONED)
            .build()
            .unwrap();
    }
    info.build().unwrap()
}

pub fn floats(channels: u32) -> AudioInfo {
    info(gst_audio::AUDIO_FORMAT_F32, RATE, channels)
}

pub fn time(frame: u64, rate: u32) -> gst::ClockTime {
    gst::ClockTime::from_nseconds((u128::from(frame) * 1_000_000_000 / u128::from(rate)) as u64)
}

pub fn sine(frequency: f64, amplitude: f64, frames: usize) -> Vec<f32> {
    let step = TAU * frequency / f64::from(RATE);
    (0..frames)
        .map(|n| (amplitude * (step * n as f64).sin()) as f32)
        .collect()
}

/// Where a frequency lies on an axis from 20 Hz, or 0, to half the rate.
pub fn share(scale: &str, frequency: f64) -> f64 {
    let nyquist = f64::from(RATE) / 2.0;
    let mel = |f: f64| (1.0 + f / 700.0).ln();
    match scale {
        "log" => (frequency / 20.0).ln() / (nyquist / 20.0).ln(),
        "mel" => mel(frequency) / mel(nyquist),
        _ => frequency / nyquist,
    }
}
