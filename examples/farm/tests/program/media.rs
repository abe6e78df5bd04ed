// SPDX-License-Identifier: MPL-2.0
//! Media with real dynamics, made by GStreamer.
use gst::prelude::*;
use std::fs;
use std::path::{Path, PathBuf};

/// How a WAV file stores a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sample {
    U8,
    S16,
    S24,
    S32,
    F32,
    F64,
}

/// 24-bit samples, interleaved.
#[derive(Clone)]
pub struct Music {
    pub rate: u32,
    pub channels: u32,
    pub samples: Vec<i32>,
}

impl Music {
    /// Two tones and noise, whose level steps every two seconds and goes up to full scale.
    pub fn new(rate: u32, channels: u32, frames: u64, seed: u64) -> Self {
        let mut random = Random(seed);
        let mut samples = Vec::with_capacity((frames * u64::from(channels)) as usize);
        for frame in 0..frames {
            let time = frame as f64 / f64::from(rate);
            let step = (time / 2.0) as u64 + seed;
            let level = [0.9, 0.12, 0.35, 0.6, 0.05, 0.22][(step % 6) as usize];
            for channel in 0..channels {
                let pitch = 220.0 + 110.0 * f64::from(channel) + (seed % 50) as f64;
                let tone = (time * pitch * std::f64::consts::TAU).sin() * 0.94;
                let noise = random.unit() * 0.05;
                samples.push((level * (tone + noise) * f64::from((1 << 23) - 1)) as i32);
            }
        }
        Self {
            rate,
            channels,
            samples,
        }
    }

    pub fn frames(&self) -> u64 {
        self.samples.len() as u64 / u64::from(self.channels)
    }

    /// The bytes of a WAV file.
    pub fn wav(&self, sample: Sample) -> Vec<u8> {
        let mut data = Vec::new();
        for &value in &self.samples {
            let float = f64::from(value) / f64::from(1 << 23);
            match sample {
                Sample::U8 => data.push(((value >> 16) + 128) as u8),
                Sample::S16 => data.extend(((value >> 8) as i16).to_le_bytes()),
                Sample::S24 => data.extend(&value.to_le_bytes()[..3]),
                Sample::S32 => data.extend((value << 8).to_le_bytes()),
                Sample::F32 => data.extend((float as f32).to_le_bytes()),
                Sample::F64 => data.extend(float.to_le_bytes()),
            }
        }
        let mut file = wav_header(self.rate, self.channels, sample, data.len() as u32);
        file.extend(data);
        file
    }

    /// Writes a WAV file.
    pub fn write_wav(&self, path: &Path, sample: Sample) {
        fs::write(path, self.wav(sample)).unwrap();
    }
}

/// The 44 bytes before the samples.
pub fn wav_header(rate: u32, channels: u32, sample: Sample, data: u32) -> Vec<u8> {
    let (tag, bits): (u16, u32) = match sample {
        Sample::U8 => (1, 8),
        Sample::S16 => (1, 16),
        Sample::S24 => (1, 24),
        Sample::S32 => (1, 32),
        Sample::F32 => (3, 32),
        Sample::F64 => (3, 64),
    };
    let align = channels * bits / 8;
    let mut file = b"RIFF".to_vec();
    file.extend((36 + data).to_le_bytes());
    file.extend(b"WAVEfmt \x10\0\0\0");
    file.extend(tag.to_le_bytes());
    file.extend((channels as u16).to_le_bytes());
    file.extend(rate.to_le_bytes());
    file.extend((rate * align).to_le_bytes());
    file.extend((align as u16).to_le_bytes());
    file.extend((bits as u16).to_le_bytes());
    file.extend(b"data");
    file.extend(data.to_le_bytes());
    file
}

/// A format made from WAV.
pub struct Coded {
    /// File name extension.
    pub extension: &'static str,
    /// What makes it of 16-bit PCM.
    pub encoder: &'static str,
    pub lossless: bool,
    /// Whether its decoder limits samples to full scale; `None` where nothing is decoded or lost.
    pub clips: Option<bool>,
}

const fn lossless(extension: &'static str, encoder: &'static str) -> Coded {
    Coded {
        extension,
        encoder,
        lossless: true,
        clips: None,
    }
}

const fn lossy(extension: &'static str, encoder: &'static str) -> Coded {
    Coded {
        extension,
        encoder,
        lossless: false,
        clips: Some(false),
    }
}

/// Every coded format with a decoder of its own in the program.
pub const CODED: &[Coded] = &[
    lossless("flac", "flacenc"),
    lossless("aiff", "audioconvert ! audio/x-raw,format=S16BE ! aiffmux"),
    lossless("wv", "audioconvert ! wavpackenc"),
    lossy("ogg", "audioconvert ! vorbisenc ! oggmux"),
    lossy("opus", "audioresample ! opusenc ! oggmux"),
    lossy("mp3", "lamemp3enc ! xingmux"),
    lossy("m4a", "audioconvert ! avenc_aac ! mp4mux"),
];

/// Runs a pipeline to its end.
pub fn launch(pipeline: &str) {
    gst::init().unwrap();
    let running = gst::parse::launch(pipeline).expect(pipeline);
    running.set_state(gst::State::Playing).unwrap();
    let bus = running.bus().unwrap();
    let end = bus.timed_pop_filtered(
        gst::ClockTime::from_seconds(60),
        &[gst::MessageType::Eos, gst::MessageType::Error],
    );
    let end = end.unwrap_or_else(|| panic!("no end: {pipeline}"));
    running.set_state(gst::State::Null).unwrap();
    if let gst::MessageView::Error(error) = end.view() {
        panic!("{pipeline}: {} {:?}", error.error(), error.debug());
    }
}

/// Whether GStreamer can make it here; says so where not.
pub fn can_make(encoder: &str) -> bool {
    gst::init().unwrap();
    let mut elements = encoder.split(" ! ").map(|e| e.split(' ').next().unwrap());
    let missing = elements.find(|e| !e.contains('/') && gst::ElementFactory::find(e).is_none());
    if let Some(missing) = missing {
        eprintln!("NOT TESTED: {encoder} (there is no {missing})");
    }
    missing.is_none()
}

/// Encodes a WAV file to a file beside it.
pub fn encode(wav: &Path, extension: &str, encoder: &str) -> PathBuf {
    let path = wav.with_extension(extension);
    launch(&format!(
        "filesrc location={} ! wavparse ! {encoder} ! filesink location={}",
        wav.display(),
        path.display()
    ));
    path
}

/// Every coded format that can be made here, of one WAV file.
pub fn encode_all(wav: &Path) -> Vec<(&'static Coded, PathBuf)> {
    let made: Vec<_> = CODED
        .iter()
        .filter(|coded| can_make(coded.encoder))
        .map(|coded| (coded, encode(wav, coded.extension, coded.encoder)))
        .collect();
    assert!(made.len() > 2, "too few encoders are installed");
    made
}

/// The same numbers in every run (xorshift*).
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        let mut x = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        x ^= x >> 12;
        x ^= x << 25;
        x ^= x >> 27;
        self.0 = x;
        x.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 8
    }

    /// From −1 to 1.
    pub fn unit(&mut self) -> f64 {
        self.next() as f64 / (1u64 << 55) as f64 - 1.0
    }

    /// Below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }
}
