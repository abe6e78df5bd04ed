// SPDX-License-Identifier: MPL-2.0
//! The element between two pads, with a bus of its own; the model; and what it makes of audio without
//! any element.
use crate::model::{self, Config, TINY, TINY_FUSED};
use auris_clap::{Engine, FrontEnd, Level, LogMel, Model, Padding, Precision, Workspace};
use gst::prelude::*;
use gst_audio::AudioInfo;
use gst_check::Harness;
use gstclapembed::ClapEmbed;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub const RATE: usize = 48_000;
/// Samples of the model's window.
pub const WINDOW: usize = 10 * RATE;

/// A file for this test, written whole or not at all: other processes write the same.
pub fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let path = folder.join(name);
    let mut temporary = tempfile::NamedTempFile::new_in(folder).unwrap();
    std::io::Write::write_all(&mut temporary, bytes).unwrap();
    temporary.persist(&path).unwrap();
    path
}

fn model_file(name: &str, config: &Config) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    match fs::exists(&path) {
        // One that stays: the others would open another model after every write.
        Ok(true) => path,
        _ => file(name, &model::model(config)),
    }
}

pub fn tiny() -> PathBuf {
    model_file("clapembed-tiny.safetensors", &TINY)
}

pub fn tiny_fused() -> PathBuf {
    model_file("clapembed-tiny-fused.safetensors", &TINY_FUSED)
}

/// What the engine makes of windows of mono audio at 48 kHz, each at most 10 s.
pub fn embed<'a>(windows: impl IntoIterator<Item = &'a [f32]>) -> Vec<Vec<f32>> {
    embed_with(&tiny(), Precision::F32, Padding::RepeatPad, windows)
}

pub fn embed_with<'a>(
    model: &Path,
    precision: Precision,
    padding: Padding,
    windows: impl IntoIterator<Item = &'a [f32]>,
) -> Vec<Vec<f32>> {
    let mut reference = Reference::new(model, precision);
    let windows = windows.into_iter();
    windows
        .map(|samples| reference.embed(samples, padding))
        .collect()
}

/// The engine without an element.
pub struct Reference {
    model: Model,
    front_end: FrontEnd,
    log_mel: LogMel,
    workspace: Workspace,
}

impl Reference {
    pub fn new(model: &Path, precision: Precision) -> Self {
        let file = fs::File::open(model).unwrap();
        let model = Model::read(file, precision, Level::best()).unwrap();
        Reference {
            front_end: FrontEnd::new(model.bank()),
            log_mel: LogMel::new(),
            workspace: model.workspace(),
            model,
        }
    }

    /// The embedding of mono audio at 48 kHz, at most 10 s.
    pub fn embed(&mut self, samples: &[f32], padding: Padding) -> Vec<f32> {
        let log_mel = &mut self.log_mel;
        self.front_end.compute(samples, padding, log_mel).unwrap();
        let embedding = self.model.embed(log_mel, &mut self.workspace);
        embedding.unwrap().to_vec()
    }
}

/// Keeps the model open, so that elements that come and go need not load it again.
pub fn keep_model() -> Arc<Engine> {
    Engine::open(tiny(), Precision::F32, None).unwrap()
}

/// The element under test.
pub struct Rig {
    pub harness: Harness,
    pub element: ClapEmbed,
    pub bus: gst::Bus,
}

impl Rig {
    pub fn new() -> Self {
        Self::with(|_| ())
    }

