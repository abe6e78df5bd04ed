// SPDX-License-Identifier: MPL-2.0
//! The element between two pads, with a bus of its own; and sounds to push through it.
use gst::prelude::*;
use gst_audio::{AudioFormat, AudioInfo};
use gst_check::Harness;
use gstdrmeter::DrMeter;

/// A rate at which a block of `foobar` has 3004 frames: many blocks, little data.
pub const RATE: u32 = 1000;
pub const BLOCK: usize = 3004;

/// The element under test.
pub struct Rig {
    pub harness: Harness,
    pub element: DrMeter,
    bus: gst::Bus,
}

impl Rig {
    pub fn new() -> Self {
        Self::with(|_| ())
    }

    /// With properties set before the element starts.
    pub fn with(set: impl FnOnce(&DrMeter)) -> Self {
        gst::init().unwrap();
        let element = DrMeter::new();
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
        self.send(gst::event::Segment::new(&segment()));
    }

    pub fn send(&mut self, event: gst::Event) {
        assert!(self.harness.push_event(event));
    }

    /// Pushes a buffer, and takes it out again: it is the same one.
    pub fn push(&mut self, buffer: gst::Buffer) {
        let pushed = buffer.as_ptr();
        self.harness.push(buffer).unwrap();
        assert_eq!(self.harness.pull().unwrap().as_ptr(), pushed);
    }

    /// As [`Rig::push`], of a buffer that the segment may cut or drop.
    pub fn offer(&mut self, buffer: gst::Buffer) {
        self.harness.push(buffer).unwrap();
        while self.harness.try_pull().is_some() {}
    }

    /// Pushes a sound in buffers of the given numbers of frames, over and over; its first frame is
    /// the stream's frame number `first`.
    pub fn play(&mut self, sound: &Sound, first: usize, cuts: &[usize]) {
        let mut at = 0;
        for cut in cuts.iter().cycle() {
            if at >= sound.frames() {
                return;
            }
            let to = (at + cut).min(sound.frames());
            self.push(sound.buffer(at..to, first + at));
            at = to;
        }
    }

    pub fn eos(&mut self) {
        self.send(gst::event::Eos::new());
    }

    /// Results, warnings and errors on the bus.
    pub fn messages(&self) -> Vec<gst::Message> {
        use gst::MessageType as Type;
        let all = std::iter::from_fn(|| self.bus.pop());
        all.filter(|m| [Type::Element, Type::Warning, Type::Error].contains(&m.type_()))
            .collect()
    }

    /// The results on the bus.
    pub fn results(&self) -> Vec<gst::Structure> {
        self.messages().iter().filter_map(result_of).collect()
    }

    /// The only result on the bus.
    pub fn result(&self) -> gst::Structure {
        let [result] = <[_; 1]>::try_from(self.results()).expect("one result");
        result
    }

    pub fn last_result(&self) -> Option<gst::Structure> {
        self.element.property("last-result")
    }

    /// The TAG events that came out.
    pub fn tags(&mut self) -> Vec<gst::TagList> {
        std::iter::from_fn(|| self.harness.try_pull_event())
            .filter_map(|event| match event.view() {
                gst::EventView::Tag(tag) => Some(tag.tag_owned()),
                _ => None,
            })
            .collect()
    }
}

/// The result that a message carries.
pub fn result_of(message: &gst::Message) -> Option<gst::Structure> {
    let structure = message.structure().filter(|s| s.name() == "drmeter")?;
    Some(structure.to_owned())
}

/// The result of one sound, pushed in buffers of 1000 frames.
pub fn measure(sound: &Sound, set: impl FnOnce(&DrMeter)) -> gst::Structure {
    let mut rig = Rig::with(set);
    rig.start(&sound.info);
    rig.play(sound, 0, &[1000]);
    rig.eos();
    rig.result()
}

/// A segment in time that shows everything.
pub fn segment() -> gst::FormattedSegment<gst::ClockTime> {
    gst::FormattedSegment::new()
}

/// Interleaved samples.
#[derive(Clone)]
pub struct Sound {
    pub info: AudioInfo,
    pub bytes: Vec<u8>,
}

impl Sound {
    /// Samples between −1 and 1, encoded.
    pub fn new(format: AudioFormat, rate: u32, channels: u32, samples: &[f64]) -> Self {
        gst::init().unwrap();
        Sound {
            info: AudioInfo::builder(format, rate, channels).build().unwrap(),
            bytes: samples.iter().flat_map(|&x| encode(format, x)).collect(),
        }
    }

    /// F32 at [`RATE`].
    pub fn floats(channels: u32, samples: &[f64]) -> Self {
        Self::new(gst_audio::AUDIO_FORMAT_F32, RATE, channels, samples)
    }

    /// Stereo music of so many frames at [`RATE`].
    pub fn music(seed: u64, frames: usize) -> Self {
        Self::floats(2, &music(seed, 2 * frames))
    }

