// SPDX-License-Identifier: MPL-2.0
//! Audio to analyse.
use gst_audio::{AudioFormat, AudioInfo};
use std::f64::consts::TAU;
use std::ops::Range;

pub const F32: AudioFormat = gst_audio::AUDIO_FORMAT_F32;
pub const S24: AudioFormat = gst_audio::AUDIO_FORMAT_S24;
pub const FORMATS: [AudioFormat; 5] = [
    gst_audio::AUDIO_FORMAT_S16,
    S24,
    gst_audio::AUDIO_FORMAT_S32,
    F32,
    gst_audio::AUDIO_FORMAT_F64,
];

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    Tones,
    Noise,
    Impulses,
    /// Chords that decay, with a snare of noise.
    Music,
}
pub const KINDS: [Kind; 4] = [Kind::Tones, Kind::Noise, Kind::Impulses, Kind::Music];

/// Interleaved audio whose first frame is at time 0.
#[derive(Clone)]
pub struct Audio {
    pub info: AudioInfo,
    pub bytes: Vec<u8>,
}

/// Numbers between −1 and 1, the same every time.
pub fn noise(seed: u64) -> impl Iterator<Item = f64> {
    let mut state = seed;
    std::iter::repeat_with(move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005);
        state = state.wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    })
}

impl Audio {
    /// Samples between −1 and 1, encoded.
    pub fn new(format: AudioFormat, rate: u32, channels: u32, samples: &[f64]) -> Self {
        gst::init().unwrap();
        let info = AudioInfo::builder(format, rate, channels);
        let info = match channels > 2 {
            true => info.flags(gst_audio::AudioFlags::UNPOSITIONED).build(),
            false => info.build(),
        };
        Audio {
            info: info.unwrap(),
            bytes: samples.iter().flat_map(|&x| encode(format, x)).collect(),
        }
    }

    /// `f(frame, channel)`.
    pub fn of(
        format: AudioFormat,
        rate: u32,
        channels: u32,
        frames: usize,
        f: impl Fn(usize, u32) -> f64,
    ) -> Self {
        let samples: Vec<f64> = (0..frames)
            .flat_map(|frame| (0..channels).map(move |channel| (frame, channel)))
            .map(|(frame, channel)| f(frame, channel))
            .collect();
        Audio::new(format, rate, channels, &samples)
    }

    pub fn kind(kind: Kind, format: AudioFormat, rate: u32, channels: u32, frames: usize) -> Self {
        let random: Vec<f64> = noise(7).take(frames * channels as usize).collect();
        let tone = |frame: usize, hz: f64| (TAU * hz * frame as f64 / f64::from(rate)).sin();
        let period = (rate as usize / 4).max(1);
        Audio::of(format, rate, channels, frames, |frame, channel| {
            let noise = random[frame * channels as usize + channel as usize];
            let beat = (frame % period) as f64 / period as f64;
            match kind {
                Kind::Tones => {
                    0.4 * tone(frame, 441.0 * f64::from(channel + 1))
                        + 0.1 * tone(frame, 0.21 * f64::from(rate))
                }
                Kind::Noise => 0.5 * noise,
                Kind::Impulses => match (frame + 100 * channel as usize).is_multiple_of(997) {
                    true => 0.9,
                    false => 0.0,
                },
                Kind::Music => {
                    let chord: f64 = [220.0, 277.2, 329.6, 880.0, 1760.0]
                        .iter()
                        .map(|hz| 0.12 * tone(frame, hz * (1.0 + 0.01 * f64::from(channel))))
                        .sum();
                    chord * (-3.0 * beat).exp() + 0.3 * noise * (-20.0 * beat).exp()
                }
            }
        })
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

    /// Buffers of the given numbers of frames, over and over.
    pub fn cut(&self, cuts: &[usize]) -> Vec<gst::Buffer> {
        let (mut at, mut buffers) = (0, Vec::new());
        for cut in cuts.iter().cycle() {
            let to = (at + cut).min(self.frames());
            if to == at {
                break;
            }
            buffers.push(self.buffer(at..to));
            at = to;
        }
        buffers
    }

    /// Of a frame, rounded down as GStreamer does.
    pub fn time(&self, frame: usize) -> gst::ClockTime {
        let rate = u128::from(self.info.rate());
        gst::ClockTime::from_nseconds((frame as u128 * 1_000_000_000 / rate) as u64)
    }
}

fn encode(format: AudioFormat, x: f64) -> Vec<u8> {
    match format {
        gst_audio::AUDIO_FORMAT_S16 => ((x * 32767.0) as i16).to_ne_bytes().to_vec(),
        S24 => {
            let bytes = ((x * 8_388_607.0) as i32).to_ne_bytes();
            match cfg!(target_endian = "little") {
                true => bytes[..3].to_vec(),
                false => bytes[1..].to_vec(),
            }
        }
        gst_audio::AUDIO_FORMAT_S32 => ((x * 2_147_483_647.0) as i32).to_ne_bytes().to_vec(),
        F32 => (x as f32).to_ne_bytes().to_vec(),
        gst_audio::AUDIO_FORMAT_F64 => x.to_ne_bytes().to_vec(),
        other => panic!("{other} is not analysed"),
    }
}