    /// With properties set before the element starts.
    pub fn with(set: impl FnOnce(&ClapEmbed)) -> Self {
        let (element, bus) = element(set);
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

    /// Pushes mono floats at 48 kHz in buffers of the given numbers of frames, over and over; the first
    /// is the stream's frame number `first`.
    pub fn play(&mut self, samples: &[f32], first: usize, cuts: &[usize]) {
        let mut at = 0;
        for cut in cuts.iter().cycle() {
            if at >= samples.len() {
                return;
            }
            let to = (at + cut).min(samples.len());
            self.push(buffer(&samples[at..to], first + at));
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

    /// The results on the bus, which has nothing else.
    pub fn results(&self) -> Vec<gst::Structure> {
        let messages = self.messages();
        let results = messages.iter().map(|m| {
            assert_eq!(m.type_(), gst::MessageType::Element, "{m:?}");
            m.structure().unwrap().to_owned()
        });
        results.collect()
    }

    pub fn last_result(&self) -> Option<gst::Structure> {
        self.element.property("last-result")
    }

    /// The events that came out.
    pub fn events(&mut self) -> Vec<gst::Event> {
        std::iter::from_fn(|| self.harness.try_pull_event()).collect()
    }
}

/// An element with the small model, and its bus.
pub fn element(set: impl FnOnce(&ClapEmbed)) -> (ClapEmbed, gst::Bus) {
    gst::init().unwrap();
    let element = ClapEmbed::new();
    element.set_property("model", tiny().to_str().unwrap());
    set(&element);
    let bus = gst::Bus::new();
    element.set_bus(Some(&bus));
    (element, bus)
}

/// The results of mono floats at 48 kHz, in buffers of half a second.
pub fn measure(samples: &[f32], set: impl FnOnce(&ClapEmbed)) -> Vec<gst::Structure> {
    let mut rig = Rig::with(set);
    rig.start(&mono());
    rig.play(samples, 0, &[24_000]);
    rig.eos();
    rig.results()
}

pub fn mono() -> AudioInfo {
    gst::init().unwrap();
    AudioInfo::builder(gst_audio::AUDIO_FORMAT_F32, RATE as u32, 1)
        .build()
        .unwrap()
}

/// A segment in time that shows everything.
pub fn segment() -> gst::FormattedSegment<gst::ClockTime> {
    gst::FormattedSegment::new()
}

/// Mono floats at 48 kHz from the stream's frame number `first` on.
pub fn buffer(samples: &[f32], first: usize) -> gst::Buffer {
    let bytes: Vec<u8> = samples.iter().flat_map(|x| x.to_ne_bytes()).collect();
    at(
        gst::Buffer::from_mut_slice(bytes),
        first,
        samples.len(),
        RATE,
    )
}

/// The buffer with the times of `frames` frames from the stream's frame number `first` on.
pub fn at(mut buffer: gst::Buffer, first: usize, frames: usize, rate: usize) -> gst::Buffer {
    let start = time_of(first, rate);
    let writable = buffer.make_mut();
    writable.set_pts(start);
    writable.set_duration(time_of(first + frames, rate) - start);
    buffer
}

/// The time of a frame, rounded down as GStreamer does.
pub fn time_of(frame: usize, rate: usize) -> gst::ClockTime {
    gst::ClockTime::from_nseconds((frame as u128 * 1_000_000_000 / rate as u128) as u64)
}

/// Noise whose level changes every 7000 samples.
pub fn music(seed: u64, samples: usize) -> Vec<f32> {
    let noise = model::numbers(seed).take(samples).enumerate();
    let level = |i: usize| 0.05 + 0.085 * ((i / 7000 * 7 + seed as usize) % 10) as f32;
    noise.map(|(i, x)| x * level(i)).collect()
}

/// A field that every result of the test has.
pub fn field<T: for<'a> gst::glib::value::FromValue<'a>>(s: &gst::StructureRef, name: &str) -> T {
    let value = s.value(name).unwrap_or_else(|_| panic!("no {name} in {s}"));
    value
        .get()
        .unwrap_or_else(|_| panic!("{name} is a {}", value.type_()))
}

pub fn text(s: &gst::StructureRef, name: &str) -> String {
    field(s, name)
}

/// The embedding of a result.
pub fn embedding(s: &gst::StructureRef) -> Vec<f32> {
    let bytes: gst::glib::Bytes = field(s, "embedding");
    let (numbers, rest) = bytes.as_chunks::<4>();
    assert!(rest.is_empty());
    numbers.iter().map(|&n| f32::from_le_bytes(n)).collect()
}

/// The embeddings of all windows among results.
pub fn windows(results: &[gst::Structure]) -> Vec<Vec<f32>> {
    let windows = results.iter().filter(|s| text(s, "kind") == "window");
    windows.map(|s| embedding(s)).collect()
}

/// The result of the stream, which comes last.
pub fn summary(results: &[gst::Structure]) -> &gst::Structure {
    let last = results.last().expect("there are results");
    assert_eq!(text(last, "kind"), "aggregate");
    last
}

pub fn cosine(a: &[f32], b: &[f32]) -> f64 {
    assert_eq!(a.len(), b.len());
    let terms = a.iter().zip(b);
    terms.map(|(x, y)| f64::from(*x) * f64::from(*y)).sum()
}
