// SPDX-License-Identifier: MPL-2.0
//! An element between two pads, with a bus of its own; and audio to push through it.
use gst::prelude::*;
use gst_audio::{AudioFormat, AudioInfo};
use gst_check::Harness;
use std::ops::Range;

pub const RATE: u32 = 48_000;

pub struct Rig {
    pub harness: Harness,
    pub element: gst::Element,
    bus: gst::Bus,
}

impl Rig {
    /// `paraeq` with properties set before it starts.
    pub fn with(set: impl FnOnce(&gst::Element)) -> Self {
        gst::init().unwrap();
        Self::around(gstparaeq::ParaEq::new().upcast(), set)
    }

    /// Any element.
    pub fn around(element: gst::Element, set: impl FnOnce(&gst::Element)) -> Self {
        set(&element);
        let bus = gst::Bus::new();
        element.set_bus(Some(&bus));
        let mut harness = Harness::with_element(&element, Some("sink"), Some("src"));
        harness.play();
        Rig {
            harness,
            element,
            bus,
        }
    }

    /// Begins a stream, with a segment that shows everything.
    pub fn start(&mut self, info: &AudioInfo) {
        self.send(gst::event::StreamStart::new("track"));
        self.send(gst::event::Caps::new(&info.to_caps().unwrap()));
        let segment = gst::FormattedSegment::<gst::ClockTime>::new();
        self.send(gst::event::Segment::new(&segment));
    }

    pub fn send(&mut self, event: gst::Event) {
        assert!(self.harness.push_event(event));
    }

    /// Pushes a buffer, and takes out the one that it became: of the same size and time.
    pub fn push(&mut self, buffer: gst::Buffer) -> gst::Buffer {
        let (size, pts) = (buffer.size(), buffer.pts());
        self.harness.push(buffer).unwrap();
        let out = self.harness.pull().unwrap();
        assert_eq!((out.size(), out.pts()), (size, pts));
        assert!(self.harness.try_pull().is_none(), "one in, one out");
        out
    }

    /// Pushes audio in buffers of the given numbers of frames, over and over; what comes out.
    pub fn play(&mut self, audio: &Audio, cuts: &[usize]) -> Vec<u8> {
        let (mut at, mut out) = (0, Vec::new());
        for cut in cuts.iter().cycle() {
            let to = (at + cut).min(audio.frames());
            if to == at {
                return out;
            }
            out.extend(bytes(&self.push(audio.buffer(at..to))));
            at = to;
        }
        out
    }

    /// Pushes all, with no expectation, and an end; what came out.
    pub fn run(&mut self, audio: &Audio, cut: usize) -> Vec<gst::Buffer> {
        for at in (0..audio.frames()).step_by(cut) {
            let to = (at + cut).min(audio.frames());
            self.harness.push(audio.buffer(at..to)).unwrap();
        }
        self.send(gst::event::Eos::new());
        std::iter::from_fn(|| self.harness.try_pull()).collect()
    }

    pub fn messages(&self, kind: gst::MessageType) -> Vec<gst::Message> {
        let all = std::iter::from_fn(|| self.bus.pop());
        all.filter(|message| message.type_() == kind).collect()
    }

    /// The texts of warnings on the bus.
    pub fn warnings(&self) -> Vec<String> {
        let warnings = self.messages(gst::MessageType::Warning);
        warnings.iter().map(text).collect()
    }

    /// Waits for a warning, for ten seconds at most.
    pub fn warning(&self) -> String {
        let patience = gst::ClockTime::from_seconds(10);
        let wanted = [gst::MessageType::Warning];
        let message = self.bus.timed_pop_filtered(patience, &wanted);
        text(&message.expect("a warning"))
    }

    pub fn band(&self, index: u32) -> gst::glib::Object {
        child(&self.element, index)
    }
}

/// What a warning or an error says.
pub fn text(message: &gst::Message) -> String {
    match message.view() {
        gst::MessageView::Warning(warning) => warning.error().message().to_owned(),
        gst::MessageView::Error(error) => error.error().message().to_owned(),
        other => panic!("{other:?} says nothing"),
    }
}

pub fn child(element: &gst::Element, index: u32) -> gst::glib::Object {
    let proxy = element.dynamic_cast_ref::<gst::ChildProxy>().unwrap();
    proxy.child_by_index(index).unwrap()
}