    pub fn frames(&self) -> usize {
        self.bytes.len() / self.info.bpf() as usize
    }

    /// Some of its frames, the first of which is the stream's frame number `first`.
    pub fn buffer(&self, frames: std::ops::Range<usize>, first: usize) -> gst::Buffer {
        let bpf = self.info.bpf() as usize;
        let bytes = self.bytes[frames.start * bpf..frames.end * bpf].to_vec();
        let buffer = gst::Buffer::from_mut_slice(bytes);
        at(buffer, first, frames.len(), self.info.rate())
    }

    pub fn then(&self, next: &Sound) -> Sound {
        let bytes = [self.bytes.as_slice(), &next.bytes].concat();
        Sound {
            info: self.info.clone(),
            bytes,
        }
    }

    pub fn silence(&self, frames: usize) -> Sound {
        Sound {
            info: self.info.clone(),
            bytes: vec![0; frames * self.info.bpf() as usize],
        }
    }
}

/// The time of a frame, rounded down as GStreamer does.
pub fn time_of(frame: usize, rate: u32) -> gst::ClockTime {
    let ns = frame as u128 * 1_000_000_000 / u128::from(rate);
    gst::ClockTime::from_nseconds(ns as u64)
}

/// The buffer with the times of `frames` frames from the stream's frame number `first` on.
pub fn at(mut buffer: gst::Buffer, first: usize, frames: usize, rate: u32) -> gst::Buffer {
    let start = time_of(first, rate);
    let writable = buffer.make_mut();
    writable.set_pts(start);
    writable.set_duration(time_of(first + frames, rate) - start);
    buffer
}

/// Noise whose level changes every 700 samples: peaks below 0.9, some dB of dynamic range.
pub fn music(seed: u64, samples: usize) -> Vec<f64> {
    let mut state = seed.wrapping_mul(2).wrapping_add(1);
    (0..samples)
        .map(|i| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let unit = (state >> 11) as f64 / (1u64 << 52) as f64 - 1.0;
            let level = 0.05 + 0.085 * ((i / 700 * 7 + seed as usize) % 10) as f64;
            unit * level
        })
        .collect()
}

fn encode(format: AudioFormat, x: f64) -> Vec<u8> {
    let int = |bits: u32| (x * f64::from(1u32 << (bits - 1))).round() as i32;
    match format {
        gst_audio::AUDIO_FORMAT_S16 => (int(16) as i16).to_ne_bytes().to_vec(),
        gst_audio::AUDIO_FORMAT_S24 if cfg!(target_endian = "little") => {
            int(24).to_ne_bytes()[..3].to_vec()
        }
        gst_audio::AUDIO_FORMAT_S24 => int(24).to_ne_bytes()[1..].to_vec(),
        gst_audio::AUDIO_FORMAT_S2432 => int(24).to_ne_bytes().to_vec(),
        gst_audio::AUDIO_FORMAT_S32 => int(32).to_ne_bytes().to_vec(),
        gst_audio::AUDIO_FORMAT_F32 => (x as f32).to_ne_bytes().to_vec(),
        gst_audio::AUDIO_FORMAT_F64 => x.to_ne_bytes().to_vec(),
        other => panic!("{other} is not measured"),
    }
}

/// A field that every result of the test has.
pub fn field<T: for<'a> gst::glib::value::FromValue<'a>>(s: &gst::StructureRef, name: &str) -> T {
    let value = s.value(name).unwrap_or_else(|_| panic!("no {name} in {s}"));
    value
        .get()
        .unwrap_or_else(|_| panic!("{name} is a {}", value.type_()))
}

/// The doubles in an array.
pub fn doubles(s: &gst::StructureRef, name: &str) -> Vec<f64> {
    let array: gst::Array = field(s, name);
    array.iter().map(|value| value.get().unwrap()).collect()
}

/// The times in an array.
pub fn times(s: &gst::StructureRef, name: &str) -> Vec<u64> {
    let array: gst::Array = field(s, name);
    array.iter().map(|value| value.get().unwrap()).collect()
}

/// Every field to the last bit, so that NaN equals NaN and 0 differs from −0.
pub fn fields(s: &gst::StructureRef) -> Vec<(String, String)> {
    fn text(value: &gst::glib::Value) -> String {
        if let Ok(x) = value.get::<f64>() {
            format!("{:016x}", x.to_bits())
        } else if let Ok(array) = value.get::<gst::Array>() {
            array.iter().map(|v| text(v) + ",").collect()
        } else {
            format!("{value:?}")
        }
    }
    s.iter()
        .map(|(name, value)| (name.to_string(), text(value)))
        .collect()
}

/// As [`fields`], without those that say why and when.
pub fn values(s: &gst::StructureRef) -> Vec<(String, String)> {
    let mut all = fields(s);
    all.retain(|(name, _)| !name.contains("time") && !["reason", "final"].contains(&name.as_str()));
    all
}