/// Sets a property of a band by text.
pub fn set(element: &gst::Element, name: &str, value: &str) {
    let (index, property) = name.strip_prefix("band").unwrap().split_once("::").unwrap();
    child(element, index.parse().unwrap()).set_property_from_str(property, value);
}

pub fn bytes(buffer: &gst::Buffer) -> Vec<u8> {
    buffer.map_readable().unwrap().to_vec()
}

/// Interleaved audio whose first frame is at time 0.
#[derive(Clone)]
pub struct Audio {
    pub info: AudioInfo,
    pub bytes: Vec<u8>,
}

impl Audio {
    /// Samples between −1 and 1, encoded.
    pub fn new(format: AudioFormat, rate: u32, channels: u32, samples: &[f64]) -> Self {
        gst::init().unwrap();
        Audio {
            info: AudioInfo::builder(format, rate, channels).build().unwrap(),
            bytes: samples.iter().flat_map(|&x| encode(format, x)).collect(),
        }
    }

    /// Noise in F64 at [`RATE`].
    pub fn noise(channels: u32, frames: usize) -> Self {
        let samples = noise(frames * channels as usize);
        Self::new(gst_audio::AUDIO_FORMAT_F64, RATE, channels, &samples)
    }

    /// A single 1 in F64 at [`RATE`], then silence.
    pub fn impulse(channels: u32, frames: usize) -> Self {
        let mut samples = vec![0.0; frames * channels as usize];
        samples[..channels as usize].fill(1.0);
        Self::new(gst_audio::AUDIO_FORMAT_F64, RATE, channels, &samples)
    }

    pub fn frames(&self) -> usize {
        self.bytes.len() / self.info.bpf() as usize
    }

    pub fn buffer(&self, frames: Range<usize>) -> gst::Buffer {
        let bpf = self.info.bpf() as usize;
        let bytes = self.bytes[frames.start * bpf..frames.end * bpf].to_vec();
        let mut buffer = gst::Buffer::from_mut_slice(bytes);
        let (from, to) = (self.time(frames.start), self.time(frames.end));
        let made = buffer.make_mut();
        made.set_pts(from);
        made.set_duration(to - from);
        buffer
    }

    /// Of a frame, rounded down as GStreamer does.
    pub fn time(&self, frame: usize) -> gst::ClockTime {
        let rate = u128::from(self.info.rate());
        gst::ClockTime::from_nseconds((frame as u128 * 1_000_000_000 / rate) as u64)
    }
}

pub fn noise(samples: usize) -> Vec<f64> {
    let mut state = 1u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005);
        state = state.wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 53) as f64 - 0.5
    };
    (0..samples).map(|_| next()).collect()
}

/// F64 samples.
pub fn doubles(bytes: &[u8]) -> Vec<f64> {
    let (samples, _) = bytes.as_chunks::<8>();
    samples.iter().map(|s| f64::from_ne_bytes(*s)).collect()
}

/// Gain in dB of an impulse response at a frequency in Hz.
pub fn gain_at(impulse: &[f64], hz: f64) -> f64 {
    let w = std::f64::consts::TAU * hz / f64::from(RATE);
    let (mut re, mut im) = (0.0, 0.0);
    for (n, x) in impulse.iter().enumerate() {
        let (sin, cos) = (w * n as f64).sin_cos();
        re += x * cos;
        im -= x * sin;
    }
    20.0 * f64::hypot(re, im).log10()
}

fn encode(format: AudioFormat, x: f64) -> Vec<u8> {
    match format {
        gst_audio::AUDIO_FORMAT_S16 => ((x * 32767.0) as i16).to_ne_bytes().to_vec(),
        gst_audio::AUDIO_FORMAT_S32 => ((x * 2_147_483_647.0) as i32).to_ne_bytes().to_vec(),
        gst_audio::AUDIO_FORMAT_F32 => (x as f32).to_ne_bytes().to_vec(),
        gst_audio::AUDIO_FORMAT_F64 => x.to_ne_bytes().to_vec(),
        other => panic!("{other} is not equalised"),
    }
}

pub const FORMATS: [AudioFormat; 4] = [
    gst_audio::AUDIO_FORMAT_S16,
    gst_audio::AUDIO_FORMAT_S32,
    gst_audio::AUDIO_FORMAT_F32,
    gst_audio::AUDIO_FORMAT_F64,
];
